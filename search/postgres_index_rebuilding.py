"""A whole index made anew beside the live one, which answers until the new one takes over.

Law: nothing of it is seen before all of it is there and indexed; then one transaction makes it live, and another takes
the old tables away, or an idle moment does if somebody reads them. In batches, so that memory is bounded; while the
server copies one, the next are taken apart. The words are indexed beside the rest, each by a connection of its own.
Comes from: the node, which has the documents.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress

import psycopg
from psycopg import sql

from search.collecting import collecting_rarely
from search.document import Document
from search.errors import IndexBroken, IndexBusy
from search.postgres_index_binary import BEGINNING, COLUMNS, END, codes
from search.postgres_index_hands import Made, made
from search.postgres_index_schema import (
    add_indexes,
    add_keys,
    clear_away,
    create,
    leave_alone,
    look_after,
    make_live,
    prepare,
    rebuilding_key,
    shown_key,
    tables,
    writing_key,
)
from search.postgres_index_server import Connection, Gone, Server, end_with_us
from search.postgres_index_values import Codes
from search.postgres_index_writing import codes_of, copy, copy_spellings, go_on_with_codes
from search.vocabulary import Vocabulary

_STEP = 100  # documents between two calls of `progress`
_WAIT_MS = 60_000  # for a writer, and for readers of the old tables, to finish
_PURGE_MS = 3_600_000  # for a writer, when all is made: a purge takes as long as indexing does


def rebuilt(
    server: Server,
    vocabulary: Vocabulary,
    documents: Iterable[Document],
    cursor: int,
    progress: Callable[[int], object],
) -> None:
    """See `postgres_index.rebuild`."""

    def build(connection: Connection) -> None:
        end_with_us(connection)
        with _rebuilding(connection, server):
            number = _begin(connection, server, vocabulary, cursor)
            try:
                with collecting_rarely():
                    _fill(connection, number, vocabulary, documents, progress)
                _index(connection, server, number)
                look_after(connection, number)
                with _alone(connection, server, _PURGE_MS):
                    make_live(connection, number)
            finally:  # the former tables; or these, unless it was after their commit that something went wrong
                with suppress(psycopg.Error):
                    clear_away(connection, server, _WAIT_MS)

    try:
        server.alone(build)
    except (Gone, TimeoutError) as error:
        raise IndexBroken("index_damaged", "tables of the search index disappear while they are filled") from error


@contextmanager
def _rebuilding(connection: Connection, server: Server) -> Iterator[None]:
    """Hold the place of the one who rebuilds. Raises IndexBusy if it is taken."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [rebuilding_key(server)]).fetchone()
    if row is None or not row[0]:
        raise IndexBusy("the search index is being rebuilt already")
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", [shown_key(server)])
        yield
    finally:
        with suppress(psycopg.Error):  # a connection that is lost holds nothing
            connection.execute("SELECT pg_advisory_unlock_all()")


@contextmanager
def _alone(connection: Connection, server: Server, wait_ms: int) -> Iterator[None]:
    """A transaction in which nobody else writes."""
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout TO {wait_ms:d}")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [writing_key(server)])
        yield


def _begin(connection: Connection, server: Server, vocabulary: Vocabulary, cursor: int) -> int:
    """New tables; those that a killed rebuild left are taken away."""
    with _alone(connection, server, _WAIT_MS):
        prepare(connection, server)
    clear_away(connection, server)
    with _alone(connection, server, _WAIT_MS):
        number = create(connection, vocabulary, cursor)
        leave_alone(connection, number)
        return number


def _fill(
    connection: Connection,
    number: int,
    vocabulary: Vocabulary,
    documents: Iterable[Document],
    progress: Callable[[int], object],
) -> None:
    """Write the documents batch by batch; while one is copied, the next is made."""
    seen: set[str] = set()

    def once() -> Iterator[Document]:
        for document in documents:
            if document.uri not in seen:
                seen.add(document.uri)
                yield document
                if len(seen) % _STEP == 0:
                    progress(len(seen))

    filling = _Filling(connection, number)
    with ThreadPoolExecutor(1) as other:
        writing: Future[None] | None = None
        for some in made(once(), vocabulary):
            if writing is not None:
                writing.result()
            writing = other.submit(filling.write, some)
        if writing is not None:
            writing.result()
    filling.end(len(seen))
    progress(len(seen))


class _Filling:
    """New tables on their way: what is written of them, and what has to be known to write more."""

    def __init__(self, connection: Connection, number: int) -> None:
        self._connection, self._number = connection, number
        self._spellings: set[str] = set()
        self._codes: Codes = {}
        self._titles = self._texts = 0

    def write(self, some: list[Made]) -> None:
        """Copy these documents."""
        lacking = [each.values for each in some if not all(value in self._codes for value in each.values)]
        if lacking:
            self._codes.update(codes_of(self._connection, self._number, lacking))
        statement = sql.SQL("COPY {documents} ({columns}) FROM STDIN (FORMAT BINARY)")
        whole = statement.format(columns=sql.SQL(COLUMNS), **tables(self._number))
        with self._connection.cursor() as cursor, cursor.copy(whole) as rows:
            rows.write(BEGINNING)
            for each in some:
                if each.prepared is None:
                    rows.write(each.sent + codes([self._codes[value] for value in each.values]))
            rows.write(END)
        others = [each.prepared for each in some if each.prepared is not None]
        if others:
            copy(self._connection, self._number, others, self._codes)
        self._spellings.update(*(each.spellings for each in some))
        self._titles += sum(each.title_length for each in some)
        self._texts += sum(each.text_length for each in some)

    def end(self, documents: int) -> None:
        """Write what is of all of them."""
        with self._connection.transaction():
            copy_spellings(self._connection, self._number, self._spellings)
            go_on_with_codes(self._connection, self._number)
            self._connection.execute(
                "UPDATE generations SET documents = %s, title_words = %s, text_words = %s WHERE number = %s",
                [documents, self._titles, self._texts, self._number],
            )


def _index(connection: Connection, server: Server, number: int) -> None:
    """Index tables that were filled: the words on a connection of their own, the rest on another."""

    def of_words(own: Connection) -> None:
        end_with_us(own)
        add_indexes(own, number, words=True)

    add_keys(connection, number)
    with ThreadPoolExecutor(1) as other:
        words = other.submit(server.alone, of_words)
        add_indexes(connection, number, words=False)
        words.result()
