"""The log: append-only, in the order in which this node accepted. Only `node/intake.py` may call what writes here.

`seq` is local and never travels as truth. An entry is a revision, or one of three local events that followers must
hear of: `admission` (an origin came or went), `void` (a record's head changed because a key was revoked) and `hiding`
(people of this node hid a record of others, or show it again).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from node.store import origins
from node.store.dialects import upsert
from node.store.tables import heads, log
from node.store.tables import origins as origins_table
from protocol import schemas
from protocol.envelope import NODE, TOMBSTONE
from protocol.record import Record, rank

TRANSLATION = "Translation"

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as a follower sees it. `digest` is None and `record` may be None for an event."""

    seq: int
    kind: str
    did: str
    record: str | None
    digest: bytes | None
    type: str | None
    about: str | None
    erased: bool
    via: str | None

    @property
    def uri(self) -> str:
        """The URI of the record that the entry touches."""
        return f"{self.did}/records/{self.record}"


@dataclass(slots=True)
class _Head:
    seq: int
    digest: bytes
    revision: int
    stamp: int
    erased: bool
    forked: bool


@dataclass(slots=True)
class Appending:
    """What one batch will write: collected first, written at once by `flush`."""

    next_seq: int
    rows: list[dict[str, Any]] = field(default_factory=list)
    changed: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    known: dict[tuple[int, str], _Head] = field(default_factory=dict)
    digests: set[bytes] = field(default_factory=set)
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)


def last_seq(connection: Connection) -> int:
    """The number of the newest entry; 0 for an empty log."""
    return int(connection.execute(_LAST).scalar() or 0)


_LAST = select(func.max(log.c.seq))  # asked for by every page


def held(connection: Connection, type_: str) -> int:
    """How many revisions of this type there are, whatever became of them."""
    question = select(func.count()).select_from(log).where((log.c.kind == "revision") & (log.c.type == type_))
    return int(connection.execute(question).scalar_one())


def begin(connection: Connection, records: Sequence[tuple[int, Record]]) -> Appending:
    """Look up, in few questions, all that deciding about `records` (origin id, record) needs."""
    batch = Appending(last_seq(connection) + 1)
    names = [record.envelope.record for _, record in records]
    digests = [record.digest for _, record in records]
    for start in range(0, len(names), _CHUNK):
        question = (
            select(heads, log.c.erased)
            .join(log, log.c.seq == heads.c.seq)
            .where(heads.c.record.in_(names[start : start + _CHUNK]))
        )
        for row in connection.execute(question):
            batch.known[row.origin_id, row.record] = _Head(
                row.seq, row.digest, row.revision, row.stamp, row.erased, row.forked
            )
        held = select(log.c.digest).where(log.c.digest.in_(digests[start : start + _CHUNK]))
        batch.digests.update(connection.execute(held).scalars())
    return batch


def offer(batch: Appending, origin_id: int, record: Record, via: str | None, now: int) -> str:
    """Decide about one verified record and collect what to write. Returns accepted, duplicate, stale or fork.

    A revision below the head is not kept (`stale`), unless it bears the head's own number: that is a fork, kept so
    that the origin's editors can see both. Below an erasure nothing is kept at all.
    """
    envelope = record.envelope
    if record.digest in batch.digests:
        return "duplicate"
    place = (origin_id, envelope.record)
    head = batch.known.get(place)
    wins = head is None or record.rank > rank(head.erased, head.revision, head.digest)
    erased = envelope.erased or (head is not None and head.erased)  # an end that absorbs all has no rival
    fork = head is not None and head.revision == envelope.revision and not erased
    if envelope.type != NODE and not wins and not fork:
        return "stale"
    batch.digests.add(record.digest)
    seq = batch.next_seq
    batch.next_seq += 1
    batch.rows.append(_row(seq, origin_id, record, via, now, head if wins else None))
    count, size = batch.sizes.get(origin_id, (0, 0))
    batch.sizes[origin_id] = (count + 1, size + len(envelope.data))
    forked = fork or (head is not None and head.forked and head.revision == envelope.revision and not erased)
    if wins:
        batch.known[place] = _Head(seq, record.digest, envelope.revision, envelope.modified, envelope.erased, forked)
        batch.changed[place] = _head_values(origin_id, seq, record, forked)
    elif head is not None and fork:
        head.forked = True
        batch.changed.setdefault(place, {"origin_id": origin_id, "record": envelope.record})["forked"] = True
    return "fork" if fork else "accepted"


