"""Which saved searches find a practice that has just come: the practice alone in an index, and each search asked of it.

The small index in a dict answers as the large ones do, by the same contract (`tests/search`). Two things of a search
make no sense of one practice and are left out: words put in place of misspelt ones, and what is like a record.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from node import asking, labels
from node.documents import document_of
from node.indexing import vocabulary
from node.store.records import Stored
from protocol.card import Card
from search import MemoryIndex
from search.document import Document

Search = tuple[str, str]
"""A search: the part of its address behind the question mark, and its reader's language."""


def documents(connection: Connection, stored: Iterable[Stored], cards: Mapping[str, Card]) -> list[Document]:
    """The practices among these records, as search sees them."""
    made = (document_of(connection, one, cards) for one in stored if one.type == "Practice")
    return [one for one in made if one is not None]


def found_by(
    searches: Iterable[Search], those: Iterable[Document], cards: Mapping[str, Card]
) -> dict[Search, set[str]]:
    """URIs of those that each search finds; a search that finds none is absent."""
    index = MemoryIndex(vocabulary())
    every = list(those)
    index.put(every)
    if not every:
        return {}

    def known(name: str, value: str) -> bool:
        return value in cards if name == "commune" else labels.known(name, value)

    found: dict[Search, set[str]] = {}
    for address, language in set(searches):
        asked = asking.read_address(address, known)
        if asked.like:
            continue
        results = index.find(asked.query(language, public_only=False, sort="newest", limit=100))
        if results.hits and not results.instead:
            found[address, language] = {hit.uri for hit in results.hits}
    return found


def without(document: Document, language: str) -> Document | None:
    """The document as it was before it was translated into `language`; None where that is its own."""
    if language == document.language or language not in document.texts:
        return None
    kept = {tag: text for tag, text in document.texts.items() if tag != language}
    return dataclasses.replace(document, texts=kept)
