"""The read API by itself: the same as the search says, strictly asked. With Schemathesis: tests/network."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from node import labels
from node.outputs.json_file import plain
from node.outputs.rows import row_of
from node.publish import end
from node.store import records
from node.store.records import PUBLIC
from node.web.doors import api, shapes

PRACTICES = "/api/1/practices"


def problem(given: Any, status: int, code: str) -> None:
    assert (given.status_code, given.content_type) == (status, "application/problem+json"), given.get_data()
    assert (given.get_json()["status"], given.get_json()["code"]) == (status, code)
    assert given.headers["Cache-Control"] == "no-store"


def test_api_pages_hold_what_the_file_of_the_search_holds(town_to_read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PAGE", 3)
    query = "country=MA&country=DE&sort=oldest&lang=fr"
    address: str | None = f"{PRACTICES}?{query}"
    found = []
    while address is not None:
        told = town_to_read.get(address).get_json()
        assert told["total"] == 4
        found += told["practices"]
        address = told["next"]
    given = town_to_read.get(f"/search.json?{query}")
    assert found == json.loads(given.get_data())["results"]
    given.close()
    assert len(found) == 4


def test_shape_of_a_practice_leaves_nothing_out_that_a_row_says(town_to_read: Any) -> None:
    with town_to_read.node.database.reading() as connection:
        stored = records.get(connection, town_to_read.practices["practice-001"].uri, PUBLIC)
        assert stored is not None
        said = plain(row_of(connection, stored, "fr", lambda did, record: f"http://x.example/{did}/{record}"))
    assert shapes.Practice().dump(said) == said
    assert shapes.Practice().validate(said) == {}


def test_api_gives_a_practice_with_the_record_that_was_signed(town_to_read: Any) -> None:
    envelope = town_to_read.practices["practice-001"]
    path = f"{PRACTICES}/{envelope.origin}/{envelope.record}"
    told = town_to_read.get(f"{path}?lang=de").get_json()
    assert told["record"] == envelope.body
    assert told["digest"] == envelope.digest.hex()
    assert (told["language"], told["original_language"], told["languages"]) == ("de", "fr", ["fr", "ar", "de", "tr"])
    assert town_to_read.get(told["raw"]).get_data() == envelope.data
    assert town_to_read.get(told["permalink"]).status_code == 200


@pytest.mark.parametrize("state", ["withdrawn", "erased"])
def test_api_says_of_an_end_that_it_is_and_nothing_else(town: Any, state: str) -> None:
    envelope = town.practices["practice-001"]
    end(town.node, envelope.uri, state)
    given = town.get(f"{PRACTICES}/{envelope.origin}/{envelope.record}")
    problem(given, 410, "record_ended")
    assert envelope.content["title"]["fr"] not in given.get_data(as_text=True)


def test_api_lists_communes_and_concepts(town_to_read: Any) -> None:
    communes = town_to_read.get("/api/1/communes").get_json()["communes"]
    assert {one["did"]: one["practices"] for one in communes} == {
        town_to_read.node.did: 3, town_to_read.practices["german"].origin: 1,
    }  # fmt: skip
    concepts = town_to_read.get("/api/1/concepts").get_json()["concepts"]
    assert [one["id"] for one in concepts] == list(labels.concepts())


def test_description_of_the_api_is_whole(town_to_read: Any) -> None:
    told = town_to_read.get("/api/1/openapi.json").get_json()
    assert told["openapi"] == "3.1.0"
    app = town_to_read.client.application
    routes = {
        re.sub(r"<(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")
    }
    assert set(told["paths"]) == routes - {"/api/1/openapi.json"}
    asked = {one["name"] for one in told["paths"][PRACTICES]["get"]["parameters"]}
    assert asked == {"q", "since", "until", "sort", "like", "page", "lang", *labels.FACET_WORDS}


REFUSED = {
    "x=1": "bad_parameter",
    "view=map": "bad_parameter",
    "q=a&q=b": "bad_parameter",
    "q=" + "x" * 301: "bad_parameter",
    "topic=nothing": "bad_parameter",
    "topic=": "bad_parameter",
    "country=morocco": "bad_parameter",
    "country=MA%0A": "bad_parameter",
    "commune=did:web:x": "bad_parameter",
    "year=%D9%A2%D9%A0%D9%A2%D9%A4": "bad_parameter",
    "sort=worst": "bad_parameter",
    "page=0": "bad_parameter",
    "page=101": "bad_parameter",
    "page=1e1": "bad_parameter",
    "page=" + "9" * 5000: "bad_parameter",
    "lang=xx": "bad_parameter",
    "since=yesterday": "bad_parameter",
    "since=2024-02-30": "bad_date",
    "since=2024&until=2023": "dates_crossed",
    "like=nothing": "bad_parameter",
    "&".join("topic=employment" for _ in range(61)): "bad_parameter",
    "&".join(f"a{number}=1" for number in range(5000)): "bad_parameter",
}


@pytest.mark.parametrize("query", REFUSED, ids=lambda query: query[:40])
def test_hostile_parameter_is_a_problem_that_names_it(town_to_read: Any, query: str) -> None:
    problem(town_to_read.get(f"{PRACTICES}?{query}"), 400, REFUSED[query])


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%FF%FE", "q=%22%3E%3Cscript%3E", "commune=did:key:z6Mk" + "1" * 44, "q="]
)
def test_odd_but_allowed_question_is_answered(town_to_read: Any, query: str) -> None:
    assert town_to_read.get(f"{PRACTICES}?{query}").status_code == 200


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/", "not_found"), ("/api/2/practices", "not_found"), ("/api/1/practices/x/y", "unknown_record"),
        (f"/api/1/practices/did:key:z6Mk{'1' * 44}/..%2F..%2Fetc", "not_found"),
    ],
)  # fmt: skip
def test_path_that_leads_nowhere_is_a_problem(town_to_read: Any, path: str, code: str) -> None:
    problem(town_to_read.get(path), 404, code)
