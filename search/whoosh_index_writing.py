"""One commit: documents put, documents dropped, the cursor moved, all or nothing.

Law: the cursor is a document of the index and is replaced in the same commit, so index and cursor cannot disagree,
whatever is killed. Erasing rewrites every segment that ever held a document, since Whoosh only marks what is deleted,
each by itself, so that none grows. What is merged besides: `whoosh_index_policy`. Comes from: `whoosh_index`.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from whoosh.index import FileIndex, LockError
from whoosh.reading import SegmentReader
from whoosh.writing import SegmentWriter

from search.analysis import Parts, take_apart
from search.document import Document
from search.errors import IndexBusy
from search.vocabulary import Vocabulary
from search.whoosh_index_blocks import Array
from search.whoosh_index_building import Batch, Known
from search.whoosh_index_codec import ListsCodec
from search.whoosh_index_merging import GONE, BatchSource, SegmentSource, Source, merged
from search.whoosh_index_policy import to_merge
from search.whoosh_index_reading import Snapshot, damage
from search.whoosh_index_rows import Row
from search.whoosh_index_schema import FIELDS, ROW, cursor_row, row, schema
from search.whoosh_index_storage import NAME, GuardedStorage

_WAIT_S = 5.0  # for another writer to finish


class ListsWriter(SegmentWriter):
    """Whoosh's writer of a segment; takes documents that were analysed, and whole segments, as arrays."""

    def __init__(self, index: Any, known: Known, alone: bool = True) -> None:
        """`alone` False: within the commit of another writer, which holds the lock. Raises Whoosh's LockError."""
        codec: Any = ListsCodec()  # type: ignore[no-untyped-call]
        super().__init__(index, timeout=_WAIT_S, _lk=alone, codec=codec)  # type: ignore[no-untyped-call]
        self._index = index
        self.batch = Batch(known)
        self._taken: list[tuple[Any, Array]] = []

    def put(self, parts: Parts) -> None:
        """A new document."""
        self.batch.add(self.docnum, parts)
        self.put_row(row(parts))

    def put_row(self, values: Row) -> None:
        """The row of the next document; one without words, if it was not `put`."""
        self.perdocwriter.start_doc(self.docnum)
        self.perdocwriter.add_column_value(ROW, self.schema[ROW].column_type, values)
        self.perdocwriter.finish_doc()
        self._added = True
        self.docnum += 1

    def take(self, segment: Any) -> None:
        """The documents of another segment that are not deleted. After the last `put`."""
        self.storage.confirm(segment.segment_id())
        reader = SegmentReader(self.storage, self.schema, segment)
        renumbered = np.full(segment.doc_count_all(), GONE, np.int64)
        for number, values in enumerate(reader.column_reader(ROW, translate=False)):
            if not segment.is_deleted(number):
                renumbered[number] = self.docnum
                self.put_row(values)
        self._taken.append((reader, renumbered))

    def rewritten(self, groups: Iterable[Iterable[Any]]) -> list[Any]:
        """A new segment of each group of segments, written at once; part of the index when this writer commits."""
        made = []
        for group in groups:
            writer: Any = ListsWriter(self._index, self.batch.known, alone=False)
            for segment in group:
                writer.take(segment)
            if writer.docnum:
                made.append(writer._finalize_segment())
            else:
                writer._close_segment()
        return made

    def _flush_segment(self) -> None:
        """Whoosh: write the terms and postings of everything that was added."""
        self.perdocwriter.close()
        lists = self.batch.lists()
        for field in FIELDS:
            sources: list[Source] = [BatchSource(lists.pop(field))]
            sources += [SegmentSource(reader._terms.lists, field, numbers) for reader, numbers in self._taken]
            self.fieldwriter.add_lists(field, merged(sources))
        self.fieldwriter.close()
        for reader, _ in self._taken:
            reader.close()


class Commit:
    """A writer of one commit on top of a snapshot. `put` and `drop`, then `finish`; `close` in any case."""

    def __init__(self, path: Path, vocabulary: Vocabulary, known: Known | None = None) -> None:
        """Waits 5 seconds for another writer, then raises IndexBusy. `known`: words of earlier commits."""
        self._vocabulary = vocabulary
        self._rewritten: set[str] = set()
        self._storage = GuardedStorage(path)
        try:
            with damage(LockError, OSError):
                index: Any = FileIndex(self._storage, schema(), NAME)  # type: ignore[no-untyped-call]
                self._writer: Any = ListsWriter(index, known or Known(vocabulary))
                self.generation: int = self._writer.generation - 1
                self._storage.begin(self.generation)
        except BaseException as error:
            self._storage.release()
            if isinstance(error, LockError):
                raise IndexBusy("another process is writing to the search index") from error
            raise

    @property
    def full(self) -> bool:
        """Whether no more documents should be put into this commit, for memory's sake."""
        return bool(self._writer.batch.full)

    def put(self, document: Document) -> None:
        """Add a document, whose earlier form was dropped."""
        self._writer.put(take_apart(document, self._vocabulary))

    def drop(self, uris: Collection[str], on: Snapshot, purge: bool) -> None:
        """Mark these documents as deleted; with `purge`, have every segment rewritten that holds a form of them."""
        base = 0
        for segment, live in zip(on.segments, on.live, strict=True):
            held = [number for uri in uris for number in segment.rows.numbers(uri)]
            for number in held:
                if live[number]:
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
        self._writer.put_row(cursor_row(cursor))

    def finish(self, groups: Sequence[Sequence[Any]] | None = None) -> None:
        """Commit: all of it is on disk and visible to every process when this returns.

        `groups`: segments to make one of each instead of what the policy says.
        """

        def merge(writer: Any, segments: list[Any]) -> list[Any]:
            rewritten = [[each] for each in segments if each.segment_id() in self._rewritten]
            if groups is not None:
                rewritten = [list(group) for group in groups]
            gone = {each for group in rewritten for each in group}
            taken = set() if groups is not None else to_merge(segments, self._rewritten)
            made = writer.rewritten(rewritten)
            for segment in sorted(taken, key=lambda each: str(each.segment_id())):
                writer.take(segment)
            kept = [each for each in segments if each not in gone | taken]
            return kept + list(made)

        with damage(OSError):
            self._writer.commit(mergetype=merge)

    def clear(self) -> None:
        """Take away what killed writers have left beside the commit that this one is made on."""
        self._storage.clear_strays(self.generation, [each.segment_id() for each in self._writer.segments])

    @property
    def segments(self) -> list[Any]:
        """Whoosh's segments that the commit is made on."""
        return list(self._writer.segments)

    def close(self) -> None:
        """Let go of everything; without `finish`, nothing was, and nothing of it stays on disk."""
        if not self._writer.is_closed:
            with suppress(Exception):  # whatever stopped the commit may stop this too, and is what has to be told
                self._writer.cancel()
        self._storage.release()
