"""Event: a meeting where practices are shown, and the recommendations that came of it.

No list of who attended is ever federated. Times are as the clock on the wall shows them, with the zone beside
them: a meeting set for nine in Rabat stays at nine when the country changes its hour. On the line: stands
alone.
"""

from __future__ import annotations

from protocol.schemas.content import Content, dates_in_order
from protocol.schemas.fields import Formed, Items, LangText, Part, Text
from protocol.schemas.syntax import (
    CONCEPT,
    COUNTRY,
    LANGUAGE,
    MOMENT,
    RECORD_URI,
    REGISTRATION,
    TIME_ZONE,
    WEB_ADDRESS,
)


class Location(Content):
    """Where one goes, or where one connects."""

    name = LangText(1, 200, "The house or the hall", term="schema:name")
    city = Text(1, 120, "City", term="schema:addressLocality", searched=True)
    country = Formed(COUNTRY, "Country", term="schema:addressCountry")
    onlineUrl = Formed(WEB_ADDRESS, "Where one connects", term="schema:url")


class Event(Content):
    """A meeting, `schema:Event`."""

    rules = (dates_in_order,)
    title_field, summary_field = "name", "description"

    name = LangText(1, 150, "Name of the meeting", term="schema:name", required=True)
    description = LangText(1, 3000, "What happens there", term="schema:description", lines=True)
    startDate = Formed(MOMENT, "Start, local time", term="schema:startDate", required=True)
    endDate = Formed(MOMENT, "End, local time", term="schema:endDate", required=True)
    timeZone = Formed(TIME_ZONE, "Zone of both times", term="schema:scheduleTimezone", required=True)
    location = Part(Location, "Where", term="schema:location")
    languages = Items(Formed(LANGUAGE), 0, 10, "Languages spoken there", term="schema:inLanguage")
    organiser = Text(1, 120, "Organisation that holds it", term="schema:organizer", searched=True)
    topics = Items(Formed(CONCEPT), 0, 6, "What it is about", term="dcterms:subject")
    practicesPresented = Items(Formed(RECORD_URI), 0, 50, "Practices shown there", term="schema:workFeatured")
    recommendations = Items(LangText(1, 1000, lines=True), 0, 20, "What it recommends to policy")
    registration = Formed(REGISTRATION, "Where one registers: a page or a role mailbox")
