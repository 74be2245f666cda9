"""The form of our segments, as a codec of Whoosh: Whoosh's writer and readers work on them like on its own.

Law: everything that is particular to how postings lie on disk is here and below (`_terms`, `_blocks`); segments, table
of contents, columns, locks and compound files stay Whoosh's. Whoosh's own codec pickles tuples of postings, 128 at a
time; here a posting list is an array that can be read at once, and nothing has to be unpickled. Comes from: `_writing`
(writes through it), `_reading` (reads), and any plain Whoosh searcher.
"""

from array import array
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from whoosh.codec.base import FieldCursor, FieldWriter
from whoosh.codec.base import TermsReader as WhooshTermsReader
from whoosh.codec.whoosh3 import W3Codec
from whoosh.matching.mcore import ListMatcher
from whoosh.reading import TermInfo, TermNotFound

from search.whoosh_index_blocks import BLOCK, Lists
from search.whoosh_index_terms import Extent, TermsReader, TermsWriter

_TERMS, _POSTINGS = ".trm", ".pst"


class ListsCodec(W3Codec):
    """Whoosh's codec with other posting lists."""

    def field_writer(self, storage: Any, segment: Any) -> "ListsFieldWriter":
        """Writes terms and postings of a new segment."""
        return ListsFieldWriter(
            TermsWriter(segment.create_file(storage, _TERMS), segment.create_file(storage, _POSTINGS))
        )

    def terms_reader(self, storage: Any, segment: Any) -> "ListsTermsReader":
        """Reads them."""
        return ListsTermsReader(storage, segment)


class ListsFieldWriter(FieldWriter):
    """Takes whole lists (`add_lists`), or the postings one by one, as Whoosh's writer gives them."""

    def __init__(self, writer: TermsWriter) -> None:
        self._writer = writer
        self.is_closed = False
        self._field, self._format = "", None
        self._keys: list[bytes] = []
        self._sizes = array("I")
        self._ids, self._weights, self._counts, self._places = array("I"), array("d"), array("I"), array("I")

    def add_lists(self, field: str, lists: Iterable[Lists]) -> None:
        """The next terms of `field`, ascending, in pieces of about a block."""
        for some in lists:
            self._writer.add(field, some)

    def start_field(self, fieldname: str, fieldobj: Any) -> None:
        """Whoosh: postings of this field follow."""
        self._field, self._format = fieldname, fieldobj.format

    def start_term(self, btext: bytes) -> None:
        """Whoosh: postings of this term follow."""
        if len(self._ids) >= BLOCK:
            self._flush()
        self._keys.append(btext)
        self._sizes.append(0)

    def add(self, docnum: int, weight: float, vbytes: bytes, length: int) -> None:
        """Whoosh: one posting."""
        self._sizes[-1] += 1
        self._ids.append(docnum)
        self._weights.append(weight)
        places = array("I", vbytes or b"")
        self._counts.append(len(places))
        self._places.extend(places)

    def finish_term(self) -> None:
        """Whoosh: the term has ended."""

    def finish_field(self) -> None:
        """Whoosh: the field has ended."""
        self._flush()

    def _flush(self) -> None:
        if not self._ids:
            return
        weighted, placed = getattr(self._format, "weighted", True), getattr(self._format, "placed", True)
        lists = Lists(
            self._keys,
            np.array(self._sizes, np.int64),
            np.array(self._ids, np.uint32),
            np.array(self._weights) if weighted else None,
            np.array(self._counts, np.uint32) if placed else None,
            np.array(self._places, np.uint32) if placed else None,
        )
        self._writer.add(self._field, lists)
        self._keys, self._sizes = [], array("I")
        self._ids, self._weights, self._counts, self._places = array("I"), array("d"), array("I"), array("I")

    def close(self) -> None:
        """Whoosh: there are no more fields."""
        self._writer.close()
        self.is_closed = True


