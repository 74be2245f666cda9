"""A node again, from the file of a backup. The file is a stranger's: what it says is checked, whoever brings it.

Unpacked into a new folder (`archive`), then: a sound SQLite file with no program of somebody else's in it, of this
version's schema or an older one; every record verified again as one from the network, what does not hold thrown out;
then renewed (`store.copies`), so that nothing that was open at the time is open now; then moved into place. Killed at
any point, the same call does it again. The node that results recovers: `recovering`. Called by `wasl restore`.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from node import admission, archive, keys, rechecking
from node.archive import Manifest
from node.assembly import Clock, Node, system_clock
from node.config import Config
from node.durable import sync_folder
from node.errors import BackupProblem, ConfigProblem, KeysUnsafe, NotAllowed, StoreProblem
from node.rechecking import Progress
from node.store import chains, copies, notes
from node.store.copies import Row
from node.store.database import Database
from protocol import moment
from protocol.envelope import NODE

_WORK = ".restoring-"
_MARK = ".restoring"
"""A file that is there while a restore moves things into place: what stands beside it is no node yet."""
_PARTS = ("wasl.toml", "keys", "attachments", "wasl.db")
"""What a node's folder consists of, in the order in which it is moved in: without its database it is no node."""
_OTHERS = ("wasl.db-wal", "wasl.db-shm", "index")
_SPARE_MB = 64


