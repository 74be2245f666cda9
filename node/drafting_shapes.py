"""Which fields a draft of each kind has, and how each is written. Limits are those of the schemas.

`single(kind)` are the fields that stand once, `rows(kind)` the lists of rows. `drafting_fields` makes contents of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from protocol.schemas import parts
from protocol.schemas.content import Content, names
from protocol.schemas.event import Event
from protocol.schemas.exchange import Adaptation, Answer, Question
from protocol.schemas.organisation import HelpItem, Organisation
from protocol.schemas.practice import Practice

PRACTICE, TRANSLATION, ADAPTATION = "Practice", "Translation", "Adaptation"
QUESTION, ANSWER, EVENT, ORGANISATION = "Question", "Answer", "Event", "Organisation"

LINE, TEXT, PLAIN, NUMBER, WHOLE, DATE = "line", "text", "plain", "number", "whole", "date"
CHOICE, CHOICES, LIST, PLAIN_LIST, NUMBERS = "choice", "choices", "list", "plain_list", "numbers"
LINKS, CLOCK = "links", "clock"
"""Addresses of records, one a line; a day and an hour."""
WAS = "was"
"""In a row: its place in the revision that the draft goes on from."""
ENVELOPE = ("_visibility", "_author", "_licence", "_illustrative")
"""What stands around the content."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How one field is written. `low`, `high`: code points; `scheme`: of the vocabulary, or the values with commas."""

    kind: str
    low: int = 0
    high: int = 200
    required: bool = False
    scheme: str = ""

    @property
    def lines(self) -> bool:
        """Whether it may have several lines."""
        return self.kind in (TEXT, LIST, PLAIN_LIST, LINKS)

    @property
    def worded(self) -> bool:
        """Whether it is a text in the record's language."""
        return self.kind in (LINE, TEXT, LIST)


def _of(schema: type[Content], name: str, kind: str, scheme: str = "") -> Shape:
    """A shape with the limits that the schema has for it."""
    field: Any = names(schema())[name]
    if kind in (CHOICES, LIST, PLAIN_LIST, CHOICE, LINKS):
        return Shape(kind, 0, 9 * 310 if kind == LIST else 2000, bool(field.required), scheme)
    return Shape(kind, getattr(field, "low", 0), getattr(field, "high", 64), bool(field.required), scheme)


def _texts(schema: type[Content], *called: str) -> dict[str, Shape]:
    return {name: _of(schema, name, TEXT) for name in called}


def _money(path: str) -> dict[str, Shape]:
    return {
        f"{path}.amount": Shape(NUMBER, high=22),
        f"{path}.currency": Shape(CHOICE, scheme="MAD,EUR,TRY,USD"),
        f"{path}.period": _of(parts.Budget, "period", PLAIN),
        f"{path}.fundingSources": _of(parts.Budget, "fundingSources", TEXT),
    }


@cache
def single(kind: str = PRACTICE) -> Mapping[str, Shape]:
    """The fields that stand once, by path, in the order of the page."""
    shapes = {PRACTICE: _practice, ADAPTATION: _adaptation, QUESTION: _question, ANSWER: _answer, EVENT: _event}
    return (shapes | {ORGANISATION: _organisation})[kind]()


def _practice() -> dict[str, Shape]:
    texts = ("summary", "challenge", "approach", "results", "lessonsLearned", "failures", "transferConditions")
    more = ("sustainability", "hostCommunityRole", "genderAndInclusion", "planningLink", "evidenceNote")
    found = {"title": _of(Practice, "title", LINE)} | _texts(Practice, *texts, *more)
    found |= {"objectives": _of(Practice, "objectives", LIST)}
    found |= {"organisations": _of(Practice, "organisations", PLAIN_LIST), "contact": _of(Practice, "contact", PLAIN)}
    found |= {"startDate": _of(Practice, "startDate", DATE), "endDate": _of(Practice, "endDate", DATE)}
    schemes = {"status": "status", "practiceType": "practiceType", "evidenceLevel": "evidenceLevel"}
    found |= {name: _of(Practice, name, CHOICE, scheme) for name, scheme in schemes.items()}
    many = {"topics": "topic", "targetGroups": "targetGroup", "dimensions": "dimension"}
    found |= {name: _of(Practice, name, CHOICES, scheme) for name, scheme in many.items()}
    found |= {"gcmObjectives": Shape(NUMBERS, high=40), "sdg": Shape(NUMBERS, high=40)}
    found |= {"participation.level": Shape(CHOICE, scheme="informed,consulted,co-designed,led")}
    found |= {"participation.text": _of(parts.Participation, "text", TEXT)} | _money("budget")
    return found | {"staff.fte": Shape(NUMBER, high=22), "staff.profiles": _of(parts.Staff, "profiles", TEXT)}


def _adaptation() -> dict[str, Shape]:
    found = {"fidelity": _of(Adaptation, "fidelity", CHOICE, "faithful,adapted,inspired")}
    found |= {"blocksUsed": _of(Adaptation, "blocksUsed", CHOICES, "blocks")} | _texts(Adaptation, "changes", "context")
    outcomes = "planned,ongoing,worked,partly,failed,unknown"
    found |= {"outcome": _of(Adaptation, "outcome", CHOICE, outcomes)} | _texts(Adaptation, "outcomeText", "lessons")
    found |= {"startDate": _of(Adaptation, "startDate", DATE), "endDate": _of(Adaptation, "endDate", DATE)}
    found |= _money("cost") | {"supportReceived": Shape(CHOICES, scheme="visit,training,documents,none")}
    return found | {"result": Shape(CHOICE, high=200, scheme="own")}