class ListsTermsReader(WhooshTermsReader):
    """What Whoosh asks of the terms of a segment; `lists` is what we ask."""

    def __init__(self, storage: Any, segment: Any) -> None:
        name = segment.make_filename(_TERMS)
        self._files = (storage.open_file(name), storage.open_file(segment.make_filename(_POSTINGS)))
        self.lists = TermsReader(self._files[0].get, storage.file_length(name), self._files[1].get)

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return self.lists.extent(*term) is not None

    def indexed_field_names(self) -> list[str]:
        """Fields that have terms."""
        return self.lists.fields

    def terms(self) -> Iterator[tuple[str, bytes]]:
        """Every term."""
        return ((field, key) for field in self.lists.fields for key, _ in self.lists.terms(field))

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        """The terms of a field from one on."""
        return ((fieldname, key) for key, _ in self.lists.terms(fieldname, prefix))

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        """Every term, with its figures."""
        for field in self.lists.fields:
            yield from self.items_from(field, b"")

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        """The same from a term on."""
        return ((((fieldname, key), self._info(extent))) for key, extent in self.lists.terms(fieldname, prefix))

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        """Figures of a term. Raises Whoosh's TermNotFound."""
        return self._info(self._extent(fieldname, text))

    def _extent(self, fieldname: str, text: bytes) -> Extent:
        extent = self.lists.extent(fieldname, text)
        if extent is None:
            raise TermNotFound(f"No term {fieldname}:{text!r}")
        return extent

    def _info(self, extent: Extent) -> TermInfo:
        ids, weights = self.lists.ids(extent), self.lists.weights(extent)
        total, most = (len(ids), 1) if weights is None else (weights.sum(dtype=float), weights.max())
        return TermInfo(  # type: ignore[no-untyped-call]
            weight=float(total),
            df=len(ids),
            minlength=1,
            maxlength=1,
            maxweight=float(most),
            minid=int(ids[0]),
            maxid=int(ids[-1]),
        )

    def frequency(self, fieldname: str, text: bytes) -> float:
        """Sum of the weights of a term; 0 if there is no such term."""
        extent = self.lists.extent(fieldname, text)
        return float(self._info(extent).weight()) if extent else 0

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        """How many documents have a term; 0 if there is no such term."""
        extent = self.lists.extent(fieldname, text)
        return extent.last - extent.first if extent else 0

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> ListMatcher:
        """A posting list as Whoosh's own searches walk along it."""
        extent = self._extent(fieldname, text)
        ids, weights, placed = self.lists.ids(extent), self.lists.weights(extent), self.lists.places(extent)
        values = [b""] * len(ids)
        if placed is not None:
            ends = np.cumsum(placed[0], dtype=np.int64)
            values = [each.astype(np.uint32).tobytes() for each in np.split(placed[1], ends[:-1])]
        return ListMatcher(  # type: ignore[no-untyped-call]
            ids.tolist(),
            [1.0] * len(ids) if weights is None else weights.astype(float).tolist(),
            values,
            format_,
            scorer=scorer,
            term=(fieldname, text),
            terminfo=self._info(extent),
        )

    def cursor(self, fieldname: str, fieldobj: Any) -> "ListsCursor":
        """Walks along the terms of a field, for Whoosh's fuzzy and wildcard queries."""
        return ListsCursor(self.lists, fieldname)

    def close(self) -> None:
        """Close both files."""
        for file in self._files:
            file.close()


class ListsCursor(FieldCursor):
    """A place among the terms of a field."""

    def __init__(self, lists: TermsReader, field: str) -> None:
        self._lists, self._field = lists, field
        self._terms = lists.terms(field)
        self._text: str | None = None
        self.next()

    def first(self) -> str | None:
        """Go to the first term."""
        return self.find(b"")

    def find(self, string: str | bytes) -> str | None:
        """Go to this term or to the next one after it."""
        start = string if isinstance(string, bytes) else string.encode()
        self._terms = self._lists.terms(self._field, start)
        return self.next()

    def next(self) -> str | None:
        """Go to the next term."""
        found = next(self._terms, None)
        self._text = found[0].decode("utf-8", "surrogatepass") if found else None
        return self._text

    def text(self) -> str | None:
        """The term; None behind the last."""
        return self._text

    def is_valid(self) -> bool:
        """Whether there is a term here."""
        return self._text is not None
