"""An index kept on disk by Whoosh: the default of every node.

Law: a cache. Whatever is wrong with it is `IndexBroken`, and the answer to that is `rebuild` from the store, beside the
old one, which goes on answering until the new one takes over. Many processes may read while one writes. The rooms
behind this one: `whoosh_index_folder` and `_storage` (files), `_schema` (what is kept), `_writing` (a commit),
`_reading` (a commit opened), `_match` and `_find` (a query). Which Whoosh and why: docs/decisions/0004-whoosh-fork.md.
"""

import shutil
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from search.document import Document, Query, Results
from search.errors import IndexBroken
from search.plan import plan
from search.vocabulary import Vocabulary
from search.whoosh_index_find import find
from search.whoosh_index_folder import (
    check_version,
    create,
    generation,
    is_rebuilding,
    live,
    make_live,
    rebuilding,
    remove_all_but,
)
from search.whoosh_index_reading import PostingCache, Snapshot, damage, snapshot
from search.whoosh_index_storage import contents
from search.whoosh_index_writing import Commit

_ATTEMPTS = 5  # a commit or a swap may take a file away while it is being opened: then there is a newer one
_STEP = 100  # documents between two calls of `progress`


class WhooshIndex:
    """The whole of `search.index.Index`, in a folder of its own. Share one per process between threads.

    Raises IndexBroken on opening if there is no index, if it is damaged, or if another program or vocabulary made it;
    and from any method if that turns out later. Nothing is created here: a new node begins with `rebuild`.
    """

    def __init__(self, folder: Path, vocabulary: Vocabulary) -> None:
        self._folder = folder
        self._vocabulary = vocabulary
        self._reading = threading.RLock()
        self._writing = threading.Lock()
        self._cache = PostingCache()
        self._path: Path | None = None
        self._snapshot: Snapshot | None = None
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
                commit.drop(gone | fresh.keys(), snap, purge)
                commit.move(snap.cursor if cursor is None else cursor, snap)
                for document in fresh.values():
                    commit.put(document)
                commit.finish()
            finally:
                commit.close()

    def put(self, documents: Iterable[Document]) -> None:
        """Add or replace documents; the cursor stays."""
        self.apply(documents)

    def drop(self, uris: Iterable[str]) -> None:
        """Stop finding these documents; their words stay on disk until their segment is merged."""
        self.apply(drops=uris)

    def purge(self, uris: Iterable[str]) -> None:
        """Drop these documents and rewrite every segment with a word of theirs: for erasure."""
        self.apply(drops=uris, purge=True)

    def optimise(self) -> None:
        """Merge everything into one segment: for the quiet hours; takes as long as a third of a rebuild."""
        with self._writing:
            commit, snap = self._begin()
            try:
                if len(snap.segments) > 1 or any(snap.dead):
                    commit.finish(everything=True)
            finally:
                commit.close()

    def find(self, query: Query) -> Results:
        """See `search.index.Index`. Answers from the latest commit, even one of another process."""
        understood = plan(query, self._vocabulary)
        with self._reading:
            results = find(query, understood, self._latest())
        return replace(results, complete=False) if is_rebuilding(self._folder) else results

    def count(self) -> int:
        """How many documents can be found."""
        with self._reading:
            return self._latest().count

    def cursor(self) -> int:
        """How far into the log the index is. Ask again after an error: a rebuilt index has a cursor of its own."""
        with self._reading:
            return self._latest().cursor

    def check(self) -> None:
        """Compare every file with its checksum, as opening does. Raises IndexBroken. For the nightly check."""
        with self._reading, damage():
            snap = self._latest()
            path = live(self._folder)
            contents(path, snap.generation, ())

    def close(self) -> None:
        """Let go of files."""
        with self._reading:
            self._forget()

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
        for attempt in range(_ATTEMPTS):
            try:
                return self._refreshed()
            except FileNotFoundError as error:
                if attempt == _ATTEMPTS - 1:
                    raise IndexBroken("index_damaged", "a file of the search index is missing") from error
            except IndexBroken as error:
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
        self._cache = PostingCache()


def rebuild(
    folder: Path,
    vocabulary: Vocabulary,
    documents: Iterable[Document],
    cursor: int,
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Make a new index of `documents` and let it take over in every process; also how the first one is made.

    `cursor`: of the log that `documents` were read from. A URI counts once, the first time. `progress` gets the number
    of documents so far. The old index answers meanwhile, with `complete` False. Raises IndexBusy if somebody rebuilds
    already; if anything is raised, or the process killed, the old index stays.
    """
    with rebuilding(folder):
        try:
            remove_all_but(folder, live(folder))
        except IndexBroken:
            remove_all_but(folder, None)
        path = create(folder, vocabulary)
        try:
            _fill(path, vocabulary, documents, cursor, progress)
            make_live(folder, path)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise


def _fill(
    path: Path, vocabulary: Vocabulary, documents: Iterable[Document], cursor: int, progress: Callable[[int], object]
) -> None:
    commit = Commit(path, vocabulary)
    seen: set[str] = set()
    try:
        commit.move(cursor, None)
        for document in documents:
            if document.uri not in seen:
                seen.add(document.uri)
                commit.put(document)
                if len(seen) % _STEP == 0:
                    progress(len(seen))
        commit.finish()
        progress(len(seen))
    finally:
        commit.close()
