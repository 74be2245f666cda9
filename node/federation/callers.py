"""Who speaks: the signature of a request from a peer, checked, and whether that peer may."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from node.assembly import Node
from node.errors import NotAllowed, StoreFull
from node.store import chains, notes, peers
from node.store.records import MEMBERS
from protocol import didkey, http_signature
from protocol.card import Chain
from protocol.errors import BadSignature
from protocol.http_signature import SKEW_S
from protocol.signature_base import RequestFacts


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified caller. `audience`: what its feed shows."""

    did: str
    peer: peers.Peer | None
    audience: str


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
    return caller


def anybody(node: Node, facts: RequestFacts, chain: Chain | None) -> Caller:
    """Whoever signed this request. `chain`: the cards that came with it (a request to become peers), or None.

    Cards that we hold count before cards that were brought, unless what was brought goes on from them. Raises
    `BadSignature`: unknown_key, replayed, and what `http_signature.check_request` says.
    """

    def key_of(keyid: str) -> Ed25519PublicKey:
        did, key = didkey.split_method(keyid)
        with node.database.reading() as connection:
            held = chains.chain_of(connection, did)
        trusted = held if chain is None or chain.origin != did else _longer(held, chain)
        if trusted is None or trusted.state_of(key) != "active":
            raise BadSignature("no card that is held here lists this key as active", "unknown_key")
        return didkey.public_key(key)

    signed = http_signature.check_request(facts, node.did, node.now(), key_of)
    did = didkey.split_method(signed.keyid)[0]
    _use_nonce(node, signed)
    with node.database.reading() as connection:
        peer = peers.find(connection, did)
    return Caller(did, peer, MEMBERS)


def _use_nonce(node: Node, signed: http_signature.SignedBy) -> None:
    try:
        with node.database.writing() as connection:
            fresh = notes.use_nonce(connection, signed.keyid, signed.nonce, signed.expires + SKEW_S, node.now())
    except StoreFull:
        return  # a full disk turns the node read-only; reading again what was read is harmless
    if not fresh:
        raise BadSignature("this request was made before", "replayed")


def _longer(held: Chain | None, brought: Chain) -> Chain:
    """The brought chain if we hold none, or if it goes on from the one that we hold."""
    if held is None:
        return brought
    known = [card.envelope.digest for card in held.cards]
    theirs = [card.envelope.digest for card in brought.cards]
    return brought if theirs[: len(known)] == known else held
