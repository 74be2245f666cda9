"""Carrying records between us and one peer: what it announced comes to our door, what it lacks goes to its.

Law: the cursor moves only after a page was admitted, and nothing but bytes whose digest was asked for comes to the
door. The wire and the door work at one time: while a batch is admitted, the next is being fetched. Called by `sync`,
which decides when to carry what; goes to `intake`. Source: docs/protocol.md section 6.
"""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from node import intake
from node.assembly import Node
from node.errors import PeerNonsense
from node.federation.client import PeerClient
from node.federation.headsets import HeadSets
from node.store import feed, log, origins, peers, quarantine
from node.store.peers import Peer
from node.store.records import MEMBERS
from protocol.cursor import Cursor
from protocol.envelope import NODE, TOMBSTONE
from protocol.errors import BadCursor
from protocol.limits import MAX_CHANGES, MAX_FETCH_DIGESTS, MAX_PAGE_BYTES
from protocol.wire import Change, ChangesPage

PUSH_LINES = 500
PAGES_MOST = 1_000
"""Pages read in one meeting: an honest feed goes on next time, an invented one does not hold a thread for ever."""

MEETING_MOST_S = 900
"""How long one meeting may last, seconds: eight peers that answer slowly on purpose would hold every thread."""

_REVOKING = b'"state":"revoked"'
_A_CARD = b'"type":"Node"'
"""Both stand in the bytes of every card that revokes a key."""

Item = TypeVar("Item")


@dataclass(slots=True)
class Outcome:
    """How a meeting went. `error_code` is None when it worked; `ours`: it failed here, by no fault of the peer's;
    `altered`: lines that were not what had been announced; `ms`: how long it took; `their_time`: its clock; `written`:
    False when it could not be written down."""

    did: str
    received: int = 0
    sent: int = 0
    refused: int = 0
    altered: int = 0
    reconciled: bool = False
    error_code: str | None = None
    error: str | None = None
    ours: bool = False
    retry_after_s: int | None = None
    their_time: int | None = None
    ms: int = 0
    written: bool = True


@dataclass(slots=True)
class Meeting:
    """What one meeting carries from step to step. `beat`: says that we are alive, to keep the lease."""

    node: Node
    peer: Peer
    client: PeerClient
    sets: HeadSets
    beat: Callable[[], None]
    outcome: Outcome
    until: float = field(default_factory=lambda: time.monotonic() + MEETING_MOST_S)

    @property
    def over(self) -> bool:
        """True when it has lasted long enough: what is left comes next time, and others have their turn."""
        return time.monotonic() > self.until


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one answer brought. `page`: the page of the feed that is complete with it, if one is."""

    lines: Sequence[bytes]
    asked: frozenset[bytes]
    page: ChangesPage | None = None


def pull(meeting: Meeting) -> None:
    """Read the peer's feed from our cursor to its end, page by page, and admit what we lack of it.

    Raises what the client raises; a page whose records were not all admitted is read again next time.
    """
    for batch in _one_ahead(_feed(meeting)):
        _admit(meeting, batch)
        if batch.page is not None:
            _note_page(meeting, batch.page)
        meeting.beat()


def take(meeting: Meeting, digests: Sequence[bytes]) -> None:
    """Fetch these revisions and admit them; cards that revoke a key last, behind what was signed anew for them."""
    late: list[bytes] = []
    for batch in _one_ahead(_fetched(meeting, digests)):
        revoking = [line for line in batch.lines if _REVOKING in line and _A_CARD in line]
        _admit(meeting, _Batch([line for line in batch.lines if line not in revoking], batch.asked))
        late += revoking
        if len(late) > PUSH_LINES:  # a peer that sends many such things shall not fill our memory with them
            _admit(meeting, _Batch(late, frozenset(digests)))
            late = []
        meeting.beat()
    _admit(meeting, _Batch(late, frozenset(digests)))


def push(meeting: Meeting) -> None:
    """Offer what our log has gained since last time: the peer cannot reach us, so it cannot ask."""
    node, peer = meeting.node, meeting.peer
    position = peer.push_seq
    while True:
        with node.database.reading() as connection:
            end = log.last_seq(connection)
            listed = feed.changes(connection, MEMBERS, position, MAX_FETCH_DIGESTS)
        if listed:
            give(meeting, [entry.digest for entry in listed])
        if meeting.over:
            return
        position = listed[-1].seq if len(listed) == MAX_FETCH_DIGESTS else end
        if position != peer.push_seq:
            with node.database.writing() as connection:
                peers.note(connection, peer.did, push_seq=position)
        if len(listed) < MAX_FETCH_DIGESTS:
            return
        meeting.beat()


def give(meeting: Meeting, digests: Sequence[bytes]) -> None:
    """Push those of these revisions that the peer lacks."""
    for some in _chunks(digests, MAX_FETCH_DIGESTS):
        lacking = meeting.client.missing(some)
        while lacking and not meeting.over:
            with meeting.node.database.reading() as connection:
                lines = list(feed.lines(connection, MEMBERS, lacking, MAX_PAGE_BYTES))
            for part in _by_size(lines):
                told = meeting.client.push(part)
                meeting.outcome.sent += sum(answer.status in ("accepted", "fork") for answer in told)
            lacking = _rest(lacking, lines)


def _feed(meeting: Meeting) -> Iterator[_Batch]:
    """The pages of the peer's feed from our cursor on, with what we lack of each. One cut short is read again."""
    cursor = meeting.peer.pull_cursor
    for _ in range(PAGES_MOST):
        page = meeting.client.changes(cursor, MAX_CHANGES)
        _check_progress(page, cursor)
        yield from _fetched(meeting, _lacking(meeting.node, page.changes))
        if meeting.over:
            return
        yield _Batch((), frozenset(), page)
        if not page.more:
            return
        cursor = page.next


