"""The search index as a follower of the log: what a record says, put where words find it.

The index knows by itself how far it has read; document and cursor are one commit. It can be killed, deleted or damaged
at any moment: the follower goes on from the index's own cursor, or builds a new one beside the old and swaps.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from logging import INFO, WARNING
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from node import agreeing, rough
from node.assembly import Node
from node.documents import INDEXED, SAID_ABOUT, document_of, documents_of
from node.engines import build_index, open_index
from node.errors import NodeError
from node.logs import facts, get_log
from node.store import chains, log, notes, records
from node.store.log import Entry
from node.store.records import OURSELVES, Stored
from search.document import Document, Query, Results
from search.errors import IndexAway, IndexBroken, IndexBusy, IndexClosed, SearchError
from search.index import Index
from search.vocabulary import Vocabulary

BATCH = 200
PROGRESS_S = 1.0
"""How often a rebuild writes down how far it is, seconds."""

NIGHT = (1, 5)
"""Hours (UTC) between which the index is checked and merged, once a night."""

AGAIN_S = 1.0
"""How long a search does not look whether an index that was found broken can be opened again, seconds."""

REBUILDING = "rebuilding"
"""How the note `index` begins while the index is built anew: "rebuilding 1200/20000"."""

VOCABULARY = Path(__file__).parent / "data" / "vocabulary.json"
LEXICON = Path(__file__).parent / "data" / "lexicon.json"

_DAY_S = 20 * 3600  # a night later, even if it comes a little earlier

_log = get_log("index")

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave. `rebuilding`: the index is being built anew and this may not be all yet.

    `rough`: there is no index at all, and this is what titles and summaries in the store say (`node.rough`).
    `progress`: (documents done, documents in all) of the building, where that is known.
    """

    results: Results
    rebuilding: bool
    rough: bool = False
    progress: tuple[int, int] | None = None


@cache
def vocabulary() -> Vocabulary:
    """The controlled vocabulary and the field lexicon that ship with the node."""
    return Vocabulary.load(VOCABULARY, LEXICON)


class Searcher:
    """The index of one process: opened on first use, opened again after a rebuild. Thread-safe."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._index: Index | None = None
        self._open_again = float("-inf")

    def find(self, query: Query) -> Found:
        """Answer a query; while there is no usable index, roughly from the store, and say so."""
        try:
            results = self.asked(lambda index: index.find(query))
            progress = None if results.complete else self._progress()
            return Found(results, progress is not None, progress=progress)
        except SearchError:
            self.rest()
            return self._roughly(query)

    def reaches(self, seq: int) -> bool:
        """True when the index has read the log up to `seq`."""
        try:
            return self.asked(lambda index: index.cursor()) >= seq
        except SearchError:
            self.rest()
            return False

    def purged(self) -> int:
        """How far into the log no index holds a word of what was erased; 0 while none says so."""
        try:
            return self.asked(lambda index: index.purged())
        except (SearchError, OSError):  # who finds it broken or away sees to that elsewhere
            return 0

    def index(self) -> Index:
        """The open index. Raises `IndexBroken`."""
        return self._open()

    def forget(self) -> None:
        """Close what is open: it was found broken or was replaced."""
        with self._lock:
            if self._index is not None:
                self._index.close()
            self._index = None
            self._open_again = float("-inf")

    def rest(self) -> None:
        """As `forget`, and open none for `AGAIN_S`: it was found broken, or away, and whoever asks is told so."""
        with self._lock:
            resting = time.monotonic() < self._open_again
        if not resting:
            self.forget()
            self._open_again = time.monotonic() + AGAIN_S

    def asked(self, ask: Callable[[Index], Answer]) -> Answer:
        """What the open index answers, or the next one if another thread closes this one before it is asked. Raises
        `SearchError`: `IndexBusy` while it rests."""
        if time.monotonic() < self._open_again:
            raise IndexBusy("the search index was found broken or away a moment ago")
        try:
            return ask(self._open())
        except IndexClosed:
            return ask(self._open())

    def _open(self) -> Index:
        with self._lock:
            if self._index is None:
                self._index = open_index(self._node.config, self._node.did, vocabulary())
            return self._index

    def _progress(self) -> tuple[int, int] | None:
        with self._node.database.reading() as connection:
            return progress_of(connection)

    def _roughly(self, query: Query) -> Found:
        with self._node.database.reading() as connection:
            return Found(rough.find(connection, query, vocabulary()), True, True, progress_of(connection))


def follow_once(node: Node, searcher: Searcher) -> int:
    """Index the next entries of the log. Returns how many were read; 0 means up to date. Rebuilds a broken index."""
    try:
        index = searcher.index()
        done = index.cursor()
        with node.database.reading() as connection:
            if done > log.last_seq(connection):
                raise IndexBroken("the index has read further than the log goes: another database", "index_outdated")
            entries = log.entries_after(connection, done, BATCH)
            if not entries:
                return 0
            documents, drops, erased = _work(connection, entries)
        index.apply(documents, drops, entries[-1].seq, purge=erased)
    except IndexClosed:
        return 1  # a reader found it broken, and has let go of it: looked at again
    except IndexBroken as error:
        _log.log(INFO if error.code == "index_missing" else WARNING, "building the index", extra=facts(code=error.code))
        rebuild(node)
        searcher.forget()
        return 1
    return len(entries)


def rebuild(node: Node, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Build the index anew beside the old one and swap. Returns how many documents it has.

    `progress` is called with (documents done, documents in all).
    """
    told_at = float("-inf")
    begun, done = False, 0

    def tell(done: int, total: int) -> None:
        nonlocal told_at
        progress(done, total)
        if time.monotonic() >= told_at + PROGRESS_S:
            told_at = time.monotonic()
            _tell(node, f"{REBUILDING} {done}/{total}")

    def documents() -> Generator[Document, None, None]:
        nonlocal begun, done
        begun = True  # the index has its place: who else rebuilds is refused, and `purged` knows of it
        tell(0, 0)
        with node.database.reading() as connection:
            counts = records.counts(connection, OURSELVES).items()
            total = sum(count for (_, type_), count in counts if type_ in INDEXED)
            cards = chains.head_cards(connection)
            for page in _pages(connection):
                for document in documents_of(connection, page, cards):
                    done += 1
                    tell(done, total)
                    if document is not None:
                        yield document

    with node.database.reading() as connection:
        cursor = log.last_seq(connection)  # what comes before the documents are read is read again
    try:
        with closing(documents()) as every:
            build_index(node.config, node.did, vocabulary(), every, cursor)
    finally:
        if begun:
            _tell(node, "ready")
    return done


