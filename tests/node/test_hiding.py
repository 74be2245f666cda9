"""What the people of a node do not show: gone from its pages, search, feeds and counts; not from the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from person import Person, add_person, make_cheap
from simulator import Network, Town

from node import hiding, indexing, publish
from node.app import create_app
from node.errors import NotAllowed, NotFound
from node.indexing import Searcher
from node.publish import Statement
from node.store import feed, records
from node.store import hiding as hidden_store
from node.store.records import HELD, MEMBERS, OURSELVES, PUBLIC
from search import Query
from tests.protocol.contents import accepted

WHY = "Insulte des personnes de notre ville."
CHANGES = {"fr": "Nous avons tenu les entretiens le soir, parce que la plupart travaillent le jour."}


def say(town: Town, type_: str, **content: Any) -> str:
    town.clock.seconds += 1
    return publish.publish(town.node, Statement(type_, content, "fr")).uri


def practice(town: Town, **more: Any) -> str:
    return say(town, "Practice", **(accepted()["practice-least"]["content"] | more))


@pytest.fixture
def two(network: Network) -> tuple[Town, Town, str]:
    """Rabat, Tanger, and a practice of Tanger that both hold."""
    rabat, tanger = network.found("rabat"), network.found("tanger")
    network.befriend(tanger, rabat)
    uri = practice(tanger)
    network.settle()
    return rabat, tanger, uri


@pytest.fixture
def searcher(two: tuple[Town, Town, str]) -> Iterator[Searcher]:
    made = Searcher(two[0].node)
    yield made
    made.forget()


def seen(town: Town, uri: str, audience: str = PUBLIC) -> bool:
    with town.node.database.reading() as connection:
        return records.get(connection, uri, audience) is not None


def total(town: Town, searcher: Searcher) -> int:
    while indexing.follow_once(town.node, searcher):
        pass
    return searcher.find(Query("", "fr", kinds=("Practice",))).results.total


def test_hidden_record_is_seen_by_nobody_here_and_is_back_after_one_act(two: Any, searcher: Searcher) -> None:
    rabat, _tanger, uri = two
    assert total(rabat, searcher) == 1
    hiding.hide(rabat.node, "test", uri, WHY)
    assert [seen(rabat, uri, audience) for audience in (PUBLIC, MEMBERS, OURSELVES, HELD)] == [False] * 3 + [True]
    assert total(rabat, searcher) == 0
    with rabat.node.database.reading() as connection:
        assert records.counts(connection, PUBLIC).get((uri.partition("/")[0], "Practice"), 0) == 0
    hiding.show(rabat.node, "test", uri)
    assert seen(rabat, uri)
    assert total(rabat, searcher) == 1


def test_hiding_here_changes_nothing_for_the_network(two: Any, network: Network) -> None:
    rabat, tanger, uri = two

    def offered() -> Any:
        with rabat.node.database.reading() as connection:
            return feed.head_items(connection, MEMBERS), feed.offered(connection, PUBLIC)

    before = offered()
    rabat.sets.of(MEMBERS)
    hiding.hide(rabat.node, "test", uri, WHY)
    assert offered() == before
    fes = network.found("fes")
    network.befriend(fes, rabat)
    network.settle()
    assert seen(fes, uri)
    assert seen(tanger, uri)


@pytest.mark.both_stores
def test_hidden_adaptation_is_no_evidence_and_hidden_translation_is_not_found(two: Any, searcher: Searcher) -> None:
    rabat, tanger, _uri = two
    mine = practice(rabat)
    said = {"source": mine, "sourceDigest": "0" * 64, "fidelity": "adapted", "changes": CHANGES, "outcome": "worked"}
    rabat.network.settle()
    adaptation = say(tanger, "Adaptation", **said, outcomeText={"fr": "Quarante personnes sont venues."})
    rabat.network.settle()

    def replicated() -> int:
        total(rabat, searcher)
        query = Query("", "fr", filters={"evidence": ("replicated",)}, kinds=("Practice",))
        return searcher.find(query).results.total

    assert replicated() == 1
    hiding.hide(rabat.node, "test", adaptation, WHY)
    assert replicated() == 0
    hiding.show(rabat.node, "test", adaptation)
    assert replicated() == 1


@pytest.mark.both_stores
def test_new_revision_of_a_hidden_record_stays_hidden_and_its_end_is_shown(two: Any) -> None:
    rabat, tanger, uri = two
    hiding.hide(rabat.node, "test", uri, WHY)
    tanger.clock.seconds += 1
    content = accepted()["practice-least"]["content"] | {"title": {"fr": "Un autre titre pour la même pratique"}}
    publish.publish(tanger.node, Statement("Practice", content, "fr"), uri.rpartition("/")[2])
    rabat.network.settle()
    assert not seen(rabat, uri)
    tanger.clock.seconds += 1
    publish.end(tanger.node, uri, "erased")
    rabat.network.settle()
    with rabat.node.database.reading() as connection:
        ended = records.get(connection, uri, PUBLIC)
        assert ended is not None
        assert ended.state == "erased"
        assert [one.live for one in hidden_store.listing(connection)] == [False]


@pytest.mark.parametrize(
    ("what", "code"),
    [("own", "own_record"), ("card", "not_hideable"), ("none", "unknown_record"), ("why", "hiding_unexplained")],
)
def test_what_cannot_be_hidden_is_told_with_its_reason(two: Any, what: str, code: str) -> None:
    rabat, tanger, uri = two
    with rabat.node.database.reading() as connection:
        card = records.latest(connection, HELD, ["Node"], origin=tanger.did)[0].uri
    named = {"own": practice(rabat), "card": card, "none": f"{tanger.did}/records/{'0' * 36}", "why": uri}[what]
    with pytest.raises((NotAllowed, NotFound)) as refused:
        hiding.hide(rabat.node, "test", named, "  " if what == "why" else WHY)
    assert refused.value.code == code
    with pytest.raises(NotFound):
        hiding.show(rabat.node, "test", named)


def test_page_of_a_hidden_record_says_that_it_is_hidden_here(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_cheap(monkeypatch)
    rabat, _tanger, uri = two
    did, _, record = uri.partition("/records/")
    add_person(rabat.node, "amina", "publisher")
    app = create_app(rabat.node, sets=rabat.sets)
    amina, reader = Person(app), Person(app)
    assert amina.sign_in("amina").status_code == 303
    path = f"/practices/{did}/{record}"
    assert "Hide it here" in amina.get(f"{path}?lang=en").get_data(as_text=True)
    assert "/admin/hidden" not in reader.get(f"{path}?lang=en").get_data(as_text=True)
    asked = amina.get(f"/admin/hidden/new?uri={uri}&lang=en").get_data(as_text=True)
    assert "Nothing is deleted, and nobody is told." in asked
    unexplained = amina.post("/admin/hidden/new", uri=uri, reason=" ")
    assert unexplained.status_code == 403
    assert "hiding_unexplained" in unexplained.get_data(as_text=True)
    assert amina.post("/admin/hidden/new", uri=uri, reason="<b>Insulte</b>").status_code == 303
    gone = reader.get(f"{path}?lang=en")
    assert gone.status_code == 404
    assert "hidden_here" in gone.get_data(as_text=True)
    listed = amina.get("/admin/hidden?lang=en").get_data(as_text=True)
    assert "&lt;b&gt;Insulte" in listed
    assert amina.post("/admin/hidden/show", uri=uri).status_code == 303
    assert reader.get(path).status_code == 200
