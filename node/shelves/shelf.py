"""What a shelf can do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Kept:
    """Something on a shelf. `name`: the shelf's own; `whole`: no piece of a file; `size`: bytes; `at`: when it was
    written, seconds since 1970."""

    name: str
    sha256: bytes
    whole: bool
    size: int
    at: float


class Shelf(Protocol):
    """Files by their SHA-256. Thread-safe; several processes may use one.

    Every method may raise `OSError` (a folder) or `BucketProblem` (a bucket); then nothing is half done.
    """

    def put(self, data: bytes) -> bytes:
        """Keep these bytes; durable when this returns. Returns their hash."""
        ...

    def read(self, sha256: bytes) -> bytes | None:
        """The bytes, or None when they are not here. What is not what its name says is not given.

        Reading takes nothing away: `put` writes over it.
        """
        ...

    def holds(self, sha256: bytes) -> bool:
        """Whether something of this name is here; not whether it is what its name says."""
        ...

    def came(self, sha256: bytes, source: str) -> int:
        """How many bytes of a file that comes in pieces from `source` (a DID) are here."""
        ...

    def most_of(self, sha256: bytes) -> int:
        """How many bytes of a file are here from the source that has given most."""
        ...

    def add(self, sha256: bytes, source: str, at: int, piece: bytes) -> int:
        """One more piece of a file, if that is what comes next: another process may be fetching it too.

        Returns how many bytes of this source are here now.
        """
        ...

    def finish(self, sha256: bytes, source: str) -> bytes | None:
        """All pieces are here: give the file its name. None, and nothing is left of them, if the hash differs."""
        ...

    def clear(self, sha256: bytes, source: str | None = None) -> None:
        """Take away the pieces of this file that came from one source, or from all."""
        ...

    def drop(self, sha256: bytes) -> None:
        """Take these bytes away, pieces and older versions of them too: gone when this returns."""
        ...

    def everything(self) -> Iterator[Kept]:
        """All that is on it, pieces and what a killed process left among them."""
        ...

    def take_away(self, kept: Kept) -> None:
        """Take away one thing that `everything` named."""
        ...
