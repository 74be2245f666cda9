"""The public pages of meetings, and the calendars that are made of them, read back by another library."""

from __future__ import annotations

from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from icalendar import Calendar
from person import Person
from simulator import Network, Town

from node import publish
from node.app import create_app
from node.meetings import Times
from node.outputs.calendar_file import Entry, write
from node.publish import Statement
from node.store import records
from node.store.records import OURSELVES
from tests.protocol.contents import accepted

ZONE = "Africa/Casablanca"


@pytest.fixture
def rabat(network: Network) -> Town:
    """Its clock stands at 2026-02-02."""
    return network.found("rabat")


def hold(town: Town, name: str, start: str, end: str = "", record: str | None = None, **more: Any) -> records.Stored:
    town.clock.seconds += 1
    times = {"startDate": start, "endDate": end or start, "timeZone": ZONE}
    content: dict[str, Any] = {"name": {"fr": name}, **times, **more}
    uri = publish.publish(town.node, Statement("Event", content, "fr"), record).uri
    with town.node.database.reading() as connection:
        found = records.get(connection, uri, OURSELVES)
    assert found is not None
    return found


def reader(town: Town, language: str = "en") -> Person:
    person = Person(create_app(town.node, sets=town.sets))
    person.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    return person


def path(stored: records.Stored) -> str:
    return f"/events/{stored.origin}/{stored.record}"


def calendar(person: Person, address: str) -> list[Any]:
    given = person.get(address)
    assert given.status_code == 200
    assert given.mimetype == "text/calendar"
    data = given.get_data()
    assert all(len(line) <= 75 for line in data.split(b"\r\n")), "RFC 5545, 3.1"
    assert b"ATTENDEE" not in data
    return list(Calendar.from_ical(data).walk("VEVENT"))


def test_meetings_to_come_stand_first_the_next_at_the_top_then_past_ones_the_last_at_the_top(rabat: Town) -> None:
    old = hold(rabat, "Ancienne", "2024-05-01")
    late = hold(rabat, "Lointaine", "2027-01")
    recent = hold(rabat, "Récente", "2026-02-01")
    today = hold(rabat, "Aujourd'hui", "2026-02-02")
    soon = hold(rabat, "Prochaine", "2026-03-04T09:00", "2026-03-04T17:00")
    page = reader(rabat).page("/events")
    places = [page.index(one.record) for one in (today, soon, late, recent, old)]
    assert places == sorted(places)
    assert page.index("To come") < places[0]
    assert places[2] < page.index(">Past<") < places[3]


def test_each_recommendation_has_an_anchor_and_a_line_to_cite_that_stays_with_its_revision(rabat: Town) -> None:
    said = [{"fr": "Donner un accès au registre."}, {"fr": "Former les agents."}]
    event = hold(rabat, "Réunion de Rabat", "2026-01-12", "2026-01-14", recommendations=said)
    page = reader(rabat).page(path(event))
    assert 'id="recommendation-1"' in page
    assert 'id="recommendation-2"' in page
    permalink = f"{path(event)}/revisions/{event.digest.hex()}#recommendation-2"
    assert f"https://rabat.example{permalink}" in page
    assert "January 2026" in page
    assert "recommendation 2" in page
    hold(rabat, "Réunion de Rabat", "2026-01-12", "2026-01-14", event.record, recommendations=said[1:])
    client = reader(rabat)
    assert "Donner un accès" not in client.page(path(event))
    old = client.page(permalink.partition("#")[0])
    assert "Donner un accès" in old
    assert "Read the current one" in old


def test_meeting_shows_where_when_and_the_practices_that_are_here(rabat: Town) -> None:
    content = {name: value for name, value in accepted()["practice-full"]["content"].items() if name != "attachments"}
    source = publish.publish(rabat.node, Statement("Practice", content, "fr"))
    more = accepted()["event-full"]["content"]
    shown = {name: more[name] for name in ("location", "languages", "organiser", "registration")}
    away = more["practicesPresented"][0]
    event = hold(
        rabat, "Réunion", "2026-05-12T09:00", "2026-05-14T17:30", practicesPresented=[source.uri, away], **shown
    )
    page = reader(rabat).page(path(event))
    for said in (
        "Maison communale",
        "<bdi>Rabat</bdi>, <bdi>Morocco</bdi>",
        ZONE,
        "12 May 2026, 09:00",
        "14 May 2026, 17:30",
        "ISG",
    ):
        assert said in page, said
    assert content["title"]["fr"] in unescape(page)
    assert "1 more is not shown on this node." in page
    assert "rencontres@example.org" in page
    rabat.clock.seconds += 365 * 86_400
    page = reader(rabat).page(path(event))
    assert "It is over." in page
    assert "rencontres@example.org" not in page, "nobody registers for what is over"


def test_hours_become_moments_in_utc_by_the_zone_in_summer_and_winter(rabat: Town) -> None:
    event = hold(rabat, "Treffen", "2026-07-01T09:30", "2026-07-01T17:00", timeZone="Europe/Berlin")
    (summer,) = calendar(reader(rabat), f"{path(event)}.ics")
    assert summer.start == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    assert summer.end == datetime(2026, 7, 1, 15, 0, tzinfo=UTC)
    hold(rabat, "Treffen", "2026-12-01T09:30", "2026-12-01T17:00", event.record, timeZone="Europe/Berlin")
    (winter,) = calendar(reader(rabat), f"{path(event)}.ics")
    assert winter.start == datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
    assert winter["SEQUENCE"] == 1
    assert winter["UID"] == event.uri


