"""Concepts and their labels."""

import json
from pathlib import Path
from typing import Any

import pytest

from search import Vocabulary
from search.language import forms, spelling, words
from tests.search.corpus import DATA


def concept(name: str, broader: str | None = None, **labels: list[str]) -> dict[str, Any]:
    return {"id": name, "broader": broader, "altLabel": labels}


def spoken(text: str, language: str) -> list[tuple[tuple[str, ...], str]]:
    found = [(forms(word, language), spelling(word, language)) for _, _, word in words(text)]
    return [each for each in found if each[0]]


def test_every_label_of_the_shipped_vocabulary_is_recognised(vocabulary: Vocabulary) -> None:
    shipped = json.loads((DATA / "vocabulary.json").read_text(encoding="utf-8"))["concepts"]
    assert len(shipped) == 129
    for each in shipped:
        for language, label in vocabulary.labels(each["id"]):
            length, concepts = vocabulary.longest(spoken(label, language), language)
            assert (each["id"] in concepts, length) == (True, len(spoken(label, language))), (each["id"], label)


def test_the_longest_label_wins() -> None:
    both = Vocabulary({"concepts": [concept("a", fr=["bilan"]), concept("b", fr=["bilan de compétences"])]})
    assert both.longest(spoken("bilan de compétences locales", "fr"), "fr") == (2, frozenset({"b"}))
    assert both.longest(spoken("bilan annuel", "fr"), "fr") == (1, frozenset({"a"}))
    assert both.longest(spoken("annuel bilan", "fr"), "fr") == (0, frozenset())


def test_a_label_spelled_as_asked_wins_over_one_with_the_same_stem() -> None:
    both = Vocabulary({"concepts": [concept("a", en=["house"]), concept("b", en=["housing"])]})
    assert both.longest(spoken("housing", "en"), "en") == (1, frozenset({"b"}))
    assert both.longest(spoken("houses", "en"), "en") == (1, frozenset({"a", "b"}))


def test_broader_concepts_are_found_at_any_height_and_a_circle_ends() -> None:
    some = Vocabulary({"concepts": [concept("a", "b"), concept("b", "c"), concept("c", "a"), concept("d", "unknown")]})
    assert some.broader(["a"]) == {"b", "c"}
    assert some.broader(["a", "b"]) == {"c"}
    assert some.broader(["d", "e"]) == {"unknown"}


def test_the_digest_depends_on_the_content_only(tmp_path: Path) -> None:
    (tmp_path / "v.json").write_text('{"concepts":[\n {"broader":null,"altLabel":{},"id":"a"}]}', encoding="utf-8")
    assert Vocabulary.load(tmp_path / "v.json").digest == Vocabulary({"concepts": [concept("a")]}).digest
    assert Vocabulary({"concepts": [concept("b")]}).digest != Vocabulary({"concepts": [concept("a")]}).digest


def test_a_vocabulary_that_is_none_is_refused() -> None:
    for wrong in ({"concepts": [{"broader": None}]}, {"concepts": [{"id": "a", "altLabel": {"fr": [1]}}]}):
        with pytest.raises(ValueError, match="concept"):
            Vocabulary(wrong)


def test_labels_in_languages_without_rules_count_too() -> None:
    some = Vocabulary({"concepts": [concept("a", zgh=["ⵜⴰⵡⵓⵔⵉ"])]})
    assert some.languages == ("fr", "ar", "de", "tr", "en", "zgh")
    assert some.longest(spoken("ⵜⴰⵡⵓⵔⵉ", "zgh"), "zgh") == (1, frozenset({"a"}))
