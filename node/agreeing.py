"""Whether the index says what the store says: counts of every origin, and a sample found by its own titles.

Checksums tell that files are what was written; this tells that what was written is right. Law: whatever is not what
the store says makes the index a broken one, to be built anew. Comes from: `indexing.tend`, once a night.
"""

from __future__ import annotations

import random
from collections import Counter

from sqlalchemy import Connection

from node.documents import INDEXED, document_of
from node.store import chains, log, records
from node.store.records import OURSELVES
from search.document import Document, Query
from search.errors import IndexBroken
from search.index import Index
from search.language import LANGUAGES, word_list
from search.plan import MAX_LIMIT, plan
from search.vocabulary import Vocabulary

SAMPLE = 20
"""Records that are looked for, those before a place in the log that chance chooses."""


def compare(connection: Connection, index: Index, vocabulary: Vocabulary, chance: random.Random) -> None:
    """Raises IndexBroken (`index_damaged`) where the index does not say what the store does.

    Says nothing of an index that has not read the whole log, or is being built.
    """
    told = index.find(Query("", kinds=INDEXED, public_only=False, facets=("commune",), limit=0))
    if index.cursor() != log.last_seq(connection) or not told.complete:
        return
    held = Counter[str]()
    for (did, type_), count in records.counts(connection, OURSELVES).items():
        held[did] += count if type_ in INDEXED else 0
    if +held != Counter(told.facets["commune"]):
        raise IndexBroken("index_damaged", f"the index has {told.total} documents, the store {held.total()}")
    before = chance.randint(1, log.last_seq(connection)) + 1
    cards = chains.head_cards(connection)
    for stored in records.latest(connection, OURSELVES, INDEXED, limit=SAMPLE, before_seq=before):
        document = document_of(connection, stored, cards)
        if document is not None and not _is_found(document, index, vocabulary):
            raise IndexBroken("index_damaged", "the index does not find a record by its own title")


def _is_found(document: Document, index: Index, vocabulary: Vocabulary) -> bool:
    """Whether its title finds it; True also where that cannot be told: no words, or too many titles like it."""
    title = document.texts[document.language].title if document.language in document.texts else ""
    query = Query(
        " ".join(word_list(title)),  # without the quotation marks, which would make phrases
        document.language,
        {"commune": (document.commune,)},
        kinds=(document.kind,),
        public_only=False,
        limit=MAX_LIMIT,
    )
    if document.language not in LANGUAGES or not any(not unit.optional for unit in plan(query, vocabulary).units):
        return True
    found = index.find(query)
    return found.total > MAX_LIMIT or any(hit.uri == document.uri for hit in found.hits)
