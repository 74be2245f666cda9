"""The whole node in one file, while it serves: database, settings, signing key, attachments.

The database is copied from one moment of it, however much is written meanwhile. Sessions, used nonces and leases are
blanked; the search index is left out and built anew. The root key, with which the node's identity could be taken over,
comes in only when asked for, and then only into an encrypted file. What leaves is written under another name and
renamed, so a file under its own name is whole. Called by pages and `wasl backup`; read by `restoring`.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import BinaryIO, cast

from node import archive, filing, sealing
from node.archive import Manifest, Member
from node.assembly import Node
from node.config import without_store
from node.durable import sync_folder
from node.errors import NotAllowed, StoreFull
from node.shelves.shelf import Kept
from node.store import copies, files, moves, notes

SHORTEST_PASSPHRASE = 12
"""Characters: whoever finds the file may try as many as he likes."""

_LAST = "backup_at"
_WORK = ".backup-"
_PART = ".wasl-part"
_STALE_S = 86_400

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


@dataclass(frozen=True, slots=True)
class Written:
    """A finished backup. `size`: bytes of the file; `members`: what is in it; `counts`: records, own, peers, users."""

    path: Path
    size: int
    did: str
    made_at: int
    schema: str
    version: str
    members: tuple[str, ...]
    counts: Mapping[str, int]
    encrypted: bool
    seconds: float


def write(
    node: Node,
    target: Path,
    *,
    actor: str,
    passphrase: str | None = None,
    with_sheet: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Write a backup of this moment to the new file `target`, mode 0600.

    Raises `NotAllowed`: `file_exists` (never overwritten), `backup_not_encrypted` (the root key only under a
    passphrase), `passphrase_short`, `root_key_away`; `StoreFull`; `BucketProblem`; `OSError` for the target's own
    troubles.
    """
    began = time.monotonic()
    if target.exists() or target.is_symlink():
        raise NotAllowed(f"{target.name} exists already: a backup overwrites nothing", "file_exists")
    if passphrase is not None and len(passphrase) < SHORTEST_PASSPHRASE:
        raise NotAllowed(f"the passphrase has at least {SHORTEST_PASSPHRASE} characters", "passphrase_short")
    if with_sheet and passphrase is None:
        raise NotAllowed("the root key goes only into an encrypted backup: give a passphrase", "backup_not_encrypted")
    with _work_folder(node) as folder:
        manifest, sources = _gather(node, folder, with_sheet, progress)
        base = manifest.size_of(archive.DATABASE)

        def told(done: int, total: int) -> None:
            if progress is not None:
                progress(base + done, base + total)

        def fill(out: BinaryIO) -> None:
            archive.pack(out, manifest, sources, told)

        with _appearing(target, node.now()) as out:
            if passphrase is None:
                fill(out)
            else:
                sealing.seal(out, passphrase, fill)
    with node.database.writing() as connection:
        notes.set_value(connection, _LAST, str(manifest.made_at))
        notes.act(connection, node.now(), actor, "backup", target.name, "encrypted" if passphrase else "")
    return Written(
        path=target,
        size=target.stat().st_size,
        did=manifest.did,
        made_at=manifest.made_at,
        schema=manifest.schema,
        version=manifest.version,
        members=tuple(member.name for member in manifest.members),
        counts=manifest.counts,
        encrypted=passphrase is not None,
        seconds=time.monotonic() - began,
    )


def last(node: Node) -> int | None:
    """When the last backup that was finished was made, seconds since 1970."""
    with node.database.reading() as connection:
        text = notes.value(connection, _LAST)
    return int(text) if text else None


