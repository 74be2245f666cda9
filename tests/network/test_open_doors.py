"""The doors to other tools, each read by a client that others wrote, on a node that runs (docs/doors.md).

Sickle harvests it, feedparser and its twin in Rust follow its feeds, rdflib reads its catalogue and its vocabulary,
Schemathesis tries its API, and a JSON Schema reads its NodeInfo.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import feedparser
import feedparser_rs
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from rdflib import DCAT, DCTERMS, RDF, SKOS, Graph, Literal, Namespace, URIRef
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from sickle import Sickle
from sickle.oaiexceptions import BadResumptionToken, NoRecordsMatch
from tour import Town, practice, until

from node import publish
from node.publish import Statement
from protocol.envelope import Envelope

pytestmark = pytest.mark.network

of_rdflib = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
MANY = 101
"""Practices of Rabat that stay: one more than fits one answer of the harvest and one page of the catalogue."""
SECRET = "Réservé aux membres du réseau"
GONE = "Bientôt effacée"


class Read:
    """Salé, which reads what Rabat published; what was said, and what became of it."""

    def __init__(self, rabat: Town, sale: Town) -> None:
        self.rabat, self.sale = rabat, sale
        self.kept = [rabat.publish(**practice(f"Bilan numéro {number}")) for number in range(MANY - 1)]
        invented = Statement("Practice", practice("Bilan inventé"), "fr", illustrative=True)
        self.invented = publish.publish(rabat.node, invented)
        self.kept.append(self.invented)
        self.erased = rabat.publish(**practice(GONE))
        self.withdrawn = rabat.publish(**practice(GONE))
        self.own = sale.publish(**practice("Bilan de Salé"))
        self.secret = publish.publish(rabat.node, Statement("Practice", practice(SECRET), "fr", "network"))

    @property
    def live(self) -> set[str]:
        return {envelope.uri for envelope in [*self.kept, self.own]}

    def end(self) -> None:
        publish.end(self.rabat.node, self.erased.uri, "erased")
        publish.end(self.rabat.node, self.withdrawn.uri, "withdrawn")


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """Two towns that run. Salé holds and has indexed all that Rabat says, and has seen two practices come and go."""
    folder = tmp_path_factory.mktemp("doors")
    rabat, sale = Town(folder, "rabat"), Town(folder, "sale")
    with pytest.MonkeyPatch.context() as patch, closing(rabat), closing(sale):
        patch.setenv("NO_PROXY", "*")  # the clients are to ask this machine, whatever its environment says
        told = Read(rabat, sale)  # before anything runs: it is quicker so
        rabat.start()
        sale.start()
        rabat.befriend(sale)
        until(lambda: told.secret.uri in sale.heads() and told.live < set(sale.heads()), "Salé holds it all")
        told.end()
        until(lambda: told.live | {told.secret.uri} == set(sale.heads()), "both ends have come")
        until(lambda: found(sale) == MANY + 1, "Salé has indexed it")
        yield told


def found(town: Town) -> int:
    return int(town.page("/api/1/practices").json()["total"])


def oai(town: Town, **more: Any) -> Sickle:
    return Sickle(f"{town.url}/oai", timeout=20, **more)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sickle_harvests_every_public_practice_page_by_page(read: Read, method: str) -> None:
    harvested = list(oai(read.sale, http_method=method).ListRecords(metadataPrefix="oai_dc"))
    assert {one.header.identifier for one in harvested if not one.deleted} == read.live
    assert len({one.header.identifier for one in harvested}) == len(harvested) == MANY + 3


def test_sickle_reads_an_end_as_a_deleted_record_without_content(read: Read) -> None:
    provider = oai(read.sale)
    assert provider.Identify().deletedRecord == "persistent"
    for envelope in (read.erased, read.withdrawn):
        one = provider.GetRecord(identifier=envelope.uri, metadataPrefix="oai_dc")
        assert one.deleted
        assert not hasattr(one, "metadata")
        assert GONE not in one.raw


def test_sickle_reads_dublin_core_with_invented_practices_marked(read: Read) -> None:
    provider = oai(read.sale)
    said = {
        uri: provider.GetRecord(identifier=uri, metadataPrefix="oai_dc").metadata
        for uri in (read.own.uri, read.invented.uri)
    }
    assert said[read.own.uri]["title"] == ["Bilan de Salé"]
    assert said[read.own.uri]["creator"] == ["Sale"]
    assert read.own.uri in said[read.own.uri]["identifier"]
    assert "demonstration data" in said[read.invented.uri]["type"]
    assert "demonstration data" not in said[read.own.uri]["type"]


def test_sickle_harvests_one_commune_and_what_changed_since(read: Read) -> None:
    provider = oai(read.sale)
    names = {one.setSpec: one.setName for one in provider.ListSets()}
    own = f"commune:{read.sale.did.removeprefix('did:key:')}"
    assert names[own] == "Sale"
    assert [one.identifier for one in provider.ListIdentifiers(metadataPrefix="oai_dc", set=own)] == [read.own.uri]
    since = {one.identifier: one.datestamp for one in provider.ListIdentifiers(metadataPrefix="oai_dc")}
    later = provider.ListIdentifiers(metadataPrefix="oai_dc", **{"from": since[read.withdrawn.uri]})
    assert read.withdrawn.uri in {one.identifier for one in later}
    with pytest.raises(NoRecordsMatch):
        list(provider.ListIdentifiers(metadataPrefix="oai_dc", until="2001-01-01"))
    with pytest.raises(BadResumptionToken):
        list(provider.ListRecords(resumptionToken="../../etc/passwd"))


def test_feedparser_reads_the_newest_practices_of_all_and_of_a_commune(read: Read) -> None:
    everything = feedparser.parse(f"{read.sale.url}/feed.atom")
    assert (everything.bozo, everything.version) == (False, "atom10")
    assert len(everything.entries) == 50
    assert {entry.id for entry in everything.entries} <= read.live
    one = feedparser.parse(f"{read.sale.url}/feed.atom?commune={read.sale.did}")
    assert [(entry.id, entry.title) for entry in one.entries] == [(read.own.uri, "Bilan de Salé")]
    again = feedparser.parse(f"{read.sale.url}/feed.atom", etag=everything.etag)
    assert again.status == 304


def test_feedparser_in_rust_reads_the_atom_and_the_json_feed_alike(read: Read) -> None:
    """The feedparser in Python reads no JSON Feed; its twin reads both (and hides links to this machine itself)."""
    told = {}
    for ending, version in (("atom", "atom10"), ("json", "json11")):
        feed = feedparser_rs.parse(read.sale.page(f"/feed.{ending}?topic=employment").content)
        assert (feed.bozo, feed.version) == (False, version)
        told[ending] = {(entry.id, entry.title, entry.updated) for entry in feed.entries}
    assert told["atom"] == told["json"]
    assert {uri for uri, *_ in told["json"]} <= read.live
    assert len(told["json"]) == 50


@of_rdflib
def test_rdflib_reads_the_catalogue_to_its_last_page(read: Read) -> None:
    graph, page = Graph(), URIRef(f"{read.sale.url}/catalogue.jsonld?page=1")
    pages = 0
    while page is not None:
        graph.parse(data=read.sale.page(str(page).replace(read.sale.public, "").replace(read.sale.url, "")).content,
                    format="json-ld")  # fmt: skip
        pages += 1
        page = next(iter(graph.objects(URIRef(f"{read.sale.public}/catalogue.jsonld?page={pages}"), HYDRA.next)), None)
    assert pages == 2
    datasets = set(graph.subjects(RDF.type, DCAT.Dataset))
    assert {str(one) for one in datasets} == read.live
    assert set(graph.objects(URIRef(f"{read.sale.public}/catalogue.jsonld"), DCAT.dataset)) == datasets
    own = URIRef(read.own.uri)
    assert graph.value(own, DCTERMS.title) == Literal("Bilan de Salé", lang="fr")
    assert graph.value(own, DCTERMS.publisher) == URIRef(read.sale.did)
    for theme in graph.objects(own, DCAT.theme):
        assert str(theme).startswith(f"{read.sale.public}/vocabulary.jsonld#")


@of_rdflib
def test_rdflib_reads_the_vocabulary_as_skos_in_five_languages(read: Read) -> None:
    graph = Graph().parse(data=read.sale.page("/vocabulary.jsonld").content, format="json-ld")
    concepts = set(graph.subjects(RDF.type, SKOS.Concept))
    assert len(concepts) > 100
    for concept in concepts:
        languages = [label.language for label in graph.objects(concept, SKOS.prefLabel)]
        assert sorted(languages) == ["ar", "de", "en", "fr", "tr"]
        assert len(list(graph.objects(concept, SKOS.inScheme))) == 1
        for wider in graph.objects(concept, SKOS.broader):
            assert (wider, SKOS.narrower, concept) in graph


def test_schema_reads_the_nodeinfo_but_for_a_protocol_that_has_no_name_there(read: Read) -> None:
    links = read.sale.page("/.well-known/nodeinfo").json()["links"]
    (address,) = [link["href"] for link in links if link["rel"].endswith("/schema/2.1")]
    said = read.sale.page(address.removeprefix(read.sale.public)).json()
    rules = json.loads((Path(__file__).parent.parent / "vectors/nodeinfo/2.1.json").read_text())["schema"]
    wrong = [list(error.instance_path) for error in jsonschema_rs.validator_for(rules).iter_errors(said)]
    assert wrong == [["protocols", 0]]
    assert said["usage"] == {"users": {}, "localPosts": 1}
    assert said["metadata"]["practices"] == MANY + 1


def described(read: Read) -> Any:
    """The API as its description says it is."""
    return schemathesis.openapi.from_dict(read.sale.page("/api/1/openapi.json").json())


CHECKS = (
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    negative_data_rejection, unsupported_method,
)  # fmt: skip


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_schemathesis_finds_the_api_to_be_what_its_description_says(read: Read, mode: GenerationMode) -> None:
    operations = [one.ok() for one in described(read).get_all_operations()]
    assert len(operations) == 4
    seen: set[int] = set()
    for operation in operations:
        if mode is GenerationMode.NEGATIVE and not operation.query and not operation.path_parameters:
            continue  # nothing can be wrong about what asks nothing

        @settings(
            max_examples=10, deadline=None, derandomize=True, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def behaves(case: Any) -> None:
            answer = case.call(base_url=read.sale.url, timeout=20)
            case.validate_response(answer, checks=CHECKS)
            seen.add(answer.status_code)

        behaves()
    assert (200 if mode is GenerationMode.POSITIVE else 400) in seen


@pytest.mark.parametrize("uri", ["kept", "ended", "network"])
def test_api_gives_what_is_public_and_says_of_an_end_only_that_it_is(read: Read, uri: str) -> None:
    def ask(envelope: Envelope) -> Any:
        return read.sale.page(f"/api/1/practices/{envelope.origin}/{envelope.record}")

    if uri == "kept":
        given = ask(read.kept[0])
        assert given.status_code == 200
        assert given.json()["record"]["content"] == read.kept[0].content
    else:
        given = ask(read.erased if uri == "ended" else read.secret)
        assert given.status_code == (410 if uri == "ended" else 404)
        assert given.headers["Content-Type"] == "application/problem+json"
        assert given.json()["code"] == ("record_ended" if uri == "ended" else "unknown_record")


@pytest.mark.parametrize(
    "path",
    [
        "/oai?verb=ListRecords&metadataPrefix=oai_dc", "/feed.atom?q=membres", "/feed.json?q=membres",
        "/catalogue.jsonld?page=1", "/catalogue.jsonld?page=2", "/api/1/practices?q=membres", "/nodeinfo/2.1",
    ],
)  # fmt: skip
def test_nothing_for_members_and_nothing_erased_leaves_through_a_door(read: Read, path: str) -> None:
    text = json.dumps(read.sale.page(path).text)
    for word in (SECRET, read.secret.record, GONE):
        assert json.dumps(word)[1:-1] not in text
