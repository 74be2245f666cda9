"""`/suggest?q=`: what somebody may be typing, as JSON: communes by all their names, concepts, titles of practices.

Bounded, and nobody is followed: nothing is kept or logged, and an answer is the same for everybody who reads the same
language. A chosen commune leads to its page, a concept to the filter, a title to the practice.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from node import communes, labels
from node.asking import Asked
from node.labels import FACET_WORDS, SCHEMES
from node.store import records
from node.store.records import PUBLIC, Stored
from node.web.language import language
from node.web.listing import Who, the_node, the_searcher
from node.web.searching import search_link
from protocol import schemas
from protocol.card import Card
from search import Names, Suggestion
from search.errors import SearchError

TYPED_MOST = 64
SUGGESTIONS = 8

_Named = tuple[str, tuple[tuple[str, str], ...]]


def add_to(pages: Blueprint) -> None:
    """Add this answer to the blueprint."""
    pages.add_url_rule("/suggest", "suggest", suggest)


def suggest() -> WerkzeugResponse:
    """Suggestions for the words in `q`: `{"q", "said", "suggestions": [{"kind", "text", "language", "address"}]}`."""
    typed = request.args.get("q", "")[:TYPED_MOST]
    with the_node().database.reading() as connection:
        who = Who(connection)
        found = _shown(connection, _completed(typed, who))
    said = ngettext("%(num)s suggestion", "%(num)s suggestions", len(found))
    response = Response(orjson.dumps({"q": typed, "said": said, "suggestions": found}), mimetype="application/json")
    response.vary.update(("Cookie", "Accept-Language"))
    response.add_etag(weak=True)
    return response.make_conditional(request)


def places(cards: Mapping[str, Card]) -> Names:
    """The nodes by all their names: those on their cards, and for communes of the project the usual ones."""
    return _names(tuple((did, _names_of(card)) for did, card in sorted(cards.items())))


@lru_cache(maxsize=2)
def _names(named: tuple[_Named, ...]) -> Names:
    return Names("place", dict(named))


def _names_of(card: Card) -> tuple[tuple[str, str], ...]:
    own = [(str(tongue), str(name)) for tongue, name in card.content["names"].items()]
    known = next((found for _, name in own if (found := communes.find(name)) is not None), None)
    return (*own, *(known.names.items() if known else ()))


def _completed(typed: str, who: Who) -> tuple[Suggestion, ...]:
    if not typed.strip():
        return ()
    try:
        return the_searcher().asked(lambda index: index.complete(typed, language(), places(who.cards), SUGGESTIONS))
    except SearchError:
        the_searcher().rest()
        return ()


def _shown(connection: Connection, found: tuple[Suggestion, ...]) -> list[dict[str, Any]]:
    titled = records.many(connection, [each.value for each in found if each.kind == "title"], PUBLIC)
    shown = []
    for each in found:
        text, kind, address = each.text, _("municipality or partner"), ""
        if each.kind == "place":
            address = url_for("pages.commune", did=each.value)
        elif each.kind == "concept":
            kind, address = _concept(each)
        elif (stored := titled.get(each.value)) is not None and stored.state == "live":
            text, kind = _title(connection, stored, each.language), _("practice")
            address = url_for("pages.practice", did=stored.origin, record=stored.record)
        if text and address:
            shown.append({"kind": kind, "text": text, "language": each.language, "address": address})
    return shown


def _concept(each: Suggestion) -> tuple[str, str]:
    """What it is called to be, and where it leads: to its filter, or else to a search for its name."""
    scheme = labels.concepts()[each.value].scheme
    facet = next((name for name, own in SCHEMES.items() if own == scheme), None)
    if facet is None:
        return _("words"), search_link(Asked(words=each.text))
    return _(FACET_WORDS[facet]), search_link(Asked(chosen={facet: (each.value,)}))


def _title(connection: Connection, stored: Stored, tongue: str) -> str:
    texts = dict(schemas.texts(stored.type, stored.content, str(stored.body["language"])))
    if tongue not in texts:
        for other in records.about(connection, stored.uri, PUBLIC, ["Translation"]):
            texts |= schemas.texts("Translation", other.content, str(other.body["language"]))
    wording = texts.get(tongue)
    return wording.title if wording else ""
