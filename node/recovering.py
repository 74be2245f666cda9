"""A node that lost some of what it had published: it serves and pulls, and publishes again when its own is back.

Why: whoever publishes on from an old copy gives a number twice, and its records fork. The network is the backup, so the
state ends by itself when everybody who may have something of ours has been asked (`_waits_for` has the rule):
at least one active peer has given all it has; each other that has an address was tried; peers that nobody can reach
have had an hour to call, which every living one does. An administrator may end it before (`go_on`). Told of meetings by
`sync` and of calls by the federation's server. Source: docs/protocol.md, docs/restoring.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from node import speech, vouching
from node.assembly import Node
from node.errors import KeysUnsafe, NotAllowed
from node.logs import facts, get_log
from node.sentences import N_
from node.store import chains, feed, notes, peers, sightings
from node.store.copies import BACKUP, CALLED, MET, NETWORK, OTHER_MACHINE, RECOVERY, ROLLED_BACK, TRIED
from node.store.peers import ACTIVE, Peer

CALLERS_WAIT_S = 3_600
"""How long peers that nobody can reach are waited for: a living one calls at least that often (`sync`), seconds."""

_ASKED = "asked "
_log = get_log("recovering")

_REASONS = {
    BACKUP: N_("This node was restored from a backup."),
    NETWORK: N_("This node was made again from what its peers hold."),
    ROLLED_BACK: N_("This machine was put back to an older copy, and takes back what it had published since."),
    OTHER_MACHINE: N_("A second machine ran as this node; this one takes over what the other has published."),
}

_WAITS: dict[str, tuple[str, str]] = {
    "no_peer": (
        N_("There is no active peer that could give our own records back."),
        N_("Ask a peer that knew this node: `wasl peer request ADDRESS`. If there never was one, end the recovery."),
    ),
    "key_replaced": (
        N_("The signing key of this copy was replaced after the copy was made: peers refuse it."),
        N_("Bring a new key in with the recovery sheet: `wasl recover --new-key`."),
    ),
    "nobody_met": (
        N_("No peer has given our own records back yet."),
        N_("Wait a minute, or run `wasl sync`. If no peer answers, telephone an administrator."),
    ),
    "some_untried": (
        N_("Some peers have not been asked yet."),
        N_("Wait a minute, or run `wasl sync`."),
    ),
    "callers": (
        N_("Peers that nobody can reach, and that call us, have not called yet. They are waited for an hour."),
        N_("Wait; whoever lives calls within the hour."),
    ),
    "own_held": (
        N_("Records of ours came back dated in the future: a clock is wrong."),
        N_("Set the clock (`timedatectl set-ntp true`), then let them in: `wasl quarantine retry --all`."),
    ),
    "": (
        N_("All is back; the node is about to publish again."),
        N_("Nothing to do."),
    ),
}
"""What is still missing, and what to do."""

_CONTACTS = {
    "met": N_("It has given all that it has."),
    "tried": N_("It was tried and did not answer."),
    "untried": N_("It was not tried yet."),
    "calls_us": N_("Nobody can reach it: it calls us, and has not yet."),
}

_RISK = N_(
    "If a peer that was not asked holds newer records of this node, the next records that you publish may contradict "
    "them: they fork, and every node shows the one of the two that the rules prefer."
)


@dataclass(frozen=True, slots=True)
class Contact:
    """One active peer. `word`: met | tried | untried | calls_us; `at`: when; `code`: why a try failed."""

    did: str
    name: str | None
    url: str | None
    word: str
    sentence: str
    at: int | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Recovering:
    """The state in words. `waits_for`: a key of `_WAITS`; `backup_at`: the moment of the copy; `back`: records of ours
    that came back since; `held`: those that lie aside. Moments: seconds since 1970."""

    reason: str
    sentence: str
    since: int
    backup_at: int | None
    waits_for: str
    waiting: str
    todo: str
    peers: tuple[Contact, ...]
    back: int
    held: int


def is_on(connection: Connection) -> bool:
    """Whether the node recovers."""
    return notes.value(connection, "state") == "recovering"


def key_speaks(connection: Connection, node: Node) -> bool:
    """Whether our card in force lists the signing key of this machine as active."""
    chain = chains.held_chain(connection, node.did)
    try:
        return chain is None or chain.state_of(node.signing.multikey) == "active"
    except KeysUnsafe:
        return False


def status(node: Node, language: str | None = None) -> Recovering | None:
    """What is still missing and what to do, in words; None for a node that does not recover."""
    spoken = language or node.config.node_language
    say = speech.translations(spoken).gettext
    with node.database.reading() as connection:
        if not is_on(connection):
            return None
        begun = notes.kept(connection, RECOVERY)
        since = int(begun.get("since", "0"))
        waits = _waits_for(connection, node)
        contacts = [_contact(connection, peer, spoken) for peer in peers.everyone(connection, ACTIVE)]
        back = sightings.back_since(connection, node.did, since)
        held = sightings.held(connection, node.did)
    reason = begun.get("reason", BACKUP)
    return Recovering(
        reason=reason,
        sentence=say(_REASONS[reason]),
        since=since,
        backup_at=int(begun["backup_at"]) if "backup_at" in begun else None,
        waits_for=waits,
        waiting=say(_WAITS[waits][0]),
        todo=say(_WAITS[waits][1]),
        peers=tuple(contacts),
        back=back,
        held=held,
    )


def risk(language: str) -> str:
    """What may happen when an administrator ends the state before its time."""
    return speech.translations(language).gettext(_RISK)


def met(node: Node, did: str, begun: str, *, gave_all: bool, code: str | None) -> bool:
    """A meeting with this peer has ended; `gave_all`: with a whole reconcile. True: the state ended.

    `begun`: our epoch when the meeting began (each recovery has its own, whatever a clock says); `code`: why it failed,
    None when it did not. Costs one look for a node that does not recover.
    """
    with node.database.reading() as connection:
        if not is_on(connection):
            return False
        counts = begun == feed.epoch(connection)
    with node.database.writing() as connection:
        if not counts:  # under way when the state began: it may have put the comparison off until tomorrow
            peers.note(connection, did, reconcile_at=0, next_at=0)
            return False
        notes.keep(connection, TRIED, did, f"{node.now()} {code or ''}".strip())
        if gave_all:
            notes.keep(connection, MET, did, str(node.now()))
        else:
            peers.note(connection, did, reconcile_at=0)
    return settle(node)


def tried(connection: Connection) -> set[str]:
    """DIDs of the nodes that were tried since the state began."""
    return set(notes.kept(connection, TRIED))


def note_tried(node: Node, did: str, code: str) -> None:
    """This node was tried, and did not become a peer again: `code` says why. It is not waited for."""
    with node.database.writing() as connection:
        if is_on(connection):
            notes.keep(connection, TRIED, did, f"{node.now()} {code}")


def asked(node: Node, did: str) -> None:
    """This peer compares what it holds with what we hold: one that nobody can reach then gives what we lack."""
    with node.database.reading() as connection:
        if not is_on(connection) or did in notes.kept(connection, CALLED):
            return
    with node.database.writing() as connection:
        notes.keep(connection, CALLED, did, f"{_ASKED}1")


def goes_on(node: Node, did: str) -> None:
    """This peer reads our log on from a place that it has got since the state began: the comparison is behind it.

    A peer gets such a place at the end of a comparison, once it has given us what we lacked.
    """
    with node.database.reading() as connection:
        peer = peers.find(connection, did)
        gives = peer is not None and peer.url is None
        if not gives or notes.kept(connection, CALLED).get(did) != f"{_ASKED}1":
            return
    with node.database.writing() as connection:
        notes.keep(connection, CALLED, did, str(node.now()))
    settle(node)


def settle(node: Node) -> bool:
    """End the state if its rule says so; give the vouches that are owed. True when it ended now."""
    with node.database.reading() as connection:
        if not is_on(connection) or _waits_for(connection, node):
            return False
    with node.database.writing() as connection:
        if not is_on(connection) or _waits_for(connection, node):
            return False
        since = int(notes.kept(connection, RECOVERY).get("since", "0"))
        back = sightings.back_since(connection, node.did, since)
        notes.set_value(connection, "state", "")
        notes.act(connection, node.now(), "system", "recovered", node.did, f"{back} records came back")
    _log.warning("recovered: this node publishes again", extra=facts(back=back, after_s=node.now() - since))
    vouching.catch_up(node)
    return True


def go_on(node: Node, *, actor: str) -> None:
    """Publish again at once, whatever is missing: the risk is a fork (`risk`).

    Raises `NotAllowed`: `not_recovering`, `key_replaced`.
    """
    with node.database.writing() as connection:
        if not is_on(connection):
            raise NotAllowed("this node does not recover: there is nothing to end", "not_recovering")
        missing = _waits_for(connection, node)
        if missing == "key_replaced":
            raise NotAllowed("peers refuse this copy's key: bring a new one in with the recovery sheet", "key_replaced")
        notes.set_value(connection, "state", "")
        notes.act(connection, node.now(), actor, "recover_go_on", node.did, missing)
    _log.warning("recovery ended by a person", extra=facts(actor=actor, missing=missing))
    vouching.catch_up(node)


def _waits_for(connection: Connection, node: Node) -> str:
    """What the end of the state waits for, as `_WAITS` names it; empty when nothing is missing."""
    active = peers.everyone(connection, ACTIVE)
    done, tried = _done(connection), notes.kept(connection, TRIED)
    since = int(notes.kept(connection, RECOVERY).get("since", "0"))
    if not key_speaks(connection, node):
        return "key_replaced"
    if not active:
        return "no_peer"
    if not any(peer.did in done for peer in active):
        return "nobody_met"
    missing = [peer for peer in active if peer.did not in done]
    if any(peer.url is not None and peer.did not in tried for peer in missing):
        return "some_untried"
    if any(peer.url is None for peer in missing) and node.now() < since + CALLERS_WAIT_S:
        return "callers"
    return "own_held" if sightings.held(connection, node.did) else ""


def _done(connection: Connection) -> dict[str, str]:
    """Peers that have given all they have since the state began, and when."""
    called = {did: at for did, at in notes.kept(connection, CALLED).items() if not at.startswith(_ASKED)}
    return notes.kept(connection, MET) | called


def _contact(connection: Connection, peer: Peer, language: str) -> Contact:
    done, tried = _done(connection), notes.kept(connection, TRIED)
    at, _, code = tried.get(peer.did, "").partition(" ")
    if peer.did in done:
        word, at, code = "met", done[peer.did], ""
    else:
        word = "tried" if at else "untried" if peer.url is not None else "calls_us"
    chain = chains.chain_of(connection, peer.did)
    name = chain.head.name(language) if chain else None
    sentence = speech.translations(language).gettext(_CONTACTS[word])
    return Contact(peer.did, name, peer.url, word, sentence, int(at) if at else None, code or None)
