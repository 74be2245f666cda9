"""A real PostgreSQL server goes away under a running node, and comes back: nobody starts the node again."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import requests
from tour import Town, practice, until

from node import holding
from node.bench.postgres import NoPostgres, Server
from node.errors import StoreProblem
from node.holding import Leases
from node.store import peers

pytestmark = pytest.mark.network

ENDS: dict[str, Callable[[Server], None]] = {"stopped": Server.stop, "killed": Server.kill}
_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wasl' AND pid <> %s"


@pytest.fixture
def server() -> Iterator[Server]:
    """One that this test may kill. A laptop without PostgreSQL skips; the gate does not (`CI=true`)."""
    folder = Path(tempfile.mkdtemp(prefix="wasl-pg-"))
    try:
        made = Server(folder, {"fsync": "off"})
    except NoPostgres as error:
        shutil.rmtree(folder)
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    made.start()
    try:
        made.wait()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def founded(tmp_path: Path, server: Server) -> Iterator[Town]:
    """A town whose process does not run yet."""
    made = Town(tmp_path, "fes", store_database=f"postgresql://wasl@/postgres?host={server.folder}")
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def town(founded: Town) -> Town:
    founded.start()
    return founded


def told(town: Town) -> tuple[int, str]:
    """The status of `/readyz`, and what it says about the database; 0 where nobody answers."""
    try:
        answer = town.page("/readyz")
    except requests.RequestException:
        return 0, ""
    return answer.status_code, str(answer.json()["checks"].get("database"))


@pytest.mark.parametrize("how", ENDS)
def test_node_is_unready_while_its_database_server_is_away_and_ready_when_it_is_back(
    town: Town, server: Server, how: str
) -> None:
    before = town.publish(**practice("Bilan du mellah"))
    until(lambda: told(town) == (200, "ok"), "the node is ready")
    ENDS[how](server)

    until(lambda: told(town) == (503, "store_problem"), "the node says that its database is away")
    assert town.page("/healthz").status_code == 200
    assert town.page("/").status_code == 503
    with pytest.raises(StoreProblem):
        town.publish(**practice("Bilan de la soif"))

    server.start()
    server.wait()
    until(lambda: told(town) == (200, "ok"), "the node is ready again")
    assert town.page(f"/practices/{before.uri.replace('/records/', '/')}").status_code == 200
    after = town.publish(**practice("Bilan des tanneries"))
    until(lambda: after.record in town.page("/search?q=tanneries").text, "the worker goes on: the index finds it")
    assert town.runs


def test_sessions_that_the_server_ends_cost_no_reader_a_page(town: Town, server: Server) -> None:
    until(lambda: told(town) == (200, "ok"), "the node is ready")
    for _ in range(5):
        with psycopg.connect(server.conninfo, autocommit=True) as connection:
            connection.execute(_ALL, [connection.info.backend_pid])
        assert town.page("/").status_code == 200
    assert town.runs


def test_g3_peer_that_could_not_be_given_back_while_the_database_was_away_is_met_when_it_is_back(
    founded: Town, server: Server
) -> None:
    """And not when its lease has ended, two minutes later."""
    database, now = founded.node.database, founded.node.now
    with database.writing() as connection:
        peers.add(connection, "did:key:zPeer", now(), asked_by="us", url="https://x.example", chain=b"", note="")
        peers.move(connection, "did:key:zPeer", peers.ACTIVE, now())
    leases = Leases(founded.node, holding.owner("worker"))
    leases.settle()
    assert leases.take("did:key:zPeer") is not None

    server.stop()
    leases.give_back("did:key:zPeer", again=True)
    with pytest.raises(StoreProblem):
        leases.settle()
    server.start()
    server.wait()

    with database.reading() as connection:
        assert peers.due(connection, now()) == []
    leases.settle()
    with database.reading() as connection:
        assert [peer.did for peer in peers.due(connection, now())] == ["did:key:zPeer"]
