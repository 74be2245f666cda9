"""One at a time with the bytes of one file, in all processes on all machines that share the store.

Whoever puts bytes on the shelf or takes them away does so in its turn, and writes down in the same turn how it stands
with them: else a slow deletion takes bytes that were put meanwhile. A turn stands in the store. A process that was
killed in its turn keeps others waiting until it is seen to be gone, or for `TURN_S`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from node import living
from node.assembly import Node
from node.errors import StoreProblem
from node.store import notes

TURN_S = 600
"""How long a turn lasts that nobody ends, seconds."""
WAIT_S = 10
"""How long whoever has bytes in hand waits for its turn, seconds: as a rule a deletion takes less than one."""

_POLL_S = 0.05


@contextmanager
def turn(node: Node, sha256: bytes, wait_s: float = 0) -> Iterator[bool]:
    """Have one's turn with these bytes. Gives False when somebody else has it for longer than `wait_s`.

    Never inside a transaction. Raises `StoreProblem`.
    """
    name, mine = f"turn {sha256.hex()[:40]}", living.name(secrets.token_hex(8))
    ends = time.monotonic() + wait_s
    while not (ours := _take(node, name, mine)) and time.monotonic() < ends:
        time.sleep(_POLL_S)
    try:
        yield ours
    finally:
        if ours:
            with suppress(StoreProblem):  # then it ends by itself
                _give_back(node, name, mine)


def _take(node: Node, name: str, mine: str) -> bool:
    now = node.now()
    with node.database.writing() as connection:
        until, _, who = (notes.value(connection, name) or "0").partition(" ")
        if 0 < int(until) - now <= TURN_S and not living.is_gone(who):  # one from the future is none
            return False
        notes.set_value(connection, name, f"{now + TURN_S} {mine}")
    return True


def _give_back(node: Node, name: str, mine: str) -> None:
    with node.database.writing() as connection:
        if (notes.value(connection, name) or "").endswith(mine):
            notes.drop_value(connection, name)
