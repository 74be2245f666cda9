"""One commit: documents put, documents dropped, the cursor moved, all or nothing.

Law: the cursor is a document of the index and is replaced in the same commit, so index and cursor cannot disagree,
whatever is killed. Small commits merge nothing but small segments; `merge_all` is for the quiet hours. Erasing rewrites
every segment that ever held a document, since Whoosh only marks what is deleted. Comes from: `whoosh_index`.
"""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from whoosh.index import FileIndex, LockError
from whoosh.reading import SegmentReader

from search.analysis import analyse
from search.document import Document
from search.errors import IndexBusy
from search.vocabulary import Vocabulary
from search.whoosh_index_reading import Snapshot, damage
from search.whoosh_index_schema import cursor_fields, fields, schema
from search.whoosh_index_storage import NAME, GuardedStorage

MAX_SEGMENTS = 10
"""More are merged by the commit that would make them, since every query pays for each; large ones are left alone."""

SMALL = 500
"""Documents in a segment that an ordinary commit may merge. 2 × `MAX_SEGMENTS` larger ones are merged all the same."""

_ROOM = 6  # small segments there is always room for, however many large ones a long catching-up has left
_POOL_MB = 128  # memory for postings before Whoosh sorts them on disk
_WAIT_S = 5.0  # for another writer to finish


class Commit:
    """A writer of one commit on top of a snapshot. `put` and `drop`, then `finish`; `close` in any case."""

    def __init__(self, path: Path, vocabulary: Vocabulary) -> None:
        """Waits 5 seconds for another writer, then raises IndexBusy."""
        self._vocabulary = vocabulary
        self._rewritten: set[str] = set()
        self._storage = GuardedStorage(path, mapped=True)
        try:
            with damage(LockError, OSError):
                index: Any = FileIndex(self._storage, schema(), NAME)  # type: ignore[no-untyped-call]
                self._writer: Any = index.writer(timeout=_WAIT_S, limitmb=_POOL_MB)
                self.generation: int = self._writer.generation - 1
                self._storage.begin(self.generation)
        except BaseException as error:
            self._storage.release()
            if isinstance(error, LockError):
                raise IndexBusy("another process is writing to the search index") from error
            raise

    def put(self, document: Document) -> None:
        """Add a document, whose earlier form was dropped."""
        self._writer.add_document(**fields(analyse(document, self._vocabulary)))

    def drop(self, uris: Collection[str], on: Snapshot, purge: bool) -> None:
        """Mark these documents as deleted; with `purge`, have every segment rewritten that holds a form of them."""
        base = 0
        for segment, dead in zip(on.segments, on.dead, strict=True):
            held = [segment.numbers[uri] for uri in uris if uri in segment.numbers]
            for number in held:
                if number not in dead:
                    self._writer.delete_document(base + number)
            if purge and held:
                self._rewritten.add(segment.name)
            base += segment.size

    def move(self, cursor: int, on: Snapshot | None) -> None:
        """Replace the document that carries the cursor."""
        base = 0
        for segment in on.segments if on else ():
            for number in segment.cursors:
                self._writer.delete_document(base + number)
            base += segment.size
        self._writer.add_document(**cursor_fields(cursor))

    def finish(self, everything: bool = False) -> None:
        """Commit: all of it is on disk and visible to every process when this returns. `everything` merges all."""

        def merge(writer: Any, segments: list[Any]) -> list[Any]:
            chosen = set(segments) if everything else to_merge(segments, self._rewritten)
            for segment in chosen:
                if segment.doc_count():
                    reader = SegmentReader(writer.storage, writer.schema, segment)
                    writer.add_reader(reader)
                    reader.close()
            return [segment for segment in segments if segment not in chosen]

        with damage(OSError):
            self._writer.commit(mergetype=merge)

    def close(self) -> None:
        """Let go of everything; without `finish`, nothing was. The next writer clears away what is left on disk."""
        if not self._writer.is_closed:
            with suppress(Exception):  # whatever stopped the commit may stop this too, and is what has to be told
                self._writer.cancel()
        self._storage.release()


def to_merge(segments: Collection[Any], rewritten: Collection[str]) -> set[Any]:
    """Which segments the next commit merges: those to be rewritten, empty ones, and small ones when there are too many.

    From the smallest on, until there is room, and further while the next is no larger than what was taken: so a
    document is rewritten a number of times that grows with the logarithm of theirs.
    """
    chosen = {each for each in segments if each.segment_id() in rewritten or not each.doc_count()}
    others = [each for each in segments if each not in chosen]
    small = sorted((each for each in others if each.doc_count() <= SMALL), key=lambda each: int(each.doc_count()))
    large = len(others) - len(small)
    if large >= 2 * MAX_SEGMENTS:
        return set(segments)
    surplus = len(others) + 1 - max(MAX_SEGMENTS, large + _ROOM)
    taken = 0
    for count, each in enumerate(small if surplus > 0 else ()):
        if count > surplus and each.doc_count() > taken:
            break
        chosen.add(each)
        taken += each.doc_count()
    return chosen
