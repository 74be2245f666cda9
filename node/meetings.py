"""When a meeting is, and which are still to come.

A record says what the clock on the wall shows, and the zone beside it. Here that becomes moments: in UTC where this
machine knows the zone, else local times without one (a calendar shows them as they stand). A day, a month or a year
becomes whole days, never an hour that nobody has said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from node.store import records
from node.store.records import PUBLIC, Stored

MOST = 500
"""Meetings that are looked at, the last received first."""

_DAY, _MONTH = 10, 7
"""Characters of a day and of a month as records write them."""


@dataclass(frozen=True, slots=True)
class Times:
    """`start`, `end`: both days, `end` being the day after the last; or both moments, without a zone where it is not
    known here. `rough`: no day is said yet."""

    start: date
    end: date
    rough: bool = False

    @property
    def begins(self) -> int:
        """Seconds since 1970, to put meetings in order."""
        return _seconds(self.start)

    @property
    def ends(self) -> int:
        """As `begins`."""
        return _seconds(self.end)


@dataclass(frozen=True, slots=True)
class Meeting:
    """A public meeting with its times."""

    event: Stored
    times: Times


def times(content: Mapping[str, Any]) -> Times | None:
    """When an event is; None where its dates lead out of the calendar."""
    start, end = str(content["startDate"]), str(content["endDate"])
    try:
        if len(start) <= _DAY:
            return Times(_first(start), _after(end[:_DAY]), len(start) < _DAY)
        zone = _zone(str(content["timeZone"]))
        last = end if len(end) > _DAY else f"{_after(end).isoformat()}T00:00"
        return Times(_moment(start, zone), _moment(last, zone))
    except (ValueError, OverflowError):
        return None


def listing(connection: Connection, now: int, origin: str | None = None) -> tuple[list[Meeting], list[Meeting]]:
    """(those to come, the next first; those that are over, the last first). `origin`: of one node."""
    held = records.latest(connection, PUBLIC, ["Event"], origin=origin, limit=MOST)
    found = [Meeting(one, when) for one in held if (when := times(one.content)) is not None]
    coming = [one for one in found if one.times.ends > now]
    past = [one for one in found if one.times.ends <= now]
    return (
        sorted(coming, key=lambda one: one.times.begins),
        sorted(past, key=lambda one: one.times.begins, reverse=True),
    )


def _first(text: str) -> date:
    """The first day of a day, a month or a year."""
    return date.fromisoformat(f"{text}-01-01"[:_DAY])


def _after(text: str) -> date:
    """The day after the last one of a day, a month or a year."""
    first = _first(text)
    if len(text) == _DAY:
        return first + timedelta(days=1)
    if len(text) == _MONTH and first.month < 12:
        return first.replace(month=first.month + 1)
    return date(first.year + 1, 1, 1)


def _moment(text: str, zone: ZoneInfo | None) -> datetime:
    local = datetime.fromisoformat(text)
    return local if zone is None else local.replace(tzinfo=zone).astimezone(UTC)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, or the name of a folder of zones
        return None


def _seconds(when: date) -> int:
    at = when if isinstance(when, datetime) else datetime(when.year, when.month, when.day)  # noqa: DTZ001  # set below
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
