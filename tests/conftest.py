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
import stores
from bucket import Buckets, NoBucket, private_buckets
from compiled import Compiled
from flask import Flask
from simulator import Network, Stage, Town
from stores import Databases

from node.bench.postgres import NoPostgres, PrivateServer, private_server

Flask.jinja_options = {"bytecode_cache": Compiled()}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests marked `both_stores` run with each town in a file, and with each in PostgreSQL; those marked
    `both_shelves` with attachments in a folder, and in a bucket."""
    marked = metafunc.definition.get_closest_marker
    if "kept_in" in metafunc.fixturenames and marked("both_stores"):
        kinds = (stores.FILE,) if marked("only_file") else (stores.FILE, stores.POSTGRES)
        metafunc.parametrize("kept_in", kinds, indirect=True)
    if "shelved_in" in metafunc.fixturenames and marked("both_shelves"):
        places = (stores.FOLDER,) if marked("only_folder") else (stores.FOLDER, stores.BUCKET)
        metafunc.parametrize("shelved_in", places, indirect=True)


@pytest.fixture
def kept_in(request: pytest.FixtureRequest) -> str:
    """Where the towns of this test keep what they hold."""
    return str(getattr(request, "param", stores.USUAL))


@pytest.fixture
def shelved_in(request: pytest.FixtureRequest) -> str:
    """Where the attachments of the towns of this test lie."""
    return str(getattr(request, "param", stores.FOLDER))


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stage]:
    """The networks with which many tests begin, by where their towns keep what they hold."""
    return {stores.FILE: Stage(tmp_path_factory.mktemp("stage"))}


@pytest.fixture(scope="session")
def stage(stages: dict[str, Stage]) -> Stage:
    """The same of towns that have a file each."""
    return stages[stores.FILE]


@pytest.fixture(scope="session")
def databases(postgres: PrivateServer) -> Databases:
    """Databases for towns."""
    return Databases(postgres)


@pytest.fixture
def network(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    stages: dict[str, Stage],
    kept_in: str,
    shelved_in: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Network]:
    """Real nodes that reach each other by function calls."""
    databases = request.getfixturevalue("databases") if kept_in == stores.POSTGRES else None
    if kept_in not in stages:
        stages[kept_in] = Stage(tmp_path.parent / f"stage-{kept_in}", databases)
        stages[kept_in].folder.mkdir()
    bucket = request.getfixturevalue("buckets").prefix() if shelved_in == stores.BUCKET else ""
    made = Network(tmp_path, stages[kept_in], databases=databases, bucket=bucket)
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


@pytest.fixture(scope="session")
def buckets() -> Iterator[Buckets]:
    """An S3-compatible store of this test process. A laptop without one skips; the gate does not (`CI=true`)."""
    with ExitStack() as stack:
        try:
            store = stack.enter_context(private_buckets())
        except NoBucket as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"not tried with a bucket: {error}")
        yield store
