"""What an index knows of its documents besides their words: one column of Whoosh that holds a table of arrays.

Law: a value that few documents differ in (a commune, a set of topics) is a small number into a list of values; numbers
are arrays; addresses are one run of bytes, and looked up by halving, in the order that is kept with them. Bytes, arrays
and JSON, no pickles. Comes from: `whoosh_index_schema` (a `Row` per document). Goes to: `whoosh_index_reading`.
"""

import json
import struct
from array import array
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from whoosh.columns import Column, ColumnReader, ColumnWriter

from search.analysis import LAST
from search.document import FACETS
from search.whoosh_index_blocks import Array

NEVER, ALWAYS = 0, 10**7
"""Days before and after every date: the open sides of a time."""

_LENGTH = struct.Struct("<Q")


class Row(NamedTuple):
    """One document. `facets`: values in the order of `FACETS`; `start`, `end`: days (`date.toordinal`)."""

    uri: str
    kind: str
    texts: tuple[str, ...]
    facets: tuple[tuple[str, ...], ...]
    public: bool
    stamp: int
    start: int
    end: int
    title_length: int
    text_length: int
    title_keys: tuple[str, ...]
    lesser: tuple[str, ...]


def days(start: date | None, end: date | None) -> tuple[int, int]:
    """A time as the days it begins and ends on; one that never is for a document without dates."""
    if start is None and end is None:
        return ALWAYS + 1, NEVER - 1
    return (start.toordinal() if start else NEVER), (end.toordinal() if end else ALWAYS)


class Coded:
    """A column of values, each a tuple of names: `codes` says which of the different values a document has.

    Kept as numbers: a segment of 20,000 documents has almost as many different sets of topics.
    """

    def __init__(self, codes: Array, values: Iterable[Iterable[str]]) -> None:
        self.codes = codes
        names: dict[str, int] = {}
        sizes, held = array("I"), array("I")
        for value in values:
            before = len(held)
            held.extend(names.setdefault(name, len(names)) for name in value)
            sizes.append(len(held) - before)
        self.names, self.size = list(names), len(sizes)
        self._numbers = names
        self._held = np.array(held, np.uint32)
        self._ends = np.cumsum(sizes, dtype=np.uint32)
        by_name = np.argsort(self._held, kind="stable")
        self._holders = np.repeat(np.arange(self.size, dtype=np.intp), sizes)[by_name]  # of the first name, of the next
        self._firsts = np.searchsorted(self._held[by_name], np.arange(len(names) + 1))

    def value(self, code: int) -> tuple[str, ...]:
        """What a code stands for."""
        start = int(self._ends[code - 1]) if code else 0
        return tuple(self.names[number] for number in self._held[start : int(self._ends[code])].tolist())

    def of(self, document: int) -> tuple[str, ...]:
        """The value of a document."""
        return self.value(int(self.codes[document]))

    def each(self, worth: Callable[[tuple[str, ...]], float]) -> Array:
        """For each document what `worth` says of its value; for columns of few values."""
        return np.array([worth(self.value(code)) for code in range(self.size)])[self.codes]

    def having(self, wanted: frozenset[str]) -> Array:
        """For each document whether it has any of these."""
        good = np.zeros(self.size, bool)
        for name in wanted & self._numbers.keys():
            number = self._numbers[name]
            good[self._holders[self._firsts[number] : self._firsts[number + 1]]] = True
        return good[self.codes]

    def counts(self, documents: Array) -> dict[str, int]:
        """How many of these documents have each name."""
        if not self.names:
            return {}
        of_codes = np.bincount(self.codes[documents], minlength=self.size)
        of_names = np.add.reduceat(of_codes[self._holders], self._firsts[:-1])
        return {name: count for name, count in zip(self.names, of_names.tolist(), strict=True) if count}


