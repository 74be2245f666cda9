"""JSON-LD with its context in it: nobody has to fetch anything to read it. Used by the catalogue and the vocabulary."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request
from werkzeug.wrappers import Response as WerkzeugResponse

MIME = "application/ld+json"

PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

Node = dict[str, Any]


def iri(address: str) -> Node:
    """A thing named by its address."""
    return {"@id": address}


def words(text: str, language: str) -> Node:
    """A text in a language."""
    return {"@value": text, "@language": language}


def typed(text: str, type_: str) -> Node:
    """A value of a type of XML Schema."""
    return {"@value": text, "@type": f"xsd:{type_}"}


def answer(graph: list[Node]) -> WerkzeugResponse:
    """The answer that holds this graph; what says nothing is left out of it."""
    kept = [{name: value for name, value in one.items() if value not in (None, "", [], {})} for one in graph]
    response = Response(orjson.dumps({"@context": PREFIXES, "@graph": kept}) + b"\n", content_type=MIME)
    response.vary.update(("Cookie", "Accept-Language"))
    response.add_etag()
    return response.make_conditional(request)
