"""Lines of a file from anybody, one at a time and never longer than a record may be.

A file of records is NDJSON: a canonical JSON object a line. A canonical record holds no line break, so cutting at line
feeds is safe whatever a line says; a carriage return before it (a file that went through Windows) is no part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from protocol.limits import MAX_RECORD_BYTES

_MOST = MAX_RECORD_BYTES + 2
"""A record and its line end."""


@dataclass(frozen=True, slots=True)
class Line:
    """`number`: from 1; `data`: without the line end, cut beyond `MAX_RECORD_BYTES`; `taken`: bytes read."""

    number: int
    data: bytes
    taken: int


def read(stream: BinaryIO) -> Iterator[Line]:
    """The lines of `stream` that are not empty. At most one record is in memory, however long a line is."""
    number = 0
    while piece := stream.readline(_MOST):
        number += 1
        taken = len(piece)
        if not piece.endswith(b"\n"):
            taken += _skip_rest(stream, piece)
        data = piece.removesuffix(b"\n").removesuffix(b"\r")
        if data or taken > _MOST:
            yield Line(number, data, taken)


def _skip_rest(stream: BinaryIO, piece: bytes) -> int:
    """Read on to the line's end, keeping nothing. Returns how many bytes that were."""
    skipped = 0
    while len(piece) == _MOST and not piece.endswith(b"\n"):
        piece = stream.readline(_MOST)
        skipped += len(piece)
    return skipped