class Rows:
    """The table read: columns of arrays, the index into each being the number of the document."""

    def __init__(self, content: bytes, count: int) -> None:
        """`content`: as `_Writer` wrote it. Raises ValueError, KeyError or struct.error for anything else."""
        (length,) = _LENGTH.unpack_from(content)
        told = json.loads(content[_LENGTH.size : _LENGTH.size + length])
        if told["count"] != count:
            raise ValueError(f"{told['count']} rows for {count} documents")
        self._content, self._base, self._told = content, _LENGTH.size + length, told
        self.count = count
        self.public = self._array("public").astype(bool)
        self.stamps, self.starts, self.ends = self._array("stamp"), self._array("start"), self._array("end")
        self.title_lengths, self.text_lengths = self._array("title_length"), self._array("text_length")
        self.by_uri = self._array("by_uri")
        self.uri_rank = np.empty(count, np.uint32)
        self.uri_rank[self.by_uri] = np.arange(count)
        self._uri_ends = np.cumsum(self._array("uri_length"), dtype=np.int64)
        self._uris = self._bytes("uris")
        self.kind, self.texts, self.lesser = self._coded("kind"), self._coded("texts"), self._coded("lesser")
        self.facets = {facet: self._coded(facet) for facet in FACETS}
        self._title_ends = np.cumsum(self._array("title_key_length"), dtype=np.int64)
        self._title_rank = self._array("title_rank")
        self._titles = self._bytes("title_keys")
        counts = self.texts.each(lambda value: len(value) or 1).astype(np.int64)
        self._first_title = np.cumsum(counts) - counts
        del self._content, self._told

    def _bytes(self, name: str) -> bytes:
        start, length, _ = self._told["sections"][name]
        return self._content[self._base + start : self._base + start + length]

    def _array(self, name: str) -> Array:
        return np.frombuffer(self._bytes(name), self._told["sections"][name][2])

    def _coded(self, name: str) -> Coded:
        return Coded(self._array(f"{name}_code"), self._told["values"].pop(name))

    def uri(self, number: int) -> str:
        """The address of a document."""
        return self._uri(number).decode("utf-8", "surrogatepass")

    def commune(self, number: int) -> str:
        """The origin of a document."""
        return next(iter(self.facets["commune"].of(number)), "")

    def _uri(self, number: int) -> bytes:
        start = int(self._uri_ends[number - 1]) if number else 0
        return self._uris[start : int(self._uri_ends[number])]

    def numbers(self, uri: str) -> list[int]:
        """Every document with this address: at most one is not deleted."""
        wanted = uri.encode("utf-8", "surrogatepass")
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self._uri(int(self.by_uri[middle])) < wanted:
                low = middle + 1
            else:
                high = middle
        found = []
        while low < self.count and self._uri(int(self.by_uri[low])) == wanted:
            found.append(int(self.by_uri[low]))
            low += 1
        return found

    def in_language(self, language: str) -> Array:
        """For each document the number of its text in a language, 0 (the original) if there is none."""
        return self.texts.each(lambda value: value.index(language) if language in value else 0).astype(np.int64)

    def title_ranks(self, language: str) -> Array:
        """What documents of this segment are sorted by when it is by title, for a reader of a language."""
        return self._title_rank[self._title_rows(language)]

    def title_key(self, number: int, language: str) -> bytes:
        """What a document is sorted by among those of other segments."""
        row = int(self._title_rows(language)[number])
        return self._title(row)

    def _title_rows(self, language: str) -> Array:
        return self._first_title + self.in_language(language)

    def _title(self, row: int) -> bytes:
        start = int(self._title_ends[row - 1]) if row else 0
        return self._titles[start : int(self._title_ends[row])]

    def __getitem__(self, number: int) -> Row:
        texts = self.texts.of(number)
        first = int(self._first_title[number])
        keys = (self._title(row) for row in range(first, first + len(texts)))
        return Row(
            uri=self.uri(number),
            kind=self.kind.of(number)[0],
            texts=texts,
            facets=tuple(self.facets[facet].of(number) for facet in FACETS),
            public=bool(self.public[number]),
            stamp=int(self.stamps[number]),
            start=int(self.starts[number]),
            end=int(self.ends[number]),
            title_length=int(self.title_lengths[number]),
            text_length=int(self.text_lengths[number]),
            title_keys=tuple(key.decode("utf-8", "surrogatepass") for key in keys),
            lesser=self.lesser.of(number),
        )


