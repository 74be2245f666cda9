"""The conversation: one side asks until it knows the differences, the other answers and remembers nothing.

    initiator                                     responder
    initiate() ────── everything, in ranges ────▶ respond(items, message)
    reconcile(message) ◀── what differs, finer ──
        └─ have, need, next message ────────────▶ respond(items, message)
    reconcile(message) ◀── ids ──────────────────
        └─ have, need, None: the end

Law of this room: in every round of an initiator the first open range begins later, or begins at the same
bound and is shorter. A peer whose answers break this would keep us talking for ever, and is left with
`no_progress`. Comes from: a peer's bytes. Goes to: node/, which fetches what we need and pushes what they
need. Source: Negentropy protocol V1.
"""

from __future__ import annotations

from protocol.errors import BadMessage
from protocol.negentropy.items import ItemSet
from protocol.negentropy.reply import BUCKETS, Frontier, Reply
from protocol.negentropy.wire import FINGERPRINT, ID_LIST, SKIP, VERSION, Range, decode, version

DEFAULT_FRAME_LIMIT = 1 << 16  # 64 KiB: about 2,000 ids or 3,000 fingerprints
SMALL_SET = 2048  # items; from here on splitting for LEAF costs fewer bytes than always by 16
LEAF = 12  # items that are left after three splits: well below the 31 that a side lists
MAX_ROUNDS = 10_000  # answers that an initiator reads; 1,000,000 items on one side only take about 500
MAX_IDS = 1_000_000  # differences that an initiator remembers, some 100 bytes each


def buckets_for(count: int) -> int:
    """Into how many ranges an initiator with `count` items should split its first message.

    So many that a split by 16 on their side and one on ours leave about 12 items, few enough to be listed:
    two round trips then settle a few differences among millions of items. Small sets keep the split of the
    original and often need one. Measured in docs/decisions/0005-reconcile.md.
    """
    if count < SMALL_SET:
        return BUCKETS
    return max(2, -(-count // (BUCKETS * BUCKETS * LEAF)))


def respond(items: ItemSet, message: bytes, frame_limit: int = DEFAULT_FRAME_LIMIT) -> bytes:
    """The answer of the side that was asked. It keeps nothing between messages.

    `frame_limit`: bytes of the answer at most, 4,096 to 1 MiB. A message of another protocol version is
    answered with our version alone, so that its sender can fall back. Raises `BadMessage`.
    """
    reply = Reply(items, frame_limit)
    if version(message) != VERSION:
        return bytes(reply)
    lower = 0
    for theirs in decode(message):
        upper = items.lower_bound(theirs.upper)
        if theirs.mode == SKIP:
            reply.skip_to(theirs.upper)
        elif theirs.mode == FINGERPRINT:
            if not reply.compare(theirs, lower, upper):
                break
        elif not reply.list_ids(theirs.upper, lower, upper):
            break
        lower = upper
    return bytes(reply)


class Initiator:
    """The side that asks. It learns both what it lacks and what the other side lacks.

    `initiate()` gives the first message; each answer goes to `reconcile`, until that gives no further
    message. The set may change meanwhile: what is reported was true of it when the answer was read.
    """

    def __init__(
        self,
        items: ItemSet,
        frame_limit: int = DEFAULT_FRAME_LIMIT,
        *,
        buckets: int = BUCKETS,
        max_rounds: int = MAX_ROUNDS,
        max_ids: int = MAX_IDS,
    ) -> None:
        """All four are upper limits but `buckets`.

        `frame_limit`: bytes of a message of ours, 4,096 to 1 MiB. `buckets`: ranges of the first message, 16
        in the original; `buckets_for(len(items))` saves round trips. `max_rounds`: answers to read.
        `max_ids`: differences to report.
        """
        self.rounds = 0  # answers read so far
        self._items = items
        self._frame_limit = frame_limit
        self._buckets = buckets
        self._max_rounds = max_rounds
        self._max_ids = max_ids
        self._frontier: Frontier | None = None
        self._reported: set[bytes] = set()

    def initiate(self) -> bytes:
        """The first message. Raises `BadMessage` (`frame_limit`) if the frame limit is out of range."""
        reply = Reply(self._items, self._frame_limit)
        reply.open_all(self._buckets)
        self._frontier = reply.frontier
        return bytes(reply)

    def reconcile(self, message: bytes) -> tuple[bytes | None, list[bytes], list[bytes]]:
        """The next message, or None at the end; ids that only we have; ids that only they have.

        An id is reported once in a conversation. Raises `BadMessage` for a malformed answer, and with these
        codes: `unsupported_version` if the peer does not speak ours, `no_progress` if its answer leads no
        further or after `max_rounds`, `too_large` beyond `max_ids`. The conversation is then over; what was
        reported before is valid.
        """
        before, self._frontier = self._frontier, None
        if before is None:
            raise BadMessage("an answer came without a question", "no_progress")
        if self.rounds == self._max_rounds:
            raise BadMessage(f"the reconciliation did not end within {self.rounds} rounds", "no_progress")
        self.rounds += 1
        reply, have, need = self._read(decode(message))
        if reply.frontier is None:
            return None, have, need
        if not reply.frontier.is_beyond(before):
            raise BadMessage("the peer's answer leads no further", "no_progress")
        self._frontier = reply.frontier
        return bytes(reply), have, need

    def _read(self, ranges: list[Range]) -> tuple[Reply, list[bytes], list[bytes]]:
        reply = Reply(self._items, self._frame_limit)
        have: list[bytes] = []
        need: list[bytes] = []
        lower = 0
        for theirs in ranges:
            upper = self._items.lower_bound(theirs.upper)
            if theirs.mode == FINGERPRINT:
                if not reply.compare(theirs, lower, upper):
                    break
            else:
                reply.skip_to(theirs.upper)
                if theirs.mode == ID_LIST:
                    ours, listed = list(self._items.ids(lower, upper)), theirs.ids()
                    have += self._unreported(ours, set(listed))
                    need += self._unreported(listed, set(ours))
            lower = upper
        return reply, have, need

    def _unreported(self, ids: list[bytes], others: set[bytes]) -> list[bytes]:
        """Those of `ids` that are not in `others`, once each: a frame limit can reopen a settled range."""
        found: list[bytes] = []
        for item_id in ids:
            if item_id not in others and item_id not in self._reported:
                self._reported.add(item_id)
                found.append(item_id)
        if len(self._reported) > self._max_ids:
            raise BadMessage(f"the two sides differ in more than {self._max_ids} items", "too_large")
        return found
