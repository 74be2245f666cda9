"""Doors to the field's other tools: OAI-PMH, feeds, DCAT and SKOS, NodeInfo, ActivityPub, and an API to read with.

Law of this room: `PUBLIC` and nothing else, and the same to everybody: no door asks who is signed in. What has ended
is told without its content, or not at all. Whatever is asked, a door answers with its own protocol's errors. Answers
may be kept but must be asked about again, as pages: what was erased never comes back from a cache. Nothing is written,
but for what is said to the inbox of ActivityPub, which a worker examines. See docs/doors.md.
"""

from __future__ import annotations

from flask import Blueprint, Response

from node.web.doors import activitypub, api, catalogue, concepts, feeds, nodeinfo, oai

__all__ = ["doors"]

doors = Blueprint("doors", __name__)

for door in (oai, feeds, catalogue, concepts, nodeinfo, api, activitypub):
    door.add_to(doors)


@doors.after_request
def _cached(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-cache")
    return response
