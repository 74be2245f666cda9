"""The sets that are reconciled, kept warm in memory: one follower of the log in each process that needs it."""

from __future__ import annotations

import threading

from sqlalchemy import Connection

from node.store import feed, log
from node.store.database import Database
from node.store.records import MEMBERS, PUBLIC
from protocol.negentropy import ItemSet

_PAGE = 5_000


class HeadSets:
    """(timestamp, digest) of all heads, in two sets: public, and all that members may have. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._seq = -1
        self._sets: dict[str, ItemSet] = {}

    def of(self, audience: str) -> ItemSet:
        """The set for `audience`, up to date with the log. Callers hold `lock` while they use it."""
        with self._database.reading() as connection:
            self._refresh(connection)
        return self._sets[audience]

    @property
    def lock(self) -> threading.Lock:
        """Held around `of` and every use of what it gives: the sets change in place."""
        return self._lock

    def _refresh(self, connection: Connection) -> None:
        if self._seq < 0:
            self._rebuild(connection)
            return
        while changes := feed.set_changes(connection, self._seq, _PAGE):
            if any(change.rebuild for change in changes):
                self._rebuild(connection)
                return
            for change in changes:
                for audience, items in self._sets.items():
                    if change.gone is not None:
                        items.discard(*change.gone)
                    if change.item is not None and not (change.members_only and audience == PUBLIC):
                        items.add(*change.item)
            self._seq = changes[-1].seq

    def _rebuild(self, connection: Connection) -> None:
        self._seq = log.last_seq(connection)
        self._sets = {
            audience: ItemSet.from_iterable(feed.head_items(connection, audience)) for audience in (PUBLIC, MEMBERS)
        }
