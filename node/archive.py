"""The file of a backup: a gzipped tar whose first member says what the others are. Written, and read as a stranger's.

Law of this room: nothing of the file is believed. Members are those of the manifest, in its order, with its sizes and
SHA-256; each name is one of a short list, or the hash of an attachment; there are plain files only, in a new folder.
The tar is read header by header: the library's reader would follow links and read long headers into memory. The search
index is never in it (its files are programs to whoever opens them). Used by `backup` and `restoring`.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from node import sealing
from node.errors import BackupProblem
from node.sealing import BLOCK, filling, header, read_header

MANIFEST, DATABASE, SETTINGS = "manifest.json", "wasl.db", "wasl.toml"
SIGNING = "keys/signing.pem"
ACTIVITYPUB = "keys/activitypub.pem"
"""Of a node that was followed in the fediverse; taken along like the signing key."""
ROOT_KEYS = ("keys/recovery.seed", "keys/root.pem", "keys/next-root.pem")
"""What can take the identity over: only in a file that is encrypted, and only when asked for."""

FORMAT = 1
LEVEL = 6
"""Of gzip. Measured on 221 MB of records, two cores: level 1 gave 49 MB in 1.1 s, 3 44 MB in 1.6 s, 6 38 MB in 3.8 s, 9
the same in 6.1 s; xz -2 35 MB in 7.1 s."""

_ATTACHMENT = re.compile(r"attachments/(?:[0-9a-f]{2}/)?([0-9a-f]{64})", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST: Mapping[str, int] = {
    SETTINGS: 1 << 16, SIGNING: 1 << 12, ACTIVITYPUB: 1 << 12, **dict.fromkeys(ROOT_KEYS, 1 << 12),
}  # fmt: skip
_MANIFEST_MOST = 1 << 26
_CHUNK = 1 << 20

Progress = Callable[[int, int], None]
"""Called with the bytes that are done, and all."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the backup. `size` in bytes; `sha256`: 64 hex digits."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `made_at`: seconds since 1970; `counts`: records, own, peers, users."""

    did: str
    version: str
    schema: str
    made_at: int
    counts: Mapping[str, int]
    members: tuple[Member, ...]

    @property
    def size(self) -> int:
        """Bytes of all members."""
        return sum(member.size for member in self.members)

    def size_of(self, name: str) -> int:
        """Bytes of one member."""
        return next(member.size for member in self.members if member.name == name)

    def to_bytes(self) -> bytes:
        """The manifest as it stands in the file."""
        told: dict[str, Any] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return orjson.dumps({"wasl-backup": FORMAT} | told, option=orjson.OPT_INDENT_2)

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read a stranger's manifest. Raises `BackupProblem`: `backup_damaged`, `backup_newer`."""
        try:
            told = orjson.loads(data)
            if told["wasl-backup"] != FORMAT:
                raise BackupProblem("a newer version of Wasl made this backup: install that version", "backup_newer")
            members = tuple(Member(entry["name"], entry["size"], entry["sha256"]) for entry in told["members"])
            counts = {str(name): _count(count) for name, count in told["counts"].items()}
            did, version, schema = (_short(told[name]) for name in ("did", "version", "schema"))
            found = cls(did, version, schema, _count(told["made_at"]), counts, members)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _damaged("its list of contents cannot be read") from error
        _check_members(members)
        return found


Source = Path | Callable[[], BinaryIO]
"""Where the bytes of a member are: a file, or what opens them."""


def pack(out: BinaryIO, manifest: Manifest, sources: Mapping[str, Source], progress: Progress) -> None:
    """Write the backup to `out`. `sources`: the bytes of each member. Raises `BackupProblem` when one has changed."""
    done = 0
    with gzip.GzipFile("", "wb", LEVEL, out, mtime=0) as packed:
        told = manifest.to_bytes()
        packed.write(header(MANIFEST, len(told), manifest.made_at) + told + filling(len(told)))
        for member in manifest.members:
            packed.write(header(member.name, member.size, manifest.made_at))
            source = sources[member.name]
            with source.open("rb") if isinstance(source, Path) else source() as file:
                for piece in _pieces(file, member):
                    packed.write(piece)
                    done += len(piece)
                    progress(done, manifest.size)
            packed.write(filling(member.size))
        packed.write(bytes(2 * BLOCK))


def member_of(name: str, path: Path) -> Member:
    """A file as a member, hashed."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
            size += len(piece)
    return Member(name, size, digest.hexdigest())


def is_attachment(name: str) -> bool:
    """Whether a file of the node's folder is an attachment: named by its hash, `attachments/[ab/]<64 hex>`."""
    return _ATTACHMENT.fullmatch(name) is not None


