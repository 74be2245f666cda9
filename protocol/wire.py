"""The JSON messages between nodes: frozen values with `to_bytes` and `from_bytes`. docs/protocol.md section 6.

Reading is strict about what we use and silent about what we don't know. Everything read is bounded; whatever is wrong
becomes `BadMessage`. Records themselves never stand inside these messages but as exact bytes, a line each (NDJSON).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import orjson

from protocol.errors import BadMessage
from protocol.limits import (
    MAX_CHAIN,
    MAX_CHAIN_BYTES,
    MAX_CHANGES,
    MAX_FETCH_DIGESTS,
    MAX_MESSAGE_BYTES,
    MAX_PAGE_BYTES,
)

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a feed. `digest`: 64 hex digits of the revision."""

    seq: int
    digest: str
    origin: str
    record: str
    revision: int
    type: str


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Answer of `GET /changes`. `next`: cursor to go on; `heads`: records offered to the caller; `time`: seconds."""

    changes: tuple[Change, ...]
    next: str
    more: bool
    heads: int
    time: int

    def to_bytes(self) -> bytes:
        """The message."""
        return orjson.dumps(asdict(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the message. Raises `BadMessage`."""
        message = _object(data, MAX_PAGE_BYTES)
        entries = _list(message, "changes", MAX_CHANGES)
        return cls(
            changes=tuple(_change(entry) for entry in entries),
            next=_text(message, "next", 64),
            more=_flag(message, "more"),
            heads=_number(message, "heads"),
            time=_number(message, "time"),
        )


