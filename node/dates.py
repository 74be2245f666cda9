"""Days as people type them into a search: a year, a month or a day, in the orders and digits that are used here.

Pure and forgiving: `2015`, `2015-12`, `12/2015`, `31.12.2015`, `2015-12-31`, `٢٠١٥`. Goes to: `asking`, `wasl search`.
"""

from __future__ import annotations

import calendar
import re
from datetime import date

from node.errors import Unclear

EARLIEST = 1900
"""A year before it is a slip of the finger."""

_PARTS = re.compile(r"[-./\s]+")


def tidy(text: str) -> str:
    """`text` as `YYYY`, `YYYY-MM` or `YYYY-MM-DD`. Raises `Unclear` (`bad_date`)."""
    parts = [part for part in _PARTS.split(_western(text.strip())) if part]
    if parts and len(parts[0]) != 4:
        parts.reverse()
    if not 1 <= len(parts) <= 3 or len(parts[0]) != 4 or any(len(part) > 2 for part in parts[1:]):
        raise _unclear(text)
    try:
        year, month, day = (int(part) for part in (*parts, "1", "1")[:3])
        date(year, month, day)
    except ValueError as error:
        raise _unclear(text) from error
    if year < EARLIEST:
        raise _unclear(text)
    return "-".join((f"{year:04}", f"{month:02}", f"{day:02}")[: len(parts)])


def first_day(tidied: str) -> date:
    """The first day of what `tidy` gave."""
    year, month, day = (int(part) for part in (*tidied.split("-"), "1", "1")[:3])
    return date(year, month, day)


def last_day(tidied: str) -> date:
    """The last day of what `tidy` gave."""
    given = [int(part) for part in tidied.split("-")]
    year, month = given[0], given[1] if len(given) > 1 else 12
    return date(year, month, given[2] if len(given) > 2 else calendar.monthrange(year, month)[1])


def _western(text: str) -> str:
    """With 0-9 for the digits of any script."""
    return "".join(str(int(letter)) if letter.isdecimal() else letter for letter in text)


def _unclear(text: str) -> Unclear:
    return Unclear(f"{text[:40]!r} is no year, month or day: write 2019, 2019-05 or 2019-05-31", "bad_date")
