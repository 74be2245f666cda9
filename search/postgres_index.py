"""An index kept by PostgreSQL: for nodes that outgrow one machine, or one process that writes and searches.

Law: a cache like every index. Whatever is wrong with it is `IndexBroken`, and the answer to that is `rebuild` from the
store, beside the old one; that the server is away is `IndexAway`, and the answer to that is to try again. Any number of
processes on any number of machines read; one writes at a time. The rooms behind this one: `postgres_index_server`
(connections), `_schema` (tables), `_rows` and `_values` (a document as a row), `_writing`, `_rebuilding` with `_hands`,
`_memory`, `_building`, `_known` and `_binary` (many at once), `_match`, `_ranking`, `_narrowing` and `_find` (a query),
`_guess` and `_likeness` (what helps to ask). Why so: docs/decisions/0010.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import TypeVar

from psycopg import sql

from search.analysis import invert, take_apart
from search.correction import Near, corrections
from search.document import Document, Hit, Query, Results, Suggestion
from search.errors import IndexBroken, IndexBusy
from search.names import MAX_SUGGESTIONS, Names, asked_for, concept_names, together
from search.plan import MAX_LIMIT, plan
from search.postgres_index_find import find
from search.postgres_index_guess import having_all, near, titles
from search.postgres_index_likeness import similar
from search.postgres_index_rebuilding import rebuilt
from search.postgres_index_schema import Census, clear_away, latest, purged, writing_key
from search.postgres_index_server import Connection, Gone, Server
from search.postgres_index_values import Prepared
from search.postgres_index_writing import change, rewrite
from search.vocabulary import Vocabulary

__all__ = ["SCHEMA", "PostgresIndex", "rebuild"]

SCHEMA = "wasl_search"
"""The schema that is used unless another is named: each node needs its own."""

TIMEOUT_MS = 2_000
"""Milliseconds after which a statement of a reader is given up. The bounds on queries keep them far below."""

Result = TypeVar("Result")

_ATTEMPTS = 5  # another index may take over between two statements: then there are new tables


class PostgresIndex:
    """The whole of `search.index.Index`, in a schema of its own. Share one per process between threads.

    `database`: a libpq connection string or URL. Raises IndexBroken on opening if there is no index or if another
    program or vocabulary made it, and from any method if that turns out later; IndexAway while the server does not
    answer. Nothing is created here: a new node begins with `rebuild`.
    """

    def __init__(
        self, database: str, vocabulary: Vocabulary, schema: str = SCHEMA, timeout_ms: int = TIMEOUT_MS
    ) -> None:
        self._vocabulary = vocabulary
        self._concepts = concept_names(vocabulary)
        self._server = Server(database, schema, timeout_ms)
        try:
            self._census()
        except BaseException:
            self._server.close()
            raise

    def apply(
        self,
        documents: Iterable[Document] = (),
        drops: Iterable[str] = (),
        cursor: int | None = None,
        purge: bool = False,
    ) -> None:
        """See `search.index.Index`. Raises IndexBusy while another process writes, IndexAway if the server is lost."""
        gone = set(drops)
        fresh = {document.uri: document for document in documents if document.uri not in gone}
        prepared = [
            Prepared(invert(take_apart(document, self._vocabulary), self._vocabulary)) for document in fresh.values()
        ]

        def write(connection: Connection) -> None:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [writing_key(self._server)])
            change(connection, latest(connection, self._server, self._vocabulary), prepared, gone, cursor)
            if purge:
                rewrite(connection, latest(connection, self._server, self._vocabulary), self._vocabulary)

        self._attempted(lambda: self._server.write(write))
        if purge:
            self.tidy()

    def put(self, documents: Iterable[Document]) -> None:
        """Add or replace documents; the cursor stays."""
        self.apply(documents)

    def drop(self, uris: Iterable[str]) -> None:
        """Stop finding these documents; their words stay in PostgreSQL's files until `purge` or a rebuild."""
        self.apply(drops=uris)

    def purge(self, uris: Iterable[str]) -> None:
        """Drop these documents and write all tables anew: for erasure. Takes as long as indexing what is left."""
        self.apply(drops=uris, purge=True)

    def tidy(self) -> bool:
        """Clear away what rebuilds have left that were killed; autovacuum does all else."""
        self._attempted(lambda: self._server.alone(lambda connection: clear_away(connection, self._server)))
        return False

    def optimise(self) -> None:
        """Give back the room of what was replaced, and let the planner know what there is: for the quiet hours."""

        def vacuum(connection: Connection) -> None:
            for name in self._census().tables.values():
                connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(name))

        self._attempted(lambda: self._server.alone(vacuum))

    def find(self, query: Query) -> Results:
        """See `search.index.Index`. Answers from the latest commit, of any process."""
        understood = plan(query, self._vocabulary)

        def ask(connection: Connection, census: Census) -> Results:
            found = find(connection, census, query, understood, self._vocabulary)
            return replace(found, complete=found.complete and not census.rebuilding)

        return self._asked(ask, Results((), 0, {}, understood.concepts, False))

    def complete(
        self, typed: str, language: str = "", places: Names | None = None, limit: int = 10, public_only: bool = True
    ) -> tuple[Suggestion, ...]:
        """See `search.index.Index`."""
        limit = min(max(limit, 0), MAX_SUGGESTIONS)
        asked = asked_for(typed, language)
        return together(
            places.starting(asked, language, limit) if places else [],
            self._concepts.starting(asked, language, limit),
            self._asked(lambda at, census: titles(at, census, asked, language, public_only, limit), []),
            limit,
        )

    def suggest(self, query: Query, limit: int = 3) -> tuple[str, ...]:
        """See `search.index.Index`."""

        def ask(connection: Connection, census: Census) -> tuple[str, ...]:
            def total(other: Query) -> int:
                return having_all(connection, census, other, plan(other, self._vocabulary))

            @cache
            def close(spelled: tuple[str, ...], edits: int) -> list[Near]:
                return near(connection, census, spelled, edits, query)

            return corrections(
                query, limit, self._vocabulary, total, lambda spelled, edits: close(tuple(spelled), edits)
            )

        return self._asked(ask, ())

    def similar(
        self,
        document: Document,
        language: str = "",
        kinds: tuple[str, ...] = ("Practice",),
        public_only: bool = True,
        limit: int = 10,
    ) -> tuple[Hit, ...]:
        """See `search.index.Index`."""
        own = invert(take_apart(document, self._vocabulary), self._vocabulary)
        limit = min(max(limit, 0), MAX_LIMIT)
        query = Query("", language, kinds=kinds, public_only=public_only, limit=limit)
        return self._asked(lambda connection, census: similar(connection, census, own, query), ())

    def count(self) -> int:
        """How many documents can be found."""
        return self._census().documents

    def cursor(self) -> int:
        """How far into the log the index is. Ask again after an error: a rebuilt index has a cursor of its own."""
        return self._census().cursor

    def purged(self) -> int:
        """See `search.index.Index`."""
        return self._asked(lambda connection, _: purged(connection), 0)

    def check(self) -> None:
        """Read every row, and compare how many there are with what was written. Raises IndexBroken."""
        statement = (
            "SELECT count(*), coalesce(sum(title_length), 0), coalesce(sum(text_length), 0),"
            " sum(octet_length(weights) + octet_length(places) + octet_length(codes) + length(words)) FROM {documents}"
        )

        def whole(connection: Connection) -> None:
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                census = latest(connection, self._server, self._vocabulary)
                row = connection.execute(sql.SQL(statement).format(**census.tables)).fetchone()
            if row is None or row[:3] != (census.documents, census.title_words, census.text_words):
                raise IndexBroken("index_damaged", "the search index has lost documents")

        self._attempted(lambda: self._server.alone(whole))

    def close(self) -> None:
        """Let go of connections."""
        self._server.close()

    def _census(self) -> Census:
        try:
            return self._attempted(
                lambda: self._server.read(lambda connection: latest(connection, self._server, self._vocabulary))
            )
        except TimeoutError as error:
            raise IndexBusy("the search index does not answer in time") from error

    def _asked(self, ask: Callable[[Connection, Census], Result], late: Result) -> Result:
        """An answer from the latest commit; `late` if it takes too long."""
        try:
            return self._attempted(
                lambda: self._server.read(
                    lambda connection: ask(connection, latest(connection, self._server, self._vocabulary))
                )
            )
        except TimeoutError:
            return late

    def _attempted(self, act: Callable[[], Result]) -> Result:
        for _ in range(_ATTEMPTS):
            try:
                return act()
            except Gone:
                continue
        raise IndexBroken("index_damaged", "a table of the search index is missing")


def rebuild(
    database: str,
    vocabulary: Vocabulary,
    documents: Iterable[Document],
    cursor: int,
    progress: Callable[[int], object] = lambda _: None,
    schema: str = SCHEMA,
) -> None:
    """Make a new index of `documents` and let it take over in every process; also how the first one is made.

    `cursor`: of the log that `documents` were read from. A URI counts once, the first time. `progress` gets the number
    of documents so far. The old index answers meanwhile, with `complete` False. Raises IndexBusy if somebody rebuilds
    already, IndexAway if the server is lost; if anything is raised, or the process killed, the old index stays.
    """
    server = Server(database, schema, TIMEOUT_MS)
    try:
        rebuilt(server, vocabulary, documents, cursor, progress)
    finally:
        server.close()
