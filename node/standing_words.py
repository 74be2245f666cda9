"""Which word says how a peer stands: one decision over its row, a clock and what it brought. Pure, and the only place.

A word is never stored: it follows from what happened, so it is right again after the next meeting. The order of the
questions is the order of importance: our own decisions, then forgery, then what the last meeting met with, then
silence. Sentences: `node/standing_sentences.py`. Called by `standing`; `sync` asks for the limits of silence.
"""

from __future__ import annotations

from node.store.peers import ACTIVE, BLOCKED, ENDED, PAUSED, REQUESTED, Peer
from protocol.http_signature import SKEW_S

LATE_S = 3_600
"""Silence that is nothing yet, seconds."""
DORMANT_S = 30 * 86_400
"""Silence after which a peer is tried once a day only, seconds."""
ALTERING_S = 7 * 86_400
"""How long forged records colour the state of the peer that brought them, seconds."""

WORDS = (
    "altering", "another_node", "refuses_us", "wrong_clock", "answers_wrongly", "outdated_here", "outdated_there",
    "trouble_here", "one_way", "silent", "dormant", "waiting_for_us", "waiting_for_them", "never_met", "late",
    "catching_up", "calls_us", "well", "paused", "blocked", "unblocked", "ended_by_them", "ended_by_us",
)  # fmt: skip
"""Every word, in the order of the list of peers: what needs a person comes first."""

GOOD = frozenset({"well", "catching_up", "calls_us"})
WAITING = frozenset(
    {"never_met", "late", "waiting_for_them", "waiting_for_us", "paused", "unblocked", "ended_by_us", "blocked"}
)

FORGED = frozenset({"altered", "bad_proof", "not_canonical", "missing_proof", "many_proofs"})
"""Refusals that an honest relay never earns: it admits nothing of the kind itself."""

_BY_CODE = {
    "wrong_identity": "another_node",
    "wrong_audience": "another_node",
    "clock_skew": "wrong_clock",
    "expired": "wrong_clock",
    "peer_outdated": "outdated_there",
    "node_outdated": "outdated_here",
    "unsupported_version": "outdated_there",
    **dict.fromkeys(
        ("disk_full", "store_problem", "store_busy", "store_newer", "internal_error", "key_replaced"), "trouble_here"
    ),
    **dict.fromkeys(
        (
            "not_a_peer", "peer_blocked", "peer_paused", "peer_refused", "unknown_key", "replayed",
            "bad_signature", "missing_signature", "digest_mismatch", "too_many_requests", "wrong_chain",
        ),
        "refuses_us",
    ),
    **dict.fromkeys(
        (
            "wrong_type", "not_wasl", "peer_nonsense", "no_progress", "redirected", "compressed", "too_large",
            "bad_message", "bad_cursor", "frame_limit", "too_many_lines", "bad_request", "bad_target", "not_found",
            "unknown_origin", "bad_chain",
        ),
        "answers_wrongly",
    ),
}  # fmt: skip
"""What the code of a failed meeting says of the peer; any other: that it is silent."""


def word_of(peer: Peer, now: int, *, ours: int, forged_at: int | None, interval_s: int) -> str:
    """How a peer stands. `ours`: records we offer; `forged_at`: when it last brought something forged."""
    if peer.state in (BLOCKED, PAUSED):
        return peer.state
    if peer.state == ENDED:
        return {"us": "ended_by_us", "them": "ended_by_them"}.get(peer.ended_by or "", "unblocked")
    if peer.state == REQUESTED and peer.asked_by == "them":
        return "waiting_for_us"
    if forged_at is not None and now - forged_at < ALTERING_S:
        return "altering"
    if peer.error_code in _BY_CODE:
        return _BY_CODE[peer.error_code]
    if peer.skew_s is not None and abs(peer.skew_s) > SKEW_S:
        return "wrong_clock"
    if peer.error_code == "waiting" or (peer.state == REQUESTED and peer.url is None):
        return "waiting_for_them"
    return _by_contact(peer, now, ours, interval_s)


def tone_of(word: str) -> str:
    """good | waiting | trouble."""
    return "good" if word in GOOD else "waiting" if word in WAITING else "trouble"


def contact_of(peer: Peer) -> int | None:
    """When the two nodes last heard of each other, in either direction; None when never."""
    return max((at for at in (peer.met_at, peer.heard_at) if at is not None), default=None)


def dormant(peer: Peer, now: int) -> bool:
    """Whether it has been silent for so long that once a day is enough to try."""
    return now - (contact_of(peer) or peer.changed_at) > DORMANT_S


def under_way(peer: Peer, now: int) -> bool:
    """Whether a worker is meeting it at this moment."""
    return peer.lease_owner is not None and peer.lease_until > now


def overdue(peer: Peer, now: int) -> bool:
    """Whether nobody has tried to meet it though it was due an hour ago: no worker runs here."""
    return (
        peer.state == ACTIVE and peer.url is not None and 0 < peer.next_at < now - LATE_S and not under_way(peer, now)
    )


def _by_contact(peer: Peer, now: int, ours: int, interval_s: int) -> str:
    contact = contact_of(peer)
    silence = now - (contact or peer.changed_at)
    if overdue(peer, now):
        return "trouble_here"
    if under_way(peer, now) and (peer.their_heads or 0) > ours and _not_lately(peer, now, interval_s):
        return "catching_up"
    if silence > DORMANT_S and (peer.error_code is not None or peer.url is None):
        return "dormant"
    if contact is None:
        return "never_met"
    if peer.url is None:
        return "calls_us" if silence <= LATE_S else "silent"
    if peer.error_code is None:
        return "well" if peer.met_at is not None else "never_met"
    if peer.heard_at is not None and now - peer.heard_at <= LATE_S and now - (peer.met_at or 0) > LATE_S:
        return "one_way"
    return "late" if silence <= LATE_S else "silent"


def _not_lately(peer: Peer, now: int, interval_s: int) -> bool:
    return peer.met_at is None or now - peer.met_at > 2 * interval_s + LATE_S // 60
