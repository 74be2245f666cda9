"""An index kept on disk by Whoosh: the default of every node.

Law: a cache. Whatever is wrong with it is `IndexBroken`, and the answer to that is `rebuild` from the store, beside the
old one, which goes on answering until the new one takes over. Many processes may read while one writes. The rooms
behind this one: `whoosh_index_folder` and `_storage` (files), `_schema` (what is kept), `_writing` (a commit),
`_reading` (a commit opened), `_find` (a query), `_guess` and `_likeness` (what helps to ask). Which Whoosh and why:
docs/decisions/0004-whoosh-fork.md.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from search.analysis import invert, take_apart
from search.correction import corrections
from search.document import Document, Hit, Query, Results, Suggestion
from search.errors import IndexBroken, IndexClosed
from search.names import MAX_SUGGESTIONS, Names, asked_for, concept_names, together
from search.plan import MAX_LIMIT, plan
from search.vocabulary import Vocabulary
from search.whoosh_index_find import find, having_all
from search.whoosh_index_folder import check_version, generation, indexes, is_rebuilding, live, remove_leftovers
from search.whoosh_index_guess import near, titles
from search.whoosh_index_likeness import similar
from search.whoosh_index_policy import MAX_SEGMENTS, STEP, to_pack, to_tidy
from search.whoosh_index_reading import Cache, Snapshot, damage, snapshot
from search.whoosh_index_rebuilding import rebuild
from search.whoosh_index_storage import contents, doubt, strays
from search.whoosh_index_writing import Commit

__all__ = ["WhooshIndex", "rebuild"]

_ATTEMPTS = 5  # a commit or a swap may take a file away while it is being opened: then there is a newer one


class WhooshIndex:
    """The whole of `search.index.Index`, in a folder of its own. Share one per process between threads.

    Raises IndexBroken on opening if there is no index, if it is damaged, or if another program or vocabulary made it;
    and from any method if that turns out later. Raises IndexClosed from any method after `close`. Nothing is created
    here: a new node begins with `rebuild`.
    """

    def __init__(self, folder: Path, vocabulary: Vocabulary) -> None:
        self._folder = folder
        self._vocabulary = vocabulary
        self._concepts = concept_names(vocabulary)
        self._queue = (
            threading.RLock()
        )  # who searches waits here, so that a writer waits for one search and not for all
        self._reading = threading.RLock()
        self._writing = threading.Lock()
        self._cache = Cache()
        self._path: Path | None = None
        self._snapshot: Snapshot | None = None
        self._closed = False
        self._tidied = -1  # the commit on which there was nothing left to merge
        with self._reading:
            self._latest()

    def apply(
        self,
        documents: Iterable[Document] = (),
        drops: Iterable[str] = (),
        cursor: int | None = None,
        purge: bool = False,
    ) -> None:
        """See `search.index.Index`. Raises IndexBusy while another process writes, OSError when the disk is full."""
        gone = set(drops)
        fresh = {document.uri: document for document in documents if document.uri not in gone}
        with self._writing:
            commit, snap = self._begin()
            try:
                if purge:
                    commit.clear()
                commit.drop(gone | fresh.keys(), snap, purge)
                commit.move(snap.cursor if cursor is None else cursor, snap)
                for document in fresh.values():
                    commit.put(document)
                commit.finish()
            finally:
                commit.close()
            if purge:
                remove_leftovers(self._folder)

    def put(self, documents: Iterable[Document]) -> None:
        """Add or replace documents; the cursor stays."""
        self.apply(documents)

    def drop(self, uris: Iterable[str]) -> None:
        """Stop finding these documents; their words stay on disk until their segment is merged."""
        self.apply(drops=uris)

    def purge(self, uris: Iterable[str]) -> None:
        """Drop these documents and rewrite every segment with a word of theirs: for erasure."""
        self.apply(drops=uris, purge=True)

    def tidy(self) -> bool:
        """Clear away what killed writers have left, and merge some small segments into one, if there are many.

        Merges at most `whoosh_index_policy.STEP` documents. Costs two looks at the disk when there is nothing to do.
        """
        with self._reading:
            snap, path = self._latest(), self._path
        assert path is not None
        remove_leftovers(self._folder)
        crowded = len(snap.segments) > MAX_SEGMENTS and snap.generation != self._tidied
        if not crowded and not strays(path, snap.generation, [each.name for each in snap.segments]):
            return False
        with self._writing:
            commit, snap = self._begin()
            try:
                commit.clear()
                chosen = to_tidy(commit.segments, STEP)
                if chosen:
                    commit.finish([list(chosen)])
                self._tidied = snap.generation
                return bool(chosen)
            finally:
                commit.close()

    def optimise(self) -> None:
        """Merge everything into as few segments as there may be, one at a time: for the quiet hours."""
        for _ in range(len(self._segments())):
            with self._writing:
                commit, _ = self._begin()
                try:
                    groups = to_pack(commit.segments)
                    if not groups:
                        return
                    commit.finish(groups[:1])
                finally:
                    commit.close()

    def _segments(self) -> tuple[object, ...]:
        with self._reading:
            return self._latest().segments

    def find(self, query: Query) -> Results:
        """See `search.index.Index`. Answers from the latest commit, even one of another process."""
        understood = plan(query, self._vocabulary)
        with self._asking() as snap:
            results = find(query, understood, snap, self._vocabulary)
        return replace(results, complete=False) if is_rebuilding(self._folder) else results

    def complete(
        self, typed: str, language: str = "", places: Names | None = None, limit: int = 10, public_only: bool = True
    ) -> tuple[Suggestion, ...]:
        """See `search.index.Index`."""
        limit = min(max(limit, 0), MAX_SUGGESTIONS)
        asked = asked_for(typed, language)
        with self._asking() as snap:
            found = titles(asked, language, snap, public_only, limit)
        return together(
            places.starting(asked, language, limit) if places else [],
            self._concepts.starting(asked, language, limit),
            found,
            limit,
        )

    def suggest(self, query: Query, limit: int = 3) -> tuple[str, ...]:
        """See `search.index.Index`."""
        with self._asking() as snap:

            def total(other: Query) -> int:
                return having_all(other, plan(other, self._vocabulary), snap)

            return corrections(
                query, limit, self._vocabulary, total, lambda spelled, edits: near(spelled, edits, query, snap)
            )

    def similar(
        self,
        document: Document,
        language: str = "",
        kinds: tuple[str, ...] = ("Practice",),
        public_only: bool = True,
        limit: int = 10,
    ) -> tuple[Hit, ...]:
        """See `search.index.Index`."""
        own = invert(take_apart(document, self._vocabulary), self._vocabulary)
        limit = min(max(limit, 0), MAX_LIMIT)
        with self._asking() as snap:
            return similar(own, Query("", language, kinds=kinds, public_only=public_only, limit=limit), snap)

    def count(self) -> int:
        """How many documents can be found."""
        with self._reading:
            return self._latest().count

    def cursor(self) -> int:
        """How far into the log the index is. Ask again after an error: a rebuilt index has a cursor of its own."""
        with self._reading:
            return self._latest().cursor

    def purged(self) -> int:
        """See `search.index.Index`. 0 while there is another index in the folder: how far that is, nobody knows."""
        before = indexes(self._folder)
        reached = self.cursor()
        return reached if len(before) == 1 and before == indexes(self._folder) else 0

    def check(self) -> None:
        """Compare every file with its checksum, as opening does. Raises IndexBroken. Searching goes on meanwhile."""
        for _ in range(_ATTEMPTS):
            with self._reading:
                snap, path = self._latest(), self._path
            assert path is not None
            try:
                with _doubting(path), damage():
                    contents(path, snap.generation, ())
                return
            except FileNotFoundError:
                continue  # a commit came between
        raise IndexBroken("index_damaged", "a file of the search index is missing")

    def close(self) -> None:
        """Let go of files. Whoever comes later, from another thread, opens none."""
        with self._reading:
            self._closed = True
            self._forget()

    @contextmanager
    def _asking(self) -> Iterator[Snapshot]:
        with self._queue, self._reading:
            snap, path = self._latest(), self._path
            assert path is not None
            with _doubting(path):
                yield snap

    def _begin(self) -> tuple[Commit, Snapshot]:
        """A commit on top of the latest one, which was checked: nobody else can commit from here on."""
        for _ in range(_ATTEMPTS):
            with self._reading:
                self._latest()
                path = self._path
            assert path is not None
            try:
                commit = Commit(path, self._vocabulary)
            except FileNotFoundError:
                continue  # another process has let a rebuilt index take over
            try:
                with self._reading:
                    snap = self._latest()
                    if self._path == path and snap.generation == commit.generation:
                        return commit, snap
            except BaseException:
                commit.close()
                raise
            commit.close()
        raise IndexBroken("index_damaged", "the search index does not stay the same while it is opened")

    def _latest(self) -> Snapshot:
        """The latest commit of the live index, opened if it is not yet; else just some looks at the disk."""
        if self._closed:
            raise IndexClosed("the search index was closed")
        for attempt in range(_ATTEMPTS):
            try:
                return self._refreshed()
            except FileNotFoundError as error:
                if attempt == _ATTEMPTS - 1:
                    raise IndexBroken("index_damaged", "a file of the search index is missing") from error
            except IndexBroken as error:
                if error.code == "index_damaged" and self._path is not None:
                    doubt(self._path)
                if error.code != "index_missing" or attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError  # pragma: no cover (the last attempt returns or raises)

    def _refreshed(self) -> Snapshot:
        path = live(self._folder)
        if path != self._path:
            self._forget()
            check_version(path, self._vocabulary)
            self._path = path
        number = generation(path)
        before = self._snapshot
        if before is None or before.generation != number:
            self._snapshot = snapshot(path, number, before, self._cache)
            kept = {segment.name for segment in self._snapshot.segments}
            for segment in before.segments if before else ():
                if segment.name not in kept:
                    segment.close()
        assert self._snapshot is not None
        if sum(each.changed() for each in self._snapshot.segments):  # sum, not any: each of them is asked
            self._recheck(path, number)
        return self._snapshot

    def _recheck(self, path: Path, number: int) -> None:
        try:
            contents(path, number, ())
        except BaseException:
            self._forget()  # so that the next query opens, and checks, everything again
            raise

    def _forget(self) -> None:
        for segment in self._snapshot.segments if self._snapshot else ():
            segment.close()
        self._snapshot = self._path = None
        self._cache = Cache()


@contextmanager
def _doubting(path: Path) -> Iterator[None]:
    """Who finds an index damaged makes every other process look at it again: it may have it open, and believe it."""
    try:
        yield
    except IndexBroken:
        doubt(path)
        raise
