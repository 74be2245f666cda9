"""Feeds, catalogue, vocabulary, NodeInfo, and what all doors have in common. With real clients: tests/network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from simulator import Network

from node import labels
from node.app import create_app
from node.fediverse import place
from node.web.doors import catalogue

ATOM = "{http://www.w3.org/2005/Atom}"
RULES = json.loads((Path(__file__).parents[2] / "vectors/nodeinfo/2.1.json").read_text())["schema"]
DOORS = (
    "/oai?verb=ListRecords&metadataPrefix=oai_dc", "/feed.atom", "/feed.json", "/search.atom", "/catalogue.jsonld",
    "/api/1/practices", "/api/1/communes",
)  # fmt: skip


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


def test_nodeinfo_of_a_node_that_can_be_followed_is_whole(network: Network) -> None:
    node = network.found("rabat").node
    place.switch_on(node, "rabat", actor="test")
    said = create_app(node).test_client().get("/nodeinfo/2.1").get_json()
    jsonschema_rs.validator_for(RULES).validate(said)
    assert said["protocols"] == ["activitypub"]


@pytest.mark.parametrize("path", ["/api/1/practices", "/oai", "/feed.json", "/nodeinfo/2.1"])
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
