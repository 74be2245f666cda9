"""Practices as they stand in a list, and the people who wrote them: what several pages share.

`Who` answers "what is this node called" for a whole page with one question to the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

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

Made = TypeVar("Made")

_COUNTED, _TOWNS = "wasl-counted", "wasl-towns"


def the_node() -> Node:
    """The node whose pages these are."""
    node: Node = current_app.extensions["wasl"]
    return node


def the_searcher() -> Searcher:
    """The index as this process has it open."""
    searcher: Searcher = current_app.extensions["wasl-searcher"]
    return searcher


def _once(connection: Connection, name: str, make: Callable[[], Made]) -> Made:
    """What `make` gives, made once for each state of the log in this process."""
    seq = log.last_seq(connection)
    kept: tuple[int, Made] | None = current_app.extensions.get(name)
    if kept is None or kept[0] != seq:
        kept = current_app.extensions[name] = (seq, make())
    return kept[1]


class Who:
    """Names of admitted nodes, from their cards in force: read once for each state of the log, being many."""

    def __init__(self, connection: Connection) -> None:
        self.cards: Mapping[str, Card]
        self._names: dict[str, dict[str, str]]
        self.cards, self._names = _once(connection, _TOWNS, lambda: (chains.head_cards(connection), {}))

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
    return _once(connection, _COUNTED, lambda: records.counts(connection, PUBLIC))


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
