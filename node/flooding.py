"""A flood by a node that is admitted: what is too much in a day is kept, and shown to nobody here (attack H3).

Law: called in the door's own transaction, for records that it has accepted; it decides what pages show, never what is
held, relayed or counted by anybody else. An origin that was let in a day ago or less brings its past with it, so it
may bring anything; the quota of its room holds all the same. One line in the audit log says that it began; one act of a
person (`hiding.show_all`) ends it. Comes from `intake`; what is hidden stands in `store.hiding`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from sqlalchemy import Connection

from node.assembly import Node
from node.store import arrivals, hiding, log, notes
from node.store.arrivals import Arrivals
from protocol.envelope import Envelope
from protocol.record import Record

DAY_S = 86_400
COUNTED = ("Practice", "Adaptation", "Translation", "Question", "Answer", "Event")
"""What people write and read. Cards, vouches, receipts and files follow from something else, or have other bounds."""


def let_in(connection: Connection, origin_id: int, now: int) -> None:
    """From now on an origin is admitted (or a person has looked at what it sent): its past may come."""
    arrivals.put(connection, {origin_id: Arrivals(now, now // DAY_S, 0)})


def watch(
    connection: Connection, node: Node, accepted: Iterable[tuple[int, Record]], known: Set[tuple[int, str]]
) -> None:
    """Count what is new among these accepted records (origin id, record), and hide what is above the day's measure.

    `known`: (origin id, UUID) of the records of which something was held before: their revisions pass.
    """
    fresh = {(one, record.envelope.record): record.envelope for one, record in accepted}
    by_origin: dict[int, list[Envelope]] = {}
    for place, envelope in fresh.items():
        if place not in known and envelope.origin != node.did and envelope.type in COUNTED:
            by_origin.setdefault(place[0], []).append(envelope)
    now = node.now()
    held = arrivals.of(connection, by_origin)
    counted = {}
    for origin_id, came in by_origin.items():
        before = held.get(origin_id, Arrivals(now, now // DAY_S, 0))
        started = before.count if before.day == now // DAY_S else 0
        counted[origin_id] = Arrivals(before.since, now // DAY_S, started + len(came))
        most = node.config.limits_origin_daily
        if not 0 <= now - before.since < DAY_S and started + len(came) > most:
            _hide(connection, node, origin_id, came[max(0, most - started) :], begins=started <= most)
    arrivals.put(connection, counted)


def _hide(connection: Connection, node: Node, origin_id: int, beyond: Sequence[Envelope], *, begins: bool) -> None:
    now = node.now()
    names = [envelope.record for envelope in beyond]
    hiding.put_all(connection, origin_id, names, now)
    log.note_all(connection, "hiding", origin_id, names, now)
    if begins:
        notes.act(connection, now, "system", "origin_limited", beyond[0].origin, str(node.config.limits_origin_daily))