def _gather(
    node: Node, folder: Path, with_sheet: bool, progress: Progress | None
) -> tuple[Manifest, dict[str, archive.Source]]:
    """Copy the database into `folder`, then say what the backup consists of.

    The keys are read after the database: a key that is newer than the copy is on the card that peers give back.
    """
    home, made_at = node.config.home, node.now()
    copied = folder / archive.DATABASE
    size = node.database.size()

    def told(done: int, total: int) -> None:
        if progress is not None:
            progress(size * done // max(total, 1), 2 * size)

    if node.database.shared:
        moves.into_file(node.database, copied, told)
    else:
        copies.copy(node.config.database, copied, told)
    did, schema, counts = copies.strip(copied)
    sources = {archive.SETTINGS: node.config.file, archive.SIGNING: home / archive.SIGNING}
    if (home / archive.ACTIVITYPUB).exists():
        sources[archive.ACTIVITYPUB] = home / archive.ACTIVITYPUB
    if with_sheet:
        roots = {name: home / name for name in archive.ROOT_KEYS if (home / name).exists()}
        if not roots:
            raise NotAllowed("the root key is not on this machine any more: keep the sheet instead", "root_key_away")
        sources |= roots
    for name in (archive.SETTINGS, *(name for name in sources if name != archive.SETTINGS)):
        kept = folder / name.replace("/", "-")
        shutil.copyfile(sources[name], kept)  # a file that is replaced meanwhile is whole, the old one or the new
        kept.chmod(0o600)
        sources[name] = kept
    if node.database.shared or node.config.attachments_bucket:
        # whoever restores it has files of his own, and must not write into the database or the bucket of this node
        settings = sources[archive.SETTINGS]
        settings.write_text(without_store(settings.read_text(encoding="utf-8")), encoding="utf-8")
    sources[archive.DATABASE] = copied
    shelved = _shelved(node) if node.config.attachments_bucket else []
    sources |= {} if node.config.attachments_bucket else _attachments(home)
    members = [member for name, path in sources.items() if _is_whole(member := archive.member_of(name, path))]
    members += [Member(_name(kept), kept.size, kept.sha256.hex()) for kept in shelved]
    readers = {_name(kept): partial(_from_shelf, node, kept) for kept in shelved}
    version = metadata.version("wasl")
    return Manifest(did, version, schema, made_at, asdict(counts), tuple(members)), {**sources, **readers}


def _shelved(node: Node) -> list[Kept]:
    """Every finished attachment in the bucket that a row knows."""
    with node.database.reading() as connection:
        held = files.held(connection)
    return [kept for kept in filing.shelf_of(node).everything() if kept.whole and kept.sha256 in held]


def _name(kept: Kept) -> str:
    """As the file would be called in the folder of attachments."""
    return f"attachments/{kept.sha256.hex()[:2]}/{kept.sha256.hex()}"


def _from_shelf(node: Node, kept: Kept) -> BinaryIO:
    """The bytes, read when their turn comes; erased or changed meanwhile, they are not what the list says."""
    return io.BytesIO(filing.read(node, kept.sha256) or b"")


def _attachments(home: Path) -> dict[str, Path]:
    """Every finished attachment, by its name in the backup; what is being written at this moment is left out."""
    folder = home / "attachments"
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    named = {path.relative_to(home).as_posix(): path for path in files}
    return {name: path for name, path in named.items() if archive.is_attachment(name)}


def _is_whole(member: Member) -> bool:
    """False for an attachment that is damaged: it is left out, the rest of the backup is sound."""
    return not archive.is_attachment(member.name) or member.name.endswith(member.sha256)


@contextmanager
def _work_folder(node: Node) -> Iterator[Path]:
    """A folder of our own beside the database, for the copy; what a killed backup left behind goes first."""
    home = node.config.home
    for left in home.glob(f"{_WORK}*"):
        if not _alive(left.name.removeprefix(_WORK).partition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    needed = node.database.size()
    free = shutil.disk_usage(home).free - node.config.limits_free_mb * 1_000_000
    if free < needed:
        raise StoreFull(f"a backup needs {needed // 1_000_000} MB beside the database for a while: free some room")
    folder = home / f"{_WORK}{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, OverflowError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _appearing(target: Path, now: int) -> Iterator[BinaryIO]:
    """A file that appears under its name whole, durable and new, or not at all.

    What a killed backup left in the same folder goes first; another machine may be writing there, so not what is young.
    """
    for left in target.parent.glob(f".*{_PART}"):
        if left.stat().st_mtime < now - _STALE_S and not _alive(left.name.split(".")[-2].partition("-")[0]):
            left.unlink(missing_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}{_PART}")
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w+b") as out:
            yield cast(BinaryIO, out)
            out.flush()
            os.fsync(out.fileno())
        _rename(part, target)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(target.parent)


def _rename(part: Path, target: Path) -> None:
    """Give the finished file its name, unless somebody has taken it meanwhile."""
    try:
        os.link(part, target)
    except FileExistsError as error:
        raise NotAllowed(f"{target.name} exists already: a backup overwrites nothing", "file_exists") from error
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS) or target.exists():
            raise
        part.replace(target)  # a memory stick without links
