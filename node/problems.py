"""Which error is which HTTP status: the one place that chooses."""

from __future__ import annotations

from node.errors import (
    AccountProblem,
    AddressRefused,
    AttachmentRefused,
    BackupProblem,
    BucketProblem,
    ConfigProblem,
    FileProblem,
    KeysUnsafe,
    MailProblem,
    NodeError,
    NotAllowed,
    NotFound,
    NotHere,
    PeerProblem,
    SheetWrong,
    StoreBusy,
    StoreFull,
    StoreProblem,
    Unclear,
)
from protocol.errors import BadCursor, BadMessage, BadSignature, ProtocolError

_BY_CODE = {
    "cursor_reset": 410,
    "too_large": 413,
    "attachment_too_large": 413,
    "attachment_quota": 507,
    "bad_range": 416,
    "too_many_lines": 413,
    "replayed": 409,
    "not_a_peer": 403,
    "peer_blocked": 403,
    "peer_paused": 403,
    "wrong_type": 415,
    "too_many_requests": 429,
    "too_many_attempts": 429,
    "recovering": 503,
    "doubled": 503,
    "method_not_allowed": 405,
    "record_ended": 410,
    "mail_not_set": 503,
}

_BY_CLASS: tuple[tuple[type[Exception], int], ...] = (
    (BadSignature, 401),
    (BadCursor, 400),
    (BadMessage, 400),
    (ProtocolError, 400),
    (NotFound, 404),
    (Unclear, 400),
    (NotHere, 503),
    (AttachmentRefused, 400),
    (NotAllowed, 403),
    (AccountProblem, 400),
    (SheetWrong, 400),
    (StoreFull, 507),
    (StoreBusy, 503),
    (StoreProblem, 503),
    (BucketProblem, 503),
    (AddressRefused, 400),
    (PeerProblem, 502),
    (MailProblem, 502),
    (BackupProblem, 400),
    (FileProblem, 400),
    (ConfigProblem, 500),
    (KeysUnsafe, 500),
)


def status_of(error: ProtocolError | NodeError) -> int:
    """The HTTP status of one of our errors: by its code where one is listed, else by its class."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    return next((status for kind, status in _BY_CLASS if isinstance(error, kind)), 500)