def test_hours_in_a_zone_that_is_not_known_here_stay_as_the_wall_shows_them(rabat: Town) -> None:
    for number, zone in enumerate(("Mars/Olympus", "Africa")):
        event = hold(rabat, f"Ailleurs {number}", "2026-07-01T09:30", timeZone=zone)
        (found,) = calendar(reader(rabat), f"{path(event)}.ics")
        assert found["DTSTART"].dt == datetime(2026, 7, 1, 9, 30)
        assert "DTEND" not in found


def test_days_months_and_years_become_whole_days(rabat: Town) -> None:
    client = reader(rabat)

    def span(start: str, end: str = "") -> tuple[date, date, str]:
        event = hold(rabat, f"Rencontre {start} {end}", start, end)
        (found,) = calendar(client, f"{path(event)}.ics")
        return found["DTSTART"].dt, found["DTEND"].dt, str(found["STATUS"])

    assert span("2026-10-12") == (date(2026, 10, 12), date(2026, 10, 13), "CONFIRMED")
    assert span("2026-10-12", "2026-10-14") == (date(2026, 10, 12), date(2026, 10, 15), "CONFIRMED")
    assert span("2026-10-12", "2026-10-14T12:00") == (date(2026, 10, 12), date(2026, 10, 15), "CONFIRMED")
    assert span("2026-12") == (date(2026, 12, 1), date(2027, 1, 1), "TENTATIVE")
    assert span("2027") == (date(2027, 1, 1), date(2028, 1, 1), "TENTATIVE")


def test_dates_at_the_end_of_the_calendar_break_no_page(rabat: Town) -> None:
    event = hold(rabat, "Fin", "9999-12-31", "9999-12-31")
    client = reader(rabat)
    assert "Fin" in client.page(path(event))
    assert client.get("/events").status_code == 200
    assert calendar(client, f"{path(event)}.ics") == []


def test_texts_of_a_meeting_begin_no_property_of_their_own_and_are_read_back_whole(rabat: Town) -> None:
    name = "Réunion ; de, la\\ville" + " اجتماع المدن" * 8
    text = "Trois visites,\nun atelier;\nATTENDEE:mailto:eve@example.org\nEND:VEVENT"
    event = hold(
        rabat, name, "2026-10-12", description={"fr": text}, location={"name": {"fr": "Salle A, 2; B"}, "city": "Rabat"}
    )
    given = reader(rabat).get(f"{path(event)}.ics").get_data()
    assert b"\nATTENDEE" not in given
    (found,) = Calendar.from_ical(given).walk("VEVENT")
    assert str(found["SUMMARY"]) == name
    assert str(found["DESCRIPTION"]) == text
    assert str(found["LOCATION"]) == "Salle A, 2; B, Rabat"
    assert str(found["URL"]) == f"https://rabat.example{path(event)}"


def test_calendar_is_folded_between_letters_and_holds_no_control_character() -> None:
    text = "\x00\x1b[31m é" + "ب" * 200 + "\r\nBEGIN:VEVENT\rEND:VEVENT"
    times = Times(date(2026, 10, 12), date(2026, 10, 13))
    entry = Entry("u", 0, 1, times, text, "ar:\r\nX", text, text, "https://rabat.example/\r\nX-EVIL:1", (text, "a,b"))
    data = write(text, [entry])
    assert not set(data) & {*range(10), 11, 12, *range(14, 32)}
    assert data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r")
    assert all(len(line) <= 75 and line.decode() for line in data.split(b"\r\n")[:-1])
    (found,) = Calendar.from_ical(data).walk("VEVENT")
    assert str(found["SUMMARY"]) == "[31m é" + "ب" * 200 + "\nBEGIN:VEVENT\nEND:VEVENT"
    assert [str(one) for one in found["CATEGORIES"].cats][1] == "a,b"


def test_calendar_to_follow_has_what_comes_and_the_last_year_and_costs_nothing_unchanged(rabat: Town) -> None:
    kept = [hold(rabat, name, start) for name, start in (("Proche", "2026-03-01"), ("Passée", "2025-06-01"))]
    hold(rabat, "Ancienne", "2024-05-01")
    ended = hold(rabat, "Annulée", "2026-04-01")
    publish.end(rabat.node, ended.uri, "withdrawn")
    client = reader(rabat)
    assert {str(one["UID"]) for one in calendar(client, "/events.ics")} == {one.uri for one in kept}
    tag = client.get("/events.ics").headers["ETag"]
    assert client.get("/events.ics", headers={"If-None-Match": tag}).status_code == 304
    assert client.get(f"{path(ended)}.ics").status_code == 410


def test_ended_meeting_answers_410_and_what_is_no_meeting_404(rabat: Town) -> None:
    event = hold(rabat, "Réunion secrète", "2026-03-01")
    client = reader(rabat)
    assert client.get(f"{path(event)}/raw").get_data() == event.data
    publish.end(rabat.node, event.uri, "withdrawn")
    gone = client.get(path(event))
    assert gone.status_code == 410
    assert "This meeting was withdrawn" in gone.get_data(as_text=True)
    assert "secrète" not in gone.get_data(as_text=True)
    old = f"{path(event)}/revisions/{event.digest.hex()}"
    assert client.get(old).status_code == 410
    assert client.get(f"/events/{rabat.did}/nothing.ics").status_code == 404


def test_empty_list_says_how_a_meeting_comes_here(rabat: Town) -> None:
    assert "Meetings are announced by the people of a node" in reader(rabat).page("/events")
    hold(rabat, "Ancienne", "2024-05-01")
    client = reader(rabat)
    assert "No meeting is to come" in client.page("/events")
    assert "The list ends before this page." in client.page("/events?page=9")
