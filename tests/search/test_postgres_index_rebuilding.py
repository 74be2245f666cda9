"""A rebuild of an index in PostgreSQL is killed or interrupted, or others read and write meanwhile: what is left."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from tour import until

from node.bench.postgres import PrivateServer
from search import Document, Query, Vocabulary, postgres_index_rebuilding
from search.postgres_index import rebuild
from search.postgres_index_schema import rebuilding_key
from search.postgres_index_server import Connection, Server
from tests.search.conftest import OwnSchema, in_database
from tests.search.corpus import document

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
from search.postgres_index import rebuild
from search import postgres_index_hands, postgres_index_rebuilding
from tests.search.corpus import document, vocabulary

postgres_index_hands.TOGETHER = 1

def documents():
    yield document("gone", "okapititre")
    for number in range(4):
        yield document(str(number), "titre")
    os.kill(os.getpid(), signal.SIGKILL)

rebuild(sys.argv[1], vocabulary(), documents(), 2, schema=sys.argv[2])
"""

SLOW = """
from search import postgres_index_server
postgres_index_server.LOOK_S = 1
postgres_index_rebuilding.add_indexes = lambda own, number, words: own.execute("SELECT pg_sleep(600)")
os.kill = lambda *_: None
"""
"""Instead, the server takes ten minutes for each index."""


@pytest.fixture
def kept(postgres: PrivateServer, vocabulary: Vocabulary) -> Iterator[OwnSchema]:
    """An index in PostgreSQL, of two documents, one of which is to be erased."""
    with closing(in_database(postgres, vocabulary)) as one:
        one.apply([document("gone", "okapititre"), document("stays", "titre")], cursor=3)
        yield one


@pytest.fixture
def superuser(kept: OwnSchema) -> Iterator[psycopg.Connection]:
    """A connection that looks into the schema of `kept` from outside."""
    with psycopg.connect(kept.server.conninfo, autocommit=True, options=f"-c search_path={kept.schema}") as connection:
        yield connection


@pytest.fixture
def left(kept: OwnSchema, superuser: psycopg.Connection) -> psycopg.Connection:
    """Beside `kept` stand the tables of a rebuild that was killed."""
    killed = subprocess.run([sys.executable, "-c", KILLED, kept.server.conninfo, kept.schema], check=False, cwd=ROOT)
    assert killed.returncode == -9
    free, place = "SELECT pg_try_advisory_xact_lock(%s)", [rebuilding_key(kept._server)]
    until(
        lambda: superuser.execute(free, place).fetchone() == (True,), "it is free"
    )  # the server has seen that it is gone
    assert generations(superuser) == 2
    assert superuser.execute("SELECT count(*) FROM documents_2 WHERE uri = 'gone'").fetchone() == (1,)
    return superuser


def generations(connection: psycopg.Connection) -> int:
    """How many sets of tables there are; each is told of, and there are no others."""
    told = connection.execute("SELECT count(*) FROM generations").fetchone()
    there = connection.execute(
        "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema AND tablename LIKE 'documents%'"
    ).fetchone()
    assert told is not None
    assert told == there
    return int(told[0])


def found(index: OwnSchema, words: str = "titre") -> set[str]:
    return {hit.uri for hit in index.find(Query(words, "fr")).hits}


def test_what_a_killed_rebuild_left_goes_with_the_next_erasure(kept: OwnSchema, left: psycopg.Connection) -> None:
    kept.apply(drops=["gone"], cursor=4, purge=True)
    assert generations(left) == 1
    left.execute("CHECKPOINT")
    files = [path for path in (kept.server.data / "base").rglob("*") if path.is_file()]
    assert not any(b"okapititr" in path.read_bytes() for path in files)
    assert found(kept) == {"stays"}


