"""What only the index in PostgreSQL has: a schema, a server that may go away, other processes, rebuilding, erasing."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from node.bench.postgres import PrivateServer
from search import Document, IndexBroken, IndexBusy, MemoryIndex, Query, Text, Vocabulary
from search.errors import IndexAway
from search.postgres_index import PostgresIndex, rebuild
from search.postgres_index_schema import writing_key
from tests.search.conftest import TIMEOUT_MS, OwnSchema, in_database
from tests.search.corpus import document

ROOT = Path(__file__).parents[2]
Open = Callable[[], PostgresIndex]


@pytest.fixture
def kept(postgres: PrivateServer, vocabulary: Vocabulary) -> Iterator[OwnSchema]:
    """An empty index in PostgreSQL."""
    with closing(in_database(postgres, vocabulary)) as one:
        yield one


@pytest.fixture
def another(kept: OwnSchema, vocabulary: Vocabulary) -> Iterator[Open]:
    """Opens the index of `kept` once more, as another process would."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(
            closing(PostgresIndex(kept.server.conninfo, vocabulary, kept.schema, TIMEOUT_MS))
        )


@pytest.fixture
def superuser(kept: OwnSchema) -> Iterator[psycopg.Connection]:
    """A connection that looks into the schema of `kept` from outside."""
    with psycopg.connect(kept.server.conninfo, autocommit=True, options=f"-c search_path={kept.schema}") as connection:
        yield connection


def found(index: PostgresIndex, words: str = "titre", **other: object) -> list[str]:
    return [hit.uri for hit in index.find(Query(words, "fr", **other)).hits]  # type: ignore[arg-type]


def total(index: PostgresIndex, words: str = "titre") -> int:
    return index.find(Query(words, "fr")).total


def test_opening_where_there_is_no_index_says_so(postgres: PrivateServer, vocabulary: Vocabulary) -> None:
    with pytest.raises(IndexBroken) as error:
        PostgresIndex(postgres.conninfo, vocabulary, "nowhere")
    assert error.value.code == "index_missing"


def test_another_vocabulary_or_program_makes_it_outdated(
    kept: OwnSchema, another: Open, superuser: psycopg.Connection
) -> None:
    with pytest.raises(IndexBroken) as error:
        PostgresIndex(kept.server.conninfo, Vocabulary({"concepts": []}), kept.schema)
    assert error.value.code == "index_outdated"
    superuser.execute("""UPDATE generations SET made_by = replace(made_by, '"schema": "', '"schema": "9')""")
    for act in (another, kept.count, lambda: kept.put([document("a", "titre")])):
        with pytest.raises(IndexBroken) as error:
            act()
        assert error.value.code == "index_outdated"


def test_a_server_that_is_not_there_is_away_and_no_password_is_told(vocabulary: Vocabulary, tmp_path: Path) -> None:
    with pytest.raises(IndexAway) as error:
        PostgresIndex(f"postgresql://somebody:verysecret@/wasl?host={tmp_path}", vocabulary)
    assert error.value.code == "index_away"
    assert "secret" not in f"{error.value}{error.value!r}"
    assert error.value.__cause__ is None
    assert "somebody" not in str(error.value)


def test_a_connection_that_was_cut_is_made_again(kept: OwnSchema, superuser: psycopg.Connection) -> None:
    kept.apply([document("a", "titre")], cursor=3)
    for act in (lambda: total(kept), lambda: kept.apply([document("b", "titre")], cursor=4), kept.count):
        cut = superuser.execute(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND query <> '' AND backend_type = 'client backend'"
        ).fetchone()
        assert cut is not None
        assert cut[0] >= 1
        act()
    assert (kept.count(), kept.cursor(), total(kept)) == (2, 4, 2)


