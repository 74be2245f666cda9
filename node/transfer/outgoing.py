"""Write what this node holds as a file that anybody can verify: cards first, then records, the exact bytes of each.

What stands in the file is what a peer would be given: heads and tombstones of admitted origins, never a record whose
visibility is `node`, and `network` records only when asked for. Source: docs/protocol.md section 6, as `store.feed`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import Connection

from node.assembly import Node
from node.store import chains, feed
from node.store.records import MEMBERS, PUBLIC
from protocol.envelope import NODE
from protocol.limits import MAX_FETCH_DIGESTS, MAX_RECORD_BYTES


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to write. `origin`: a DID, None for all; `types`: none means all; `members`: also `network` records."""

    origin: str | None = None
    types: Collection[str] = ()
    members: bool = False


@dataclass(slots=True)
class Written:
    """What was written: numbers of lines, and bytes in all."""

    cards: int = 0
    records: int = 0
    size: int = 0


def write(node: Node, out: BinaryIO, wanted: Wanted, progress: Callable[[int], None] = lambda count: None) -> Written:
    """Write NDJSON to `out`, in one consistent view of the database. `progress` hears of every page's lines."""
    written = Written()
    with node.database.reading() as connection:
        for did in sorted(chains.head_cards(connection)):
            if wanted.origin in (None, did):
                for card in chains.cards_of(connection, did):
                    written.size += out.write(card + b"\n")
                    written.cards += 1
        _write_records(connection, out, wanted, written, progress)
    return written


def _write_records(
    connection: Connection, out: BinaryIO, wanted: Wanted, written: Written, progress: Callable[[int], None]
) -> None:
    audience = MEMBERS if wanted.members else PUBLIC
    after = 0
    while page := feed.changes(connection, audience, after, MAX_FETCH_DIGESTS):
        after = page[-1].seq
        digests = [entry.digest for entry in page if entry.type != NODE and _is_wanted(entry, wanted)]
        for line in feed.lines(connection, audience, digests, MAX_FETCH_DIGESTS * (MAX_RECORD_BYTES + 1)):
            written.size += out.write(line + b"\n")
            written.records += 1
        progress(len(page))


def _is_wanted(entry: feed.Listed, wanted: Wanted) -> bool:
    return wanted.origin in (None, entry.origin) and (not wanted.types or entry.type in wanted.types)
