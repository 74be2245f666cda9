"""Pages that are given again: to readers who are nobody, and only while the log says the same."""

from __future__ import annotations

import dataclasses
import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from simulator import Network, Town
from tour import practice, until

from node import indexing, logs, peering, publish
from node.app import create_app
from node.errors import StoreProblem
from node.indexing import Searcher
from node.web import alike, remembering
from search import Hit
from search.errors import IndexBusy


@pytest.fixture
def rabat(network: Network) -> Town:
    return network.found("rabat")


@pytest.fixture
def client(rabat: Town) -> Iterator[FlaskClient]:
    """As `reader`; the index that it opens is closed again."""
    searcher = Searcher(rabat.node)
    yield create_app(rabat.node, searcher, remembers=True).test_client()
    searcher.forget()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of the pages that were made and kept."""
    rendered: list[str] = []
    keep = remembering.Shelf.keep

    def noted(self: remembering.Shelf, key: remembering.Key, answer: remembering.Answer) -> None:
        rendered.append("?".join(key[2:4]))
        keep(self, key, answer)

    monkeypatch.setattr(remembering.Shelf, "keep", noted)
    return rendered


def reader(town: Town) -> FlaskClient:
    return create_app(town.node, remembers=True).test_client()


def say(town: Town, title: str) -> Any:
    return publish.publish(town.node, publish.Statement("Practice", practice(title), "fr"))


def test_page_is_made_once_and_its_answers_are_alike(rabat: Town, made: list[str]) -> None:
    client = reader(rabat)
    first, second = client.get("/"), client.get("/")

    assert made == ["/?"]
    assert second.data == first.data
    kept = {name: text for name, text in first.headers.items() if name != "X-Request-Id"}
    assert {name: text for name, text in second.headers.items() if name != "X-Request-Id"} == kept
    assert second.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert client.head("/").status_code == 200
    assert made == ["/?"]


def test_reader_who_has_the_page_is_told_so_as_by_whoever_makes_it(rabat: Town) -> None:
    plain, client = create_app(rabat.node).test_client(), reader(rabat)
    have = {"If-None-Match": client.get("/").headers["ETag"]}
    kept, made_anew = client.get("/", headers=have), plain.get("/", headers=have)
    assert kept.status_code == made_anew.status_code == 304
    assert kept.data == b""
    assert {**kept.headers, "X-Request-Id": ""} == {**made_anew.headers, "X-Request-Id": ""}
    assert client.get("/", headers={"If-None-Match": 'W/"other"'}).status_code == 200


def test_answer_that_is_given_again_is_counted_and_written_down(
    rabat: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.start("info", "json")
    client = reader(rabat)
    answers = [client.get("/") for _ in range(3)]
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["request"] for line in lines] == [answer.headers["X-Request-Id"] for answer in answers]
    assert [(line["route"], line["status"]) for line in lines] == [("pages.home", 200)] * 3
    told = client.get("/metrics").text
    assert 'wasl_http_requests_total{method="GET",route="pages.home",status="200"} 3.0' in told
    assert 'wasl_pages_remembered_total{route="pages.home"} 2.0' in told


def test_language_that_was_chosen_is_kept_for_who_has_no_cookie_yet(rabat: Town) -> None:
    app = create_app(rabat.node, remembers=True)
    for somebody in (app.test_client(), app.test_client()):
        assert "lang=de" in somebody.get("/?lang=de").headers["Set-Cookie"]
        assert "Set-Cookie" not in somebody.get("/?lang=de").headers
        assert somebody.get("/").headers["Content-Language"] == "de"
    blank = app.test_client()
    assert blank.get("/?lang=xx", headers={"Accept-Language": "tr"}).headers["Content-Language"] == "tr"
    assert blank.get("/?lang=xx", headers={"Accept-Language": "ar"}).headers["Content-Language"] == "ar"
    assert blank.get("/?lang=&lang=de", headers={"Accept-Language": "ar"}).headers["Content-Language"] == "ar"


def test_node_behind_another_name_or_door_has_its_own_addresses(rabat: Town) -> None:
    client = reader(rabat)
    one = client.get("/search", base_url="https://a.example").text
    other = client.get("/search", base_url="https://b.example").text
    assert "https://a.example/search" in one
    assert "https://b.example/search" in other
    assert "a.example" not in other


def test_database_that_is_away_has_the_page_that_says_so(rabat: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    client = reader(rabat)
    assert client.get("/").status_code == 200

    def away(*_: Any) -> Any:
        raise StoreProblem("away", "store_problem")

    monkeypatch.setattr(type(rabat.node.database), "reading", away)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "store_problem" in answer.text


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
    client.get("/")
    monkeypatch.setattr(remembering, "KEPT_S", -1.0)
    client.get("/about")
    client.get("/about")
    assert made == ["/?", "/about?", "/about?"]


def test_page_that_many_want_is_made_anew_once(rabat: Town, made: list[str]) -> None:
    """When the log has grown, or ten seconds are over, everybody who reads it comes at once."""
    app = create_app(rabat.node, remembers=True)
    begun, go_on = threading.Semaphore(0), threading.Event()

    @app.before_request
    def slowly() -> None:
        begun.release()
        go_on.wait(60)

    go_on.set()
    app.test_client().get("/about")
    begun.acquire()
    say(rabat, "Un bilan ineffaçable")
    go_on.clear()
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(lambda: app.test_client().get("/about").data) for _ in range(8)]
        begun.acquire()
        until(lambda: len(app.wsgi_app._making) == 1, "somebody makes it")  # type: ignore[attr-defined]
        go_on.set()
        assert len({answer.result() for answer in answers}) == 1
    assert made == ["/about?"] * 2
    assert not begun.acquire(blocking=False), "nobody else came to Flask"
    assert app.wsgi_app._making == {}  # type: ignore[attr-defined]


def test_memory_is_bounded(client: FlaskClient) -> None:
    front: Any = client.application.wsgi_app
    chance = random.Random(1)
    large = chance.randbytes(remembering.BYTES_MOST + 1)
    for shelf, route, most, room in (
        (front.pages, "pages.home", remembering.BYTES_MOST, remembering.PAGES_BYTES),
        (front.results, "pages.search", remembering.RESULTS_BYTES_MOST - 100, remembering.RESULTS_BYTES),
    ):
        front._keep(("large",), route, 1, [], large)
        assert shelf.find(("large",)) is None
        body = chance.randbytes(most)
        fitting = room // most
        for number in range(fitting + 1):
            front._keep((str(number),), route, 1, [("ETag", "x")], body)
        kept = [number for number in range(fitting + 1) if shelf.find((str(number),)) is not None]
        assert 0 < kept[0] < 20, "those that were asked for longest ago went"
        assert kept == list(range(kept[0], fitting + 1)), "and no others"
        for _ in range(2 * fitting):  # the same again takes no more room
            front._keep((str(fitting),), route, 1, [("ETag", "x")], body)
        assert shelf.find((str(kept[1]),)) is not None


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


def test_results_that_say_less_than_they_would_later_are_not_remembered(
    client: FlaskClient, rabat: Town, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that fails for a moment, or a query that takes too long."""
    say(rabat, "Un bilan ineffaçable")
    rabat.follow()
    index = client.application.extensions["wasl-searcher"].index()
    find = type(index).find

    def fails(*_: Any) -> Any:
        raise IndexBusy("for a moment")

    def hurries(self: Any, query: Any) -> Any:
        return dataclasses.replace(find(self, query), complete=False)

    for other in (fails, hurries):
        with monkeypatch.context() as patch:
            patch.setattr(type(index), "find", other)
            patch.setattr(type(index), "similar", fails)
            patch.setattr(indexing, "AGAIN_S", 0.0)
            assert client.get(RESULTS).status_code == 200
            assert client.get("/search?like=" + "did:key:x/records/y").status_code == 200
        assert made == []
    client.get(RESULTS)
    assert made == [RESULTS]


