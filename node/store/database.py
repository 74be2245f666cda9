"""The database: engine, one transaction at a time for writing, as many as wanted for reading.

SQLite in WAL mode with `synchronous=FULL`: what was acknowledged survives a power cut. A write begins with
`BEGIN IMMEDIATE`, so two writers wait for each other at the start and never dead-lock in the middle. Every
database error leaves here as one of ours (`StoreFull`, `StoreBusy`, `StoreProblem`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from node.errors import StoreBusy, StoreFull, StoreNewer, StoreProblem

BUSY_TIMEOUT_MS = 15_000
"""How long a writer waits for another process, milliseconds."""
FORGET_WAIT_MS = 1_000
"""How long `forget` waits for readers, milliseconds."""

_WRITE = "wasl_write"


class Database:
    """One SQLite file. Thread-safe; each `reading()`/`writing()` is one transaction on a pooled connection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = _engine(path)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view: what is read inside belongs together."""
        with translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One writing transaction: all of it, or, on any exception, nothing. Raises `StoreFull`, `StoreBusy`."""
        with translated(), self._engine.connect() as plain:
            connection = plain.execution_options(**{_WRITE: True})
            with connection.begin():
                yield connection

    def migrate(self) -> None:
        """Bring the schema up to date. Raises `StoreNewer` when it is ahead of this version of Wasl."""
        with translated():
            script = _steps()
            with self._engine.connect() as connection:
                current = MigrationContext.configure(connection).get_current_revision()
            if current == script.get_current_head():
                return
            if current is not None and current not in {step.revision for step in script.walk_revisions()}:
                raise StoreNewer(
                    f"{self.path.name} was written by a newer version of Wasl (schema {current}); "
                    "install that version again, or restore a backup made with this one"
                )
            config = _configuration()
            with self.writing() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")

    def check(self) -> str:
        """`ok`, or what SQLite's quick_check found first."""
        with self.reading() as connection:
            return str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())

    def forget(self) -> bool:
        """Empty the write-ahead log, in which erased bytes still stand. False while somebody else still reads."""
        with translated(), closing(self._engine.raw_connection()) as pooled:
            plain = cast(sqlite3.Connection, pooled.driver_connection)
            plain.execute(f"PRAGMA busy_timeout={FORGET_WAIT_MS}")
            try:
                busy, _, _ = plain.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                plain.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            return not busy

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()


def _configuration() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@cache
def _steps() -> ScriptDirectory:
    """Every migration there is: files of this version, read once."""
    return ScriptDirectory.from_config(_configuration())


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite+pysqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "temp_store=MEMORY",
            "cache_size=-8000",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


@contextmanager
def translated() -> Iterator[None]:
    """Every database error inside leaves as one of ours."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        raise _ours(original or error) from error


def _ours(error: BaseException) -> StoreProblem:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_READONLY")):
        return StoreFull("the disk is full: free some room, the node then goes on by itself")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusy("another process holds the database for too long: is a backup or migration running?")
    return StoreProblem(f"the database answered: {error}")