def _tell(node: Node, how_far: str) -> None:
    """Write the note `index`. A store that is busy or full at this moment stops no rebuild: a note is only a note."""
    with suppress(NodeError), node.database.writing() as connection:
        notes.set_value(connection, "index", how_far)


def progress_of(connection: Connection) -> tuple[int, int] | None:
    """(documents done, documents in all) of the rebuild that is under way; None when there is none."""
    told = notes.value(connection, "index") or ""
    if not told.startswith(REBUILDING):
        return None
    done, _, total = told.removeprefix(REBUILDING).strip().partition("/")
    return (int(done), int(total)) if done.isdecimal() and total.isdecimal() else (0, 0)


def tend(node: Node, searcher: Searcher) -> bool:
    """What an index needs besides following: a step of merging when there is time, a check and the rest by night.

    Call it when there is nothing else to do. True when it did something and there may be more. An index that is
    damaged, or does not say what the store says, is rebuilt.
    """
    try:
        index = searcher.index()
        if index.tidy():
            return True
        now = node.now()
        if not NIGHT[0] <= datetime.fromtimestamp(now, UTC).hour < NIGHT[1]:
            return False
        with node.database.reading() as connection:
            last = int(notes.value(connection, "index_tended") or 0)
        if now - last < _DAY_S:
            return False
        with node.database.writing() as connection:
            notes.set_value(connection, "index_tended", str(now))
        index.check()
        with node.database.reading() as connection:
            agreeing.compare(connection, index, vocabulary(), random.Random())  # noqa: S311
        index.optimise()
    except (IndexAway, IndexBusy):
        return False
    except IndexBroken as error:
        _log.warning("building the index", extra=facts(code=error.code))
        rebuild(node)
        searcher.forget()
    return True


def _work(connection: Connection, entries: list[Entry]) -> tuple[list[Document], list[str], bool]:
    """What a batch of entries asks of the index: documents to put, URIs to drop, whether words must go from disk."""
    touched: dict[str, None] = {}
    erased = False
    for entry in entries:
        if entry.kind == "admission":
            touched |= dict.fromkeys(_uris_of(connection, entry.did))
        elif entry.record is not None:
            if entry.type in SAID_ABOUT and entry.about is not None:
                touched[entry.about] = None
            if entry.type != "Translation":
                touched[entry.uri] = None
                touched |= dict.fromkeys(_spoken_of(connection, entry))
        erased |= entry.erased
    held = records.many(connection, touched, OURSELVES)
    cards = chains.head_cards(connection)
    documents, drops = [], []
    for uri in touched:
        document = document_of(connection, held[uri], cards) if uri in held else None
        if document is None:
            drops.append(uri)
        else:
            documents.append(document)
    return documents, drops, erased


def _spoken_of(connection: Connection, entry: Entry) -> list[str]:
    """What a translation or adaptation was about that ended, was voided or hidden: its words or its level change."""
    if entry.kind not in ("void", "hiding") and entry.type != "Tombstone":
        return []
    return [
        stored.about for stored in records.history(connection, entry.uri) if stored.type in SAID_ABOUT and stored.about
    ]


def _uris_of(connection: Connection, did: str) -> list[str]:
    """Every record of an origin, admitted or not: after a change of admission each is put or dropped."""
    return [f"{did}/records/{record}" for record in log.records_of(connection, did)]


def _pages(connection: Connection) -> Iterator[list[Stored]]:
    """Every live head of a type that is indexed, newest first, a page at a time."""
    before: int | None = None
    while page := records.latest(connection, OURSELVES, INDEXED, limit=500, before_seq=before):
        yield page
        before = page[-1].seq