def _question() -> dict[str, Shape]:
    found = {"title": _of(Question, "title", LINE)} | _texts(Question, "text")
    found |= {"topics": _of(Question, "topics", CHOICES, "topic")}
    return found | {"addressedTo": _of(Question, "addressedTo", CHOICES, "nodes")}


def _answer() -> dict[str, Shape]:
    return _texts(Answer, "text") | {"references": _of(Answer, "references", LINKS)}


def _event() -> dict[str, Shape]:
    found = {"name": _of(Event, "name", LINE)} | _texts(Event, "description")
    found |= {name: Shape(CLOCK, high=25, required=True) for name in ("startDate", "endDate")}
    found |= {"timeZone": Shape(CHOICE, required=True, scheme="Africa/Casablanca,Europe/Berlin,Europe/Istanbul")}
    found |= {f"location.{name}": Shape(PLAIN, high=120) for name in ("city", "country")}
    found |= {"location.name": Shape(LINE, high=200), "location.onlineUrl": Shape(PLAIN, high=500)}
    found |= {"organiser": _of(Event, "organiser", PLAIN), "languages": Shape(CHOICES, scheme="fr,ar,de,tr,en")}
    found |= {"topics": _of(Event, "topics", CHOICES, "topic"), "registration": Shape(PLAIN, high=500)}
    found |= {"practicesPresented": _of(Event, "practicesPresented", LINKS)}
    return found | {"recommendations": _of(Event, "recommendations", LIST)}


def _organisation() -> dict[str, Shape]:
    found = {"legalName": _of(Organisation, "legalName", LINE), "acronym": _of(Organisation, "acronym", PLAIN)}
    found |= {"stakeholderType": _of(Organisation, "stakeholderType", CHOICE, "stakeholderType")}
    found |= _texts(Organisation, "description")
    found |= {"city": _of(Organisation, "city", PLAIN), "country": Shape(PLAIN, high=2)}
    found |= {"roleMailbox": Shape(PLAIN, high=254), "telephone": Shape(PLAIN, high=31), "url": Shape(PLAIN, high=500)}
    return found | {"languagesSpoken": Shape(CHOICES, scheme="fr,ar,zgh,de,tr,en,es")}


@cache
def rows(kind: str = PRACTICE) -> Mapping[str, Mapping[str, Shape]]:
    """The lists of rows, by name; the first field of each is the one that a row must have."""
    block, step, indicator, place = parts.BuildingBlock, parts.Step, parts.Indicator, parts.Place
    indicators = {
        "label": _of(indicator, "label", LINE), "value": Shape(NUMBER, 1, 22, required=True),
        "unit": _of(indicator, "unit", PLAIN), "baseline": Shape(NUMBER, high=22), "target": Shape(NUMBER, high=22),
        "period": _of(indicator, "period", PLAIN),
    }  # fmt: skip
    helped = {"topic": Shape(CHOICE, required=True, scheme="topic"), "text": _of(HelpItem, "text", LINE)}
    if kind != PRACTICE:
        return {ADAPTATION: {"indicators": indicators}, ORGANISATION: {"offers": helped, "seeks": helped}}.get(kind, {})
    return {
        "buildingBlocks": {"title": _of(block, "title", LINE), "description": _of(block, "description", TEXT)}
        | {"enablingFactors": _of(block, "enablingFactors", TEXT), "lesson": _of(block, "lesson", TEXT)},
        "steps": {"text": _of(step, "text", TEXT), "durationWeeks": Shape(WHOLE, high=3)}
        | {"responsibleStakeholderType": Shape(CHOICE, scheme="stakeholderType")},
        "indicators": indicators,
        "testimonials": {"text": _of(parts.Testimonial, "text", TEXT)}
        | {"speakerRole": _of(parts.Testimonial, "speakerRole", LINE), "consentId": Shape(CHOICE, scheme="consent")},
        "spatial": {"name": _of(place, "name", LINE)}
        | {"scale": Shape(CHOICE, scheme="neighbourhood,commune,region,national")},
        "stakeholders": {"concept": Shape(CHOICE, required=True, scheme="stakeholderType")}
        | {"role": Shape(CHOICE, scheme="lead,partner,funder,beneficiary")},
        "references": {"title": _of(parts.Reference, "title", PLAIN), "url": Shape(PLAIN, high=500)},
    }


MOST_ROWS = {
    "buildingBlocks": 8, "steps": 20, "indicators": 20, "testimonials": 6, "spatial": 3, "stakeholders": 20,
    "references": 20, "offers": 12, "seeks": 12,
}  # fmt: skip


def shape_at(path: str, kind: str = PRACTICE) -> Shape | None:
    """The shape of the field at a path; None where a draft of this kind has no such field."""
    if path in ENVELOPE:
        return Shape(CHOICE if path == "_visibility" else PLAIN, high=120)
    if kind == TRANSLATION:
        return None
    name, _, rest = path.partition(".")
    if name in rows(kind):
        place, _, inner = rest.partition(".")
        if not (place.isascii() and place.isdecimal() and len(place) <= 2 and int(place) < MOST_ROWS[name]):
            return None
        return Shape(PLAIN, high=2) if inner == WAS else rows(kind)[name].get(inner)
    return single(kind).get(path)


def is_text(path: str, kind: str = PRACTICE) -> bool:
    """Whether a field holds what somebody wrote, in the language of the draft; so does whatever a translation has."""
    if path in ENVELOPE or kind == TRANSLATION:
        return not path.startswith("_")
    shape = shape_at(path, kind)
    return shape is not None and (shape.worded or shape.kind in (PLAIN, PLAIN_LIST))
