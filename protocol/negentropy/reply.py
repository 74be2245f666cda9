"""The message that is being written: ranges without gaps, within a frame limit.

    they sent      we find                     we write
    skip           -                           skip
    fingerprint    ours is the same            skip
    fingerprint    ours differs                our 16 sub-fingerprints, or our ids if fewer than 32
    id list        (asked) -                   our ids of that range
    id list        (asking) differences        skip; the differences go to the caller

Neighbouring skips become one and a skip at the end is left out, so that an empty message means "nothing is
open". When a message would outgrow the frame limit, all that is left becomes one fingerprint up to infinity,
for the next round.

Law of this room: no message is larger than the frame limit, and the first range that was open is always
answered, so that every round leads further. Byte-compatible with the original, except once (see
`Reply._close_after`), where the original can lose items. Comes from: `conversation`. Source: Negentropy
protocol V1; docs/decisions/0005-reconcile.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.errors import BadMessage
from protocol.negentropy.items import ItemSet
from protocol.negentropy.wire import (
    FINGERPRINT,
    ID_BYTES,
    ID_LIST,
    INFINITY,
    MAX_MESSAGE_BYTES,
    SKIP,
    START,
    TIMESTAMP_BYTES,
    VERSION,
    WIDEST_RANGE_BYTES,
    Bound,
    Range,
    encode,
)

MIN_FRAME_LIMIT = 4096  # bytes, as in the original: room for a skip and one split, whatever their bounds
FRAME_RESERVE = 200  # bytes kept free for what may follow the last range that fits
BUCKETS = 16  # into so many ranges a range is split
LISTED_BELOW = 2 * BUCKETS  # a range with fewer items is listed
EMPTY_FINGERPRINT = ItemSet().fingerprint(0, 0)


@dataclass(frozen=True, slots=True)
class Frontier:
    """Where the first open range of a message begins and ends."""

    begin: Bound
    end: Bound

    def is_beyond(self, other: Frontier) -> bool:
        """Whether a conversation that was at `other` has led further: a later begin, or a shorter range."""
        return self.begin > other.begin or (self.begin == other.begin and self.end < other.end)


class Reply:
    """A message about `items` in the making. `frame_limit`: its size in bytes at most, 4,096 to 1 MiB.

    Indexes `lower` and `upper` delimit our items of the range at hand: `lower` <= index < `upper`. Raises
    `BadMessage` with code `frame_limit` for a limit out of range.
    """

    __slots__ = ("_full_at", "_items", "_message", "_skipped", "_written", "frontier")

    def __init__(self, items: ItemSet, frame_limit: int) -> None:
        if not MIN_FRAME_LIMIT <= frame_limit <= MAX_MESSAGE_BYTES:
            raise BadMessage(f"a frame limit is {MIN_FRAME_LIMIT} to {MAX_MESSAGE_BYTES} bytes", "frame_limit")
        self.frontier: Frontier | None = None  # None as long as nothing is open
        self._items = items
        self._full_at = frame_limit - FRAME_RESERVE
        self._message = bytearray((VERSION,))
        self._written = START  # bound up to which ranges are written
        self._skipped = START  # bound up to which nothing more is to be said

    def __bytes__(self) -> bytes:
        return bytes(self._message)

    def open_all(self, buckets: int) -> None:
        """The first message of a conversation: everything, in `buckets` ranges or what the frame holds."""
        buckets = min(buckets, self._full_at // WIDEST_RANGE_BYTES)
        self._write(self._split(0, len(self._items), INFINITY, buckets))

    def skip_to(self, upper: Bound) -> None:
        """Nothing more is to be said of what lies below `upper`."""
        self._skipped = upper

    def compare(self, theirs: Range, lower: int, upper: int) -> bool:
        """Answer a fingerprint; False once the frame is full, and closed."""
        if self._items.fingerprint(lower, upper) == theirs.payload:
            self.skip_to(theirs.upper)
            return True
        ranges = self._split(lower, upper, theirs.upper, BUCKETS)
        if self._size_with(ranges) <= self._full_at:
            self._write(ranges)
            return True
        self._close_after(theirs, lower, upper)
        return False

    def list_ids(self, bound: Bound, lower: int, upper: int) -> bool:
        """Answer an id list by ours, as far as the frame allows; False once it is full, and closed."""
        room = (self._full_at - len(self._message)) // ID_BYTES + 1
        listed = min(upper, lower + room)
        end = self._items.key(listed) if listed < upper else bound
        self._write([Range(end, ID_LIST, b"".join(self._items.ids(lower, listed)))])
        if len(self._message) <= self._full_at:
            return True
        self._close(listed)
        return False

    def _split(self, lower: int, upper: int, bound: Bound, buckets: int) -> list[Range]:
        """Our items as ranges up to `bound`: one id list if they are few, else `buckets` fingerprints."""
        count = upper - lower
        if count < LISTED_BELOW:
            return [Range(bound, ID_LIST, b"".join(self._items.ids(lower, upper)))]
        buckets = min(buckets, count // 2)
        size, larger = divmod(count, buckets)
        ranges: list[Range] = []
        begin = lower
        for number in range(buckets):
            end = begin + size + (number < larger)
            cut = bound if end == upper else _shortest_bound(self._items.key(end - 1), self._items.key(end))
            ranges.append(Range(cut, FINGERPRINT, self._items.fingerprint(begin, end)))
            begin = end
        return ranges

    def _with_skip(self, ranges: list[Range]) -> list[Range]:
        return ranges if self._skipped == self._written else [Range(self._skipped, SKIP), *ranges]

    def _size_with(self, ranges: list[Range]) -> int:
        return len(self._message) + len(encode(self._with_skip(ranges), self._written))

    def _write(self, ranges: list[Range]) -> None:
        """Append open `ranges`, after the skip before them."""
        if self.frontier is None:
            self.frontier = Frontier(self._skipped, ranges[0].upper)
        self._message += encode(self._with_skip(ranges), self._written)
        self._written = self._skipped = ranges[-1].upper

    def _close(self, begin: int) -> None:
        """Leave our items from index `begin` on to the next round."""
        self._write([Range(INFINITY, FINGERPRINT, self._items.fingerprint(begin, len(self._items)))])

    def _close_after(self, theirs: Range, lower: int, upper: int) -> None:
        """Close a frame in which the answer to their fingerprint has no room.

        The original sends the fingerprint of what lies behind `theirs`, over a range that begins before it.
        It is the wrong one, and cannot be the peer's, so that the peer opens the range again. But it can be,
        if the peer has nothing in `theirs`, and our items there would pass as settled: only then do we send
        the true one.
        """
        if theirs.payload == EMPTY_FINGERPRINT:
            self._close(lower)
        else:
            self._skipped = self._written
            self._close(upper)


def _shortest_bound(before: bytes, key: bytes) -> Bound:
    """The shortest bound that is above `before` and not above `key`: of its id only what tells them apart."""
    size = TIMESTAMP_BYTES
    if before[:size] == key[:size]:
        while before[size] == key[size]:
            size += 1
        size += 1
    return key[:size]
