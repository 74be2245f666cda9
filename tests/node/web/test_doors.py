"""Feeds, catalogue, vocabulary, NodeInfo and the API by themselves. With real clients: tests/network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest

from node import labels
from node.app import create_app
from node.outputs.json_file import plain
from node.outputs.rows import row_of
from node.publish import end
from node.store import records
from node.store.records import PUBLIC
from node.web.doors import api, catalogue, shapes

ATOM = "{http://www.w3.org/2005/Atom}"
RULES = json.loads((Path(__file__).parents[2] / "vectors/nodeinfo/2.1.json").read_text())["schema"]
DOORS = (
    "/oai?verb=ListRecords&metadataPrefix=oai_dc", "/feed.atom", "/feed.json", "/search.atom", "/catalogue.jsonld",
    "/api/1/practices", "/api/1/communes",
)  # fmt: skip
PRACTICES = "/api/1/practices"


def graph(town: Any, path: str) -> dict[str, Any]:
    given = town.get(path)
    assert (given.status_code, given.content_type) == (200, "application/ld+json")
    return {one["@id"]: one for one in json.loads(given.get_data())["@graph"]}


def problem(given: Any, status: int, code: str) -> None:
    assert (given.status_code, given.content_type) == (status, "application/problem+json"), given.get_data()
    assert (given.get_json()["status"], given.get_json()["code"]) == (status, code)
    assert given.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", DOORS)
def test_record_for_members_leaves_through_no_door(town: Any, path: str) -> None:
    content = dict(town.practices["practice-001"].content) | {"title": {"fr": "Zébrures"}}
    hidden = town.write(content, visibility="network")
    town.index()
    text = town.page(path)
    assert "Zébrures" not in text
    assert "Z\\u00e9brures" not in text
    assert hidden.record not in text


@pytest.mark.parametrize("path", DOORS)
def test_answer_is_kept_only_to_be_asked_about_again(town_to_read: Any, path: str) -> None:
    given = town_to_read.get(path)
    assert given.headers["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in given.headers


@pytest.mark.parametrize("path", [path for path in DOORS if not path.startswith("/oai")])
def test_answer_that_has_not_changed_costs_nothing(town_to_read: Any, path: str) -> None:
    given = town_to_read.get(path)
    again = town_to_read.get(path, headers={"If-None-Match": given.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_json_feed_says_what_the_atom_feed_says(town_to_read: Any) -> None:
    told = json.loads(town_to_read.page("/feed.json?topic=employment"))
    entries = ET.fromstring(town_to_read.page("/feed.atom?topic=employment")).findall(f"{ATOM}entry")
    assert told["version"] == "https://jsonfeed.org/version/1.1"
    assert [(item["id"], item["title"], item["date_modified"]) for item in told["items"]] == [
        tuple(entry.findtext(ATOM + name) for name in ("id", "title", "updated")) for entry in entries
    ]
    for item in told["items"]:
        assert item["content_text"]


def test_feeds_mark_what_is_invented(town_to_read: Any) -> None:
    marked = {
        item["id"] for item in json.loads(town_to_read.page("/feed.json"))["items"] if item["_wasl"]["illustrative"]
    }
    entries = ET.fromstring(town_to_read.page("/feed.atom")).findall(f"{ATOM}entry")
    said = {entry.findtext(f"{ATOM}id") for entry in entries
            if any(one.get("term") == "illustrative" for one in entry.findall(f"{ATOM}category"))}  # fmt: skip
    assert marked == said
    assert town_to_read.practices["practice-002"].uri in marked
    assert town_to_read.practices["practice-001"].uri not in marked


@pytest.mark.parametrize("page", ["/", "/communes/{did}", "/search"])
def test_page_names_its_feeds_and_they_answer(town_to_read: Any, page: str) -> None:
    text = town_to_read.page(page.format(did=town_to_read.practices["german"].origin))
    for media in ("atom", "feed"):
        link = re.search(rf'<link rel="alternate" type="application/{media}\+\w+"[^>]* href="([^"]+)"', text)
        assert link is not None, media
        given = town_to_read.get(link[1].replace("&amp;", "&"))
        assert given.status_code == 200
        if "communes" in page:
            assert town_to_read.practices["practice-001"].uri not in given.get_data(as_text=True)


def test_about_page_leads_through_every_door(town_to_read: Any) -> None:
    text = town_to_read.page("/about").partition('id="programs"')[2]
    links = re.findall(r'<li><a href="([^"]+)"', text)
    assert len(links) == 7
    for link in links:
        assert town_to_read.get(link).status_code == 200


def test_catalogue_names_every_practice_and_where_it_can_be_had(town_to_read: Any) -> None:
    said = graph(town_to_read, "/catalogue.jsonld")
    wanted = {envelope.uri for envelope in town_to_read.practices.values()}
    assert {one["@id"] for one in said["http://localhost/catalogue.jsonld"]["dcat:dataset"]} == wanted
    for uri in wanted:
        for distribution in said[uri]["dcat:distribution"]:
            assert town_to_read.get(distribution["dcat:accessURL"]["@id"]).status_code == 200
        assert said[uri]["dcterms:publisher"]["@id"] in said
    invented = town_to_read.practices["practice-002"].uri
    assert said[invented]["dcterms:type"] == "illustrative"
    assert said[invented]["dcterms:description"][0]["@value"].startswith("Données de démonstration")


def test_catalogue_goes_on_by_pages(town_to_read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "PAGE", 3)
    root, found, number = "http://localhost/catalogue.jsonld", [], 1
    while True:
        said = graph(town_to_read, f"{root}?page={number}")
        found += [one["@id"] for one in said[root]["dcat:dataset"]]
        view = said[f"{root}?page={number}"]
        if "hydra:next" not in view:
            break
        number += 1
        assert view["hydra:next"] == {"@id": f"{root}?page={number}"}
    assert (number, len(found), len(set(found))) == (2, 4, 4)
    assert "dcat:dataset" not in graph(town_to_read, f"{root}?page=9999999")[root]


@pytest.mark.parametrize("page", ["", "0", "-1", "1.5", "x", "9" * 30, "%D9%A1", "1%00"])
def test_page_of_the_catalogue_that_is_no_number_is_refused(town_to_read: Any, page: str) -> None:
    problem(town_to_read.get(f"/catalogue.jsonld?page={page}"), 400, "bad_parameter")


def test_vocabulary_holds_every_concept_with_its_broader_and_narrower_ones(town_to_read: Any) -> None:
    said = graph(town_to_read, "/vocabulary.jsonld")
    root = "http://localhost/vocabulary.jsonld#"
    assert len([one for one in said.values() if one["@type"] == "skos:Concept"]) == len(labels.concepts())
    work = said[f"{root}employment"]
    assert work["skos:broader"] == {"@id": f"{root}economic-integration"}
    assert {"@id": f"{root}employment"} in said[f"{root}economic-integration"]["skos:narrower"]
    assert {"@value": "istihdam", "@language": "tr"} in work["skos:prefLabel"]
    assert work["skos:notation"] == "employment"
    for one in said.values():
        for name in ("skos:broader", "skos:inScheme", "skos:topConceptOf"):
            assert name not in one or one[name]["@id"] in said


def test_nodeinfo_has_but_one_word_that_the_schema_does_not_know(town_to_read: Any) -> None:
    said = json.loads(town_to_read.page("/nodeinfo/2.1"))
    wrong = [list(error.instance_path) for error in jsonschema_rs.validator_for(RULES).iter_errors(said)]
    assert (wrong, said["protocols"]) == ([["protocols", 0]], ["wasl"])
    assert said["usage"] == {"users": {}, "localPosts": 3}


def test_nodeinfo_of_a_node_with_actors_is_whole(town: Any) -> None:
    app = create_app(town.node)
    app.add_url_rule("/.well-known/webfinger", "webfinger", lambda: "")
    said = app.test_client().get("/nodeinfo/2.1").get_json()
    jsonschema_rs.validator_for(RULES).validate(said)
    assert said["protocols"] == ["activitypub"]


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


@pytest.mark.parametrize("path", [PRACTICES, "/oai", "/feed.json", "/nodeinfo/2.1"])
def test_nothing_is_written_through_a_door(town_to_read: Any, path: str) -> None:
    given = town_to_read.client.open(path, method="DELETE")
    assert given.status_code == 405
    assert "GET" in given.headers["Allow"]


def test_program_is_told_when_to_ask_again(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from node.web import exporting

    monkeypatch.setattr(exporting, "WAIT_S", 0)
    releases = [exporting.take_turn() for _ in range(exporting.FILES_AT_ONCE)]
    given = town.get("/oai?verb=ListRecords&metadataPrefix=oai_dc")
    for release in releases:
        release()
    problem(given, 503, "store_busy")
    assert given.headers["Retry-After"] == "60"
    assert town.get("/oai?verb=ListRecords&metadataPrefix=oai_dc").status_code == 200
