"""The PostgreSQL server of one town: killed, started again, out of room, and the wire between it and the town.

Law: what a session was told is committed outlives every kill, so commits are not put off. What the kernel was given
outlives a kill too, and no power cut is simulated: `fsync` stays off. Whole pages stay on, since a kill may tear the
writing of one (it ends between two pages of memory, and a page of PostgreSQL is two of them).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from node.bench.postgres import PORT, Server
from node.bench.torture.wire import WHOLE, Wire

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "autovacuum_naptime": "1s",
    "autovacuum_vacuum_threshold": "10",
    "autovacuum_analyze_threshold": "10",
    "checkpoint_timeout": "30s",
    "min_wal_size": "8MB",
    "max_wal_size": "24MB",
}
"""Autovacuum looks often, so that what it copies of a table into PostgreSQL's statistics is there to be found."""
_INITDB = ("--data-checksums", "--wal-segsize=1")

ALL, IMMEDIATE, SESSION = "database", "database, immediate", "database, one session"
"""Every process with SIGKILL; all told to end at once; the process of one session, whereupon the server ends all."""
KINDS = (ALL, ALL, IMMEDIATE, SESSION)

_WIRED = PORT + 1
_AGAIN_S = 1.0
_LONGEST_S = 12.0

_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
_FILES = "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind = ANY('{r,i,t,S,m}') AND relpersistence <> 't'"
_FOLDER = "SELECT 'base/' || oid FROM pg_database WHERE datname = current_database()"


class Cluster:
    """A server with an empty database, which runs. `direct`: its address; `through`: the same, by way of the wire."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._server = Server(folder, SETTINGS, *_INITDB)
        self._chance = chance
        self._due: float | None = None
        self.ended_by_itself: list[str] = []
        self._start()
        try:
            self._server.wait()
        except BaseException:
            self._server.stop()
            raise
        self.direct = f"postgresql://wasl@/postgres?host={folder}&port={PORT}"
        self.through = f"postgresql://wasl@/postgres?host={folder}&port={_WIRED}"
        address = make_url(self.direct).set(drivername="postgresql+psycopg")
        self._engine = create_engine(address, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self.wire = Wire(folder / f".s.PGSQL.{PORT}", chance, folder / f".s.PGSQL.{_WIRED}")

    @property
    def ready(self) -> bool:
        """Whether it takes connections."""
        return self._server.ready

    @property
    def log(self) -> Path:
        """What the server says."""
        return self._server.log

    def kill(self, kind: str) -> bool:
        """Kill it; `revive` starts it again some seconds later. False when there was nothing to kill."""
        if self._server.exit_code is not None or self._due is not None:
            return False
        if kind == SESSION:
            return self._kill_session()
        self._server.kill() if kind == ALL else self._server.stop()
        self._due = time.monotonic() + min(_LONGEST_S, self._chance.expovariate(1 / 2.0))
        return True

    def end_session(self) -> bool:
        """Have the server end one session of the town. False when there is none, or no server."""
        with contextlib.suppress(DBAPIError), self._engine.connect() as connection:
            if found := list(connection.exec_driver_sql(_SESSIONS).scalars()):
                chosen = int(self._chance.choice(found))
                return bool(connection.exec_driver_sql(f"SELECT pg_terminate_backend({chosen})").scalar_one())
        return False

    def revive(self) -> None:
        """Start it again when it is time, also one that ended by itself (no room for its log): a supervisor's work."""
        if self._server.exit_code is None:
            return
        now = time.monotonic()
        if self._due is None:
            self.ended_by_itself.append(f"database: exit code {self._server.exit_code}")
            self._due = now + _AGAIN_S
        elif now >= self._due:
            self._start()

    def mend(self) -> None:
        """Have it run, and its wire whole."""
        self.wire.become(WHOLE)
        if self._server.exit_code is not None:
            self._start()
        self._server.wait()

    def close(self) -> None:
        """End it."""
        self.wire.close()
        self._server.stop()

    def files(self) -> tuple[list[Path], list[Path]]:
        """The files of its tables, all that is in memory written to them; and those that belong to no table any more.

        A server that is killed while it writes a table anew leaves the new files behind, and nobody clears them away.
        Its write-ahead log is not among them: bytes stand there until it is used again (docs/running.md).
        """
        with self._engine.connect() as connection:
            connection.exec_driver_sql("CHECKPOINT")
            folder = self._server.data / str(connection.exec_driver_sql(_FOLDER).scalar_one())
            there = [path for path in folder.rglob("*") if path.is_file()]
            known = {Path(str(found)).name for found in connection.exec_driver_sql(_FILES).scalars() if found}
        mine = [path for path in there if _of_relation(path) in known or not _of_relation(path).isdecimal()]
        return mine, [path for path in there if path not in mine]

    def _start(self) -> None:
        self._due = None
        self._server.start()

    def _kill_session(self) -> bool:
        with contextlib.suppress(DBAPIError, ProcessLookupError):
            with self._engine.connect() as connection:
                found = set(connection.exec_driver_sql(_SESSIONS).scalars())
            ours = found & set(self._server.processes())
            if ours:
                os.kill(self._chance.choice(sorted(ours)), signal.SIGKILL)
                return True
        return False


def _of_relation(path: Path) -> str:
    """The number of the relation in a file's name: 16384, 16384.1, 16384_fsm."""
    return path.name.partition(".")[0].partition("_")[0]
