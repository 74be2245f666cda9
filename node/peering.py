"""How two nodes become peers, and how that ends: mutual consent of two administrators, one state for each peer.

A asks B (`request`); B's administrator compares the fingerprint words and accepts; or A brings an invitation that B
gave (`inviting`). Two nodes that asked each other have both consented. Accepting admits the peer's records, and, unless
told otherwise, vouches for it to the rest of the network. What we say when another asks is `answering`.
Source: docs/protocol.md section 5.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from sqlalchemy import Connection

from node import admission, intake, inviting, vouching
from node.assembly import Node
from node.errors import NodeError, NotAllowed
from node.federation import outbound
from node.federation.client import PeerClient
from node.store import chains, notes, peers
from node.store.peers import ACTIVE, BLOCKED, ENDED, PAUSED, REQUESTED, Peer
from protocol import moment
from protocol.card import Chain
from protocol.wire import PeeringRequest

UNDO_S = 7 * 86_400
"""How long lifting a block puts back what was before it, seconds."""

_BEFORE_BLOCK = "before_block"


def request(
    node: Node, target: str, note: str = "", actor: str = "administrator", checked: str = "", vouch: bool = True
) -> Peer:
    """Ask the node at `target` (its address, or an invitation) to become peers. Talks to it now.

    `checked`: how the fingerprint words were compared, if they were; `vouch`: introduce it once it is a peer. Raises
    `Unreachable`, `PeerRefused`, `AddressRefused`, or `NotAllowed`: `own_address`, `wrong_identity`, `request_refused`,
    `blocked`.
    """
    url, expected, token = inviting.target_of(target)
    session = outbound.open_session(node.config.sync_private_addresses)
    url = outbound.checked_url(url, node.config.sync_private_addresses)
    info = PeerClient(node, url, "", session).info()
    did = info.did
    if did == node.did:
        raise NotAllowed("this is our own address", "own_address")
    if expected and did != expected:
        raise NotAllowed("another node answers there than the one that invited: do not go on", "wrong_identity")
    client = PeerClient(node, url, did, session)
    chain = chains.brought(client.chain(did))
    if chain.origin != did:
        raise NotAllowed("the node's cards are not those of its identity", "wrong_identity")
    note_request_of_ours(node, chain, url, note, actor, checked=checked, vouch=vouch)
    with node.database.writing() as connection:
        peers.note(connection, did, version=info.software[:40], skew_s=info.time - node.now())
    return ask_again(node, client, did, token, note)


def note_request_of_ours(
    node: Node, chain: Chain, url: str | None, note: str, actor: str, *, checked: str, vouch: bool
) -> Peer:
    """Write down that we wish to be this node's peer. Raises `NotAllowed`: `blocked`, `address_taken`."""
    did = chain.origin
    now = node.now()
    with node.database.writing() as connection:
        known = peers.find(connection, did)
        if known is not None and known.state == BLOCKED:
            raise NotAllowed("this node blocks it: lift the block first", "blocked")
        if url is not None:
            free_address(connection, did, url)
        peers.add(connection, did, now, asked_by="us", url=url, chain=lines_of(chain), note=note)
        vouching.withhold(connection, did, withheld=not vouch)
        notes.act(connection, now, actor, "request", did, url or "")
        if checked:
            _note_check(connection, did, checked, actor, now)
        return peers.get(connection, did)


def ask_again(node: Node, client: PeerClient, did: str, token: str = "", note: str = "") -> Peer:
    """Send our request (again) and take the answer in: active, waiting, or refused."""
    with node.database.reading() as connection:
        cards = tuple(chains.cards_of(connection, node.did))
    answer = client.ask(PeeringRequest(cards, note, token))
    if answer.state == ACTIVE:
        return activate(node, did, answer.chain, actor="peer")
    if answer.state == ENDED:
        with node.database.writing() as connection:
            peers.move(connection, did, ENDED, node.now(), "them")
        raise NotAllowed("the other node's administrator has declined", "request_refused")
    now = node.now()
    with node.database.writing() as connection:
        told = "the other node's administrator has not answered yet"
        peers.note(connection, did, error_code="waiting", error=told, tried_at=now)
        return peers.get(connection, did)


