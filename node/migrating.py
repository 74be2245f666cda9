"""A node's store moves: from its file into PostgreSQL, or back. Copied, compared record by record, then told.

All of it is one transaction at the target: whatever stops it, nothing stands there. The source is read and stays as it
is; nobody may write there meanwhile, and nobody may have it open, or what is written later would be lost. The setting
that makes the node use the new store is a person's to change. Called by `wasl migrate-store`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from node.assembly import Node
from node.durable import sync_folder
from node.errors import NotAllowed
from node.store import copies, moves, notes
from node.store.database import Database
from node.store.moves import Proof

SQLITE = "sqlite"
"""The target that is the file of the node's own."""

_PART = ".moving"
_ALONE_S = 3.0
"""How long connections that are being closed may take to be gone."""

Progress = Callable[[str, int, int], None]
"""Called with what is done (`copy`, `compare`), rows done and rows in all."""


class _Unmade(Exception):
    """Ends the transaction of a trial, which leaves nothing."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved. `entries`: of the log; `tables`: what was compared; `kept`: whether it stands there now."""

    rows: int
    entries: int
    tables: tuple[Proof, ...]
    seconds: float
    kept: bool

    @property
    def mended(self) -> int:
        """Texts in which U+FFFD stands now for a NUL."""
        return sum(table.mended for table in self.tables)


def move(node: Node, to: str, *, actor: str, dry_run: bool = False, progress: Progress | None = None) -> Moved:
    """Copy the store to `to` (an address postgresql://…, or `sqlite`) and compare it there.

    `dry_run`: do all of it, then take it back; the node may go on running. Raises `NotAllowed` (`store_not_empty`,
    `node_running`, `same_store`), `ConfigProblem` (`bad_database`, `no_driver`), `StoreProblem` (`store_differs`, …).
    """
    tell = progress or _silent
    began = time.monotonic()
    file = node.config.database
    if to == SQLITE:
        if not node.database.shared:
            raise NotAllowed("this node keeps what it holds in its file already", "same_store")
        if file.exists():
            raise NotAllowed(f"there is a {file.name} already: move it to another folder first", "store_not_empty")
    part = file.with_name(f"{file.name}{_PART}")
    _clear(part)
    target = Database(part, "" if to == SQLITE else to)
    try:
        with _source(node, dry_run) as source:
            tables = _carry(node, source, target, actor, dry_run, tell)
        target.close()
        if to == SQLITE and not dry_run:
            _name(part, file)
    finally:
        target.close()
        _clear(part)
    entries = next(table.rows for table in tables if table.table == "log")
    return Moved(sum(table.rows for table in tables), entries, tables, time.monotonic() - began, not dry_run)


def _carry(
    node: Node, source: Connection, target: Database, actor: str, dry_run: bool, tell: Progress
) -> tuple[Proof, ...]:
    tables: tuple[Proof, ...] = ()
    try:
        with target.writing() as connection:
            moves.begin(target, connection)
            moves.pour(source, connection, lambda done, total: tell("copy", done, total))
            tables = moves.compare(source, connection, lambda done, total: tell("compare", done, total))
            notes.act(connection, node.now(), actor, "store_moved", "PostgreSQL" if target.shared else "SQLite")
            if dry_run:
                raise _Unmade
    except _Unmade:
        pass
    return tables


@contextmanager
def _source(node: Node, dry_run: bool) -> Iterator[Connection]:
    """The store as it is at this moment; unless it is a trial, nobody else has it open, and nobody can write to it."""
    database = node.database
    if dry_run:
        with database.reading() as connection:
            yield connection
        return
    database.close()
    if not database.shared and copies.in_use(database.path):
        raise NotAllowed(_RUNNING, "node_running")
    with database.writing() as connection:
        if database.shared:
            _wait_to_be_alone(database, connection)
        yield connection


def in_use(node: Node) -> bool:
    """Whether another process has the store of this node open at this moment."""
    database = node.database
    database.close()
    if not database.shared:
        return copies.in_use(database.path)
    with database.writing() as connection:
        return not database.kind.alone(connection)


_RUNNING = "this node is running: stop it first, or what it takes in meanwhile would be lost"


def _wait_to_be_alone(database: Database, connection: Connection) -> None:
    until = time.monotonic() + _ALONE_S
    while not database.kind.alone(connection):
        if time.monotonic() > until:
            raise NotAllowed(_RUNNING, "node_running")
        time.sleep(0.05)


def _name(part: Path, file: Path) -> None:
    """Give the finished file its name."""
    copies.single(part)
    part.chmod(0o600)
    part.rename(file)
    sync_folder(file.parent)


def _clear(part: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        part.with_name(part.name + ending).unlink(missing_ok=True)


def _silent(_what: str, _done: int, _total: int) -> None:
    pass
