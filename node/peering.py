"""How two nodes become peers, and how that ends: mutual consent of two administrators, one state for each peer.

A asks B (`request`); B's administrator compares the fingerprint words and accepts; or A brings an invitation that B
gave. Two nodes that asked each other have both consented. Accepting admits the peer's records, and, unless told
otherwise, vouches for it to the rest of the network. Source: docs/protocol.md section 5.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Connection

from node import admission, intake, publish
from node.assembly import Node
from node.errors import AddressRefused, NodeError, NotAllowed
from node.federation import outbound
from node.federation.client import PeerClient
from node.store import chains, notes, peers, records
from node.store.peers import ACTIVE, BLOCKED, ENDED, PAUSED, REQUESTED, Peer
from protocol.card import Chain, resolve
from protocol.errors import ChainProblem
from protocol.wire import PeeringAnswer, PeeringRequest

WAITING_MOST = 200
"""Requests from strangers that wait for the administrator at one time."""

_MARK = "wasl-invite="


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change of peers would hide: `origins` DIDs and `records` live revisions of theirs."""

    origins: tuple[str, ...]
    records: int


def chain_from(lines: Sequence[bytes]) -> Chain:
    """The chain that cards brought by a stranger make. Raises `ChainProblem` when they make none."""
    found = chains.verified(lines)
    if len({card.envelope.origin for card in found}) != 1:
        raise ChainProblem("a request brings the valid cards of one node")
    chain = resolve(found)
    if chain is None:
        raise ChainProblem("the chain's first card is missing")
    return chain


def create_invitation(node: Node, label: str = "", hours: int = 72) -> str:
    """A single-use invitation link, valid for `hours`. Shown once: only a hash of its token is kept.

    Raises `NotAllowed` (`no_address`) for a node that nobody can reach: it asks instead of inviting.
    """
    with node.database.reading() as connection:
        chain = chains.chain_of(connection, node.did)
    url = chain.head.url if chain else None
    if url is None:
        raise NotAllowed(
            "this node has no public address, so nobody can follow its invitation: ask the other",
            "no_address",
        )
    token = secrets.token_hex(16)
    now = node.now()
    with node.database.writing() as connection:
        notes.add_invitation(connection, _hash(token), label, now, now + hours * 3600)
        notes.act(connection, now, "administrator", "invite", label)
    return f"{url}#{_MARK}{node.did}.{token}"


def revoke_invitation(node: Node, link: str) -> None:
    """Withdraw an invitation that nobody has used. Raises `NotFound`."""
    _, _, token = _target(link)
    with node.database.writing() as connection:
        notes.revoke_invitation(connection, _hash(token), node.now())
        notes.act(connection, node.now(), "administrator", "revoke_invitation")


def request(node: Node, target: str, note: str = "", actor: str = "administrator") -> Peer:
    """Ask the node at `target` (its address, or an invitation) to become peers. Talks to it now.

    Raises `Unreachable`, `PeerRefused`, `AddressRefused`, or `NotAllowed`: `own_address`, `wrong_identity`,
    `request_refused`.
    """
    url, expected, token = _target(target)
    session = outbound.open_session(node.config.sync_private_addresses)
    url = outbound.checked_url(url, node.config.sync_private_addresses)
    did = PeerClient(node, url, "", session).info().did
    if did == node.did:
        raise NotAllowed("this is our own address", "own_address")
    if expected and did != expected:
        raise NotAllowed("another node answers there than the one that invited: do not go on", "wrong_identity")
    client = PeerClient(node, url, did, session)
    chain = chain_from(client.chain(did))
    if chain.origin != did:
        raise NotAllowed("the node's cards are not those of its identity", "wrong_identity")
    with node.database.writing() as connection:
        _free_address(connection, did, url)
        peers.add(connection, did, node.now(), asked_by="us", url=url, chain=_lines(chain), note=note)
        notes.act(connection, node.now(), actor, "request", did, url)
    return ask_again(node, client, did, token, note)


