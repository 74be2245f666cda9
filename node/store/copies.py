"""Copies of the database: made while it is in use, stripped before they leave, doubted and renewed when they come back.

A copy is a moment of the past. What was true only then (sessions, cursors, leases, open invitations, used nonces) must
not be true again, and what it says about records is believed no more than a peer is: `rows` gives them to be verified.
Called by `backup`, `restoring` and `sightings`.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, case, delete, func, or_, select, tuple_, update

from node.store import log as logbook
from node.store import notes, steps
from node.store.database import Database, translated
from node.store.tables import (
    attempts,
    fediverse_actors,
    fediverse_heard,
    followers,
    heads,
    invitations,
    log,
    meta,
    nonces,
    origins,
    peers,
    sessions,
    users,
)
from protocol.envelope import NODE, TOMBSTONE

STEP_PAGES = 2_000
"""Pages copied between two words of progress: 8 MB."""

BACKUP, NETWORK, ROLLED_BACK, OTHER_MACHINE = "backup", "network", "rolled_back", "other_machine"
"""Why a node recovers: restored from a file or from its peers; or decided so about records signed as ours."""

RECOVERY, MET, TRIED, CALLED = "recovery", "recovery_met", "recovery_tried", "recovery_called"
"""Meta values of a recovery: its reason and moments; peers that gave all; that were tried; that call us."""
RESTORED_AT = "restored_at"
"""Meta value: when what this node had published was last found to be incomplete here, and began to be taken back."""

_EMPTIED = (sessions, nonces, attempts, fediverse_heard, fediverse_actors)
_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"

Progress = Callable[[int, int], None]
"""Called with what is done and how much there is in all."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a database holds. `records`: live heads of admitted origins; `own`: those of this node."""

    records: int
    own: int
    peers: int
    users: int


@dataclass(frozen=True, slots=True)
class Row:
    """One revision as the log says it is. `data`: the exact bytes; what else is said must follow from them."""

    seq: int
    origin_id: int
    did: str
    digest: bytes
    record: str
    revision: int
    type: str
    visibility: str
    key: str
    stamp: int
    about: str | None
    erased: bool
    void: bool
    data: bytes


def copy(source: Path, target: Path, progress: Progress) -> None:
    """Copy the database at `source` as it is at this moment into the new file `target`, while others go on writing.

    One read transaction is held from the first page to the last: SQLite's online backup then never starts anew, however
    much is written meanwhile. Raises `StoreFull` and other `StoreProblem`s.
    """
    with translated(), closing(sqlite3.connect(source, isolation_level=None, timeout=30)) as held:
        held.execute("PRAGMA query_only=ON")
        held.execute("BEGIN")
        held.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(target, isolation_level=None)) as made:

            def _tell(_status: int, rest: int, total: int) -> None:
                progress(total - rest, total)

            held.backup(made, pages=STEP_PAGES, progress=_tell, sleep=0)
            made.execute("PRAGMA journal_mode=DELETE")


def strip(path: Path) -> tuple[str, str, Counts]:
    """Take out of a copy what nobody else may have: sessions, nonces, failed sign-ins, leases, strangers' words.

    Returns (DID, schema revision, what it holds).
    """
    database = Database(path)
    try:
        with database.writing() as connection:
            for table in _EMPTIED:
                connection.execute(delete(table))
            connection.execute(update(peers).values(lease_owner=None, lease_until=0))
            did = notes.value(connection, "did") or ""
            schema = str(steps.reached(connection))
            counted = counts(connection, did)
    finally:
        database.close()
    single(path)
    return did, schema, counted


def single(path: Path) -> None:
    """Fold the write-ahead log into the file: one file that can be carried away."""
    with translated(), closing(sqlite3.connect(path, isolation_level=None)) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        plain.execute("PRAGMA journal_mode=DELETE")


def counts(connection: Connection, did: str) -> Counts:
    """What a database holds."""
    live = (
        select(func.count())
        .select_from(heads.join(origins, origins.c.id == heads.c.origin_id))
        .where(origins.c.admitted & (heads.c.state == "live"))
    )
    return Counts(
        records=int(connection.execute(live).scalar_one()),
        own=int(connection.execute(live.where(origins.c.did == did)).scalar_one()),
        peers=int(connection.execute(select(func.count()).select_from(peers)).scalar_one()),
        users=int(connection.execute(select(func.count()).select_from(users)).scalar_one()),
    )


def trouble(path: Path) -> str | None:
    """What is wrong with a database file that comes from outside, before anything of ours opens it; None for nothing.

    Views and triggers are somebody else's program: a database of ours has none.
    """
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as plain:
            plain.execute("PRAGMA trusted_schema=OFF")
            plain.execute("PRAGMA cell_size_check=ON")
            kinds = {str(row[0]) for row in plain.execute("SELECT DISTINCT type FROM sqlite_master")}
            if not kinds <= {"table", "index"}:
                return f"it holds {', '.join(sorted(kinds - {'table', 'index'}))}: no database of Wasl does"
            found = str(plain.execute("PRAGMA quick_check(1)").fetchone()[0])
            return None if found == "ok" else f"SQLite found damage: {found}"
    except sqlite3.Error as error:
        return f"it is no usable database: {error}"


def strange_schema(path: Path, example: Path) -> list[str]:
    """Names of tables and indexes that differ from those of `example`, a database that this version has just made.

    An index that is missing makes nothing wrong, only slow.
    """
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(example)) as other:
        ours, wanted = set(one.execute(_SCHEMA).fetchall()), set(other.execute(_SCHEMA).fetchall())
    missing = {row for row in wanted - ours if row[0] == "table"}
    return sorted({str(row[1]) for row in (ours - wanted) | missing})


