"""A lease names its process: whoever is dead holds nobody."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from simulator import Network

from node import holding
from node.store import peers


def _dead() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.mark.parametrize(
    ("name", "free"),
    [
        (f"{socket.gethostname()}:{_dead()}:1", True),
        (f"{socket.gethostname()}:{os.getpid()}:before", True),
        (f"{socket.gethostname()}:{os.getppid()}:1", False),
        (f"elsewhere:{_dead()}:1", False),
        ("no process at all", False),
    ],
    ids=["dead", "ourselves", "alive", "elsewhere", "nothing"],
)
def test_g3_peer_held_by_a_killed_process_is_met_at_once(network: Network, name: str, free: bool) -> None:
    """One of our own number was there before us, as in a container; of another machine nothing is known."""
    fes, rabat = network.found("fes"), network.found("rabat")
    network.befriend(fes, rabat)
    now = fes.node.now()
    with fes.node.database.writing() as connection:
        assert peers.take_lease(connection, rabat.did, name, now)
        peers.note(connection, rabat.did, next_at=now + peers.LEASE_S)

    assert holding.free_of_the_dead(fes.node) == ([rabat.did] if free else [])

    with fes.node.database.reading() as connection:
        assert [peer.did for peer in peers.due(connection, now)] == ([rabat.did] if free else [])
