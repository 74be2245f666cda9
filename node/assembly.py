"""Builds one `Node` from one `Config`: the one place that picks concrete things. Knows no Flask."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from node import keys
from node.config import Config
from node.engines import require_driver
from node.errors import ConfigProblem
from node.shelves.opening import require_client
from node.store import notes
from node.store.database import Database, open_store

Clock = Callable[[], int]
"""Whole seconds since 1970, UTC."""


def system_clock() -> int:
    """The machine's clock."""
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Node:
    """An open node. `did`: who it is; `now`: its clock."""

    config: Config
    database: Database
    did: str
    now: Clock = field(default=system_clock)

    @property
    def signing(self) -> keys.SigningKey:
        """The key in daily use, as the file says it now: a key that was replaced is used by every process at once."""
        return keys.signing(self.config.keys)

    def close(self) -> None:
        """Give back the database."""
        self.database.close()


def open_node(home: Path, environ: Mapping[str, str], now: Clock = system_clock) -> Node:
    """Open the node in `home`, bringing its database up to date.

    Raises `ConfigProblem` (no node there, a wrong setting), `KeysUnsafe`, `StoreNewer`, `StoreProblem`.
    """
    config = Config.load(home, environ)
    require_driver(config)
    require_client(config)
    keys.signing(config.keys)
    database = open_store(config)
    if not database.exists():
        what = "the PostgreSQL database is empty" if database.shared else f"{config.database.name} is missing"
        raise ConfigProblem(
            f"{what}: restore a backup, or run `wasl init` in another folder",
            "no_database",
        )
    database.migrate()
    with database.reading() as connection:
        did = notes.value(connection, "did")
    if did is None:
        raise ConfigProblem("the database names no node: `wasl init` was interrupted; run it again", "no_node")
    return Node(config, database, did, now)
