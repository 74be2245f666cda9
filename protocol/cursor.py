"""Where a reader stands in a node's log: `epoch.seq.prefix`, a name that proves itself.

The epoch is drawn anew whenever a node starts from a backup, `seq` is the number of the last entry that the
reader has, `prefix` the first 16 hex digits of that entry's digest. Law of this room: exactly one text per
cursor, and anything else is `bad_cursor` before a database hears of it. Whether the named entry is still
the one in the log is for the log to say (410 `cursor_reset`, and the two nodes reconcile).

On the line: `GET /changes?since=…` on both sides. The start of a log is seq 0 with a prefix of sixteen zeros.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from protocol.errors import BadCursor

MAX_SEQ: Final = 2**53 - 1  # what every JSON reader holds exactly
START_PREFIX: Final = "0" * 16

_EPOCH: Final = re.compile(r"[0-9a-f]{8}")
_PREFIX: Final = re.compile(r"[0-9a-f]{16}")
_FORM: Final = re.compile(rf"({_EPOCH.pattern})\.(0|[1-9][0-9]{{0,15}})\.({_PREFIX.pattern})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """`epoch`: 8 lower-case hex; `seq`: 0 to 2^53-1; `prefix`: 16 lower-case hex. Raises `BadCursor`."""

    epoch: str
    seq: int
    prefix: str

    def __post_init__(self) -> None:
        if not _EPOCH.fullmatch(self.epoch) or not _PREFIX.fullmatch(self.prefix):
            raise BadCursor("a cursor has an epoch of 8 and a prefix of 16 lower-case hex digits")
        if not 0 <= self.seq <= MAX_SEQ:
            raise BadCursor("a cursor's number lies between 0 and 2^53-1")
        if self.seq == 0 and self.prefix != START_PREFIX:
            raise BadCursor("no entry stands at number 0, so the prefix is sixteen zeros")

    @classmethod
    def start(cls, epoch: str) -> Cursor:
        """The cursor before the first entry of the log with this epoch."""
        return cls(epoch, 0, START_PREFIX)

    @classmethod
    def from_text(cls, text: str) -> Cursor:
        """The cursor that `to_text` wrote. Raises `BadCursor` for every other text."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise BadCursor("a cursor is written epoch.seq.prefix")
        return cls(match[1], int(match[2]), match[3])

    def to_text(self) -> str:
        """`epoch.seq.prefix`, at most 42 characters, safe in a URL as it stands."""
        return f"{self.epoch}.{self.seq}.{self.prefix}"
