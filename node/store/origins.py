"""Who writes: the origins whose records we hold, and whether our policy admits them now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from node.store.tables import origins

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Origin:
    """`distance`: steps from us (0: ourselves), None when not admitted; `records`, `bytes`: what we hold."""

    id: int
    did: str
    admitted: bool
    distance: int | None
    records: int
    bytes: int


def find(connection: Connection, did: str) -> Origin | None:
    """The origin named `did`, or None."""
    row = connection.execute(select(origins).where(origins.c.did == did)).one_or_none()
    return Origin(**row._mapping) if row else None


def everyone(connection: Connection) -> dict[str, Origin]:
    """Every origin that we know, by DID."""
    return {row.did: Origin(**row._mapping) for row in connection.execute(select(origins).order_by(origins.c.id))}


def those(connection: Connection, dids: Iterable[str]) -> dict[str, Origin]:
    """Those of these origins that we know, by DID."""
    wanted = list(dids)
    found: dict[str, Origin] = {}
    for start in range(0, len(wanted), _CHUNK):
        question = select(origins).where(origins.c.did.in_(wanted[start : start + _CHUNK]))
        found |= {row.did: Origin(**row._mapping) for row in connection.execute(question)}
    return found


def ensure(connection: Connection, did: str) -> int:
    """The local id of an origin, written on first sight (not admitted)."""
    known = connection.execute(select(origins.c.id).where(origins.c.did == did)).scalar_one_or_none()
    if known is not None:
        return int(known)
    made = connection.execute(insert(origins).values(did=did, admitted=False).returning(origins.c.id))
    return int(made.scalar_one())


def set_admission(connection: Connection, distances: Mapping[str, int]) -> tuple[set[str], set[str]]:
    """Make `distances` (DID -> steps) the admitted set. Returns (newly admitted, no longer admitted) DIDs."""
    known = everyone(connection)
    came, left = set(), set()
    for did, distance in distances.items():
        before = known.get(did)
        if before is None or not before.admitted:
            came.add(did)
        if before is None or not before.admitted or before.distance != distance:
            at = ensure(connection, did)
            connection.execute(update(origins).where(origins.c.id == at).values(admitted=True, distance=distance))
    for did, before in known.items():
        if before.admitted and did not in distances:
            left.add(did)
            connection.execute(update(origins).where(origins.c.id == before.id).values(admitted=False, distance=None))
    return came, left


def count(connection: Connection, origin_id: int, records: int, size: int) -> None:
    """Add to what an origin takes of our disk: `records` revisions, `size` bytes (either may be negative)."""
    connection.execute(
        update(origins)
        .where(origins.c.id == origin_id)
        .values(records=origins.c.records + records, bytes=origins.c.bytes + size)
    )
