"""What a commit looks like to a reader: segments, their posting lists, and rows as columns.

Law: whatever Whoosh or our codec raises here means a damaged index and leaves as `IndexBroken`. A segment never
changes, so it is opened, checked and unpacked once; only which of its documents are dead changes from commit to commit.
Not thread-safe: readers share a file position (`whoosh_index` holds the lock). Goes to: `_find`, `_writing`.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from whoosh.reading import SegmentReader

from search.errors import IndexBroken, SearchError
from search.whoosh_index_blocks import Array
from search.whoosh_index_rows import Rows
from search.whoosh_index_schema import CURSOR_KIND, ROW, key, schema
from search.whoosh_index_storage import GuardedStorage, contents
from search.whoosh_index_terms import Extent, TermsReader

MAX_CACHED = 24 << 20
"""Bytes of posting lists kept in memory, over all segments."""

MAX_FOUND = 50_000
"""Terms, over all segments, of which it is remembered where they are, or that they are nowhere: some 10 MB."""

STANDING = ("other", "lesser", "translated", "own")
"""What a document may be for its reader: in no language of theirs, a poor or a good translation, or written in it."""

MAX_KINDS = 10
"""Sets of kinds of which it is remembered which documents are of them: a byte a document."""

MAX_READERS = 20
"""Languages of readers for which it is remembered where each document stands: a byte a document."""

_NO_IDS = np.zeros(0, np.uint16)


@contextmanager
def damage(*others: type[Exception]) -> Iterator[None]:
    """Whatever is raised within means a damaged index; but not `others`, nor a missing file: a commit came between."""
    try:
        yield
    except Exception as error:
        if isinstance(error, (SearchError, FileNotFoundError, MemoryError, ImportError, *others)):
            raise
        raise IndexBroken("index_damaged", f"the search index cannot be read ({type(error).__name__})") from error


class Cache:
    """Posting lists read lately, bounded by their bytes, and where terms are; what was not asked for longest goes."""

    def __init__(self) -> None:
        self._arrays: OrderedDict[tuple[str, str, bytes], tuple[Array, Array | None]] = OrderedDict()
        self._bytes = 0
        self._extents: OrderedDict[tuple[str, str, bytes], Extent | None] = OrderedDict()

    def arrays(self, name: tuple[str, str, bytes]) -> tuple[Array, Array | None] | None:
        """Ids and weights kept under (segment, field, key)."""
        found = self._arrays.get(name)
        if found is not None:
            self._arrays.move_to_end(name)
        return found

    def keep_arrays(self, name: tuple[str, str, bytes], found: tuple[Array, Array | None]) -> None:
        """Keep a list, and let go of others if it gets too much."""
        self._arrays[name] = found
        self._bytes += _bytes(found)
        while self._bytes > MAX_CACHED and self._arrays:
            self._bytes -= _bytes(self._arrays.popitem(last=False)[1])

    def extent(self, name: tuple[str, str, bytes], reader: TermsReader) -> Extent | None:
        """Where a term is, looked up if it is not known."""
        if name in self._extents:
            self._extents.move_to_end(name)
            return self._extents[name]
        found = self._extents[name] = reader.extent(name[1], name[2])
        if len(self._extents) > MAX_FOUND:
            self._extents.popitem(last=False)
        return found


def _bytes(found: tuple[Array, Array | None]) -> int:
    """About what a kept list takes, with what belongs to it."""
    return 400 + int(found[0].nbytes) + (0 if found[1] is None else int(found[1].nbytes))


class Segment:
    """One segment: its rows as columns (index = number of the document) and its posting lists.

    `spellings`: what `whoosh_index_guess` keeps of its fields.
    """

    def __init__(self, path: Path, segment: Any, cache: Cache) -> None:
        self.name: str = segment.segment_id()
        self.size: int = segment.doc_count_all()
        self.spellings: dict[str, Any] = {}
        self._standings: dict[str, Array] = {}
        self._cache = cache
        self._storage = GuardedStorage(path)
        self._file = path / f"{self.name}.seg"
        self._written = self._touched()
        try:
            with damage():
                self._reader = SegmentReader(self._storage, schema(), segment)
                terms: Any = self._reader._terms
                self.lists: TermsReader = terms.lists
                table: Any = self._reader.column_reader(ROW, translate=False)
                self.rows: Rows = table.rows()
            if self.rows.count != self.size:
                raise IndexBroken("index_damaged", f"segment {self.name} of the search index has lost rows")
        except BaseException:
            self._storage.release()
            raise
        kinds = self.rows.kind
        self._of_kinds: dict[frozenset[str], Array] = {}
        self.cursors = [int(number) for number in np.flatnonzero(kinds.having(frozenset({CURSOR_KIND})))]

    def of_kinds(self, kinds: frozenset[str]) -> Array:
        """A mask of the documents of these kinds; kept for the next."""
        known = self._of_kinds.get(kinds)
        if known is None:
            known = self.rows.kind.having(kinds)
            if len(self._of_kinds) < MAX_KINDS:
                self._of_kinds[kinds] = known
        return known

    def standing(self, reader: str) -> Array:
        """Where each document stands for a reader of this language, as numbers of `STANDING`; kept for the next."""
        known = self._standings.get(reader)
        if known is None:
            rows, own = self.rows, frozenset({reader})
            known = np.zeros(self.size, np.uint8)
            known[rows.texts.having(own)] = STANDING.index("translated")
            known[rows.texts.having(own) & rows.lesser.having(own)] = STANDING.index("lesser")
            known[rows.facets["language"].having(own)] = STANDING.index("own")
            if len(self._standings) < MAX_READERS:
                self._standings[reader] = known
        return known

    def changed(self) -> bool:
        """Whether somebody wrote to the file since this was last asked, which nobody may. Raises FileNotFoundError."""
        before, self._written = self._written, self._touched()
        return before != self._written

    def _touched(self) -> tuple[int, int]:
        told = self._file.stat()
        return told.st_size, told.st_mtime_ns

    def _extent(self, field: str, name: str) -> Extent | None:
        return self._cache.extent((self.name, field, key(name)), self.lists)

    def found(self, field: str, name: str) -> int:
        """How many documents have a key, dead ones included; without reading its postings."""
        with damage():
            extent = self._extent(field, name)
        return extent.last - extent.first if extent else 0

    def postings(self, field: str, name: str) -> tuple[Array, Array | None]:
        """Documents with a key, ascending, dead ones included, and their weights; none when no document has it."""
        known = self._cache.arrays((self.name, field, key(name)))
        if known is not None:
            return known
        with damage():
            extent = self._extent(field, name)
            if extent is None:
                return _NO_IDS, None
            read = self.lists.ids(extent), self.lists.weights(extent)
        self._cache.keep_arrays((self.name, field, key(name)), read)
        return read

    def places(self, field: str, name: str) -> tuple[Array, Array] | None:
        """How many places each posting of a key has, and all of them; None when no document has it."""
        with damage():
            extent = self._extent(field, name)
            return self.lists.places(extent) if extent else None

    def close(self) -> None:
        """Let go of the file."""
        self._storage.release()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One commit: its segments, which of their documents are live, and what scoring needs to know of all of them.

    `live[i]` belongs to `segments[i]`: a mask without deleted documents and without the one that carries the cursor.
    """

    generation: int
    segments: tuple[Segment, ...]
    live: tuple[Array, ...]
    count: int
    title_length: float
    text_length: float
    cursor: int


