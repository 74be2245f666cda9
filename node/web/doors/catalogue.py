"""`/catalogue.jsonld`: the node as a catalogue after DCAT 3, its public practices as datasets, a hundred to a page.

A practice is a `dcat:Dataset` (so that harvesters of open data take it) and a `schema:CreativeWork`; its page and its
signed bytes are its distributions. It is named by the URI of its record, the same on every node. Pages go on by
`hydra:next`. Sources: DCAT 3 (W3C, 2024), DCAT-AP 3, Hydra core.
"""

from __future__ import annotations

import re

from flask import Blueprint, request
from werkzeug.wrappers import Response as WerkzeugResponse

from node import labels
from node.errors import Unclear
from node.store import records, sitemap
from node.store.records import PUBLIC
from node.web.describing import LICENCES, outward
from node.web.doors import concepts
from node.web.doors.facts import Facts, facts_of
from node.web.doors.linked import Node, answer, iri, typed, words
from node.web.language import language
from node.web.listing import Who, the_node

PAGE = 100
"""Practices on a page."""

_NUMBER = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)
_FILES = "http://www.iana.org/assignments/media-types/"
_TONGUES = "http://id.loc.gov/vocabulary/iso639-1/"


def add_to(doors: Blueprint) -> None:
    """Add this door to the blueprint."""
    doors.add_url_rule("/catalogue.jsonld", "catalogue", catalogue)


def catalogue() -> WerkzeugResponse:
    """A page of the catalogue. Parameter `page`: from 1. Raises `Unclear` (`bad_parameter`)."""
    number = _number(request.args.get("page", "1"))
    with the_node().database.reading() as connection:
        who = Who(connection)
        total = sitemap.count(connection, ("Practice",))
        places = sitemap.places(connection, (number - 1) * PAGE, PAGE, ("Practice",))
        found = records.many(connection, [f"{place.origin}/records/{place.record}" for place in places], PUBLIC)
        facts = [facts_of(who, stored) for stored in found.values() if stored.state == "live" and stored.data]
    last = max(1, -(-total // PAGE))
    agents = {one.origin: _agent(who, one.origin) for one in facts} | {the_node().did: _agent(who, the_node().did)}
    graph = [_catalogue(who, facts), _view(who, number, last, total), *agents.values()]
    return answer([*graph, *(_dataset(who, one) for one in facts)])


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise Unclear("page is a number from 1 to 9999999", "bad_parameter")
    return int(text)


def _catalogue(who: Who, facts: list[Facts]) -> Node:
    own = the_node().did
    return {
        "@id": outward(who, "doors.catalogue"),
        "@type": ["dcat:Catalog", "hydra:Collection"],
        "dcterms:title": words(who.name(own), language()),
        "dcterms:publisher": iri(own),
        "dcterms:identifier": own,
        "foaf:homepage": iri(outward(who, "pages.home")),
        "dcterms:language": [iri(_TONGUES + code) for code in sorted({one.language for one in facts})],
        "dcat:themeTaxonomy": iri(concepts.scheme(who, "topic")),
        "dcat:dataset": [iri(one.uri) for one in facts],
    }


def _view(who: Who, number: int, last: int, total: int) -> Node:
    root = outward(who, "doors.catalogue")

    def page(which: int) -> Node | None:
        return iri(f"{root}?page={which}") if 1 <= which <= last else None

    return {
        "@id": f"{root}?page={number}",
        "@type": "hydra:PartialCollectionView",
        "hydra:totalItems": total,
        "hydra:first": page(1),
        "hydra:previous": page(number - 1),
        "hydra:next": page(number + 1),
        "hydra:last": page(last),
    }


def _agent(who: Who, did: str) -> Node:
    card = who.cards.get(did)
    names = card.content["names"] if card else {}
    return {
        "@id": did,
        "@type": ["foaf:Agent", "foaf:Organization"],
        "foaf:name": [words(str(name), str(tongue)) for tongue, name in names.items()],
        "foaf:homepage": iri(card.url) if card and card.url else None,
    }


def _dataset(who: Who, facts: Facts) -> Node:
    own = facts.language
    period = {
        "@type": "dcterms:PeriodOfTime",
        "dcat:startDate": _date(facts.start),
        **({"dcat:endDate": _date(facts.end)} if facts.end else {}),
    }
    return {
        "@id": facts.uri,
        "@type": ["dcat:Dataset", "schema:CreativeWork"],
        "dcterms:identifier": facts.uri,
        "dcterms:title": words(facts.title, own),
        "dcterms:description": [words(text, own) for text in (facts.invented, facts.summary) if text],
        "dcterms:publisher": iri(facts.origin),
        "dcterms:creator": iri(facts.origin),
        "dcterms:issued": typed(facts.created, "dateTime") if facts.created else None,
        "dcterms:modified": typed(facts.modified, "dateTime"),
        "dcterms:language": iri(_TONGUES + own),
        "dcterms:license": iri(facts.licence) if facts.licence in LICENCES.values() else facts.licence,
        "dcterms:type": "illustrative" if facts.invented else None,
        "dcat:version": str(facts.revision),
        "dcat:theme": [iri(concepts.concept(who, topic)) for topic in facts.topics if topic in labels.concepts()],
        "dcterms:spatial": [{"@type": "dcterms:Location", "skos:prefLabel": words(each, own)} for each in facts.places],
        "dcterms:temporal": period if facts.start else None,
        "dcat:landingPage": iri(facts.page),
        "dcat:distribution": [
            _distribution(facts, facts.page, "text/html"),
            _distribution(facts, facts.raw, "application/json"),
        ],
    }


def _distribution(facts: Facts, address: str, media: str) -> Node:
    return {
        "@type": "dcat:Distribution",
        "dcat:accessURL": iri(address),
        "dcat:mediaType": iri(_FILES + media),
        **({"dcterms:license": iri(facts.licence)} if facts.licence in LICENCES.values() else {}),
    }


def _date(text: str) -> Node:
    """A year, a month or a day, each of its own type."""
    return typed(text, {4: "gYear", 7: "gYearMonth"}.get(len(text), "date"))
