"""The quick way and marshmallow agree: on every valid content, and on whatever a stranger makes of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from protocol.errors import FieldProblem
from protocol.schemas import KNOWN_TYPES, check_content, problems, texts
from protocol.schemas.acceptance import refusals
from protocol.schemas.catalogue import SCHEMAS
from protocol.schemas.content import names
from tests.protocol.contents import accepted, changed, refused

ACCEPTED = {name: case for name, case in accepted().items() if case["type"] in KNOWN_TYPES}
REFUSES = refusals()
DATES = ["2016", "2016-02", "2016-02-30", "2019-07", "2015-12-31T09:30", "0001"]
CHOICES = ["replicated", "service", "none", "failed", "worked", "planned", "fr", "ar", "x-", "MAD", "MA", "title"]
FORMS = ["-1", "12.50", "007", "https://example.org/", "role@example.org", "e3b0c442" * 8, "a.0.b", "9"]
SIZES = ["", " ", "\n", "x", "x" * 8, "x" * 41, "é" * 151, "x" * 20_001]
WORDS = st.sampled_from([*DATES, *CHOICES, *FORMS, *SIZES])
SCALARS = st.none() | st.booleans() | st.integers(-3, 30) | st.just(2**60) | WORDS | st.text(max_size=12)
TAGS = st.sampled_from(["fr", "ar", "de", "zgh-Tfng", "x", "FR", "label", "value", "text", "title", "new"])
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TAGS, inner, max_size=4),
    max_leaves=8,
)


def _places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value inside `value`."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[tuple[Any, ...]] = []
    for key, item in inner:
        found += [(*way, key), *_places(item, (*way, key))]
    return found


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, Any, str]:
    """A valid content with one to three changes: another value, none, one more field, a longer text or list."""
    case = copy.deepcopy(ACCEPTED[draw(st.sampled_from(sorted(ACCEPTED)))])
    content = case["content"]
    for _ in range(draw(st.integers(1, 3))):
        places = _places(content)
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        place = content
        for step in way:
            place = place[step]
        match draw(st.sampled_from(["word", "replace", "remove", "add", "grow", "move"])):
            case "word" if isinstance(place[last], str):
                place[last] = draw(WORDS)
            case "replace":
                place[last] = draw(JUNK)
            case "remove":
                del place[last]
            case "add" if isinstance(place, dict):
                place[draw(TAGS)] = draw(JUNK)
            case "grow" if isinstance(place[last], str | list):
                place[last] = place[last] * draw(st.sampled_from([2, 7, 21, 300]))
            case _:
                place[last] = copy.deepcopy(draw(st.sampled_from([content, *content.values()])))
    return case["type"], content, draw(st.sampled_from([case["language"]] * 9 + ["ar"]))


@settings(max_examples=600, deadline=None, derandomize=True)
@given(mutated())
def test_quick_way_and_report_agree_on_mutated_contents(case: tuple[str, Any, str]) -> None:
    event("accepted" if _agree(*case) else "refused")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(KNOWN_TYPES)), JUNK, st.data())
@example("Vouch", {"subject": None, "note": None}, None)
def test_quick_way_and_report_agree_on_random_contents(type_: str, content: Any, data: Any) -> None:
    if isinstance(content, dict) and data is not None:
        field_names = st.sampled_from(sorted(names(SCHEMAS[type_])))
        content = content | data.draw(st.dictionaries(field_names, JUNK, max_size=5))
    _agree(type_, content, "fr")


@pytest.mark.parametrize("case", refused(), ids=lambda case: case["name"])
def test_refused_contents_are_stopped_by_the_quick_way(case: dict[str, Any]) -> None:
    base = ACCEPTED[case["from"]]
    assert REFUSES[base["type"]](changed(base["content"], case), base["language"])


def test_valid_contents_pass_the_quick_way() -> None:
    for case in ACCEPTED.values():
        assert not REFUSES[case["type"]](case["content"], case["language"])


def _agree(type_: str, content: Any, language: str) -> bool:
    """True where both accept."""
    before = copy.deepcopy(content)
    found = problems(type_, content, language)
    assert bool(REFUSES[type_](content, language)) == bool(found)
    first = None
    try:
        check_content(type_, content, language)
    except FieldProblem as problem:
        first = (problem.code, problem.path)
    assert first == ((found[0].code, found[0].path) if found else None)
    if not found:
        texts(type_, content, language)
    assert content == before
    return not found
