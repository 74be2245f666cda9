"""A node's private keys: files in `keys/`, mode 0600, folder 0700. A key that others can read stops the node.

`root.pem` signs node cards and may leave the machine; `next-root.pem` is the root that the card commits to;
`signing.pem` signs records and requests. PKCS#8 PEM (RFC 8410), so that other tools can read them.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from node.errors import KeysUnsafe
from protocol import didkey

ROOT, NEXT_ROOT, SIGNING = "root.pem", "next-root.pem", "signing.pem"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key in daily use. `multikey`: its public half, as cards list it."""

    private: Ed25519PrivateKey
    multikey: str


def multikey_of(private: Ed25519PrivateKey) -> str:
    """The public half of a key, as cards and proofs name it."""
    return didkey.multikey(private.public_key().public_bytes_raw())


def create(folder: Path) -> None:
    """Write the three keys that are not there yet: an interrupted founding goes on, nothing is ever overwritten."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in (ROOT, NEXT_ROOT, SIGNING):
        if not (folder / name).exists():
            write(folder / name, Ed25519PrivateKey.generate())


def write(path: Path, private: Ed25519PrivateKey) -> None:
    """Write one key, readable by its owner only from the first byte on."""
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeysUnsafe(f"{path.name} exists already: keys are never overwritten", "key_exists") from error
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> Ed25519PrivateKey:
    """Read one key. Raises `KeysUnsafe` when it is missing, no key, or readable by others; says the command to run."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise KeysUnsafe(f"{path.name} is missing from the folder of keys", "key_missing") from error
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeysUnsafe(f"{path.name} can be read by others: run `chmod 600 {path}`")
    if status.st_uid != os.geteuid():
        raise KeysUnsafe(f"{path.name} belongs to another user: run `chown {os.geteuid()} {path}`")
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeysUnsafe(f"{path.name} is no private key", "key_broken") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeysUnsafe(f"{path.name} is not an Ed25519 key", "key_broken")
    return private


def signing(folder: Path) -> SigningKey:
    """The key in daily use."""
    private = read(folder / SIGNING)
    return SigningKey(private, multikey_of(private))
