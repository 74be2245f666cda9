"""Who speaks: the signature of a request from a peer, checked, and whether that peer may."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from node import admission
from node.assembly import Node
from node.errors import NotAllowed, StoreFull, StoreProblem
from node.standing_words import LATE_S, contact_of
from node.store import chains, notes, peers
from node.store.records import MEMBERS
from protocol import didkey, http_signature
from protocol.card import Chain
from protocol.errors import BadSignature
from protocol.http_signature import SKEW_S
from protocol.signature_base import RequestFacts

HEARD_EVERY_S = 60
"""How often a peer's calls are written down at most, seconds."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified caller. `audience`: what its feed shows; `created`: when it signed, by its own clock, seconds."""

    did: str
    peer: peers.Peer | None
    audience: str
    created: int


def active_peer(node: Node, facts: RequestFacts) -> Caller:
    """The peer that signed this request. Raises `BadSignature`, or `NotAllowed` when it is none of our active peers."""
    caller = anybody(node, facts, None)
    state = caller.peer.state if caller.peer else None
    if state == peers.BLOCKED:
        raise NotAllowed("this node has blocked you", "peer_blocked")
    if state == peers.PAUSED:
        raise NotAllowed("this node has paused the peering with you", "peer_paused")
    if state != peers.ACTIVE:
        raise NotAllowed("you are not a peer of this node: ask its administrator", "not_a_peer")
    assert caller.peer is not None
    _note_heard(node, caller.peer, caller.created)
    return caller


def anybody(node: Node, facts: RequestFacts, chain: Chain | None) -> Caller:
    """Whoever signed this request. `chain`: the cards that came with it (a request to become peers), or None.

    What was brought counts as far as it fits what we hold (`admission.joined`). Raises `BadSignature`: unknown_key,
    replayed, and what `http_signature.check_request` says.
    """

    def key_of(keyid: str) -> Ed25519PublicKey:
        did, key = didkey.split_method(keyid)
        with node.database.reading() as connection:
            if chain is not None and chain.origin == did:
                trusted: Chain | None = admission.joined(connection, chain)
            else:
                trusted = chains.chain_of(connection, did)
        if trusted is None or trusted.state_of(key) != "active":
            raise BadSignature("no card that is held here lists this key as active", "unknown_key")
        return didkey.public_key(key)

    signed = http_signature.check_request(facts, node.did, node.now(), key_of)
    did = didkey.split_method(signed.keyid)[0]
    _use_nonce(node, signed)
    with node.database.reading() as connection:
        peer = peers.find(connection, did)
    return Caller(did, peer, MEMBERS, signed.created)


def _note_heard(node: Node, peer: peers.Peer, created: int) -> None:
    """Write down that a peer has called us, once a minute. One that was silent for an hour or more is met soon."""
    now = node.now()
    if peer.heard_at is not None and 0 <= now - peer.heard_at < HEARD_EVERY_S:
        return
    back = peer.failures > 0 and now - (contact_of(peer) or 0) > LATE_S
    with contextlib.suppress(StoreProblem), node.database.writing() as connection:  # a full disk must not stop reading
        skew = created - now if peer.url is None else None
        peers.hear(connection, peer.did, now, skew, hurry=back)


def _use_nonce(node: Node, signed: http_signature.SignedBy) -> None:
    try:
        with node.database.writing() as connection:
            fresh = notes.use_nonce(connection, signed.keyid, signed.nonce, signed.expires + SKEW_S, node.now())
    except StoreFull:
        return  # a full disk turns the node read-only; reading again what was read is harmless
    if not fresh:
        raise BadSignature("this request was made before", "replayed")
