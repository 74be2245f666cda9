"""What the index answers to a question, as records of the store: by pages, all of it, or what is like a record.

One visibility: what is asked of the index for an audience is read from the store for the same audience. Comes from:
`asking`. Goes to: pages, files and feeds (`node/outputs`), `wasl search`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from node.asking import Asked
from node.documents import document_of
from node.indexing import Found, Searcher
from node.store import chains, records
from node.store.records import PUBLIC, Stored
from search import Hit
from search.errors import SearchError

MOST = 10_000
"""Practices that a file holds, at most: as deep as an index is read."""
BATCH = 100


def find(searcher: Searcher, asked: Asked, language: str, audience: str = PUBLIC, **more: Any) -> Found:
    """Ask the index for a reader of this language. `more`: fields of `search.Query`."""
    return searcher.find(asked.query(language, public_only=audience == PUBLIC, **more))


def batches(searcher: Searcher, asked: Asked, language: str, audience: str = PUBLIC) -> Iterator[tuple[Hit, ...]]:
    """Every hit in its order, a hundred at a time, the first `MOST`; none twice."""
    seen: set[str] = set()
    for offset in range(0, MOST, BATCH):
        hits = find(searcher, asked, language, audience, offset=offset, limit=BATCH).results.hits
        fresh = tuple(hit for hit in hits if hit.uri not in seen)
        seen.update(hit.uri for hit in fresh)
        if fresh:
            yield fresh
        if len(hits) < BATCH:
            return


def held(connection: Connection, hits: Sequence[Hit], audience: str = PUBLIC) -> list[tuple[Hit, Stored]]:
    """Hits with their records as they stand now; those that have ended since are left out."""
    found = records.many(connection, [hit.uri for hit in hits], audience)
    pairs = ((hit, found[hit.uri]) for hit in hits if hit.uri in found)
    return [(hit, stored) for hit, stored in pairs if stored.state == "live" and stored.data is not None]


def similar(
    connection: Connection, searcher: Searcher, uri: str, language: str, limit: int, audience: str = PUBLIC
) -> tuple[Stored | None, Sequence[Hit]]:
    """The record that others are to be like, if the audience may see it, and what is most like it."""
    stored = records.get(connection, uri, audience)
    if stored is None or stored.type != "Practice":
        return None, ()
    document = document_of(connection, stored, chains.head_cards(connection))
    if document is None:
        return None, ()
    try:
        public_only = audience == PUBLIC
        return stored, searcher.asked(
            lambda index: index.similar(document, language, public_only=public_only, limit=limit)
        )
    except SearchError:
        searcher.rest()
        return stored, ()
