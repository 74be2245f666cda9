"""Revisions signed as ours that we did not write, as peers brought them: seen, and what a person decided of them.

Also what came back to a node that lost some of its own records: `back_since`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from node.store.dialects import upsert
from node.store.tables import log, origins, quarantine, sightings
from protocol.envelope import NODE

OURS, FORGED = "ours", "forged"

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Sighting:
    """One such revision. `via`: DID of the peer that brought it; `verdict`: empty (undecided) | ours | forged."""

    digest: bytes
    record: str
    revision: int
    type: str
    via: str
    at: int
    verdict: str


def add(connection: Connection, seen: Sighting) -> bool:
    """Remember a sighting; False when it was there already, whatever was decided of it."""
    values = {name: getattr(seen, name) for name in Sighting.__dataclass_fields__}
    statement = upsert(connection, sightings).values(**values).on_conflict_do_nothing()
    return bool(connection.execute(statement).rowcount)


def listing(connection: Connection, limit: int = 100) -> list[Sighting]:
    """The newest sightings, undecided ones first."""
    order = (sightings.c.verdict != "", sightings.c.at.desc(), sightings.c.record, sightings.c.revision)
    return [Sighting(**row._mapping) for row in connection.execute(select(sightings).order_by(*order).limit(limit))]


def counts(connection: Connection) -> dict[str, int]:
    """How many there are by verdict ("" for those that nobody has decided about)."""
    question = select(sightings.c.verdict, func.count().label("times")).group_by(sightings.c.verdict)
    return {row.verdict: int(row.times) for row in connection.execute(question)}


def key_of(connection: Connection, digest: bytes) -> str | None:
    """The signing key (multikey) of a revision in the log; None when it is not there."""
    return connection.execute(select(log.c.key).where(log.c.digest == digest)).scalar_one_or_none()


def known_number(connection: Connection, did: str, record: str, revision: int, digest: bytes) -> str:
    """What the log says of another revision of this record with this number: "" (none), "held", or "emptied".

    Emptied: it was here, and was let go with an erasure that somebody had forged, so that peers give it again.
    """
    question = (
        select(log.c.digest)
        .join(origins, origins.c.id == log.c.origin_id)
        .where((origins.c.did == did) & (log.c.record == record) & (log.c.revision == revision))
        .where(log.c.digest.is_distinct_from(digest))
    )
    found = connection.execute(question).scalars().all()
    if any(other is not None for other in found):
        return "held"
    return "emptied" if found else ""


def back_since(connection: Connection, did: str, since: int) -> int:
    """How many revisions of this origin peers have brought since a moment."""
    question = (
        select(func.count())
        .select_from(log)
        .join(origins, origins.c.id == log.c.origin_id)
        .where((origins.c.did == did) & log.c.via.is_not(None) & (log.c.received_at >= since))
        .where(log.c.kind == "revision")
    )
    return int(connection.execute(question).scalar_one())


def held(connection: Connection, did: str) -> int:
    """How many verified revisions of this origin lie aside: dated in the future, so a clock is or was wrong."""
    question = (
        select(func.count())
        .select_from(quarantine)
        .where((quarantine.c.origin == did) & (quarantine.c.state == "held"))
    )
    return int(connection.execute(question).scalar_one())


def not_ours(connection: Connection, digests: Sequence[bytes]) -> set[bytes]:
    """Those of `digests` that were sighted and that nobody has decided to be ours."""
    found: set[bytes] = set()
    for start in range(0, len(digests), _CHUNK):
        some = sightings.c.digest.in_(digests[start : start + _CHUNK]) & (sightings.c.verdict != OURS)
        found.update(bytes(digest) for digest in connection.execute(select(sightings.c.digest).where(some)).scalars())
    return found


def count_not_ours(connection: Connection) -> int:
    """How many revisions stand here as signed by somebody else, decided or not."""
    question = select(func.count()).select_from(sightings).where(sightings.c.verdict != OURS)
    return int(connection.execute(question).scalar_one())


def all_not_ours(connection: Connection) -> tuple[set[bytes], dict[str, int]]:
    """Digests of all of these, and the highest number among them by record of ours."""
    question = select(sightings.c.digest, sightings.c.record, sightings.c.revision).where(sightings.c.verdict != OURS)
    digests: set[bytes] = set()
    highest: dict[str, int] = {}
    for row in connection.execute(question):
        digests.add(bytes(row.digest))
        highest[row.record] = max(highest.get(row.record, 0), row.revision)
    return digests, highest


def settle(connection: Connection, verdict: str) -> int:
    """Decide about everything that nobody has decided about. Returns how many that were."""
    undecided = update(sightings).where(sightings.c.verdict == "").values(verdict=verdict)
    return connection.execute(undecided).rowcount


def think_again(connection: Connection) -> int:
    """Make ours what was decided to be forged and is not void yet: its key still speaks. Returns how many that were."""
    valid = select(log.c.digest).where(log.c.void.is_(False) & log.c.digest.is_not(None) & (log.c.type != NODE))
    mistaken = (sightings.c.verdict == FORGED) & sightings.c.digest.in_(valid)
    return connection.execute(update(sightings).where(mistaken).values(verdict=OURS)).rowcount
