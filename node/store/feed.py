"""What a peer may read of our log: changes after a cursor, records by digest, and the set for reconciling.

Only heads and tombstones travel, both sides of a fork, and every card of a chain (each is the proof of the next); only
of admitted origins; never a record whose visibility is `node`; `network` records to active peers only. Source:
docs/protocol.md section 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select

from node.store.records import MEMBERS
from node.store.tables import heads, log, meta, origins
from protocol.envelope import NODE


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of the feed."""

    seq: int
    digest: bytes
    origin: str
    record: str
    revision: int
    type: str


@dataclass(frozen=True, slots=True)
class SetChange:
    """What one log entry does to the set of heads. `item`/`gone`: (timestamp, digest) or None; `members_only`."""

    seq: int
    item: tuple[int, bytes] | None
    gone: tuple[int, bytes] | None
    members_only: bool
    rebuild: bool


def epoch(connection: Connection) -> str:
    """The 8 hex digits drawn when this store began or was restored: cursors of another epoch are not ours."""
    return str(connection.execute(select(meta.c.value).where(meta.c.name == "epoch")).scalar_one())


def entry_digest(connection: Connection, seq: int) -> bytes | None:
    """The digest of the entry at `seq` (zeros for a local event); None where there is no such entry."""
    row = connection.execute(select(log.c.digest).where(log.c.seq == seq)).one_or_none()
    if row is None:
        return None
    return bytes(row.digest) if row.digest is not None else bytes(32)


def changes(connection: Connection, audience: str, after: int, limit: int) -> list[Listed]:
    """The next `limit` entries after `after` that still count, in log order."""
    question = (
        select(log.c.seq, log.c.digest, origins.c.did.label("origin"), log.c.record, log.c.revision, log.c.type)
        .join(origins, origins.c.id == log.c.origin_id)
        .outerjoin(heads, heads.c.seq == log.c.seq)
        .where((log.c.seq > after) & _offered(audience, rivals=True))
        .order_by(log.c.seq)
        .limit(limit)
    )
    return [Listed(**row._mapping) for row in connection.execute(question)]


def lines(connection: Connection, audience: str, digests: Sequence[bytes], max_bytes: int) -> Iterator[bytes]:
    """The exact bytes of these revisions, in log order, until `max_bytes` are given; unknown ones are absent."""
    question = (
        select(log.c.data)
        .join(origins, origins.c.id == log.c.origin_id)
        .outerjoin(heads, heads.c.seq == log.c.seq)
        .where(log.c.digest.in_(digests) & _offered(audience, rivals=True))
        .order_by(log.c.seq)
    )
    given = 0
    for data in connection.execute(question).scalars():
        given += len(data) + 1
        if given > max_bytes:
            return
        yield bytes(data)


def in_order(connection: Connection, digests: Sequence[bytes]) -> list[bytes]:
    """Those of `digests` that this log holds, in its order: cards and vouches before what they let in."""
    found: list[tuple[int, bytes]] = []
    for start in range(0, len(digests), 500):
        held = select(log.c.seq, log.c.digest).where(log.c.digest.in_(digests[start : start + 500]))
        found += [(seq, bytes(digest)) for seq, digest in connection.execute(held)]
    return [digest for _, digest in sorted(found)]


def missing(connection: Connection, digests: Sequence[bytes]) -> list[bytes]:
    """Those of `digests` that this log does not hold, in the order asked."""
    held: set[bytes] = set()
    for start in range(0, len(digests), 500):
        some = log.c.digest.in_(digests[start : start + 500])
        held.update(connection.execute(select(log.c.digest).where(some)).scalars())
    return [digest for digest in digests if digest not in held]


def head_items(connection: Connection, audience: str) -> list[tuple[int, bytes]]:
    """(timestamp, digest) of everything offered to `audience`: the set that is reconciled."""
    question = (
        select(log.c.stamp, log.c.digest)
        .join(origins, origins.c.id == log.c.origin_id)
        .outerjoin(heads, heads.c.seq == log.c.seq)
        .where(_offered(audience))
    )
    return [(stamp, bytes(digest)) for stamp, digest in connection.execute(question)]


def offered(connection: Connection, audience: str) -> int:
    """How many revisions are offered to `audience`: the size of the set that is reconciled."""
    question = (
        select(func.count())
        .select_from(log)
        .join(origins, origins.c.id == log.c.origin_id)
        .outerjoin(heads, heads.c.seq == log.c.seq)
        .where(_offered(audience))
    )
    return int(connection.execute(question).scalar_one())


def set_changes(connection: Connection, after: int, limit: int) -> list[SetChange]:
    """What the entries after `after` do to the sets. `rebuild`: forget the sets, something was voided or cut off.

    An erasure takes the place of the head like any revision; copies that go with it are voided, each by an entry.
    """
    question = (
        select(log, origins.c.admitted, heads.c.seq.label("head_seq"))
        .join(origins, origins.c.id == log.c.origin_id)
        .outerjoin(heads, heads.c.seq == log.c.seq)
        .where(log.c.seq > after)
        .order_by(log.c.seq)
        .limit(limit)
    )
    found = []
    for row in connection.execute(question):
        if row.kind == "hiding":  # what is hidden here travels on as before
            found.append(SetChange(row.seq, None, None, False, False))
            continue
        if row.kind != "revision" or not row.admitted:
            found.append(SetChange(row.seq, None, None, False, True))
            continue
        current = (row.head_seq is not None or row.type == NODE) and row.data is not None
        item = (row.stamp, bytes(row.digest)) if current and row.visibility != "node" else None
        gone = (row.replaced_stamp, bytes(row.replaced)) if row.replaced is not None and row.type != NODE else None
        found.append(SetChange(row.seq, item, gone, row.visibility != "public", False))
    return found


def _offered(audience: str, *, rivals: bool = False) -> ColumnElement[bool]:
    """What may be read. `rivals`: also what stands beside a forked head under its number, so that whoever holds the one
    version learns of the other, and can prove that its origin said both (attack C4)."""
    seen = ("public", "network") if audience == MEMBERS else ("public",)
    current = or_(heads.c.seq.is_not(None), log.c.type == NODE)
    if rivals:
        beside = heads.alias("beside")
        same = (beside.c.origin_id == log.c.origin_id) & (beside.c.record == log.c.record)
        forked = same & beside.c.forked & (beside.c.revision == log.c.revision)
        current |= log.c.void.is_(False) & select(beside.c.seq).where(forked).exists()
    whole = (log.c.kind == "revision") & log.c.data.is_not(None)
    return origins.c.admitted.is_(True) & whole & log.c.visibility.in_(seen) & current
