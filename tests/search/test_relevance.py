"""The measure of the search is right, its queries are whole, and its distractors are always the same."""

from __future__ import annotations

import json
from collections import Counter
from math import log2
from typing import Any

import pytest

from node.bench import judging
from node.bench.baseline import Baseline
from node.bench.demonstration import DATA, demonstration, document
from node.bench.distractors import LEAST, MOST_CHARACTERS, SHARES, distractors
from node.bench.judging import GRADES, HELD_OUT, KINDS, LANGUAGES, TUNING, Judged
from node.demo.places import MOST, Place, places
from node.documents import country_names
from search import Document, Query, Text

QUERIES = judging.load()
PRACTICES = {each.uri: each for each in demonstration().documents if each.kind == "Practice"}


@pytest.mark.parametrize(
    ("found", "judgements", "expected"),
    [
        (["a"], {"a": 3}, 1.0),
        (["x", "a"], {"a": 3}, 1 / log2(3)),
        (["a", "b", "c"], {"a": 3, "b": 2, "c": 1}, 1.0),
        (["b", "a"], {"a": 3, "b": 1}, (1 + 7 / log2(3)) / (7 + 1 / log2(3))),
        (["x", "y"], {"a": 3}, 0.0),
        ([], {"a": 1}, 0.0),
        ([*"0123456789", "a"], {"a": 3}, 0.0),  # the eleventh is too late
        (["a"], {}, 0.0),
    ],
)
def test_ndcg_of_hand_made_orders(found: list[str], judgements: dict[str, int], expected: float) -> None:
    assert judging.ndcg(found, judgements) == pytest.approx(expected)


def test_the_best_sum_possible_counts_no_more_than_ten() -> None:
    assert judging.ndcg([f"u{number}" for number in range(10)], {f"u{number}": 2 for number in range(15)}) == 1.0


@pytest.mark.parametrize(
    ("found", "judgements", "expected"),
    [
        (["a", "x", "b"], {"a": 3, "b": 1}, 1.0),
        (["a"], {"a": 3, "b": 1, "c": 2, "d": 1}, 0.25),
        ([*map(str, range(20)), "a"], {"a": 3}, 0.0),  # the twenty-first is too late
        ([*map(str, range(19)), "a"], {"a": 3}, 1.0),
        (["a"], {}, 0.0),
    ],
)
def test_recall_of_hand_made_orders(found: list[str], judgements: dict[str, int], expected: float) -> None:
    assert judging.recall(found, judgements) == pytest.approx(expected)


def test_the_figures_of_several_queries_are_their_means() -> None:
    queries = [_query("fr-01", {"a": 3}), _query("fr-02", {"b": 3, "c": 3})]
    scored = judging.score(queries, lambda query: ["a", "b"])
    mean = judging.mean(scored)
    assert mean.count == 2
    assert mean.recall == pytest.approx((1 + 0.5) / 2)
    assert mean.ndcg == pytest.approx((1 + (1 / log2(3)) / (1 + 1 / log2(3))) / 2)
    assert judging.mean([]) == judging.Mean(0, 0.0, 0.0)


def _query(name: str, judgements: dict[str, int]) -> Judged:
    return Judged(name, "fr", "plain", False, name, judgements)


def test_every_judgement_names_a_practice_and_a_grade() -> None:
    for query in QUERIES:
        assert query.judgements, query.id
        assert query.judgements.keys() <= PRACTICES.keys(), query.id
        assert set(query.judgements.values()) <= set(GRADES), query.id
        assert max(query.judgements.values()) == 3, query.id


def test_every_practice_is_the_best_answer_of_some_query() -> None:
    assert {uri for query in QUERIES for uri, grade in query.judgements.items() if grade == 3} == PRACTICES.keys()


def test_no_query_stands_twice() -> None:
    assert len({query.id for query in QUERIES}) == len(QUERIES) >= 240
    assert len({(query.language, query.words.casefold()) for query in QUERIES}) == len(QUERIES)


def test_queries_have_known_languages_and_kinds_and_every_kind_is_there() -> None:
    assert {query.language for query in QUERIES} == set(LANGUAGES)
    assert {query.kind for query in QUERIES} == set(KINDS)


def test_across_languages_means_that_no_best_practice_was_written_in_the_language_of_the_query() -> None:
    for query in QUERIES:
        written = {PRACTICES[uri].language for uri, grade in query.judgements.items() if grade == 3}
        assert query.cross == (query.language not in written), query.id


def test_half_of_the_queries_go_across_languages_in_every_language() -> None:
    for language in LANGUAGES:
        mine = [query for query in QUERIES if query.language == language]
        assert len(mine) >= 40
        assert 0.4 <= sum(query.cross for query in mine) / len(mine) <= 0.65, language


