"""A shelf that is a folder: `attachments/ab/<sha256>`, written whole or not at all, never believed.

A file is written beside its place, made durable, and renamed; what comes in pieces waits as a `.part` and is
compared with its hash before it gets the name. Reading compares again, once for each state of a file on disk.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

from node.durable import sync_folder
from node.shelves.shelf import Kept

_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)
_KNOWN_MOST = 1_000

Seen = tuple[int, int, int]


class FolderShelf:
    """The folder of one node (`Shelf`). Thread-safe; several processes may use it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[bytes, Seen] = {}
        self._lock = threading.Lock()

    def path(self, sha256: bytes) -> Path:
        """Where these bytes lie, if they do."""
        name = sha256.hex()
        return self._folder / name[:2] / name

    def put(self, data: bytes) -> bytes:
        """Keep these bytes; durable when this returns. Returns their hash. Raises `OSError`."""
        sha256 = hashlib.sha256(data).digest()
        if self.read(sha256) is None:
            place = self._made(sha256)
            beside = place.with_name(f"{place.name}.{os.getpid()}-{secrets.token_hex(4)}.new")
            _write(beside, data)
            self._rename(beside, place)
        return sha256

    def read(self, sha256: bytes) -> bytes | None:
        """The bytes, or None when they are not here. What is not what its name says is left for `put` to write over."""
        place = self.path(sha256)
        try:
            with place.open("rb") as file:
                status = os.fstat(file.fileno())
                data = file.read()
        except FileNotFoundError:
            return None
        seen = (status.st_ino, status.st_size, status.st_mtime_ns)
        with self._lock:
            if self._known.get(sha256) == seen and len(data) == status.st_size:
                return data
        if hashlib.sha256(data).digest() != sha256:
            return None
        with self._lock:
            if len(self._known) >= _KNOWN_MOST:
                self._known.clear()
            self._known[sha256] = seen
        return data

    def holds(self, sha256: bytes) -> bool:
        """Whether a file of this name is here; not whether it is what its name says."""
        return self.path(sha256).exists()

    def came(self, sha256: bytes, source: str) -> int:
        """How many bytes of a file that comes in pieces from `source` (a DID) are here."""
        try:
            return self._part(sha256, source).stat().st_size
        except FileNotFoundError:
            return 0

    def most_of(self, sha256: bytes) -> int:
        """How many bytes of a file are here from the source that has given most."""
        place = self.path(sha256)
        return max((part.stat().st_size for part in place.parent.glob(f"{place.name}.*.part")), default=0)

    def add(self, sha256: bytes, source: str, at: int, piece: bytes) -> int:
        """One more piece of a file, if that is what comes next: another process may be fetching it too.

        Returns how many bytes of this source are here now.
        """
        self._made(sha256)
        with self._part(sha256, source).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if file.seek(0, os.SEEK_END) == at:
                file.write(piece)
                file.flush()
            return file.tell()

    def finish(self, sha256: bytes, source: str) -> bytes | None:
        """All pieces are here: give the file its name. None, and nothing is left of them, if the hash differs."""
        part = self._part(sha256, source)
        data = part.read_bytes()
        if hashlib.sha256(data).digest() != sha256:
            part.unlink(missing_ok=True)
            return None
        with part.open("rb") as file:
            os.fsync(file.fileno())
        self._rename(part, self.path(sha256))
        self.clear(sha256)
        return data

    def clear(self, sha256: bytes, source: str | None = None) -> None:
        """Take away the pieces of this file that came from one source, or from all."""
        if source is not None:
            self._part(sha256, source).unlink(missing_ok=True)
            return
        place = self.path(sha256)
        for part in place.parent.glob(f"{place.name}.*.part"):
            part.unlink(missing_ok=True)

    def drop(self, sha256: bytes) -> None:
        """Take these bytes away, pieces of them too."""
        self.clear(sha256)
        self.path(sha256).unlink(missing_ok=True)
        with self._lock:
            self._known.pop(sha256, None)

    def everything(self) -> Iterator[Kept]:
        """Every file of the folder with the hash in its name, pieces and what a killed process left among them."""
        for path in sorted(self._folder.glob("??/*")):
            name, point, _ = path.name.partition(".")
            if _NAME.fullmatch(name) and not path.is_symlink():
                try:
                    status = path.stat()
                except FileNotFoundError:  # gone meanwhile
                    continue
                yield Kept(str(path), bytes.fromhex(name), not point, status.st_size, status.st_mtime)

    def take_away(self, kept: Kept) -> None:
        """Take away one file that `everything` named."""
        Path(kept.name).unlink(missing_ok=True)

    def _part(self, sha256: bytes, source: str) -> Path:
        """Pieces of two sources are never put together: one that lies spoils no other's."""
        place = self.path(sha256)
        return place.with_name(f"{place.name}.{hashlib.sha256(source.encode()).hexdigest()[:12]}.part")

    def _made(self, sha256: bytes) -> Path:
        place = self.path(sha256)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return place

    def _rename(self, beside: Path, place: Path) -> None:
        beside.replace(place)
        sync_folder(place.parent)


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
