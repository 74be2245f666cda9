"""Every public practice, question, meeting and organisation in little: for machines that read the whole list, such as
a sitemap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.sql.elements import ColumnElement

from node.store.hiding import is_hidden
from node.store.tables import heads, log, origins

TYPES = ("Practice", "Question", "Event", "Organisation")
"""What has a page of its own."""


class Place(NamedTuple):
    """One of them. `modified`: seconds since 1970, as its author dated it."""

    origin: str
    record: str
    modified: int
    type: str


def count(connection: Connection, types: Sequence[str] = TYPES) -> int:
    """How many of them live here."""
    joined = heads.join(origins, origins.c.id == heads.c.origin_id)
    question = select(func.count()).select_from(joined).where(_listed(types))
    return int(connection.execute(question).scalar_one())


def places(connection: Connection, offset: int, limit: int, types: Sequence[str] = TYPES) -> list[Place]:
    """Them in the order in which they came, `limit` from `offset` on."""
    question = (
        select(origins.c.did, heads.c.record, log.c.stamp, heads.c.type)
        .join(log, log.c.seq == heads.c.seq)
        .join(origins, origins.c.id == heads.c.origin_id)
        .where(_listed(types))
        .order_by(heads.c.seq)
        .offset(offset)
        .limit(limit)
    )
    return [Place(did, record, int(stamp), type_) for did, record, stamp, type_ in connection.execute(question)]


def _listed(types: Sequence[str]) -> ColumnElement[bool]:
    live = heads.c.type.in_(types) & (heads.c.state == "live")
    return origins.c.admitted.is_(True) & (heads.c.visibility == "public") & live & ~is_hidden()