def ask_again(node: Node, client: PeerClient, did: str, token: str = "", note: str = "") -> Peer:
    """Send our request (again) and take the answer in: active, waiting, or refused."""
    with node.database.reading() as connection:
        cards = tuple(chains.cards_of(connection, node.did))
    answer = client.ask(PeeringRequest(cards, note, token))
    if answer.state == ACTIVE:
        return _activate(node, did, answer.chain, actor="peer", checked="")
    if answer.state == ENDED:
        with node.database.writing() as connection:
            peers.move(connection, did, ENDED, node.now(), "them")
        raise NotAllowed("the other node's administrator has declined", "request_refused")
    with node.database.reading() as connection:
        return peers.get(connection, did)


def answer(node: Node, chain: Chain, asked: PeeringRequest) -> PeeringAnswer:
    """What this node says to a verified request. A refusal is remembered; an invitation opens the door at once."""
    did = chain.origin
    now = node.now()
    with node.database.writing() as connection:
        known = peers.find(connection, did)
        if known is not None and known.state == BLOCKED:
            raise NotAllowed("this node has blocked you", "peer_blocked")
        if asked.token:
            notes.use_invitation(connection, _hash(asked.token), did, now)
        if known is None or known.state in (REQUESTED, ENDED):
            refused = known is not None and known.state == ENDED and known.ended_by == "us" and not asked.token
            if not refused:
                known = _note_request(connection, node, chain, asked, known)
        state = known.state if known else REQUESTED
        welcome = state == REQUESTED and (bool(asked.token) or (known is not None and known.asked_by == "us"))
    if welcome:
        state = _activate(node, did, asked.chain, actor="invitation" if asked.token else "peer", checked="").state
    with node.database.reading() as connection:
        cards = tuple(chains.cards_of(connection, node.did))
    return PeeringAnswer(ACTIVE if state == PAUSED else state, cards)


def accept(node: Node, did: str, *, actor: str, checked: str = "", vouch: bool = True) -> Peer:
    """Accept a request. `checked`: how the fingerprint words were compared, for the audit log."""
    with node.database.reading() as connection:
        peer = peers.get(connection, did)
    if peer.state != REQUESTED or peer.asked_by != "them":
        raise NotAllowed("there is no request of this node to accept", "no_request")
    return _activate(node, did, (peer.chain or b"").splitlines(), actor=actor, checked=checked, vouch=vouch)


def pause(node: Node, did: str, *, actor: str) -> Peer:
    """Stop meeting and answering a peer for a while; what came from it stays."""
    return _move(node, did, PAUSED, actor)


def resume(node: Node, did: str, *, actor: str) -> Peer:
    """Go on with a paused peer."""
    return _move(node, did, ACTIVE, actor)


def block(node: Node, did: str, *, actor: str, reason: str = "") -> Peer:
    """Hide what this node, and whoever only it vouches for, has published. Local, and wins over every vouch."""
    with node.database.writing() as connection:
        if peers.find(connection, did) is None:
            chain = chains.chain_of(connection, did)
            lines = _lines(chain) if chain else b""
            peers.add(connection, did, node.now(), asked_by="us", url=None, chain=lines, note=reason)
    return _move(node, did, BLOCKED, actor, reason)


def unblock(node: Node, did: str, *, actor: str) -> Peer:
    """Lift a block. What was skipped meanwhile comes with the next reconcile; peering must be asked for anew."""
    peer = _move(node, did, ENDED, actor)
    with node.database.writing() as connection:
        peers.note(connection, did, ended_by=None)
        peers.reconcile_all(connection)
    intake.reconsider(node, {did})
    return peer


def end(node: Node, did: str, *, actor: str) -> Peer:
    """End a peering or decline a request; works whether or not the peer can be reached."""
    peer = _move(node, did, ENDED, actor)
    if peer.url is not None:
        session = outbound.open_session(node.config.sync_private_addresses)
        with contextlib.suppress(NodeError):  # it is told when it asks next: our refusal is remembered
            PeerClient(node, peer.url, did, session).end()
    return peer


