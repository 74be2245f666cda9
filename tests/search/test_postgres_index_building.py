"""An index of PostgreSQL made anew holds the same rows as one that documents are put into, however they are made."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from node.bench.postgres import PrivateServer
from search import Document, Text, Vocabulary, postgres_index, postgres_index_hands
from search.analysis import take_apart
from search.errors import IndexAway
from search.postgres_index_building import Batch
from search.postgres_index_known import Known
from tests.search.conftest import OwnSchema, in_database

ROWS = """
    SELECT uri, kind, public, language, commune, stamp, starts, ends, title_length, text_length, languages, title_keys,
    concepts, narrower, lesser, words::text, weights, places,
    (SELECT array_agg(facet || '=' || value ORDER BY facet, value) FROM {values} WHERE code = ANY(facets)),
    length(codes) / 4 = cardinality(facets)
    FROM {documents} ORDER BY uri
"""


def strange(demo: list[Document]) -> list[Document]:
    """Documents that are not as most are."""
    one = demo[0]
    words = " ".join(f"mot{number}" for number in range(9_000))
    return [
        replace(one, uri="did:x/records/none", texts={}, concepts=(), facets={}, start=None, end=None, names=()),
        replace(one, uri="did:x/records/nul", texts={one.language: Text("a\0b \\u0041 'q' \\", "\x1e \x1f", "\ud800")}),
        replace(one, uri="did:x/records/often", texts={"fr": Text("logement", "", "logement " * 300)}, language="fr"),
        replace(one, uri="did:x/records/long", texts={"fr": Text("long", "", f"{words} {words}")}, language="fr"),
        replace(one, uri="did:x/records/early", start=date(1999, 12, 31), end=date(2000, 1, 1)),
        replace(
            one,
            uri="did:x/records/translated",
            language="fr",
            lesser=("de",),
            texts={
                "fr": Text("Soutien à l'emploi", "Bilan de compétences, bilan", "Le logement social des réfugiés"),
                "de": Text("Wohnungsvermittlung", "Für Flüchtlinge", "Kompetenzbilanz und Sprachkurse"),
                "ar": Text("دعم التشغيل", "المهاجرون", "السكن الاجتماعي"),
            },
        ),
    ]  # fmt: skip


def rows(server: PrivateServer, index: OwnSchema) -> list[tuple[Any, ...]]:
    with psycopg.connect(server.conninfo) as connection:
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(index.schema)))
        tables = index._census().tables
        return [
            (*some, sorted(bytes(weights).split(b"\n")), sorted(bytes(places).split(b"\n")), values, whole)
            for *some, weights, places, values, whole in connection.execute(sql.SQL(ROWS).format(**tables))
        ]


def spellings(server: PrivateServer, index: OwnSchema) -> list[tuple[Any, ...]]:
    with psycopg.connect(server.conninfo) as connection:
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(index.schema)))
        statement = sql.SQL("SELECT key, folded, length, letters::text FROM {spellings} ORDER BY key")
        return connection.execute(statement.format(**index._census().tables)).fetchall()


@pytest.fixture
def put(postgres: PrivateServer, vocabulary: Vocabulary, demo: list[Document]) -> Iterator[OwnSchema]:
    with closing(in_database(postgres, vocabulary)) as index:
        index.put([*demo, *strange(demo)])
        yield index


def test_rebuilt_index_holds_the_rows_that_putting_makes(
    postgres: PrivateServer, vocabulary: Vocabulary, demo: list[Document], put: OwnSchema
) -> None:
    with closing(in_database(postgres, vocabulary, [*demo, *strange(demo)])) as made:
        assert rows(postgres, made) == rows(postgres, put)
        assert spellings(postgres, made) == spellings(postgres, put)
        census, other = made._census(), put._census()
        assert (census.documents, census.title_words) == (other.documents, other.title_words)
        assert census.text_words == other.text_words
        made.check()


@pytest.mark.parametrize("room", [True, False], ids=["room", "no room"])
def test_other_processes_make_the_same_rows(
    postgres: PrivateServer,
    vocabulary: Vocabulary,
    demo: list[Document],
    put: OwnSchema,
    room: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres_index_hands, "ALONE", 0)
    monkeypatch.setattr(postgres_index_hands, "TOGETHER", 7)
    monkeypatch.setattr(postgres_index_hands, "hands_with_room", lambda most: most if room else 0)
    told: list[int] = []
    documents = [*demo, *strange(demo), demo[0]]
    postgres_index.rebuild(postgres.conninfo, vocabulary, documents, 5, told.append, put.schema)
    with closing(in_database(postgres, vocabulary)) as other:
        other.put(documents)
        assert rows(postgres, put) == rows(postgres, other)
    assert put.cursor() == 5
    assert told[-1] == len(documents) - 1


def test_tables_that_were_filled_are_looked_after_by_the_server(
    postgres: PrivateServer, vocabulary: Vocabulary, demo: list[Document]
) -> None:
    with closing(in_database(postgres, vocabulary, demo[:3])) as made, psycopg.connect(postgres.conninfo) as connection:
        settings = connection.execute(
            "SELECT c.reloptions, t.reloptions FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.relkind = 'r' AND n.nspname = %s",
            [made.schema],
        ).fetchall()
    assert settings
    assert {each for some in settings for each in some} == {None}


def test_documents_that_a_tsvector_cannot_hold_are_left_to_the_other_way(
    vocabulary: Vocabulary, demo: list[Document]
) -> None:
    batch = Batch(Known(vocabulary))
    for document in [*demo[:3], *strange(demo)]:
        batch.add(take_apart(document, vocabulary))
    left = {parts.document.uri for parts, built in batch.rows() if built is None}
    assert left == {"did:x/records/often", "did:x/records/long"}


def test_index_stays_when_a_process_that_makes_rows_is_lost(
    postgres: PrivateServer, vocabulary: Vocabulary, demo: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(in_database(postgres, vocabulary, demo[:3])) as index:
        monkeypatch.setattr(postgres_index_hands, "ALONE", 0)
        monkeypatch.setattr(postgres_index_hands, "_COMMAND", (sys.executable, "-c", "pass"))
        with pytest.raises(IndexAway):
            postgres_index.rebuild(postgres.conninfo, vocabulary, demo, 9, schema=index.schema)
        assert index.count() == 3


def test_what_goes_wrong_in_a_process_that_makes_rows_is_told(
    postgres: PrivateServer, vocabulary: Vocabulary, demo: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As what it is: not as a database that is away, for which somebody would look in vain."""
    wrong = "from search import postgres_index_hands as hands; hands.Batch = lambda known: {}['words']; hands.main()"
    with closing(in_database(postgres, vocabulary, demo[:3])) as index:
        monkeypatch.setattr(postgres_index_hands, "ALONE", 0)
        monkeypatch.setattr(postgres_index_hands, "_COMMAND", (sys.executable, "-c", wrong))
        with pytest.raises(RuntimeError, match="KeyError in <string>:1"):
            postgres_index.rebuild(postgres.conninfo, vocabulary, demo, 9, schema=index.schema)
        assert index.count() == 3


def test_process_that_makes_rows_runs_nothing_of_the_folder_it_is_started_in(
    postgres: PrivateServer,
    vocabulary: Vocabulary,
    demo: list[Document],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("pickle", "search"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)", encoding="ascii")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(postgres_index_hands, "ALONE", 0)
    with closing(in_database(postgres, vocabulary, demo)) as index:
        assert index.count() == len(demo)


def test_process_that_makes_rows_ends_with_whoever_started_it() -> None:
    command: Sequence[str] = postgres_index_hands._COMMAND
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as hand:
        assert hand.stdin is not None
        hand.stdin.close()
        hand.wait(60)
