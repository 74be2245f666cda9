"""A rough answer from the store, while there is no index: titles and summaries that have the words, newest first.

Law: never an empty page because a file is broken, and never more than what an index would show: the same audience, the
same kinds, the same filters. Rough in its words: no stems, no concepts, no order of worth, and no further back than
`node.store.sifting` looks. Comes from: `Searcher.find`, which says that the answer is a rough one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from node.documents import INDEXED, document_of
from node.store import chains, records
from node.store.records import OURSELVES, PUBLIC
from node.store.sifting import sift
from search.analysis import Analysed, invert, take_apart
from search.document import Document, Hit, Query, Results, Text
from search.language import forms, spelling, word_list
from search.memory_match import admits, passes
from search.plan import MAX_CHARACTERS, MAX_WORDS, plan
from search.vocabulary import Vocabulary

WITHIN = 4
"""Letters from which a word is also found within another one; a shorter one at its beginning only."""


@dataclass(frozen=True, slots=True)
class _Rough:
    """A document that has the words. `language`: of the text they stand in; `facts`: it without its words."""

    document: Document
    language: str
    facts: Analysed


def find(connection: Connection, query: Query, vocabulary: Vocabulary) -> Results:
    """Answer `query` from the store. `complete` is False; `total` and facets count what was looked at."""
    understood = plan(query, vocabulary)
    words = _words(query)
    found = [] if understood.asked and not words else list(_matching(connection, query, words, vocabulary))
    shown = sorted(
        (each for each in found if passes(query, understood, each.facts)),
        key=lambda each: (-each.document.stamp, each.document.uri),
    )
    facets = {
        name: Counter(
            value
            for each in found
            if passes(query, understood, each.facts, without=name)
            for value in each.facts.parts.facets[name]
        )
        for name in understood.facets
    }
    return Results(
        hits=tuple(
            Hit(each.document.uri, 0.0, each.language, ())
            for each in shown[understood.offset : understood.offset + understood.limit]
        ),
        total=len(shown),
        facets={name: dict(counts.most_common()) for name, counts in facets.items()},
        concepts=(),
        complete=False,
    )


def _words(query: Query) -> list[str]:
    """The words asked for, folded; stop words of the reader's language are left out, unless there are no others."""
    asked = word_list(query.words[:MAX_CHARACTERS])[:MAX_WORDS]
    told = [word for word in asked if forms(word, query.language)] or asked
    return list(dict.fromkeys(spelled for word in told if (spelled := spelling(word, query.language))))


def _matching(connection: Connection, query: Query, words: Sequence[str], vocabulary: Vocabulary) -> Iterator[_Rough]:
    audience = PUBLIC if query.public_only else OURSELVES
    uris = sift(connection, words, query.kinds or INDEXED)
    held = records.many(connection, uris, audience)
    cards = chains.head_cards(connection)
    for uri in uris:
        document = document_of(connection, held[uri], cards) if uri in held else None
        if document is None:
            continue
        language = _language(document, words, query.language)
        facts = invert(take_apart(replace(document, texts={}), vocabulary), vocabulary)
        if language is not None and admits(query, facts):
            yield _Rough(document, language, facts)


def _language(document: Document, words: Sequence[str], reader: str) -> str | None:
    """The language of the title and summary that have all the words, the reader's first; None if none has."""
    having = [language for language, text in document.texts.items() if _has(text, language, words)]
    if reader in document.texts and having:
        return reader
    return next(iter(having), None)


def _has(text: Text, language: str, words: Sequence[str]) -> bool:
    said = " " + " ".join(spelling(word, language) for word in word_list(f"{text.title}\n{text.summary}"))
    return all((word if len(word) >= WITHIN else f" {word}") in said for word in words)
