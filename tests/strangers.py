"""Nodes that nobody knows, asking to be let in; and small questions to a town, for the tests of peers."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from simulator import Town

from node import admission, answering, vouching
from node.store import chains, peers
from protocol import didkey, moment
from protocol.card import card_record, root_digest
from protocol.record import seal
from protocol.wire import PeeringRequest


def card_of(number: int, now: int, url: str | None = None) -> bytes:
    """The first card of a node that nobody knows, made of its number."""
    root, following, signing = (
        Ed25519PrivateKey.from_private_bytes(number.to_bytes(31, "big") + bytes([kind])) for kind in range(3)
    )
    keys = [didkey.multikey(key.public_key().public_bytes_raw()) for key in (root, following, signing)]
    did = didkey.PREFIX + keys[0]
    body: dict[str, Any] = {
        "wasl": 1, "type": "Node", "origin": did, "record": card_record(did), "revision": 1,
        "nonce": f"{number:032x}", "createdAt": moment.to_text(now), "modifiedAt": moment.to_text(now),
        "language": "fr", "author": "commune", "licence": "CC-BY-4.0", "visibility": "public", "illustrative": False,
        "content": {
            "root": keys[0], "nextRootDigest": root_digest(keys[1]), "keys": [{"key": keys[2], "state": "active"}],
            "url": url, "names": {"fr": f"node {number}"}, "country": "MA", "languages": ["fr"],
        },
    }  # fmt: skip
    return seal(body, root, moment.to_text(now))


def ask(town: Town, card: bytes, token: str = "") -> str:
    """A stranger with this card asks; what the town answers."""
    return answering.answer(town.node, chains.brought([card]), PeeringRequest((card,), "let me in", token)).state


def state_of(town: Town, did: str) -> str:
    with town.node.database.reading() as connection:
        return peers.get(connection, did).state


def admitted(town: Town) -> set[str]:
    with town.node.database.reading() as connection:
        return set(admission.closure(connection, town.node))


def given_vouches(here: Town, there: Town) -> int:
    with here.node.database.reading() as connection:
        return len(vouching.own(connection, here.node, there.did))
