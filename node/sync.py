"""One meeting with one peer: pull what it has, push what it lacks if it cannot reach us, reconcile now and then.

Every step may be cut at any moment: the cursor moves only after a page was admitted, so a crash repeats at most one
page, and the door knows what it has seen. Nothing a peer says is believed but bytes that the door accepts.
Source: docs/protocol.md section 6.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import requests

from node import carrying, intake, peering, recovering, returning, telling, vouching
from node.assembly import Node
from node.carrying import Meeting, Outcome
from node.errors import NodeError, NotAllowed, PeerNonsense, PeerRefused, StoreProblem
from node.federation.client import PeerClient
from node.federation.headsets import HeadSets
from node.logs import facts, get_log
from node.standing_words import dormant
from node.store import chains, feed, log, peers, quarantine
from node.store.peers import ACTIVE, REQUESTED, Peer, Round
from node.store.records import MEMBERS
from protocol.cursor import Cursor
from protocol.errors import ProtocolError
from protocol.limits import MAX_CHANGES, RECONCILE_FRAME, VERSION
from protocol.negentropy import Initiator, buckets_for

__all__ = ["Outcome", "Progress", "meet", "progress", "retry_after_s"]

FIRST_RETRY_S = 2
LONGEST_RETRY_S = 3600
UNDER_WAY = 1
"""Stands for the moment of the next reconciliation while one goes on: it is due, also after a crash."""
RECONCILE_MOST = 50_000
"""Revisions that one reconciliation fetches: a peer that invents digests has no more of our time than that."""
DORMANT_RETRY_S = 86_400
"""Between two tries of a peer that has been silent for 30 days, seconds."""

_log = get_log("sync")


def meet(
    node: Node, peer: Peer, session: requests.Session, sets: HeadSets, beat: Callable[[], None] = lambda: None
) -> Outcome:
    """Meet one peer now, and write down how it went and when to meet again. Never raises for what a peer does."""
    outcome = Outcome(peer.did)
    started, begun = time.monotonic(), ""
    try:
        begun = _epoch(node)
        client = PeerClient(node, peer.url or "", peer.did, session)
        try:
            _run(Meeting(node, peer, client, sets, beat, outcome))
        except PeerRefused as error:
            if error.code == "unknown_key":
                telling.hear(node, client, peer.did)
            raise
    except (NodeError, ProtocolError) as error:
        outcome.error_code, outcome.error, outcome.ours = error.code, error.message, isinstance(error, StoreProblem)
        if isinstance(error, PeerRefused):
            outcome.retry_after_s, outcome.their_time = error.retry_after_s, error.their_time
        _log.info("meeting failed", extra=facts(peer=peer.did, code=error.code, reason=error.message))
    outcome.ms = int((time.monotonic() - started) * 1000)
    try:
        _write_down(node, peer, outcome)
        gave_all = outcome.reconciled and outcome.error_code is None
        returning.take_up(node)
        recovering.met(node, peer.did, begun, gave_all=gave_all, code=outcome.error_code)
    except StoreProblem as error:
        outcome.error_code, outcome.error, outcome.written = error.code, error.message, False
    return outcome


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long meeting is: what this node offers, and what the peer last said that it offers (None: nothing)."""

    ours: int
    theirs: int | None


def progress(node: Node, did: str) -> Progress:
    """How far we are with this peer; may be asked while a meeting is under way, by any process."""
    with node.database.reading() as connection:
        return Progress(feed.offered(connection, MEMBERS), peers.get(connection, did).their_heads)


def retry_after_s(failures: int, chance: float) -> int:
    """How long to wait after `failures` in a row: 2 s, doubled each time, an hour at most; `chance` (0-1) is jitter."""
    return max(1, int(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(failures - 1, 20)) * (0.75 + 0.5 * chance)))


def _epoch(node: Node) -> str:
    with node.database.reading() as connection:
        return feed.epoch(connection)


