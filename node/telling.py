"""Our newest card, told to a peer before anything else is said: a new key or another address is known at once.

A peer refuses a signature by a key that it has not read of, and calls us at the address that it knows. So a meeting
begins by sending our chain (`POST /peerings`) to whoever has not answered to its newest card yet. On the other side
`answering` gives it to the door; nothing else changes there. A card that only revokes is not told: it travels behind
the records that were signed anew, so that readers there find them at every moment. Called by `sync`. Source:
docs/protocol.md section 6.
"""

from __future__ import annotations

import contextlib

from node import intake
from node.assembly import Node
from node.errors import PeerProblem
from node.federation.client import PeerClient
from node.store import chains, peers
from node.store.peers import ACTIVE, ENDED, Peer
from protocol.card import Card, Chain
from protocol.limits import MAX_CHAIN_BYTES
from protocol.wire import PeeringRequest


def owed(node: Node, peer: Peer) -> bytes | None:
    """Digest of our newest card while this peer has not answered to it; None when it has."""
    with node.database.reading() as connection:
        chain = chains.chain_of(connection, node.did)
    digest = _tellable(chain, node.signing.multikey)[-1].envelope.digest if chain is not None else None
    return digest if digest != peer.told_card else None


def tell(node: Node, client: PeerClient, did: str) -> Peer:
    """Send our chain to an active peer and take its own in. Returns the peer: ended, if it says that we are none.

    Raises what the client raises. A chain too long for one message is not told: the peer reads it in our feed.
    """
    with node.database.reading() as connection:
        chain = chains.chain_of(connection, node.did)
    told = _tellable(chain, node.signing.multikey) if chain is not None else ()
    request = PeeringRequest(tuple(card.envelope.data for card in told), "", "")
    if not told or len(request.to_bytes()) > MAX_CHAIN_BYTES:
        return _peer(node, did)
    answer = client.ask(request)
    if answer.state == ENDED:
        with node.database.writing() as connection:
            return peers.move(connection, did, ENDED, node.now(), "them")
    if answer.state == ACTIVE:
        intake.admit_many(node, answer.chain, did)
        note_told(node, did, told[-1].envelope.digest)
    return _peer(node, did)


def hear(node: Node, client: PeerClient, did: str) -> None:
    """A peer does not know our key: read what it holds of our own cards. Perhaps one came that we did not write.

    The door gives it to `sightings` then, and an administrator hears of it. Open to everybody, so never refused.
    """
    with contextlib.suppress(PeerProblem):
        intake.admit_many(node, client.chain(node.did), did)


def _tellable(chain: Chain, key: str) -> tuple[Card, ...]:
    """The chain without the cards at its end that do nothing but revoke: `key` speaks, and the address is the same."""
    cards = chain.cards
    while len(cards) > 1 and _only_revokes(cards[-1], cards[-2]) and cards[-2].keys.get(key) == "active":
        cards = cards[:-1]
    return cards


def _only_revokes(card: Card, before: Card) -> bool:
    worse = {key for key, state in card.keys.items() if state == "revoked" != before.keys.get(key)}
    return bool(worse) and card.url == before.url


def note_told(node: Node, did: str, digest: bytes) -> None:
    """Write down that a peer has answered to the card with this digest."""
    with node.database.writing() as connection:
        peers.note(connection, did, told_card=digest)


def _peer(node: Node, did: str) -> Peer:
    with node.database.reading() as connection:
        return peers.get(connection, did)
