"""Which records may have some words, asked of the store itself: for the time in which there is no index to ask.

Law: a sieve and no judge. It lets through whatever might be meant, newest first; whoever asks reads what came through
(`node/rough.py`). Bounded by `HEADS` and `MOST`, whatever is asked. No table of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from node.store.dialects import resembles
from node.store.hiding import is_hidden
from node.store.log import TRANSLATION
from node.store.tables import heads, log, origins

HEADS = 5_000
"""Live heads that are looked at, the last received first."""

MOST = 100
"""Records that are let through."""

_UNSURE = frozenset("aceginosuyاويهك")
"""Letters that stand for others too, with an accent or in another form: a, also à; i, also İ; ا, also أ."""


def sift(connection: Connection, words: Iterable[str], types: Sequence[str]) -> list[str]:
    """URIs of admitted live records of these types that may have all of `words`, the last received first.

    `words`: folded (`search.language.spelling`); none: all records. A translation counts for what it translates.
    The audience is not looked at: what is let through is to be read for one.
    """
    newest = (
        select(heads.c.seq)
        .join(origins, origins.c.id == heads.c.origin_id)
        .where(
            origins.c.admitted.is_(True), heads.c.state == "live", heads.c.type.in_([*types, TRANSLATION]), ~is_hidden()
        )
        .order_by(heads.c.seq.desc())
        .limit(HEADS)
    )
    question = (
        select(origins.c.did, log.c.record, log.c.type, log.c.about)
        .join(origins, origins.c.id == log.c.origin_id)
        .where(log.c.seq.in_(newest), *(resembles(log.c.data, pattern(word)) for word in words))
        .order_by(log.c.seq.desc())
    )
    found: dict[str, None] = {}
    for row in connection.execute(question):
        uri = row.about if row.type == TRANSLATION else f"{row.did}/records/{row.record}"
        if uri is not None:
            found[uri] = None
        if len(found) == MOST:
            break
    return list(found)


def pattern(word: str) -> str:
    """What LIKE is asked: the word anywhere, with any character where a letter may have been written otherwise."""
    return f"%{''.join(map(_place, word))}%"


def _place(letter: str) -> str:
    if letter in _UNSURE or (letter.lower() != letter.upper() and not letter.isascii()):
        return "_"
    return f"\\{letter}" if letter in "%_\\" else letter
