"""Tables from anybody, as rows of texts: CSV and OpenDocument spreadsheets (attacks E9, zip and XML bombs).

Law: a file is a stranger. A part of the package is read by its one known name, up to a limit that does not believe what
the package says of itself; its XML may declare no document type, so no entity of its own; repeated cells and rows are
not unrolled. Nothing is computed: what a cell shows is taken, formulas are not. Raises `FileProblem` for what is no
table. The apostrophe that our own files put before what looks like a formula is taken away again.
"""

from __future__ import annotations

import csv
import io
import lzma
import struct
import zipfile
import zlib
from xml.parsers import expat

from node.errors import FileProblem
from node.outputs import csv_file

MOST_BYTES = 5_000_000
"""Bytes of a file, and ten times as many of a spreadsheet unpacked."""
MOST_ROWS = 500
MOST_COLUMNS = 100
MOST_MEMBERS = 200
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"

_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, KeyError, NotImplementedError,
    RuntimeError, OSError, ValueError,
)  # fmt: skip
"""What `zipfile` raises for archives that are cut short, changed, locked, or packed in its rarer ways."""
Rows = list[tuple[int, list[str]]]
"""Number of each row, from 1, and its cells; empty rows left out."""


def read(data: bytes) -> Rows:
    """The rows of a file, whichever kind it is."""
    if len(data) > MOST_BYTES:
        raise FileProblem(f"larger than {MOST_BYTES // 1_000_000} MB", "too_large")
    return _ods(data) if data.startswith(b"PK") else _csv(data)


def _csv(data: bytes) -> Rows:
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileProblem(f"the file is not UTF-8 text (byte {error.start})", "bad_text") from error
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    rows: Rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            _add(rows, number, [csv_file.meant(cell) for cell in cells])
    except csv.Error as error:
        raise FileProblem(f"row {reader.line_num}: {error}", "bad_table") from error
    return rows


def _add(rows: Rows, number: int, cells: list[str]) -> None:
    while cells and not cells[-1].strip():
        cells.pop()
    if not cells:
        return
    if len(rows) > MOST_ROWS or len(cells) > MOST_COLUMNS:
        raise FileProblem(f"more than {MOST_ROWS} rows or {MOST_COLUMNS} columns", "table_too_large")
    rows.append((number, cells))


def _ods(data: bytes) -> Rows:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if len(package.infolist()) > MOST_MEMBERS:
                raise FileProblem("the spreadsheet has too many parts", "bad_table")
            if _part(package, "mimetype", 200) != _SPREADSHEET:
                raise FileProblem("the file is no OpenDocument spreadsheet: save it as .ods or .csv", "bad_table")
            content = _part(package, "content.xml", MOST_BYTES * 10)
    except _DAMAGED as error:
        raise FileProblem("the spreadsheet is damaged, or locked with a password", "bad_table") from error
    return _Sheet().read(content)


def _part(package: zipfile.ZipFile, name: str, most: int) -> bytes:
    """One part, unpacked no further than `most` bytes, whatever its header promises."""
    with package.open(name) as part:
        data = part.read(most + 1)
    if len(data) > most:
        raise FileProblem("the spreadsheet is too large when unpacked", "too_large")
    return data


class _Sheet:
    """The first table of a spreadsheet, cell by cell."""

    def __init__(self) -> None:
        self.rows: Rows = []
        self._row: list[str] = []
        self._cell: list[str] | None = None
        self._value = ""
        self._paragraphs = 0
        self._number = 0
        self._repeated = (1, 1)  # of this row, of this cell
        self._tables = 0
        self._aside = 0  # inside a remark on a cell

    def read(self, content: bytes) -> Rows:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._said
        try:
            parser.Parse(content, True)
        except (expat.ExpatError, LookupError, ValueError) as error:  # an encoding that nobody knows is no ExpatError
            raise FileProblem("the spreadsheet is damaged: its XML does not end well", "bad_table") from error
        return self.rows

    def _refuse(self, *_declared: object) -> None:
        raise FileProblem("the spreadsheet declares a document type: no honest one does", "bad_table")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == f"{_TABLE} table":
            self._tables += 1
        if self._tables != 1:
            return
        if name == f"{_TABLE} table-row":
            self._row = []
            self._repeated = (_count(attributes, "number-rows-repeated"), 1)
        elif name in (f"{_TABLE} table-cell", f"{_TABLE} covered-table-cell"):
            self._cell, self._paragraphs = [], 0
            self._value = attributes.get(f"{_OFFICE} date-value") or attributes.get(f"{_OFFICE} value", "")
            self._repeated = (self._repeated[0], _count(attributes, "number-columns-repeated"))
        elif name == f"{_OFFICE} annotation":
            self._aside += 1
        elif self._cell is not None and not self._aside:
            self._inside(name, attributes)

    def _inside(self, name: str, attributes: dict[str, str]) -> None:
        assert self._cell is not None
        if name == f"{_TEXT} p":
            self._cell.append("\n" if self._paragraphs else "")
            self._paragraphs += 1
        elif name == f"{_TEXT} s":
            self._cell.append(" " * min(1_000, _count(attributes, "c", _TEXT)))
        elif name == f"{_TEXT} tab":
            self._cell.append("\t")
        elif name == f"{_TEXT} line-break":
            self._cell.append("\n")

    def _said(self, text: str) -> None:
        if self._cell is not None and self._paragraphs and not self._aside:
            self._cell.append(text)

    def _end(self, name: str) -> None:
        if self._tables != 1:
            return
        if name == f"{_OFFICE} annotation":
            self._aside -= 1
        elif name in (f"{_TABLE} table-cell", f"{_TABLE} covered-table-cell"):
            text = self._value or "".join(self._cell or ())
            self._cell = None
            if len(self._row) <= MOST_COLUMNS:  # a sheet ends with thousands of repeated empty cells
                self._row += [text] * min(
                    self._repeated[1], MOST_COLUMNS + 1 if text else MOST_COLUMNS - len(self._row)
                )
        elif name == f"{_TABLE} table-row":
            for again in range(min(self._repeated[0], MOST_ROWS + 2) if any(map(str.strip, self._row)) else 0):
                _add(self.rows, self._number + again + 1, list(self._row))
            self._number += self._repeated[0]


def _count(attributes: dict[str, str], name: str, space: str = _TABLE) -> int:
    given = attributes.get(f"{space} {name}", "1")
    return max(1, int(given[:7])) if given[:7].isascii() and given[:7].isdigit() else 1
