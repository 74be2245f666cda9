"""Who holds a peer while it is met: a lease names its process, so that a process that was killed holds nobody for long.

Without this, a node that was killed in the middle of a meeting does not meet that peer again for `peers.LEASE_S`.
"""

from __future__ import annotations

import os
import socket

from node.assembly import Node
from node.store import peers


def owner(what: str) -> str:
    """The name under which this process takes a lease. `what`: who in it."""
    return f"{socket.gethostname()}:{os.getpid()}:{what}"


def free_of_the_dead(node: Node) -> list[str]:
    """Give back what processes of this machine held that are no more; their peers are due now. Gives their DIDs.

    Call it when a process begins to work, before it takes a lease: one of the same number was there before it (in a
    container every process has number 1). Another process of the same number holds the peer until its lease ends.
    """
    with node.database.reading() as connection:
        held = [peer for peer in peers.everyone(connection) if peer.lease_owner and _is_dead(peer.lease_owner)]
    if not held:
        return []
    with node.database.claiming() as connection:
        for peer in held:
            peers.give_back(connection, peer.did, str(peer.lease_owner))
            peers.hurry(connection, peer.did, node.now())
    return [peer.did for peer in held]


def _is_dead(name: str) -> bool:
    host, _, rest = name.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not rest.isdecimal():
        return False
    number = int(rest)
    if number == os.getpid():
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # it lives, and belongs to somebody else
    return False
