"""`wasl migrate-store`: all that a node holds, from its file into PostgreSQL and back, row for row or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import furnished
import psycopg
import pytest
from click.testing import CliRunner
from simulator import Network, Town
from stores import Databases

from node import doctor, indexing, migrating
from node.assembly import open_node
from node.cli import main
from node.errors import NodeError, NotAllowed, StoreProblem
from node.indexing import Searcher
from node.migrating import SQLITE
from node.publish import Statement, publish
from node.store import copies, feed, log, moves, notes, records
from node.store.database import Database
from node.store.dialects import fit
from node.store.records import MEMBERS, OURSELVES
from node.store.tables import metadata
from search import Query


@pytest.fixture
def bare(databases: Databases) -> str:
    """The address of an empty database."""
    return databases.bare()


@pytest.fixture
def town(network: Network) -> Town:
    """A town with something in every table that people and peers write to, and hostile bytes in some."""
    whole = furnished.rabat(network)
    whole.app.extensions["wasl-searcher"].forget()
    made = whole.desk.town
    with made.node.database.writing() as connection:
        notes.act(connection, 1_770_000_000, "cli:x\0", "found", "\0\0", "'; DROP TABLE log; --\\ \u202e 🧭 \x01")
        notes.set_value(connection, "words", "\ud7ff\ue000\U0010ffff%s%(x)s:name?")
    return made


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every table."""
    with database.reading() as connection:
        return {
            name: [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key.columns))]
            for name, table in metadata.tables.items()
        }


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(NodeError) as told:
        act()
    return told.value.code


def tables_at(address: str) -> int:
    with psycopg.connect(address) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert row is not None
    return int(row[0])


def test_all_of_it_goes_to_postgresql_and_back_and_the_node_goes_on(town: Town, bare: str) -> None:
    home, clock = town.node.config.home, town.network.clock
    before, did = rows(town.node.database), town.did
    assert sum(bool(held) for held in before.values()) > 20, "most tables have something in them"
    moved = migrating.move(town.node, bare, actor="test")
    assert (moved.kept, moved.mended) == (True, 2)
    assert moved.entries == len(before["log"])
    assert rows(town.node.database) == before, "the source is as it was"

    (home / "wasl.db").rename(home / "old.db")
    node = open_node(home, {"DATABASE_URL": bare}, clock)
    there = rows(node.database)
    assert there["audit"].pop()[3] == "store_moved"
    before["audit"] = [tuple(fit(value) for value in row) for row in before["audit"]]
    assert there == before
    with node.database.reading() as connection:
        seqs = [entry.seq for entry in log.entries_after(connection, 0, 10_000)]
        offered = feed.head_items(connection, MEMBERS)
    said = publish(
        node,
        Statement(
            "Question",
            {"title": {"fr": "Après le déménagement ?"}, "text": {"fr": "Comment s’est passé le déménagement ?"}},
            "fr",
        ),
    )
    searcher = Searcher(node)
    while indexing.follow_once(node, searcher):
        pass
    assert searcher.find(Query("déménagement", "fr", kinds=())).results.total == 1
    searcher.forget()
    with node.database.reading() as connection:
        stored = records.get(connection, said.uri, OURSELVES)
        assert stored is not None
        assert stored.seq == seqs[-1] + 1, "the log goes on where it was"
        assert len(feed.head_items(connection, MEMBERS)) == len(offered) + 1
    there = rows(node.database)

    again = migrating.move(node, SQLITE, actor="test")
    node.close()
    assert again.mended == 0
    back = open_node(home, {}, clock)
    here = rows(back.database)
    assert here["audit"].pop()[3] == "store_moved"
    assert here == there
    assert back.did == did
    assert back.database.check() == "ok"
    publish(back, Statement("Note", {"text": "x"}, "fr"))
    back.close()
    assert not list(home.glob("wasl.db.moving*"))


def test_a_trial_leaves_nothing_there_and_may_be_made_while_the_node_runs(network: Network, bare: str) -> None:
    town = network.found("fes")
    before = rows(town.node.database)
    twin = open_node(town.node.config.home, {}, town.clock)
    with twin.database.reading() as connection:
        notes.value(connection, "did")
        moved = migrating.move(town.node, bare, actor="test", dry_run=True)
    twin.close()
    assert not moved.kept
    assert moved.rows == sum(map(len, before.values()))
    assert tables_at(bare) == 0
    assert rows(town.node.database) == before


@pytest.mark.parametrize("what", ["copy", "compare"])
def test_a_move_that_is_interrupted_leaves_nothing_there_and_can_be_made_again(
    network: Network, bare: str, what: str
) -> None:
    town = network.found("fes")

    def stop(doing: str, done: int, _total: int) -> None:
        if doing == what and done > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrating.move(town.node, bare, actor="test", progress=stop)
    assert tables_at(bare) == 0
    migrating.move(town.node, bare, actor="test")
    (town.node.config.database).unlink()
    node = open_node(town.node.config.home, {"DATABASE_URL": bare}, town.clock)
    with pytest.raises(KeyboardInterrupt):
        migrating.move(node, SQLITE, actor="test", progress=stop)
    assert not node.config.database.exists()
    assert not list(node.config.home.glob("wasl.db.moving*"))
    node.close()


