"""A node that recovers becomes a peer again of those whom it had as peers, as far as its own records say so.

Its list of peers may be older than the last peering, or lost. Its vouches are not: they come back from the network, and
each names a node that an administrator of this one had accepted. Who vouches for us is asked as well. The end of the
recovery waits until each of them was tried. Called by `sync` after a meeting while the node recovers, and by
`rebuilding` for the peers that a person names.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection

from node import admission, intake, peering, recovering, vouching
from node.assembly import Node
from node.errors import NodeError, NotAllowed
from node.federation import outbound
from node.federation.client import PeerClient
from node.store import chains, notes, peers, records
from node.store.peers import ACTIVE, Peer
from node.store.records import OURSELVES
from protocol.card import Chain
from protocol.errors import ProtocolError

_ACTOR = "system"
_VOUCHES_MOST = 1_000


def take_up(node: Node) -> None:
    """Ask everybody whom our own vouches name, or who vouches for us, and who is not in our list of peers.

    Each is tried once. Whom nobody can reach is made a peer at once: our vouch says that we had accepted it, and it
    calls. Never raises for what a peer does.
    """
    with node.database.reading() as connection:
        if not recovering.is_on(connection):
            return
        named = _named(connection, node)
        wanted = named | set(vouching.by_others(connection, node, node.did))
        known = {peer.did for peer in peers.everyone(connection)} | recovering.tried(connection)
    for did in sorted(wanted - known - {node.did}):
        code = "unreachable"
        try:
            chain = _chain_of(node, did)
            if chain is not None and chain.head.url is not None:
                befriend(node, chain.head.url, did, _ACTOR)
                continue
            if chain is not None and did in named:
                _expect(node, chain)
                continue
        except (NodeError, ProtocolError) as error:
            code = error.code
        recovering.note_tried(node, did, code)


def befriend(node: Node, url: str, did: str, actor: str) -> Peer:
    """Ask a node that knew us to go on as our peer; if it still holds us as one, it is one at once.

    Raises `PeerProblem`, and `NotAllowed`: `wrong_identity`, `request_refused`, `address_taken`, `blocked`.
    """
    with node.database.reading() as connection:
        known = peers.find(connection, did)
    if known is not None and known.state == ACTIVE:
        return known
    with outbound.open_session(node.config.sync_private_addresses) as session:
        url = outbound.checked_url(url, node.config.sync_private_addresses)
        client = PeerClient(node, url, did, session)
        chain = chains.brought(client.chain(did))
        if chain.origin != did:
            raise NotAllowed("the node's cards are not those of its identity", "wrong_identity")
        peering.note_request_of_ours(node, chain, url, "", actor, checked="", vouch=True)
        return peering.ask_again(node, client, did)


def _named(connection: Connection, node: Node) -> set[str]:
    given = records.latest(connection, OURSELVES, ("Vouch",), node.did, limit=_VOUCHES_MOST)
    return {vouch.about for vouch in given if vouch.about}


def _chain_of(node: Node, did: str) -> Chain | None:
    """The cards of a node that our vouch names: held, or asked of our peers. Our own vouch admits nobody here."""
    with node.database.reading() as connection:
        held = chains.held_chain(connection, did)
        active = [peer for peer in peers.everyone(connection, ACTIVE) if peer.url]
    if held is not None:
        return held
    for peer in active:
        with suppress(NodeError, ProtocolError), outbound.open_session(node.config.sync_private_addresses) as session:
            found = chains.brought(PeerClient(node, peer.url or "", peer.did, session).chain(did))
            if found.origin == did:
                return found
    return None


def _expect(node: Node, chain: Chain) -> None:
    did, now = chain.origin, node.now()
    with node.database.writing() as connection:
        peers.add(connection, did, now, asked_by="us", url=None, chain=peering.lines_of(chain), note="")
        peers.move(connection, did, ACTIVE, now)
        notes.act(connection, now, _ACTOR, "accept", did, "vouched for before the restore")
        came = admission.recompute(connection, node)
    intake.admit_many(node, [card.envelope.data for card in chain.cards], did)
    intake.reconsider(node, came | {did})
