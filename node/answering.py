"""What this node says when another asks to become its peer, or says that it is one no more.

Called by the federation's server with a request whose signature holds. A stranger can leave one request, and no more
than `WAITING_MOST` strangers theirs; a refusal is remembered, so that asking again changes nothing (attacks H1).
"""

from __future__ import annotations

from sqlalchemy import Connection

from node import admission, intake, inviting, peering
from node.assembly import Node
from node.errors import AddressRefused, NotAllowed
from node.federation import outbound
from node.store import chains, notes, peers
from node.store.peers import ACTIVE, BLOCKED, ENDED, PAUSED, REQUESTED, Peer
from protocol.card import Chain
from protocol.wire import PeeringAnswer, PeeringRequest

WAITING_MOST = 200
"""Requests from strangers that wait for the administrator at one time."""


def answer(node: Node, chain: Chain, asked: PeeringRequest) -> PeeringAnswer:
    """What this node says to a verified request. A refusal is remembered; an invitation opens the door at once.

    A peer calls this also to tell its newest card (a new key, another address): the door admits it, no state changes.
    """
    did = chain.origin
    now = node.now()
    with node.database.writing() as connection:
        known = peers.find(connection, did)
        if known is not None and known.state == BLOCKED:
            raise NotAllowed("this node has blocked you", "peer_blocked")
        if asked.token:
            notes.use_invitation(connection, inviting.hash_of(asked.token), did, now)
        if known is None or known.state in (REQUESTED, ENDED):
            refused = known is not None and known.state == ENDED and known.ended_by == "us" and not asked.token
            if not refused:
                known = _note_request(connection, node, chain, asked, known)
        state = known.state if known else REQUESTED
        welcome = state == REQUESTED and (bool(asked.token) or (known is not None and known.asked_by == "us"))
    if welcome:
        state = peering.activate(node, did, asked.chain, actor="invitation" if asked.token else "peer").state
    elif state in (ACTIVE, PAUSED):
        intake.admit_many(node, [card.envelope.data for card in chain.cards], did)  # it tells us its newest card
    with node.database.reading() as connection:
        cards = tuple(chains.cards_of(connection, node.did))
    return PeeringAnswer(ACTIVE if state == PAUSED else state, cards)


def ended_by_peer(node: Node, did: str) -> None:
    """The peer has ended the peering, or taken its request back."""
    with node.database.writing() as connection:
        peer = peers.get(connection, did)
        if peer.state == REQUESTED and peer.asked_by == "them":
            peers.forget_request(connection, did)
        elif peer.state in (ACTIVE, PAUSED, REQUESTED):
            peers.move(connection, did, ENDED, node.now(), "them")
            notes.act(connection, node.now(), "peer", "ended", did)
            admission.recompute(connection, node)


def _note_request(connection: Connection, node: Node, chain: Chain, asked: PeeringRequest, known: Peer | None) -> Peer:
    strangers = sum(peer.asked_by == "them" for peer in peers.everyone(connection, REQUESTED))
    if known is None and not asked.token and strangers >= WAITING_MOST:
        raise NotAllowed("too many requests wait here already: telephone the administrator", "too_many_requests")
    url = chain.head.url
    try:
        url = outbound.checked_url(url, node.config.sync_private_addresses) if url else None
        if url is not None:
            peering.free_address(connection, chain.origin, url)
    except AddressRefused:
        url = None
    return peers.add(
        connection, chain.origin, node.now(), asked_by="them", url=url, chain=peering.lines_of(chain), note=asked.note
    )
