"""A node whose index is in PostgreSQL: followed, searched, rebuilt, examined; and its password is told to nobody."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from simulator import Network, prepared

from node import doctor, indexing
from node.app import create_app
from node.assembly import open_node
from node.bench.postgres import PrivateServer
from node.cli import main
from node.config import Config, sample
from node.doctor import ATTENTION, FINE
from node.engines import schema
from node.errors import ConfigProblem
from node.founding import Organisation, found
from node.indexing import Searcher
from search import Query
from search.errors import IndexAway, IndexBusy
from search.postgres_index_server import Server

SECRET = "postgresql://somebody:verysecret@127.0.0.1:1/wasl"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a new node."""
    found(
        prepared(tmp_path / "oujda"), Organisation({"fr": "Oujda"}, "MA", ("fr",)), {"node_language": "fr"}, {}
    ).close()
    return tmp_path / "oujda"


def test_what_is_published_is_found_through_postgresql(network: Network, postgres: PrivateServer) -> None:
    town = network.found("fes", search_database=postgres.conninfo)
    searcher = Searcher(town.node)
    said = {"fr": "Comment ouvrir une médiathèque ?"}
    town.publish("Question", title=said, text=said)
    while indexing.follow_once(town.node, searcher):
        pass
    answer = searcher.find(Query("médiathèque", "fr", kinds=()))
    assert (answer.results.total, answer.rebuilding) == (1, False)
    assert indexing.rebuild(town.node) == 1
    assert searcher.find(Query("mediatheque", "fr", kinds=())).results.total == 1
    searcher.forget()
    assert not town.node.config.index.exists()
    with psycopg.connect(postgres.conninfo) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_namespace WHERE nspname = %s", [schema(town.node.did)]
        ).fetchone()
    assert row == (1,)


def test_an_index_that_does_not_answer_in_time_is_busy_and_stops_no_page(
    network: Network, postgres: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = network.found("fes", search_database=postgres.conninfo)
    searcher = Searcher(town.node)
    town.publish("Question", title={"fr": "Comment ouvrir une médiathèque ?"}, text={"fr": "Comment l'ouvrir ?"})
    while indexing.follow_once(town.node, searcher):
        pass

    def slow(*_: object) -> object:
        raise TimeoutError

    monkeypatch.setattr(Server, "read", slow)
    with pytest.raises(IndexBusy):
        searcher.index().cursor()
    client = create_app(town.node, searcher, remembers=True).test_client()
    for path in ("/search?q=guichet", "/metrics", "/readyz"):
        assert client.get(path).status_code == 200, path
    searcher.forget()


def test_a_database_that_is_away_is_told_and_everything_else_goes_on(home: Path) -> None:
    environment = {"WASL_SEARCH_DATABASE": SECRET}
    node = open_node(home, environment)
    searcher = Searcher(node)
    answer = searcher.find(Query("titre", "fr"))
    assert (answer.results.total, answer.results.complete) == (0, False)
    with pytest.raises(IndexAway):
        indexing.follow_once(node, searcher)
    assert not indexing.tend(node, searcher)
    node.close()
    findings = [each for each in doctor.examine(home, environment, int(time.time())) if each.check == "index"]
    assert [each.state for each in findings] == [ATTENTION]
    assert "verysecret" not in repr(findings)


def test_the_doctor_and_the_terminal_use_the_database(home: Path, postgres: PrivateServer) -> None:
    environment = {"WASL_SEARCH_DATABASE": postgres.conninfo}
    said = _wasl(home, environment, "reindex")
    assert said.returncode == 0
    assert "0 records indexed" in said.stdout
    assert "0 of 0" in _wasl(home, environment, "search", "titre").stdout
    findings = [each for each in doctor.examine(home, environment, int(time.time())) if each.check == "index"]
    assert [each.state for each in findings] == [FINE]


COMMANDS = (("reindex",), ("reindex", "--json"), ("search", "titre"), ("doctor",), ("worker", "--once"))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_failure_tells_the_password(home: Path, words: tuple[str, ...]) -> None:
    said = _wasl(home, {"WASL_SEARCH_DATABASE": SECRET}, *words)
    assert "verysecret" not in said.stdout + said.stderr


@pytest.mark.parametrize("address", ["postgresql://somebody:verysecret@[", "verysecret"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_failure_tells_an_address_that_is_none(
    home: Path,
    address: str,
    words: tuple[str, ...],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = CliRunner(env={"WASL_SEARCH_DATABASE": address}).invoke(main, ["--home", str(home), *words])
    written = "".join((said.output, *capfd.readouterr(), caplog.text))
    assert written
    if said.exc_info is not None:
        written += "".join(traceback.format_exception(*said.exc_info, chain=False))  # what a terminal would show of it
    assert "verysecret" not in written


def test_settings_are_shown_without_the_password(home: Path) -> None:
    config = Config.load(home, {"WASL_SEARCH_DATABASE": SECRET})
    assert config.search_database == SECRET
    assert "verysecret" not in repr(config)
    assert '# database = ""' in sample({})
    with pytest.raises(ConfigProblem) as error:
        Config.from_text(home, "[search]\ndatabase = ['verysecret']\n", {})
    assert "verysecret" not in str(error.value)


def _wasl(home: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "node", "--home", str(home), *words],
        env={**os.environ, "LC_ALL": "en_GB.UTF-8", **environment},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
