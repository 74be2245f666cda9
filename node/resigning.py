"""What we keep when a key of ours was stolen: which of our records must be signed again, and in which order.

A revoked key voids everything that it ever signed, here and everywhere. So each record of ours whose words stand or
fall with that key is said again first, word for word, under a number above all that anybody has signed: readers go
over to it before the old one is void. Ended records are ended again, or what they ended would come back. Called by
`keyring`; signs through `publish`. Source: docs/protocol.md section 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from sqlalchemy import Connection

from node import publish
from node.assembly import Node
from node.store import records, sightings
from node.store.records import Numbered, Stored
from protocol.limits import MAX_REVISION
from protocol.record import rank

AT_ONCE = 50
"""Records signed under one lock: an editor who publishes meanwhile waits no longer than that takes."""
_PASSES_MOST = 5
"""Somebody may go on publishing with the stolen key while we sign: the card that revokes it ends that."""


@dataclass(frozen=True, slots=True)
class Again:
    """A revision of ours that is said again, under `number`."""

    kept: Numbered
    number: int


def sign_again(node: Node, bad: Set[str]) -> Iterator[int]:
    """Sign again what stands or falls with these keys, until nothing is left that can be. Gives how many each time."""
    for _ in range(_PASSES_MOST):
        signed = 0
        with node.database.reading() as connection:
            due = [again.kept.record for again in owed(connection, node.did, bad)]
        for start in range(0, len(due), AT_ONCE):
            some = due[start : start + AT_ONCE]

            def choose(connection: Connection, some: Sequence[str] = some) -> list[tuple[Stored, int]]:
                found = [
                    (records.by_digest(connection, again.kept.digest), again.number)
                    for again in owed(connection, node.did, bad, some)
                ]
                return [(stored, number) for stored, number in found if stored is not None]

            count = publish.sign_again(node, choose)
            signed += count
            yield count
        if not signed:
            return


def owed(connection: Connection, did: str, bad: Set[str], only: Sequence[str] | None = None) -> list[Again]:
    """What must be signed again: what stands by a bad key, and what somebody else's signature hides or outnumbers.

    Ours is what was written here or taken back, not what a peer brought as ours (`sightings`). `only`: UUIDs, instead
    of all of our records.
    """
    strange, highest = sightings.all_not_ours(connection)
    found = []
    for record, known in records.numbered(connection, did, only).items():
        ours = [one for one in known if one.held and one.digest not in strange and (not one.void or one.key in bad)]
        if ours:
            kept = max(ours, key=lambda one: rank(one.erased, one.revision, one.digest))
            top = max(highest.get(record, 0), *(one.revision for one in known))
            if kept.key in bad or not kept.head or kept.revision < top:
                found += _under(kept, top + 1, bad)
    return found


def _under(kept: Numbered, number: int, bad: Set[str]) -> list[Again]:
    """Above everything that anybody signed. Where a thief has used the last number up, ours is the next of its own:
    it counts once his key is revoked."""
    if number <= MAX_REVISION:
        return [Again(kept, number)]
    return [Again(kept, kept.revision + 1)] if kept.key in bad and kept.revision < MAX_REVISION else []
