"""Rows as CSV (RFC 4180), for spreadsheets: UTF-8 with a byte order mark, or Excel takes Arabic for something else.

A spreadsheet takes a cell that begins like a formula for one, and runs it: such a cell gets an apostrophe before it
(OWASP, CSV Injection). Excel in French, German or Turkish cuts a line at semicolons, wherever we put quotes, so what
could begin a cell there gets one too.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from node.outputs.rows import Row, cells, heads

FORMULA = (*"=+-@＝＋－＠", "\t", "\r")  # Excel reads the wide ones as the others
BOM = "\ufeff"

_WITHIN = re.compile(r"""(?<=[;\t\r\n])(?="*[=+@＝＋－＠-])""")
_GUARDED = re.compile(r"""(?<=[;\t\r\n])'(?="*[=+@＝＋－＠-])""")


def write(rows: Iterable[Row], language: str) -> Iterator[bytes]:
    """The file, a row at a time."""
    yield (BOM + _line(heads(language))).encode()
    for row in rows:
        yield _line([harmless(cell) for cell in cells(row, language)]).encode("utf-8", "replace")


def table(rows: Iterable[Iterable[str]]) -> bytes:
    """Any rows of texts as one file."""
    return (BOM + "".join(_line([harmless(cell) for cell in row]) for row in rows)).encode("utf-8", "replace")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet computes, whatever it cuts lines at."""
    within = _WITHIN.sub("'", cell)
    return "'" + within if cell.startswith(FORMULA) else within


def meant(cell: str) -> str:
    """What `harmless` was given."""
    bare = cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
    return _GUARDED.sub("", bare)


def _line(texts: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(list(texts))
    return buffer.getvalue()
