"""Examine a node and say what to do: settings, keys, database, clock, disk, index, worker, peers, certificate.

Law of this room: it changes nothing (what it writes into a bucket it takes away again), and it goes on as far as it
can: a node that does not open is the one that needs a doctor most. Every finding that is not fine ends with the command
to run. Read by `wasl doctor`; checks that need an open database stand in `node/doctor_inside.py`.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from node import keys
from node.config import Config
from node.doctor_bucket import bucket
from node.doctor_inside import ATTENTION, BROKEN, FINE, Finding, examine_inside
from node.doctor_outside import certificate
from node.errors import ConfigProblem, KeysUnsafe, NodeError
from node.store import chains, notes, steps
from node.store.database import Database, open_store

RESTORE = "restore the newest backup in another folder"
AWAY = "see that the database server runs, and that the address in [store] (or DATABASE_URL) is its own"

__all__ = ["ATTENTION", "BROKEN", "FINE", "Finding", "examine"]


def examine(home: Path, environ: Mapping[str, str], now: int, *, outside: bool = False) -> list[Finding]:
    """Every check that can be made of the node in `home`. `now`: seconds since 1970; `outside`: also what its own
    address answers, which takes some seconds where it does not. Never raises our own errors."""
    try:
        config = Config.load(home, environ)
    except ConfigProblem as error:
        return [Finding("config", BROKEN, error.message, "correct wasl.toml (docs/configuration.md), or give --home")]
    findings = [Finding("config", FINE, f"{config.file} is in order"), *_keys(config), _disk(config)]
    if not config.store_database and not config.database.exists():
        missing = f"{config.database.name} is missing"
        return [*findings, Finding("database", BROKEN, missing, "restore a backup, or run `wasl init` again")]
    try:
        database = open_store(config)
    except ConfigProblem as error:
        return [*findings, Finding("database", BROKEN, error.message, "correct wasl.toml (docs/configuration.md)")]
    try:
        findings.append(_database(database))
        findings.append(_schema(database))
        if findings[-1].state == FINE:
            findings += examine_inside(config, database, now)
            findings += bucket(config, database)
            findings += _outside(database, now) if outside else []
    except NodeError as error:
        findings.append(Finding("database", BROKEN, error.message, AWAY if database.shared else RESTORE))
    finally:
        database.close()
    return findings


def _outside(database: Database, now: int) -> list[Finding]:
    with database.reading() as connection:
        card = chains.head_cards(connection).get(notes.value(connection, "did") or "")
    return certificate(card.url, now) if card is not None and card.url else []


def _keys(config: Config) -> Iterator[Finding]:
    folder = config.keys
    if not folder.is_dir():
        yield Finding("keys", BROKEN, f"{folder} is missing", "put the folder of keys back from your safe storage")
        return
    if folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding("keys", BROKEN, "others can look into the folder of keys", f"chmod 700 {folder}")
    root_here = any((folder / name).exists() for name in (keys.SEED, keys.ROOT))
    if not root_here:
        yield Finding("keys/root", FINE, "the root key is not on this machine: the recovery sheet has it")
    for name in (keys.SIGNING, keys.SEED, keys.ROOT, keys.NEXT_ROOT, keys.BUCKET):
        if name != keys.SIGNING and not (folder / name).exists():
            continue
        try:
            _read_key(folder, name)
        except KeysUnsafe as error:
            _, _, command = error.message.partition("run `")
            remedy = command.removesuffix("`") or "put it back from your safe storage or a backup"
            yield Finding(f"keys/{name}", BROKEN, error.message, remedy)
        else:
            yield Finding(f"keys/{name}", FINE, "there, and readable by its owner only")


def _read_key(folder: Path, name: str) -> None:
    if name == keys.SEED:
        keys.seed(folder)
    elif name == keys.BUCKET:
        keys.bucket(folder)
    else:
        keys.read(folder / name)


def _disk(config: Config) -> Finding:
    free = shutil.disk_usage(config.home).free // 1_000_000
    least = config.limits_free_mb
    said = f"{free} MB are free; below {least} MB the node is read-only"
    if free < least:
        return Finding("disk", BROKEN, said, "free some room; the node then goes on by itself")
    if free < 4 * least:
        return Finding("disk", ATTENTION, said, "free some room, or move the node to a larger disk")
    return Finding("disk", FINE, said)


def _database(database: Database) -> Finding:
    found = database.check()
    if found == "ok":
        size = database.size() // 1_000_000
        said = f"PostgreSQL answers and has every table: {size} MB" if database.shared else "SQLite finds it whole"
        return Finding("database", FINE, said)
    if database.shared:
        return Finding("database", BROKEN, f"it is not whole: {found}", RESTORE)
    remedy = "stop the node and restore the newest backup in another folder; peers give back what came since"
    return Finding("database", BROKEN, f"SQLite found damage: {found}", remedy)


def _schema(database: Database) -> Finding:
    held = database.schema()
    head = steps.names()[-1]
    if held == head:
        return Finding("schema", FINE, f"schema {held}, as this version of Wasl writes it")
    if held in steps.names():
        return Finding(
            "schema", ATTENTION, f"schema {held} is older than {head}", "start the node once: it brings it up to date"
        )
    if held is None:
        return Finding("schema", BROKEN, "the database is empty: `wasl init` was interrupted", "run `wasl init` again")
    return Finding("schema", BROKEN, f"schema {held} is of a newer version of Wasl", "install that version again")