def _run(meeting: Meeting) -> None:
    node, peer = meeting.node, meeting.peer
    if peer.version is None or _reconcile_due(node, peer):
        _ask_who(meeting)
    _take_own_cards(meeting)
    if not _say_who(meeting):
        return
    peer = meeting.peer
    with node.database.reading() as connection:
        first = peer.pull_cursor is None and feed.offered(connection, MEMBERS) > MAX_CHANGES
        ours = chains.chain_of(connection, node.did)
    reachable = ours is None or ours.head.url is not None
    if not reachable:
        carrying.push(meeting)  # before anything comes in: what was written here while offline goes out first
    if first:
        _reset(meeting)
    else:
        try:
            carrying.pull(meeting)
        except PeerRefused as error:
            if error.code not in ("cursor_reset", "bad_cursor"):
                raise
            _reset(meeting)
    if reachable and peer.failures:
        _say_back(meeting)
    if not meeting.outcome.reconciled and _reconcile_due(node, peer):
        _reconcile(meeting)
    vouching.catch_up(node)


def _take_own_cards(meeting: Meeting) -> None:
    """A node that recovers reads its own cards before it signs: its key may have been replaced since the copy.

    The call is open to everybody. Raises `NotAllowed` (`key_replaced`): nobody would believe the old key.
    """
    node = meeting.node
    with node.database.reading() as connection:
        if not recovering.is_on(connection):
            return
    with contextlib.suppress(PeerRefused):  # a peer that does not know us (any more)
        intake.admit_many(node, meeting.client.chain(node.did), meeting.peer.did)
    with node.database.reading() as connection:
        if not recovering.key_speaks(connection, node):
            raise NotAllowed("the key of this copy was replaced: bring a new one in with the sheet", "key_replaced")


def _say_back(meeting: Meeting) -> None:
    """Meetings with this peer did not work for a while: it was not told of our news. Now it is, and comes for them."""
    with meeting.node.database.reading() as connection:
        last = log.last_seq(connection)
    with contextlib.suppress(NodeError):
        meeting.client.hint(last)


def _say_who(meeting: Meeting) -> bool:
    """Ask (again) where the peering is not mutual yet, else tell our newest card. False while it is not mutual."""
    node, peer = meeting.node, meeting.peer
    owed = telling.owed(node, peer)
    if peer.state == REQUESTED or peer.met_at is None:
        peer = meeting.peer = peering.ask_again(node, meeting.client, peer.did)
        if peer.state == ACTIVE and owed is not None:
            telling.note_told(node, peer.did, owed)
        if peer.state != ACTIVE:
            meeting.outcome.error_code = "waiting"
            meeting.outcome.error = "the other node's administrator has not answered yet"
            return False
    elif owed is not None:
        peer = meeting.peer = telling.tell(node, meeting.client, peer.did)
        if peer.state != ACTIVE:
            raise NotAllowed("the other node's administrator has ended the peering", "request_refused")
    return True


def _ask_who(meeting: Meeting) -> None:
    """At first and then daily: is it still the same node, which version, how far is its clock from ours?"""
    peer, now = meeting.peer, meeting.node.now()
    info = meeting.client.info()
    if info.did != peer.did:
        raise PeerNonsense("another node answers at this address", "wrong_identity")
    if VERSION not in info.versions:
        newest = max(info.versions, default=0)
        raise PeerNonsense(
            f"the peer speaks version {newest} of the protocol, this node version {VERSION}",
            "peer_outdated" if newest < VERSION else "node_outdated",
        )
    told = {
        "version": info.software[:40],
        "skew_s": info.time - now,
        "their_heads": max(peer.their_heads or 0, info.heads),
    }
    if told != {"version": peer.version, "skew_s": peer.skew_s, "their_heads": peer.their_heads}:
        with meeting.node.database.writing() as connection:
            peers.note(connection, peer.did, **told)


def _reset(meeting: Meeting) -> None:
    """We have no cursor in the peer's log, or it has another log than before: reconcile, then go on from its end."""
    info = meeting.client.info()
    Cursor.from_text(info.cursor)
    if info.did != meeting.peer.did:
        raise PeerNonsense("another node answers at this address", "wrong_identity")
    _reconcile(meeting)
    with meeting.node.database.writing() as connection:
        peers.note(connection, meeting.peer.did, pull_cursor=info.cursor, version=info.software[:40])


