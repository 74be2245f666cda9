"""To follow and to stop: what there is to follow, and for whom. Nobody sees what another follows; no log names it."""

from __future__ import annotations

from sqlalchemy import Connection

from node import labels
from node.assembly import Node
from node.errors import NotFound
from node.store import chains, follows, log, records, searches
from node.store.follows import COMMUNE, PRACTICE, SEARCH, TOPIC
from node.store.records import MEMBERS


def follow(node: Node, user_id: int, kind: str, target: str) -> int:
    """Follow something from now on. Returns its number.

    Raises `NotFound` (`unknown_follow`) for what there is not, `NotAllowed` (`too_many_follows`).
    """
    with node.database.writing() as connection:
        if not _there(connection, user_id, kind, target):
            raise NotFound("there is nothing here to follow under this name", "unknown_follow")
        return follows.add(connection, user_id, kind, target, log.last_seq(connection), node.now())


def stop(node: Node, user_id: int, number: int) -> None:
    """Follow it no more; for a week that can be undone. Raises `NotFound` (`unknown_follow`)."""
    with node.database.writing() as connection:
        follows.stop(connection, user_id, number, node.now())


def undo(node: Node, user_id: int, number: int) -> None:
    """Follow again what was stopped, as if it had not been. Raises `NotFound` (`unknown_follow`)."""
    with node.database.writing() as connection:
        follows.bring_back(connection, user_id, number)


def seen(node: Node, user_id: int, upto: int) -> None:
    """The person has read their news up to this entry of the log. What comes after it stays unread."""
    with node.database.writing() as connection:
        follows.set_seen(connection, user_id, max(0, min(upto, log.last_seq(connection))))


def _there(connection: Connection, user_id: int, kind: str, target: str) -> bool:
    if kind == TOPIC:
        return labels.known("topic", target)
    if kind == COMMUNE:
        return target in chains.head_cards(connection)
    if kind == PRACTICE:
        held = records.get(connection, target, MEMBERS)
        return held is not None and held.type == "Practice" and held.state == "live"
    return kind == SEARCH and target in {str(one.id) for one in searches.of(connection, user_id)}
