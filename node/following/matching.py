"""What one entry of the log is about, as far as follows care: its town, its topics, the practices that it concerns.

A topic counts with all that is broader, so that whoever follows *housing* hears of *emergency shelter*. What is said
about a practice has the practice's topics, too. Saved searches are another matter: `sifting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from node import labels, lineage
from node.store import records
from node.store.follows import COMMUNE, PRACTICE, TOPIC
from node.store.records import HELD, Stored

TYPES = ("Practice", "Adaptation", "Translation", "Question", "Answer", "Event", "Organisation")
"""Types of records that can be news."""


@dataclass(frozen=True, slots=True)
class Concerns:
    """What an entry concerns. `commune`: DID, or empty where the town is of no interest; `topics`: with what is
    broader; `practices`: URIs."""

    commune: str = ""
    topics: frozenset[str] = frozenset()
    practices: frozenset[str] = frozenset()

    def wanted_by(self) -> Iterator[tuple[str, str]]:
        """(kind, target) of every follow that wants it."""
        if self.commune:
            yield COMMUNE, self.commune
        yield from ((TOPIC, topic) for topic in sorted(self.topics))
        yield from ((PRACTICE, uri) for uri in sorted(self.practices))


def concerns(connection: Connection, stored: Stored) -> Concerns:
    """What a record of one of `TYPES` concerns. What it is about may not be held here: then only itself counts."""
    if stored.type == "Practice":
        family = [stored.uri, *lineage.above(connection, stored.uri, HELD)]
        return Concerns(stored.origin, _topics(stored), frozenset(family))
    if stored.type == "Event":
        shown = stored.content.get("practicesPresented") or []
        return Concerns(stored.origin, _topics(stored), frozenset(map(str, shown)))
    if stored.type == "Organisation":
        rows = [*(stored.content.get("offers") or []), *(stored.content.get("seeks") or [])]
        return Concerns(stored.origin, with_broader(str(row.get("topic")) for row in rows))
    target = subject(connection, stored)
    practices = {target} if target else set()
    if stored.type == "Translation":
        return Concerns(practices=frozenset(practices))
    if stored.type == "Adaptation" and target:
        practices |= {*lineage.above(connection, target, HELD), str(stored.content.get("result") or target)}
    about = records.get(connection, target, HELD) if target else None
    return Concerns(stored.origin, _topics(stored) | _topics(about), frozenset(practices))


def subject(connection: Connection, stored: Stored) -> str:
    """URI of the practice that a record is about: an answer's by way of its question; empty where there is none."""
    if stored.type == "Answer" and stored.about:
        asked = records.get(connection, stored.about, HELD)
        return str(asked.about or "") if asked is not None and asked.type == "Question" else ""
    return str(stored.about or "")


def with_broader(topics: Iterable[str]) -> frozenset[str]:
    """Topics, also those that this vocabulary does not know, and everything broader."""
    named = frozenset(topics)
    return named.union(labels.with_broader(named))


def _topics(stored: Stored | None) -> frozenset[str]:
    content = stored.content if stored is not None and stored.type != "Translation" else {}
    return with_broader(str(topic) for topic in content.get("topics") or [])
