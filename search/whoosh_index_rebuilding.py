"""A whole index made anew beside the live one, which answers until the new one takes over.

Law: nothing of it is seen before all of it is on disk. In batches, each a commit, so that memory is bounded whatever is
indexed; at the end the batches are packed into as few segments as there may be. Comes from: the node, which has the
documents. Uses: `whoosh_index_folder` (which index is live), `whoosh_index_writing`.
"""

import gc
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from search.collecting import collecting_rarely
from search.document import Document
from search.errors import IndexBroken
from search.vocabulary import Vocabulary
from search.whoosh_index_building import Known
from search.whoosh_index_folder import create, live, make_live, rebuilding, remove_all_but
from search.whoosh_index_policy import to_pack
from search.whoosh_index_writing import Commit

_STEP = 100  # documents between two calls of `progress`


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
            with collecting_rarely():
                _fill(path, vocabulary, documents, cursor, progress)
            make_live(folder, path, vocabulary)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise


def _fill(
    path: Path, vocabulary: Vocabulary, documents: Iterable[Document], cursor: int, progress: Callable[[int], object]
) -> None:
    """Write the documents batch by batch, the cursor with the last, and pack what has become of it."""
    seen: set[str] = set()
    known = Known(vocabulary)
    commit = Commit(path, vocabulary, known)
    try:
        for document in documents:
            if document.uri in seen:
                continue
            seen.add(document.uri)
            commit.put(document)
            if len(seen) % _STEP == 0:
                progress(len(seen))
            if commit.full:
                commit.finish([])
                oldest = 2 if known.full else 1
                known = Known(vocabulary) if known.full else known
                commit = Commit(path, vocabulary, known)
                gc.collect(oldest)
        commit.move(cursor, None)
        commit.finish([])
        del known
        commit = Commit(path, vocabulary)
        commit.finish(to_pack(commit.segments))
        progress(len(seen))
    finally:
        commit.close()
