"""The database: one transaction at a time for writing, as many as wanted for reading.

A file of the node's own (`sqlite`), or PostgreSQL where a setting names one (`postgres`): whoever reads and writes does
not see which. Every database error leaves here as one of ours (`StoreFull`, `StoreBusy`, `StoreProblem`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from node.config import Config
from node.errors import ConfigProblem, StoreBusy, StoreFull, StoreNewer, StoreProblem
from node.store import steps
from node.store.sqlite import SqliteKind

FORGET_WAIT_MS = 1_000
"""How long `forget` waits for readers, milliseconds."""

_FULL = ("53100",)
_BUSY = ("55P03", "57014", "40001", "40P01", "53300")
"""SQLSTATEs: a lock not to be had, a statement that took too long, a conflict, a deadlock, too many connections."""


class Kind(Protocol):
    """What differs from one kind of database to the other. `reading`, `writing`, `claiming`, `turn`: options of a
    connection; `shared`: a server keeps it, not a file."""

    engine: Engine
    name: str
    shared: bool
    reading: dict[str, Any]
    writing: dict[str, Any]
    claiming: dict[str, Any]
    turn: dict[str, Any] | None

    def exists(self) -> bool: ...
    def size(self) -> int: ...
    def check(self, connection: Connection) -> str: ...
    def prepare_steps(self, connection: Connection) -> None: ...
    def finish_steps(self, connection: Connection) -> None: ...
    def alone(self, connection: Connection) -> bool: ...
    def forget(self, wait_ms: int) -> bool: ...


class Database:
    """One store: the SQLite file at `path`, or, with an `address`, PostgreSQL.

    Thread-safe; each `reading()`/`writing()` is one transaction on a pooled connection. Raises `ConfigProblem`
    (`bad_database`) for an address that cannot be read.
    """

    def __init__(self, path: Path, address: str = "") -> None:
        self.path = path
        self.kind = _kind(path, address)

    @property
    def shared(self) -> bool:
        """Whether a server keeps it: there is no file at `path` then, and other machines may be working on it."""
        return self.kind.shared

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view: what is read inside belongs together."""
        with self._transaction(self.kind.reading) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One writing transaction: all of it, or, on any exception, nothing. Raises `StoreFull`, `StoreBusy`."""
        with self._transaction(self.kind.writing) as connection:
            yield connection

    @contextmanager
    def claiming(self) -> Iterator[Connection]:
        """As `writing`, to take work by the lock of its own row: in PostgreSQL it waits for no writer.

        Never for what belongs to the log or to a record.
        """
        with self._transaction(self.kind.claiming) as connection:
            yield connection

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """One at a time on all machines that share the store; on one machine a lock of its own does. May write inside.

        Raises `StoreBusy`.
        """
        if self.kind.turn is None:
            yield
            return
        with self._transaction(self.kind.turn):
            yield

    def exists(self) -> bool:
        """Whether there is a store, whole or begun."""
        with translated():
            return self.kind.exists()

    def size(self) -> int:
        """Bytes that it takes on the disk."""
        with translated():
            return self.kind.size()

    def migrate(self) -> None:
        """Bring the schema up to date. Raises `StoreNewer` when it is ahead of this version of Wasl."""
        with translated():
            current = self.schema()
            if current == steps.names()[-1]:
                return
            if current is not None and current not in steps.names():
                raise StoreNewer(
                    f"{self.kind.name} was written by a newer version of Wasl (schema {current}); "
                    "install that version again, or restore a backup made with this one"
                )
            with self.writing() as connection:
                self.kind.prepare_steps(connection)
                steps.take(connection)
                self.kind.finish_steps(connection)

    def schema(self) -> str | None:
        """The step that the schema is at; None for an empty database."""
        with translated(), self.kind.engine.connect() as connection:
            return steps.reached(connection)

    def check(self) -> str:
        """`ok`, or what the database finds wrong with itself."""
        with self.reading() as connection:
            return self.kind.check(connection)

    def forget(self) -> bool:
        """Clear away what still stands of erased bytes beside the tables. False while somebody else still reads."""
        with translated():
            return self.kind.forget(FORGET_WAIT_MS)

    def close(self) -> None:
        """Give back every connection."""
        self.kind.engine.dispose()

    @contextmanager
    def _transaction(self, options: dict[str, Any]) -> Iterator[Connection]:
        with translated(), self.kind.engine.connect() as plain:
            connection = plain.execution_options(**options)
            with connection.begin():
                yield connection


def open_store(config: Config) -> Database:
    """The store that the settings name. Raises `ConfigProblem` (`no_driver`, `bad_database`)."""
    return Database(config.database, config.store_database)


def _kind(path: Path, address: str) -> Kind:
    if not address:
        return SqliteKind(path)
    if find_spec("psycopg") is None:
        raise ConfigProblem(
            "`database` in [store] needs the driver of PostgreSQL: install `wasl[postgres]`", "no_driver"
        )
    from node.store.postgres import PostgresKind

    return PostgresKind(address)


@contextmanager
def translated() -> Iterator[None]:
    """Every database error inside leaves as one of ours."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        original = (error.orig if isinstance(error, DBAPIError) else None) or error
        if said := _without_values(original):
            error.args = original.args = (said,)  # a log shows them, too
        raise _ours(original) from error
    except NoneFree as error:
        raise StoreBusy("every connection to the database is in use: try again in a moment") from error


def _ours(error: BaseException) -> StoreProblem:
    name = getattr(error, "sqlite_errorname", "") or ""
    state = getattr(error, "sqlstate", "") or ""
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_READONLY")) or state in _FULL:
        return StoreFull("the disk is full: free some room, the node then goes on by itself")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or state in _BUSY:
        return StoreBusy("another process holds the database for too long: is a backup or migration running?")
    return StoreProblem(f"the database answered: {_without_values(error) or error}")


def _without_values(error: BaseException) -> str | None:
    """What PostgreSQL says beside the values, which are somebody's; None where it says nothing so, as SQLite."""
    return getattr(getattr(error, "diag", None), "message_primary", None)
