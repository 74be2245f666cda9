"""One way to write a moment: `YYYY-MM-DDTHH:MM:SSZ`, between 2000 and 2100. Source: docs/protocol.md section 2.

Local times, offsets, fractions, leap seconds and `-0000` are refused (attacks A18): two spellings of one moment would
be two sets of bytes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from protocol.errors import FieldProblem
from protocol.limits import MAX_TIME, MIN_TIME

_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


@lru_cache(maxsize=4096)
def to_seconds(text: str) -> int:
    """Seconds since 1970 of a moment as records write it. Raises `FieldProblem` (`bad_time`) for any other form."""
    if not _FORM.fullmatch(text):
        raise FieldProblem("a moment is written YYYY-MM-DDTHH:MM:SSZ", "bad_time")
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise FieldProblem("no such moment in the calendar", "bad_time") from error
    seconds = int(moment.timestamp())
    if not MIN_TIME <= seconds < MAX_TIME:
        raise FieldProblem("a moment lies between 2000 and 2100", "bad_time")
    return seconds


def to_text(seconds: int) -> str:
    """The moment as records write it; the inverse of `to_seconds`. Raises `FieldProblem` out of its range."""
    if not MIN_TIME <= seconds < MAX_TIME:
        raise FieldProblem("a moment lies between 2000 and 2100: is the clock set?", "bad_time")
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