def test_what_a_killed_rebuild_left_goes_when_there_is_nothing_else_to_do(
    kept: OwnSchema, left: psycopg.Connection
) -> None:
    assert kept.purged() == 2
    assert not kept.tidy()
    assert (kept.purged(), generations(left)) == (3, 1)
    assert found(kept) == {"stays"}
    assert found(kept, "okapititre") == {"gone"}


def test_what_is_left_and_read_stays_until_it_is_not(kept: OwnSchema, left: psycopg.Connection) -> None:
    with psycopg.connect(kept.server.conninfo, options=f"-c search_path={kept.schema}") as reader:
        reader.execute("SELECT FROM documents_2")
        kept.apply(drops=["gone"], cursor=4, purge=True)
        assert (kept.cursor(), kept.purged(), generations(left)) == (4, 2, 2)
    kept.tidy()
    assert (kept.purged(), generations(left)) == (4, 1)


def test_what_is_being_built_is_not_taken_away(
    kept: OwnSchema, vocabulary: Vocabulary, superuser: psycopg.Connection
) -> None:
    def slowly() -> Iterator[Document]:
        kept.tidy()
        kept.apply(drops=["gone"], cursor=4, purge=True)
        assert (kept.purged(), generations(superuser)) == (2, 2)
        yield document("new", "titre")

    rebuild(kept.server.conninfo, vocabulary, slowly(), 2, schema=kept.schema)
    assert (found(kept), kept.purged(), generations(superuser)) == ({"new"}, 2, 1)


def test_the_server_ends_what_it_builds_for_a_process_that_was_killed(
    kept: OwnSchema, vocabulary: Vocabulary, superuser: psycopg.Connection
) -> None:
    """It sorts, or fills a GIN, for minutes in a large index, and holds the place of whoever rebuilds as long."""
    slow = KILLED.replace("postgres_index_hands.TOGETHER = 1", SLOW)
    with subprocess.Popen([sys.executable, "-c", slow, kept.server.conninfo, kept.schema], cwd=ROOT) as building:
        sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(%' AND state = 'active'"
        until(lambda: superuser.execute(sleeping).fetchone() == (2,), "both are at it")
        building.kill()
    until(lambda: superuser.execute(sleeping).fetchone() == (0,), "none is any more")
    until(lambda: kept.tidy() or generations(superuser) == 1, "one is left")


def test_somebody_who_reads_the_old_tables_does_not_stop_the_new_ones(
    kept: OwnSchema, vocabulary: Vocabulary, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dump of the database may read for an hour: a rebuild is not thrown away, nor does a search wait."""
    monkeypatch.setattr(postgres_index_rebuilding, "_WAIT_MS", 100)
    with psycopg.connect(kept.server.conninfo, options=f"-c search_path={kept.schema}") as reader:
        reader.execute("SELECT FROM documents_1")
        rebuild(kept.server.conninfo, vocabulary, [document("new", "titre")], 5, schema=kept.schema)
        assert (found(kept), kept.cursor(), generations(superuser)) == ({"new"}, 5, 2)
        rebuild(kept.server.conninfo, vocabulary, [document("newer", "titre")], 6, schema=kept.schema)
        assert (found(kept), kept.cursor(), generations(superuser)) == ({"newer"}, 6, 2)
    kept.tidy()
    assert generations(superuser) == 1


def test_rebuild_that_is_interrupted_right_after_it_took_over_stays(
    kept: OwnSchema, vocabulary: Vocabulary, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = postgres_index_rebuilding._alone

    @contextmanager
    def interrupted(connection: Connection, server: Server, wait_ms: int) -> Iterator[None]:
        with real(connection, server, wait_ms):
            yield
        if superuser.execute("SELECT number FROM live").fetchone() != (1,):
            raise KeyboardInterrupt

    monkeypatch.setattr(postgres_index_rebuilding, "_alone", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rebuild(kept.server.conninfo, vocabulary, [document("new", "titre")], 5, schema=kept.schema)
    assert (found(kept), kept.cursor(), generations(superuser)) == ({"new"}, 5, 1)
