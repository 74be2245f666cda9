"""What a revoked key takes away, and what an un-revoked one gives back: revisions are void or not, heads follow.

A node's newest card says which keys are good. Called by `admission` inside the door's transaction, for all records of
one origin at once: a town may have signed fifty thousand with the key that was stolen. Source: docs/protocol.md
section 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, or_, select, update

from node.store import erasing
from node.store import log as logbook
from node.store.tables import log, origins
from protocol.envelope import NODE

_CHUNK = 500


def revalidate(connection: Connection, origin_id: int, good_keys: Iterable[str], now: int) -> list[str]:
    """Void what was signed with keys that are not good (any more), un-void what is, and set the heads right.

    Returns the UUIDs of the records that may have got another head or none.
    """
    good = set(good_keys)
    mine = (log.c.origin_id == origin_id) & (log.c.kind == "revision") & (log.c.type != NODE)
    rows = connection.execute(select(log.c.seq, log.c.record, log.c.key, log.c.void).where(mine)).all()
    wrong = [row for row in rows if (row.key not in good) != row.void]
    for void in (True, False):
        _mark(connection, [row.seq for row in wrong if row.void != void], void)
    touched = sorted({row.record for row in wrong})
    _take_back_erasures(connection, origin_id, touched)
    logbook.rehead(connection, origin_id, *touched)
    logbook.note_all(connection, "void", origin_id, touched, now)
    return touched


def _mark(connection: Connection, seqs: Sequence[int], void: bool) -> None:
    for start in range(0, len(seqs), _CHUNK):
        some = log.c.seq.in_(seqs[start : start + _CHUNK])
        connection.execute(update(log).where(some).values(void=void))


def _take_back_erasures(connection: Connection, origin_id: int, records: Sequence[str]) -> None:
    """Where a record's erasures are all void: stop claiming to hold what they emptied, so that peers give it again."""
    good: dict[str, bool] = {}
    for start in range(0, len(records), _CHUNK):
        place = (log.c.origin_id == origin_id) & log.c.record.in_(records[start : start + _CHUNK])
        for record, void in connection.execute(select(log.c.record, log.c.void).where(place & log.c.erased)):
            good[record] = good.get(record, False) or not void
    if all(good.values()):
        return
    did = connection.execute(select(origins.c.did).where(origins.c.id == origin_id)).scalar_one()
    for record in [record for record, stands in good.items() if not stands]:
        uri = f"{did}/records/{record}"
        family = [uri, *(copy.uri for copy in erasing.copies_of(connection, uri))]
        mine = (log.c.origin_id == origin_id) & (log.c.record == record)
        for start in range(0, len(family), _CHUNK):
            copies = log.c.about.in_(family[start : start + _CHUNK]) & (log.c.type == logbook.TRANSLATION)
            emptied = (log.c.kind == "revision") & log.c.data.is_(None) & or_(mine, copies)
            connection.execute(update(log).where(emptied).values(kind="void", digest=None))