def snapshot(path: Path, generation: int, before: Snapshot | None, cache: Cache) -> Snapshot:
    """Open a commit, taking over the segments that `before` has open. Raises as `contents` does."""
    known = {segment.name: segment for segment in before.segments} if before else {}
    with damage():
        listed = contents(path, generation, known)
    segments = _opened(path, listed, known, cache)
    live, cursors = [], [0]
    for segment, told in zip(segments, listed, strict=True):
        mask = np.ones(segment.size, bool)
        mask[list(told.deleted_docs())] = False
        cursors += [int(segment.rows.stamps[number]) for number in segment.cursors if mask[number]]
        mask[segment.cursors] = False
        live.append(mask)
    count = sum(int(np.count_nonzero(mask)) for mask in live)
    return Snapshot(
        generation=generation,
        segments=segments,
        live=tuple(live),
        count=count,
        title_length=_average((segment.rows.title_lengths for segment in segments), live, count),
        text_length=_average((segment.rows.text_lengths for segment in segments), live, count),
        cursor=max(cursors),
    )


def _opened(path: Path, listed: list[Any], known: dict[str, Segment], cache: Cache) -> tuple[Segment, ...]:
    """The segments of a commit: all of them, or none stays open that was not before."""
    fresh: list[Segment] = []
    try:
        segments = []
        for each in listed:
            if each.segment_id() not in known:
                fresh.append(Segment(path, each, cache))
            segments.append(known.get(each.segment_id()) or fresh[-1])
        return tuple(segments)
    except BaseException:
        for segment in fresh:
            segment.close()
        raise


def _average(lengths: Iterable[Array], live: Sequence[Array], count: int) -> float:
    total = sum(int(each[mask].sum(dtype=np.int64)) for each, mask in zip(lengths, live, strict=True))
    return total / count if count else 0.0
