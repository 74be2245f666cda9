"""A whole index made anew beside the live one, which answers until the new one takes over.

Law: nothing of it is seen before all of it is there and indexed; then one transaction makes it live and takes the old
tables away. In batches, so that memory is bounded. Comes from: the node, which has the documents.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import sql

from search.analysis import invert, take_apart
from search.document import Document
from search.errors import IndexBroken, IndexBusy
from search.postgres_index_schema import (
    create,
    drop,
    drop_what_was_left,
    make_live,
    prepare,
    rebuilding_key,
    shown_key,
    tables,
    writing_key,
)
from search.postgres_index_server import Connection, Gone, Server
from search.postgres_index_writing import Codes, Prepared, add_spellings, codes_of, copy, finish
from search.vocabulary import Vocabulary

BATCH = 500
"""Documents held in memory at once."""

_STEP = 100  # documents between two calls of `progress`
_WAIT_MS = 60_000  # for a writer, and for readers of the old tables, to finish


def rebuilt(
    server: Server,
    vocabulary: Vocabulary,
    documents: Iterable[Document],
    cursor: int,
    progress: Callable[[int], object],
) -> None:
    """See `postgres_index.rebuild`."""

    def build(connection: Connection) -> None:
        with _rebuilding(connection, server):
            number = _begin(connection, server, vocabulary)
            try:
                _fill(connection, number, vocabulary, documents, cursor, progress)
                for name in tables(number).values():
                    connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(name))  # so that counting reads no rows
                with _alone(connection, server):
                    make_live(connection, number)
            except BaseException:
                with suppress(psycopg.Error), _alone(connection, server):
                    drop(connection, number)
                raise

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
def _alone(connection: Connection, server: Server) -> Iterator[None]:
    """A transaction in which nobody else writes."""
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout TO {_WAIT_MS:d}")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [writing_key(server)])
        yield


def _begin(connection: Connection, server: Server, vocabulary: Vocabulary) -> int:
    """New tables; those that a killed rebuild left are taken away."""
    with _alone(connection, server):
        prepare(connection, server)
        drop_what_was_left(connection)
        return create(connection, vocabulary)


def _fill(
    connection: Connection,
    number: int,
    vocabulary: Vocabulary,
    documents: Iterable[Document],
    cursor: int,
    progress: Callable[[int], object],
) -> None:
    """Write the documents batch by batch, then index them."""
    seen: set[str] = set()
    keys: set[str] = set()
    codes: Codes = {}
    batch: list[Prepared] = []
    titles = texts = 0

    def write() -> None:
        lacking = [each for each in batch if not all(value in codes for value in each.values)]
        codes.update(codes_of(connection, number, lacking))
        copy(connection, number, batch, codes)
        fresh = {key for each in batch for key in each.row.spellings} - keys
        add_spellings(connection, number, fresh)
        keys.update(fresh)
        batch.clear()

    for document in documents:
        if document.uri in seen:
            continue
        seen.add(document.uri)
        prepared = Prepared(invert(take_apart(document, vocabulary), vocabulary))
        batch.append(prepared)
        titles, texts = titles + prepared.row.title_length, texts + prepared.row.text_length
        if len(seen) % _STEP == 0:
            progress(len(seen))
        if len(batch) == BATCH:
            write()
    if batch:
        write()
    with connection.transaction():
        finish(connection, number)
        connection.execute(
            "UPDATE generations SET cursor = %s, documents = %s, title_words = %s, text_words = %s WHERE number = %s",
            [cursor, len(seen), titles, texts, number],
        )
    progress(len(seen))
