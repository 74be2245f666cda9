"""Who offers what somebody seeks: organisations compared by the topics of their offers and of what they seek.

Pure: plain values, and a vocabulary that is given. A topic meets the same topic, and those above and below it in the
vocabulary, the nearest first; a topic that the vocabulary does not know meets itself only. Law: what A says of B is
what B says of A. Used by: `node/organisations.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

REASONS = 12
"""Reasons that a match gives in one direction: as many as a record has rows."""

Above = Callable[[str], str | None]
"""The topic above a topic, or None."""
Near = Callable[[str, str], int | None]
"""How many steps lie between two topics; None where neither lies above the other."""

_STEPS = 8
"""How far up a topic is followed: more than the vocabulary is deep, and an end for one that goes in a circle."""
_REMEMBERED = 1 << 14
"""Pairs of topics whose distance is remembered: all of the vocabulary, and some that strangers made up."""


@dataclass(frozen=True, slots=True)
class Party:
    """One organisation as it is compared. `names`: as they are compared, so that the card that another town has of the
    same house is no match of it; `offers`, `seeks`: topics, in the order of the record's rows."""

    uri: str
    names: frozenset[str]
    offers: tuple[str, ...]
    seeks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """An offer that meets what is sought. `offer`, `seek`: rows, from 0; `steps`: 0 for one topic, else how many
    topics lie between them, and one more."""

    offer: int
    seek: int
    offered: str
    sought: str
    steps: int


@dataclass(frozen=True, slots=True)
class Match:
    """Two organisations that can help each other. `gives`: offers of the one that was asked about that the other seeks;
    `takes`: offers of the other that it seeks."""

    other: str
    gives: tuple[Reason, ...]
    takes: tuple[Reason, ...]

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """The nearest first, then those with more of the nearest, then those with more, then by name of the record."""
        steps = [one.steps for one in (*self.gives, *self.takes)]
        return min(steps), -steps.count(min(steps)), -len(steps), self.other


def matches(one: Party, others: Iterable[Party], near: Near, most: int) -> list[Match]:
    """Those that offer what `one` seeks or seek what it offers, the nearest first; `most` of them.

    Neither itself nor another card of the same house is among them.
    """
    found = (match for other in others if (match := compared(one, other, near)) is not None)
    return sorted(found, key=lambda match: match.rank)[:most]


def compared(one: Party, other: Party, near: Near) -> Match | None:
    """What two organisations have for each other; None for nothing, and for two cards of one house."""
    if one.uri == other.uri or one.names & other.names:
        return None
    gives = reasons(one.offers, other.seeks, near)
    takes = reasons(other.offers, one.seeks, near)
    return Match(other.uri, gives, takes) if gives or takes else None


def reasons(offers: tuple[str, ...], seeks: tuple[str, ...], near: Near) -> tuple[Reason, ...]:
    """For each topic that is sought the nearest offer, the nearest reason first; `REASONS` at most."""
    found: dict[str, Reason] = {}
    for place, sought in enumerate(seeks):
        met = [
            Reason(row, place, offered, sought, steps)
            for row, offered in enumerate(offers)
            if (steps := near(offered, sought)) is not None
        ]
        if met and sought not in found:
            found[sought] = min(met, key=lambda reason: (reason.steps, reason.offer))
    return tuple(sorted(found.values(), key=lambda reason: (reason.steps, reason.seek))[:REASONS])


def nearness(above: Above) -> Near:
    """How near topics are in a vocabulary; what was asked once is remembered."""

    @lru_cache(_REMEMBERED)
    def near(one: str, other: str) -> int | None:
        ways = [steps for pair in ((one, other), (other, one)) if (steps := _up(*pair, above)) is not None]
        return min(ways, default=None)

    return near


def _up(lower: str, higher: str, above: Above) -> int | None:
    found: str | None = lower
    for steps in range(_STEPS):
        if found == higher:
            return steps
        found = above(found) if found is not None else None
    return None
