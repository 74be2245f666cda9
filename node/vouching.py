"""Vouches: a signed record by which this node introduces another to the network, and its withdrawal.

A vouch widens what *others* admit, never what we admit: our own rules count the vouches of our peers. Called by
`peering` when a peer is accepted, blocked or ended, and by an administrator by itself. What cannot be signed at that
moment (a node that recovers, a clock that went back) is owed, and given after a later meeting (`catch_up`).
"""

from __future__ import annotations

import contextlib

from sqlalchemy import Connection

from node import admission, publish
from node.assembly import Node
from node.errors import NodeError, NotAllowed, StoreProblem
from node.store import notes, peers, records
from node.store.peers import ACTIVE, PAUSED

_OWED = "vouches_owed"
_WITHHELD = "vouches_withheld"
_PASSING = frozenset({"recovering", "doubled", "clock_backwards"})


def vouch(node: Node, did: str, *, actor: str) -> None:
    """Introduce a peer of ours to the network. Nothing happens when we have done so already.

    Raises `NotAllowed` (`vouch_needs_peer`) for a node that is no peer of ours, and what `publish` raises.
    """
    with node.database.reading() as connection:
        peer = peers.find(connection, did)
        given = own(connection, node, did)
    if peer is None or peer.state not in (ACTIVE, PAUSED):
        raise NotAllowed("this node vouches only for its own peers: become peers first", "vouch_needs_peer")
    if not given:
        publish.publish(node, publish.Statement("Vouch", {"subject": did}, node.config.node_language))
    with node.database.writing() as connection:
        notes.keep(connection, _OWED, did, None)
        notes.keep(connection, _WITHHELD, did, None)
        if not given:
            notes.act(connection, node.now(), actor, "vouch", did)


def withdraw(node: Node, did: str, *, actor: str) -> int:
    """Take our vouches for a node back. Returns how many there were. Raises what `publish.end` raises."""
    with node.database.reading() as connection:
        given = own(connection, node, did)
    for uri in given:
        publish.end(node, uri, "withdrawn")
    with node.database.writing() as connection:
        notes.keep(connection, _OWED, did, None)
        if given:
            notes.act(connection, node.now(), actor, "unvouch", did)
    return len(given)


def introduce(node: Node, did: str, *, actor: str) -> None:
    """Vouch for a new peer, unless it was said not to (`withhold`); owe the vouch when nothing can be signed now."""
    with node.database.reading() as connection:
        if did in notes.kept(connection, _WITHHELD):
            return
    try:
        vouch(node, did, actor=actor)
    except (NotAllowed, StoreProblem) as error:
        if isinstance(error, NotAllowed) and error.code not in _PASSING:
            raise
        with node.database.writing() as connection:
            notes.keep(connection, _OWED, did, actor)


def take_back(node: Node, did: str, *, actor: str) -> None:
    """Withdraw on ending or blocking: what cannot be signed now is owed as a withdrawal."""
    try:
        withdraw(node, did, actor=actor)
    except NotAllowed as error:
        if error.code not in _PASSING:
            raise
        with node.database.writing() as connection:
            notes.keep(connection, _OWED, did, "-" + actor)


def withhold(connection: Connection, did: str, *, withheld: bool) -> None:
    """Remember that this node shall (not) be introduced once it has become a peer."""
    notes.keep(connection, _WITHHELD, did, "1" if withheld else None)


def catch_up(node: Node) -> None:
    """Give the vouches, and the withdrawals, that are owed. Costs one look when there are none."""
    with node.database.reading() as connection:
        owed = notes.kept(connection, _OWED)
        known = {peer.did for peer in peers.everyone(connection, ACTIVE, PAUSED)} if owed else set()
    for did, actor in owed.items():
        with contextlib.suppress(NodeError):  # owed until it can be done; a meeting does not fail by it
            if actor.startswith("-"):
                take_back(node, did, actor=actor[1:])
            elif did in known:
                introduce(node, did, actor=actor)
            else:
                with node.database.writing() as connection:
                    notes.keep(connection, _OWED, did, None)


def own(connection: Connection, node: Node, did: str) -> list[str]:
    """URIs of our live vouches for a node."""
    found = records.about(connection, did, records.OURSELVES, ["Vouch"])
    return [stored.uri for stored in found if stored.origin == node.did]


def by_others(connection: Connection, node: Node, did: str) -> tuple[str, ...]:
    """DIDs of the admitted nodes, other than us, that vouch for this one."""
    given = admission.vouches(connection)
    return tuple(sorted(voucher for voucher, subjects in given.items() if did in subjects and voucher != node.did))
