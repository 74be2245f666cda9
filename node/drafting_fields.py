"""The fields of a draft and the content of a record: one made of the other, by path.

A draft keeps every text flat, `steps.0.text` -> words, because pages, remarks, two open tabs and differences all go by
path. Limits are those of the schema and stand nowhere twice. What a content holds and no field shows (a breakdown, a
later version's field) is kept from the revision that the draft goes on from: `steps.0.was` names its row there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

from node import dates
from node.drafting_text import clean, number
from node.errors import Unclear
from protocol.schemas import parts
from protocol.schemas.content import Content
from protocol.schemas.practice import Practice

LINE, TEXT, PLAIN, NUMBER, WHOLE, DATE = "line", "text", "plain", "number", "whole", "date"
CHOICE, CHOICES, LIST, PLAIN_LIST, NUMBERS = "choice", "choices", "list", "plain_list", "numbers"
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
        return self.kind in (TEXT, LIST, PLAIN_LIST)

    @property
    def worded(self) -> bool:
        """Whether it is a text in the record's language."""
        return self.kind in (LINE, TEXT, LIST)


def _of(schema: type[Content], name: str, kind: str, scheme: str = "") -> Shape:
    """A shape with the limits that the schema has for it."""
    field: Any = schema().fields[name]
    if kind in (CHOICES, LIST, PLAIN_LIST, CHOICE):
        return Shape(kind, 0, 9 * 310 if kind == LIST else 2000, bool(field.required), scheme)
    return Shape(kind, getattr(field, "low", 0), getattr(field, "high", 64), bool(field.required), scheme)


@cache
def single() -> Mapping[str, Shape]:
    """The fields that stand once, by path, in the order of the page."""
    texts = ("summary", "challenge", "approach", "results", "lessonsLearned", "failures", "transferConditions")
    more = ("sustainability", "hostCommunityRole", "genderAndInclusion", "planningLink", "evidenceNote")
    found = {"title": _of(Practice, "title", LINE)}
    found |= {name: _of(Practice, name, TEXT) for name in texts + more}
    found |= {"objectives": _of(Practice, "objectives", LIST)}
    found |= {"organisations": _of(Practice, "organisations", PLAIN_LIST), "contact": _of(Practice, "contact", PLAIN)}
    found |= {"startDate": _of(Practice, "startDate", DATE), "endDate": _of(Practice, "endDate", DATE)}
    schemes = {"status": "status", "practiceType": "practiceType", "evidenceLevel": "evidenceLevel"}
    found |= {name: _of(Practice, name, CHOICE, scheme) for name, scheme in schemes.items()}
    many = {"topics": "topic", "targetGroups": "targetGroup", "dimensions": "dimension"}
    found |= {name: _of(Practice, name, CHOICES, scheme) for name, scheme in many.items()}
    found |= {"gcmObjectives": Shape(NUMBERS, high=40), "sdg": Shape(NUMBERS, high=40)}
    found |= {"participation.level": Shape(CHOICE, scheme="informed,consulted,co-designed,led")}
    found |= {"participation.text": _of(parts.Participation, "text", TEXT)}
    found |= {"budget.amount": Shape(NUMBER, high=22), "budget.currency": Shape(CHOICE, scheme="MAD,EUR,TRY,USD")}
    found |= {"budget.period": _of(parts.Budget, "period", PLAIN)}
    found |= {"budget.fundingSources": _of(parts.Budget, "fundingSources", TEXT)}
    return found | {"staff.fte": Shape(NUMBER, high=22), "staff.profiles": _of(parts.Staff, "profiles", TEXT)}


@cache
def rows() -> Mapping[str, Mapping[str, Shape]]:
    """The lists of rows, by name; the first field of each is the one that a row must have."""
    block, step, indicator, place = parts.BuildingBlock, parts.Step, parts.Indicator, parts.Place
    return {
        "buildingBlocks": {"title": _of(block, "title", LINE), "description": _of(block, "description", TEXT)}
        | {"enablingFactors": _of(block, "enablingFactors", TEXT), "lesson": _of(block, "lesson", TEXT)},
        "steps": {"text": _of(step, "text", TEXT), "durationWeeks": Shape(WHOLE, high=3)}
        | {"responsibleStakeholderType": Shape(CHOICE, scheme="stakeholderType")},
        "indicators": {"label": _of(indicator, "label", LINE), "value": Shape(NUMBER, 1, 22, required=True)}
        | {"unit": _of(indicator, "unit", PLAIN), "baseline": Shape(NUMBER, high=22), "target": Shape(NUMBER, high=22)}
        | {"period": _of(indicator, "period", PLAIN)},
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
    "references": 20,
}  # fmt: skip


def shape_at(path: str) -> Shape | None:
    """The shape of the field at a path; None where a draft has no such field."""
    name, _, rest = path.partition(".")
    if name in rows():
        place, _, inner = rest.partition(".")
        if not (place.isascii() and place.isdecimal() and len(place) <= 2 and int(place) < MOST_ROWS[name]):
            return None
        return Shape(PLAIN, high=2) if inner == WAS else rows()[name].get(inner)
    return Shape(PLAIN, high=120) if path in ENVELOPE else single().get(path)