def ended_by_peer(node: Node, did: str) -> None:
    """The peer has ended the peering."""
    with node.database.writing() as connection:
        peer = peers.get(connection, did)
        if peer.state in (ACTIVE, PAUSED, REQUESTED):
            peers.move(connection, did, ENDED, node.now(), "them")
            notes.act(connection, node.now(), "peer", "ended", did)
            admission.recompute(connection, node)


def preview_block(node: Node, did: str) -> Preview:
    """What blocking `did` would hide, computed and not done."""
    with node.database.reading() as connection:
        before = set(admission.closure(connection, node))
        after = set(admission.closure(connection, node, without=did))
        hidden = tuple(sorted(before - after))
        counts = records.counts(connection, records.OURSELVES)
    return Preview(hidden, sum(count for (origin, _), count in counts.items() if origin in hidden))


def _activate(node: Node, did: str, chain: Sequence[bytes], *, actor: str, checked: str, vouch: bool = True) -> Peer:
    now = node.now()
    with node.database.writing() as connection:
        before = peers.get(connection, did).state
        peer = peers.move(connection, did, ACTIVE, now)
        if before != ACTIVE:
            notes.act(connection, now, actor, "accept", did, checked)
        if checked:
            peers.note(connection, did, checked=f"{actor}: {checked}")
            peer = peers.get(connection, did)
        came = admission.recompute(connection, node)
    intake.admit_many(node, list(chain), did)
    intake.reconsider(node, came | {did})
    if vouch and not _own_vouches(node, did):
        publish.publish(node, publish.Statement("Vouch", {"subject": did}, node.config.node_language))
    return peer


def _move(node: Node, did: str, state: str, actor: str, detail: str = "") -> Peer:
    with node.database.writing() as connection:
        peer = peers.move(connection, did, state, node.now())
        notes.act(connection, node.now(), actor, state, did, detail)
        came = admission.recompute(connection, node)
    intake.reconsider(node, came)
    if state in (BLOCKED, ENDED):
        for uri in _own_vouches(node, did):
            publish.end(node, uri, "withdrawn")
    return peer


def _own_vouches(node: Node, did: str) -> list[str]:
    with node.database.reading() as connection:
        found = records.about(connection, did, records.OURSELVES, ["Vouch"])
    return [stored.uri for stored in found if stored.origin == node.did]


def _note_request(connection: Connection, node: Node, chain: Chain, asked: PeeringRequest, known: Peer | None) -> Peer:
    waiting = peers.everyone(connection, REQUESTED)
    if known is None and len(waiting) >= WAITING_MOST:
        raise NotAllowed("too many requests wait here already: telephone the administrator", "too_many_requests")
    url = chain.head.url
    try:
        url = outbound.checked_url(url, node.config.sync_private_addresses) if url else None
        if url is not None:
            _free_address(connection, chain.origin, url)
    except AddressRefused:
        url = None
    return peers.add(
        connection, chain.origin, node.now(), asked_by="them", url=url, chain=_lines(chain), note=asked.note
    )


def _free_address(connection: Connection, did: str, url: str) -> None:
    """Raise `NotAllowed` (`address_taken`) when another peer stands at this address: identity is the key."""
    for peer in peers.everyone(connection, REQUESTED, ACTIVE, PAUSED):
        if peer.url == url and peer.did != did:
            raise NotAllowed(
                "another peer has this address: end that peering first if the node was replaced",
                "address_taken",
            )


def _lines(chain: Chain) -> bytes:
    return b"\n".join(card.envelope.data for card in chain.cards)


def _target(text: str) -> tuple[str, str, str]:
    """(url, expected DID or empty, token or empty) of an address or invitation."""
    url, _, fragment = text.strip().partition("#")
    if not fragment:
        return url, "", ""
    did, dot, token = fragment.removeprefix(_MARK).rpartition(".")
    if not fragment.startswith(_MARK) or not dot or not did.startswith("did:key:") or not urlsplit(url).netloc:
        raise NotAllowed(
            "this is no invitation: it looks like https://node.example#wasl-invite=did:key:….…",
            "bad_invitation",
        )
    return url, did, token


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8")).digest()
