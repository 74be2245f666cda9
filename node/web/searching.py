"""`/search`: words in, practices out, with what they may be narrowed by. Nothing a reader types is syntax.

The address is the whole state (`node/asking.py`): a form sent with empty fields is answered by the tidy address, which
can be kept and passed on. Without words it lists every practice, newest first. Search words are never logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from node import answers, asking, labels, speech
from node.asking import Asked
from node.outputs import rows
from node.store import records
from node.store.records import PUBLIC
from node.web import finding, helping, mapping, narrowing, remembering
from node.web.language import language
from node.web.listing import Item, Who, counted, item, items, the_node, the_searcher
from search import Results
from search.document import FACETS, SORTS

PER_PAGE = {"list": 10, "table": 50, "map": 0, "print": 100}
"""Practices on one page, by how they are shown."""
LIKE_MOST = 20
"""Practices that are like another one, at most."""
NEWEST = 3


def add_to(pages: Blueprint) -> None:
    """Add this page to the blueprint."""
    pages.add_url_rule("/search", "search", search)
    pages.add_url_rule("/searches", "searches", lambda: redirect(url_for("admin.searches"), 302))
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


def names_of(who: Who) -> dict[str, str]:
    """What the communes are called, by DID."""
    return {did: who.name(did) for did in who.cards}


def _found(connection: Connection, who: Who, asked: Asked) -> str:
    per_page = PER_PAGE[asked.view]
    first = (asked.page - 1) * per_page
    given = answers.find(the_searcher(), asked, language(), facets=FACETS, offset=first, limit=per_page)
    if given.rough or given.rebuilding or not given.results.complete:
        remembering.never()
    results, names = given.results, names_of(who)
    everything = sum(n for (_, type_), n in counted(connection).items() if type_ == "Practice")
    nothing = not results.total and not given.rebuilding
    return render_template(
        "search_print.html" if asked.view == "print" else "search.html",
        asked=asked,
        **_shown(connection, who, asked, results),
        total=results.total,
        facets=narrowing.facets(asked, results.facets, names),
        chosen=narrowing.chosen_of(asked, names),
        wrong={name: _wrong(code) for name, code in asked.problems.items()},
        sorts=SORTS,
        pages=min(-(-results.total // per_page), asking.PAGES_MOST) if per_page else 1,
        concepts=results.concepts,
        instead=results.instead,
        rough=given.rough,
        progress=given.progress,
        others=helping.other_words(the_searcher(), asked, results.total),
        ways=helping.ways_out(the_searcher(), asked, names) if nothing else [],
        topics=helping.broader(the_searcher(), asked, results.concepts) if nothing else [],
        newest=_newest(connection, who) if nothing else [],
        rebuilding=given.rebuilding and everything > 0,
        partial=not results.complete and not given.rebuilding,
        everything=everything,
        most=answers.MOST,
        now=the_node().now(),
    )


def _shown(connection: Connection, who: Who, asked: Asked, results: Results) -> dict[str, Any]:
    """The results in the form that was asked for: `items`, `rows` or `drawings` and `towns`; the others are empty."""
    shown: dict[str, Any] = {"items": [], "rows": [], "drawings": [], "towns": []}
    if asked.view == "map":
        shown["towns"] = towns_of(who, asked, results.facets.get("commune", {}))
        shown["drawings"] = mapping.drawings(shown["towns"])
    elif asked.view == "table":
        shown["rows"] = rows.rows_of(connection, results.hits, language(), _practice)
    else:
        words = " ".join((asked.words, *results.instead)).strip()  # what was searched instead is marked, too
        shown["items"] = finding.items_of(connection, who, results.hits, words)
    return shown


def towns_of(who: Who, asked: Asked, counts: Mapping[str, int]) -> list[mapping.Town]:
    """The communes of what was found, those with most practices first."""
    chosen = asked.chosen.get("commune")
    towns = []
    for did, count in counts.items():
        if count and (chosen is None or did in chosen):
            content = who.cards[did].content if who.known(did) else {}
            lat, lon = mapping.place_of(content.get("location"))
            towns.append(mapping.Town(did, who.name(did), str(content.get("country", "")), count, lat, lon))
    return sorted(towns, key=lambda town: (-town.count, town.name.casefold()))


def _practice(origin: str, record: str) -> str:
    return url_for("pages.practice", did=origin, record=record)


def _like(connection: Connection, who: Who, asked: Asked) -> str:
    stored, hits = answers.similar(connection, the_searcher(), asked.like, language(), LIKE_MOST)
    if not hits:  # perhaps for want of an index
        remembering.never()
    return render_template(
        "like.html",
        asked=asked,
        source=item(connection, who, stored) if stored else None,
        items=finding.items_of(connection, who, hits, ""),
    )


def _newest(connection: Connection, who: Who) -> Sequence[Item]:
    return items(connection, who, records.latest(connection, PUBLIC, limit=NEWEST))


def _wrong(code: str) -> tuple[str, str]:
    """The sentence of a code, and the code."""
    return speech.sentence_for(code, language()), code
