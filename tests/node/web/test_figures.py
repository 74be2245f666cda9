"""`/figures`: what it counts is what the search finds and what the towns have signed; each table is a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from simulator import Network, Town

from node import indexing, learning, publish
from node.app import create_app
from node.indexing import Searcher
from node.publish import Statement
from node.store import chains
from node.store.records import PUBLIC
from node.web import figures
from tests.protocol.contents import accepted

CHANGES = {"fr": "Nous avons tenu les entretiens le soir, parce que la plupart travaillent le jour."}


def say(town: Town, type_: str, **content: Any) -> str:
    town.clock.seconds += 1
    return publish.publish(town.node, Statement(type_, content, "fr")).uri


def practice(town: Town, **more: Any) -> str:
    return say(town, "Practice", **(accepted()["practice-least"]["content"] | more))


def adapt(town: Town, source: str, outcome: str) -> str:
    said = {"source": source, "sourceDigest": "0" * 64, "fidelity": "adapted", "changes": CHANGES, "outcome": outcome}
    return say(town, "Adaptation", **said, outcomeText={"fr": "Quarante personnes sont venues."})


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    for searcher in _open:
        searcher.forget()
    _open.clear()


_open: list[Searcher] = []


@pytest.fixture
def towns(network: Network) -> tuple[Town, Town, Town]:
    rabat, tanger, fes = (network.found(name) for name in ("rabat", "tanger", "fes"))
    for other in (tanger, fes):
        network.befriend(other, rabat)
    first, second = practice(rabat), practice(rabat, topics=["employment"])
    for town, source, outcome in (
        (tanger, first, "failed"),
        (tanger, second, "worked"),
        (fes, first, "ongoing"),
        (rabat, first, "worked"),
    ):
        adapt(town, source, outcome)
    network.settle()
    return rabat, tanger, fes


def client_of(town: Town) -> FlaskClient:
    """A reader of the town, whose index is up to date."""
    app = create_app(town.node, sets=town.sets)
    _open.append(app.extensions["wasl-searcher"])
    while indexing.follow_once(town.node, _open[-1]):
        pass
    return app.test_client()


def table(client: FlaskClient, name: str) -> list[list[str]]:
    answer = client.get(f"/figures.csv?table={name}&lang=en")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def flows(town: Town) -> list[learning.Flow]:
    with town.node.database.reading() as connection:
        return learning.flows(connection, PUBLIC, chains.head_cards(connection))[0]


def test_each_town_that_took_something_up_is_counted_and_nobody_learns_from_itself(
    towns: tuple[Town, Town, Town],
) -> None:
    rabat, tanger, fes = towns
    assert flows(rabat) == [
        learning.Flow(rabat.did, tanger.did, worked=1, failed=1, open=0),
        learning.Flow(rabat.did, fes.did, worked=0, failed=0, open=1),
    ]


def test_pictures_and_files_say_the_same_as_the_page(towns: tuple[Town, Town, Town]) -> None:
    rabat, tanger, _fes = towns
    client = client_of(rabat)
    page = client.get("/figures?lang=en").get_data(as_text=True)
    assert "2 practices that anybody may read." in page
    assert page.count('class="flow"') == 2
    assert ["employment", "employment", "1"] in table(client, "topic")
    learned = table(client, "learning")
    assert learned[1][1::2][:2] + learned[1][4:] == [rabat.did, tanger.did, "2", "1", "1", "0"]


def test_practice_for_members_only_is_in_no_figure(network: Network) -> None:
    rabat = network.found("rabat")
    town_only = accepted()["practice-least"]["content"]
    publish.publish(rabat.node, Statement("Practice", town_only, "fr", visibility="network"))
    page = client_of(rabat).get("/figures?lang=en").get_data(as_text=True)
    assert "There are no practices here yet." in page


def test_table_that_does_not_exist_is_said_so_with_those_that_do(network: Network) -> None:
    answer = client_of(network.found("rabat")).get("/figures.csv?table=../etc/passwd", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "unknown_value" in answer.get_data(as_text=True)


def test_towns_beyond_the_picture_stand_in_the_table(network: Network) -> None:
    many = [learning.Flow(f"did:s{n}", f"did:a{n}", 1, 0, 0) for n in range(40)]
    names = {did: did * 20 for flow in many for did in (flow.source, flow.adopter)}
    drawn = figures.drawn(many, names, rtl=True)
    assert not drawn.whole
    assert len(drawn.lines) == figures.DRAWN
    assert all(len(end.name) <= figures.LETTERS for end in drawn.ends)
