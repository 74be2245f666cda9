"""What to do about an error: the last line that the terminal prints, and a column of docs/errors.md.

An error's own sentence says what is wrong; where it does not also say what to do, this room does. A code is looked up
first, then the error's class and its bases by name, so that every code has an answer.
"""

from __future__ import annotations

from collections.abc import Mapping

_CHANGED = "ask whoever gave it to you for an unchanged copy; nothing of it was stored"
_STATEMENT = "correct this field in the file; docs/records.md has every field and its limits"
_CLOCK = "set the clocks of both machines: `timedatectl set-ntp true`"
_RETRY = "nothing: it is tried again by itself; `wasl sync --peer DID` tries now"
_INVITATION = "ask the other administrator for a new invitation"
_NEW_INDEX = "run `wasl reindex`; no record is lost"

BY_CODE: Mapping[str, str] = {
    "address_refused": "give the peer's public https address; [sync] private_addresses = true is for trials only",
    "address_taken": "`wasl peer list` shows who has it; `wasl peer end DID` if that node was replaced",
    "already_ended": "nothing: `wasl record history URI` shows when it was done",
    "bad_field": _STATEMENT,
    "bad_invitation": "",
    "bad_move": "`wasl peer list` shows the state that the peer is in",
    "bad_time": _CLOCK,
    "bad_url": "give an address like https://wasl.rabat.example",
    "blocked": "`wasl peer unblock DID` lifts the block",
    "card_missing": "add the origin's cards: `wasl export` writes them into its files, --cards FILE reads others",
    "clock_backwards": "",
    "clock_skew": _CLOCK,
    "cursor_reset": _RETRY,
    "disk_full": "",
    "duplicate_key": _STATEMENT,
    "expired": _CLOCK,
    "field_limit": _STATEMENT,
    "file_problem": "check the path and who may read or write it",
    "future": _CLOCK,
    "index_busy": "wait until the other process has finished, then try again",
    "index_damaged": _NEW_INDEX,
    "index_missing": _NEW_INDEX,
    "index_outdated": _NEW_INDEX,
    "internal_error": "read this node's log, and report what it says",
    "invitation_expired": "",
    "invitation_revoked": "",
    "invitation_unknown": _INVITATION,
    "invitation_used": "",
    "key_exists": "move the old file to safe storage first, if it is truly not needed here",
    "key_missing": "put the key back from your safe storage or a backup",
    "key_revoked": "ask the origin for the revision that it signed anew",
    "keys_unsafe": "",
    "language_mismatch": _STATEMENT,
    "missing_field": _STATEMENT,
    "no_address": "use `wasl peer request ADDRESS`; or give the node a public address on its card",
    "no_database": "",
    "no_node": "",
    "no_request": "`wasl peer list` shows the requests that wait",
    "node_exists": "",
    "not_a_practice": "to say that a node has ended, let its peers end the peering",
    "not_admitted": "accept the origin as a peer, or let a peer of yours vouch for it; it waits until then",
    "not_ours": "ask the node that published it, or block its origin: `wasl peer block DID`",
    "not_wasl": "ask the peer's administrator: a proxy answers in its place",
    "nothing_to_verify": "give a file that `wasl export` or `wasl record show --bytes` wrote",
    "origin_quota": "raise [limits] origin_mb or origin_records in wasl.toml, if that origin is worth it",
    "own_address": "give the address of the other node",
    "peer_blocked": "telephone its administrator",
    "peer_busy": "nothing: it is being met at this moment",
    "peer_not_active": "`wasl peer resume DID` or `wasl peer request ADDRESS` first",
    "peer_not_reachable": "nothing: it calls us by itself",
    "peer_paused": "telephone its administrator",
    "personal_data": "take it out, or say with --consent-checked that the persons have agreed",
    "port_taken": "",
    "private_record": "tell its administrator: that node gives away what should stay there",
    "record_erased": "nothing can follow an erasure: publish a new record",
    "recovering": "let it meet its peers (`wasl sync`) until its own records are back",
    "replayed": _RETRY,
    "request_refused": "telephone its administrator, then ask again",
    "target_erased": "nothing: the translation of an erased text stays out",
    "too_large": "a record holds 256 KiB at most: shorten it, or publish two",
    "too_many_requests": "telephone the other administrator",
    "unknown_key": "let both nodes meet once more; then compare the fingerprint words by telephone",
    "unknown_node": "",
    "unknown_peer": "",
    "unknown_record": "`wasl search` finds records and shows their URIs",
    "unknown_reference": "publish what it refers to first, or give its URI",
    "unknown_setting": "correct the name in wasl.toml; docs/configuration.md lists every setting",
    "unknown_version": "update this node, or ask for a copy of version 1",
    "unsupported_version": "update the older of the two nodes",
    "waiting": "telephone the other administrator: both read the fingerprint words aloud",
    "words_not_checked": "say it with --words-checked, such as 'by telephone with Ms Alaoui'",
    "wrong_audience": "compare the fingerprint words: another node may stand at that address",
    "wrong_identity": "do not go on: telephone the other administrator and compare the fingerprint words",
}
"""By stable code; empty where the error's own sentence says what to do."""

BY_CLASS: Mapping[str, str] = {
    "BadMessage": "update both nodes; if it goes on, report it to the peer's administrator",
    "BadSignature": "if it goes on: update both nodes, and see that a proxy between them changes nothing in a request",
    "BadCursor": _RETRY,
    "ChainProblem": "ask the node's administrator: its cards contradict each other",
    "BadKey": _CHANGED,
    "BadProof": _CHANGED,
    "FieldProblem": _STATEMENT,
    "InvalidRecord": _CHANGED,
    "ProtocolError": _CHANGED,
    "ConfigProblem": "correct wasl.toml; docs/configuration.md lists every setting",
    "KeysUnsafe": "put the key back from your safe storage or a backup",
    "StoreBusy": "wait until the other process has finished, then try again",
    "StoreNewer": "install the newer version of Wasl",
    "StoreProblem": "run `wasl doctor`",
    "Unreachable": _RETRY,
    "PeerRefused": "ask the peer's administrator",
    "PeerNonsense": "update both nodes; if it goes on, report it to the peer's administrator",
    "PeerProblem": _RETRY,
    "NotFound": "check what you typed",
    "NotAllowed": "ask whoever is responsible for this node",
    "NodeError": "run `wasl doctor`",
    "IndexBroken": _NEW_INDEX,
    "SearchError": _NEW_INDEX,
    "OSError": "check the path and who may read or write it",
}
"""By the name of an error's class or of one of its bases."""


def remedy_of(code: str, problem: Exception) -> str:
    """What to do about an error; empty where nobody has said it."""
    return remedy(code, [kind.__name__ for kind in type(problem).__mro__])


def remedy(code: str, classes: list[str]) -> str:
    """As `remedy_of`, for the names of an error's class and its bases, nearest first."""
    if code in BY_CODE:
        return BY_CODE[code]
    return next((BY_CLASS[name] for name in classes if name in BY_CLASS), "")
