"""Without a usable index a search answers from titles and summaries in the store, and says that it is rough."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from library import fill, say, translate
from simulator import Network, Town

from node import indexing
from node.app import create_app
from node.indexing import Found, Searcher
from node.store import origins
from node.store.sifting import HEADS, MOST, pattern
from search import Query
from search.errors import IndexBroken


def ask(town: Town, words: str, language: str = "fr", **more: object) -> Found:
    searcher = Searcher(town.node)
    try:
        return searcher.find(Query(words, language, **more))  # type: ignore[arg-type]
    finally:
        searcher.forget()


def uris(found: Found) -> list[str]:
    return [hit.uri for hit in found.results.hits]


def test_f3_without_an_index_titles_and_summaries_are_found_newest_first(town: Town) -> None:
    first = say(town.node, "Un guichet unique à Fès")
    town.clock.seconds += 60
    second = say(
        town.node,
        "Accueil des familles",
        "On y trouve le guichet du quartier, ouvert chaque jour aux familles et à qui vient d’arriver.",
    )
    found = ask(town, "guichet")
    assert uris(found) == [second.uri, first.uri]
    assert (found.rebuilding, found.rough, found.results.complete, found.results.total) == (True, True, False, 2)
    assert uris(ask(town, "guichet unique")) == [first.uri]
    assert uris(ask(town, "le guichet de Fès")) == [first.uri]  # stop words need not be there
    assert uris(ask(town, "inexistant")) == []


@pytest.mark.both_stores
@pytest.mark.parametrize(
    ("language", "title", "typed"),
    [
        ("fr", "Éducation à l'école", "ecole"),
        ("fr", "Éducation à l'école", "ÉCOLE"),
        ("fr", "Education", "éducation"),
        ("de", "Wohnungen für Geflüchtete", "gefluchtete"),
        ("tr", "İstanbul'da danışma", "istanbul"),
        ("tr", "İstanbul'da danışma", "danisma"),
        ("ar", "مدرسة للأطفال", "مدرسه"),
        ("ar", "مدرسة للأطفال", "لِلْأَطْفال"),
        ("en", "A Welcome Desk", "desk WELCOME"),
    ],
)
def test_accents_case_and_forms_of_letters_do_not_matter(town: Town, language: str, title: str, typed: str) -> None:
    made = say(town.node, title, language=language)
    assert uris(ask(town, typed, language)) == [made.uri]


@pytest.mark.both_stores
@pytest.mark.parametrize(
    "typed", ["%", "_", "%%%", "100%", "gui_het", "un%xique", "uniq_xe", "\\", "' OR 1=1 --", '"', "*", "\x00"]
)
def test_no_sign_that_somebody_types_is_a_wildcard(town: Town, typed: str) -> None:
    say(town.node, "Un guichet unique")
    assert uris(ask(town, typed)) == []


def test_signs_of_like_are_escaped() -> None:
    assert pattern("b%_\\d") == "%b\\%\\_\\\\d%"
    assert pattern("é") == "%_%"


@pytest.mark.both_stores
def test_a_translation_is_found_in_its_own_words(town: Town) -> None:
    made = say(town.node, "Un guichet unique")
    translate(town.node, made, "de", title="Anlaufstelle am Rathaus", summary="Ein Schalter für alles.")
    found = ask(town, "Rathaus Schalter", "de")
    assert [(hit.uri, hit.language) for hit in found.results.hits] == [(made.uri, "de")]


def test_what_a_reader_may_not_see_is_not_found_roughly_either(town: Town) -> None:
    hidden = say(town.node, "Un guichet confidentiel", visibility="network")
    shown = say(town.node, "Un guichet unique")
    translate(town.node, shown, "de", visibility="network", title="Vertraulich")
    assert uris(ask(town, "guichet")) == [shown.uri]
    assert uris(ask(town, "vertraulich", "de")) == []
    assert set(uris(ask(town, "guichet", public_only=False))) == {hidden.uri, shown.uri}


def test_filters_kinds_pages_and_counts_hold_in_a_rough_answer(town: Town) -> None:
    fill(town.node, 30)
    rough = Searcher(town.node)
    indexing.rebuild(town.node)
    exact = Searcher(town.node)
    shutil.move(town.node.config.index, town.node.config.index.with_name("aside"))
    queries = [
        Query("", filters={"language": ("ar",)}, facets=("language", "topic"), limit=100),
        Query("", filters={"topic": ("housing",), "country": ("MA",)}, facets=("year", "cost"), limit=100),
        Query("", kinds=(), offset=10, limit=7, facets=("commune",)),
        Query("", filters={"commune": ("did:key:none",)}, facets=("commune",)),
    ]
    roughly = [rough.find(query) for query in queries]
    shutil.move(town.node.config.index.with_name("aside"), town.node.config.index)
    exactly = [exact.find(query) for query in queries]
    assert all(found.rough for found in roughly)
    assert not any(found.rough for found in exactly)
    for one, other in zip(roughly, exactly, strict=True):
        assert uris(one) == uris(other)
        assert one.results.total == other.results.total
        assert {name: dict(counts) for name, counts in one.results.facets.items()} == other.results.facets
    rough.forget()
    exact.forget()


def test_records_of_an_origin_that_is_not_admitted_are_not_found_roughly(network: Network) -> None:
    one, other = network.found("rabat"), network.found("fes")
    network.befriend(one, other)
    made = say(other.node, "Un guichet unique")
    network.meet(one, other)
    assert uris(ask(one, "guichet")) == [made.uri]
    with one.node.database.writing() as connection:
        origins.set_admission(connection, {one.did: 0})
    assert uris(ask(one, "guichet")) == []


def test_a_rough_answer_looks_at_a_bounded_number_of_records(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (HEADS, MOST) == (5_000, 100)
    monkeypatch.setattr("node.store.sifting.MOST", 3)
    for number in range(5):
        town.clock.seconds += 1
        newest = say(town.node, f"Guichet {number}")
    found = ask(town, "guichet")
    assert (found.results.total, uris(found)[0]) == (3, newest.uri)
    monkeypatch.setattr("node.store.sifting.MOST", 100)
    monkeypatch.setattr("node.store.sifting.HEADS", 2)
    assert ask(town, "guichet").results.total == 2


def test_pages_open_a_broken_index_once_a_second(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page asks it several things: for hits, for words that may have been meant, how far it has read."""
    opened: list[int] = []

    def broken(*_: Any) -> Any:
        opened.append(1)
        raise IndexBroken("index_damaged", "a byte is wrong")

    monkeypatch.setattr(indexing, "open_index", broken)
    monkeypatch.setattr(indexing, "AGAIN_S", 3_600.0)
    client = create_app(town.node, Searcher(town.node), remembers=True).test_client()
    for _ in range(5):
        assert client.get("/search?q=guichet").status_code == 200
        assert client.get("/suggest?q=gui").status_code == 200
    assert len(opened) == 1


def test_a_search_does_not_open_a_broken_index_with_every_query(town: Town) -> None:
    """Opening compares every checksum: readers of a large broken index would do nothing else."""
    say(town.node, "Un guichet unique")
    searcher = Searcher(town.node)
    assert searcher.find(Query("guichet")).rough
    indexing.rebuild(town.node)  # by another process: this one does not know
    assert searcher.find(Query("guichet")).rough
    searcher.forget()  # as after a rebuild of its own
    found = searcher.find(Query("guichet"))
    assert (found.rough, found.results.total) == (False, 1)
    searcher.forget()
