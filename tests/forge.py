"""What somebody with a key may write by hand, past our editors: for tests that play a hostile or a clumsy node."""

from __future__ import annotations

import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from simulator import Network, Town

from node import keys
from node.store.records import Stored
from protocol import moment
from protocol.card import card_record
from protocol.envelope import Envelope
from protocol.record import seal


def line_up(network: Network, *names: str) -> list[Town]:
    """Towns in a row, each the peer of the one before it, all at rest."""

    def make(network: Network) -> None:
        towns = [network.found(name) for name in names]
        for one, other in zip(towns[1:], towns, strict=False):
            network.befriend(one, other)
        network.settle()

    network.begin("-".join(names), make)
    return [network.towns[name] for name in names]


def body_of(said: Envelope, **changed: Any) -> dict[str, Any]:
    """What a record says, without its proof, with these fields changed and another nonce."""
    kept = {name: value for name, value in said.body.items() if name != "proof"}
    return kept | {"nonce": secrets.token_hex(16)} | changed


def again(town: Town, said: Envelope, key: Ed25519PrivateKey | None = None, **changed: Any) -> bytes:
    """The record said again with these fields changed, signed with the town's key or another."""
    return seal(body_of(said, **changed), key or town.node.signing.private, said.body["modifiedAt"])


def ended(town: Town, said: Envelope, state: str, revision: int, previous: bytes) -> bytes:
    """A tombstone of a record of this town."""
    content = {"state": state, "reason": "withdrawn"}
    return again(town, said, type="Tombstone", revision=revision, previous=previous.hex(), content=content)


def translation(target: Envelope, text: str) -> dict[str, Any]:
    """The content of a translation of `target` into German."""
    return {
        "target": target.uri, "targetDigest": target.digest.hex(), "from": "fr", "to": "de",
        "fields": {"title": text}, "method": "human", "translator": "ISG",
    }  # fmt: skip


def card_of(town: Town) -> Stored:
    """The card in force of this town, as the town holds it."""
    held = town.get(f"{town.did}/records/{card_record(town.did)}")
    assert held is not None
    return held


def next_card(town: Town, before: Stored | Envelope, number: int, **changed: Any) -> bytes:
    """A card of this town behind `before`, with this content changed, signed with its root key; not published."""
    held = card_of(town)
    root = keys.root(town.node.config.keys, str(held.content["root"]), None)
    card = Envelope.from_bytes(held.data or b"")
    content = dict(held.content) | changed
    body = body_of(card, revision=number, previous=before.digest.hex(), content=content)
    return seal(body, root, moment.to_text(town.clock()))


def revoking(town: Town, before: Stored | Envelope, number: int) -> bytes:
    """A card that revokes the key in use and brings another in."""
    fresh = keys.multikey_of(Ed25519PrivateKey.generate())
    listed = [{"key": town.node.signing.multikey, "state": "revoked"}, {"key": fresh, "state": "active"}]
    return next_card(town, before, number, keys=listed)
