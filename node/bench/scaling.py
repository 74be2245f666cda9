"""One node on PostgreSQL with very many records: how long everything takes, and what it weighs (`make bench-scale`).

    python -m node.bench.scaling --records 1000000 --folder FOLDER

Stages that are done are not done again: their figures stand in FOLDER/figures.json, and what a killed run let in is
kept. Nothing here has a bound: these are figures to plan with (docs/scale.md), told as JSON with `--json`. The rooms:
`scaling_load` (records), `scaling_asking` (searches and pages), `scaling_peers` (two such nodes reconcile).
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine

from node import indexing
from node.assembly import Node
from node.bench import scaling_asking, scaling_load, scaling_peers
from node.bench.postgres import private_server

Figures = dict[str, float]
"""Name with its unit -> figure."""

STORE, SEARCH, OTHER = "wasl_store", "wasl_search", "wasl_other"
"""Databases: of the node, of its index, of the other node."""

SETTINGS = {
    "shared_buffers": "2GB",
    "maintenance_work_mem": "1GB",
    "work_mem": "64MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "autovacuum": "on",
}
"""Of PostgreSQL, unless the command line says others (`--set name=value`). It does not wait for the disk."""

_SIZE = r"""
    SELECT coalesce(sum(pg_relation_size(c.oid)), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'i', 't') AND (nspname LIKE 'wasl\_%%' OR nspname = 'pg_toast')
    AND (%(only)s = '%%' OR (relkind = 'i' AND pg_get_indexdef(c.oid) LIKE %(only)s))
"""
_STOP_S = 900
_TOLD_S = 10.0


def measure(folder: Path, records: int, settings: dict[str, str]) -> Figures:
    """All figures at `records` records; those that FOLDER has already are not taken again."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "figures.json"
    known: Figures = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    with private_server(folder / "postgresql", SETTINGS | settings, _STOP_S):
        for name in (STORE, SEARCH):
            _create(folder, name)
        store, search = (_address(folder, name) for name in (STORE, SEARCH))
        with closing(scaling_load.found(folder, store, search)) as node:
            stages: dict[str, Callable[[], Figures]] = {
                "records": lambda: _loaded(folder, node, records),
                "index": lambda: _indexed(node),
                "asking": lambda: scaling_asking.measure(node),
                "peers": lambda: scaling_peers.measure(folder, node, lambda: _copied(folder, node)),
            }
            for name, stage in stages.items():
                if not any(figure.startswith(f"{name}: ") for figure in known):
                    print(f"measuring {name} …", file=sys.stderr, flush=True)
                    known |= {f"{name}: {figure}": value for figure, value in stage().items()}
                    kept.write_text(json.dumps(known, indent=1), encoding="utf-8")
    return known


def _loaded(folder: Path, node: Node, records: int) -> Figures:
    fresh, seconds = scaling_load.load(folder, node, records)
    _vacuum(node.config.store_database)
    store = node.database.size()
    return {
        "held": records,
        "let in now": fresh,
        "let in now, seconds": seconds,
        "let in now, a second": fresh / seconds,
        "store, MB": store / 1e6,
        "store, bytes a record": store / records,
        "memory of the process that lets in, most, MB": _memory_mb(),
    }


def _indexed(node: Node) -> Figures:
    began = told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() > told + _TOLD_S:
            told = time.monotonic()
            rate = done / (told - began)
            print(f"  {done:,} of {total:,} documents, {rate:,.0f} a second", file=sys.stderr, flush=True)
            if done == total:
                print("  all are written, and are being indexed", file=sys.stderr, flush=True)

    documents = indexing.rebuild(node, tell)
    seconds = time.monotonic() - began
    with _connected(node.config.search_database) as connection:
        size, words = _size(connection), _size(connection, "%gin (words)%")
    return {
        "documents": documents,
        "built, seconds": seconds,
        "built, documents a second": documents / seconds,
        "in the database, MB": size / 1e6,
        "of it the lists of words, MB": words / 1e6,
        "bytes a document": size / documents,
        "memory of the process that builds, most, MB": _memory_mb(),
    }


def _size(connection: Connection, only: str = "%") -> int:
    """Bytes of all tables of the index, their long values and their indexes; `only`: of indexes made like this."""
    return int(connection.exec_driver_sql(_SIZE, {"only": only}).scalar_one())


def _copied(folder: Path, node: Node) -> str:
    """The address of a copy of the node's store."""
    node.database.close()
    with _connected(_address(folder, "postgres")) as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %(name)s"
        connection.exec_driver_sql(others, {"name": STORE})
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {OTHER}")
    _create(folder, OTHER, STORE)
    return _address(folder, OTHER)


def _create(folder: Path, name: str, template: str = "template0") -> None:
    with _connected(_address(folder, "postgres")) as connection:
        known = "SELECT 1 FROM pg_database WHERE datname = %(name)s"
        if connection.exec_driver_sql(known, {"name": name}).one_or_none() is None:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")


@contextmanager
def _connected(address: str) -> Iterator[Connection]:
    engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _address(folder: Path, name: str) -> str:
    return f"postgresql://wasl@/{name}?host={folder / 'postgresql'}"


def _vacuum(address: str) -> None:
    """What autovacuum does by itself after a while."""
    with _connected(address) as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE, PROCESS_TOAST FALSE)")


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


@contextmanager
def own_folder(chosen: Path | None) -> Iterator[Path]:
    """The folder that was chosen, which stays, or one that goes."""
    if chosen is not None:
        yield chosen.resolve()
        return
    path = Path(tempfile.mkdtemp(prefix="wasl-scale-"))
    try:
        path.chmod(0o755)  # so that the user `postgres` finds its own folder in it
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def main() -> None:
    """See the top of the file."""
    asked = argparse.ArgumentParser(description="One node on PostgreSQL with very many records, measured.")
    asked.add_argument("--records", type=int, default=100_000)
    asked.add_argument("--folder", type=Path, help="kept, and gone on with next time (default: a temporary one)")
    asked.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="of PostgreSQL, e.g. work_mem=1GB"
    )
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    settings = dict(each.split("=", 1) for each in given.set)
    with own_folder(given.folder) as folder:
        figures = measure(folder, given.records, settings)
    if given.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:70} {value:14,.1f}")


if __name__ == "__main__":
    main()