def renew(connection: Connection, now: int, backup_at: int) -> int:
    """Make a copy a node's present: it recovers, nobody is signed in, no old invitation opens the door.

    Returns how many open invitations were withdrawn: they may have been used since.
    """
    for table in _EMPTIED:
        connection.execute(delete(table))
    connection.execute(delete(followers))
    connection.execute(delete(meta).where(meta.c.name == "worker_beat"))
    connection.execute(update(peers).values(lease_owner=None, lease_until=0))
    open_ones = invitations.c.used_at.is_(None) & invitations.c.revoked_at.is_(None)
    closed = connection.execute(update(invitations).where(open_ones).values(revoked_at=now)).rowcount
    begin_recovering(connection, now, BACKUP, backup_at)
    return closed


def begin_recovering(connection: Connection, now: int, reason: str, backup_at: int | None = None) -> None:
    """From now on nothing is published, until what we had published is back. `reason`: BACKUP | NETWORK | ….

    A new epoch: every peer's place in our log is void, and it compares everything once. So do we with every peer.
    """
    notes.set_value(connection, "epoch", secrets.token_hex(4))
    notes.set_value(connection, RESTORED_AT, str(now))
    for name in (RECOVERY, MET, TRIED, CALLED):
        notes.set_value(connection, name, "")
    for name, text in (("reason", reason), ("since", str(now)), ("backup_at", backup_at and str(backup_at))):
        notes.keep(connection, RECOVERY, name, text or None)
    fresh = {"pull_cursor": None, "push_seq": 0, "reconcile_at": 0, "next_at": 0, "failures": 0, "told_card": None}
    connection.execute(update(peers).values(fresh))
    notes.set_value(connection, "state", "recovering")


def rows(connection: Connection, *, cards: bool = False) -> Iterator[Row]:
    """Every revision in the log that still has its bytes, in the order of the log; with `cards`, node cards only."""
    columns = [log.c[name] for name in Row.__dataclass_fields__ if name != "did"]
    question = (
        select(*columns, origins.c.did)
        .join(origins, origins.c.id == log.c.origin_id)
        .where((log.c.kind == "revision") & log.c.data.is_not(None))
        .order_by(log.c.seq)
    )
    if cards:
        question = question.where(log.c.type == NODE)
    for row in connection.execute(question.execution_options(yield_per=500)):
        yield Row(**row._mapping)


def size(connection: Connection) -> int:
    """How many revisions `rows` gives."""
    wanted = (log.c.kind == "revision") & log.c.data.is_not(None)
    return int(connection.execute(select(func.count()).select_from(log).where(wanted)).scalar_one())


def discard(connection: Connection, wrong: list[Row], now: int) -> None:
    """Stop claiming to hold these revisions, and set the heads of their records right: peers give what is true."""
    for row in wrong:
        connection.execute(update(log).where(log.c.seq == row.seq).values(kind="void", digest=None, data=None))
    for origin_id, record in sorted({(row.origin_id, row.record) for row in wrong}):
        logbook.rehead(connection, origin_id, record)
        logbook.note(connection, "void", origin_id, record, now)


def mend_heads(connection: Connection) -> int:
    """Set right every head that does not follow from the log. Returns how many: in a database of ours, none."""
    held, better = log.alias("held"), log.alias("better")
    ended = case((held.c.type != TOMBSTONE, "live"), (held.c.erased, "erased"), else_="withdrawn")
    same = [
        held.c[name].is_distinct_from(heads.c[name])
        for name in ("digest", "record", "origin_id", "type", "visibility", "revision", "stamp", "about")
    ]
    rank = tuple_(held.c.erased, held.c.revision, held.c.digest)
    usable = (better.c.kind == "revision") & better.c.void.is_(False) & better.c.data.is_not(None)
    place = (better.c.origin_id == heads.c.origin_id) & (better.c.record == heads.c.record)
    above = tuple_(better.c.erased, better.c.revision, better.c.digest) > rank
    stray = (
        select(heads.c.origin_id, heads.c.record)
        .outerjoin(held, held.c.seq == heads.c.seq)
        .where(
            or_(held.c.seq.is_(None), held.c.void, held.c.data.is_(None), heads.c.state.is_distinct_from(ended), *same)
            | ((held.c.type != NODE) & select(better.c.seq).where(place & usable & above).exists())
        )
    )
    headless = (
        select(better.c.origin_id, better.c.record)
        .outerjoin(heads, place)
        .where(usable & heads.c.seq.is_(None))
        .distinct()
    )
    wrong = {(int(row.origin_id), str(row.record)) for row in connection.execute(stray.union(headless))}
    for origin_id, record in sorted(wrong):
        logbook.rehead(connection, origin_id, record)
    return len(wrong)


def in_use(path: Path) -> bool:
    """Whether another process has this database open: a node that runs there would go on as a second one."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as plain:
        try:
            plain.execute("PRAGMA locking_mode=EXCLUSIVE")
            plain.execute("BEGIN IMMEDIATE")
            plain.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            return (getattr(error, "sqlite_errorname", "") or "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
        except sqlite3.DatabaseError:
            return False  # damaged: that is why it is replaced
    return False


def identity(path: Path) -> str | None:
    """The DID of the node whose database this is; None when that cannot be read."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1)) as plain:
            row = plain.execute("SELECT value FROM meta WHERE name = 'did'").fetchone()
    except sqlite3.Error:
        return None
    return str(row[0]) if row else None
