"""A backup under a passphrase: one file that is safe to lie where others look, written and read as a stream.

The file is a tar of two members. `key.json` holds a key, drawn for this file, locked by the passphrase: Argon2id (RFC
9106, second recommended option: 64 MiB, three passes, four lanes), then ChaCha20-Poly1305. `backup.tar.gz.age` is the
backup, encrypted to that key in the age format (age-encryption.org/v1). age's own passphrase files are not used: they
are calibrated to a second of work, which was 1 GB of memory on the machine where this was measured, and small servers
have not that much. Costs stand here and never in the file, so a file cannot ask for more. Pure but for the stream.
"""

from __future__ import annotations

import base64
import os
import secrets
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

import orjson
import pyrage
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from node.errors import BackupProblem

KEY, BODY = "key.json", "backup.tar.gz.age"
BLOCK = 512
"""Bytes of a tar header; members are filled up to a multiple of it."""
LONGEST_KEY = 4_096

_MEMORY_KIB, _PASSES, _LANES = 65_536, 3, 4
_VERSION = 1
_ABOUT = b"wasl backup key 1"


def header(name: str, size: int, now: int = 0) -> bytes:
    """The tar header of a plain file, mode 0600."""
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, now
    return member.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict")


def read_header(data: bytes) -> tuple[str, int]:
    """(name, size) of a plain file. Raises `BackupProblem` for any other kind of member, and for what is no header."""
    try:
        member = tarfile.TarInfo.frombuf(data, "utf-8", "strict")
    except (tarfile.TarError, ValueError) as error:
        raise BackupProblem("this is no backup of Wasl, or it is damaged", "backup_damaged") from error
    if not member.isreg() or member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.size < 0:
        raise BackupProblem("it holds something that is no plain file: no backup of Wasl does", "backup_damaged")
    return member.name, member.size


def filling(size: int) -> bytes:
    """What stands behind a member of `size` bytes."""
    return bytes(-size % BLOCK)


def seal(out: BinaryIO, passphrase: str, fill: Callable[[BinaryIO], None]) -> None:
    """Write what `fill` writes to `out` (a file that can seek), locked by `passphrase`. Some 100 MB of memory."""
    identity = pyrage.x25519.Identity.generate()
    key = _lock(str(identity), passphrase)
    out.write(header(KEY, len(key)) + key + filling(len(key)))
    place = out.tell()
    out.write(header(BODY, 0))
    with _filled(fill) as source:
        pyrage.encrypt_io(source, out, [identity.to_public()])
    end = out.tell()
    size = end - place - BLOCK
    out.write(filling(size) + bytes(2 * BLOCK))
    out.seek(place)
    out.write(header(BODY, size))
    out.seek(0, os.SEEK_END)


@contextmanager
def unsealed(file: BinaryIO, passphrase: str) -> Iterator[BinaryIO]:
    """The stream that was sealed. Raises `BackupProblem`: `backup_passphrase`, `backup_damaged`.

    What has been read is authentic; only when the block ends without an error was it also complete.
    """
    name, size = read_header(file.read(BLOCK))
    if name != KEY or size > LONGEST_KEY:
        raise BackupProblem("this is no backup of Wasl, or it is damaged", "backup_damaged")
    identity = _unlock(file.read(size), passphrase)
    file.read(len(filling(size)))
    name, size = read_header(file.read(BLOCK))
    if name != BODY:
        raise BackupProblem("this is no backup of Wasl, or it is damaged", "backup_damaged")

    def fill(out: BinaryIO) -> None:
        try:
            pyrage.decrypt_io(_Part(file, size), out, [identity])
        except BrokenPipeError:
            raise
        except (pyrage.DecryptError, OSError) as error:
            raise BackupProblem("the encrypted backup is damaged or cut off", "backup_damaged") from error

    with _filled(fill) as stream:
        yield stream


def is_sealed(file: BinaryIO) -> bool:
    """Whether a file begins as sealed ones do; its place is as before."""
    begin = file.read(BLOCK)
    file.seek(0)
    return begin.startswith(KEY.encode() + b"\0")


class _Part:
    """The next `size` bytes of a file, for a reader that reads to the end."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted)
        self._left -= len(data)
        return data


@contextmanager
def _filled(fill: Callable[[BinaryIO], None]) -> Iterator[BinaryIO]:
    """A stream of what `fill` writes in a thread of its own. Its error is raised here, at the end of the block at last.

    A block that ends early makes `fill` meet a closed pipe, which is no error then.
    """
    failed: list[BaseException] = []
    inner, outer = os.pipe()

    def run() -> None:
        try:
            with os.fdopen(outer, "wb") as out:
                fill(cast(BinaryIO, out))
        except BrokenPipeError:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised in the other thread
            failed.append(error)

    thread = threading.Thread(target=run, name="backup", daemon=True)
    thread.start()
    stream = os.fdopen(inner, "rb")
    try:
        yield stream
        while stream.read(65_536):  # to the end: only then is it known to be whole
            pass
    except BackupProblem:
        stream.close()
        thread.join()
        if failed:
            raise failed[0] from None
        raise
    finally:
        with suppress(OSError):
            stream.close()
        thread.join()
    if failed:
        raise failed[0]


def _lock(secret: str, passphrase: str) -> bytes:
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    locked = ChaCha20Poly1305(_key(passphrase, salt)).encrypt(nonce, secret.encode("ascii"), _ABOUT)
    told = {"wasl-backup": _VERSION, "lock": "argon2id-64MiB-3-4+chacha20poly1305"}
    parts = {"salt": salt, "nonce": nonce, "locked": locked}
    return orjson.dumps(told | {name: base64.b64encode(part).decode() for name, part in parts.items()})


def _unlock(data: bytes, passphrase: str) -> pyrage.x25519.Identity:
    try:
        told = orjson.loads(data)
        salt, nonce, locked = (base64.b64decode(told[name], validate=True) for name in ("salt", "nonce", "locked"))
        if told["wasl-backup"] != _VERSION or len(salt) != 16 or len(nonce) != 12:
            raise ValueError("another version")
    except (ValueError, KeyError, TypeError) as error:
        raise BackupProblem("this is no backup of Wasl, or it is damaged", "backup_damaged") from error
    try:
        secret = ChaCha20Poly1305(_key(passphrase, salt)).decrypt(nonce, locked, _ABOUT)
        return pyrage.x25519.Identity.from_str(secret.decode("ascii"))
    except (InvalidTag, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise BackupProblem("the passphrase is not the one of this backup", "backup_passphrase") from error


def _key(passphrase: str, salt: bytes) -> bytes:
    return hash_secret_raw(passphrase.encode("utf-8"), salt, _PASSES, _MEMORY_KIB, _LANES, 32, Type.ID)
