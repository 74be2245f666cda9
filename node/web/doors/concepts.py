"""`/vocabulary.jsonld`: the shared vocabulary as SKOS: seven schemes, labels in five languages, broader and narrower.

A concept's address is on this node; its `skos:notation` is the id that records use, the same on every node.
"""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response as WerkzeugResponse

from node import labels
from node.labels import Concept
from node.web.describing import outward
from node.web.doors.linked import Node, answer, iri, words
from node.web.listing import Who, the_node


def add_to(doors: Blueprint) -> None:
    """Add this door to the blueprint."""
    doors.add_url_rule("/vocabulary.jsonld", "vocabulary", vocabulary)


def vocabulary() -> WerkzeugResponse:
    """The whole vocabulary."""
    with the_node().database.reading() as connection:
        who = Who(connection)
    known = list(labels.concepts().values())
    schemes = list(dict.fromkeys(each.scheme for each in known))
    return answer([*(_scheme(who, name) for name in schemes), *(_concept(who, each) for each in known)])


def concept(who: Who, name: str) -> str:
    """The address of a concept."""
    return f"{outward(who, 'doors.vocabulary')}#{name}"


def scheme(who: Who, name: str) -> str:
    """The address of a scheme; no concept has a name with such a sign in it."""
    return f"{outward(who, 'doors.vocabulary')}#scheme.{name}"


def _scheme(who: Who, name: str) -> Node:
    top = [each.id for each in labels.concepts().values() if each.scheme == name and each.broader is None]
    return {
        "@id": scheme(who, name),
        "@type": "skos:ConceptScheme",
        "dcterms:identifier": name,
        "dcterms:title": words(name, "en"),
        "skos:hasTopConcept": [iri(concept(who, one)) for one in top],
    }


def _concept(who: Who, each: Concept) -> Node:
    below = [one.id for one in labels.concepts().values() if one.broader == each.id]
    own = scheme(who, each.scheme)
    return {
        "@id": concept(who, each.id),
        "@type": "skos:Concept",
        "skos:notation": each.id,
        "skos:inScheme": iri(own),
        "skos:topConceptOf": iri(own) if each.broader is None else None,
        "skos:broader": iri(concept(who, each.broader)) if each.broader else None,
        "skos:narrower": [iri(concept(who, one)) for one in below],
        "skos:prefLabel": [words(label, language) for language, label in each.labels.items()],
        "skos:altLabel": [words(label, language) for language, some in each.others.items() for label in some],
    }
