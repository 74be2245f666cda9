"""A node's private keys: files in `keys/`, mode 0600, folder 0700. A key that others can read stops the node.

`recovery.seed` is the recovery sheet, from which the root keys come that sign node cards; it leaves the machine when
the sheet lies in a safe. `signing.pem` signs records and requests (PKCS#8 PEM, RFC 8410, so that other tools can read
it); `signing-next.pem` is there while one key takes the place of another. `activitypub.pem` signs what the fediverse is
told, and nothing of this network. A node of version 0.1 has `root.pem` and `next-root.pem` instead of a sheet. Every
process reads `signing.pem` anew when the file changes: no restart.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from node import recovery
from node.durable import sync_folder
from node.errors import KeysUnsafe, NotAllowed, SheetWrong
from protocol import didkey

SEED, NEXT_SEED = "recovery.seed", "recovery-next.seed"
SIGNING, NEXT_SIGNING = "signing.pem", "signing-next.pem"
ROOT, NEXT_ROOT = "root.pem", "next-root.pem"
"""Of version 0.1."""
ACTIVITYPUB = "activitypub.pem"
"""Made when the node is first to be followed in the fediverse (`activitypub`)."""
BUCKET = "bucket.keys"
"""Access key and secret of the bucket with the attachments, a line each; not in a backup (`node/shelves`)."""
RSA_BITS = 2_048
"""What every server of the fediverse verifies (docs/decisions/0016-activitypub.md)."""

_Stamp = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key in daily use. `multikey`: its public half, as cards list it."""

    private: Ed25519PrivateKey
    multikey: str


_read_before: dict[Path, tuple[_Stamp, SigningKey]] = {}
_rsa_before: dict[Path, tuple[_Stamp, rsa.RSAPrivateKey]] = {}


def multikey_of(private: Ed25519PrivateKey) -> str:
    """The public half of a key, as cards and proofs name it."""
    return didkey.multikey(private.public_key().public_bytes_raw())


