"""What the door does not let in: remembered for the administrator, counted against the peer that brought it.

Nothing here is shown, indexed or relayed, and nothing of an erased record is kept, not even as evidence. Called by
`intake` when all lines of a batch have their verdicts; the tables and their quotas are `store.quarantine`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from node import admission
from node.assembly import Node
from node.scrutiny import HELD, PENDING, REFUSED, SKIPPED, Line
from node.store import erasing, peers, quarantine
from node.store.quarantine import Aside


def set_aside(node: Node, batch: Iterable[Line], via: str | None, counting: bool = True) -> set[str]:
    """Remember what did not come in, when a peer brought it, and count refusals against that peer.

    Returns the origins whose lines need not wait any more: another thread brought a vouch or card meanwhile.
    """
    if via is None:
        return set()
    now = node.now()
    asides, counted, waiting = [], [], []
    for line in batch:
        said = line.verdict
        if said is None or said.status not in (PENDING, HELD, REFUSED, SKIPPED):
            continue
        data = None if said.status == SKIPPED else line.data
        origin = line.envelope.origin if line.envelope else None
        facts = (line.digest, said.status, said.code, said.detail, origin, via)
        asides.append(Aside(0, *facts, now, now, 1, len(line.data), data))
        if said.status in (HELD, REFUSED) and counting:
            counted.append(said.code)
        elif line.waits:
            waiting.append(line.claim)
    if not asides:
        return set()
    with node.database.writing() as connection:
        quarantine.put(connection, [_without_erased(connection, aside) for aside in asides])
        for code in counted:
            quarantine.count_refusal(connection, via, code, now)
        ready = admission.ready(connection, waiting)
        if ready and quarantine.forget_skipped(connection, ready):
            peers.reconcile_all(connection)
    return ready


def _without_erased(connection: Connection, aside: Aside) -> Aside:
    """Without its bytes, if they are of a record that was erased, or name one."""
    gone = aside.data is not None and erasing.of_erased(connection, aside.data)
    return replace(aside, data=None) if gone else aside