def flush(connection: Connection, batch: Appending) -> None:
    """Write what was collected: the log's rows, the heads, the origins' counts."""
    if batch.rows:
        connection.execute(insert(log), batch.rows)
    whole = [values for values in batch.changed.values() if "seq" in values]
    if whole:
        statement = upsert(connection, heads)
        replaced = {name: statement.excluded[name] for name in whole[0] if name not in ("origin_id", "record")}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["origin_id", "record"], set_=replaced), whole
        )
    for values in batch.changed.values():
        if "seq" not in values:
            place = (heads.c.origin_id == values["origin_id"]) & (heads.c.record == values["record"])
            connection.execute(update(heads).where(place).values(forked=True))
    for origin_id, (count, size) in batch.sizes.items():
        origins.count(connection, origin_id, count, size)


def note(connection: Connection, kind: str, origin_id: int, record: str | None, now: int) -> None:
    """Append a local event (`admission`, `void` or `hiding`) for the followers."""
    note_all(connection, kind, origin_id, [record], now)


def note_all(connection: Connection, kind: str, origin_id: int, records: Sequence[str | None], now: int) -> None:
    """Append one event for each of these records of an origin."""
    first = last_seq(connection) + 1
    fixed = {"kind": kind, "origin_id": origin_id, "received_at": now, "size": 0}
    rows = [{"seq": first + place, "record": record, **fixed} for place, record in enumerate(records)]
    if rows:
        connection.execute(insert(log), rows)


def ever(connection: Connection, uris: Sequence[str], type_: str) -> bool:
    """Whether any of these records was of this type in some revision held here."""
    by_origin: dict[str, list[str]] = {}
    for uri in uris:
        did, _, record = uri.partition("/records/")
        by_origin.setdefault(did, []).append(record)
    for did, names in by_origin.items():
        ours = origins_table.c.did == did
        for start in range(0, len(names), _CHUNK):
            place = log.c.record.in_(names[start : start + _CHUNK]) & (log.c.type == type_)
            question = select(log.c.seq).join(origins_table, origins_table.c.id == log.c.origin_id)
            if connection.execute(question.where(ours & place).limit(1)).one_or_none() is not None:
                return True
    return False


def abouts(connection: Connection, did: str, record: str, type_: str) -> list[str]:
    """What a record was about in its revisions of this type that are held here, emptied or not."""
    place = (origins_table.c.did == did) & (log.c.record == record) & (log.c.type == type_) & log.c.about.is_not(None)
    question = select(log.c.about).join(origins_table, origins_table.c.id == log.c.origin_id).where(place)
    return [str(about) for about in connection.execute(question.distinct()).scalars()]


def rehead(connection: Connection, origin_id: int, *records: str) -> None:
    """Make the best revision of each record its head, by what the log holds and is not void; none may be left."""
    wanted = [column for column in log.c if column.name != "data"]
    for start in range(0, len(records), _CHUNK):
        some = records[start : start + _CHUNK]
        place = (log.c.origin_id == origin_id) & log.c.record.in_(some)
        usable = place & log.c.void.is_(False) & (log.c.kind == "revision") & log.c.data.is_not(None)
        rows: dict[str, list[Row[Any]]] = {}
        for row in connection.execute(select(*wanted).where(usable)):
            rows.setdefault(row.record, []).append(row)
        connection.execute(delete(heads).where((heads.c.origin_id == origin_id) & heads.c.record.in_(some)))
        best = {
            name: max(held, key=lambda row: rank(row.erased, row.revision, row.digest)) for name, held in rows.items()
        }
        if best:
            connection.execute(
                insert(heads),
                [
                    _values_of_row(head, sum(row.revision == head.revision for row in rows[name]) > 1)
                    for name, head in best.items()
                ],
            )


