"""The field lexicon: its form, and that each word of it can be found. What it finds is measured elsewhere."""

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from search.language import LANGUAGES, forms, words

LEXICON = Path(__file__).parents[2] / "node" / "data" / "lexicon.json"
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
ARABIC = re.compile("[\u0621-\u064a]")
TASHKIL = re.compile("[\u0610-\u061a\u0640\u064b-\u065f\u0670]")
MOST_WORDS = 4  # of one expression
MOST_ENTRIES = 3  # that share a word of one language: more, and the word means nothing


@pytest.fixture(scope="module")
def entries() -> list[dict[str, Any]]:
    content = json.loads(LEXICON.read_text(encoding="utf-8"))
    assert (content["version"], set(content)) == (1, {"version", "entries"})
    found: list[dict[str, Any]] = content["entries"]
    return found


def said(entries: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(each["id"], language, word) for each in entries for language in LANGUAGES for word in each[language]]


def test_at_least_700_meanings_each_once_and_in_order(entries: list[dict[str, Any]]) -> None:
    names = [each["id"] for each in entries]
    assert len(names) >= 700
    assert names == sorted(set(names))
    assert [name for name in names if not ID.fullmatch(name)] == []


def test_every_meaning_has_words_in_five_languages(entries: list[dict[str, Any]]) -> None:
    for each in entries:
        assert set(each) == {"id", *LANGUAGES}, each["id"]
        assert all(each[language] for language in LANGUAGES), each["id"]


def test_words_are_spelled_normally(entries: list[dict[str, Any]]) -> None:
    for name, language, word in said(entries):
        assert word == unicodedata.normalize("NFC", " ".join(word.split())), (name, language, word)
        assert 1 <= len(word.split()) <= MOST_WORDS, (name, language, word)


def test_arabic_is_written_in_arabic_without_vowel_marks(entries: list[dict[str, Any]]) -> None:
    for name, language, word in said(entries):
        assert bool(ARABIC.search(word)) == (language == "ar"), (name, language, word)
        assert not TASHKIL.search(word), (name, word)


def test_no_word_stands_twice_in_one_language_of_a_meaning(entries: list[dict[str, Any]]) -> None:
    for each in entries:
        for language in LANGUAGES:
            twice = [word for word, n in Counter(map(str.casefold, each[language])).items() if n > 1]
            assert twice == [], (each["id"], language)


def test_no_word_has_more_meanings_than_three(entries: list[dict[str, Any]], record_property: Any) -> None:
    meanings: dict[tuple[str, str], list[str]] = {}
    for name, language, word in said(entries):
        meanings.setdefault((language, word.casefold()), []).append(name)
    shared = {f"{language} {word}": names for (language, word), names in meanings.items() if len(names) > 1}
    record_property("words with two or three meanings", shared)  # `pytest --junit-xml` lists them
    print(len(shared), "words have two or three meanings:", shared)  # and so does `pytest -rP`
    assert {word: names for word, names in shared.items() if len(names) > MOST_ENTRIES} == {}


def test_every_word_leaves_something_to_search_for(entries: list[dict[str, Any]]) -> None:
    for name, language, word in said(entries):
        assert any(forms(part, language) for _, _, part in words(word)), (name, language, word)