def written(path: str, text: str) -> str:
    """A text as a draft keeps it: cleaned after its kind; a date or number in the one form, where it can be read."""
    shape = shape_at(path) or Shape(PLAIN)
    if shape.kind in (NUMBER, WHOLE):
        return number(text)
    if shape.kind == NUMBERS:
        return ", ".join(number(one) for one in re.split(r"[\s,;،؛]+", clean(text, lines=False)) if one)
    if shape.kind == DATE:
        plain = clean(text, lines=False)
        try:
            return dates.tidy(plain) if plain else ""
        except Unclear:
            return plain
    return clean(text, lines=shape.lines)


def places(fields: Mapping[str, str], name: str) -> list[int]:
    """The places of the rows of a list that hold anything, in order."""
    found = {
        int(path.split(".")[1])
        for path, text in fields.items()
        if path.startswith(f"{name}.") and text and not path.endswith(f".{WAS}")
    }
    return sorted(found)


def compact(fields: Mapping[str, str], without: str = "") -> dict[str, str]:
    """The fields with the rows of each list moved together. `without`: a row to leave out, `steps.2`."""
    kept = {path: text for path, text in fields.items() if path.partition(".")[0] not in rows() and text}
    for name in rows():
        left = [place for place in places(fields, name) if f"{name}.{place}" != without]
        for after, before in enumerate(left):
            for inner in (*rows()[name], WAS):
                text = fields.get(f"{name}.{before}.{inner}")
                if text:
                    kept[f"{name}.{after}.{inner}"] = text
    return kept


def content_of(fields: Mapping[str, str], language: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The content that a draft says. `kept`: the content that it goes on from."""
    content = deepcopy(dict(kept))
    for path, shape in single().items():
        _put(content, path.split("."), _value(shape, fields.get(path, ""), language))
    for name, shapes in rows().items():
        made = [_row(fields, name, place, shapes, language, kept) for place in places(fields, name)]
        _put(content, [name], made or None)
    for name in ("budget", "staff", "participation"):
        if not content.get(name):
            content.pop(name, None)
    return content


def fields_of(content: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a draft that goes on from this content."""
    found = {path: _text(shape, _at(content, path)) for path, shape in single().items()}
    for name, shapes in rows().items():
        listed = content.get(name)
        for place, row in enumerate(listed[: MOST_ROWS[name]] if isinstance(listed, list) else []):
            for inner, shape in shapes.items():
                found[f"{name}.{place}.{inner}"] = _text(shape, row.get(inner) if isinstance(row, dict) else None)
            found[f"{name}.{place}.{WAS}"] = str(place)
    return {path: text for path, text in found.items() if text}


def worded_paths(content: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """(path, words) of every text of a content in its language, in the order of the page: what is to be translated."""
    order = [*single(), *rows()]
    for name in sorted(content, key=lambda one: order.index(one) if one in order else len(order)):
        yield from _worded(content[name], name, language)


def _worded(value: Any, path: str, language: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for place, each in enumerate(value):
            if not isinstance(each, str):
                yield from _worded(each, f"{path}.{place}", language)
    elif isinstance(value, Mapping):
        if isinstance(value.get(language), str):
            yield path, value[language]
        else:
            for name, each in value.items():
                if isinstance(each, Mapping | list):
                    yield from _worded(each, f"{path}.{name}", language)
                elif name == "unit" and isinstance(each, str):
                    yield f"{path}.{name}", each


def _row(
    fields: Mapping[str, str],
    name: str,
    place: int,
    shapes: Mapping[str, Shape],
    language: str,
    kept: Mapping[str, Any],
) -> dict[str, Any]:
    was, before = fields.get(f"{name}.{place}.{WAS}", ""), kept.get(name)
    row: dict[str, Any] = {}
    if was.isdecimal() and isinstance(before, list) and int(was) < len(before) and isinstance(before[int(was)], dict):
        row = deepcopy(before[int(was)])
    for inner, shape in shapes.items():
        _put(row, [inner], _value(shape, fields.get(f"{name}.{place}.{inner}", ""), language))
    return row


def _value(shape: Shape, text: str, language: str) -> Any:
    if not text:
        return None
    if shape.kind == CHOICES:
        return text.split()
    if shape.kind in (LIST, PLAIN_LIST):
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        return [{language: line} for line in lines] if shape.kind == LIST else lines
    if shape.kind == WHOLE and text.isascii() and text.isdecimal():
        return int(text)
    if shape.kind == NUMBERS:
        return [int(one) if one.isascii() and one.isdecimal() and len(one) < 4 else one for one in text.split(", ")]
    return {language: text} if shape.worded else text


def _text(shape: Shape, value: Any) -> str:
    if shape.kind in (CHOICES, NUMBERS):
        return (", " if shape.kind == NUMBERS else " ").join(map(str, value)) if isinstance(value, list) else ""
    if shape.kind in (LIST, PLAIN_LIST):
        return "\n".join(_text(Shape(LINE), one) for one in value) if isinstance(value, list) else ""
    if isinstance(value, Mapping):
        return str(next(iter(value.values()), ""))
    return "" if value is None else str(value)


def _at(content: Mapping[str, Any], path: str) -> Any:
    value: Any = content
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _put(content: dict[str, Any], path: list[str], value: Any) -> None:
    """Write a value at a path; None takes it away."""
    *above, last = path
    for name in above:
        inner = content.get(name)
        if not isinstance(inner, dict):
            if value is None:
                return
            inner = content[name] = {}
        content = inner
    if value is None:
        content.pop(last, None)
    else:
        content[last] = value
