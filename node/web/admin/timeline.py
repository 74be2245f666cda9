"""The meetings with one peer over the last days as bars: how much came, how much was refused, where it failed.

Law: pure. Rounds go in, numbers come out; time runs in the reader's direction of reading. The table of meetings on the
same page is its twin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from node.store.peers import Round

DAYS = 7
DAY_S = 86_400
SLOT_S = 3 * 3600
WIDTH, HEIGHT = 1000, 100
"""Of the drawing, which is stretched to the page's width."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What happened in one slot. `x`, `width`, `came`, `refused`: units of the drawing; `failed`: nothing else did."""

    x: float
    width: float
    came: float
    refused: float
    failed: bool
    at: int
    received: int
    sent: int
    refusals: int
    failures: int


@dataclass(frozen=True, slots=True)
class Strip:
    """`days`: the moment at which each day begins, oldest first; `met`: whether there is anything to see."""

    bars: tuple[Bar, ...]
    days: tuple[int, ...]
    met: bool


def strip(rounds: Sequence[Round], now: int, right_to_left: bool = False) -> Strip:
    """The last `DAYS` days, today included (days begin at midnight UTC)."""
    start = now // DAY_S * DAY_S - (DAYS - 1) * DAY_S
    slots: dict[int, list[Round]] = {}
    for one in rounds:
        if one.at >= start:
            slots.setdefault((one.at - start) // SLOT_S, []).append(one)
    most = max((sum(one.received + one.sent + one.refused for one in held) for held in slots.values()), default=0)
    bars = tuple(_bar(place, held, start, most, right_to_left) for place, held in sorted(slots.items()))
    return Strip(bars, tuple(start + day * DAY_S for day in range(DAYS)), bool(bars))


def _bar(place: int, held: list[Round], start: int, most: int, right_to_left: bool) -> Bar:
    width = WIDTH * SLOT_S / (DAYS * DAY_S)
    x = place * width
    received, sent = sum(one.received for one in held), sum(one.sent for one in held)
    refused = sum(one.refused for one in held)
    total = received + sent + refused
    height = _height(total, most)
    share = height * refused / total if total else 0.0
    failures = sum(one.error_code is not None for one in held)
    return Bar(
        x=round(WIDTH - x - width if right_to_left else x, 1),
        width=round(width * 0.8, 1),
        came=round(height - share, 1),
        refused=round(max(share, 6.0) if refused else 0.0, 1),
        failed=bool(failures),
        at=start + place * SLOT_S,
        received=received,
        sent=sent,
        refusals=refused,
        failures=failures,
    )


def _height(total: int, most: int) -> float:
    """Of the bar, on a scale of logarithms: one record is still seen beside ten thousand."""
    least = 12.0
    if not total:
        return least
    return least + (HEIGHT - least - 6) * math.log1p(total) / math.log1p(max(most, 1))
