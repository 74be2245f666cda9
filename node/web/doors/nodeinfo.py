"""`/.well-known/nodeinfo` and `/nodeinfo/2.1`: what surveys of federated software read. Counts no people.

Source: NodeInfo 2.1 (http://nodeinfo.diaspora.software/protocol). Its list of protocols is closed and not empty, and
Wasl's own has no name there: a node that can be followed says `activitypub`, any other says `wasl`, which a strict
reader may refuse.
"""

from __future__ import annotations

from importlib import metadata
from typing import Any

import orjson
from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as WerkzeugResponse

from node.fediverse.place import place_of
from node.store import records
from node.store.records import PUBLIC
from node.web.describing import outward
from node.web.listing import Who, the_node

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/2.1"


def add_to(doors: Blueprint) -> None:
    """Add this door to the blueprint."""
    doors.add_url_rule("/.well-known/nodeinfo", "nodeinfo_links", links)
    doors.add_url_rule("/nodeinfo/2.1", "nodeinfo", nodeinfo)


def links() -> WerkzeugResponse:
    """Where the document is, by its version."""
    with the_node().database.reading() as connection:
        address = outward(Who(connection), "doors.nodeinfo")
    return _answer({"links": [{"rel": SCHEMA, "href": address}]}, "application/json")


def nodeinfo() -> WerkzeugResponse:
    """The document."""
    node = the_node()
    with node.database.reading() as connection:
        who = Who(connection)
        counted = records.counts(connection, PUBLIC)
        followed = place_of(connection, node) is not None
    practices = {did: count for (did, type_), count in counted.items() if type_ == "Practice"}
    said = {
        "version": "2.1",
        "software": {"name": "wasl", "version": metadata.version("wasl")},
        "protocols": ["activitypub" if followed else "wasl"],
        "services": {"inbound": [], "outbound": ["atom1.0"]},
        "openRegistrations": False,
        "usage": {"users": {}, "localPosts": practices.get(node.did, 0)},
        "metadata": {
            "nodeName": who.name(node.did),
            "identity": node.did,
            "federation": "wasl/1",
            "practices": sum(practices.values()),
            "nodes": len(who.cards),
        },
    }
    return _answer(said, f'application/json; profile="{SCHEMA}#"')


def _answer(said: dict[str, Any], content_type: str) -> WerkzeugResponse:
    response = Response(orjson.dumps(said) + b"\n", content_type=content_type)
    response.vary.update(("Cookie", "Accept-Language"))
    response.add_etag()
    return response.make_conditional(request)
