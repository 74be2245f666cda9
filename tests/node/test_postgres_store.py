"""The store in PostgreSQL: what a file gives by itself must be true there too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from simulator import Network, Town
from sqlalchemy import inspect, text
from stores import POSTGRES, Databases

from node import doctor, founding, publish
from node.assembly import Node, open_node
from node.config import Config
from node.errors import ConfigProblem, StoreBusy, StoreFull, StoreProblem
from node.publish import Statement
from node.store import accounts, drafts, erasing, log, notes, origins, peers, records, reviews
from node.store import postgres as store
from node.store.database import Database, open_store
from node.store.peers import ACTIVE
from node.store.tables import metadata
from search.postgres_index_server import Server

ROOT = Path(__file__).parent.parent.parent
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'VACUUM%'"
AWAY = "postgresql://somebody:verysecret@127.0.0.1:1/wasl"

pytestmark = pytest.mark.parametrize("kept_in", [POSTGRES], indirect=True)


@pytest.fixture
def database(databases: Databases, kept_in: str) -> Iterator[Database]:
    """An empty store."""
    address = databases.new()
    made = Database(Path("nowhere"), address)
    yield made
    made.close()
    databases.give_back(address)


def address_of(town: Town) -> str:
    return town.node.config.store_database


def test_a_new_database_gets_every_table_with_text_that_is_compared_by_its_bytes(
    databases: Databases, kept_in: str
) -> None:
    made = Database(Path("nowhere"), databases.bare())
    assert not made.exists()
    made.migrate()
    assert (made.exists(), made.check()) == (True, "ok")
    with made.reading() as connection:
        seen = inspect(connection)
        for table in metadata.tables.values():
            columns = {column["name"]: column["type"] for column in seen.get_columns(table.name)}
            assert set(columns) == {column.name for column in table.c}
            assert {str(kind) for kind in columns.values()} <= {
                'TEXT COLLATE "C"',
                "TEXT",
                "BIGINT",
                "BOOLEAN",
                "BYTEA",
            }
            indexes = {index["name"] for index in seen.get_indexes(table.name) if "duplicates_constraint" not in index}
            assert indexes == {index.name for index in table.indexes}
    made.close()


def test_entries_of_the_log_have_no_gaps_whoever_writes_at_one_time(network: Network, kept_in: str) -> None:
    town = network.found("fes")
    other = open_node(town.node.config.home, {}, network.clock)  # another process has connections of its own

    def publish(node_town: Town) -> None:
        for _ in range(10):
            node_town.publish()

    twin = Town(town.name, other, town.app, town.sets, town.clock, network)
    writers = [threading.Thread(target=publish, args=(each,)) for each in (town, twin, town)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    other.close()
    with town.node.database.reading() as connection:
        last = log.last_seq(connection)
        seqs = [entry.seq for entry in log.entries_after(connection, 0, 1000)]
    assert seqs == list(range(1, last + 1))
    assert last >= 30


def test_two_machines_never_give_one_number_of_a_record_twice(network: Network, kept_in: str) -> None:
    town = network.found("fes")
    said = town.publish(text="first")
    home = Path(shutil.copytree(town.node.config.home, network.folder / "second-machine"))
    nodes = (town.node, open_node(home, {}, network.clock))

    def revise(node: Node) -> None:
        for number in range(6):
            publish.publish(node, Statement("Note", {"text": f"{number}"}, "fr", "public"), said.record)

    machines = [threading.Thread(target=revise, args=(node,)) for node in nodes]
    for machine in machines:
        machine.start()
    for machine in machines:
        machine.join()
    nodes[1].close()
    with town.node.database.reading() as connection:
        assert [one.revision for one in records.history(connection, said.uri)] == list(range(1, 14))
        assert records.forked(connection) == []


def test_a_reader_sees_one_moment_and_cannot_write(database: Database) -> None:
    with database.reading() as connection:
        assert notes.value(connection, "state") is None
        with database.writing() as other:
            notes.set_value(other, "state", "changed")
        assert notes.value(connection, "state") is None
    with pytest.raises(StoreProblem, match="read-only"), database.reading() as connection:
        notes.set_value(connection, "state", "again")


def test_a_second_writer_waits_and_is_told_when_it_takes_too_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LOCK_TIMEOUT_MS", 50)
    impatient = Database(Path("nowhere"), database.kind.engine.url.render_as_string(hide_password=False))
    with database.writing() as connection:
        notes.set_value(connection, "state", "x")
        with pytest.raises(StoreBusy), impatient.writing():
            pass
        with impatient.claiming() as other, impatient.reading() as reader:
            assert notes.value(reader, "state") is None
            assert notes.value(other, "state") is None
    impatient.close()


@pytest.mark.parametrize(
    ("state", "kind"), [("53100", StoreFull), ("40P01", StoreBusy), ("57014", StoreBusy), ("XX001", StoreProblem)]
)
def test_what_the_server_refuses_leaves_as_an_error_of_ours_and_writes_nothing(
    database: Database, state: str, kind: type[Exception]
) -> None:
    def write() -> None:
        with database.writing() as connection:
            notes.set_value(connection, "state", "half")
            connection.execute(text(f"DO $$ BEGIN RAISE 'no more' USING ERRCODE = '{state}'; END $$"))

    with pytest.raises(kind) as told:
        write()
    assert type(told.value) is kind
    with database.reading() as connection:
        assert notes.value(connection, "state") is None


def test_a_server_that_was_away_is_answered_from_again(database: Database, databases: Databases) -> None:
    with database.reading():
        pass
    with psycopg.connect(databases.server.conninfo, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'town%'")
    with database.reading() as reader:
        assert notes.value(reader, "state") is None


def test_text_with_a_nul_is_kept_with_a_mark_in_its_place_and_found_by_either(database: Database) -> None:
    with database.writing() as connection:
        notes.act(connection, 1, "a\0b", "found", "\0", "c\0")
        notes.set_value(connection, "x\0", "y\0")
    with database.reading() as connection:
        act = notes.acts(connection)[0]
        assert (act.actor, act.object, act.detail) == ("a\ufffdb", "\ufffd", "c\ufffd")
        assert notes.value(connection, "x\0") == notes.value(connection, "x\ufffd") == "y\ufffd"


def test_numbers_and_texts_are_as_wide_as_in_a_file(database: Database) -> None:
    with database.writing() as connection:
        peers.add(connection, "did:key:z" + "x" * 400, 1, asked_by="them", url="u" * 900, chain=b"", note="")
        peers.note(connection, "did:key:z" + "x" * 400, their_heads=2**53, skew_s=-(2**40), version="v" * 100)
        assert peers.everyone(connection)[0].their_heads == 2**53


def test_erased_bytes_are_owed_while_somebody_still_reads_and_swept_afterwards(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.store.database.FORGET_WAIT_MS", 50)
    with database.writing() as connection:
        notes.set_value(connection, "words", "secret words")
    with database.reading() as reader:
        assert notes.value(reader, "words") == "secret words"
        with database.writing() as connection:
            notes.set_value(connection, "words", "")
        assert not database.forget()
        assert notes.value(reader, "words") == "secret words"
    assert database.forget()
    with database.kind.engine.connect() as plain:
        dead = plain.execute(text("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'meta'"))
        assert dead.scalar_one() == 0


SECRET = "geheimzuhaltendes " * 30


def stands_in_a_table(databases: Databases, address: str, word: bytes) -> bool:
    """Whether these bytes are in a file of this database."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        row = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    assert row is not None
    files = [path for path in (databases.server.data / "base" / str(row[0])).iterdir() if path.is_file()]
    return any(word in path.read_bytes() for path in files)


