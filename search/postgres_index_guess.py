"""What somebody is typing, and what a misspelt word may have been: from the spellings of titles and summaries.

Law: the same answers as `memory_index.complete` and `suggest`. Titles are found by beginnings of lexemes; words near
another one from a table of all spellings, by their length and letters. Bounded: `MAX_COMPARED` spellings are compared
letter by letter, `MAX_NEAR` are counted. Comes from: `postgres_index`.
"""

from collections.abc import Sequence

from psycopg import sql

from search.analysis import SEPARATOR, TEXT_STEP
from search.correction import FEW, Near
from search.document import Query, Suggestion
from search.nearness import distance, signature
from search.plan import Plan
from search.postgres_index_match import all_of
from search.postgres_index_narrowing import READER_AND_KIND, reader_and_kind
from search.postgres_index_rows import FIRST, NAME, names, quoted, quoted_key
from search.postgres_index_schema import Census
from search.postgres_index_server import Connection, plain

MAX_COMPARED = 2_000
"""Spellings compared with a misspelt one: those that have most letters in common with it."""

MAX_NEAR = 50
"""Words near a misspelt one whose documents are counted: the nearest."""

_ENOUGH = FEW + 1  # documents beyond which it does not matter how many there are


def having_all(connection: Connection, census: Census, query: Query, understood: Plan) -> int:
    """How many documents have every required unit, whatever the filters; not counted further than it matters."""
    sought = all_of(understood.units)
    if not sought:
        return 0
    statement = sql.SQL(
        "SELECT count(*) FROM (SELECT FROM {documents} WHERE words @@ %(sought)s::tsquery AND {admits}"
        " LIMIT %(most)s) found"
    )
    row = connection.execute(
        statement.format(admits=READER_AND_KIND, **census.tables),
        {**reader_and_kind(query), "sought": sought, "most": _ENOUGH},
    ).fetchone()
    assert row is not None
    return int(row[0])


def titles(
    connection: Connection,
    census: Census,
    asked: Sequence[tuple[str, ...]],
    reader: str,
    public_only: bool,
    limit: int,
) -> list[Suggestion]:
    """Practices whose titles have every word asked for, the last as a beginning.

    First those that begin with the first word asked for, then the newest.
    """
    if not asked or not limit:
        return []
    *whole, last = asked
    has = [_any(NAME, word) for word in whole] + [_any(NAME, last, ":*")]
    starts = _any(FIRST, asked[0], "" if whole else ":*")
    statement = sql.SQL(
        "SELECT uri, languages, places FROM {documents} WHERE words @@ %(sought)s::tsquery AND {admits}"
        " ORDER BY stamp DESC, uri LIMIT %(limit)s"
    ).format(admits=READER_AND_KIND, **census.tables)
    given = reader_and_kind(Query("", public_only=public_only))
    found: dict[str, Suggestion] = {}
    for sought in (" & ".join([starts, *has]), " & ".join([f"!({starts})", *has])):
        given |= {"sought": sought, "limit": limit - len(found)}
        rows = connection.execute(statement, given, binary=True).fetchall()
        for uri, languages, places in rows:
            texts = {place // TEXT_STEP for spelled in last for place in names(places, spelled, True)}
            own = reader in languages and languages.index(reader) in texts
            found[uri] = Suggestion("title", plain(uri), "", reader if own else plain(languages[min(texts)]))
        if len(found) == limit:
            break
    return list(found.values())


def _any(letter: str, word: Sequence[str], ending: str = "") -> str:
    return "(" + " | ".join(quoted(letter, spelled) + ending for spelled in word) + ")"


def near(connection: Connection, census: Census, spelled: Sequence[str], edits: int, query: Query) -> list[Near]:
    """Words at most `edits` away from any of these spellings, and how many documents that may be shown have each."""
    statement = sql.SQL(
        "SELECT key, folded FROM (SELECT key, folded, bit_count(letters # %(letters)s::bigint::bit(64)) AS apart"
        " FROM {spellings} WHERE length BETWEEN %(least)s AND %(most)s) found"
        " WHERE apart <= %(apart)s ORDER BY apart, key LIMIT %(compared)s"
    ).format(**census.tables)
    apart: dict[str, int] = {}
    keys: dict[str, list[str]] = {}
    for one in spelled:
        given = {
            "letters": _signed(signature(one)),
            "least": len(one) - edits,
            "most": len(one) + edits,
            "apart": 2 * edits,
            "compared": MAX_COMPARED,
        }
        for key, folded in connection.execute(statement, given).fetchall():
            distant = distance(one, plain(folded), edits)
            if distant <= edits:
                shown = key.partition(SEPARATOR)[2]
                apart[shown] = min(distant, apart.get(shown, edits))
                keys.setdefault(shown, []).append(key)
    chosen = sorted(apart, key=lambda each: (apart[each], each))[:MAX_NEAR]
    sought = [" | ".join(map(quoted_key, dict.fromkeys(keys[shown]))) for shown in chosen]
    counts = sql.SQL(
        "SELECT (SELECT count(*) FROM {documents} WHERE words @@ sought::tsquery AND {admits})"
        " FROM unnest(%(sought)s::text[]) WITH ORDINALITY each (sought, number) ORDER BY number"
    ).format(admits=READER_AND_KIND, **census.tables)
    rows = connection.execute(counts, {**reader_and_kind(query), "sought": sought}).fetchall() if sought else []
    return [Near(plain(shown), apart[shown], count) for shown, (count,) in zip(chosen, rows, strict=True) if count]


def letters(folded: str) -> str:
    """`nearness.signature` as PostgreSQL's bits."""
    return f"{signature(folded):064b}"


def _signed(bits: int) -> int:
    """The bits as a signed number of 64 bits, which casts to the same bits."""
    return bits - (1 << 64) if bits >> 63 else bits
