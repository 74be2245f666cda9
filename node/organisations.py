"""Organisations as a list, and who among them can help whom: read from the store, compared by `node/matching.py`.

Bounded: the `MOST` that came last are looked at. A content is asked whether its schema accepts it before it is read,
because a node that was updated may hold some that it carried before it knew this type; such are passed over. Goes to:
`/organisations`, `/admin/exchange`, `wasl exchange matches`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection

from node import labels
from node.assembly import Node
from node.matching import Match, Near, Party, matches, nearness
from node.store import records
from node.store.records import MEMBERS, PUBLIC, Stored
from protocol import schemas
from protocol.card import Card
from protocol.errors import FieldProblem

ORGANISATION = "Organisation"
MOST = 500
"""Organisations that are looked at, the last received first."""
OURS_MOST = 50
"""Organisations of this node for which new matches are looked for."""
SHOWN = 20
"""Matches that are shown of one organisation, and of all of this node."""
SIDES = ("offers", "seeks")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a list is narrowed to, each empty for all. `topic`: with those below it, on `side` (of `SIDES`; either where
    empty); `commune`: DID; `country`: ISO code; `partner`: kind of stakeholder, with those below it; `name`: part of a
    name or of a city, accents or not."""

    topic: str = ""
    side: str = ""
    commune: str = ""
    country: str = ""
    partner: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """`topics`, `countries`, `partners`: how many there are of each before anything but `commune` was chosen; `whole`:
    whether all were looked at."""

    shown: list[Stored]
    topics: Mapping[str, int]
    countries: Mapping[str, int]
    partners: Mapping[str, int]
    whole: bool


@dataclass(frozen=True, slots=True)
class Matched:
    """Two organisations that can help each other: `one` was asked about."""

    one: Stored
    other: Stored
    match: Match

    @property
    def since(self) -> int:
        """Since when this node knows of both, seconds since 1970."""
        return max(self.one.received, self.other.received)


def is_readable(one: Stored) -> bool:
    """Whether the schema accepts what a record says: an earlier version may have carried it unread."""
    body = one.body
    try:
        schemas.check_content(ORGANISATION, body["content"], str(body["language"]))
    except FieldProblem:
        return False
    return True


def known(connection: Connection, audience: str, origin: str | None = None, limit: int = MOST) -> list[Stored]:
    """Those that can be read, the last received first. `origin`: of one node."""
    held = records.latest(connection, audience, [ORGANISATION], origin=origin, limit=limit)
    return [one for one in held if is_readable(one)]


def listing(connection: Connection, cards: Mapping[str, Card], by: Narrowing) -> Listing:
    """Public organisations, the last received first. `cards`: of the origins, by DID."""
    held = records.latest(connection, PUBLIC, [ORGANISATION], origin=by.commune or None, limit=MOST + 1)
    everything = ((one, one.content) for one in held[:MOST] if is_readable(one))
    found = [(one, content, country_of(one.origin, content, cards)) for one, content in everything]
    shown = [
        one
        for one, content, country in found
        if (not by.topic or by.topic in _topics(content, by.side))
        and (by.topic or not by.side or content.get(by.side))
        and by.country in ("", country)
        and (not by.partner or by.partner in labels.with_broader([content["stakeholderType"]]))
        and labels.folded(by.name) in _called(content)
    ]
    return Listing(
        shown,
        Counter(topic for _, content, _ in found for topic in _topics(content, "")),
        Counter(country for _, _, country in found if country),
        Counter(kind for _, content, _ in found for kind in labels.with_broader([content["stakeholderType"]])),
        len(held) <= MOST,
    )


def matches_of(connection: Connection, one: Stored, audience: str = PUBLIC) -> list[Matched]:
    """Who offers what this organisation seeks, and who seeks what it offers; the nearest first, `SHOWN` at most."""
    others = known(connection, audience)
    return _matched(one, others, _parties(others))


def new_matches(connection: Connection, node: Node) -> list[Matched]:
    """Organisations of other nodes that match those of this one, the last received first, `SHOWN` at most."""
    ours = known(connection, MEMBERS, node.did, OURS_MOST)
    others = [one for one in known(connection, MEMBERS) if one.origin != node.did]
    parties = _parties(others)
    found = [matched for one in ours for matched in _matched(one, others, parties)]
    return sorted(found, key=lambda one: (-one.since, one.match.rank, one.one.uri))[:SHOWN]


def sought(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The topics that an organisation seeks, as it says them."""
    return tuple(row["topic"] for row in content.get("seeks") or [])


def country_of(origin: str, content: Mapping[str, Any], cards: Mapping[str, Card]) -> str:
    """Where an organisation is: as it says, else where its origin is; empty where neither is known."""
    card = cards.get(origin)
    return str(content.get("country") or (card.content.get("country") if card else "") or "")


def _matched(one: Stored, others: Iterable[Stored], parties: Iterable[Party]) -> list[Matched]:
    by_uri = {other.uri: other for other in others}
    found = matches(_party(one.uri, one.content), parties, _near(), SHOWN)
    return [Matched(one, by_uri[match.other], match) for match in found]


def _parties(some: Iterable[Stored]) -> list[Party]:
    return [_party(one.uri, one.content) for one in some]


def _party(uri: str, content: Mapping[str, Any]) -> Party:
    names = frozenset(folded for name in content["legalName"].values() if (folded := labels.folded(name)))
    offers, seeks = (tuple(row["topic"] for row in content.get(side) or []) for side in SIDES)
    return Party(uri, names, offers, seeks)


def _called(content: Mapping[str, Any]) -> str:
    said = [*content["legalName"].values(), content.get("acronym") or "", content.get("city") or ""]
    return labels.folded("\n".join(said))


def _topics(content: Mapping[str, Any], side: str) -> set[str]:
    rows = [row for name in SIDES if side in ("", name) for row in content.get(name) or []]
    return set(labels.with_broader(row["topic"] for row in rows))


@cache
def _near() -> Near:
    concepts = labels.concepts()
    return nearness(lambda name: concepts[name].broader if name in concepts else None)
