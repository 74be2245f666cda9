"""`/search`: words in, practices out, with what they may be narrowed by. Nothing a reader types is syntax.

The address is the whole state (`node/asking.py`): a form sent with empty fields is answered by the tidy address, which
can be kept and passed on. Without words it lists every practice, newest first. Search words are never logged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from node import asking, labels, speech
from node.asking import Asked
from node.labels import FACET_WORDS
from node.store import records
from node.store.records import PUBLIC
from node.web import finding, helping, narrowing
from node.web.language import language
from node.web.listing import Item, Who, item, the_node, the_searcher
from search import Results
from search.document import FACETS, SORTS

PER_PAGE = {"list": 10, "table": 50, "map": 0, "print": 100}
"""Practices on one page, by how they are shown."""
LIKE_MOST = 20
"""Practices that are like another one, at most."""
NEWEST = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found. `rebuilding`: the index is being built anew, this may not be all."""

    results: Results
    rebuilding: bool


def add_to(pages: Blueprint) -> None:
    """Add this page to the blueprint."""
    pages.add_url_rule("/search", "search", search)
    pages.app_template_global("search_link")(search_link)


def asked_here(who: Who) -> Asked:
    """The question in the address of this request."""
    return asking.read(request.args.items(multi=True), known_to(who))


def known_to(who: Who) -> asking.Known:
    """Which values facets have on this node."""
    return lambda name, value: who.known(value) if name == "commune" else labels.known(name, value)


def search_link(asked: Asked, endpoint: str = "pages.search", **more: Any) -> str:
    """The address of a question; `more`: other parameters, or `_external`."""
    arguments: dict[str, Any] = {}
    for name, value in asked.pairs():
        arguments.setdefault(name, []).append(value)
    return url_for(endpoint, **arguments, **more)


def search() -> str | WerkzeugResponse:
    """A page of results. Parameters: those of `node/asking.py`, and `lang`."""
    with the_node().database.reading() as connection:
        who = Who(connection)
        asked = asked_here(who)
        if not asking.is_tidy(request.args.items(multi=True)):
            return redirect(search_link(asked, lang=request.args.get("lang") or None), 302)
        g.carried = {"lang": None}
        for name, value in asked.pairs():
            g.carried.setdefault(name, []).append(value)
        return _like(connection, who, asked) if asked.like else _found(connection, who, asked)


def answer(asked: Asked, **more: Any) -> Answer:
    """Ask the index. `more`: fields of `search.Query`."""
    found = the_searcher().find(asked.query(language(), **more))
    return Answer(found.results, found.rebuilding)


def names_of(who: Who) -> dict[str, str]:
    """What the communes are called, by DID."""
    return {did: who.name(did) for did in who.cards}


def _found(connection: Connection, who: Who, asked: Asked) -> str:
    per_page = PER_PAGE[asked.view]
    given = answer(asked, facets=FACETS, offset=(asked.page - 1) * per_page, limit=per_page)
    results, names = given.results, names_of(who)
    everything = sum(n for (_, type_), n in records.counts(connection, PUBLIC).items() if type_ == "Practice")
    nothing = not results.total and not given.rebuilding
    return render_template(
        "search.html",
        asked=asked,
        items=finding.items_of(connection, who, results.hits, asked.words),
        total=results.total,
        facets=narrowing.facets(asked, results.facets, names),
        chosen=narrowing.chosen_of(asked, names),
        wrong={name: _wrong(code) for name, code in asked.problems.items()},
        sorts=SORTS,
        pages=min(-(-results.total // per_page), asking.PAGES_MOST) if per_page else 1,
        concepts=results.concepts,
        others=helping.other_words(the_searcher(), asked, results.total),
        ways=helping.ways_out(the_searcher(), asked, names) if nothing else [],
        topics=helping.broader(the_searcher(), asked, results.concepts) if nothing else [],
        newest=_newest(connection, who) if nothing else [],
        rebuilding=given.rebuilding and everything > 0,
        partial=not results.complete and not given.rebuilding,
        everything=everything,
        headings=FACET_WORDS,
    )


def _like(connection: Connection, who: Who, asked: Asked) -> str:
    stored, hits = finding.similar_to(connection, the_searcher(), asked.like, LIKE_MOST)
    return render_template(
        "like.html",
        asked=asked,
        source=item(connection, who, stored) if stored else None,
        items=finding.items_of(connection, who, hits, ""),
    )


def _newest(connection: Connection, who: Who) -> Sequence[Item]:
    return [item(connection, who, stored) for stored in records.latest(connection, PUBLIC, limit=NEWEST)]


def _wrong(code: str) -> tuple[str, str]:
    """The sentence of a code, and the code."""
    return speech.sentence_for(code, language()), code
