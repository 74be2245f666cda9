"""Reconciliation messages as bytes: what may be said, and how much of it.

    message := version range*                       version = 0x61
    range   := bound mode payload                   from the bound before it (at first: zero) up to this one
    bound   := varint(0 | 1 + seconds since the bound before) varint(n) byte{n}         n <= 32; 0 = infinity
    payload := nothing (mode 0, skip) | byte{16} (mode 1, fingerprint) | varint(n) id{n} (mode 2, id list)
    varint  := base 128, most significant digit first, bit 8 set on all but the last, no leading zero digit

Law of this room: `decode` refuses everything that this grammar does not allow, before anybody acts on it, and
its cost is bounded by the constants below. Bounds may be equal (the original emits an empty last range when a
list fills a frame exactly) but never decrease. Comes from: a peer. Goes to: `conversation`. Source:
Negentropy protocol V1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from protocol.errors import BadMessage

VERSION = 0x61  # protocol V1
VERSIONS = range(0x60, 0x70)  # first bytes that are a version at all

SKIP, FINGERPRINT, ID_LIST = 0, 1, 2  # the modes of a range

TIMESTAMP_BYTES = 8
ID_BYTES = 32
KEY_BYTES = TIMESTAMP_BYTES + ID_BYTES
FINGERPRINT_BYTES = 16

MAX_MESSAGE_BYTES = 1 << 20  # 1 MiB; our own messages stay within their frame limit
MAX_RANGES = 32_768  # more than a frame of 256 KiB can hold, even when fingerprints and skips alternate
MAX_TIMESTAMP = (1 << 64) - 2  # the number above it is infinity
WIDEST_RANGE_BYTES = 10 + 1 + ID_BYTES + 1 + FINGERPRINT_BYTES  # of a fingerprint range: an upper limit

Bound = bytes
"""8-byte big-endian timestamp, then 0 to 32 bytes of an id. Bounds and keys of items compare as bytes do."""

START: Bound = bytes(TIMESTAMP_BYTES)
INFINITY: Bound = b"\xff" * TIMESTAMP_BYTES


@dataclass(frozen=True, slots=True)
class Range:
    """One range of a message: everything below `upper` that the range before it does not cover.

    `mode`: SKIP, FINGERPRINT or ID_LIST. `payload`: nothing, 16 bytes, or ids of 32 bytes one after the
    other.
    """

    upper: Bound
    mode: int
    payload: bytes = b""

    def ids(self) -> list[bytes]:
        """The ids of an id list, in the sender's order."""
        return [self.payload[at : at + ID_BYTES] for at in range(0, len(self.payload), ID_BYTES)]


def encode_varint(number: int) -> bytes:
    """`number` (0 or more) in as few base-128 digits as possible."""
    if number < 0x80:
        return bytes((number,))
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | (number & 0x7F))
    return bytes(reversed(digits))


def encode(ranges: Iterable[Range], after: Bound = START) -> bytes:
    """The bytes of consecutive `ranges`, without the version byte. `after`: where the first begins."""
    out = bytearray()
    last = int.from_bytes(after[:TIMESTAMP_BYTES])
    for one in ranges:
        if one.upper == INFINITY:
            out += b"\0\0"
        else:
            timestamp = int.from_bytes(one.upper[:TIMESTAMP_BYTES])
            out += encode_varint(timestamp - last + 1)
            out.append(len(one.upper) - TIMESTAMP_BYTES)
            out += one.upper[TIMESTAMP_BYTES:]
            last = timestamp
        out.append(one.mode)
        if one.mode == ID_LIST:
            out += encode_varint(len(one.payload) // ID_BYTES)
        out += one.payload
    return bytes(out)


def version(message: bytes) -> int:
    """The protocol version byte of `message`. Raises `BadMessage` if there is none or it is too large."""
    if len(message) > MAX_MESSAGE_BYTES:
        raise BadMessage(f"a reconciliation message has at most {MAX_MESSAGE_BYTES} bytes", "too_large")
    if not message or message[0] not in VERSIONS:
        raise BadMessage("a reconciliation message begins with its protocol version")
    return message[0]


def decode(message: bytes) -> list[Range]:
    """The ranges of `message`. Raises `BadMessage` for anything that grammar or limits do not allow."""
    if version(message) != VERSION:
        raise BadMessage("the peer speaks another version of the reconciliation protocol", "unsupported_version")
    reader = _Reader(message)
    ranges: list[Range] = []
    last = START
    while reader.at < len(message):
        if len(ranges) == MAX_RANGES:
            raise BadMessage(f"a reconciliation message has at most {MAX_RANGES} ranges", "too_large")
        last = reader.bound(last)
        ranges.append(reader.range_below(last))
    return ranges


class _Reader:
    """Reads a message from byte `at` on; refuses to read past its end."""

    __slots__ = ("_message", "at")

    def __init__(self, message: bytes) -> None:
        self._message = message
        self.at = 1

    def take(self, size: int) -> bytes:
        begin, self.at = self.at, self.at + size
        if self.at > len(self._message):
            raise BadMessage("the reconciliation message ends too early")
        return self._message[begin : self.at]

    def varint(self) -> int:
        digit = self.take(1)[0]
        if digit == 0x80:
            raise BadMessage("a number in the reconciliation message has leading zero digits")
        number = digit & 0x7F
        while digit & 0x80:
            digit = self.take(1)[0]
            number = number << 7 | digit & 0x7F
            if number >> 64:
                raise BadMessage("a number in the reconciliation message has more than 64 bits")
        return number

    def bound(self, last: Bound) -> Bound:
        offset = self.varint()
        size = self.varint()
        if size > ID_BYTES:
            raise BadMessage(f"the id prefix of a bound has at most {ID_BYTES} bytes")
        prefix = self.take(size)
        if offset == 0:
            return INFINITY  # the prefix "does not matter" there, says the original
        timestamp = int.from_bytes(last[:TIMESTAMP_BYTES]) + offset - 1
        if timestamp > MAX_TIMESTAMP:
            raise BadMessage("a bound of the reconciliation message lies beyond infinity")
        bound = timestamp.to_bytes(TIMESTAMP_BYTES) + prefix
        if bound < last:
            raise BadMessage("the bounds of the reconciliation message do not ascend")
        return bound

    def range_below(self, upper: Bound) -> Range:
        mode = self.varint()
        if mode == SKIP:
            return Range(upper, SKIP)
        if mode == FINGERPRINT:
            return Range(upper, FINGERPRINT, self.take(FINGERPRINT_BYTES))
        if mode == ID_LIST:
            return Range(upper, ID_LIST, self.take(self.varint() * ID_BYTES))
        raise BadMessage("a range of the reconciliation message has an unknown mode")