class _Writer(ColumnWriter):
    """Collects the rows of a segment and writes them at its end."""

    def __init__(self, dbfile: Any) -> None:
        super().__init__(dbfile)
        self._rows: list[Row] = []

    def add(self, docnum: int, value: Row) -> None:
        """The row of the next document."""
        if docnum != len(self._rows):
            raise ValueError(f"row {docnum} does not follow {len(self._rows) - 1}")
        self._rows.append(value)

    def finish(self, docnum: int) -> None:
        """Write the table of `docnum` rows."""
        self._dbfile.write(packed(self._rows))


class _Reader(ColumnReader):
    """The column as Whoosh sees it; `rows` is what we read."""

    def rows(self) -> Rows:
        """The whole table."""
        return Rows(self._dbfile.get(self._basepos, self._length), self._doccount)

    def __getitem__(self, docnum: int) -> Row:
        return self.rows()[docnum]

    def __iter__(self) -> Any:
        rows = self.rows()
        return (rows[number] for number in range(rows.count))


class RowsColumn(Column):
    """One `Row` per document."""

    Writer = _Writer
    Reader = _Reader
    _default = None


def packed(rows: list[Row]) -> bytes:
    """A table of rows, as `Rows` reads it."""
    sections: dict[str, tuple[int, int, str]] = {}
    values: dict[str, list[tuple[str, ...]]] = {}
    written: list[bytes] = []

    def put(name: str, content: bytes, width: str = "") -> None:
        sections[name] = (sum(map(len, written)), len(content), width)
        written.append(content)

    def numbers(name: str, column: list[int], width: str = "") -> None:
        width = width or _width(max(column, default=0))
        put(name, np.array(column, np.int64).astype(width).tobytes(), width)

    def coded(name: str, column: list[tuple[str, ...]]) -> None:
        known: dict[tuple[str, ...], int] = {}
        numbers(f"{name}_code", [known.setdefault(value, len(known)) for value in column])
        values[name] = list(known)

    uris = [row.uri.encode("utf-8", "surrogatepass") for row in rows]
    titles = [key.encode("utf-8", "surrogatepass") for row in rows for key in (row.title_keys or (LAST,))]
    by_title = {key: rank for rank, key in enumerate(sorted(set(titles)))}
    numbers("public", [row.public for row in rows])
    numbers("stamp", [row.stamp for row in rows], "<i8")
    numbers("start", [row.start for row in rows], "<i4")
    numbers("end", [row.end for row in rows], "<i4")
    numbers("title_length", [row.title_length for row in rows])
    numbers("text_length", [row.text_length for row in rows])
    numbers("by_uri", sorted(range(len(uris)), key=uris.__getitem__))
    numbers("uri_length", [len(uri) for uri in uris])
    put("uris", b"".join(uris))
    coded("kind", [(row.kind,) for row in rows])
    coded("texts", [row.texts for row in rows])
    coded("lesser", [row.lesser for row in rows])
    for number, facet in enumerate(FACETS):
        coded(facet, [row.facets[number] for row in rows])
    numbers("title_key_length", [len(key) for key in titles])
    numbers("title_rank", [by_title[key] for key in titles])
    put("title_keys", b"".join(titles))
    told = json.dumps({"count": len(rows), "sections": sections, "values": values}).encode()
    return _LENGTH.pack(len(told)) + told + b"".join(written)


def _width(most: int) -> str:
    return "<u1" if most < 1 << 8 else "<u2" if most < 1 << 16 else "<u4" if most < 1 << 32 else "<u8"