def test_erased_bytes_are_in_no_file_of_a_table(network: Network, databases: Databases, kept_in: str) -> None:
    town = network.found("fes")
    said = town.publish(text=SECRET)
    assert stands_in_a_table(databases, address_of(town), b"geheimzuhaltendes")
    publish.end(town.node, said.uri, "erased", "erasure-request")
    assert not stands_in_a_table(databases, address_of(town), b"geheimzuhaltendes")


def test_words_of_a_draft_that_was_given_up_are_in_no_file_of_a_table(database: Database, databases: Databases) -> None:
    address = database.kind.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with database.writing() as connection:
        author = accounts.add_user(connection, "s.alaoui", "editor", "x", "fr", 1).id
        number = drafts.add(connection, author, "Practice", "fr", 1, fields={"title": SECRET})
        drafts.put_aside(connection, number, "tab", "title", SECRET, author, 1)
        reviews.remark(connection, number, author, "title", SECRET, 1)
    assert stands_in_a_table(databases, address, b"geheimzuhaltendes")
    with database.writing() as connection:
        drafts.forget(connection, number)
    assert database.forget()
    assert not stands_in_a_table(databases, address, b"geheimzuhaltendes")


def test_erased_bytes_are_owed_while_another_user_of_the_server_reads(
    databases: Databases, kept_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dump by the server's administrator: a role like ours is not told since when it reads."""
    monkeypatch.setattr("node.store.database.FORGET_WAIT_MS", 50)
    bare = databases.bare()
    with psycopg.connect(bare, autocommit=True) as connection:
        connection.execute("CREATE ROLE ordinary LOGIN")
        connection.execute("GRANT ALL ON SCHEMA public TO ordinary")
    made = Database(Path("nowhere"), bare.replace("//wasl@", "//ordinary@"))
    made.migrate()
    with made.writing() as connection:
        notes.set_value(connection, "words", "secret words")
    with psycopg.connect(bare) as dump:
        dump.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        dump.execute("SELECT * FROM meta")
        with made.writing() as connection:
            notes.set_value(connection, "words", "")
        assert not made.forget()
    assert made.forget()
    made.close()


def test_erased_bytes_are_owed_by_the_erasure_itself_so_that_a_kill_right_after_it_leaves_none(
    network: Network, databases: Databases, kept_in: str
) -> None:
    town = network.found("fes")
    said = town.publish(text="geheimzuhaltendes " * 30)
    with town.node.database.writing() as connection:
        erasing.erase(connection, origins.ensure(connection, town.did), said.uri, town.node.now())
    assert stands_in_a_table(databases, address_of(town), b"geheimzuhaltendes")  # whoever erased was killed here
    town.follow()
    assert not stands_in_a_table(databases, address_of(town), b"geheimzuhaltendes")


def test_erased_bytes_are_not_in_the_statistics_that_postgresql_gathers(
    network: Network, databases: Databases, kept_in: str
) -> None:
    """ANALYZE copies values of up to a thousand bytes into a table of the system, where no erasure comes."""
    town = network.found("fes")
    said = [town.publish(text=f"geheimzuhaltendes {number}") for number in range(8)]
    with psycopg.connect(address_of(town), autocommit=True) as connection:
        connection.execute("ANALYZE")
    for each in said:
        publish.end(town.node, each.uri, "erased", "erasure-request")
    assert not stands_in_a_table(databases, address_of(town), b"geheimzuhaltendes")


def test_erasure_is_cleared_away_at_once_however_often_its_connection_has_signed(
    network: Network, kept_in: str
) -> None:
    """The driver prepares what it has sent five times; whoever then waits for its turn may hold no older moment."""
    town = network.found("fes")
    for number in range(8):
        said = town.publish(text=f"number {number}")
        publish.end(town.node, said.uri, "erased", "erasure-request")
        with town.node.database.reading() as connection:
            assert notes.value(connection, "wal_owed") == ""


def test_clearing_away_that_the_server_breaks_off_is_a_trouble_of_the_store_and_can_be_done_again(
    databases: Databases, kept_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.store.database.FORGET_WAIT_MS", 60_000)
    address = databases.new()
    database = Database(Path("nowhere"), address)
    found: list[StoreProblem] = []

    def clear() -> None:
        try:
            database.forget()
        except StoreProblem as error:
            found.append(error)

    with psycopg.connect(address) as holder, psycopg.connect(address, autocommit=True) as looking:
        holder.execute("LOCK TABLE log IN ACCESS SHARE MODE")
        clearing = threading.Thread(target=clear)
        clearing.start()
        while not (row := looking.execute(WAITING).fetchone()):
            assert clearing.is_alive()
        looking.execute("SELECT pg_terminate_backend(%s)", row)
        clearing.join()
    assert [type(error) for error in found] == [StoreProblem]
    assert database.forget()
    database.close()
    databases.give_back(address)


def test_two_workers_never_take_one_peer(database: Database) -> None:
    """Two processes run over the same forty peers as fast as they can; each peer is taken once, by one of them."""
    dids = [f"did:key:z{number:040}" for number in range(40)]
    with database.writing() as connection:
        for did in dids:
            peers.add(connection, did, 1, asked_by="us", url="https://x.example", chain=b"", note="")
            peers.move(connection, did, ACTIVE, 1)
    program = """
import json, sys
from pathlib import Path
from node.store import peers
from node.store.database import Database, open_store
database, taken = Database(Path("nowhere"), sys.argv[1]), []
with database.reading() as connection:
    due = peers.due(connection, 10)
sys.stdin.readline()
for peer in due:
    with database.claiming() as connection:
        if peers.take_lease(connection, peer.did, sys.argv[2], 10):
            taken.append(peer.did)
print(json.dumps(taken))
"""
    address = database.kind.engine.url.render_as_string(hide_password=False)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", program, address, name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        for name in ("one", "other")
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
    taken = [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]
    assert sorted(taken[0] + taken[1]) == sorted(dids)
    with database.reading() as connection:
        owners = {peer.did: peer.lease_owner for peer in peers.everyone(connection)}
    assert owners == dict.fromkeys(taken[0], "one") | dict.fromkeys(taken[1], "other")


def test_a_row_that_another_worker_is_taking_is_passed_over_and_not_waited_for(database: Database) -> None:
    with database.writing() as connection:
        peers.add(connection, "did:key:z1", 1, asked_by="us", url="https://x.example", chain=b"", note="")
    with database.claiming() as one:
        assert peers.take_lease(one, "did:key:z1", "one", 10)
        with database.claiming() as other:
            assert not peers.take_lease(other, "did:key:z1", "other", 10)


def test_two_nodes_share_a_database_each_in_a_schema_of_its_own(
    databases: Databases, kept_in: str, tmp_path: Path
) -> None:
    bare = databases.bare()
    nodes = []
    for name in ("fes", "sale"):
        with psycopg.connect(bare, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        environ = {"DATABASE_URL": f"{bare}&options=-csearch_path%3D{name}"}
        who = founding.Organisation({"fr": name.title()}, "MA", ("fr",))
        nodes.append(founding.found(tmp_path / name, who, {"limits_free_mb": 0}, environ))
    with nodes[0].database.writing(), nodes[1].database.writing() as connection:  # neither waits for the other
        assert log.last_seq(connection) == 1
    assert nodes[0].did != nodes[1].did
    for node in nodes:
        node.close()


def test_the_doctor_says_where_it_is_and_how_it_is(network: Network, kept_in: str) -> None:
    town = network.found("fes")
    found = {each.check: each for each in doctor.examine(town.node.config.home, {}, network.clock())}
    assert (found["database"].state, found["schema"].state) == (doctor.FINE, doctor.FINE)
    assert "PostgreSQL" in found["database"].sentence
    away = doctor.examine(town.node.config.home, {"WASL_STORE_DATABASE": AWAY}, network.clock())
    assert (away[-1].check, away[-1].state) == ("database", doctor.BROKEN)
    assert "verysecret" not in repr(away)
    assert "server runs" in away[-1].remedy


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"DATABASE_URL": AWAY}, AWAY),
        ({"DATABASE_URL": AWAY, "WASL_STORE_DATABASE": "postgres://x/y"}, "postgres://x/y"),
        ({"DATABASE_URL": AWAY, "WASL_STORE_DATABASE": ""}, ""),
        ({}, ""),
    ],
)
def test_the_environment_names_the_database(environ: dict[str, str], expected: str, kept_in: str) -> None:
    assert Config.from_text(Path("x"), "", environ).store_database == expected


