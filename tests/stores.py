"""Where the towns of a test keep what they hold: a file each, or a database each of one PostgreSQL server.

A test module that says `pytestmark = pytest.mark.both_stores` runs on both. `WASL_TEST_STORE=postgres` runs every test
that takes a `network` on PostgreSQL: for looking, some of them are about the file itself.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from node.bench.postgres import PrivateServer
from node.store import moves
from node.store.database import Database
from node.store.tables import metadata

FILE, POSTGRES = "file", "postgres"
FOLDER, BUCKET = "folder", "bucket"
"""Where their attachments lie (`pytest.mark.both_shelves`)."""
USUAL = os.environ.get("WASL_TEST_STORE", FILE)

_NOWHERE = Path("nowhere")
_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
_EMPTY = "".join(f'DELETE FROM "{table.name}";' for table in reversed(metadata.sorted_tables)) + "".join(
    f'ALTER SEQUENCE "{table.name}_{column.name}_seq" RESTART;'
    for table in metadata.sorted_tables
    if (column := table.autoincrement_column) is not None
)


@dataclass
class Databases:
    """The databases of one server, by their addresses. To drop one takes PostgreSQL long: they are used again."""

    server: PrivateServer
    idle: list[str] = field(default_factory=list)
    count: int = 0
    migrated: str = ""

    def bare(self) -> str:
        """A database without a table."""
        return self._create("template0")

    def new(self) -> str:
        """A store of this version that holds nothing."""
        if self.idle:
            return self.idle.pop()
        if not self.migrated:
            first = self.bare()
            with closing(Database(_NOWHERE, first)) as store:
                store.migrate()
            self._execute(self.server.conninfo, _OTHERS, (_name(first),))
            self.migrated = _name(first)
        return self._create(self.migrated)

    def copy(self, address: str) -> str:
        """A copy of a store."""
        made = self.new()
        with (
            closing(Database(_NOWHERE, address)) as source,
            closing(Database(_NOWHERE, made)) as target,
            source.reading() as ours,
            target.writing() as connection,
        ):
            moves.pour(ours, connection, lambda done, total: None)
        return made

    def give_back(self, address: str) -> None:
        """End whoever has it open, and empty it."""
        self._execute(self.server.conninfo, _OTHERS, (_name(address),))
        self._execute(address, _EMPTY)
        self.idle.append(address)

    def _create(self, template: str) -> str:
        self.count += 1
        self._execute(self.server.conninfo, f"CREATE DATABASE town_{self.count} TEMPLATE {template}")
        folder = self.server.conninfo.partition(" ")[0].removeprefix("host=")
        return f"postgresql://wasl@/town_{self.count}?host={folder}"

    def _execute(self, where: str, statement: str, values: tuple[str, ...] | None = None) -> None:
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement.encode(), values)


def _name(address: str) -> str:
    return address.partition("@/")[2].partition("?")[0]
