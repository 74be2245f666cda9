"""What an erasure takes away: the bytes of a record, of its translations, of what waits in the quarantine.

Law: once a record's erasure stands in the log, no table holds a byte of it but digests and the tombstone, whatever
comes later. Followers hear of each place that was emptied through the log. Only the door writes here (`intake`,
`admission`, `sightings`); the worker goes on with what is owed. Source: docs/protocol.md section 3.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import orjson
from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from node.errors import StoreProblem
from node.store import drafts, files, notes, origins, quarantine, records
from node.store import log as logbook
from node.store.database import Database
from node.store.files import ATTACHMENT
from node.store.tables import heads, log
from node.store.tables import origins as origins_table
from node.store.tables import quarantine as aside
from protocol.envelope import Envelope

_CHUNK = 500
_OWED = "wal_owed"
"""Meta value: not empty while erased bytes may still stand beside the tables; another one for each erasure."""
_MENTIONS_MOST = 2_000
"""Ids looked up in one thing that is set aside: a practice names some ten."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: the local id of its origin, and its URI."""

    origin_id: int
    uri: str

    @property
    def record(self) -> str:
        """The record's UUID."""
        return self.uri.rpartition("/")[2]


def erase(connection: Connection, origin_id: int, uri: str, now: int) -> None:
    """Forget the content of a record, of the translations that copy it, and of the translations of those; what people
    here were making of it, too.

    All revisions but erasing ones, head or not. Digests stay; bytes go (`secure_delete` overwrites them in the file,
    `Database.forget` in the write-ahead log).
    """
    mine = (log.c.origin_id == origin_id) & (log.c.record == uri.rpartition("/")[2]) & log.c.erased.is_(False)
    empty_copies(connection, uri, now)
    _let_files_go(connection, origin_id, uri)
    _empty(connection, mine)
    drafts.forget_translations(connection, uri)
    unnamed = log.c.type.not_in((logbook.TRANSLATION, ATTACHMENT))  # followers need to know whose words go
    connection.execute(update(log).where(mine & unnamed).values(about=None))


def owe(connection: Connection) -> None:
    """Note, in the transaction that erases, that bytes of it still stand beside the tables or in their free room.

    A process may be killed, or its database server go away, between the erasure and `forget`: the debt outlives both.
    """
    notes.set_value(connection, _OWED, secrets.token_hex(8))


def forget(database: Database) -> None:
    """Take what was erased out of the files too. What was erased stays erased if that cannot be done now: it is owed,
    and the worker comes back to it."""
    with suppress(StoreProblem):
        forget_owed(database)


def forget_owed(database: Database) -> None:
    """Do what is owed. Waits a second at most for readers; while somebody reads, it stays owed. Raises `StoreProblem`.

    Another process may owe more meanwhile: then its debt stays.
    """
    with database.reading() as connection:
        owed = notes.value(connection, _OWED)
    if owed and database.forget():
        with database.writing() as connection:
            if notes.value(connection, _OWED) == owed:  # else another erasure came meanwhile
                notes.set_value(connection, _OWED, "")


def empty_copies(connection: Connection, uri: str, now: int) -> None:
    """Forget the translations of a record, those of them, and what is set aside of any of these."""
    owe(connection)
    copies = copies_of(connection, uri)
    family = [uri, *(copy.uri for copy in copies)]
    for start in range(0, len(family), _CHUNK):
        some = family[start : start + _CHUNK]
        _empty(connection, log.c.about.in_(some) & (log.c.type == logbook.TRANSLATION))
        of_them = heads.c.about.in_(some) & (heads.c.type == logbook.TRANSLATION)
        connection.execute(delete(heads).where(of_them))
    quarantine.forget_records(connection, family)
    for place in {copy.origin_id for copy in copies}:
        of_one = [copy.record for copy in copies if copy.origin_id == place]
        logbook.note_all(connection, "void", place, of_one, now)


def copies_of(connection: Connection, uri: str) -> list[Place]:
    """The translations of a record in any revision held here, emptied or not, and the translations of those."""
    found: dict[str, Place] = {}
    level = [uri]
    while level:
        after: list[str] = []
        for start in range(0, len(level), _CHUNK):
            of_them = log.c.about.in_(level[start : start + _CHUNK])
            copies = of_them & (log.c.type == logbook.TRANSLATION) & (log.c.kind == "revision")
            question = select(log.c.origin_id, origins_table.c.did, log.c.record)
            question = question.join(origins_table, origins_table.c.id == log.c.origin_id).where(copies).distinct()
            for row in connection.execute(question):
                place = Place(row.origin_id, f"{row.did}/records/{row.record}")
                if place.uri != uri and place.uri not in found:
                    found[place.uri] = place
                    after.append(place.uri)
        level = after
    return list(found.values())


