"""`/.well-known/webfinger` and `/activitypub/…`: the account of this node that people elsewhere can follow.

All of it answers 404 (`activitypub_off`) until an administrator has switched it on. The inbox is the one address of the
doors that takes something: it is written down in a few facts, and the worker examines it (`node/fediverse`). It knows
no session and no form: who speaks is said by a signature alone. Sources: W3C ActivityPub, RFC 7033.
"""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from node import keys
from node.assembly import Node
from node.errors import NotFound, Unclear
from node.federation.server import wake
from node.fediverse import documents, hearing, telling
from node.fediverse.documents import ACTIVITY_JSON, Document
from node.fediverse.place import Place, card_of, need_place
from node.store import lives, records, subscribers
from node.store.records import PUBLIC
from node.web.listing import the_node
from protocol.errors import BadMessage

PER_PAGE = 20
"""Practices on one page of the outbox."""
_JRD = "application/jrd+json"
_TAKEN = (ACTIVITY_JSON, "application/ld+json")


def add_to(doors: Blueprint) -> None:
    """Add this door to the blueprint."""
    doors.add_url_rule("/.well-known/webfinger", "webfinger", webfinger)
    doors.add_url_rule("/activitypub/actor", "actor", actor)
    doors.add_url_rule("/activitypub/outbox", "actor_outbox", outbox)
    doors.add_url_rule("/activitypub/followers", "actor_followers", followers)
    doors.add_url_rule("/activitypub/practices/<name>", "actor_practice", practice)
    doors.add_url_rule("/activitypub/inbox", "actor_inbox", inbox, methods=["POST"])


def webfinger() -> WerkzeugResponse:
    """Whose account it is. Parameter `resource`: acct:name@host, or the address of the actor."""
    asked = request.args.get("resource", "")
    if not asked:
        raise Unclear("say whom you look for: ?resource=acct:name@host", "bad_parameter")
    node = the_node()
    with node.database.reading() as connection:
        place = need_place(connection, node)
    ours = (f"acct:{place.account}", f"acct:@{place.account}", place.actor, place.page(node.did))
    if asked.lower() not in [one.lower() for one in ours]:
        raise NotFound("there is no such account here", "not_found")
    response = _answer(documents.webfinger(place, node.did), _JRD)
    response.headers["Access-Control-Allow-Origin"] = "*"  # RFC 7033, section 5
    return response


def actor() -> WerkzeugResponse:
    """The account itself, with its public key."""
    node = the_node()
    with node.database.reading() as connection:
        place, card = need_place(connection, node), card_of(connection, node)
    pem = keys.public_pem(keys.activitypub(node.config.keys))
    return _answer(documents.actor(place, card, node.did, node.config.node_language, pem))


def outbox() -> WerkzeugResponse:
    """What it has published and still says, the newest first. Parameters `page`, `before`: one page of it."""
    node = the_node()
    with node.database.reading() as connection:
        place = need_place(connection, node)
        if request.args.get("page") != "true":
            total = records.counts(connection, PUBLIC).get((node.did, lives.PRACTICE), 0)
            return _answer(documents.collection(place.outbox, total, f"{place.outbox}?page=true"))
        before = _place(request.args.get("before"))
        found = records.latest(connection, PUBLIC, origin=node.did, limit=PER_PAGE + 1, before_seq=before)
        said = [_created(connection, node, place, stored.record) for stored in found[:PER_PAGE]]
    own = f"{place.outbox}?page=true" + (f"&before={before}" if before is not None else "")
    more = f"{place.outbox}?page=true&before={found[PER_PAGE - 1].seq}" if len(found) > PER_PAGE else ""
    return _answer(documents.page(own, place.outbox, [one for one in said if one], more))


def followers() -> WerkzeugResponse:
    """How many follow; who they are is told to nobody."""
    node = the_node()
    with node.database.reading() as connection:
        place = need_place(connection, node)
        return _answer(documents.collection(place.followers, subscribers.count(connection)))


def practice(name: str) -> WerkzeugResponse:
    """One practice as a Note; 410 with a Tombstone when it has ended. `name`: of its life."""
    node = the_node()
    with node.database.reading() as connection:
        place = need_place(connection, node)
        found = lives.of_record(connection, node.did, name[:36])
        life = next((one for one in found if one.name == name), None)
        if life is None:
            raise NotFound("this node has published no such practice", "unknown_record")
        stored = telling.practice_of(connection, node, life)
        if stored is None:
            gone = _answer(documents.in_context(documents.tombstone(place, name)))
            gone.status_code = 410
            return gone
        return _answer(documents.in_context(telling.note_of(connection, place, stored, life)))


def inbox() -> Response:
    """Take in what another server says: 202 whether or not it has an effect: nobody learns who follows."""
    if request.mimetype not in _TAKEN:
        raise BadMessage(f"the inbox takes {ACTIVITY_JSON}", "wrong_type")
    if (request.content_length or 0) > hearing.MOST_BYTES:
        raise BadMessage(f"at most {hearing.MOST_BYTES} bytes", "too_large")
    body = request.stream.read(hearing.MOST_BYTES + 1)
    if len(body) > hearing.MOST_BYTES:
        raise BadMessage(f"at most {hearing.MOST_BYTES} bytes", "too_large")
    query = request.query_string.decode("latin-1")
    path = request.path + (f"?{query}" if query else "")
    headers = {field.lower(): text for field, text in request.headers.items()}
    if hearing.hear(the_node(), path, headers, body):
        wake()
    return Response(b"", 202, content_type=ACTIVITY_JSON)


def _place(text: str | None) -> int | None:
    """A place in the list to go on from. Raises `Unclear` (`bad_parameter`)."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise Unclear("`before` is a number that this node gave", "bad_parameter")
    return int(text)


def _created(connection: Connection, node: Node, place: Place, record: str) -> Document | None:
    """That a practice was published, as it reads now."""
    found = lives.of_record(connection, node.did, record)
    stored = telling.practice_of(connection, node, found[-1]) if found else None
    return documents.create(place, telling.note_of(connection, place, stored, found[-1])) if stored else None


def _answer(said: dict[str, Any], content_type: str = ACTIVITY_JSON) -> WerkzeugResponse:
    response = Response(orjson.dumps(said) + b"\n", content_type=content_type)
    response.vary.update(("Cookie", "Accept-Language"))
    response.add_etag()
    return response.make_conditional(request)