@dataclass(frozen=True, slots=True)
class Digests:
    """`POST /fetch` and `POST /missing`, question and answer. Each digest: 32 bytes."""

    digests: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """The message."""
        return orjson.dumps({"digests": [digest.hex() for digest in self.digests]})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the message. Raises `BadMessage`."""
        entries = _list(_object(data), "digests", MAX_FETCH_DIGESTS)
        return cls(tuple(_digest(entry) for entry in entries))


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the answer to a push: what the callee's door said of one record."""

    digest: bytes
    status: str
    code: str

    def to_bytes(self) -> bytes:
        """The line, without its end."""
        return orjson.dumps({"digest": self.digest.hex(), "status": self.status, "code": self.code})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the line. Raises `BadMessage`."""
        message = _object(data)
        code = message.get("code")
        if code != "":
            code = _word(message, "code")
        return cls(_digest(message.get("digest")), _word(message, "status"), str(code))


@dataclass(frozen=True, slots=True)
class Hint:
    """`POST /hint`: the sender's log has come to `seq`."""

    seq: int

    def to_bytes(self) -> bytes:
        """The message."""
        return orjson.dumps({"seq": self.seq})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the message. Raises `BadMessage`."""
        return cls(_number(_object(data), "seq"))


@dataclass(frozen=True, slots=True)
class Piece:
    """Answer to `PUT /attachments/{sha256}`: `state` is held, wanted, or the code why not; `have` bytes are there."""

    state: str
    have: int

    def to_bytes(self) -> bytes:
        """The message."""
        return orjson.dumps({"state": self.state, "have": self.have})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the message. Raises `BadMessage`."""
        found = _object(data)
        return cls(_text(found, "state", 40), _number(found, "have"))


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """`GET /node` and `GET /.well-known/wasl`: who answers here, what it speaks, how far it is.

    `versions`: protocol versions; `limits`: name -> number; `heads`: public records offered; `time`: seconds.
    """

    did: str
    software: str
    versions: tuple[int, ...]
    limits: Mapping[str, int]
    cursor: str
    heads: int
    time: int

    def to_bytes(self) -> bytes:
        """The message."""
        return orjson.dumps(asdict(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the message. Raises `BadMessage`."""
        message = _object(data)
        limits = message.get("limits")
        if not isinstance(limits, dict) or len(limits) > 50 or not all(type(most) is int for most in limits.values()):
            raise BadMessage("limits is an object of numbers")
        versions = _list(message, "versions", 20)
        if not all(type(version) is int for version in versions):
            raise BadMessage("versions is a list of numbers")
        return cls(
            did=_text(message, "did", 120),
            software=_text(message, "software", 80),
            versions=tuple(versions),
            limits=limits,
            cursor=_text(message, "cursor", 64),
            heads=_number(message, "heads"),
            time=_number(message, "time"),
        )


@dataclass(frozen=True, slots=True)
class PeeringRequest:
    """`POST /peerings`: `chain`: the asker's cards, exact bytes, oldest first; `token`: an invitation's, or empty."""

    chain: tuple[bytes, ...]
    note: str = ""
    token: str = ""

    def to_bytes(self) -> bytes:
        """The message."""
        chain = [card.decode("utf-8") for card in self.chain]
        return orjson.dumps({"chain": chain, "note": self.note, "token": self.token})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the message. Raises `BadMessage`."""
        message = _object(data, MAX_CHAIN_BYTES)
        return cls(_chain(message), _text(message, "note", 500, 0, lines=True), _text(message, "token", 100, 0))


@dataclass(frozen=True, slots=True)
class PeeringAnswer:
    """Answer to `POST /peerings`: the state of the peering as the callee sees it, and the callee's cards."""

    state: str
    chain: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """The message."""
        return orjson.dumps({"state": self.state, "chain": [card.decode("utf-8") for card in self.chain]})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the message. Raises `BadMessage`."""
        message = _object(data, MAX_CHAIN_BYTES)
        return cls(_word(message, "state"), _chain(message))


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal, RFC 9457. `code`: stable; `time`: the callee's clock, so that skew can be told."""

    status: int
    code: str
    detail: str
    time: int

    def to_bytes(self) -> bytes:
        """The problem document."""
        return orjson.dumps({"type": "about:blank", "title": self.code, **asdict(self)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a problem document. Raises `BadMessage`."""
        message = _object(data)
        return cls(
            _number(message, "status"),
            _word(message, "code"),
            _text(message, "detail", 1000, 0, lines=True),
            _number(message, "time"),
        )


def split_lines(data: bytes, most: int) -> list[bytes]:
    """The lines of an NDJSON body, without empty ones. Raises `BadMessage` for more than `most`."""
    lines = [line for line in data.split(b"\n") if line]
    if len(lines) > most:
        raise BadMessage(f"at most {most} lines", "too_many_lines")
    return lines


def _object(data: bytes, most: int = MAX_MESSAGE_BYTES) -> dict[str, Any]:
    if len(data) > most:
        raise BadMessage(f"a message has at most {most} bytes", "too_large")
    try:
        message = orjson.loads(data)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise BadMessage("the message is not JSON") from error
    if not isinstance(message, dict):
        raise BadMessage("the message is not a JSON object")
    return message


def _list(message: Mapping[str, Any], name: str, most: int) -> list[Any]:
    value = message.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise BadMessage(f"{name} is a list of at most {most}")
    return value


def _text(message: Mapping[str, Any], name: str, most: int, least: int = 1, *, lines: bool = False) -> str:
    """A text without control characters, which would speak to a terminal; `lines`: line ends and tabs are fine."""
    value = message.get(name)
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise BadMessage(f"{name} is a text of {least} to {most} characters")
    if (_CONTROL_BUT_LINES if lines else _CONTROL).search(value):
        raise BadMessage(f"{name} holds a control character")
    return value


def _word(message: Mapping[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise BadMessage(f"{name} is a word of lower-case letters, digits and _")
    return value


def _number(message: Mapping[str, Any], name: str) -> int:
    value = message.get(name)
    if type(value) is not int or not 0 <= value < 2**53:
        raise BadMessage(f"{name} is a whole number")
    return value


def _flag(message: Mapping[str, Any], name: str) -> bool:
    value = message.get(name)
    if not isinstance(value, bool):
        raise BadMessage(f"{name} is true or false")
    return value


def _digest(value: Any) -> bytes:
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise BadMessage("a digest is 64 lower-case hex digits")
    return bytes.fromhex(value)


def _change(value: Any) -> Change:
    if not isinstance(value, dict):
        raise BadMessage("a change is an object")
    return Change(
        seq=_number(value, "seq"),
        digest=_digest(value.get("digest")).hex(),
        origin=_text(value, "origin", 120),
        record=_text(value, "record", 36),
        revision=_number(value, "revision"),
        type=_text(value, "type", 40),
    )


def _chain(message: Mapping[str, Any]) -> tuple[bytes, ...]:
    cards: Sequence[Any] = _list(message, "chain", MAX_CHAIN)
    if not all(isinstance(card, str) for card in cards):
        raise BadMessage("chain is a list of texts")
    return tuple(card.encode("utf-8") for card in cards)
