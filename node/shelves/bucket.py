"""A shelf that is a prefix of a bucket: `…/wasl_<node>/ab/<sha256>`, for a node that is several machines.

Pieces of a file that is coming lie beside it, `<sha256>.<source>.<at>.part`: whichever machine is given the next one
goes on. A bucket that keeps versions keeps what is erased, so all versions are taken away with a name, and whoever may
not do that hears so: no receipt is signed then. Bytes are compared with their hash at each reading: they came over a
network, where a tag of the store's proves nothing.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from node.errors import BucketAway, BucketProblem
from node.shelves.answers import Item
from node.shelves.s3 import Bucket
from node.shelves.shelf import Kept

FILE_BYTES = 2**24
"""The longest file that is read, bytes: longer than any attachment may be."""

_NAME = re.compile(r"[0-9a-f]{2}/([0-9a-f]{64})(\..*)?", re.ASCII)
_PROBE = b"Wasl was here: this may be deleted.\n"
_ROUNDS = 3
_READINGS = 2


@dataclass(frozen=True, slots=True)
class Probed:
    """What a trial found. `versions`: whether the bucket keeps them, None where it does not say; `encrypted`: TLS."""

    versions: bool | None
    encrypted: bool


class BucketShelf:
    """The files of one node in a bucket (`Shelf`). `prefix`: of all its names, with a slash at the end."""

    def __init__(self, bucket: Bucket, prefix: str) -> None:
        self._bucket, self._prefix = bucket, prefix

    def put(self, data: bytes) -> bytes:
        """Keep these bytes; durable when this returns. Returns their hash."""
        sha256 = hashlib.sha256(data).digest()
        self._bucket.put(self._name(sha256), data)
        return sha256

    def read(self, sha256: bytes) -> bytes | None:
        """The bytes, or None when they are not here. What is not what its name says is read once more, and then left.

        It may be the answer that is harmed and not the file. `put` writes over it.
        """
        for _ in range(_READINGS):
            data = self._bucket.get(self._name(sha256), FILE_BYTES)
            if data is None or hashlib.sha256(data).digest() == sha256:
                return data
        return None

    def holds(self, sha256: bytes) -> bool:
        """Whether something of this name is here; not whether it is what its name says."""
        name = self._name(sha256)
        return any(item.name == name for item in self._bucket.items(name))

    def came(self, sha256: bytes, source: str) -> int:
        """How many bytes of a file that comes in pieces from `source` (a DID) are here."""
        pieces = self._pieces(sha256, source)
        return _end(pieces[-1]) if pieces else 0

    def most_of(self, sha256: bytes) -> int:
        """How many bytes of a file are here from the source that has given most."""
        return max((_end(item) for item in self._bucket.items(f"{self._name(sha256)}.")), default=0)

    def add(self, sha256: bytes, source: str, at: int, piece: bytes) -> int:
        """One more piece of a file, if that is what comes next. Returns how many bytes of this source are here now."""
        came = self.came(sha256, source)
        if came != at or not piece:
            return came
        self._bucket.put(f"{self._part(sha256, source)}{at:012d}.part", piece)
        return at + len(piece)

    def finish(self, sha256: bytes, source: str) -> bytes | None:
        """All pieces are here: give the file its name. None, and nothing is left of them, if the hash differs."""
        data = b"".join(self._piece(item) for item in self._pieces(sha256, source))
        if hashlib.sha256(data).digest() != sha256:
            self.clear(sha256, source)
            return None
        self._bucket.put(self._name(sha256), data)
        self.clear(sha256)
        return data

    def clear(self, sha256: bytes, source: str | None = None) -> None:
        """Take away the pieces of this file that came from one source, or from all."""
        self._erase(self._part(sha256, source) if source is not None else f"{self._name(sha256)}.")

    def drop(self, sha256: bytes) -> None:
        """Take these bytes away, pieces and older versions of them too: gone when this returns.

        Raises `BucketProblem` (`bucket_keeps`) where the bucket keeps versions and does not let us delete them.
        """
        self._erase(self._name(sha256))

    def everything(self) -> Iterator[Kept]:
        """All names of this node, pieces among them."""
        for item in self._bucket.items(self._prefix):
            found = _NAME.fullmatch(item.name.removeprefix(self._prefix))
            if found is not None:
                yield Kept(item.name, bytes.fromhex(found[1]), found[2] is None, item.size, item.at)

    def take_away(self, kept: Kept) -> None:
        """Take away one name that `everything` gave, and its versions."""
        self._erase(kept.name, exactly=True)

    def probe(self) -> Probed:
        """Write something, read it, take it away with all its versions. Raises what would stop a file."""
        name = f"{self._prefix}probe-{secrets.token_hex(8)}"
        versions = self._bucket.keeps_versions()
        self._bucket.put(name, _PROBE)
        try:
            if self._bucket.get(name, len(_PROBE)) != _PROBE:
                raise BucketProblem(f"the bucket at {self._bucket.host} gives back something else than was written")
        finally:
            self._erase(name)
        return Probed(versions, self._bucket.encrypted)

    def _erase(self, prefix: str, *, exactly: bool = False) -> None:
        """Take away every version of every name that begins so, or of this name alone."""

        def ours(name: str) -> bool:
            return name == prefix if exactly else name.startswith(prefix)

        hidden = False
        for _ in range(_ROUNDS):
            listed = self._bucket.versions(prefix)
            found: list[tuple[str, str | None]] = [(name, version) for name, version in listed or [] if ours(name)]
            found += [(item.name, None) for item in self._bucket.items(prefix) if ours(item.name)] if not found else []
            if not found:
                if listed is None and (hidden or self._bucket.keeps_versions() is not False):
                    break  # that nothing is seen proves nothing: it may have been hidden by an earlier try
                return
            for name, version in found:
                try:
                    hidden |= self._bucket.delete(name, version)
                except BucketProblem as error:
                    if version is None or error.code != "bucket_refused":
                        raise
                    raise self._keeps(error.said) from error
        raise self._keeps("")

    def _keeps(self, said: str) -> BucketProblem:
        return BucketProblem(
            f"the bucket at {self._bucket.host} keeps older versions, and does not let us delete them: what is erased "
            "would stay",
            "bucket_keeps",
            said,
        )

    def _pieces(self, sha256: bytes, source: str) -> list[Item]:
        """The pieces of one source, each where the one before it ends."""
        pieces: list[Item] = []
        for item in sorted(self._bucket.items(self._part(sha256, source)), key=lambda item: item.name):
            if _begin(item) == (_end(pieces[-1]) if pieces else 0):
                pieces.append(item)
        return pieces

    def _piece(self, item: Item) -> bytes:
        """One piece, as long as it was listed: what the store cuts is no fault of who gave it."""
        piece = self._bucket.get(item.name, FILE_BYTES)
        if piece is None or len(piece) != item.size:
            raise BucketAway(f"the bucket at {self._bucket.host} gives other bytes than it lists; it is tried again")
        return piece

    def _name(self, sha256: bytes) -> str:
        name = sha256.hex()
        return f"{self._prefix}{name[:2]}/{name}"

    def _part(self, sha256: bytes, source: str) -> str:
        """Pieces of two sources are never put together: one that lies spoils no other's."""
        return f"{self._name(sha256)}.{hashlib.sha256(source.encode()).hexdigest()[:12]}."


def _begin(item: Item) -> int:
    """Where a piece begins: its name says so."""
    at = item.name.split(".")[-2]
    return int(at) if at.isascii() and at.isdigit() else -1


def _end(item: Item) -> int:
    return _begin(item) + item.size
