"""Requests to servers of the fediverse: signed by our account, through the guard of every outgoing request.

An answer is read up to a cap and a deadline, no redirect is followed, no private address reached. Used by `examining`
and `telling`, in the worker only.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import orjson
import requests

from node import keys
from node.assembly import Node
from node.errors import AddressRefused, PeerNonsense, PeerRefused
from node.federation import outbound
from node.fediverse import signatures
from node.fediverse.documents import ACTIVITY_JSON
from node.fediverse.hearing import host_of, id_of
from node.fediverse.place import Place
from node.store.heard import Actor

TIMEOUT_S = 20
"""How long one answer may take in all, seconds; less where [sync] timeout_s says so."""
DOCUMENT_MOST = 256 * 1024
"""Bytes of what another server says of an account."""
_ANSWER_MOST = 1024 * 1024
_TYPES = ("application/activity+json", "application/ld+json", "application/json")
GONE = (404, 410)
"""Answers that say that there is nothing any more."""


def timeout_s(node: Node) -> int:
    """How long one answer may take, seconds."""
    return min(TIMEOUT_S, node.config.sync_timeout_s)


def post(node: Node, place: Place, session: requests.Session, url: str, said: dict[str, Any]) -> int:
    """Say something to an inbox. Returns the HTTP status. Raises `Unreachable`, `PeerNonsense`, `AddressRefused`."""
    body = orjson.dumps(said)
    headers = _signed(node, place, "POST", url, body) | {"Content-Type": ACTIVITY_JSON, "Accept": ACTIVITY_JSON}
    return outbound.exchange(session, "POST", url, headers, body, timeout_s(node), _ANSWER_MOST).status


def look_up(node: Node, place: Place, address: str) -> Actor:
    """What an actor's own server says of it; `code` says why it is nothing that can be used.

    Raises `PeerProblem` where trying again may help.
    """
    url = outbound.checked_url(address, node.config.sync_private_addresses)
    headers = _signed(node, place, "GET", url, None) | {"Accept": f"{ACTIVITY_JSON}, {_TYPES[1]}"}
    with outbound.open_session(node.config.sync_private_addresses) as session:
        answer = outbound.exchange(session, "GET", url, headers, b"", timeout_s(node), DOCUMENT_MOST)
    if answer.status in GONE:
        return Actor(address, node.now(), "not_found")
    if answer.status >= 500 or answer.status == 429:
        raise PeerRefused(f"the server answered with HTTP {answer.status}", "peer_down", answer.status)
    if answer.status >= 400:
        return Actor(address, node.now(), "peer_refused")
    try:
        return _read(node, address, answer)
    except (PeerNonsense, AddressRefused) as error:
        return Actor(address, node.now(), error.code)


def _read(node: Node, address: str, answer: outbound.Answer) -> Actor:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        said = orjson.loads(answer.body) if kind in _TYPES else None
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict) or said.get("id") != address:
        raise PeerNonsense("the server says nothing of this actor, or speaks of another")
    key = said.get("publicKey")
    pem = key.get("publicKeyPem") if isinstance(key, dict) else None
    if not isinstance(key, dict) or not isinstance(pem, str) or id_of(key.get("owner")) != address:
        raise PeerNonsense("the actor has no key of its own")
    if len(pem) > 4_000 or signatures.public_key(pem) is None:
        raise PeerNonsense("the actor's key is none that is believed")
    ends = said.get("endpoints")
    shared = id_of(ends.get("sharedInbox")) if isinstance(ends, dict) else ""
    inboxes = [id_of(said.get("inbox")), *([shared] if shared else [])]
    for inbox in inboxes:
        outbound.checked_url(inbox, node.config.sync_private_addresses)
        if host_of(inbox) != host_of(address):
            raise PeerNonsense("the inbox is at another host than the actor")
    return Actor(address, node.now(), None, id_of(key.get("id")), pem, inboxes[0], shared or None)


def _signed(node: Node, place: Place, method: str, url: str, body: bytes | None) -> dict[str, str]:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    private = keys.activitypub(node.config.keys)
    return signatures.sign(private, place.key_id, method, path, parts.netloc, node.now(), body)
