"""A node with nobody in it, and passwords hashed with the least work there is."""

from __future__ import annotations

import pytest
from person import make_cheap
from simulator import Clock, Network

from node.assembly import Node


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    make_cheap(monkeypatch)


@pytest.fixture
def node(network: Network) -> Node:
    return network.found("rabat").node


@pytest.fixture
def clock(network: Network) -> Clock:
    return network.clock