def test_a_writer_that_waits_too_long_is_told_that_it_is_busy(
    kept: OwnSchema, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.postgres_index_server.WAIT_S", 0.05)
    with superuser.transaction():
        superuser.execute("SELECT pg_advisory_xact_lock(%s)", [writing_key(kept._server)])
        with pytest.raises(IndexBusy):
            kept.put([document("a", "titre")])
        assert kept.count() == 0
    kept.put([document("a", "titre")])
    assert kept.count() == 1


def test_two_writers_take_turns(kept: OwnSchema, another: Open) -> None:
    other = another()

    def write(index: PostgresIndex, name: str) -> None:
        for number in range(8):
            index.put([document(f"{name}{number}", f"titre mot{number}")])

    threads = [threading.Thread(target=write, args=(index, name)) for index, name in ((kept, "a"), (other, "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total(kept) == total(other) == 16


def test_a_reader_sees_the_commit_of_another_process(kept: OwnSchema) -> None:
    program = (
        "import sys\n"
        "from search.postgres_index import PostgresIndex\n"
        "from tests.search.corpus import document, vocabulary\n"
        "index = PostgresIndex(sys.argv[1], vocabulary(), sys.argv[2])\n"
        "index.apply([document('a', 'titre')], cursor=3)\n"
        "index.close()\n"
    )
    assert total(kept) == 0
    subprocess.run([sys.executable, "-c", program, kept.server.conninfo, kept.schema], check=True, cwd=ROOT)
    assert (total(kept), kept.cursor()) == (1, 3)


def test_rebuilding_takes_over_in_every_reader(
    kept: OwnSchema, another: Open, vocabulary: Vocabulary, superuser: psycopg.Connection
) -> None:
    kept.apply([document("old", "titre")], cursor=3)
    reader = another()
    assert total(reader) == 1
    seen: list[int] = []
    fresh = [document(str(n), "titre") for n in range(250)]
    rebuild(kept.server.conninfo, vocabulary, [*fresh, fresh[0]], 17, seen.append, kept.schema)
    assert seen == [100, 200, 250]
    for index in (kept, reader):
        assert (total(index), index.count(), index.cursor()) == (250, 250, 17)
    kept.apply([document("new", "titre")], cursor=18)
    assert (total(reader), reader.cursor()) == (251, 18)
    left = superuser.execute("SELECT count(*) FROM pg_tables WHERE schemaname = %s", [kept.schema]).fetchone()
    assert left == (5,)


def test_the_old_index_answers_while_another_is_built(kept: OwnSchema, vocabulary: Vocabulary) -> None:
    kept.apply([document("old", "titre")], cursor=3)

    def slowly() -> Iterator[Document]:
        results = kept.find(Query("titre", "fr"))
        assert ([hit.uri for hit in results.hits], results.complete) == (["old"], False)
        with pytest.raises(IndexBusy):
            rebuild(kept.server.conninfo, vocabulary, [], 0, schema=kept.schema)
        kept.apply([document("late", "titre")], cursor=4, purge=True)
        yield document("new", "titre")

    rebuild(kept.server.conninfo, vocabulary, slowly(), 3, schema=kept.schema)
    results = kept.find(Query("titre", "fr"))
    assert ([hit.uri for hit in results.hits], results.complete) == (["new"], True)
    assert kept.cursor() == 3  # the follower reads the log from here again


def test_a_rebuild_that_fails_changes_nothing(
    kept: OwnSchema, vocabulary: Vocabulary, superuser: psycopg.Connection
) -> None:
    kept.apply([document("a", "titre")], cursor=3)

    def broken() -> Iterator[Document]:
        yield document("b", "titre")
        raise RuntimeError("the store is away")

    with pytest.raises(RuntimeError):
        rebuild(kept.server.conninfo, vocabulary, broken(), 9, schema=kept.schema)
    results = kept.find(Query("titre", "fr"))
    assert ([hit.uri for hit in results.hits], results.complete, kept.cursor()) == (["a"], True, 3)
    assert superuser.execute("SELECT count(*) FROM generations").fetchone() == (1,)


def holds(server: PrivateServer, word: str) -> bool:
    """Whether a word stands in a file of the database: of tables and indexes, not of the write-ahead log."""
    return any(word.encode() in path.read_bytes() for path in (server.data / "base").rglob("*") if path.is_file())


def test_a_purged_document_leaves_no_word_in_tables_and_indexes(kept: OwnSchema, superuser: psycopg.Connection) -> None:
    """Of no revision, in no file: neither words nor URI, kind, commune, concepts, values of facets."""
    secret = Document(
        uri="did:x/okapi-uri",
        kind="Okapikind",
        language="fr",
        commune="did:okapi-commune",
        texts={"fr": Text("Okapititel", "okapisummary", "okapibody"), "xx": Text("okapiother", "", "")},
        concepts=("okapi-concept",),
        public=True,
        stamp=1,
        facets={"status": ("okapi-status",), "topic": ("okapi-topic",)},
    )
    for number in range(3):
        earlier = document(secret.uri, f"okapirevision{number}")
        kept.put([earlier if number < 2 else secret, *(document(f"k{number}{n}", "titre gardé") for n in range(5))])
    superuser.execute("CHECKPOINT")
    assert holds(kept.server, "okapi")
    kept.purge([secret.uri])
    superuser.execute("CHECKPOINT")
    assert not holds(kept.server, "okapi")
    assert not holds(kept.server, "Okapi")
    assert (kept.count(), total(kept)) == (15, 15)
    assert holds(kept.server, "k24")


def test_dropped_words_are_not_suggested_even_if_nothing_was_purged(
    kept: OwnSchema, superuser: psycopg.Connection
) -> None:
    kept.put([document("a", "gnougnou zèbre"), document("b", "gnougnou")])
    kept.drop(["a"])
    keys = {key for (key,) in superuser.execute("SELECT folded FROM spellings_1").fetchall()}
    assert keys == {"gnougnou"}


@pytest.mark.parametrize(
    "body",
    [" ".join(["mot"] * 20_000) + " alpha beta fin", " ".join(["alpha mot"] * 300) + " alpha beta fin"],
    ids=["beyond the last position", "a word beyond its positions"],
)
def test_phrases_are_found_in_documents_too_long_for_positions(kept: OwnSchema, body: str) -> None:
    kept.put([document("long", "titre", body=body), document("short", "titre", body="alpha mot beta")])
    assert found(kept, '"alpha beta"') == ["long"]
    assert found(kept, '"beta alpha"') == []
    assert set(found(kept, "alpha beta")) == {"long", "short"}
    assert found(kept, '"beta fin"') == ["long"]


def test_a_document_of_more_words_than_a_row_can_have_is_kept_as_far_as_it_goes(kept: OwnSchema) -> None:
    body = " ".join(f"{number:x}motmotmotmotmotmot" for number in range(45_000))
    kept.put([document("huge", "titre", body=body, concepts=("housing",))])
    assert found(kept) == ["huge"]
    assert found(kept, "logement") == ["huge"]
    assert found(kept, "1motmotmotmotmotmot") == ["huge"]


def test_texts_that_postgresql_cannot_keep_are_kept(kept: OwnSchema, vocabulary: Vocabulary) -> None:
    strange = [
        document("did:x/\x00\ud800\\u0041'\n", "titre it's \\'o' \x1f\x1e a\x00b", "f\x00r", kind="K\x00"),
        document("b", "titre", commune="did:\ud800", facets={"status": ("\x00", "\\")}, concepts=("c'\\\n",)),
        document("c", "", "fr", texts={"fr": Text("titre 'a' & !b | (c:*) <-> \\d", "", "")}),
    ]
    memory = MemoryIndex(vocabulary)
    for index in (memory, kept):
        index.put(strange)
    for query in (
        Query("titre", "f\x00r", kinds=(), facets=("status", "commune", "language")),
        Query("titre", "fr", {"status": ("\x00",)}, kinds=()),
        Query("titre", "fr", kinds=("K\x00",)),
        Query("it's d c b a o", "fr", kinds=()),
    ):
        assert kept.find(query) == memory.find(query)
    assert kept.complete("tit", "fr") == memory.complete("tit", "fr")
    kept.drop([strange[0].uri])
    assert kept.count() == 2


def test_beyond_the_candidates_pages_still_follow_each_other(
    kept: OwnSchema, vocabulary: Vocabulary, demo: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = MemoryIndex(vocabulary)
    for index in (memory, kept):
        index.put(demo)
    query = Query("les femmes", "", public_only=False, limit=100)
    exact = [hit.uri for hit in memory.find(query).hits]
    assert len(exact) > 20
    monkeypatch.setattr("search.postgres_index_find.CANDIDATES", 10)
    rough = found(kept, query.words, public_only=False, limit=100)
    assert sorted(rough) == sorted(exact)
    pages = [uri for page in range(20) for uri in found(kept, query.words, public_only=False, offset=4 * page, limit=4)]
    assert pages == rough
    assert len(set(rough[:10]) & set(exact[:10])) >= 7  # the best are among the candidates


def test_the_best_among_equals_are_the_newest(kept: OwnSchema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.postgres_index_find.CANDIDATES", 5)
    kept.put([document(f"{(7 * n) % 30:02}", "titre", stamp=(7 * n) % 30) for n in range(30)])
    assert found(kept, limit=5) == ["29", "28", "27", "26", "25"]
    assert found(kept, limit=30) == [f"{n:02}" for n in range(29, -1, -1)]


def test_very_common_words_are_left_out_and_it_says_so(kept: OwnSchema, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.put([document(f"c{n}", "commun") for n in range(50)] + [document("r", "rare"), document("cr", "commun rare")])
    assert kept.find(Query("commun rare", "fr")).complete
    assert found(kept, "commun rare") == ["cr"]
    monkeypatch.setattr("search.postgres_index_match.MAX_POSTINGS", 20)
    cut = kept.find(Query("commun rare", "fr"))
    assert ({hit.uri for hit in cut.hits}, cut.complete) == ({"cr", "r"}, False)


def test_what_takes_too_long_is_an_incomplete_answer(kept: OwnSchema, superuser: psycopg.Connection) -> None:
    kept.put([document("a", "titre")])
    with closing(PostgresIndex(kept.server.conninfo, kept._vocabulary, kept.schema, timeout_ms=50)) as hurried:
        with superuser.transaction():
            superuser.execute("LOCK TABLE documents_1 IN ACCESS EXCLUSIVE MODE")
            late = hurried.find(Query("titre", "fr"))
            assert (late.hits, late.complete) == ((), False)
            assert hurried.suggest(Query("titr", "fr")) == ()
        assert total(hurried) == 1


def test_lost_rows_and_tables_are_damage(kept: OwnSchema, superuser: psycopg.Connection) -> None:
    kept.put([document("a", "titre"), document("b", "titre")])
    kept.check()
    superuser.execute("DELETE FROM documents_1 WHERE uri = 'b'")
    with pytest.raises(IndexBroken) as error:
        kept.check()
    assert error.value.code == "index_damaged"
    superuser.execute("DROP TABLE documents_1")
    with pytest.raises(IndexBroken) as error:
        kept.find(Query("titre", "fr"))
    assert error.value.code == "index_damaged"


def test_importing_search_does_not_import_psycopg() -> None:
    program = (
        "import search, search.whoosh_index, sys; assert not any(name.startswith('psycopg') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
