"""One meeting with one peer: pull what it has, push what it lacks if it cannot reach us, reconcile now and then.

Every step may be cut at any moment: the cursor moves only after a page was admitted, so a crash repeats at most one
page, and the door knows what it has seen. Nothing a peer says is believed but bytes that the door accepts.
Source: docs/protocol.md section 6.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import requests

from node import carrying, peering
from node.assembly import Node
from node.carrying import Meeting, Outcome
from node.errors import NodeError, PeerNonsense, PeerRefused, StoreProblem
from node.federation.client import PeerClient
from node.federation.headsets import HeadSets
from node.logs import facts, get_log
from node.store import chains, feed, peers, quarantine
from node.store.peers import ACTIVE, REQUESTED, Peer, Round
from node.store.records import MEMBERS
from protocol.cursor import Cursor
from protocol.errors import ProtocolError
from protocol.limits import MAX_CHANGES, RECONCILE_FRAME
from protocol.negentropy import Initiator, buckets_for

__all__ = ["Outcome", "meet", "retry_after_s"]

FIRST_RETRY_S = 2
LONGEST_RETRY_S = 3600

_log = get_log("sync")


def meet(
    node: Node, peer: Peer, session: requests.Session, sets: HeadSets, beat: Callable[[], None] = lambda: None
) -> Outcome:
    """Meet one peer now, and write down how it went and when to meet again. Never raises for what a peer does."""
    outcome = Outcome(peer.did)
    started = time.monotonic()
    try:
        client = PeerClient(node, peer.url or "", peer.did, session)
        _run(Meeting(node, peer, client, sets, beat, outcome))
    except (NodeError, ProtocolError) as error:
        outcome.error_code, outcome.error = error.code, error.message
        outcome.retry_after_s = getattr(error, "retry_after_s", None)
        _log.info("meeting failed", extra=facts(peer=peer.did, code=error.code, reason=error.message))
    outcome.ms = int((time.monotonic() - started) * 1000)
    try:
        _write_down(node, peer, outcome)
    except StoreProblem as error:
        outcome.error_code, outcome.error = error.code, error.message
    return outcome


def retry_after_s(failures: int, chance: float) -> int:
    """How long to wait after `failures` in a row: 2 s, doubled each time, an hour at most; `chance` (0-1) is jitter."""
    return max(1, int(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(failures - 1, 20)) * (0.75 + 0.5 * chance)))


def _run(meeting: Meeting) -> None:
    node, peer = meeting.node, meeting.peer
    if peer.state == REQUESTED or peer.met_at is None:
        peer = meeting.peer = peering.ask_again(node, meeting.client, peer.did)
        if peer.state != ACTIVE:
            meeting.outcome.error_code = "waiting"
            meeting.outcome.error = "the other node's administrator has not answered yet"
            return
    with node.database.reading() as connection:
        first = peer.pull_cursor is None and len(feed.head_items(connection, MEMBERS)) > MAX_CHANGES
        ours = chains.chain_of(connection, node.did)
    if first:
        _reset(meeting)
    else:
        try:
            carrying.pull(meeting)
        except PeerRefused as error:
            if error.code not in ("cursor_reset", "bad_cursor"):
                raise
            _reset(meeting)
    if ours is not None and ours.head.url is None:
        carrying.push(meeting)
    if not meeting.outcome.reconciled and node.now() >= peer.reconcile_at:
        _reconcile(meeting)


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
    while message is not None:
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
    carrying.take(meeting, [digest for digest in need if digest in lacking and digest not in known])
    if have and chain is not None and chain.head.url is None:
        carrying.give(meeting, have)
    meeting.outcome.reconciled = True
    due = node.now() + int(node.config.sync_reconcile_s * random.uniform(0.8, 1.2))  # noqa: S311
    with node.database.writing() as connection:
        peers.note(connection, meeting.peer.did, reconcile_at=due)


def _write_down(node: Node, peer: Peer, outcome: Outcome) -> None:
    now = node.now()
    worked = outcome.error_code is None
    failures = 0 if worked or outcome.error_code == "waiting" else peer.failures + 1
    if failures:
        wait = max(retry_after_s(failures, random.random()), min(outcome.retry_after_s or 0, LONGEST_RETRY_S))  # noqa: S311
    else:
        wait = max(1, int(node.config.sync_interval_s * random.uniform(0.9, 1.1)))  # noqa: S311
    notable = not worked or outcome.received or outcome.sent or outcome.refused or outcome.reconciled
    with node.database.writing() as connection:
        values: dict[str, object] = {"tried_at": now, "failures": failures, "next_at": now + wait}
        values |= {"error_code": outcome.error_code, "error": outcome.error}
        if worked:
            values["met_at"] = now
        peers.note(connection, peer.did, **values)
        if notable and (worked or outcome.error_code != peer.error_code):
            counts = (outcome.received, outcome.sent, outcome.refused, outcome.reconciled, outcome.error_code)
            peers.add_round(connection, Round(0, peer.did, now, outcome.ms, *counts))
    if worked and notable:
        _log.info("met", extra=facts(peer=peer.did, received=outcome.received, sent=outcome.sent, ms=outcome.ms))
