"""Filters, counts, dates and orders, on both indexes: what a reader narrows by stays true."""

from datetime import date

import pytest

from search import Document, Index, Query, Text
from tests.search.conftest import Make
from tests.search.corpus import document


def uris(index: Index, words: str, language: str = "fr", **other: object) -> list[str]:
    return [hit.uri for hit in index.find(Query(words, language, **other)).hits]  # type: ignore[arg-type]


@pytest.fixture
def index(make: Make) -> Index:
    """Five practices: topic (a tree), country, status, time."""

    def one(uri: str, topics: tuple[str, ...], country: str, start: date | None, end: date | None) -> Document:
        facets = {"topic": topics, "country": (country,), "year": (str(start.year),) if start else ()}
        return document(uri, f"titre {uri}", facets=facets, start=start, end=end, stamp=ord(uri))

    return make(
        [
            one("a", ("job-placement",), "MA", date(2015, 1, 1), date(2015, 12, 31)),
            one("b", ("employment", "housing"), "MA", date(2016, 3, 1), date(2018, 5, 31)),
            one("c", ("housing",), "DE", date(2018, 5, 31), None),
            one("d", ("emergency-shelter",), "TR", None, date(2014, 1, 31)),
            one("e", (), "TR", None, None),
        ]
    )


def test_a_topic_admits_what_is_narrower(index: Index) -> None:
    assert set(uris(index, "titre", filters={"topic": ("employment",)})) == {"a", "b"}
    assert set(uris(index, "titre", filters={"topic": ("economic-integration",)})) == {"a", "b"}
    assert uris(index, "titre", filters={"topic": ("job-placement",)}) == ["a"]
    assert set(uris(index, "titre", filters={"topic": ("housing",)})) == {"b", "c", "d"}


def test_a_topic_counts_each_practice_below_it_once(index: Index) -> None:
    counts = index.find(Query("titre", "fr", facets=("topic",))).facets["topic"]
    assert counts["economic-integration"] == counts["employment"] == 2
    assert counts["housing"] == 3
    assert counts["job-placement"] == 1


def test_values_of_one_facet_widen_and_facets_narrow_each_other(index: Index) -> None:
    assert set(uris(index, "", filters={"country": ("MA", "DE")})) == {"a", "b", "c"}
    assert set(uris(index, "", filters={"country": ("MA", "DE"), "topic": ("housing",)})) == {"b", "c"}
    assert uris(index, "", filters={"country": ("nowhere",)}) == []


def test_a_count_is_what_choosing_the_value_would_find(index: Index) -> None:
    """Under any filters, for any value: the number beside it is the number of hits behind it."""
    for filters in ({}, {"topic": ("housing",)}, {"country": ("MA",)}, {"country": ("MA", "TR"), "year": ("2016",)}):
        results = index.find(Query("titre", "fr", filters, facets=("country", "topic", "year")))
        for facet, counts in results.facets.items():
            for value, count in counts.items():
                assert index.find(Query("titre", "fr", {**filters, facet: (value,)})).total == count


def test_only_the_facets_asked_for_are_counted(index: Index) -> None:
    assert index.find(Query("titre", "fr")).facets == {}
    assert set(index.find(Query("titre", "fr", facets=("country", "nonsense"))).facets) == {"country"}


def test_an_unknown_facet_and_an_empty_choice_exclude_nothing(index: Index) -> None:
    assert len(uris(index, "titre", filters={"nonsense": ("x",), "country": ()})) == 5


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (None, None, "abcde"),
        (date(2016, 1, 1), None, "bc"),
        (None, date(2014, 12, 31), "d"),
        (date(2014, 1, 31), date(2015, 1, 1), "ad"),
        (date(2014, 2, 1), date(2014, 12, 31), ""),
        (date(2018, 5, 31), date(2018, 5, 31), "bc"),
        (date(2030, 1, 1), None, "c"),
    ],
)
def test_a_practice_is_found_by_any_day_it_ran(
    index: Index, since: date | None, until: date | None, found: str
) -> None:
    assert sorted(uris(index, "titre", since=since, until=until)) == list(found)


def test_dates_narrow_the_counts_of_every_facet(index: Index) -> None:
    results = index.find(Query("titre", "fr", {"country": ("MA",)}, since=date(2016, 1, 1), facets=("country",)))
    assert results.facets == {"country": {"DE": 1, "MA": 1}}


def test_hits_are_sorted_as_asked(make: Make) -> None:
    def titled(uri: str, title: str, language: str, stamp: int, **texts: Text) -> Document:
        return document(uri, stamp=stamp, language=language, texts={language: Text(title, "", "mot"), **texts})

    index = make(
        [
            titled("1", "Été à Nador", "fr", 3),
            titled("2", "école mot", "fr", 1),
            titled("3", "Ärzte", "de", 2, fr=Text("Zones", "", "")),
            titled("4", "Brot mot", "de", 2),
            document("5", stamp=9, texts={}),
        ]
    )
    assert uris(index, "", sort="newest") == ["5", "1", "3", "4", "2"]
    assert uris(index, "", sort="oldest") == ["2", "3", "4", "1", "5"]
    assert uris(index, "", sort="title") == ["4", "2", "1", "3", "5"]  # brot, ecole, ete, zones, none
    assert uris(index, "", "de", sort="title") == ["3", "4", "2", "1", "5"]  # arzte, brot, ecole, ete, none
    assert uris(index, "mot", sort="newest") == ["1", "3", "4", "2"]
    assert uris(index, "mot", sort="anything") == uris(index, "mot", sort="best")
    assert uris(index, "", sort="title", offset=1, limit=2) == ["2", "1"]


def test_pages_of_any_order_follow_each_other_without_gap_or_double(make: Make) -> None:
    """Over several segments, with many equals."""
    index = make([document(f"did:x/{n:03}", "titre", stamp=n % 4) for n in range(40)])
    for n in range(40, 90, 10):
        index.put([document(f"did:x/{number:03}", "titre", stamp=number % 4) for number in range(n, n + 10)])
    for sort in ("best", "newest", "oldest", "title"):
        whole = uris(index, "titre", sort=sort, limit=100)
        assert len(set(whole)) == 90
        assert [uri for page in range(13) for uri in uris(index, "titre", sort=sort, offset=7 * page, limit=7)] == whole