def test_the_halves_are_balanced_by_language_and_direction() -> None:
    half = judging.halves(QUERIES)
    counts = Counter((query.language, query.cross, half[query.id]) for query in QUERIES)
    for language in LANGUAGES:
        for cross in (True, False):
            assert abs(counts[language, cross, TUNING] - counts[language, cross, HELD_OUT]) <= 1
        for name in (TUNING, HELD_OUT):
            assert counts[language, True, name] + counts[language, False, name] >= 15


def test_queries_that_are_added_change_no_earlier_half() -> None:
    half = judging.halves(QUERIES)
    earlier = judging.halves(QUERIES[:200])
    assert earlier == {name: half[name] for name in earlier}


def test_distractors_are_the_same_for_one_seed_and_others_for_another() -> None:
    assert distractors(60, seed=1) == distractors(60, seed=1)
    assert distractors(60, seed=1) != distractors(60, seed=2)


def test_distractors_look_like_practices_in_the_shares_of_the_network() -> None:
    every = distractors()
    assert len({each.uri for each in every}) == len(every) == 2000
    assert Counter(each.language for each in every) == {language: 20 * share for language, share in SHARES.items()}
    assert len({(each.texts[each.language].title, each.texts[each.language].body) for each in every}) == len(every)
    for each in every:
        text = each.texts[each.language]
        assert LEAST <= sum(map(len, (text.title, text.summary, *text.body.splitlines()))) <= MOST_CHARACTERS
        assert "{" not in text.title + text.summary + text.body
    assert 0.3 < sum(bool(each.concepts) for each in every) / len(every) < 0.6


def test_the_demonstration_is_indexed_as_the_node_indexes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`document_of` makes the same of the same lines: words, language, concepts, kind, whether public."""
    from types import SimpleNamespace

    from node import indexing

    known = {place.word: place for place in places(MOST)}
    stored = {line["id"]: _stored(line) for line in _lines("practices.jsonl")}
    translations = [_stored(line) for line in _lines("translations.jsonl")]
    monkeypatch.setattr(
        indexing.records, "about", lambda _, uri, *more: [each for each in translations if each.about == uri]
    )
    cards: Any = {each.origin: SimpleNamespace(content=_content(known[each.origin])) for each in stored.values()}
    connection: Any = None
    for uri, each in stored.items():
        made = indexing.document_of(connection, each, cards)
        assert made is not None
        ours = PRACTICES[uri]
        assert (made.texts, made.language, made.kind, made.public) == (ours.texts, ours.language, ours.kind, True)
        assert (made.concepts, made.names, made.lesser) == (ours.concepts, ours.names, ())


def _content(place: Place) -> dict[str, Any]:
    return {"names": place.names, "country": place.country}


def _stored(line: dict[str, Any]) -> Any:
    from types import SimpleNamespace

    content = {name: value for name, value in line.items() if name not in ("id", "type", "node", "language")}
    if line["type"] == "Translation":
        content["targetDigest"] = bytes(32).hex()
    return SimpleNamespace(
        uri=line["id"],
        type=line["type"],
        state="live",
        data=b"{}",
        body={"content": content, "language": line["language"]},
        content=content,
        origin=line["node"],
        about=line.get("target"),
        visibility="public",
        modified=0,
        received=0,
        digest=bytes(32),
        revision=1,
    )


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def test_an_answer_leads_to_the_practice_of_its_question() -> None:
    about = demonstration().about
    assert about["answer-05"] == about["question-05"] == "practice-026"
    assert about["adaptation-03"] == "practice-037"
    assert set(about.values()) <= PRACTICES.keys()


def test_a_practice_carries_the_names_of_its_town_and_country_in_five_languages() -> None:
    line = _lines("practices.jsonl")[0]
    place = next(place for place in places(MOST) if place.word == line["node"])
    names = document(line, {}, place).names
    assert names[-10:] == (*place.names.items(), *country_names("MA"))
    assert {language for language, _ in names[-5:]} == set(LANGUAGES)


def test_plain_bm25_prefers_the_rarer_word_and_the_shorter_text() -> None:
    def small(uri: str, body: str, kind: str = "Practice") -> Document:
        return Document(uri, kind, "fr", "did:a", {"fr": Text("", "", body)}, (), True, 0)

    baseline = Baseline(
        [
            small("long", "migrants " + "et autres mots " * 30),
            small("short", "migrants ici"),
            small("rare", "bilan et autres mots"),
            small("question", "migrants", "Question"),
        ]
    )
    assert baseline.find(Query("bilan migrants")) == ["rare", "short", "long"]
    assert baseline.find(Query("rien")) == []