@contextmanager
def opened(path: Path, passphrase: str | None) -> Iterator[BinaryIO]:
    """The gzipped tar in a file, decrypted where it is locked. Raises `BackupProblem`: `backup_encrypted`, …."""
    with path.open("rb") as file:
        if not sealing.is_sealed(file):
            yield file
        elif passphrase is None:
            raise BackupProblem("this backup is encrypted: give its passphrase", "backup_encrypted")
        else:
            with sealing.unsealed(file, passphrase) as stream:
                yield stream


def unpack(path: Path, passphrase: str | None, folder: Path, room: int, progress: Progress) -> Manifest:
    """Take every member out into `folder`, which is new and empty. `room`: bytes that may be written.

    Every file is 0600, and what is in `folder` afterwards has the hashes of the manifest. Raises `BackupProblem`
    (`backup_damaged`, `backup_too_large`, …); then the folder is worthless.
    """
    with opened(path, passphrase) as stream, _doubted():
        packed = _Unpacked(stream)
        manifest = _manifest(packed)
        if manifest.size > room:
            raise BackupProblem(
                f"there is no room for it: it needs {manifest.size // 1_000_000} MB, {room // 1_000_000} MB are free",
                "backup_too_large",
            )
        done = 0
        for member in manifest.members:
            if read_header(packed.exactly(BLOCK)) != (member.name, member.size):
                raise _damaged("its members are not those of its list")
            with _new_file(folder, member.name) as file:
                for piece in _pieces(cast(BinaryIO, packed), member):
                    file.write(piece)
                    done += len(piece)
                    progress(done, manifest.size)
                file.flush()
                os.fsync(file.fileno())
            packed.exactly(len(filling(member.size)))
        if packed.exactly(2 * BLOCK) != bytes(2 * BLOCK) or packed.read(1):
            raise _damaged("something stands behind its end")
    return manifest


class _Unpacked:
    """A gunzipped stream, read no further than asked for: what unpacks to a thousand times its size is never held."""

    def __init__(self, stream: BinaryIO) -> None:
        self._packed = gzip.GzipFile(fileobj=io.BufferedReader(cast(io.RawIOBase, stream), _CHUNK), mode="rb")

    def read(self, size: int) -> bytes:
        return self._packed.read(size)

    def exactly(self, size: int) -> bytes:
        data = self._packed.read(size)
        if len(data) != size:
            raise _damaged("it is cut off")
        return data


def _manifest(packed: _Unpacked) -> Manifest:
    name, size = read_header(packed.exactly(BLOCK))
    if name != MANIFEST or size > _MANIFEST_MOST:
        raise _damaged("it does not begin with its list of contents")
    told = packed.exactly(size)
    packed.exactly(len(filling(size)))
    return Manifest.from_bytes(told)


def _check_members(members: tuple[Member, ...]) -> None:
    """Only known names, each once; the database, the settings and the signing key must be there."""
    names = [member.name for member in members]
    for member in members:
        attachment = _ATTACHMENT.fullmatch(member.name) if isinstance(member.name, str) else None
        if attachment is None and member.name not in (DATABASE, *_MOST):
            raise _damaged("it holds a file that no backup has")
        _count(member.size)
        if member.size > _MOST.get(member.name, member.size) or not _SHA256.fullmatch(str(member.sha256)):
            raise _damaged("a size or a hash in its list cannot be")
        if attachment is not None and attachment[1] != member.sha256:
            raise _damaged("an attachment is not what its name says")
    if len(set(names)) != len(names) or not {DATABASE, SETTINGS, SIGNING} <= set(names):
        raise _damaged("a file is missing in it or stands in it twice")


def _pieces(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """The bytes of a member; raises `BackupProblem` unless they are as many as it says and have its hash."""
    digest = hashlib.sha256()
    left = member.size
    while left:
        piece = file.read(min(left, _CHUNK))
        if not piece:
            raise _damaged(f"{member.name} is cut off")
        left -= len(piece)
        digest.update(piece)
        yield piece
    if digest.hexdigest() != member.sha256:
        raise _damaged(f"{member.name} is not what its list says")


@contextmanager
def _new_file(folder: Path, name: str) -> Iterator[BinaryIO]:
    """A new file, 0600, in folders that are made here, 0700. `name` was found to be one of ours."""
    path = folder / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        yield file


@contextmanager
def _doubted() -> Iterator[None]:
    """What the unpacker says of bytes that are none of ours, as our own error."""
    try:
        yield
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise _damaged("it cannot be unpacked") from error


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 50:
        raise _damaged("a number in its list cannot be")
    return value


def _short(text: Any) -> str:
    if not isinstance(text, str) or len(text) > 200:
        raise _damaged("a text in its list cannot be")
    return text


def _damaged(why: str) -> BackupProblem:
    return BackupProblem(f"this is no backup of Wasl, or it is damaged: {why}", "backup_damaged")