def test_one_byte_that_is_other_there_is_found_and_nothing_is_kept(
    network: Network, bare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = network.found("fes")
    honest = moves.pour

    def lying(source: Any, target: Any, progress: Any) -> None:
        honest(source, target, progress)
        target.execute(metadata.tables["log"].update().values(data=b"{}"))

    monkeypatch.setattr(moves, "pour", lying)
    with pytest.raises(StoreProblem, match="row 1 of the table log") as told:
        migrating.move(town.node, bare, actor="test")
    assert told.value.code == "store_differs"
    assert tables_at(bare) == 0


def test_bytes_that_are_not_those_of_their_digest_are_not_moved(network: Network, bare: str) -> None:
    """The file was damaged before: it is not carried on as if it were sound."""
    town = network.found("fes")
    town.node.close()
    with closing(sqlite3.connect(town.node.config.database)) as plain:
        plain.execute("UPDATE log SET data = CAST('{}' AS BLOB)")
        plain.commit()
    assert code_of(lambda: migrating.move(town.node, bare, actor="test")) == "store_differs"
    assert tables_at(bare) == 0


def test_a_node_that_runs_is_not_moved_from_either_store(network: Network, bare: str) -> None:
    town = network.found("fes")
    home = town.node.config.home
    running = open_node(home, {}, town.clock)
    assert code_of(lambda: migrating.move(town.node, bare, actor="test")) == "node_running"
    running.close()
    migrating.move(town.node, bare, actor="test")
    (home / "wasl.db").unlink()
    environ = {"DATABASE_URL": bare}
    node, running = open_node(home, environ, town.clock), open_node(home, environ, town.clock)
    assert code_of(lambda: migrating.move(node, SQLITE, actor="test")) == "node_running"
    running.close()
    migrating.move(node, SQLITE, actor="test")
    node.close()


def test_only_an_empty_place_is_moved_to(network: Network, bare: str) -> None:
    town = network.found("fes")
    with psycopg.connect(bare, autocommit=True) as connection:
        connection.execute("CREATE TABLE somebody_elses (x int)")
    assert code_of(lambda: migrating.move(town.node, bare, actor="test")) == "store_not_empty"
    assert tables_at(bare) == 1
    assert code_of(lambda: migrating.move(town.node, SQLITE, actor="test")) == "same_store"
    with pytest.raises(NotAllowed):
        migrating.move(town.node, bare, actor="test")


def test_a_backup_of_a_node_in_postgresql_is_a_file_and_is_restored_as_one(
    network: Network, databases: Databases, tmp_path: Path
) -> None:
    address = databases.new()
    town = network.found("fes", store_database=address)
    said = town.publish(text="im Backup")
    home, file, new = town.node.config.home, tmp_path / "fes.backup", tmp_path / "new"
    assert _wasl(home, "backup", str(file))[0] == 0
    assert _wasl(home, "backup", "--check", str(file))[0] == 0
    refused = _wasl(home, "restore", "--replace", str(file))
    assert (refused[0], "store_elsewhere" in refused[1]) == (4, True)
    assert _wasl(new, "restore", str(file), DATABASE_URL=address)[0] == 4
    code, told = _wasl(new, "restore", str(file))
    assert code == 0, told
    assert address not in (new / "wasl.toml").read_text(encoding="utf-8"), "it would write into the other's database"
    node = open_node(new, {}, town.clock)
    assert not node.database.shared
    with node.database.reading() as connection:
        stored = records.get(connection, said.uri, OURSELVES)
        assert stored is not None
        assert stored.data == said.data
        assert copies.counts(connection, node.did).own == 2
    node.close()


def test_a_node_begins_serves_and_searches_in_postgresql_by_one_variable(bare: str, tmp_path: Path) -> None:
    home = tmp_path / "fes"
    words = ("init", "--organisation", "fes", "--not-reachable", "--yes")
    assert _wasl(home, *words, DATABASE_URL=bare)[0] == 0
    assert not (home / "wasl.db").exists()
    practices = tmp_path / "practices.jsonl"
    practices.write_text((Path(doctor.__file__).parent / "data/demo/practices.jsonl").read_text("utf-8").split("\n")[0])
    code, told = _wasl(home, "publish", str(practices), DATABASE_URL=bare)
    assert code == 0, told
    code, told = _wasl(home, "search", "--json", "", DATABASE_URL=bare)
    assert code == 0, told
    assert '"total": 1' in told
    assert _wasl(home, "doctor", DATABASE_URL=bare)[0] == 0
    assert "no_database" in _wasl(home, "doctor")[1] + _wasl(home, "search", "x")[1]


def test_the_command_says_what_was_compared_and_which_setting_to_change(network: Network, bare: str) -> None:
    home = network.found("fes").node.config.home
    network.close(keep=True)
    secret = bare.replace("wasl@", "wasl:verysecret@")
    code, told = _wasl(home, "migrate-store", "--dry-run", "--json", WASL_MIGRATE_TO=secret)
    assert (code, '"kept": false' in told) == (0, True), told
    code, told = _wasl(home, "migrate-store", WASL_MIGRATE_TO=secret)
    assert code == 0, told
    assert "DATABASE_URL" in told
    assert "verysecret" not in told
    assert _wasl(home, "migrate-store", "--to", "mysql://x")[0] == 2


def _wasl(home: Path, *words: str, **environment: str) -> tuple[int, str]:
    env = {"LC_ALL": "en_GB.UTF-8", "NO_COLOR": "1", "WASL_HOME": None, "DATABASE_URL": None, **environment}
    result = CliRunner(env=env).invoke(main, ["--home", str(home), *words], prog_name="wasl")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output
