"""A cap on what one origin has of the first page: nobody fills it by repeating what readers look for.

Law: pure, and only an order: nothing is left out, nothing is added, and totals and facets stay. Only the best
`WINDOW` hits are looked at, always from the first, so that every page is cut from one and the same order. A hit stays
where it is while its origin has fewer than `MOST` of the first `PAGE`, and wherever nobody else comes near it. Source:
attack F8. Comes from: whoever orders hits by worth (`memory_index`, `whoosh_index_order`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from search.document import Query
from search.plan import Plan

PAGE = 10
"""Hits among which an origin is counted: what a reader sees first."""

MOST = 5
"""Hits of one origin among these, while others come near."""

NEAR = 0.7
"""What another origin's hit must be worth of the one that it is put before."""

WINDOW = 100
"""Hits from which others are taken; what comes after them keeps its place."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One hit in the order of worth: its `origin` and its `score`."""

    origin: str
    score: float


def applies(query: Query, understood: Plan) -> bool:
    """Whether the cap belongs to this query: with words, by worth, and not narrowed to some origins."""
    return understood.asked and understood.sort == "best" and not query.filters.get("commune")


def fair(standings: Sequence[Standing]) -> list[int]:
    """The places of `standings`, best first as they are given, in the order in which they are to be shown.

    `standings` are the best hits from the very first on, `WINDOW` at least if there are so many, whichever page is
    shown. Those after the window keep their places.
    """
    waiting = list(range(min(len(standings), WINDOW)))
    shown: list[int] = []
    count = Counter[str]()
    while waiting and len(shown) < PAGE:
        chosen = _next(waiting, standings, count)
        waiting.remove(chosen)
        shown.append(chosen)
        count[standings[chosen].origin] += 1
    return [*shown, *waiting, *range(min(len(standings), WINDOW), len(standings))]


def _next(waiting: Sequence[int], standings: Sequence[Standing], count: Counter[str]) -> int:
    """The best of those that wait whose origin may have one more; the best of all, if no such comes near it."""
    best = standings[waiting[0]]
    if count[best.origin] < MOST:
        return waiting[0]
    for place in waiting:
        each = standings[place]
        if each.score < NEAR * best.score:
            break
        if count[each.origin] < MOST:
            return place
    return waiting[0]
