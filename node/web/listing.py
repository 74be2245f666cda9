"""Practices as they stand in a list, and the people who wrote them: what several pages share.

`Who` answers "what is this node called" for a whole page with one question to the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import Connection

from node import namesakes
from node.assembly import Node
from node.indexing import Searcher
from node.store import chains, log, records
from node.store.records import PUBLIC, Stored
from node.web.language import language
from node.web.presenting import short_did
from node.wording import Reading, Translated, Words, translations_among, translations_of
from protocol.card import Card

_COUNTED, _TOWNS = "wasl-counted", "wasl-towns"


def the_node() -> Node:
    """The node whose pages these are."""
    node: Node = current_app.extensions["wasl"]
    return node


def the_searcher() -> Searcher:
    """The index as this process has it open."""
    searcher: Searcher = current_app.extensions["wasl-searcher"]
    return searcher


@dataclass(frozen=True, slots=True)
class _Towns:
    """The cards in force when the log ended with `seq`, and what their nodes are called, by language."""

    seq: int
    cards: Mapping[str, Card]
    names: dict[str, dict[str, str]]


class Who:
    """Names of admitted nodes, from their cards in force: read once for each state of the log, being many."""

    def __init__(self, connection: Connection) -> None:
        seq = log.last_seq(connection)
        kept: _Towns | None = current_app.extensions.get(_TOWNS)
        if kept is None or kept.seq != seq:
            kept = current_app.extensions[_TOWNS] = _Towns(seq, chains.head_cards(connection), {})
        self.cards, self._names = kept.cards, kept.names

    def name(self, did: str) -> str:
        """A node's name in the page's language, with its host where another one's looks alike; the short form of its
        DID when we hold no card. Our own is never lengthened: nobody changes our pages by taking our name."""
        card, tongue = self.cards.get(did), language()
        if card is None:
            return short_did(did)
        if did == the_node().did:
            return card.name(tongue)
        if tongue not in self._names:
            self._names[tongue] = namesakes.told_apart(self.cards, tongue)
        return self._names[tongue][did]

    def known(self, did: str) -> bool:
        """Whether the node has a page here."""
        return did in self.cards


@dataclass(frozen=True, slots=True)
class Item:
    """One practice in a list. `translator`: name of the node whose translation is shown, None for the original;
    `machine`, `outdated`: nobody has read that translation, or the original has changed since. `via`: concepts by which
    it was found; `where`: else, where the words stand (`node/web/finding.py`); marks: text, and whether it matched."""

    origin: str
    record: str
    commune: str
    title: Words
    summary: Words | None
    original: str
    translator: str | None
    illustrative: bool
    topics: tuple[str, ...]
    received: int
    snippet: Sequence[tuple[str, bool]] = ()
    snippet_language: str = ""
    via: tuple[str, ...] = ()
    title_marks: Sequence[tuple[str, bool]] = ()
    where: str = ""
    machine: bool = False
    outdated: bool = False

    @property
    def uri(self) -> str:
        """The URI of the record."""
        return f"{self.origin}/records/{self.record}"


def counted(connection: Connection) -> dict[tuple[str, str], int]:
    """As `records.counts` for the public, counted once for each state of the log: with many records that takes long."""
    seq = log.last_seq(connection)
    kept: tuple[int, dict[tuple[str, str], int]] = current_app.extensions.get(_COUNTED, (-1, {}))
    if kept[0] != seq:
        kept = (seq, records.counts(connection, PUBLIC))
        current_app.extensions[_COUNTED] = kept
    return kept[1]


def items(connection: Connection, who: Who, those: Sequence[Stored]) -> list[Item]:
    """Practices for a list, in their order; what translates them is asked for once for all."""
    said = translations_among(connection, those)
    return [item(connection, who, stored, said[stored.uri]) for stored in those]


def item(connection: Connection, who: Who, stored: Stored, said: Mapping[str, Translated] | None = None) -> Item:
    """A practice for a list: title and summary in the reader's language where somebody translated them.

    `said`: its translations, where the caller has them.
    """
    body = stored.body
    original = str(body.get("language", ""))
    if original == language():
        translated = None
    else:
        translated = (translations_of(connection, stored) if said is None else said).get(language())
    reading = Reading(stored.content, original, translated)
    title = reading.at("title") or Words(stored.record, "")
    return Item(
        origin=stored.origin,
        record=stored.record,
        commune=who.name(stored.origin),
        title=title,
        summary=reading.at("summary"),
        original=original,
        translator=who.name(translated.stored.origin) if translated and title.translated else None,
        illustrative=body.get("illustrative") is True,
        topics=tuple(str(topic) for topic in reading.items("topics")),
        received=stored.received,
        machine=bool(translated and title.translated and translated.method == "machine"),
        outdated=bool(translated and title.translated and translated.outdated),
    )
