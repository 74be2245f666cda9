"""Every practice that was ever public here, by when this node last heard of a change: for harvesters.

A practice whose end came (withdrawn, erased, no longer public, its origin blocked, its key revoked) is listed without
its content, for ever: the log forgets no digest. The moment is when this node heard of the change: a revision, a
tombstone, a key revoked, or an origin that came or went. Sources: OAI-PMH 2.0 sections 2.5.1 and 2.7.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, or_, select

from node.store import records
from node.store.dialects import holds
from node.store.hiding import is_hidden
from node.store.records import PUBLIC, Stored
from node.store.tables import heads, log, origins
from protocol.envelope import TOMBSTONE

_PRACTICE = "Practice"


@dataclass(frozen=True, slots=True)
class Harvested:
    """One practice. `seq`: the place to go on from; `stamp`: when it last changed here, seconds since 1970; `stored`:
    what it says, None once it has ended."""

    seq: int
    uri: str
    stamp: int
    stored: Stored | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to choose by. `since`, `until`: seconds, both included; `origin`: a DID; `topics`: ids of concepts, any of
    them. What a practice was about is not known once it has ended, so topics leave out none that has."""

    since: int | None = None
    until: int | None = None
    origin: str | None = None
    topics: Sequence[str] = ()


def page(connection: Connection, wanted: Wanted, after: int, limit: int) -> list[Harvested]:
    """The next `limit` practices behind the place `after`, in the order in which they last changed.

    Reads the log from there until enough are found: all of it, when next to nothing matches.
    """
    found: list[Harvested] = []
    while len(found) < limit:
        rows = connection.execute(_question(wanted).where(log.c.seq > after).order_by(log.c.seq).limit(limit)).all()
        some = _harvested(connection, rows)
        found += [one for one in some if one.stored is None or _about(one.stored, wanted.topics)]
        if len(rows) < limit:
            break
        after = rows[-1].seq
    return found[:limit]


def one(connection: Connection, uri: str) -> Harvested | None:
    """One practice by its URI, or None when it was never public here."""
    did, sign, record = uri.partition("/records/")
    if not sign or len(uri) > 200:
        return None
    place = (origins.c.did == did) & (log.c.record == record)
    return next(iter(_harvested(connection, connection.execute(_question(Wanted()).where(place)).all())), None)


def earliest(connection: Connection) -> int:
    """When this node heard of anything for the first time, seconds since 1970; 0 for an empty log."""
    return int(connection.execute(select(log.c.received_at).order_by(log.c.seq).limit(1)).scalar() or 0)


def _harvested(connection: Connection, rows: Sequence[Any]) -> list[Harvested]:
    uris = {row.seq: f"{row.did}/records/{row.record}" for row in rows}
    live = records.many(connection, [uris[row.seq] for row in rows if row.live], PUBLIC)
    return [Harvested(row.seq, uris[row.seq], int(row.stamp), live.get(uris[row.seq])) for row in rows]


def _question(wanted: Wanted) -> Select[Any]:
    """For each practice its last entry in the log: place, moment, and whether it still says something."""
    turns = (
        select(log.c.origin_id, func.max(log.c.received_at).label("at"))
        .where(log.c.origin_id.in_(select(origins.c.id)) & log.c.record.is_(None) & (log.c.kind == "admission"))
        .group_by(log.c.origin_id)
        .subquery()
    )
    stamp = case((turns.c.at > log.c.received_at, turns.c.at), else_=log.c.received_at)
    head = log.alias("head")
    live = and_(
        origins.c.admitted.is_(True),
        heads.c.type == _PRACTICE,
        heads.c.state == "live",
        heads.c.visibility == "public",
        head.c.data.is_not(None),
        ~is_hidden(),
    )
    question = (
        select(log.c.seq, origins.c.did, log.c.record, stamp.label("stamp"), func.coalesce(live, False).label("live"))
        .join(origins, origins.c.id == log.c.origin_id)
        .outerjoin(turns, turns.c.origin_id == log.c.origin_id)
        .outerjoin(heads, (heads.c.origin_id == log.c.origin_id) & (heads.c.record == log.c.record))
        .outerjoin(head, head.c.seq == heads.c.seq)
        .where(log.c.record.is_not(None), _newest(), or_(_was_public(), _ended_before_it_came()))
    )
    if wanted.since is not None:
        question = question.where(stamp >= wanted.since)
    if wanted.until is not None:
        question = question.where(stamp <= wanted.until)
    if wanted.origin is not None:
        question = question.where(origins.c.did == wanted.origin)
    if wanted.topics:  # a quick sieve in the database; `_about` looks at what is left
        named = [holds(head.c.data, f'"{topic}"'.encode()) for topic in wanted.topics]
        question = question.where(or_(~func.coalesce(live, False), *named))
    return question


def _newest() -> ColumnElement[bool]:
    """It is the last entry about its record."""
    later = log.alias("later")
    return ~_same(later, later.c.seq > log.c.seq)


def _was_public() -> ColumnElement[bool]:
    said = log.alias("said")
    return _same(said, said.c.type == _PRACTICE, said.c.visibility == "public", said.c.kind == "revision")


def _ended_before_it_came() -> ColumnElement[bool]:
    """Nothing but its public end is here, as in a node that was made again from its peers: it is gone anyway."""
    end, other = log.alias("end"), log.alias("other")
    ended = _same(end, end.c.type == TOMBSTONE, end.c.visibility == "public", end.c.kind == "revision")
    return ended & ~_same(other, other.c.type != TOMBSTONE, other.c.kind == "revision")


def _same(other: Any, *facts: ColumnElement[bool]) -> ColumnElement[bool]:
    """There is an entry `other` about the same record of which these facts are true."""
    same = (other.c.origin_id == log.c.origin_id) & (other.c.record == log.c.record)
    return exists(select(other.c.seq).where(same, *facts))


def _about(stored: Stored, topics: Sequence[str]) -> bool:
    return not topics or not set(topics).isdisjoint(stored.content.get("topics", []))
