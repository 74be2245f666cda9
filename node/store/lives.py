"""When a practice of ours was public, and under which name the fediverse knows it.

An address that was deleted in the fediverse never comes back there. A practice that is published again after it was
withdrawn therefore begins another **life**, with another name: the first is called by the record's UUID, a later one
by the UUID and the number of the revision with which it began. Read from the log: nothing is kept beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from node.store.log import TRANSLATION
from node.store.tables import heads, log, origins
from protocol.record import rank

PRACTICE = "Practice"


@dataclass(frozen=True, slots=True)
class Life:
    """One time in which a practice was public. `began`, `ended`: entries of the log, `ended` None while it goes on;
    `revision`: number of the revision with which it began."""

    record: str
    name: str
    revision: int
    began: int
    ended: int | None


@dataclass(frozen=True, slots=True)
class Mention:
    """One entry of the log that touches a record of ours. `kind`: revision | void."""

    seq: int
    kind: str
    record: str


def of_record(connection: Connection, did: str, record: str) -> list[Life]:
    """The lives of a record, the first first; none for what was never a public practice."""
    columns = (log.c.seq, log.c.kind, log.c.revision, log.c.digest, log.c.type, log.c.visibility, log.c.erased)
    question = (
        select(*columns)
        .join(origins, origins.c.id == log.c.origin_id)
        .where((origins.c.did == did) & (log.c.record == record))
        .order_by(log.c.seq)
    )
    lives: list[Life] = []
    best: tuple[Any, ...] | None = None
    for row in connection.execute(question):
        if row.kind != "revision":
            best = None if row.kind == "void" else best  # what a stolen key had signed may have stood above all
            continue
        standing = rank(row.erased, row.revision, bytes(row.digest))
        if best is not None and standing <= best:
            continue  # the lesser side of a fork never counted
        best = standing
        goes_on = bool(lives) and lives[-1].ended is None
        public = row.type == PRACTICE and row.visibility == "public"
        if public and not goes_on:
            name = f"{record}-{row.revision}" if lives else record
            lives.append(Life(record, name, row.revision, row.seq, None))
        elif goes_on and not public:
            lives.append(replace(lives.pop(), ended=row.seq))
    return lives


@dataclass(frozen=True, slots=True)
class Ending:
    """That a translation of ours ended. `target`: URI of what it translates; `stamp`: seconds since 1970."""

    target: str
    digest: bytes
    stamp: int


def ending_of(connection: Connection, did: str, mention: Mention) -> Ending | None:
    """The end of a translation by which this entry counts now, or None."""
    mine = (origins.c.did == did) & (log.c.record == mention.record)
    named = select(log.c.about).join(origins, origins.c.id == log.c.origin_id).where(mine & (log.c.type == TRANSLATION))
    target = connection.execute(named.where(log.c.about.is_not(None)).limit(1)).scalar_one_or_none()
    ended = select(heads.c.digest, heads.c.stamp).where((heads.c.seq == mention.seq) & (heads.c.state != "live"))
    row = connection.execute(ended).one_or_none() if target is not None else None
    return Ending(str(target), bytes(row.digest), int(row.stamp)) if row is not None else None


def mentions(connection: Connection, did: str, after: int, upto: int, limit: int) -> list[Mention]:
    """The next `limit` entries about records of one origin behind `after` and up to `upto`, in the log's order."""
    question = (
        select(log.c.seq, log.c.kind, log.c.record)
        .join(origins, origins.c.id == log.c.origin_id)
        .where((origins.c.did == did) & (log.c.seq > after) & (log.c.seq <= upto) & log.c.record.is_not(None))
        .order_by(log.c.seq)
        .limit(limit)
    )
    return [Mention(int(seq), str(kind), str(record)) for seq, kind, record in connection.execute(question)]
