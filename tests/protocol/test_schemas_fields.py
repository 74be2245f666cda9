"""Each field of each type, once too long, once of the wrong kind, once missing; and the limits as the data model says.

The walk reads the declared limits, so that no field can be forgotten; the table below them is typed from the
project's data model, so that no limit can change unseen.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from protocol.schemas import problems
from protocol.schemas.catalogue import SCHEMAS
from protocol.schemas.content import names
from protocol.schemas.fields import Choice, Derived, Flag, Formed, Items, LangText, Part, Text, TextByPath, Whole
from tests.protocol.contents import accepted

Way = tuple[str | int, ...]


@dataclass(frozen=True)
class Spot:
    """One declared field, where a full content holds it."""

    vector: str
    way: Way
    field: Any

    @property
    def path(self) -> str:
        return ".".join(("content", *map(str, self.way)))


def _spots() -> Iterator[Spot]:
    for name, case in accepted().items():
        if name.endswith("-full"):
            yield from _within(name, (), SCHEMAS[case["type"]], case["content"])


def _within(vector: str, way: Way, schema: Any, value: dict[str, Any]) -> Iterator[Spot]:
    for name, field in names(schema).items():
        assert name in value, f"{vector} lacks {'.'.join(map(str, (*way, name)))}"
        yield from _at(vector, (*way, name), field, value[name])


def _at(vector: str, way: Way, field: Any, value: Any) -> Iterator[Spot]:
    yield Spot(vector, way, field)
    if isinstance(field, Items) and value:
        yield from _at(vector, (*way, 0), field.inner, value[0])
    if isinstance(field, Part):
        yield from _within(vector, way, field.schema, value)


SPOTS = list(_spots())
NAMED = [spot for spot in SPOTS if isinstance(spot.way[-1], str)]


def _with(spot: Spot, value: Any) -> list[tuple[str, str]]:
    """Codes and paths of the problems of the full content with `value` at `spot`; ... takes the field out."""
    case = copy.deepcopy(accepted()[spot.vector])
    place = case["content"]
    for step in spot.way[:-1]:
        place = place[step]
    if value is ...:
        del place[spot.way[-1]]
    else:
        place[spot.way[-1]] = value
    return [(problem.code, problem.path) for problem in problems(case["type"], case["content"], case["language"])]


def _held(spot: Spot) -> Any:
    place: Any = accepted()[spot.vector]["content"]
    for step in spot.way:
        place = place[step]
    return place


def _wrong_kind(field: Any) -> Any:
    match field:
        case LangText() | Whole():
            return "a plain text"
        case Items() | TextByPath():
            return 7
        case Part():
            return ["a list"]
        case Derived():
            return 1.5
        case _:
            return {"an": "object"}


def _too_long(spot: Spot) -> Any:
    match spot.field:
        case LangText(high=high):
            return dict.fromkeys(_held(spot), "x" * (high + 1))
        case Text(high=high):
            return "x" * (high + 1)
        case Items(high=high):
            held = _held(spot)
            return (held or ["x"])[:1] * (high + 1)
        case Formed(form=form):
            return "1" * (form.longest + 1)
        case Whole(high=high):
            return high + 1
        case TextByPath(most=most):
            return {f"steps.{n}.text": "x" for n in range(most + 1)}
        case Derived():
            return "x" * 20_001
    return None


@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: f"{spot.vector}:{spot.path}")
def test_field_of_the_wrong_kind_is_refused(spot: Spot) -> None:
    assert _with(spot, _wrong_kind(spot.field)) == [("bad_field", spot.path)]


@pytest.mark.parametrize(
    "spot",
    [spot for spot in SPOTS if not isinstance(spot.field, Choice | Flag | Part)],
    ids=lambda spot: f"{spot.vector}:{spot.path}",
)
def test_field_that_is_too_long_is_refused(spot: Spot) -> None:
    found = _with(spot, _too_long(spot))
    assert {code for code, _ in found} == {"field_limit"}
    assert all(path.startswith(spot.path) for _, path in found)


@pytest.mark.parametrize(
    "spot",
    [spot for spot in SPOTS if isinstance(spot.field, Choice)],
    ids=lambda spot: f"{spot.vector}:{spot.path}",
)
def test_word_that_is_no_choice_is_refused(spot: Spot) -> None:
    assert _with(spot, spot.field.words[0].upper()) == [("bad_field", spot.path)]
    for word in spot.field.words:
        assert _with(spot, word) == []


@pytest.mark.parametrize(
    "spot",
    [spot for spot in SPOTS if isinstance(spot.field, Text | Items)],
    ids=lambda spot: f"{spot.vector}:{spot.path}",
)
def test_field_at_its_limits_is_accepted(spot: Spot) -> None:
    field, held = spot.field, _held(spot)
    for size in (field.low, field.high):
        if isinstance(field, LangText):
            assert _with(spot, dict.fromkeys(held, "é" * size)) == []
        elif isinstance(field, Items):
            assert _with(spot, held[:1] * size) == []
        else:
            assert _with(spot, "é" * size) == []


@pytest.mark.parametrize("spot", NAMED, ids=lambda spot: f"{spot.vector}:{spot.path}")
def test_field_that_is_missing_or_null_is_refused_only_if_required(spot: Spot) -> None:
    required = spot.field.required or spot.path in REQUIRED_HERE
    expected = [("missing_field", spot.path)] if required else []
    assert _with(spot, ...) == expected
    assert _with(spot, None) == expected


# Fields that another field makes required: the outcome of that vector is known, that attachment shows persons.
REQUIRED_HERE = {f"content.{name}" for name in ("outcomeText", "alt", "showsPersons", "consentId", "exifStripped")}

# Type, path without list places, least, most, required: typed from the data model's tables.
LIMITS = [
    ("Practice", "title", 8, 150, True),
    ("Practice", "summary", 80, 900, True),
    ("Practice", "challenge", 40, 2500, True),
    ("Practice", "objectives", 0, 8, False),
    ("Practice", "objectives.", 1, 300, False),
    ("Practice", "approach", 80, 6000, True),
    ("Practice", "buildingBlocks", 0, 8, False),
    ("Practice", "buildingBlocks..title", 1, 120, True),
    ("Practice", "buildingBlocks..description", 1, 1500, False),
    ("Practice", "buildingBlocks..enablingFactors", 1, 600, False),
    ("Practice", "buildingBlocks..lesson", 1, 600, False),
    ("Practice", "steps", 0, 20, False),
    ("Practice", "steps..text", 1, 500, True),
    ("Practice", "results", 40, 4000, True),
    ("Practice", "indicators", 0, 20, False),
    ("Practice", "indicators..label", 1, 120, True),
    ("Practice", "lessonsLearned", 40, 3000, True),
    ("Practice", "failures", 1, 2000, False),
    ("Practice", "transferConditions", 1, 3000, False),
    ("Practice", "sustainability", 1, 2000, False),
    ("Practice", "testimonials", 0, 6, False),
    ("Practice", "testimonials..text", 1, 1200, True),
    ("Practice", "topics", 1, 6, True),
    ("Practice", "targetGroups", 1, 6, True),
    ("Practice", "dimensions", 0, 4, False),
    ("Practice", "stakeholders", 0, 20, False),
    ("Practice", "participation.text", 1, 1000, False),
    ("Practice", "hostCommunityRole", 1, 1500, False),
    ("Practice", "genderAndInclusion", 1, 1500, False),
    ("Practice", "planningLink", 1, 800, False),
    ("Practice", "gcmObjectives", 0, 6, False),
    ("Practice", "gcmObjectives.", 1, 23, False),
    ("Practice", "sdg", 0, 6, False),
    ("Practice", "sdg.", 1, 17, False),
    ("Practice", "spatial", 0, 3, False),
    ("Practice", "relatedPractices", 0, 20, False),
    ("Practice", "references", 0, 20, False),
    ("Practice", "attachments", 0, 12, False),
    ("Practice", "organisations", 0, 10, False),
    ("Practice", "organisations.", 1, 120, False),
    ("Practice", "evidenceNote", 1, 500, False),
    ("Adaptation", "blocksUsed", 0, 8, False),
    ("Adaptation", "changes", 40, 2000, True),
    ("Adaptation", "context", 1, 1000, False),
    ("Adaptation", "outcomeText", 1, 2000, False),
    ("Adaptation", "lessons", 1, 2000, False),
    ("Translation", "note", 1, 500, False),
    ("Question", "topics", 0, 4, False),
    ("Question", "title", 10, 200, True),
    ("Question", "text", 10, 3000, True),
    ("Question", "addressedTo", 0, 8, False),
    ("Answer", "text", 2, 5000, True),
    ("Acknowledgement", "text", 1, 500, False),
    ("Event", "name", 1, 150, True),
    ("Event", "description", 1, 3000, False),
    ("Event", "recommendations.", 1, 1000, False),
    ("Organisation", "legalName", 1, 200, True),
    ("Organisation", "acronym", 1, 30, False),
    ("Organisation", "description", 1, 2000, False),
    ("Organisation", "offers", 0, 12, False),
    ("Organisation", "offers..text", 1, 200, False),
    ("Organisation", "seeks", 0, 12, False),
    ("Attachment", "byteSize", 1, 10_485_760, True),
    ("Attachment", "title", 1, 150, True),
    ("Attachment", "alt", 1, 300, False),
    ("Attachment", "text", 0, 3, False),
    ("Attachment", "text.", 1, 20_000, False),
    ("Tombstone", "note", 1, 200, False),
]


@pytest.mark.parametrize(("type_", "path", "low", "high", "required"), LIMITS)
def test_limits_are_those_of_the_data_model(type_: str, path: str, low: int, high: int, required: bool) -> None:
    schema: Any = SCHEMAS[type_]
    field: Any = None
    for step in path.split("."):
        field = field.inner if step == "" else names(schema)[step]
        schema = getattr(field, "schema", None)
    assert (field.low, field.high, bool(field.required)) == (low, high, required)


def test_ten_fields_make_a_practice() -> None:
    required = {name for name, field in names(SCHEMAS["Practice"]).items() if field.required}
    assert required == {
        "title",
        "summary",
        "challenge",
        "approach",
        "results",
        "lessonsLearned",
        "topics",
        "targetGroups",
        "status",
        "startDate",
    }
