"""What a commit looks like to a reader: segments, decoded posting lists, and rows as columns.

Law: whatever Whoosh raises here means a damaged index and leaves as `IndexBroken`. A segment never changes, so it is
opened, checked and unpacked once; only which of its documents are dead changes from commit to commit. Not thread-safe:
Whoosh readers share one file position (`whoosh_index` holds the lock). Goes to: `whoosh_index_find`, `_writing`.
"""

from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whoosh.matching.wrappers import FilterMatcher
from whoosh.reading import SegmentReader, TermNotFound

from search.errors import IndexBroken, SearchError
from search.whoosh_index_schema import CURSOR_KIND, ROW, row, schema
from search.whoosh_index_storage import GuardedStorage, contents

MAX_CACHED = 2_000_000
"""Postings kept decoded, over all segments: 8 bytes each, so 16 MB."""

Postings = tuple[Sequence[int], Sequence[float]]
"""Numbers of documents in a segment, ascending, dead ones included; and the weight of the form in each."""

_NONE: Postings = ((), ())


@contextmanager
def damage(*others: type[Exception]) -> Iterator[None]:
    """Whatever is raised within means a damaged index; but not `others`, nor a missing file: a commit came between."""
    try:
        yield
    except Exception as error:
        if isinstance(error, (SearchError, FileNotFoundError, MemoryError, ImportError, *others)):
            raise
        raise IndexBroken("index_damaged", f"the search index cannot be read ({type(error).__name__})") from error


class PostingCache:
    """Posting lists decoded lately, bounded by the postings in them; the ones not asked for longest go first."""

    def __init__(self) -> None:
        self._lists: OrderedDict[tuple[str, str, str], Postings] = OrderedDict()
        self._size = 0

    def get(self, key: tuple[str, str, str]) -> Postings | None:
        """The list under (segment, field, form), if it is kept."""
        found = self._lists.get(key)
        if found is not None:
            self._lists.move_to_end(key)
        return found

    def keep(self, key: tuple[str, str, str], postings: Postings) -> None:
        """Keep a list, and let go of others if it gets too much."""
        self._lists[key] = postings
        self._size += len(postings[0]) + 1
        while self._size > MAX_CACHED and self._lists:
            _, gone = self._lists.popitem(last=False)
            self._size -= len(gone[0]) + 1


class Segment:
    """One segment: its rows as columns (index = number of the document) and its posting lists."""

    def __init__(self, path: Path, segment: Any, cache: PostingCache) -> None:
        self.name: str = segment.segment_id()
        self.size: int = segment.doc_count_all()
        self._cache = cache
        self._storage = GuardedStorage(path)
        self._file = path / f"{self.name}.seg"
        self._written = self._touched()
        try:
            with damage():
                self._reader = SegmentReader(self._storage, schema(), segment)
                rows = [row(value) for value in self._reader.column_reader(ROW, translate=False)]
            if len(rows) != self.size:
                raise IndexBroken("index_damaged", f"segment {self.name} of the search index has lost rows")
        except BaseException:
            self._storage.release()
            raise
        same: dict[str, str] = {}
        self.uris = [each[0] for each in rows]
        self.kinds = [same.setdefault(each[1], each[1]) for each in rows]
        self.languages = [same.setdefault(each[2], each[2]) for each in rows]
        self.communes = [same.setdefault(each[3], each[3]) for each in rows]
        self.public = bytearray(each[4] for each in rows)
        self.stamps = array("q", (each[5] for each in rows))
        self.title_lengths = array("I", (each[6] for each in rows))
        self.text_lengths = array("I", (each[7] for each in rows))
        self.texts = [same.setdefault(each[8], each[8]) for each in rows]
        self.cursors = frozenset(number for number, kind in enumerate(self.kinds) if kind == CURSOR_KIND)
        self.numbers = {uri: number for number, uri in enumerate(self.uris)}

    def changed(self) -> bool:
        """Whether somebody wrote to the file since this was last asked, which nobody may. Raises FileNotFoundError."""
        before, self._written = self._written, self._touched()
        return before != self._written

    def _touched(self) -> tuple[int, int]:
        told = self._file.stat()
        return told.st_size, told.st_mtime_ns

    def found(self, field: str, form: str) -> int:
        """How many documents have the form, dead ones included; without decoding anything."""
        with damage():
            return int(self._reader.doc_frequency(field, form.encode()))

    def postings(self, field: str, form: str) -> Postings:
        """The posting list of a form; empty lists when no document has it."""
        key = (self.name, field, form)
        known = self._cache.get(key)
        if known is None:
            with damage():
                known = _decoded(self._matcher(field, form))
            self._cache.keep(key, known)
        return known

    def places(self, field: str, form: str, numbers: Sequence[int]) -> "dict[int, array[int]]":
        """Where the form stands in the documents `numbers` (ascending) that have it."""
        found: dict[int, array[int]] = {}
        with damage():
            matcher = self._matcher(field, form)
            for number in numbers:
                if matcher is None or not matcher.is_active():
                    break
                matcher.skip_to(number)
                if matcher.is_active() and matcher.id() == number:
                    found[number] = array("I", matcher.value())
        return found

    def _matcher(self, field: str, form: str) -> Any:
        try:
            matcher = self._reader.postings(field, form.encode())
        except TermNotFound:
            return None
        return matcher.child if isinstance(matcher, FilterMatcher) else matcher

    def close(self) -> None:
        """Let go of the file."""
        self._storage.release()


def _decoded(matcher: Any) -> Postings:
    if matcher is None:
        return _NONE
    numbers, weights = array("I"), array("f")
    while matcher.is_active():
        numbers.append(matcher.id())
        weights.append(matcher.weight())
        matcher.next()
    return numbers, weights


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One commit: its segments, which of their documents are dead, and what scoring needs to know of all of them.

    `dead[i]` belongs to `segments[i]` and holds deleted documents and the one that carries the cursor.
    """

    generation: int
    segments: tuple[Segment, ...]
    dead: tuple[frozenset[int], ...]
    count: int
    title_length: float
    text_length: float
    cursor: int


def snapshot(path: Path, generation: int, before: Snapshot | None, cache: PostingCache) -> Snapshot:
    """Open a commit, taking over the segments that `before` has open. Raises as `contents` does."""
    known = {segment.name: segment for segment in before.segments} if before else {}
    with damage():
        listed = contents(path, generation, known)
    segments = _opened(path, listed, known, cache)
    deleted = [frozenset(each.deleted_docs()) for each in listed]
    cursors = [
        segment.stamps[number]
        for segment, gone in zip(segments, deleted, strict=True)
        for number in segment.cursors - gone
    ]
    dead = tuple(gone | segment.cursors for segment, gone in zip(segments, deleted, strict=True))
    count = sum(segment.size - len(gone) for segment, gone in zip(segments, dead, strict=True))
    return Snapshot(
        generation=generation,
        segments=segments,
        dead=dead,
        count=count,
        title_length=_average([segment.title_lengths for segment in segments], dead, count),
        text_length=_average([segment.text_lengths for segment in segments], dead, count),
        cursor=max(cursors, default=0),
    )


def _opened(path: Path, listed: list[Any], known: dict[str, Segment], cache: PostingCache) -> tuple[Segment, ...]:
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


def _average(lengths: Sequence[Sequence[int]], dead: Sequence[frozenset[int]], count: int) -> float:
    total = sum(sum(each) - sum(each[number] for number in gone) for each, gone in zip(lengths, dead, strict=True))
    return total / count if count else 0.0