def create(folder: Path) -> None:
    """Write what is not there yet: an interrupted founding goes on, nothing is ever overwritten.

    A seed and a signing key; where version 0.1 was interrupted, the keys that it would have written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not (folder / ROOT).exists():
        if not (folder / SEED).exists():
            write_seed(folder, secrets.token_bytes(recovery.SEED_BYTES))
    elif not (folder / NEXT_ROOT).exists():
        write(folder / NEXT_ROOT, Ed25519PrivateKey.generate())
    if not (folder / SIGNING).exists():
        write(folder / SIGNING, Ed25519PrivateKey.generate())


def write(path: Path, private: Ed25519PrivateKey) -> None:
    """Write one key, readable by its owner only from the first byte on; whole or not at all.

    Raises `KeysUnsafe` (`key_exists`): keys are never overwritten.
    """
    _write(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def write_seed(folder: Path, seed: bytes, name: str = SEED) -> None:
    """Write the sheet, as its QR code says it. Raises as `write`."""
    _write(folder / name, recovery.qr_text(seed).encode("ascii") + b"\n")


def take_place(folder: Path, name: str, place: str) -> None:
    """Let the file `name` take the place of the file `place`, at one stroke: a reader sees the one or the other."""
    (folder / name).replace(folder / place)
    sync_folder(folder)


def forget(folder: Path, *names: str) -> None:
    """Take private files off this machine. What is on the disk is overwritten first, which is no promise on flash."""
    for name in names:
        path = folder / name
        with contextlib.suppress(FileNotFoundError):
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
    sync_folder(folder)


def read(path: Path) -> Ed25519PrivateKey:
    """Read one key. Raises `KeysUnsafe` when it is missing, no key, or readable by others; says the command to run."""
    private = _loaded(path)
    if not isinstance(private, Ed25519PrivateKey):
        raise KeysUnsafe(f"{path.name} is not an Ed25519 key", "key_broken")
    return private


def seed(folder: Path, name: str = SEED) -> bytes | None:
    """The sheet, while it is on this machine; None once it was detached. Raises `KeysUnsafe` as `read`."""
    if not (folder / name).exists():
        return None
    try:
        return recovery.seed_from(_private_bytes(folder / name).decode("utf-8", "replace"))
    except SheetWrong as error:
        raise KeysUnsafe(f"{name} is damaged: write the words of the sheet into it", "key_broken") from error


def root(folder: Path, name: str, sheet: bytes | None = None) -> Ed25519PrivateKey:
    """The root key that a card names (`name`: multikey), from the sheet that a person typed, else from this machine.

    Raises `SheetWrong` (`sheet_foreign`) for the sheet of another node, `NotAllowed` (`root_key_away`) without any.
    """
    for held in (sheet, seed(folder), seed(folder, NEXT_SEED)):
        number = recovery.number_of(held, name) if held is not None else None
        if held is not None and number is not None:
            return recovery.root_key(held, number)
    for file in (ROOT, NEXT_ROOT):
        if (folder / file).exists() and multikey_of(read(folder / file)) == name:
            return read(folder / file)
    if sheet is not None:
        raise SheetWrong("these are the words of a sheet, but not of this node's newest one", code="sheet_foreign")
    raise NotAllowed("the root key is not on this machine: give the words of the recovery sheet", "root_key_away")


def signing(folder: Path) -> SigningKey:
    """The key in daily use, read again whenever the file has changed."""
    path = folder / SIGNING
    known = _read_before.get(path)
    try:
        status = path.stat()
    except OSError:
        status = None
    if known is not None and status is not None and known[0] == _stamp(status):
        return known[1]
    private = read(path)
    found = SigningKey(private, multikey_of(private))
    if status is not None:
        _read_before[path] = (_stamp(status), found)
    return found


def activitypub(folder: Path) -> rsa.RSAPrivateKey:
    """The key that signs what the fediverse is told; made here when there is none. Raises `KeysUnsafe` as `read`."""
    path = folder / ACTIVITYPUB
    if not path.exists():
        made = rsa.generate_private_key(public_exponent=65_537, key_size=RSA_BITS)
        with contextlib.suppress(KeysUnsafe):  # another process was faster: its key is the key
            _write(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    stamp = _stamp(path.stat())
    known = _rsa_before.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    private = _loaded(path)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise KeysUnsafe(f"{path.name} is not an RSA key", "key_broken")
    _rsa_before[path] = (stamp, private)
    return private


def bucket(folder: Path) -> tuple[str, str]:
    """Access key and secret of the bucket. Raises `KeysUnsafe` as `read`."""
    lines = _private_bytes(folder / BUCKET).decode("ascii", "replace").split()
    if len(lines) != 2:
        raise KeysUnsafe(f"{BUCKET} has two lines: the access key of the bucket, and its secret", "key_broken")
    return lines[0], lines[1]


def public_pem(private: rsa.RSAPrivateKey) -> str:
    """The public half, as the fediverse reads it."""
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _loaded(path: Path) -> Any:
    try:
        return load_pem_private_key(_private_bytes(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeysUnsafe(f"{path.name} is no private key", "key_broken") from error


def _stamp(status: os.stat_result) -> _Stamp:
    """What changes when a file is replaced, written, or may be read by others."""
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _private_bytes(path: Path) -> bytes:
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise KeysUnsafe(f"{path.name} is missing from the folder of keys", "key_missing") from error
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeysUnsafe(f"{path.name} can be read by others: run `chmod 600 {path}`")
    if status.st_uid != os.geteuid():
        raise KeysUnsafe(f"{path.name} belongs to another user: run `chown {os.geteuid()} {path}`")
    return path.read_bytes()


def _write(path: Path, text: bytes) -> None:
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    except FileExistsError as error:
        raise KeysUnsafe(f"{path.name} exists already: keys are never overwritten", "key_exists") from error
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)
