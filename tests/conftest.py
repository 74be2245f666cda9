"""What every test may ask for: a network of real nodes, one node, a PostgreSQL server."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests/simulator.py: there are no packages below tests/

import simulator
from compiled import Compiled
from flask import Flask
from simulator import Network, Stage, Town

from node.bench.postgres import NoPostgres, PrivateServer, private_server

Flask.jinja_options = {"bytecode_cache": Compiled()}


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The networks with which many tests begin."""
    return Stage(tmp_path_factory.mktemp("stage"))


@pytest.fixture
def network(tmp_path: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """Real nodes that reach each other by function calls."""
    made = Network(tmp_path, stage)
    simulator.install(made, monkeypatch)
    yield made
    made.close()


@pytest.fixture
def town(network: Network) -> Town:
    """One node by itself."""
    return network.found("fes")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivateServer]:
    """A PostgreSQL server of this test process. A laptop without one skips; the gate does not (`CI=true`)."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(private_server())
        except NoPostgres as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"not compared with PostgreSQL: {error}")
        yield server
