"""`/search`: words in, practices out, with what they may be narrowed by. Nothing a reader types is syntax.

Without words it lists every practice, newest first. Search words are never logged.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, current_app, render_template, request
from sqlalchemy import Connection

from node.indexing import Found, Searcher
from node.store import records
from node.store.records import PUBLIC, Stored
from node.web.language import language
from node.web.listing import Item, Who, item, the_node
from node.web.presenting import OWN_NAMES, language_name
from node.web.wording import translations_of
from protocol import schemas
from search import Hit, Query
from search.snippet import snippet

PER_PAGE = 10
PAGES_MOST = 1000
WORDS_MOST = 300
SNIPPET_WIDTH = 220


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet. `address`: the same search with this value chosen, or, when it is, taken away."""

    value: str
    label: str
    count: int
    chosen: bool


def add_to(pages: Blueprint) -> None:
    """Add this page to the blueprint."""
    pages.add_url_rule("/search", "search", search)


def search() -> str:
    """A page of results. Parameters: `q`, `language` (of the original), `commune` (a DID), `page` from 1."""
    words = " ".join(request.args.get("q", "")[:WORDS_MOST].split())
    tongue, commune = request.args.get("language", "")[:35], request.args.get("commune", "")[:120]
    page = min(max(request.args.get("page", 1, int), 1), PAGES_MOST)
    query = Query(
        words=words,
        language=language(),
        filters={"language": (tongue,) if tongue else (), "commune": (commune,) if commune else ()},
        facets=("language", "commune"),
        offset=(page - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    searcher: Searcher = current_app.extensions["wasl-searcher"]
    found = searcher.find(query)
    languages, communes = (found.results.facets.get(name, {}) for name in ("language", "commune"))
    with the_node().database.reading() as connection:
        who = Who(connection)
        items = _items(connection, who, found.results.hits, words)
        everything = sum(n for (_, type_), n in records.counts(connection, PUBLIC).items() if type_ == "Practice")
    return render_template(
        "search.html",
        words=words,
        items=items,
        total=found.results.total,
        languages=_choices(languages, tongue, {code: _tongue(code) for code in languages}),
        communes=_choices(communes, commune, {did: who.name(did) for did in communes}),
        narrowed=bool(tongue or commune),
        page=page,
        pages=min(-(-found.results.total // PER_PAGE), PAGES_MOST),
        concepts=found.results.concepts,
        rebuilding=_rebuilding(found, everything),
        partial=not found.results.complete and not found.rebuilding,
        everything=everything,
    )


def _items(connection: Connection, who: Who, hits: Sequence[Hit], words: str) -> list[Item]:
    """What was found, as it stands in the store now: what has been withdrawn since is left out."""
    held = records.many(connection, [hit.uri for hit in hits], PUBLIC)
    found = []
    for hit in hits:
        stored = held.get(hit.uri)
        if stored is None or stored.state != "live" or stored.data is None:
            continue
        shown = item(connection, who, stored)
        marked = _snippet(connection, stored, hit.language, words) if words else ()
        found.append(dataclasses.replace(shown, snippet=marked, snippet_language=hit.language, via=hit.concepts))
    return found


def _snippet(connection: Connection, stored: Stored, tongue: str, words: str) -> Sequence[tuple[str, bool]]:
    """The place where the words stand, in the language in which they were found; empty when they stand nowhere."""
    body = stored.body
    texts = schemas.texts(stored.type, stored.content, str(body["language"]))
    if tongue not in texts:
        translated = translations_of(connection, stored).get(tongue)
        if translated is None:
            return ()
        texts = schemas.texts("Translation", translated.stored.content, tongue)
    wording = texts.get(tongue)
    if wording is None:
        return ()
    for text in (wording.summary, wording.body):
        marked = snippet(text, words, tongue, SNIPPET_WIDTH)
        if any(is_match for _, is_match in marked):
            return marked
    return ()


def _choices(counts: Mapping[str, int], chosen: str, labels: Mapping[str, str]) -> list[Choice]:
    found = [Choice(value, labels[value], count, value == chosen) for value, count in counts.items()]
    if chosen and chosen not in counts:
        found.insert(0, Choice(chosen, labels.get(chosen, chosen), 0, True))
    return found


def _tongue(code: str) -> str:
    return OWN_NAMES.get(code) or language_name(code)


def _rebuilding(found: Found, everything: int) -> bool:
    return found.rebuilding and everything > 0
