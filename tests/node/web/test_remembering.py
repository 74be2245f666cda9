"""Pages that are given again: to readers who are nobody, and only while the log says the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from simulator import Network, Town
from tour import practice

from node import peering, publish
from node.app import create_app
from node.indexing import Searcher
from node.web import remembering


@pytest.fixture
def rabat(network: Network) -> Town:
    return network.found("rabat")


@pytest.fixture
def client(rabat: Town) -> Iterator[FlaskClient]:
    """As `reader`; the index that it opens is closed again."""
    searcher = Searcher(rabat.node)
    app = create_app(rabat.node, searcher)
    app.extensions[remembering.EXTENSION] = remembering.Remembered()
    yield app.test_client()
    searcher.forget()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of the pages that were made."""
    rendered: list[str] = []
    render = remembering.Remembered.keep

    def noted(self: remembering.Remembered, key: remembering.Key, seq: int, body: bytes) -> None:
        rendered.append(key[1])
        render(self, key, seq, body)

    monkeypatch.setattr(remembering.Remembered, "keep", noted)
    render_results = remembering.Remembered.keep_results

    def noted_results(self: remembering.Remembered, key: remembering.Key, seq: int, body: bytes) -> None:
        rendered.append(key[1])
        render_results(self, key, seq, body)

    monkeypatch.setattr(remembering.Remembered, "keep_results", noted_results)
    return rendered


def reader(town: Town) -> FlaskClient:
    app = create_app(town.node)
    app.extensions[remembering.EXTENSION] = remembering.Remembered()
    return app.test_client()


def say(town: Town, title: str) -> Any:
    return publish.publish(town.node, publish.Statement("Practice", practice(title), "fr"))


def test_page_is_made_once_and_its_answers_are_alike(rabat: Town, made: list[str]) -> None:
    client = reader(rabat)
    first, second = client.get("/"), client.get("/")

    assert made == ["/?"]
    assert second.data == first.data
    kept = {name: text for name, text in first.headers.items() if name != "X-Request-Id"}
    assert {name: text for name, text in second.headers.items() if name != "X-Request-Id"} == kept
    assert client.get("/", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.head("/").status_code == 200


def test_c8_what_was_erased_is_on_no_page_from_that_moment_on(rabat: Town) -> None:
    client = reader(rabat)
    said = say(rabat, "Un bilan ineffaçable")
    page = f"/practices/{said.uri.replace('/records/', '/')}"
    assert "ineffaçable" in client.get("/").text
    assert client.get(page).status_code == client.get(page).status_code == 200

    publish.end(rabat.node, said.uri, "erased")

    assert "ineffaçable" not in client.get("/").text
    assert client.get(page).status_code != 200


def test_each_language_has_its_own(rabat: Town) -> None:
    client = reader(rabat)
    french, german = (client.get("/", headers={"Accept-Language": code}).text for code in ("fr", "de"))
    assert french != german
    assert client.get("/", headers={"Accept-Language": "fr"}).text == french


def test_e20_page_for_somebody_who_is_signed_in_is_not_remembered(rabat: Town, made: list[str]) -> None:
    client = reader(rabat)
    client.set_cookie("wasl-session", "x")
    assert client.get("/").headers["Cache-Control"] == "private, no-store"
    assert made == []


def test_what_is_not_in_the_log_is_ten_seconds_old_at_most(
    rabat: Town, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = reader(rabat)
    client.get("/")
    monkeypatch.setattr(remembering, "KEPT_S", -1.0)
    client.get("/")
    assert made == ["/?", "/?"]


def test_memory_for_pages_is_bounded() -> None:
    remembered = remembering.Remembered()
    remembered.keep(("", "large", ""), 1, bytes(remembering.BYTES_MOST + 1))
    for number in range(remembering.PAGES_MOST + 1):
        remembered.keep(("", str(number), ""), 1, b"x")
    assert remembered.find(("", "large", ""), 1) is None
    assert remembered.find(("", "0", ""), 1) is None, "the one that was asked for longest ago went"
    assert remembered.find(("", "1", ""), 1) == b"x"


RESULTS = "/search?q=ineffa%C3%A7able"


def test_c8_results_are_made_once_and_what_was_erased_is_on_none_from_that_moment_on(
    client: FlaskClient, rabat: Town, made: list[str]
) -> None:
    said = say(rabat, "Un bilan ineffaçable")
    rabat.follow()
    first = client.get(RESULTS)
    assert said.uri.partition("/records/")[2] in first.text
    assert client.get(RESULTS).data == first.data
    assert made == [RESULTS]

    publish.end(rabat.node, said.uri, "erased")

    assert said.uri.partition("/records/")[2] not in client.get(RESULTS).text


def test_results_of_an_index_that_has_not_read_the_whole_log_are_not_remembered(
    client: FlaskClient, rabat: Town, made: list[str]
) -> None:
    rabat.follow()
    say(rabat, "Un bilan ineffaçable")
    client.get(RESULTS)
    assert made == []
    rabat.follow()
    client.get(RESULTS)
    assert made == [RESULTS]


def test_results_of_a_town_that_was_blocked_are_given_no_more(
    client: FlaskClient, network: Network, rabat: Town
) -> None:
    fes = network.found("fes")
    network.befriend(fes, rabat)
    said = say(fes, "Un bilan ineffaçable")
    network.settle()
    rabat.follow()
    assert said.uri.partition("/records/")[2] in client.get(RESULTS).text
    peering.block(rabat.node, fes.did, actor="test")
    assert said.uri.partition("/records/")[2] not in client.get(RESULTS).text


def test_memory_for_results_is_bounded() -> None:
    remembered = remembering.Remembered()
    remembered.keep_results(("", "large", ""), 1, random.Random(1).randbytes(remembering.SEARCH_BYTES_MOST + 1))
    for number in range(remembering.SEARCHES_MOST + 1):
        remembered.keep_results(("", str(number), ""), 1, b"x")
    assert remembered.find_results(("", "large", ""), 1) is None
    assert remembered.find_results(("", "0", ""), 1) is None
    assert remembered.find_results(("", "1", ""), 1) == b"x"
    assert remembered.find_results(("", "1", ""), 2) is None