def accept(node: Node, did: str, *, actor: str, checked: str = "", vouch: bool = True) -> Peer:
    """Accept a request. `checked`: how the fingerprint words were compared, for the audit log. Raises `NotAllowed`:
    `no_request`, `address_taken`."""
    with node.database.reading() as connection:
        peer = peers.get(connection, did)
    if peer.state != REQUESTED or peer.asked_by != "them":
        raise NotAllowed("there is no request of this node to accept", "no_request")
    with node.database.writing() as connection:
        if peer.url is not None:
            free_address(connection, did, peer.url)
        vouching.withhold(connection, did, withheld=not vouch)
    return activate(node, did, (peer.chain or b"").splitlines(), actor=actor, checked=checked)


def check(node: Node, did: str, how: str, *, actor: str) -> Peer:
    """Write down that the fingerprint words were compared: `how`, and with whom. Raises `NotAllowed` for no words."""
    if not how.strip():
        raise NotAllowed("the words must have been compared: say how and with whom", "words_not_checked")
    with node.database.writing() as connection:
        peers.get(connection, did)
        _note_check(connection, did, how.strip(), actor, node.now())
        notes.act(connection, node.now(), actor, "check", did, how.strip())
        return peers.get(connection, did)


def sync_now(node: Node, did: str, *, actor: str) -> Peer:
    """Let the worker meet this peer at once. Raises `NotAllowed`: `peer_not_reachable`, `peer_not_active`."""
    with node.database.writing() as connection:
        peers.must_be_met(peers.get(connection, did))
        peers.hurry(connection, did, node.now())
        notes.act(connection, node.now(), actor, "sync_now", did)
        return peers.get(connection, did)


def pause(node: Node, did: str, *, actor: str) -> Peer:
    """Stop meeting and answering a peer for a while; what came from it stays."""
    return _move(node, did, PAUSED, actor)


def resume(node: Node, did: str, *, actor: str) -> Peer:
    """Go on with a paused peer. Raises `NotAllowed` (`bad_move`) for a peer that is not paused."""
    with node.database.reading() as connection:
        peer = peers.get(connection, did)
    if peer.state not in (ACTIVE, PAUSED):
        raise NotAllowed(f"a peer that is {peer.state} cannot be resumed", "bad_move")
    return _move(node, did, ACTIVE, actor)


def block(node: Node, did: str, *, actor: str, reason: str = "") -> Peer:
    """Hide what this node, and whoever only it vouches for, has published. Local, and wins over every vouch."""
    if did == node.did:
        raise NotAllowed("this is this node itself", "own_address")
    with node.database.writing() as connection:
        known = peers.find(connection, did)
        if known is None:
            chain = chains.chain_of(connection, did)
            lines = lines_of(chain) if chain else b""
            peers.add(connection, did, node.now(), asked_by="us", url=None, chain=lines, note=reason)
        if known is None or known.state != BLOCKED:
            vouched = " vouched" * bool(vouching.own(connection, node, did))
            notes.keep(connection, _BEFORE_BLOCK, did, known.state + vouched if known else None)
        peer, came = _decide(connection, node, did, BLOCKED, actor, reason)
    intake.reconsider(node, came)
    vouching.take_back(node, did, actor=actor)
    return peer


