"""Bit rot in the store, looked for once a day: SQLite's own check, and every record's bytes compared with their digest.

A damaged record of another town is held no longer, and a reconcile with every peer is due: they give the true bytes
back, through the door. What is damaged of our own, or a card, is told by `wasl doctor`, and a backup brings it back:
ours coming from others would look like a second node with our key. Attack G5. Called by the worker.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection

from node.assembly import Node
from node.errors import StoreBusy, StoreProblem
from node.logs import facts, get_log
from node.store import copies, notes, peers
from protocol.envelope import NODE

EVERY_S = 86_400
OK = "ok"
_NOTE = "soundness"

_log = get_log("soundness")


@dataclass(frozen=True, slots=True)
class Soundness:
    """`at`: when it was looked, seconds; `database`: `ok` or what is wrong with it; `asked_again`: records of others
    that peers give back; `ours`: damaged records that they do not (our own, and cards)."""

    at: int
    database: str
    asked_again: int
    ours: int


def last(connection: Connection) -> Soundness | None:
    """What was found when it was looked last; None for a node that has not looked yet."""
    text = notes.value(connection, _NOTE)
    return Soundness(**orjson.loads(text)) if text else None


def look_daily(node: Node) -> bool:
    """Look, if it was not done today. True when it was done now."""
    with node.database.reading() as connection:
        before = last(connection)
    if before is not None and 0 <= node.now() - before.at < EVERY_S:
        return False
    look(node)
    return True


def look(node: Node) -> Soundness:
    """Look now, let go of what is damaged, and remember what was found. Raises `StoreProblem` where nothing can be."""
    whole, wrong = OK, list[copies.Row]()
    try:
        whole = node.database.check()
        with node.database.reading() as connection:
            wrong += (row for row in copies.rows(connection) if hashlib.sha256(row.data).digest() != row.digest)
    except StoreProblem as error:
        if node.database.shared or isinstance(error, StoreBusy):
            raise  # a server that is away, or a file that somebody holds, is not damaged
        whole, wrong = error.message if whole == OK else whole, []  # told; nothing is mended in what cannot be read
    others = [row for row in wrong if row.did != node.did and row.type != NODE]
    found = Soundness(node.now(), whole, len(others), len(wrong) - len(others))
    if wrong or whole != OK:
        _log.error("damage in the store", extra=facts(database=whole, asked_again=len(others), ours=found.ours))
    with node.database.writing() as connection:
        if others:
            copies.discard(connection, others, node.now())
            peers.reconcile_all(connection)
        values = {name: getattr(found, name) for name in Soundness.__dataclass_fields__}
        notes.set_value(connection, _NOTE, orjson.dumps(values).decode("utf-8"))
    return found