@dataclass(frozen=True, slots=True)
class Checked:
    """What a backup is worth. `trouble`: sentences, none when `sound`; `verified`, `discarded`: records in it."""

    manifest: Manifest
    did: str
    sound: bool
    trouble: tuple[str, ...]
    verified: int
    discarded: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A node made again. `aside`: where the one before it was moved; `invitations`: open ones that were withdrawn."""

    did: str
    home: Path
    manifest: Manifest
    aside: Path | None
    verified: int
    discarded: int
    invitations: int


def check(
    file: Path, passphrase: str | None = None, progress: Progress | None = None, beside: Path | None = None
) -> Checked:
    """Look at a backup without restoring it: it is unpacked into a folder (in `beside`), examined, and deleted.

    Raises `BackupProblem` for a file that cannot be read to its end, `StoreNewer` for one of a newer version.
    """
    tell = progress or _silent
    folder = Path(tempfile.mkdtemp(prefix=_WORK, dir=beside if beside and beside.is_dir() else None))
    try:
        manifest = archive.unpack(
            file, passphrase, folder, _room(folder), lambda done, all_: tell("unpack", done, all_)
        )
        with _examined(folder, manifest, {}, system_clock) as (node, trouble):
            verified, wrong = rechecking.verify(node, tell)
            if wrong:
                trouble.append(f"{len(wrong)} records in it do not hold: a restore leaves them out")
        return Checked(manifest, manifest.did, not trouble, tuple(trouble), verified, len(wrong))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def restore(
    file: Path,
    home: Path,
    environ: Mapping[str, str],
    *,
    actor: str,
    passphrase: str | None = None,
    replace: bool = False,
    progress: Progress | None = None,
    now: Clock = system_clock,
) -> Restored:
    """Make the node of this backup in `home`; it recovers, and publishes nothing until its own records are back.

    `replace`: move the node that stands there aside, into a folder in `home`. Raises `BackupProblem`, `StoreNewer`,
    `ConfigProblem` (`node_exists`), `NotAllowed`: `store_elsewhere`, `bucket_elsewhere`, `node_running`, `other_node`,
    `backup_unsound`.
    """
    tell = progress or _silent
    _must_keep_a_file(home, environ)
    _may_stand_here(home, replace)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in home.glob(f"{_WORK}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = home / f"{_WORK}{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        manifest = archive.unpack(file, passphrase, folder, _room(home), lambda done, all_: tell("unpack", done, all_))
        before = copies.identity(home / "wasl.db") if (home / "wasl.db").exists() else None
        if before not in (None, manifest.did):
            raise NotAllowed("another node stands in this folder: give another one with --home", "other_node")
        with _examined(folder, manifest, environ, now) as (node, trouble):
            if trouble:
                raise NotAllowed(f"this backup cannot be restored: {trouble[0]}", "backup_unsound")
            verified, wrong = rechecking.verify(node, tell)
            closed = _renew(node, manifest, wrong, file.name, actor)
        copies.single(folder / "wasl.db")
        aside = _move_in(folder, home, now())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Restored(manifest.did, home, manifest, aside, verified, len(wrong), closed)


def _must_keep_a_file(home: Path, environ: Mapping[str, str]) -> None:
    """Raise where the node in `home`, or the one to be made, keeps what it holds in PostgreSQL or in a bucket."""
    try:
        text = (home / archive.SETTINGS).read_text(encoding="utf-8")
        config = Config.from_text(home, text, environ)
    except (OSError, UnicodeDecodeError, ConfigProblem):  # no settings, or broken ones: that may be why
        config = Config.from_text(home, "", environ)
    if config.store_database:
        raise NotAllowed(
            "this node keeps what it holds in PostgreSQL, and a backup is restored into a folder: restore in a new "
            "one, without DATABASE_URL, then `wasl migrate-store --to postgresql://…`",
            "store_elsewhere",
        )
    if config.attachments_bucket:
        raise NotAllowed(
            "this node keeps its files in a bucket, and a backup is restored into a folder: restore in a new one, "
            "without WASL_ATTACHMENTS_BUCKET, then `wasl migrate-attachments --to https://…`",
            "bucket_elsewhere",
        )


def _may_stand_here(home: Path, replace: bool) -> None:
    """Raise unless `home` has no node, or its node may be moved aside: nobody runs it."""
    there = [name for name in _PARTS if (home / name).exists()]
    if there and not (home / _MARK).exists() and not replace:
        raise ConfigProblem(
            f"there is a node in {home} already: give another folder with --home, or --replace to move it aside",
            "node_exists",
        )
    if (home / "wasl.db").exists() and copies.in_use(home / "wasl.db"):
        raise NotAllowed(
            "the node in this folder is running: stop it first, or two would publish as one", "node_running"
        )


@contextmanager
def _examined(
    folder: Path, manifest: Manifest, environ: Mapping[str, str], now: Clock
) -> Iterator[tuple[Node, list[str]]]:
    """The node that was unpacked, open and of this version's schema, and what is wrong with it as a whole.

    Raises `BackupProblem` where it cannot even be opened, `StoreNewer`.
    """
    file = folder / archive.DATABASE
    fault = copies.trouble(file)
    if fault is not None:
        raise BackupProblem(f"the database in this backup is not sound: {fault}", "backup_damaged")
    database = Database(file)
    try:
        database.migrate()
        trouble = _strange(folder, file)
        with database.reading() as connection:
            did, founded = notes.value(connection, "did"), notes.value(connection, "founded")
        if did is None or founded is None or did != manifest.did:
            raise BackupProblem("the database in this backup is not of the node that it names", "backup_damaged")
        try:
            config = Config.from_text(folder, (folder / archive.SETTINGS).read_text(encoding="utf-8"), environ)
            keys.read(folder / archive.SIGNING)
        except (ConfigProblem, KeysUnsafe, UnicodeDecodeError) as error:
            raise BackupProblem(f"settings or key in this backup cannot be read: {error}", "backup_damaged") from error
        yield Node(config, database, did, now), trouble
    finally:
        database.close()


def _strange(folder: Path, file: Path) -> list[str]:
    """Sentences about tables that are not as this version makes them."""
    example = Database(folder / "example.db")
    example.migrate()
    example.close()
    found = copies.strange_schema(file, example.path)
    return [f"the tables in its database are not those of Wasl: {', '.join(found[:5])}"] if found else []


def _renew(node: Node, manifest: Manifest, wrong: list[Row], file: str, actor: str) -> int:
    """Throw out what does not hold, set right what follows from it, and begin to recover."""
    now = node.now()
    with node.database.writing() as connection:
        copies.discard(connection, wrong, now)
        mended = copies.mend_heads(connection)
        for did in {row.did for row in wrong if row.type == NODE} | {node.did}:
            admission.settle_chain(connection, did, now)
        admission.recompute(connection, node)
        if chains.held_chain(connection, node.did) is None:
            raise BackupProblem("this backup has no valid card of its own node", "backup_damaged")
        closed = copies.renew(connection, now, manifest.made_at)
        made = moment.to_text(manifest.made_at)
        notes.act(connection, now, actor, "restore", file, f"made {made}; {len(wrong)} left out, {mended} heads mended")
    return closed


def _move_in(folder: Path, home: Path, now: int) -> Path | None:
    """Move the unpacked node into place, the old one aside first. Returns where that is, or None."""
    mark = home / _MARK
    mark.touch(mode=0o600)
    sync_folder(home)
    if (home / "wasl.db").exists():
        with suppress(StoreProblem):  # a damaged one: that may be why it is replaced
            copies.single(home / "wasl.db")
    old = [home / name for name in (*_PARTS, *_OTHERS) if (home / name).exists()]
    aside = home / f"replaced-{moment.to_text(now).replace(':', '')}-{secrets.token_hex(2)}" if old else None
    if aside is not None:
        aside.mkdir(mode=0o700)
        for path in sorted(old, key=lambda path: path.name != "wasl.db"):
            path.rename(aside / path.name)
        sync_folder(aside)
    for name in _PARTS:
        if (folder / name).exists():
            (folder / name).rename(home / name)
    sync_folder(home)
    mark.unlink()
    sync_folder(home)
    return aside


def _room(folder: Path) -> int:
    return max(0, shutil.disk_usage(folder).free - _SPARE_MB * 1_000_000)


def _silent(_what: str, _done: int, _all: int) -> None:
    pass
