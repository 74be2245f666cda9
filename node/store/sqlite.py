"""The store as a file: SQLite in WAL mode with `synchronous=FULL`, so what was acknowledged survives a power cut.

A write begins with `BEGIN IMMEDIATE`: two writers wait for each other at the start and never dead-lock in the middle.
Called by `database`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event

BUSY_TIMEOUT_MS = 15_000
"""How long a writer waits for another process, milliseconds."""

_WRITE = "wasl_write"


class SqliteKind:
    """One file and the connections to it."""

    shared = False

    def __init__(self, path: Path) -> None:
        self.reading: dict[str, Any] = {}
        self.writing: dict[str, Any] = {_WRITE: True}
        self.claiming = self.writing
        self.turn: dict[str, Any] | None = None
        self.name, self._path = path.name, path
        self.engine = _engine(path)

    def exists(self) -> bool:
        """Whether there is a file."""
        return self._path.exists()

    def size(self) -> int:
        """Bytes on the disk, with the write-ahead log."""
        wal = self._path.with_name(self._path.name + "-wal")
        return sum(path.stat().st_size for path in (self._path, wal) if path.exists())

    def check(self, connection: Connection) -> str:
        """`ok`, or what SQLite's quick_check found first."""
        return str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())

    def prepare_steps(self, connection: Connection) -> None:
        """Nothing: SQLite bounds no statement."""

    def finish_steps(self, connection: Connection) -> None:
        """Nothing: SQLite copies no values (nobody calls its ANALYZE)."""

    def alone(self, connection: Connection) -> bool:
        """Not to be known on a connection of ours: `copies.in_use` knows."""
        return True

    def forget(self, wait_ms: int) -> bool:
        """Empty the write-ahead log. False while somebody else still reads."""
        with closing(self.engine.raw_connection()) as pooled:
            plain = cast(sqlite3.Connection, pooled.driver_connection)
            plain.execute(f"PRAGMA busy_timeout={wait_ms}")
            try:
                busy, _, _ = plain.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                plain.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            return not busy


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{path}", hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}
    )

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
