"""What is asked of the database to say how this node stands with its peers: once for all of them. Reads only.

From these facts `standing` makes what pages and commands show. Here are the word of a peer, when it is met next, what
is remarkable besides, and which acts make sense.
"""

from __future__ import annotations

from sqlalchemy import Connection

from node import addresses, admission, peering, speech, standing_words
from node.assembly import Node
from node.standing_sentences import REMARKS
from node.standing_words import FORGED, dormant, overdue, under_way
from node.store import chains, feed, origins, peers, quarantine, records
from node.store.peers import ACTIVE, BLOCKED, ENDED, PAUSED, REQUESTED, Peer
from node.store.quarantine import RefusalCount
from node.store.records import MEMBERS
from protocol.http_signature import SKEW_S

CLOCK_FINE_S = 5
"""Differences of clocks that nobody need know, seconds."""
FRESH_S = 600
"""What this node has received in these last seconds, a peer may not show yet."""


class Facts:
    """What is asked of the database once for all peers. Lives as long as its connection."""

    def __init__(self, connection: Connection, node: Node, language: str | None, ours: int | None = None) -> None:
        self.connection, self.node = connection, node
        self.language = language or node.config.node_language
        self.now = node.now()
        self.ours = feed.offered(connection, MEMBERS) if ours is None else ours
        self.cards = chains.head_cards(connection)
        self.origins = origins.everyone(connection)
        self.vouches = admission.vouches(connection)
        self.counts = records.counts(connection, MEMBERS)
        self.totals: dict[str, int] = {}
        for (did, _), held in self.counts.items():
            self.totals[did] = self.totals.get(did, 0) + held
        self.active = peers.everyone(connection, ACTIVE)
        self.fresh = records.received_since(connection, self.now - FRESH_S, 1_000)
        self.aside = quarantine.bytes_by_peer(connection)
        self.refusals: dict[str, list[RefusalCount]] = {}
        for count in quarantine.refusal_counts(connection):
            self.refusals.setdefault(count.via, []).append(count)
        self.gettext = speech.translations(self.language).gettext

    @property
    def network_knows(self) -> int:
        """The most records that we, or an active peer by its own word, offer."""
        return max([self.ours, *(peer.their_heads or 0 for peer in self.active)])

    def name_of(self, did: str) -> str | None:
        """What a node calls itself, if a card of it is held."""
        if did in self.cards:
            return self.cards[did].name(self.language)
        chain = chains.chain_of(self.connection, did)
        return chain.head.name(self.language) if chain else None

    def word(self, peer: Peer) -> str:
        """How it stands, in the one word that `standing_words` decides."""
        forged = [count.last_at for count in self.refusals.get(peer.did, []) if count.code in FORGED]
        interval_s = self.node.config.sync_interval_s
        return standing_words.word_of(
            peer, self.now, ours=self.ours, forged_at=max(forged, default=None), interval_s=interval_s
        )

    def next_of(self, peer: Peer) -> tuple[int | None, str]:
        """When it is met next, and why then: a word of `WAITS`."""
        if peer.state != ACTIVE and not (peer.state == REQUESTED and peer.asked_by == "us"):
            return None, "not_met"
        if peer.url is None:
            return None, "it_calls"
        if under_way(peer, self.now):
            return self.now, "meeting_now"
        at = max(peer.next_at, self.now)
        if peer.error_code == "waiting":
            return at, "asked_again"
        if peer.failures:
            return at, "daily" if dormant(peer, self.now) else "again"
        return at, "regular"

    def remarks_of(self, peer: Peer, word: str) -> list[str]:
        """What is worth saying besides the word, in sentences."""
        said: list[str] = []
        say = self.gettext
        if peer.state in (ACTIVE, PAUSED):
            said += self._figures(peer)
            if peer.checked is None:
                said.append(say(REMARKS["not_checked"]))
        if peer.skew_s is not None and abs(peer.skew_s) > CLOCK_FINE_S and peer.state == ACTIVE:
            said.append(say(REMARKS["clock_off"]) % {"seconds": abs(peer.skew_s)})
        if word == "wrong_clock" and (suspect := suspect_clock(peer, self.active)):
            said.append(say(REMARKS[f"clock_{suspect}"]))
        if overdue(peer, self.now):
            said.append(say(REMARKS["no_worker"]))
        if peer.url is not None and (warning := addresses.host_of(peer.url).warning):
            said.append(say(REMARKS[warning]))
        return said

    def _figures(self, peer: Peer) -> list[str]:
        if peer.their_heads is None or peer.met_at is None:
            return []
        fewer = self.network_knows - peer.their_heads - self.fresh
        more = peer.their_heads - self.ours
        found = []
        if fewer > 0 and peer.error_code is None:
            fewer_words = REMARKS["shows_fewer"]
            found.append(self.gettext(fewer_words) % {"count": self.network_knows - peer.their_heads})
        if more > 0 and peer.error_code is None:
            more_words = REMARKS["shows_more"]
            found.append(self.gettext(more_words) % {"count": more})
        return found

    def acts_of(self, peer: Peer, *, vouched: bool) -> list[str]:
        """Which acts make sense now; pages show a button for each, in this order."""
        reach = ["diagnose"] if peer.url else []
        if peer.state == REQUESTED and peer.asked_by == "them":
            return ["accept", "decline", *reach, "block"]
        if peer.state == REQUESTED:
            return [*(["sync"] if peer.url else []), *reach, "check", "block", "end"]
        if peer.state == ACTIVE:
            again = ["ask"] if peer.error_code == "not_a_peer" else []
            voucher = "unvouch" if vouched else "vouch"
            return [*(["sync"] if peer.url else []), *reach, *again, "check", voucher, "pause", "block", "end"]
        if peer.state == PAUSED:
            return ["resume", *reach, "check", "unvouch" if vouched else "vouch", "block", "end"]
        if peer.state == BLOCKED:
            back = peering.going_back_to(self.connection, peer, self.now)
            return ["undo_block" if back in (ACTIVE, PAUSED) else "unblock"]
        assert peer.state == ENDED
        return [*(["ask"] if peer.url else []), "block"]


def suspect_clock(peer: Peer, active: list[Peer]) -> str:
    """Whose clock is wrong by what at least two other peers show: "here", "there", or "" where nobody can tell."""
    others = [one.skew_s for one in active if one.did != peer.did and one.skew_s is not None]
    if peer.skew_s is None or len(others) < 2:
        return ""
    with_us = sum(abs(skew) <= SKEW_S for skew in others)
    with_it = sum(abs(skew - peer.skew_s) <= SKEW_S for skew in others)
    return "there" if with_us > with_it else "here" if with_it > with_us else ""