def _check_progress(page: ChangesPage, since: str | None) -> None:
    """Raise `PeerNonsense` unless the page's numbers rise from `since` to its `next`, and more brings something."""
    try:
        end = Cursor.from_text(page.next).seq
    except BadCursor as error:
        raise PeerNonsense("the peer's feed ends in a cursor that is none") from error
    numbers = [Cursor.from_text(since).seq if since else 0, *(change.seq for change in page.changes)]
    rising = all(one < other for one, other in itertools.pairwise(numbers))
    if not rising or end < numbers[-1] or (page.more and not page.changes):
        raise PeerNonsense("the peer's feed leads no further: it repeats itself or gives nothing", "no_progress")


def _fetched(meeting: Meeting, digests: Sequence[bytes]) -> Iterator[_Batch]:
    """Answers to fetches of these revisions. An answer is cut at `MAX_PAGE_BYTES`: then the rest is asked for again."""
    for asked in _chunks(digests, MAX_FETCH_DIGESTS):
        rest = list(asked)
        while rest and not meeting.over:
            lines = meeting.client.fetch(rest)
            yield _Batch(lines, frozenset(rest))
            rest = _rest(rest, lines)


def _rest(asked: Sequence[bytes], lines: Sequence[bytes]) -> list[bytes]:
    """What of `asked` is not among `lines`; nothing when none of them came, for then no more will."""
    if len(lines) >= len(asked):
        return []
    came = {hashlib.sha256(line).digest() for line in lines}
    rest = [digest for digest in asked if digest not in came]
    return rest if len(rest) < len(asked) else []


def _one_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items; the next one is made in a thread while the caller works on the last."""
    with ThreadPoolExecutor(1, "ahead") as ahead:
        coming = ahead.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = ahead.submit(next, items, None)
            yield item


def _note_page(meeting: Meeting, page: ChangesPage) -> None:
    """Move the cursor behind an admitted page. Nothing is written when nothing is new."""
    peer = meeting.peer
    skew = page.time - meeting.node.now()
    told = (page.next, page.heads, skew)
    if page.changes or told != (peer.pull_cursor, peer.their_heads, peer.skew_s):
        with meeting.node.database.writing() as connection:
            peers.note(connection, peer.did, pull_cursor=page.next, their_heads=page.heads, skew_s=skew)


def _admit(meeting: Meeting, batch: _Batch) -> None:
    """What was asked for goes to the door; what was not is evidence against the peer."""
    node, did = meeting.node, meeting.peer.did
    announced = [line for line in batch.lines if hashlib.sha256(line).digest() in batch.asked]
    if len(announced) < len(batch.lines):
        strange = [line for line in batch.lines if hashlib.sha256(line).digest() not in batch.asked]
        intake.refuse(node, strange, did, "altered", "the peer gave other bytes than those that it had announced")
        meeting.outcome.refused += len(strange)
        meeting.outcome.altered += len(strange)
    if not announced:
        return
    for verdict in intake.admit_many(node, announced, did):
        meeting.outcome.received += verdict.status in (intake.ACCEPTED, intake.FORK)
        meeting.outcome.refused += verdict.status in (intake.REFUSED, intake.HELD)


def _lacking(node: Node, changes: Sequence[Change]) -> list[bytes]:
    """Digests of a page that we neither hold nor have set aside, of origins that are not blocked."""
    digests = [bytes.fromhex(change.digest) for change in changes]
    with node.database.reading() as connection:
        blocked = {peer.did for peer in peers.everyone(connection, peers.BLOCKED)}
        full = {
            origin.did
            for origin in origins.everyone(connection).values()
            if origin.distance != 0 and origin.records >= node.config.limits_origin_records
        }
        known = quarantine.known(connection, digests, node.now())
        lacking = set(feed.missing(connection, digests))
    return [
        digest
        for digest, change in zip(digests, changes, strict=True)
        if digest in lacking
        and digest not in known
        and change.origin not in blocked
        and (change.origin not in full or change.type in (NODE, TOMBSTONE))
    ]


def _chunks(digests: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(digests), size):
        yield digests[start : start + size]


def _by_size(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Lines in portions that one push may carry."""
    part: list[bytes] = []
    size = 0
    for line in lines:
        if part and (size + len(line) + 1 > MAX_PAGE_BYTES or len(part) == PUSH_LINES):
            yield part
            part, size = [], 0
        part.append(line)
        size += len(line) + 1
    if part:
        yield part
