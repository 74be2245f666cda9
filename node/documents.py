"""A record as search sees it: its words in every language, its concepts, what it can be narrowed by, when it was.

Comes from: the store. Goes to: `indexing` (every record that changes), and whoever asks for what is like a record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from babel import Locale
from sqlalchemy import Connection

from node import prose
from node.facets import facets_of, helped_with, time_of
from node.store import records
from node.store.files import ATTACHMENT
from node.store.records import OURSELVES, Stored
from node.wording import MACHINE, best_of
from protocol import schemas
from protocol.card import Card
from search.document import Document, Text
from search.language import LANGUAGES

INDEXED = ("Practice", "Adaptation", "Question", "Answer", "Event")
"""Types that are documents of their own; a translation is indexed with what it translates."""

APART = ("Organisation",)
"""Types that are documents too, and are searched apart (`node/searching_apart.py`)."""

SAID_ABOUT = ("Translation", "Adaptation", ATTACHMENT)
"""Types that change the document of the record that they are about: its words, or the level of its evidence."""

ATTACHED_MOST = 200_000
"""Characters of a record's attachments that are part of its document: some 60 pages."""


def documents_of(connection: Connection, page: Sequence[Stored], cards: Mapping[str, Card]) -> list[Document | None]:
    """As `document_of`, for some hundred records, with few questions for all of them."""
    said = records.about_many(connection, [stored.uri for stored in page], OURSELVES, SAID_ABOUT)
    return [document_of(connection, stored, cards, about=said.get(stored.uri, ())) for stored in page]


def document_of(
    connection: Connection,
    stored: Stored,
    cards: Mapping[str, Card],
    types: Sequence[str] = INDEXED,
    about: Sequence[Stored] | None = None,
) -> Document | None:
    """The document of one record with its translations, the best of each language; None for what is not of `types`.

    `cards`: the origins' cards in force, so that a town's names find its practices. `about`: what `records.about` says
    of it, where that is known already.
    """
    if stored.type not in types or stored.state != "live" or stored.data is None:
        return None
    body = stored.body
    content = body["content"]
    language = str(body["language"])
    texts = _texts(stored.type, content, language)
    said = records.about(connection, stored.uri, OURSELVES, SAID_ABOUT) if about is None else about
    about = [other for other in said if other.visibility in (stored.visibility, "public")]
    translations = best_of(connection, stored, about)
    for other, translated in translations.items():
        texts |= _texts("Translation", translated.stored.content, other)
    _add_attached(texts, [other for other in about if other.type == ATTACHMENT and other.origin == stored.origin])
    adapted = [
        str(other.content.get("outcome"))
        for other in about
        if other.type == "Adaptation" and other.origin != stored.origin
    ]
    names = [(language, name) for name in content.get("organisations", []) if isinstance(name, str)]
    country = str(cards[stored.origin].content.get("country") or "") if stored.origin in cards else None
    if stored.origin in cards:
        names += [(spoken, str(name)) for spoken, name in cards[stored.origin].content["names"].items()]
        names += country_names(country or "")
    concepts = [*content.get("topics", []), *content.get("targetGroups", []), *helped_with(content)]
    concepts += [content["stakeholderType"]] if stored.type in APART else []
    start, end = time_of(content)
    return Document(
        uri=stored.uri,
        kind=stored.type,
        language=language,
        commune=stored.origin,
        texts=texts,
        concepts=tuple(str(concept) for concept in concepts),
        public=stored.visibility == "public",
        stamp=stored.modified,
        facets=facets_of(stored.type, content, country, adapted),
        start=start,
        end=end,
        names=tuple(names),
        lesser=tuple(other for other, found in translations.items() if found.outdated or found.method == MACHINE),
    )


@cache
def country_names(code: str) -> tuple[tuple[str, str], ...]:
    """(language, name) of a country by its ISO code, in the languages of the network; none for an unknown code."""
    named = ((language, Locale(language).territories.get(code)) for language in LANGUAGES)
    return tuple((language, str(name)) for language, name in named if name)


def _add_attached(texts: dict[str, Text], attached: list[Stored]) -> None:
    """Put titles, alternative texts and words of a record's files behind its own words, each in its own language."""
    room = ATTACHED_MOST
    for one in attached:
        for language, text in _texts(ATTACHMENT, one.content, str(one.body["language"])).items():
            words = f"{text.title}\n{text.body}"[:room]
            room -= len(words)
            before = texts.get(language, Text("", "", ""))
            texts[language] = Text(before.title, before.summary, f"{before.body}\n{words}".strip())


def _texts(type_: str, content: dict[str, object], language: str) -> dict[str, Text]:
    read = schemas.texts(type_, content, language)
    return {other: Text(words.title, words.summary, prose.plain(words.body)) for other, words in read.items()}
