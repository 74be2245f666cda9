"""Hits as a reader sees them: title and passage with the words marked, and chips that say why each was found.

What is shown stands in the store now: what was withdrawn since the index read it is left out. Whole words are marked,
never a part of one, so that Arabic keeps its shapes (`search/snippet.py`).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from node import answers, prose
from node.indexing import vocabulary
from node.store import files
from node.store.records import PUBLIC, Stored
from node.web.language import language
from node.web.listing import Item, Who, item
from node.wording import Translated, translations_among
from protocol import schemas
from search import Hit, Query
from search.snippet import Fragment
from search.snippet import passage as passage_of

if TYPE_CHECKING:
    from protocol.schemas.reading import Texts  # marshmallow comes with it

SNIPPET_WIDTH = 220
_SPACES = re.compile(r"\s+")

TITLE, TEXT, NAMES = "title", "text", "names"
"""Where the words stand that a practice was found by; `names`: of its municipality or of organisations."""


def items_of(connection: Connection, who: Who, hits: Sequence[Hit], words: str) -> list[Item]:
    """The practices of a page of hits, in their order."""
    query = Query(words, language())
    held = answers.held(connection, hits)
    said = translations_among(connection, [stored for _, stored in held])
    attached = files.of_records(connection, list(said) if query.words else (), PUBLIC)
    return [
        _found(connection, who, stored, hit, query, said[stored.uri], attached.get(stored.uri, ()))
        for hit, stored in held
    ]


def _found(
    connection: Connection,
    who: Who,
    stored: Stored,
    hit: Hit,
    query: Query,
    translations: Mapping[str, Translated],
    attached: Sequence[Stored],
) -> Item:
    shown = item(connection, who, stored, translations)
    if not query.words:
        return shown
    passage, tongue = _passage(stored, translations, attached, hit.language, query)
    title = _title_marks(shown.title.text, query, shown.title.language)
    where = TITLE if title else TEXT if passage else NAMES
    return dataclasses.replace(
        shown,
        snippet=passage,
        snippet_language=tongue,
        via=hit.concepts,
        title_marks=title,
        where="" if hit.concepts else where,
    )


def _title_marks(title: str, query: Query, tongue: str) -> Sequence[Fragment]:
    """A title with the words marked; empty when none of them stands in it."""
    marked = passage_of(title, query, tongue, len(title) + 8, vocabulary())
    whole = "".join(text for text, _ in marked) == _SPACES.sub(" ", title).strip()
    return marked if whole and any(is_match for _, is_match in marked) else ()


def _passage(
    stored: Stored, translations: Mapping[str, Translated], attached: Sequence[Stored], first: str, query: Query
) -> tuple[Sequence[Fragment], str]:
    """The place where the words stand, and its language: `first` if they do in it; empty when they stand nowhere."""
    for tongue, wording in _wordings(stored, translations, attached, first):
        for text in (wording.summary, prose.plain(wording.body)):
            marked = passage_of(prose.upright(text), query, tongue, SNIPPET_WIDTH, vocabulary())
            if any(is_match for _, is_match in marked):
                return marked, tongue
    return (), first


def _wordings(
    stored: Stored, translations: Mapping[str, Translated], attached: Sequence[Stored], first: str
) -> Iterator[tuple[str, Texts]]:
    """What a record says in a language: itself or translated, then the files that are attached to it; then, in every
    other language, which is where a reader of its translation has found a word of its original."""
    texts = schemas.texts(stored.type, stored.content, str(stored.body["language"]))
    if first not in texts and first in translations:
        texts |= schemas.texts("Translation", translations[first].stored.content, first)
    if first in texts:
        yield first, texts[first]
    filed = [schemas.texts(one.type, one.content, str(one.body["language"])) for one in attached]
    yield from ((first, said[first]) for said in filed if first in said)
    others = (schemas.texts("Translation", made.stored.content, other) for other, made in translations.items())
    for said in (texts, *filed, *others):
        yield from ((other, words) for other, words in said.items() if other != first)
