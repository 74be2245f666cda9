"""Meetings as iCalendar (RFC 5545), to take into a calendar or to follow.

Written here and read back by the library `icalendar` in the tests (docs/decisions/0001-dependencies.md). Moments are
in UTC, whole days are days, and no zone is defined. There is no property for who attends, and there never will be.
Whatever a record says is escaped and folded: a title never begins a property of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from node.meetings import Times

MIME = "text/calendar"
FOLDED = 75
"""Octets of a line at most, without its end."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NO_TAG = re.compile(r"[^A-Za-z0-9-]")
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One meeting. `uid`: URI of its record; `modified`: seconds since 1970; `language`: of `name` and `text`; `url`:
    of its page."""

    uid: str
    modified: int
    revision: int
    times: Times
    name: str
    language: str
    text: str
    place: str
    url: str
    topics: tuple[str, ...] = ()


def write(name: str, entries: Iterable[Entry]) -> bytes:
    """A calendar of this name. The same entries give the same bytes."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Wasl//Wasl//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    lines += [f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}", "REFRESH-INTERVAL;VALUE=DURATION:P1D"]
    for entry in entries:
        lines += _entry(entry)
    lines.append("END:VCALENDAR")
    return b"".join(folded(line) for line in lines)


def folded(line: str) -> bytes:
    """A line of 75 octets at most, the rest on lines that begin with a space; no letter is cut apart."""
    data, pieces, room = line.encode(), [], FOLDED
    while len(data) > room:
        cut = room
        while data[cut] & 0xC0 == 0x80:  # within a letter of several octets
            cut -= 1
        pieces.append(data[:cut])
        data, room = data[cut:], FOLDED - 1
    return b"\r\n ".join([*pieces, data]) + b"\r\n"


def _entry(entry: Entry) -> Iterator[str]:
    times, tongue = entry.times, _NO_TAG.sub("", entry.language)
    stamp = _value(datetime.fromtimestamp(entry.modified, UTC))
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(entry.uid)}"
    yield f"DTSTAMP{stamp}"
    yield f"LAST-MODIFIED{stamp}"
    yield f"SEQUENCE:{entry.revision - 1}"
    yield f"DTSTART{_value(times.start)}"
    if times.end > times.start:
        yield f"DTEND{_value(times.end)}"
    yield f"SUMMARY;LANGUAGE={tongue}:{_text(entry.name)}"
    if entry.text:
        yield f"DESCRIPTION;LANGUAGE={tongue}:{_text(entry.text)}"
    if entry.place:
        yield f"LOCATION:{_text(entry.place)}"
    yield f"URL:{''.join(entry.url.split())}"
    if entry.topics:
        yield f"CATEGORIES:{','.join(map(_text, entry.topics))}"
    yield f"STATUS:{'TENTATIVE' if times.rough else 'CONFIRMED'}"
    yield f"TRANSP:{'TRANSPARENT' if times.rough else 'OPAQUE'}"
    yield "END:VEVENT"


def _value(when: date) -> str:
    if not isinstance(when, datetime):
        return f";VALUE=DATE:{when.isoformat().replace('-', '')}"
    return f":{when.replace(tzinfo=None).isoformat(timespec='seconds').translate({45: None, 58: None})}" + (
        "Z" if when.tzinfo else ""
    )


def _text(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", plain).translate(_ESCAPES)
