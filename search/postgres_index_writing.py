"""One commit: documents put, documents dropped, the cursor moved, all or nothing; and many documents at once.

Law: the cursor is in the transaction of the documents. A spelling that no document has any more goes with the last
one that had it. Erasing writes every table anew in the same transaction, since PostgreSQL leaves the bytes of what was
deleted in its pages, and the words of a GIN for ever. Comes from: `postgres_index`, `_rebuilding`.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from psycopg import sql

from search.analysis import SEPARATOR
from search.postgres_index_binary import COLUMNS
from search.postgres_index_guess import letters
from search.postgres_index_rows import quoted_key
from search.postgres_index_schema import Census, add_indexes, add_keys, create, drop, make_live, tables
from search.postgres_index_server import Connection, plain, safe
from search.postgres_index_values import Codes, Prepared, Values
from search.vocabulary import Vocabulary


def change(
    connection: Connection, census: Census, fresh: Sequence[Prepared], drops: Collection[str], cursor: int | None
) -> None:
    """Put, drop and move the cursor, within a transaction that holds the lock of writers."""
    names = census.tables
    gone = [safe(uri) for uri in drops] + [each.row.uri for each in fresh]
    orphans = _spellings_of(connection, census, gone)
    statement = sql.SQL("DELETE FROM {documents} WHERE uri = ANY(%s) RETURNING title_length, text_length")
    removed = connection.execute(statement.format(**names), [gone]).fetchall() if gone else []
    if fresh:
        copy(connection, census.number, fresh, codes_of(connection, census.number, [each.values for each in fresh]))
        add_spellings(connection, census.number, {key for each in fresh for key in each.row.spellings})
    _remove_spellings(connection, census, orphans)
    connection.execute(
        "UPDATE generations SET cursor = coalesce(%s, cursor), documents = documents + %s, "
        "title_words = title_words + %s, text_words = text_words + %s WHERE number = %s",
        [
            cursor,
            len(fresh) - len(removed),
            sum(each.row.title_length for each in fresh) - sum(title for title, _ in removed),
            sum(each.row.text_length for each in fresh) - sum(text for _, text in removed),
            census.number,
        ],
    )


def rewrite(connection: Connection, census: Census, vocabulary: Vocabulary) -> None:
    """Write what is live into new tables, which take over when this transaction is committed."""
    number = create(connection, vocabulary, census.cursor)
    old, new = census.tables, tables(number)
    copied = sql.SQL("INSERT INTO {new} ({columns}) SELECT {columns} FROM {old} ORDER BY id")
    connection.execute(copied.format(new=new["documents"], old=old["documents"], columns=sql.SQL(COLUMNS)))
    having = sql.SQL(
        "INSERT INTO {new} SELECT * FROM {old} WHERE code IN (SELECT unnest(facets) FROM {documents})"
    ).format(new=new["values"], old=old["values"], documents=new["documents"])
    connection.execute(having)
    connection.execute(
        sql.SQL("INSERT INTO {new} SELECT * FROM {old}").format(new=new["spellings"], old=old["spellings"])
    )
    finish(connection, number)
    connection.execute(  # the cursor too: it has moved since the census was taken
        "UPDATE generations mine SET (cursor, documents, title_words, text_words) = "
        "(SELECT cursor, documents, title_words, text_words FROM generations WHERE number = %s) WHERE number = %s",
        [census.number, number],
    )
    make_live(connection, number)
    drop(connection, census.number)  # in the same transaction: when it is committed, the words are gone


def finish(connection: Connection, number: int) -> None:
    """Index tables that were filled, and let codes be given from the next one on."""
    add_keys(connection, number)
    for words in (True, False):
        add_indexes(connection, number, words=words)
    go_on_with_codes(connection, number)
    for name in tables(number).values():
        connection.execute(sql.SQL("ANALYZE {}").format(name))


def go_on_with_codes(connection: Connection, number: int) -> None:
    """Let codes be given from the next one on."""
    statement = sql.SQL(
        "SELECT setval(pg_get_serial_sequence(%s, 'code'), (SELECT coalesce(max(code), 0) + 1 FROM {values}), false)"
    )
    names = tables(number)
    connection.execute(statement.format(**names), [names["values"].as_string()])


def copy(connection: Connection, number: int, fresh: Iterable[Prepared], codes: Codes) -> None:
    """Write new rows."""
    statement = sql.SQL("COPY {documents} ({columns}) FROM STDIN").format(columns=sql.SQL(COLUMNS), **tables(number))
    with connection.cursor() as cursor, cursor.copy(statement) as rows:
        for each in fresh:
            rows.write_row(each.columns(codes))


def codes_of(connection: Connection, number: int, fresh: Iterable[Values]) -> Codes:
    """The codes of all values of some documents; new ones for those that have none."""
    wanted = list(dict.fromkeys(chain.from_iterable(fresh)))
    names = tables(number)
    known = sql.SQL("SELECT facet, value, code FROM {values} WHERE value = ANY(%s)").format(**names)
    codes = {(facet, value): code for facet, value, code in connection.execute(known, [[each for _, each in wanted]])}
    lacking = [each for each in wanted if each not in codes]
    if lacking:
        added = sql.SQL(
            "INSERT INTO {values} (facet, value) SELECT * FROM unnest(%s::text[], %s::text[])"
            " RETURNING facet, value, code"
        ).format(**names)
        given = [[facet for facet, _ in lacking], [value for _, value in lacking]]
        codes |= {(facet, value): code for facet, value, code in connection.execute(added, given)}
    return codes


def add_spellings(connection: Connection, number: int, keys: Collection[str]) -> None:
    """Enter those keys of spellings that are not there yet."""
    if not keys:
        return
    folded = [key.partition(SEPARATOR)[0] for key in keys]
    statement = sql.SQL(
        "INSERT INTO {spellings} SELECT key, folded, length, letters::bit(64)"
        " FROM unnest(%s::text[], %s::text[], %s::smallint[], %s::text[]) fresh (key, folded, length, letters)"
        " WHERE NOT EXISTS (SELECT FROM {spellings} known WHERE known.key = fresh.key)"
    ).format(**tables(number))
    given = [list(keys), folded, [len(plain(each)) for each in folded], [letters(plain(each)) for each in folded]]
    connection.execute(statement, given)


def copy_spellings(connection: Connection, number: int, keys: Iterable[str]) -> None:
    """Enter keys of spellings into an empty table, each once."""
    statement = sql.SQL("COPY {spellings} FROM STDIN").format(**tables(number))
    with connection.cursor() as cursor, cursor.copy(statement) as rows:
        for key in keys:
            folded = key.partition(SEPARATOR)[0]
            rows.write_row((key, folded, len(plain(folded)), letters(plain(folded))))


def _spellings_of(connection: Connection, census: Census, gone: Sequence[str]) -> list[str]:
    """Keys of the spellings of these documents."""
    if not gone:
        return []
    statement = sql.SQL(
        "SELECT DISTINCT substr(lexeme, 2) FROM {documents}, unnest(words) WHERE uri = ANY(%s) AND lexeme LIKE 'w%%'"
    ).format(**census.tables)
    return [key for (key,) in connection.execute(statement, [gone])]


def _remove_spellings(connection: Connection, census: Census, keys: Sequence[str]) -> None:
    """Take away those of these keys that no document has."""
    if not keys:
        return
    statement = sql.SQL(
        "DELETE FROM {spellings} WHERE key = ANY(SELECT key FROM unnest(%s::text[], %s::text[]) gone (key, sought)"
        " WHERE NOT EXISTS (SELECT FROM {documents} WHERE words @@ sought::tsquery))"
    ).format(**census.tables)
    connection.execute(statement, [list(keys), [quoted_key(key) for key in keys]])
