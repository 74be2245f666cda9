"""Everything that can be wrong with bytes from outside, drawn as a tree.

    ProtocolError
    ├── InvalidRecord      the bytes are not a record, or not in the one form a record may have
    │   ├── FieldProblem   a field is missing, too long, of the wrong kind or not in its list
    │   └── BadProof       the proof is absent, malformed or does not fit the bytes
    ├── BadKey             a public key that is no usable Ed25519 point, or a malformed did:key
    ├── ChainProblem       a node card that does not follow the card before it
    ├── BadCursor          a cursor that this node never gave
    ├── BadMessage         a reconciliation or federation message that breaks its grammar or limits
    └── BadSignature       an HTTP request whose signature is absent, malformed, stale or wrong

Law of this room: whatever the input, nothing but these leaves `protocol/` (never `ValueError`, `KeyError`,
`RecursionError` or `UnicodeError`). Each error carries a stable `code` for machines and documentation
(docs/errors.md lists them all) and a sentence for people in `str(error)`. HTTP statuses are chosen elsewhere.
"""

from __future__ import annotations


class ProtocolError(Exception):
    """Base of this package's errors. `code`: stable, snake_case, ASCII; `message`: one English sentence."""

    code = "protocol_error"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code

    @property
    def message(self) -> str:
        """The sentence for people, in English; pages translate by `code`."""
        return str(self)


class InvalidRecord(ProtocolError):
    """The bytes are not a record, or not in the one form that a record may have."""

    code = "invalid_record"


class FieldProblem(InvalidRecord):
    """One field of a record is wrong. `path` names it, dotted, e.g. `content.indicators.3.value`."""

    code = "bad_field"

    def __init__(self, message: str, code: str | None = None, path: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message, code)
        self.path = path


class BadProof(InvalidRecord):
    """The proof is absent, malformed or does not fit the bytes."""

    code = "bad_proof"


class BadKey(ProtocolError):
    """A public key that is no usable Ed25519 point, or a malformed did:key."""

    code = "bad_key"


class ChainProblem(ProtocolError):
    """A node card that does not follow the card before it."""

    code = "bad_chain"


class BadCursor(ProtocolError):
    """A cursor that this node never gave."""

    code = "bad_cursor"


class BadMessage(ProtocolError):
    """A reconciliation or federation message that breaks its grammar or its limits."""

    code = "bad_message"


class BadSignature(ProtocolError):
    """An HTTP request whose signature is absent, malformed, stale or wrong."""

    code = "bad_signature"