def unblock(node: Node, did: str, *, actor: str) -> Peer:
    """Lift a block; what was skipped meanwhile comes with the next reconcile.

    Within seven days the peering goes on as it was before. Later, or where there was none, it must be asked for anew.
    """
    now = node.now()
    with node.database.writing() as connection:
        back = going_back_to(connection, peers.get(connection, did), now)
        vouched = notes.kept(connection, _BEFORE_BLOCK).get(did, "").endswith(" vouched")
        peer = peers.lift(connection, did, now, back)
        notes.keep(connection, _BEFORE_BLOCK, did, None)
        notes.act(connection, now, actor, "unblock", did, peer.state)
        came = admission.recompute(connection, node)
        peers.reconcile_all(connection)
    intake.reconsider(node, came | {did})
    if vouched and peer.state in (ACTIVE, PAUSED):
        vouching.introduce(node, did, actor=actor)
    return peer


def undo_until(connection: Connection, peer: Peer) -> int | None:
    """Until when lifting this block puts the peering back, or None where there is nothing to put back."""
    if peer.state != BLOCKED or peer.did not in notes.kept(connection, _BEFORE_BLOCK):
        return None
    return peer.changed_at + UNDO_S


def going_back_to(connection: Connection, peer: Peer, now: int) -> str | None:
    """The state to which lifting this block goes back; None: to `ended`, because it is long ago or there was none."""
    until = undo_until(connection, peer)
    if until is None or now > until:
        return None
    return notes.kept(connection, _BEFORE_BLOCK)[peer.did].partition(" ")[0]


def end(node: Node, did: str, *, actor: str) -> Peer:
    """End a peering or decline a request; works whether or not the peer can be reached."""
    peer = _move(node, did, ENDED, actor)
    vouching.take_back(node, did, actor=actor)
    if peer.url is not None:
        session = outbound.open_session(node.config.sync_private_addresses)
        with contextlib.suppress(NodeError):  # it is told when it asks next: our refusal is remembered
            PeerClient(node, peer.url, did, session).end()
    return peer


def activate(node: Node, did: str, chain: Sequence[bytes], *, actor: str, checked: str = "") -> Peer:
    """Both sides have consented: become active peers, take its cards (`chain`) in, and introduce it."""
    now = node.now()
    with node.database.writing() as connection:
        before = peers.get(connection, did).state
        peer = peers.move(connection, did, ACTIVE, now)
        if before != ACTIVE:
            notes.act(connection, now, actor, "accept", did, checked)
        if checked:
            _note_check(connection, did, checked, actor, now)
            peer = peers.get(connection, did)
        came = admission.recompute(connection, node)
    intake.admit_many(node, list(chain), did)
    intake.reconsider(node, came | {did})
    if before != ACTIVE:
        vouching.introduce(node, did, actor="system" if actor in ("peer", "invitation") else actor)
    return peer


def _move(node: Node, did: str, state: str, actor: str) -> Peer:
    with node.database.writing() as connection:
        peer, came = _decide(connection, node, did, state, actor)
    intake.reconsider(node, came)
    return peer


def _decide(
    connection: Connection, node: Node, did: str, state: str, actor: str, detail: str = ""
) -> tuple[Peer, set[str]]:
    """Move a peer, write it down, and bring admission up to date. Returns the peer and the newly admitted DIDs."""
    peer = peers.move(connection, did, state, node.now())
    notes.act(connection, node.now(), actor, state, did, detail)
    return peer, admission.recompute(connection, node)


def _note_check(connection: Connection, did: str, how: str, actor: str, now: int) -> None:
    peers.note(connection, did, checked=f"{how[:400]} ({actor}, {moment.to_text(now)[:10]})")


def free_address(connection: Connection, did: str, url: str) -> None:
    """Raise `NotAllowed` (`address_taken`) when another peer stands at this address: identity is the key."""
    if peers.at_address(connection, url, did):
        raise NotAllowed(
            "another peer has this address: end that peering first if the node was replaced",
            "address_taken",
        )


def lines_of(chain: Chain) -> bytes:
    """A chain as it is kept with a request: exact bytes, a line each."""
    return b"\n".join(card.envelope.data for card in chain.cards)