def buried(connection: Connection, envelopes: Sequence[Envelope]) -> set[bytes]:
    """Digests of the translations among `envelopes` that would bring back words that were erased.

    Their target was erased, or is a translation that went with what it translates, held here or kept out by the door.
    """
    wanted = [envelope for envelope in envelopes if envelope.type == logbook.TRANSLATION]
    targets = {envelope.digest: str(envelope.content.get("target")) for envelope in wanted}
    if not targets:
        return set()
    gone = records.erased(connection, targets.values())  # also when the target's origin is not admitted any more
    gone |= _emptied(connection, set(targets.values()) - gone)
    found = _kept_out(connection, {envelope.digest: envelope.content for envelope in wanted})
    while more := {digest for digest, target in targets.items() if target in gone} - found:
        found |= more
        gone |= {envelope.uri for envelope in wanted if envelope.digest in more}
    return found


def of_erased(connection: Connection, data: bytes) -> bool:
    """True where the id of an erased record stands in these bytes: they are not to be kept, not even as evidence."""
    ids = [found.decode("ascii") for found in set(quarantine.RECORD_ID.findall(data))][:_MENTIONS_MOST]
    for start in range(0, len(ids), _CHUNK):
        part = (heads.c.state == "erased") & heads.c.record.in_(ids[start : start + _CHUNK])
        if connection.execute(select(heads.c.seq).where(part).limit(1)).one_or_none() is not None:
            return True
    return False


def _empty(connection: Connection, what: ColumnElement[bool]) -> None:
    """Take the bytes away, and off the count of what each origin takes of the disk."""
    held = select(log.c.origin_id, func.sum(log.c.size)).where(what, log.c.data.is_not(None))
    for place, size in connection.execute(held.group_by(log.c.origin_id)).all():
        origins.count(connection, place, 0, -int(size))
    connection.execute(update(log).where(what).values(data=None))


def _let_files_go(connection: Connection, origin_id: int, uri: str) -> None:
    """Keep no longer what an attachment named before it was withdrawn or replaced: it is erased, or what it was about.

    Nothing refers to such bytes any more; only the revisions that are emptied next still say which they are.
    """
    left = files.left(connection)
    if not left:
        return
    named = (log.c.origin_id == origin_id) & (log.c.type == ATTACHMENT) & log.c.data.is_not(None)
    for place in (log.c.record == uri.rpartition("/")[2], log.c.about == uri):
        for seq in connection.execute(select(log.c.seq).where(named & place)).scalars().all():
            data = connection.execute(select(log.c.data).where(log.c.seq == seq)).scalar_one()  # up to 256 KiB each
            sha256 = bytes.fromhex(orjson.loads(data)["content"]["sha256"])
            if sha256 in left:
                files.let_go(connection, sha256)


def _emptied(connection: Connection, uris: Iterable[str]) -> set[str]:
    """Which of these records are translations whose every revision held here was emptied, and that have no head."""
    found = set()
    for uri in uris:
        did, _, record = uri.partition("/records/")
        place = (origins_table.c.did == did) & (log.c.record == record) & (log.c.kind == "revision")
        rows = connection.execute(
            select(log.c.type, log.c.data.is_(None).label("empty"), log.c.void)
            .join(origins_table, origins_table.c.id == log.c.origin_id)
            .where(place)
        ).all()
        if rows and all(row.empty for row in rows) and any(row.type == logbook.TRANSLATION for row in rows):
            found.add(uri)
    return found


def _kept_out(connection: Connection, contents: Mapping[bytes, Mapping[str, object]]) -> set[bytes]:
    """Which of these translations are of a revision that the door did not let in, because its own target was erased."""
    named = {digest: bytes.fromhex(str(content.get("targetDigest"))) for digest, content in contents.items()}
    held = select(aside.c.digest).where(
        aside.c.digest.in_(list(named.values())) & (aside.c.code == quarantine.TARGET_ERASED)
    )
    out = {bytes(digest) for digest in connection.execute(held).scalars()}
    return {digest for digest, target in named.items() if target in out}