def _reconcile(meeting: Meeting) -> None:
    """Find out exactly what either side lacks; take what we lack, give what it lacks if it cannot fetch."""
    node = meeting.node
    with meeting.sets.lock:
        items = meeting.sets.of(MEMBERS)
        asking = Initiator(items, RECONCILE_FRAME, buckets=buckets_for(len(items)))
        message: bytes | None = asking.initiate()
    have: list[bytes] = []
    need: list[bytes] = []
    with node.database.writing() as connection:
        peers.note(connection, meeting.peer.did, reconcile_at=UNDER_WAY)
    while message is not None and len(need) < RECONCILE_MOST and not meeting.over:
        answer = meeting.client.reconcile(message)
        with meeting.sets.lock:
            message, ours, theirs = asking.reconcile(answer)
        have += ours
        need += theirs
        meeting.beat()
    with node.database.reading() as connection:
        known = quarantine.known(connection, need, node.now())
        lacking = set(feed.missing(connection, need))
        chain = chains.chain_of(connection, node.did)
        have = feed.in_order(connection, have)
    carrying.take(meeting, [digest for digest in need if digest in lacking and digest not in known])
    if have and chain is not None and chain.head.url is None:
        carrying.give(meeting, have)
    if message is not None or meeting.over:
        return  # there is more: it stays due
    meeting.outcome.reconciled = True
    due = node.now() + int(node.config.sync_reconcile_s * random.uniform(0.8, 1.2))  # noqa: S311
    with node.database.writing() as connection:
        if peers.get(connection, meeting.peer.did).reconcile_at == UNDER_WAY:  # else it has become due meanwhile
            peers.note(connection, meeting.peer.did, reconcile_at=due)


def _reconcile_due(node: Node, peer: Peer) -> bool:
    """True when it is time; also when it was put off while our clock stood far in the future."""
    ahead = peer.reconcile_at - node.now()
    return ahead <= 0 or ahead > 2 * node.config.sync_reconcile_s


def _write_down(node: Node, peer: Peer, outcome: Outcome) -> None:
    now = node.now()
    worked = outcome.error_code is None
    failed = not worked and not outcome.ours and outcome.error_code != "waiting"
    failures = peer.failures + 1 if failed else peer.failures if outcome.ours else 0
    if failed:
        wait = max(retry_after_s(failures, random.random()), min(outcome.retry_after_s or 0, LONGEST_RETRY_S))  # noqa: S311
        if dormant(peer, now):
            wait = int(DORMANT_RETRY_S * random.uniform(0.9, 1.1))  # noqa: S311
    else:
        wait = max(1, int(node.config.sync_interval_s * random.uniform(0.9, 1.1)))  # noqa: S311
    notable = not worked or outcome.received or outcome.sent or outcome.refused or outcome.reconciled
    with node.database.writing() as connection:
        values: dict[str, object] = {"tried_at": now, "failures": failures, "next_at": now + wait}
        values |= {"error_code": outcome.error_code, "error": outcome.error}
        if worked:
            values["met_at"] = now
        hurried = peers.get(connection, peer.did).next_at
        if worked and hurried <= now and hurried != peer.next_at:
            values["next_at"] = hurried  # a hint came while we met
        if outcome.altered:
            values["reconcile_at"] = now  # what was announced and not given: asked for again at the next meeting
        if outcome.their_time is not None:
            values["skew_s"] = outcome.their_time - now
        peers.note(connection, peer.did, **values)
        if notable and (worked or outcome.error_code != peer.error_code):
            counts = (outcome.received, outcome.sent, outcome.refused, outcome.reconciled, outcome.error_code)
            peers.add_round(connection, Round(0, peer.did, now, outcome.ms, *counts))
    if worked and notable:
        _log.info("met", extra=facts(peer=peer.did, received=outcome.received, sent=outcome.sent, ms=outcome.ms))
