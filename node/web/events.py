"""`/events`: meetings to come, then past ones; `/events/<did>/<record>`: one, with its practices and recommendations.

Each as a calendar file too, and all of them as a calendar to follow. Who attended is never shown: it is not known.
A recommendation is cited with the revision in which it stands, as its number may change in the next.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, render_template, request
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from node import labels, meetings
from node.meetings import Meeting
from node.outputs import calendar_file
from node.outputs.calendar_file import Entry
from node.store.records import Stored
from node.web import exporting, held
from node.web.describing import outward
from node.web.language import language
from node.web.listing import Who, the_node
from node.web.presenting import span
from node.web.questions import commune_asked, page_asked, practices
from node.wording import Reading, translations_of

PER_PAGE = 20
FOLLOWED_S = 365 * 86_400
"""For how long a past meeting stays in the calendar to follow."""


def add_to(pages: Blueprint) -> None:
    """Add these pages to the blueprint."""
    root = "/events/<did>/<record>"
    pages.add_url_rule("/events", "events", show_all)
    pages.add_url_rule("/events.ics", "events_ics", follow)
    pages.add_url_rule(root, "event", show)
    pages.add_url_rule(f"{root}.ics", "event_ics", take)
    pages.add_url_rule(f"{root}/raw", "event_raw", raw)
    pages.add_url_rule(f"{root}/revisions/<digest>", "event_revision", show)


def show_all() -> str:
    """The list. Parameters: `commune` (a DID), `page`."""
    node, page, commune = the_node(), page_asked(), commune_asked()
    g.carried = {"commune": commune, "lang": None}
    with node.database.reading() as connection:
        coming, past = meetings.listing(connection, node.now(), commune or None)
        first, last = (page - 1) * PER_PAGE, page * PER_PAGE
        split = len(coming)
        shown = {
            "coming": _rows(connection, coming[first:last]),
            "past": _rows(connection, past[max(0, first - split) : max(0, last - split)]),
        }
        who = Who(connection)
    return render_template(
        "events.html", shown=shown, total=split + len(past), who=who, commune=commune, page=page,
        pages=-(-(split + len(past)) // PER_PAGE), when_words=when_words, acts=held.may_write(),
        follow=outward(who, "pages.events_ics", commune=commune or None, lang=language()),
    )  # fmt: skip


def show(did: str, record: str, digest: str | None = None) -> str:
    """One meeting, or one older revision of it. Parameter `text`: as for questions."""
    node = the_node()
    with node.database.reading() as connection:
        head = held.head(connection, did, record, "Event")
        shown = head if digest is None else held.revision(connection, head, digest)
        who = Who(connection)
        translations = translations_of(connection, shown)
        presented = [str(uri) for uri in shown.content.get("practicesPresented") or []]
        found = practices(connection, presented)
        times = meetings.times(shown.content)
        return render_template(
            "event.html", head=head, stored=shown, told=held.reading(shown, translations), who=who,
            translations=translations, presented=found, missing=len(set(presented)) - len(found),
            when=when_words(shown.content), over=times is not None and times.ends <= node.now(),
            places=place_parts(shown.content), is_head=shown.digest == head.digest, may_act=held.may_act(head),
            canonical=outward(who, "pages.event", did=did, record=record),
            permalink=outward(who, "pages.event_revision", did=did, record=record, digest=shown.digest.hex()),
        )  # fmt: skip


def raw(did: str, record: str) -> WerkzeugResponse:
    """The exact bytes that were signed."""
    with the_node().database.reading() as connection:
        return held.signed_file(held.head(connection, did, record, "Event"))


def take(did: str, record: str) -> WerkzeugResponse:
    """One meeting as a calendar file."""
    with the_node().database.reading() as connection:
        head = held.head(connection, did, record, "Event")
        times = meetings.times(head.content)
        entries = [_entry(connection, Who(connection), Meeting(head, times))] if times is not None else []
    return _calendar(_("Wasl: meetings"), entries, f"wasl-{record}.ics")


def follow() -> WerkzeugResponse:
    """What is to come and what was in the last year, as a calendar. Parameters: `commune`, `lang`."""
    node = the_node()
    with exporting.in_turn(), node.database.reading() as connection:
        who = Who(connection)
        coming, past = meetings.listing(connection, node.now(), commune_asked() or None)
        shown = coming + [one for one in past if one.times.ends > node.now() - FOLLOWED_S]
        entries = [_entry(connection, who, one) for one in shown]
    return _calendar(_("Wasl: meetings"), entries, "wasl-events.ics")


def when_words(content: dict[str, Any]) -> str:
    """When it is, as the clock there shows it."""
    start, end = str(content["startDate"]), str(content["endDate"])
    if len(start) <= 10:
        return span(start, end[:10])
    (day, hour), (last, until) = _parts(start), _parts(end)
    if day == last and until and until != hour:
        return str(_("%(day)s, %(start)s to %(end)s", day=span(day, day), start=hour, end=until))
    first = str(_("%(day)s, %(hour)s", day=span(day, day), hour=hour))
    then = str(_("%(day)s, %(hour)s", day=span(last, last), hour=until)) if until else span(last, last)
    return first if end == start else str(_("%(start)s to %(end)s", start=first, end=then))


def place_parts(content: dict[str, Any]) -> list[str]:
    """City and country, as far as they are said; the name of the house has a language of its own."""
    place = content.get("location") or {}
    country = labels.country(str(place["country"]), language()) if place.get("country") else ""
    return [part for part in (str(place.get("city") or ""), country) if part]


def _parts(text: str) -> tuple[str, str]:
    day, _sign, hour = text.partition("T")
    return day, hour


def _rows(connection: Connection, found: list[Meeting]) -> list[tuple[Meeting, Reading]]:
    told = held.readings(connection, [one.event for one in found])
    return [(one, words) for one, (_stored, words) in zip(found, told, strict=True)]


def _entry(connection: Connection, who: Who, meeting: Meeting) -> Entry:
    event = meeting.event
    told = held.reading(event, translations_of(connection, event))
    name, text, house = told.at("name"), told.at("description"), told.at("location.name")
    place = event.content.get("location") or {}
    where = [house.text if house else "", *place_parts(event.content)]
    return Entry(
        uid=event.uri,
        modified=event.modified,
        revision=event.revision,
        times=meeting.times,
        name=name.text if name else who.name(event.origin),
        language=name.language if name else told.language,
        text="\n\n".join(part for part in (text.text if text else "", _more(event)) if part),
        place=", ".join(part for part in where if part) or str(place.get("onlineUrl") or ""),
        url=outward(who, "pages.event", did=event.origin, record=event.record),
        topics=tuple(labels.concept(str(one), language()) for one in event.content.get("topics") or []),
    )


def _more(event: Stored) -> str:
    """Where one registers and connects, for a calendar that shows one text only."""
    place = event.content.get("location") or {}
    ways = (event.content.get("registration"), place.get("onlineUrl"))
    return "\n".join(str(one) for one in ways if one)


def _calendar(name: str, entries: list[Entry], file: str) -> WerkzeugResponse:
    response = Response(calendar_file.write(name, entries), content_type=f"{calendar_file.MIME}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    response.vary.update(("Cookie", "Accept-Language"))
    response.add_etag()
    return response.make_conditional(request)
