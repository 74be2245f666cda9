"""Exit codes: what a script learns from a command without reading a word.

0 done; 1 an error; 2 wrong usage (click's own); 3 done, but something needs a person's attention; 4 refused by policy,
ours or a peer's. Which error gives which is decided here and nowhere else.
"""

from __future__ import annotations

from node.errors import AddressRefused, NodeError, NotAllowed, PeerRefused
from protocol.errors import ProtocolError

DONE, ERROR, USAGE, ATTENTION, REFUSED = range(5)

_NOT_POLICY = frozenset(
    {"bad_invitation", "bad_url", "already_ended", "no_request", "bad_move", "file_exists", "passphrase_short",
     "backup_not_encrypted", "backup_unsound", "other_node", "did_needed", "not_recovering", "not_doubled"}
)  # fmt: skip
"""Codes of `NotAllowed` that say "you asked for something else than there is", not "you may not"."""


def our_errors() -> tuple[type[Exception], ...]:
    """The bases of everything that a command may raise on purpose. A function: `search` is loaded only by an error."""
    from search.errors import SearchError  # kept out of `wasl --help`

    return (NodeError, ProtocolError, SearchError, OSError)


def exit_of(error: Exception) -> int:
    """The exit code of one of our errors."""
    policy = isinstance(error, (NotAllowed, PeerRefused, AddressRefused))
    return REFUSED if policy and getattr(error, "code", "") not in _NOT_POLICY else ERROR
