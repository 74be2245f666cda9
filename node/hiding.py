"""Not showing here what another town says: moderation by the people of this node, and nobody else.

Nothing is deleted, nothing is told to anybody: the record stays signed and whole, travels on to peers, and is shown by
whoever shows it. The index and every other follower hear of it through the log. Undone by one act. Comes from:
`/admin/hidden`, `wasl hidden`.
"""

from __future__ import annotations

from sqlalchemy import Connection

from node import flooding
from node.assembly import Node
from node.errors import NotAllowed, NotFound
from node.store import hiding, log, notes, origins, records
from node.store.hiding import Hidden
from node.store.records import HELD, Stored

TYPES = (
    "Practice",
    "Adaptation",
    "Translation",
    "Question",
    "Answer",
    "Event",
    "Organisation",
    "Attachment",
    "Acknowledgement",
)
"""What can be hidden: what people read. Cards, vouches, ends and receipts say how the network stands."""


def candidate(connection: Connection, node: Node, uri: str) -> Stored:
    """The record that somebody wants to hide.

    Raises `NotFound` (`unknown_record`), `NotAllowed` (`own_record`, `not_hideable`).
    """
    stored = records.get(connection, uri, HELD)
    if stored is None or stored.state != "live" or stored.data is None:
        raise NotFound("no such record is held here", "unknown_record")
    if stored.origin == node.did:
        raise NotAllowed("a record of your own is withdrawn or erased, not hidden", "own_record")
    if stored.type not in TYPES:
        raise NotAllowed("this says how the network stands: block its node instead", "not_hideable")
    return stored


def hide(node: Node, actor: str, uri: str, reason: str) -> Stored:
    """Show a record of another town to nobody here. `reason`: for the colleagues, 500 characters at most.

    Hidden twice is hidden once. Raises as `candidate`, and `NotAllowed` (`hiding_unexplained`, `too_many_hidden`).
    """
    said = " ".join(reason.split())
    if not said:
        raise NotAllowed("say why it is hidden, for whoever looks at it later", "hiding_unexplained")
    with node.database.writing() as connection:
        stored = candidate(connection, node, uri)
        if hiding.count(connection) >= hiding.MOST:
            raise NotAllowed(f"{hiding.MOST} records are hidden already: block the nodes instead", "too_many_hidden")
        origin = origins.ensure(connection, stored.origin)
        if hiding.put(connection, origin, stored.record, node.now(), actor, said):
            log.note(connection, "hiding", origin, stored.record, node.now())
            notes.act(connection, node.now(), actor, "record_hidden", uri)
    return stored


def show_all(node: Node, actor: str, did: str) -> int:
    """Show what of an origin was hidden because too much came in a day; for a day it may bring anything.

    Returns how many records that are. Raises `NotFound` (`not_hidden`).
    """
    now = node.now()
    with node.database.writing() as connection:
        origin = origins.find(connection, did)
        names = hiding.release(connection, origin.id) if origin is not None else []
        if origin is None or not names:
            raise NotFound("nothing of this node is hidden for being too much", "not_hidden")
        log.note_all(connection, "hiding", origin.id, names, now)
        flooding.let_in(connection, origin.id, now)
        notes.act(connection, now, actor, "origin_shown", did, str(len(names)))
    return len(names)


def show(node: Node, actor: str, uri: str) -> Hidden:
    """Show it again. Raises `NotFound` (`not_hidden`)."""
    with node.database.writing() as connection:
        found = hiding.get(connection, uri)
        if found is None:
            raise NotFound("this record is not hidden here", "not_hidden")
        origin = origins.ensure(connection, found.origin)
        hiding.take_away(connection, origin, found.record)
        log.note(connection, "hiding", origin, found.record, node.now())
        notes.act(connection, node.now(), actor, "record_shown", uri)
    return found
