"""Who holds a peer while it is met: a lease names its process, so that a process that was killed holds nobody for long.

Without this, a node that was killed in the middle of a meeting does not meet that peer again for `peers.LEASE_S`; nor
one whose database server went away meanwhile, so that it could not give the peer back.
"""

from __future__ import annotations

import threading

from node import living
from node.assembly import Node
from node.errors import StoreProblem
from node.store import peers
from node.store.peers import Peer


class Leases:
    """The peers that one worker holds. `take`, `prolong` and `give_back` may be called from any thread."""

    def __init__(self, node: Node, owner: str) -> None:
        self._node, self._owner = node, owner
        self._lock = threading.Lock()
        self._late: dict[str, bool] = {}
        self.begun = False

    def take(self, did: str) -> Peer | None:
        """Hold a peer; None when somebody else does. Raises `StoreProblem`."""
        now = self._node.now()
        with self._node.database.claiming() as connection:
            if not peers.take_lease(connection, did, self._owner, now):
                return None
            peers.note(connection, did, next_at=now + peers.LEASE_S)  # a hint from now on is for the next
            peer = peers.get(connection, did)
        with self._lock:
            self._late.pop(did, None)
        return peer

    def prolong(self, did: str) -> None:
        """Say that the meeting gets on. Raises `StoreProblem`."""
        with self._node.database.claiming() as connection:
            peers.take_lease(connection, did, self._owner, self._node.now())

    def give_back(self, did: str, *, again: bool) -> None:
        """Let others meet this peer. `again`: how it went could not be written down, so it is due at once.

        What the database does not take now is done by `settle`.
        """
        try:
            self._give_back(did, again)
        except StoreProblem:
            with self._lock:
                self._late[did] = again

    def settle(self) -> bool:
        """Before the first meeting, give back what the dead held; then what could not be given back in its time.

        A step of the worker; gives False: there is never more. Raises `StoreProblem` while the database is away.
        """
        if not self.begun:
            free_of_the_dead(self._node)
            self.begun = True
        with self._lock:
            late = dict(self._late)
        for did, again in late.items():
            self._give_back(did, again)
            with self._lock:
                self._late.pop(did, None)
        return False

    def _give_back(self, did: str, again: bool) -> None:
        with self._node.database.claiming() as connection:
            peers.give_back(connection, did, self._owner)
            if again:
                peers.hurry(connection, did, self._node.now())


def owner(what: str) -> str:
    """The name under which this process takes a lease. `what`: who in it."""
    return living.name(what)


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
    return living.is_this(name) or living.is_gone(name)
