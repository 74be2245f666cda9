"""Searches that a person has saved: a name and an address. Rows in, dataclasses out; nobody sees another's.

A deleted one is kept for a week, so that deleting can be undone; at the next deletion after that its words are gone
from the disk too (`secure_delete`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from node.errors import NotAllowed, NotFound
from node.store.tables import searches

NAME_MOST = 120
ADDRESS_MOST = 8_000
MOST = 200
"""Searches that one person may save."""
UNDO_S = 7 * 86400
"""How long a deletion can be undone, seconds."""


@dataclass(frozen=True, slots=True)
class Search:
    """A saved search. `address`: its parameters."""

    id: int
    name: str
    address: str
    created_at: int


def add(connection: Connection, user_id: int, name: str, address: str, now: int) -> Search:
    """Save a search; the same address is not saved twice, it takes the new name. Raises `NotAllowed`
    (`too_many_searches`)."""
    name, address = name[:NAME_MOST], address[:ADDRESS_MOST]
    same = connection.execute(select(searches).where(_mine(user_id) & (searches.c.address == address))).first()
    if same is not None:
        rename(connection, user_id, same.id, name)
        return Search(same.id, name, address, same.created_at)
    count = connection.execute(select(func.count()).select_from(searches).where(_mine(user_id))).scalar_one()
    if count >= MOST:
        raise NotAllowed(f"{MOST} searches are saved: delete one first", "too_many_searches")
    done = connection.execute(insert(searches).values(user_id=user_id, name=name, address=address, created_at=now))
    key = done.inserted_primary_key
    assert key is not None
    return Search(int(key[0]), name, address, now)


def of(connection: Connection, user_id: int) -> list[Search]:
    """The searches of a person, by name."""
    rows = connection.execute(select(searches).where(_mine(user_id)))
    return sorted((_search(row) for row in rows), key=lambda search: (search.name.casefold(), search.id))


def find(connection: Connection, user_id: int, search_id: int) -> Search | None:
    """One search of a person, also one whose deletion can still be undone; else None."""
    mine = (searches.c.user_id == user_id) & (searches.c.id == search_id)
    row = connection.execute(select(searches).where(mine)).one_or_none()
    return _search(row) if row else None


def rename(connection: Connection, user_id: int, search_id: int, name: str) -> None:
    """Give it another name. Raises `NotFound` (`unknown_search`)."""
    mine = _mine(user_id) & (searches.c.id == search_id)
    _one(connection.execute(update(searches).where(mine).values(name=name[:NAME_MOST])).rowcount)


def remove(connection: Connection, user_id: int, search_id: int, now: int) -> None:
    """Delete it, and forget what was deleted long ago. Raises `NotFound` (`unknown_search`)."""
    connection.execute(delete(searches).where(searches.c.deleted_at < now - UNDO_S))
    mine = _mine(user_id) & (searches.c.id == search_id)
    _one(connection.execute(update(searches).where(mine).values(deleted_at=now)).rowcount)


def bring_back(connection: Connection, user_id: int, search_id: int) -> None:
    """Undo a deletion. Raises `NotFound` (`unknown_search`)."""
    mine = (searches.c.user_id == user_id) & (searches.c.id == search_id) & searches.c.deleted_at.is_not(None)
    _one(connection.execute(update(searches).where(mine).values(deleted_at=None)).rowcount)


def removed(connection: Connection, user_id: int, search_id: int) -> Search | None:
    """A search that was deleted and can be brought back, or None."""
    mine = (searches.c.user_id == user_id) & (searches.c.id == search_id) & searches.c.deleted_at.is_not(None)
    row = connection.execute(select(searches).where(mine)).one_or_none()
    return _search(row) if row else None


def _mine(user_id: int) -> ColumnElement[bool]:
    return (searches.c.user_id == user_id) & searches.c.deleted_at.is_(None)


def _one(count: int) -> None:
    if count != 1:
        raise NotFound("no search of yours has this number", "unknown_search")


def _search(row: Row[tuple[object, ...]]) -> Search:
    fields = row._mapping
    return Search(int(fields["id"]), str(fields["name"]), str(fields["address"]), int(fields["created_at"]))