@pytest.mark.parametrize(
    "address",
    ["mysql://u:verysecret@h/d", "verysecret", "postgresql://u:verysecret@h:port/d", "postgresql://u:a@verysecret@h/d"],
)
def test_an_address_that_is_none_is_told_without_its_password(address: str, kept_in: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem) as told:
        open_store(Config.from_text(tmp_path, "", {"DATABASE_URL": address}))
    assert told.value.code == "bad_database"
    assert "verysecret" not in str(told.value)


def test_a_node_without_the_setting_that_names_its_database_does_not_begin_anew(network: Network, kept_in: str) -> None:
    town = network.found("fes")
    with pytest.raises(ConfigProblem) as told:
        open_node(town.node.config.home, {"WASL_STORE_DATABASE": ""})
    assert told.value.code == "no_database"
    assert not town.node.config.database.exists()


def test_who_waited_for_another_writer_reads_what_was_written_whatever_the_server_has_as_its_default(
    databases: Databases, kept_in: str
) -> None:
    address = databases.bare()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            b"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = %L', "
            b"current_database(), 'repeatable read'); END $$"
        )
    made = Database(Path("nowhere"), address)
    made.migrate()
    with made.writing() as connection:
        notes.set_value(connection, "count", "0")

    def count() -> None:
        for _ in range(10):
            with made.writing() as connection:
                notes.set_value(connection, "count", str(int(notes.value(connection, "count") or 0) + 1))

    writers = [threading.Thread(target=count) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with made.claiming() as connection:
        assert notes.value(connection, "count") == "40"
    made.close()


def test_link_that_says_nothing_is_given_up_within_a_minute_by_the_store_and_by_the_index(
    databases: Databases, kept_in: str
) -> None:
    """The two hours of most systems are two hours in which a page waits."""
    address = databases.bare()
    made, index = Database(Path("nowhere"), address), Server(address, "public", 1_000)
    with made.reading() as connection:
        assert silence_s(connection.connection.driver_connection) <= 60
    assert index.read(silence_s) <= 60
    index.close()
    made.close()


def silence_s(connection: psycopg.Connection[Any]) -> int:
    """After how many seconds without a sign libpq has the system give a connection up."""
    known = {name: int(text) for name, text in connection.info.get_parameters().items() if name.startswith("keep")}
    return known["keepalives_idle"] + known["keepalives_interval"] * known["keepalives_count"]