def set_head(connection: Connection, digest: bytes) -> bool:
    """Make the revision with this digest its record's head (node cards, whose head the chain decides). True if new."""
    row = connection.execute(select(log).where(log.c.digest == digest)).one()
    place = (heads.c.origin_id == row.origin_id) & (heads.c.record == row.record)
    held = connection.execute(select(heads.c.digest).where(place)).scalar_one_or_none()
    if held == digest:
        return False
    connection.execute(delete(heads).where(place))
    connection.execute(insert(heads).values(**_values_of_row(row, False)))
    return True


def entries_after(connection: Connection, seq: int, limit: int) -> list[Entry]:
    """The next `limit` entries for a follower whose cursor is `seq`."""
    question = (
        select(
            log.c.seq,
            log.c.kind,
            origins_table.c.did,
            log.c.record,
            log.c.digest,
            log.c.type,
            log.c.about,
            log.c.erased,
            log.c.via,
        )
        .join(origins_table, origins_table.c.id == log.c.origin_id)
        .where(log.c.seq > seq)
        .order_by(log.c.seq)
        .limit(limit)
    )
    return [Entry(**row._mapping) for row in connection.execute(question)]


def records_of(connection: Connection, did: str) -> list[str]:
    """The UUIDs of every record of one origin that was ever accepted, admitted now or not; the newest last."""
    question = (
        select(log.c.record)
        .join(origins_table, origins_table.c.id == log.c.origin_id)
        .where((origins_table.c.did == did) & (log.c.kind == "revision"))
        .group_by(log.c.record)
        .order_by(func.max(log.c.seq))
    )
    return [str(record) for record in connection.execute(question).scalars()]


def _row(seq: int, origin_id: int, record: Record, via: str | None, now: int, head: _Head | None) -> dict[str, Any]:
    envelope = record.envelope
    return {
        "seq": seq,
        "kind": "revision",
        "origin_id": origin_id,
        "digest": record.digest,
        "record": envelope.record,
        "revision": envelope.revision,
        "type": envelope.type,
        "visibility": envelope.visibility,
        "key": envelope.key,
        "stamp": envelope.modified,
        "about": schemas.about(envelope.type, envelope.content),
        "received_at": now,
        "via": via,
        "size": len(envelope.data),
        "erased": envelope.erased,
        "void": False,
        "replaced": head.digest if head else None,
        "replaced_stamp": head.stamp if head else None,
        "data": envelope.data,
    }


def _state(type_: str, erased: bool) -> str:
    if type_ != TOMBSTONE:
        return "live"
    return "erased" if erased else "withdrawn"


def _head_values(origin_id: int, seq: int, record: Record, forked: bool) -> dict[str, Any]:
    envelope = record.envelope
    return {
        "origin_id": origin_id,
        "record": envelope.record,
        "seq": seq,
        "digest": record.digest,
        "revision": envelope.revision,
        "stamp": envelope.modified,
        "type": envelope.type,
        "visibility": envelope.visibility,
        "state": _state(envelope.type, envelope.erased),
        "about": schemas.about(envelope.type, envelope.content),
        "forked": forked,
    }


def _values_of_row(row: Row[Any], forked: bool) -> dict[str, Any]:
    values = {name: row._mapping[name] for name in ("origin_id", "record", "seq", "digest", "revision", "stamp")}
    values |= {name: row._mapping[name] for name in ("type", "visibility", "about")}
    return {**values, "state": _state(row.type, row.erased), "forked": forked}
