"""Hits as a reader sees them: title and passage with the words marked, and chips that say why each was found.

What is shown stands in the store now: what was withdrawn since the index read it is left out. Whole words are marked,
never a part of one, so that Arabic keeps its shapes (`search/snippet.py`).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from node import answers
from node.indexing import vocabulary
from node.store.records import Stored
from node.web.language import language
from node.web.listing import Item, Who, item
from node.wording import Translated, translations_of
from protocol import schemas
from search import Hit, Query
from search.snippet import Fragment, snippet

SNIPPET_WIDTH = 220
_SPACES = re.compile(r"\s+")

TITLE, TEXT, NAMES = "title", "text", "names"
"""Where the words stand that a practice was found by; `names`: of its municipality or of organisations."""


def items_of(connection: Connection, who: Who, hits: Sequence[Hit], words: str) -> list[Item]:
    """The practices of a page of hits, in their order."""
    query = Query(words, language())
    return [_found(connection, who, stored, hit, query) for hit, stored in answers.held(connection, hits)]


def _found(connection: Connection, who: Who, stored: Stored, hit: Hit, query: Query) -> Item:
    shown = item(connection, who, stored)
    if not query.words:
        return shown
    translations = translations_of(connection, stored)
    passage = _passage(stored, translations, hit.language, query)
    title = _title_marks(shown.title.text, query, shown.title.language)
    where = TITLE if title else TEXT if passage else NAMES
    return dataclasses.replace(
        shown,
        snippet=passage,
        snippet_language=hit.language,
        via=hit.concepts,
        title_marks=title,
        where="" if hit.concepts else where,
    )


def _title_marks(title: str, query: Query, tongue: str) -> Sequence[Fragment]:
    """A title with the words marked; empty when none of them stands in it."""
    marked = snippet(title, query, tongue, len(title) + 8, vocabulary())
    whole = "".join(text for text, _ in marked) == _SPACES.sub(" ", title).strip()
    return marked if whole and any(is_match for _, is_match in marked) else ()


def _passage(stored: Stored, translations: Mapping[str, Translated], tongue: str, query: Query) -> Sequence[Fragment]:
    """The place where the words stand, in the language in which they were found; empty when they stand nowhere."""
    texts = schemas.texts(stored.type, stored.content, str(stored.body["language"]))
    if tongue not in texts:
        translated = translations.get(tongue)
        if translated is None:
            return ()
        texts = schemas.texts("Translation", translated.stored.content, tongue)
    wording = texts.get(tongue)
    if wording is None:
        return ()
    for text in (wording.summary, wording.body):
        marked = snippet(text, query, tongue, SNIPPET_WIDTH, vocabulary())
        if any(is_match for _, is_match in marked):
            return marked
    return ()
