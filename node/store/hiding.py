"""Records of others that the people of this node do not show here. Rows in, dataclasses out.

Hiding is local: the bytes stay, travel on to peers, and nothing is told to anybody. It holds for what lives; the end of
a hidden record is shown as that of any other. Who reads decides: `records` leaves out what `hidden` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, func, insert, select

from node.store.dialects import upsert
from node.store.tables import heads, hidden, log, origins

MOST = 10_000
"""Records that are hidden at a time: more is no moderation, but a block."""
REASON_MOST = 500
FLOOD = "limit"
"""Who hid it, where it was nobody: more came from its origin in a day than is shown (`node.flooding`)."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """One hidden record. `type`: of its head, empty when it has none any more; `by`: who hid it, as the audit log names
    people; `live`: whether there is anything to hide; `data`: the head's bytes, None once erased."""

    uri: str
    origin: str
    record: str
    type: str
    at: int
    by: str
    reason: str
    live: bool
    data: bytes | None


def is_hidden() -> ColumnElement[bool]:
    """Of a question about `heads`: the head lives and is hidden here."""
    same = (hidden.c.origin_id == heads.c.origin_id) & (hidden.c.record == heads.c.record)
    return (heads.c.state == "live") & exists(select(hidden.c.record).where(same))


def put(connection: Connection, origin_id: int, record: str, at: int, by: str, reason: str) -> bool:
    """Hide a record; False when it is hidden already."""
    mine = (hidden.c.origin_id == origin_id) & (hidden.c.record == record)
    if connection.execute(select(hidden.c.record).where(mine)).first() is not None:
        return False
    values = {"origin_id": origin_id, "record": record, "at": at, "by": by[:120], "reason": reason[:REASON_MOST]}
    connection.execute(insert(hidden).values(**values))
    return True


def take_away(connection: Connection, origin_id: int, record: str) -> bool:
    """Show a record again; False when it was not hidden."""
    mine = (hidden.c.origin_id == origin_id) & (hidden.c.record == record)
    return bool(connection.execute(delete(hidden).where(mine)).rowcount)


def count(connection: Connection) -> int:
    """How many records people have hidden."""
    question = select(func.count()).select_from(hidden).where(hidden.c.by != FLOOD)
    return int(connection.execute(question).scalar_one())


def put_all(connection: Connection, origin_id: int, records: Sequence[str], at: int) -> None:
    """Hide these records of one origin because they are too many; those that are hidden already stay as they are."""
    rows = [
        {"origin_id": origin_id, "record": record, "at": at, "by": FLOOD, "reason": ""}
        for record in dict.fromkeys(records)
    ]
    if rows:
        connection.execute(upsert(connection, hidden).on_conflict_do_nothing(), rows)


def flooded(connection: Connection) -> dict[str, int]:
    """Origins of which more came than is shown: DID -> how many records are hidden for that."""
    question = (
        select(origins.c.did, func.count())
        .join(origins, origins.c.id == hidden.c.origin_id)
        .where(hidden.c.by == FLOOD)
        .group_by(origins.c.did)
        .order_by(origins.c.did)
    )
    return {str(did): int(count) for did, count in connection.execute(question)}


def newest_of_flood(connection: Connection, did: str, limit: int = 5) -> list[Hidden]:
    """Some of what one origin brought too much of, the last first: for whoever judges it."""
    mine = (hidden.c.by == FLOOD) & (origins.c.did == did)
    rows = connection.execute(_question().where(mine).order_by(hidden.c.at.desc(), hidden.c.record).limit(limit))
    return [_of(row) for row in rows]


def release(connection: Connection, origin_id: int) -> list[str]:
    """Show again what of an origin was hidden for being too many; the records."""
    mine = (hidden.c.origin_id == origin_id) & (hidden.c.by == FLOOD)
    return list(connection.execute(delete(hidden).where(mine).returning(hidden.c.record)).scalars())


def listing(connection: Connection, limit: int = 500) -> list[Hidden]:
    """What people have hidden, the last first."""
    rows = connection.execute(
        _question().where(hidden.c.by != FLOOD).order_by(hidden.c.at.desc(), hidden.c.record).limit(limit)
    )
    return [_of(row) for row in rows]


def get(connection: Connection, uri: str) -> Hidden | None:
    """One hidden record, or None when it is not hidden."""
    did, sign, record = uri.partition("/records/")
    if not sign or len(uri) > 200:
        return None
    row = connection.execute(_question().where((origins.c.did == did) & (hidden.c.record == record))).one_or_none()
    return _of(row) if row is not None else None


def _question() -> Select[Any]:
    return (
        select(hidden, origins.c.did, heads.c.type, heads.c.state, log.c.data)
        .join(origins, origins.c.id == hidden.c.origin_id)
        .outerjoin(heads, (heads.c.origin_id == hidden.c.origin_id) & (heads.c.record == hidden.c.record))
        .outerjoin(log, log.c.seq == heads.c.seq)
    )


def _of(row: Row[Any]) -> Hidden:
    return Hidden(
        uri=f"{row.did}/records/{row.record}",
        origin=row.did,
        record=row.record,
        type=row.type or "",
        at=int(row.at),
        by=row.by,
        reason=row.reason,
        live=row.state == "live",
        data=bytes(row.data) if row.data is not None else None,
    )
