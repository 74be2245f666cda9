"""What this node knows of the bytes of attachments: held, wanted or refused, for which records, and who may see them.

The bytes themselves lie on a shelf (`node/shelves`). What is wanted follows from the records (`node/filing.py`); who
may see bytes follows from them too, and is asked in one place: `shown`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from node.store import records
from node.store.dialects import upsert
from node.store.records import Stored
from node.store.tables import file_refs, files, origins

ATTACHMENT = "Attachment"
WANTED, HELD, REFUSED = "wanted", "held", "refused"
WISHES_MOST = 50
"""Files beyond the eager size that readers may have asked for and that are not here yet."""
_REFS_MOST = 50
"""Records looked at for one file: a picture may be attached to several practices."""


@dataclass(frozen=True, slots=True)
class File:
    """One file by its hash. `tries`: since it was last here; `code`: why it is not; `next_at`: when to try again."""

    sha256: bytes
    media: str
    size: int
    state: str
    held_at: int | None
    keep_until: int
    wished: bool
    tries: int
    tried_at: int | None
    next_at: int
    code: str | None
    via: str | None


def shown(connection: Connection, sha256: bytes, audience: str) -> list[Stored]:
    """The live attachments with these bytes that `audience` may see. Empty: they are shown to nobody of it.

    An attachment is shown with the record that it belongs to: live, of the same origin, and shown itself.
    """
    question = (
        select(origins.c.did, file_refs.c.record)
        .join(origins, origins.c.id == file_refs.c.origin_id)
        .where(file_refs.c.sha256 == sha256)
        .limit(_REFS_MOST)
    )
    found = []
    for did, record in connection.execute(question).all():
        stored = records.get(connection, f"{did}/records/{record}", audience)
        if stored is not None and belongs(connection, stored, audience) is not None:
            found.append(stored)
    return found


def belongs(connection: Connection, attachment: Stored, audience: str) -> Stored | None:
    """The record that a live attachment is shown with, or None: then it is shown to nobody of `audience`."""
    if attachment.type != ATTACHMENT or attachment.state != "live" or attachment.about is None:
        return None
    owner = records.get(connection, attachment.about, audience)
    fits = owner is not None and owner.state == "live" and owner.origin == attachment.origin
    return owner if fits else None


def of_record(connection: Connection, uri: str, audience: str) -> list[Stored]:
    """The attachments that are shown with a record, oldest first."""
    return of_records(connection, [uri], audience).get(uri, [])


def of_records(connection: Connection, uris: Iterable[str], audience: str) -> dict[str, list[Stored]]:
    """As `of_record`, for many with one question; those that nothing is attached to are absent."""
    about = records.about_many(connection, uris, audience, [ATTACHMENT], own=True)
    shown = {uri: [one for one in those if belongs(connection, one, audience)] for uri, those in about.items()}
    return {uri: those for uri, those in shown.items() if those}


def get(connection: Connection, sha256: bytes) -> File | None:
    """What is known of these bytes, or None."""
    row = connection.execute(select(files).where(files.c.sha256 == sha256)).one_or_none()
    return File(**row._mapping) if row else None


def everything(connection: Connection) -> list[tuple[File, list[str]]]:
    """Every file with the URIs of the records that refer to it, the last tried or held first."""
    named: dict[bytes, list[str]] = {}
    refs = select(file_refs.c.sha256, origins.c.did, file_refs.c.record)
    for sha256, did, record in connection.execute(refs.join(origins, origins.c.id == file_refs.c.origin_id)):
        named.setdefault(sha256, []).append(f"{did}/records/{record}")
    order = func.coalesce(files.c.tried_at, files.c.held_at, 0).desc()
    rows = connection.execute(select(files).order_by(order, files.c.sha256)).all()
    return [(File(**row._mapping), named.get(row.sha256, [])) for row in rows]


def refer(connection: Connection, did: str, record: str, sha256: bytes, media: str, size: int) -> None:
    """This record refers to these bytes now, and to no others; they are wanted unless they are here."""
    origin_id = connection.execute(select(origins.c.id).where(origins.c.did == did)).scalar_one()
    made = upsert(connection, file_refs).values(origin_id=origin_id, record=record, sha256=sha256)
    connection.execute(made.on_conflict_do_update(index_elements=["origin_id", "record"], set_={"sha256": sha256}))
    _ensure(connection, sha256, media, size)


def unrefer(connection: Connection, did: str, record: str, keep_until: int) -> bytes | None:
    """This record refers to no bytes any more. Returns which they were, kept until `keep_until` unless others refer."""
    mine = (file_refs.c.record == record) & (
        file_refs.c.origin_id == select(origins.c.id).where(origins.c.did == did).scalar_subquery()
    )
    sha256 = connection.execute(select(file_refs.c.sha256).where(mine)).scalar_one_or_none()
    if sha256 is None:
        return None
    connection.execute(delete(file_refs).where(mine))
    connection.execute(update(files).where(files.c.sha256 == sha256).values(keep_until=keep_until))
    return bytes(sha256)


def left(connection: Connection) -> set[bytes]:
    """The bytes that nothing refers to any more, and that are kept for a while all the same."""
    what = files.c.sha256.not_in(select(file_refs.c.sha256)) & (files.c.keep_until > 0)
    return {bytes(sha256) for sha256 in connection.execute(select(files.c.sha256).where(what)).scalars()}


def let_go(connection: Connection, sha256: bytes) -> None:
    """These bytes are kept no longer than something refers to them: what named them was erased."""
    connection.execute(update(files).where(files.c.sha256 == sha256).values(keep_until=0))


def referring(connection: Connection) -> list[tuple[str, str]]:
    """(origin's DID, record's UUID) of everything that refers to bytes."""
    question = select(origins.c.did, file_refs.c.record).join(origins, origins.c.id == file_refs.c.origin_id)
    return [(did, record) for did, record in connection.execute(question)]


def loose(connection: Connection, now: int, only: bytes | None = None) -> list[bytes]:
    """The bytes that nothing refers to, and that need not be kept any longer; of all files, or of this one."""
    referred = select(file_refs.c.sha256)
    what = files.c.sha256.not_in(referred) & (files.c.keep_until <= now)
    if only is not None:
        what &= files.c.sha256 == only
    return [bytes(sha256) for sha256 in connection.execute(select(files.c.sha256).where(what)).scalars()]


def forget(connection: Connection, sha256: bytes) -> None:
    """Know nothing of these bytes any more."""
    connection.execute(delete(files).where(files.c.sha256 == sha256))


def hold(
    connection: Connection, sha256: bytes, media: str, size: int, now: int, via: str | None = None, keep_until: int = 0
) -> None:
    """The bytes are here. `keep_until`: for bytes that no record refers to yet."""
    _ensure(connection, sha256, media, size)
    values = {"state": HELD, "held_at": now, "code": None, "via": via, "keep_until": keep_until, "tries": 0}
    connection.execute(update(files).where(files.c.sha256 == sha256).values(values))


def is_wanted(connection: Connection, sha256: bytes) -> bool:
    """Whether a record here names these bytes, and they are not here."""
    question = select(files.c.sha256).where((files.c.sha256 == sha256) & _wanted())
    return connection.execute(question).one_or_none() is not None


def hold_wanted(connection: Connection, sha256: bytes, now: int, via: str) -> bool:
    """The bytes are here, if they are wanted still; else nothing is written. False then."""
    values = {"state": HELD, "held_at": now, "code": None, "via": via, "tries": 0}
    done = connection.execute(update(files).where((files.c.sha256 == sha256) & _wanted()).values(values))
    return bool(done.rowcount)


def lose(connection: Connection, sha256: bytes, code: str, now: int) -> None:
    """The bytes are not here, or not those: they are wanted again, at once."""
    values = {"state": WANTED, "held_at": None, "code": code, "next_at": now, "tries": 0}
    connection.execute(update(files).where(files.c.sha256 == sha256).values(values))


def tried(connection: Connection, sha256: bytes, code: str, now: int, next_at: int, *, refused: bool = False) -> None:
    """A try did not bring them. `refused`: they were other bytes than may be; they are not tried again."""
    values = {"code": code, "tried_at": now, "next_at": next_at, "tries": files.c.tries + 1}
    if refused:
        values["state"] = REFUSED
    connection.execute(update(files).where(files.c.sha256 == sha256).values(values))


def wish(connection: Connection, sha256: bytes, now: int) -> bool:
    """Somebody asks for bytes that are not here: fetch them whatever their size. False when too many wait already."""
    waiting = (files.c.state == WANTED) & files.c.wished
    if connection.execute(select(func.count()).where(waiting)).scalar_one() >= WISHES_MOST:
        return False
    fresh = (files.c.sha256 == sha256) & (files.c.state == WANTED) & files.c.wished.is_(False)
    connection.execute(update(files).where(fresh).values(wished=True, next_at=now))
    return True


def due(connection: Connection, now: int, eager: int, limit: int = 50) -> list[File]:
    """What is to be fetched now: small, or wished for; wished ones first."""
    what = _fetchable(eager) & (files.c.next_at <= now)
    rows = connection.execute(select(files).where(what).order_by(files.c.wished.desc(), files.c.next_at).limit(limit))
    return [File(**row._mapping) for row in rows]


def origins_of(connection: Connection, sha256: bytes) -> list[str]:
    """The origins whose records refer to these bytes."""
    question = select(origins.c.did).join(file_refs, file_refs.c.origin_id == origins.c.id)
    return list(connection.execute(question.where(file_refs.c.sha256 == sha256).distinct()).scalars())


def taken(connection: Connection, did: str | None = None) -> int:
    """Bytes of all files held; of those that one origin's records refer to."""
    question = select(func.coalesce(func.sum(files.c.size), 0)).where(files.c.state == HELD)
    if did is not None:
        mine = select(file_refs.c.sha256).join(origins, origins.c.id == file_refs.c.origin_id)
        question = question.where(files.c.sha256.in_(mine.where(origins.c.did == did)))
    return int(connection.execute(question).scalar_one())


def count(connection: Connection, state: str) -> int:
    """How many files are in this state."""
    return int(connection.execute(select(func.count()).where(files.c.state == state)).scalar_one())


def held(connection: Connection) -> set[bytes]:
    """The hashes of all files that are said to be here."""
    return {bytes(one) for one in connection.execute(select(files.c.sha256).where(files.c.state == HELD)).scalars()}


def _wanted() -> ColumnElement[bool]:
    return (files.c.state == WANTED) & files.c.sha256.in_(select(file_refs.c.sha256))


def _fetchable(eager: int) -> ColumnElement[bool]:
    return _wanted() & (files.c.wished | (files.c.size <= eager))


def _ensure(connection: Connection, sha256: bytes, media: str, size: int) -> None:
    fresh = {"sha256": sha256, "media": media, "size": size, "state": WANTED, "keep_until": 0, "wished": False}
    made = upsert(connection, files).values(**fresh, tries=0, next_at=0)
    connection.execute(made.on_conflict_do_nothing(index_elements=["sha256"]))