@pytest.mark.parametrize("cookie", ["theme=caf\xe9", "lang=\xff", "\xe9", 'a="\\351"'])
def test_cookie_of_another_application_shuts_nobody_out(client: FlaskClient, cookie: str) -> None:
    for path in ("/", "/static/wasl.css", "/healthz"):
        given = client.get(path, environ_overrides={"HTTP_COOKIE": cookie})
        assert given.status_code == 200
        given.close()


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


def test_what_is_alike_is_worked_out_once_and_what_was_erased_is_not_in_it(
    client: FlaskClient, rabat: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, other = say(rabat, "Un bilan ineffaçable"), say(rabat, "Un bilan tout pareil")
    rabat.follow()
    index = client.application.extensions["wasl-searcher"].index()
    similar, asked = type(index).similar, []

    def noted(*words: Any, **more: Any) -> Any:
        asked.append(words[1].uri)
        return similar(*words, **more)

    monkeypatch.setattr(type(index), "similar", noted)
    monkeypatch.setattr(remembering, "KEPT_S", -1.0)
    address = f"/practices/{page.uri.replace('/records/', '/')}"
    for _ in range(3):
        assert "Un bilan tout pareil" in client.get(address).text
    assert asked == [page.uri]
    publish.end(rabat.node, other.uri, "erased")
    assert "Un bilan tout pareil" not in client.get(address).text
    assert asked == [page.uri], "what is left is shown"


def test_what_is_alike_is_kept_of_a_bounded_number_of_practices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "MOST", 3)
    known = alike.Alike(60.0)
    asked: list[str] = []
    hit = Hit("did:key:x/records/y", 1.0, "fr", ())

    def find(name: str) -> Any:
        return known.hits((name,), lambda: asked.append(name) or [hit])

    for name in "abcdd":
        assert find(name) == [hit]
    assert asked == ["a", "b", "c", "d"]
    find("a")
    assert asked[4:] == ["a"], "the one that was worked out first went"
    assert known.hits(("nothing",), tuple) == ()
    assert known.hits(("nothing",), lambda: [hit]) == [hit], "nothing is not kept"
    late = alike.Alike(0.0)
    assert [late.hits(("a",), lambda: [hit]), late.hits(("a",), tuple)] == [[hit], ()], "after its time it goes"
