"""Every public practice in little: for machines that read the whole list, such as a sitemap."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.sql.elements import ColumnElement

from node.store.tables import heads, log, origins


class Place(NamedTuple):
    """One practice. `modified`: seconds since 1970, as its author dated it."""

    origin: str
    record: str
    modified: int


def count(connection: Connection) -> int:
    """How many public practices live here."""
    question = select(func.count()).select_from(heads.join(origins, origins.c.id == heads.c.origin_id)).where(_listed())
    return int(connection.execute(question).scalar_one())


def places(connection: Connection, offset: int, limit: int) -> list[Place]:
    """Public practices in the order in which they came, `limit` from `offset` on."""
    question = (
        select(origins.c.did, heads.c.record, log.c.stamp)
        .join(log, log.c.seq == heads.c.seq)
        .join(origins, origins.c.id == heads.c.origin_id)
        .where(_listed())
        .order_by(heads.c.seq)
        .offset(offset)
        .limit(limit)
    )
    return [Place(did, record, int(stamp)) for did, record, stamp in connection.execute(question)]


def _listed() -> ColumnElement[bool]:
    live = (heads.c.type == "Practice") & (heads.c.state == "live")
    return origins.c.admitted.is_(True) & (heads.c.visibility == "public") & live
