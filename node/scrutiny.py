"""What the door knows of one line: its bytes, what they claim, whether that holds, and the verdict.

Here a line is read and verified, with no database at hand: the chains of cards are an argument. Many lines are verified
in several threads. On the line: bytes come from `intake`, which asks policy before and writes the log after.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from protocol.card import Chain
from protocol.envelope import Envelope
from protocol.errors import InvalidRecord, ProtocolError
from protocol.limits import MAX_FUTURE_S
from protocol.record import CardMissing, Record, verify

ACCEPTED, DUPLICATE, STALE, FORK = "accepted", "duplicate", "stale", "fork"
PENDING, HELD, REFUSED, SKIPPED = "pending", "held", "refused", "skipped"

_PARALLEL_FROM = 16


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the door said of one line. `code`: stable reason, empty when accepted; `detail`: a sentence.

    `status`: accepted | duplicate | stale | fork | pending | held (quarantined) | refused | skipped (our policy).
    """

    status: str
    digest: bytes
    code: str = ""
    detail: str = ""
    uri: str | None = None

    @property
    def stored(self) -> bool:
        """True when this node now holds the revision."""
        return self.status in (ACCEPTED, DUPLICATE, FORK)


@dataclass(slots=True)
class Line:
    """One line on its way through the door."""

    data: bytes
    digest: bytes
    envelope: Envelope | None = None
    record: Record | None = None
    verdict: Verdict | None = None

    def say(self, status: str, code: str = "", detail: str = "") -> None:
        """Give the verdict."""
        uri = self.envelope.uri if self.envelope else None
        self.verdict = Verdict(status, self.digest, code, detail, uri)

    @property
    def claim(self) -> Envelope:
        """The envelope of a line that could be read."""
        assert self.envelope is not None
        return self.envelope

    @property
    def waits(self) -> bool:
        """True when a card or a vouch is missing that may still come."""
        return self.verdict is not None and self.verdict.status == PENDING

    @property
    def new(self) -> bool:
        """True when the log has gained this revision by it."""
        return self.verdict is not None and self.verdict.status in (ACCEPTED, FORK)


def read(data: bytes) -> Line:
    """A line read: with an envelope, or refused."""
    line = Line(data, hashlib.sha256(data).digest())
    try:
        line.envelope = Envelope.from_bytes(data)
    except ProtocolError as error:
        line.say(REFUSED, error.code, error.message)
    return line


def verify_all(batch: Sequence[Line], trusted: Mapping[str, Chain | None], via: str | None, now: int) -> None:
    """Give each line its record, or the verdict that says why it has none.

    `trusted`: the chain in force of each origin in `batch`; `via`: who brought it, None for our own people.
    """

    def check(line: Line) -> None:
        _verify_one(line, trusted[line.claim.origin], via, now)

    if len(batch) < _PARALLEL_FROM:
        for line in batch:
            check(line)
    else:
        share = min(4, os.cpu_count() or 1)  # the Ed25519 check lets go of the GIL

        def check_some(place: int) -> None:
            for line in batch[place::share]:
                check(line)

        with ThreadPoolExecutor(share) as pool:
            list(pool.map(check_some, range(share)))


def _verify_one(line: Line, chain: Chain | None, via: str | None, now: int) -> None:
    envelope = line.claim
    try:
        if via is not None and envelope.visibility == "node":
            raise InvalidRecord("this record was never to leave its node", "private_record")
        record = verify(envelope, chain)
        if envelope.modified > now + MAX_FUTURE_S:
            line.say(HELD, "future", "it is dated more than a day ahead: one of the two clocks is wrong")
        else:
            line.record = record
    except CardMissing as error:
        line.say(PENDING, error.code, error.message)
    except ProtocolError as error:
        line.say(REFUSED, error.code, error.message)
