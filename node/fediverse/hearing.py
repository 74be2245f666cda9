"""What comes into the account's inbox: looked at without asking anybody, written down in a few facts, and no more.

Follow, the Undo of a Follow, and the Delete of an account that follows are kept for the worker (`examining`); all else
is answered alike and forgotten. So a web thread works for milliseconds whatever a stranger sends, and what is kept is
bounded (`node/store/heard.py`). Nothing here is believed: who signed is found out by the worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
from sqlalchemy import Connection

from node.assembly import Node
from node.errors import AddressRefused, NotAllowed
from node.federation.outbound import checked_url
from node.fediverse import signatures
from node.fediverse.place import Place, blocked, is_blocked, need_place
from node.store import heard, subscribers
from node.store.heard import DELETE, FOLLOW, UNDO, Heard
from protocol.errors import BadMessage, BadSignature

MOST_BYTES = 64 * 1024
"""Of what is said at once."""
_ID_MOST = 500
_USUAL = {"https": 443, "http": 80}


def hear(node: Node, path: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Take in one request. True when something was written down, which the worker is to look at.

    `path`: with its query; `headers`: by lower-case names; `body`: at most `MOST_BYTES`. Raises `NotFound`
    (`activitypub_off`), `BadSignature`, `BadMessage`, `NotAllowed` (`fediverse_host_blocked`, `too_many_requests`).
    """
    with node.database.reading() as connection:
        place = need_place(connection, node)
        closed = blocked(connection)
    signed = signatures.read("POST", path, place.host, headers, body, node.now())
    said = _read(body)
    actor = id_of(said.get("actor"))
    host = _host_of(node, actor, signed.key_id)
    if is_blocked(host, closed):
        raise NotAllowed("this node takes nothing from your server", "fediverse_host_blocked")
    with node.database.reading() as connection:
        kind = _kind(connection, place, actor, said)
    if not kind:
        return False
    activity = id_of(said.get("id"))
    kept = Heard(kind, actor, host, activity, signed.key_id, signed.base, signed.signature, node.now())
    with node.database.writing() as connection:
        heard.hear(connection, kept)
    return True


def id_of(value: Any) -> str:
    """The address that a property gives, bare or as the id of an object; empty where it gives none that is usable."""
    found = value.get("id") if isinstance(value, dict) else value
    usable = isinstance(found, str) and len(found) <= _ID_MOST and found.isascii() and found.isprintable()
    return str(found) if usable else ""


def host_of(address: str) -> str:
    """Host of an address, and its port where that is not the usual one: one name for one server, however written."""
    parts = urlsplit(address)
    name, port = parts.netloc.lower(), parts.port
    name = (name.rpartition(":")[0] if port is not None else name.rstrip(":")).rstrip(".")
    return name if port in (None, _USUAL.get(parts.scheme)) else f"{name}:{port}"


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as error:  # also for what is nested too deeply
        raise BadMessage("this is no JSON") from error
    if not isinstance(said, dict):
        raise BadMessage("an activity is an object")
    return said


def _host_of(node: Node, actor: str, key_id: str) -> str:
    """The host of actor and key, which must be one. Raises `BadSignature`, `BadMessage`."""
    try:
        for address in (actor, key_id.partition("#")[0]):
            checked_url(address, node.config.sync_private_addresses)
    except AddressRefused as error:
        raise BadMessage("actor and key are addresses that begin with https://") from error
    if host_of(actor) != host_of(key_id):
        raise BadSignature("the key is kept at another host than the actor", "unknown_key")
    return host_of(actor)


def _kind(connection: Connection, place: Place, actor: str, said: dict[str, Any]) -> str:
    """Which of the three it is, if it can have an effect; else empty."""
    type_, object_ = said.get("type"), said.get("object")
    if type_ == "Follow" and id_of(object_) == place.actor and id_of(said.get("id")):
        return FOLLOW
    known = subscribers.find(connection, actor)
    if type_ == "Undo" and _of_follow(place, object_, known.follow if known else ""):
        return UNDO if known is not None or heard.waits(connection, actor, FOLLOW) else ""
    if type_ == "Delete" and id_of(object_) == actor and known is not None:
        return DELETE
    return ""


def _of_follow(place: Place, object_: Any, follow: str) -> bool:
    """Whether what is undone is a Follow of our account."""
    if isinstance(object_, dict):
        return object_.get("type") == "Follow" and id_of(object_.get("object")) == place.actor
    return bool(follow) and object_ == follow
