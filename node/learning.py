"""Who learns from whom: of signed adaptations, how many each town has of each other town, and what came of them.

Law: counted, never typed; what a town repeats of itself does not count, nor does what is said to come from a town that
is not known here. Bounded: the `MOST` adaptations that came last. Goes to: `/figures`, `wasl figures`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from node.store import records
from node.store.records import Stored

MOST = 5_000
"""Adaptations that are counted."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What one town (`adopter`) took up from another (`source`), as DIDs. `worked`: at least in part; `open`: planned,
    ongoing, or nothing said yet."""

    source: str
    adopter: str
    worked: int
    failed: int
    open: int

    @property
    def total(self) -> int:
        """All of its adaptations."""
        return self.worked + self.failed + self.open


def flows(connection: Connection, audience: str, known: Iterable[str]) -> tuple[list[Flow], bool]:
    """Every pair of known towns with something between them, the most first; and whether all was counted."""
    found = records.latest(connection, audience, ["Adaptation"], limit=MOST + 1)
    return counted(found[:MOST], known), len(found) <= MOST


def counted(adaptations: Iterable[Stored], known: Iterable[str]) -> list[Flow]:
    """The same of adaptations at hand."""
    towns = frozenset(known)
    outcomes: dict[tuple[str, str], Counter[str]] = {}
    for one in adaptations:
        source = (one.about or "").partition("/records/")[0]
        if source != one.origin and source in towns and one.origin in towns:
            outcomes.setdefault((source, one.origin), Counter())[str(one.content.get("outcome"))] += 1
    made = [
        Flow(
            source,
            adopter,
            worked=counts["worked"] + counts["partly"],
            failed=counts["failed"],
            open=counts.total() - counts["worked"] - counts["partly"] - counts["failed"],
        )
        for (source, adopter), counts in outcomes.items()
    ]
    return sorted(made, key=lambda flow: (-flow.total, flow.source, flow.adopter))
