"""Concepts and their labels."""

import json
from pathlib import Path
from typing import Any

import pytest

from search import Vocabulary
from search.language import LANGUAGES, word_list
from search.meanings import Expression
from search.vocabulary import ENTRY
from tests.search.corpus import DATA


def concept(name: str, broader: str | None = None, **labels: list[str]) -> dict[str, Any]:
    return {"id": name, "broader": broader, "altLabel": labels}


def longest(some: Vocabulary, text: str, language: str) -> tuple[int, frozenset[str]]:
    """How many words the longest expression at the beginning has, and what it means."""
    found = [each for each in some.meanings.expressions(word_list(text), language) if not each.start]
    return (found[-1].end, found[-1].names) if found else (0, frozenset())


def meant(some: Vocabulary, text: str, language: str) -> frozenset[str]:
    """Everything that any expression in a text means."""
    return frozenset(name for each in some.meanings.expressions(word_list(text), language) for name in each.names)


def test_every_label_of_the_shipped_vocabulary_is_recognised(vocabulary: Vocabulary) -> None:
    shipped = json.loads((DATA / "vocabulary.json").read_text(encoding="utf-8"))["concepts"]
    assert len(shipped) == 129
    for each in shipped:
        for language, label in vocabulary.labels(each["id"]):
            assert each["id"] in meant(vocabulary, label, language), (each["id"], label)


def test_every_word_of_the_lexicon_is_recognised(vocabulary: Vocabulary) -> None:
    entries = json.loads((DATA / "lexicon.json").read_text(encoding="utf-8"))["entries"]
    missed = [
        (each["id"], label)
        for each in entries
        for language in LANGUAGES
        for label in each[language]
        if ENTRY + each["id"] not in meant(vocabulary, label, language)
    ]
    assert missed == []


def test_longer_labels_are_found_beside_shorter_ones() -> None:
    both = Vocabulary({"concepts": [concept("a", fr=["bilan"]), concept("b", fr=["bilan de compétences"])]})
    found = both.meanings.expressions(word_list("le bilan de compétences locales"), "fr")
    assert found == [Expression(1, 2, frozenset({"a"})), Expression(1, 4, frozenset({"b"}))]
    assert longest(both, "bilan annuel", "fr") == (1, frozenset({"a"}))
    assert longest(both, "annuel bilan", "fr") == (0, frozenset())


def test_a_label_spelled_as_asked_wins_over_one_with_the_same_stem() -> None:
    both = Vocabulary({"concepts": [concept("a", en=["house"]), concept("b", en=["housing"])]})
    assert longest(both, "housing", "en") == (1, frozenset({"b"}))
    assert longest(both, "houses", "en") == (1, frozenset({"a", "b"}))


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
    assert longest(some, "ⵜⴰⵡⵓⵔⵉ", "zgh") == (1, frozenset({"a"}))
