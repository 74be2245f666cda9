"""`/api/1/…`: the public read API: practices by search and one by one, communes, concepts. Described by `openapi`.

A page of practices is `/search.json` by the hundred: the same question, the same rows, written by the same function.
Errors are RFC 9457 problem details, also for paths below `/api/` that do not exist (`node/web/errors.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request
from marshmallow import Schema, ValidationError
from sqlalchemy import Connection
from werkzeug.wrappers import Response as WerkzeugResponse

from node import answers, asking, dates, labels
from node.asking import Asked
from node.errors import Unclear
from node.federation.client import JSON
from node.labels import FACET_WORDS
from node.outputs import json_file
from node.outputs.rows import Row, row_of, rows_of
from node.store import records
from node.store.records import PUBLIC
from node.web import held
from node.web.describing import outward
from node.web.doors import openapi, shapes
from node.web.language import language
from node.web.listing import Who, the_node, the_searcher
from node.wording import translations_of

PAGE = answers.BATCH
"""Practices on a page."""


def add_to(doors: Blueprint) -> None:
    """Add this door to the blueprint."""
    root = "/api/1"
    doors.add_url_rule(f"{root}/practices", "api_practices", practices)
    doors.add_url_rule(f"{root}/practices/<did>/<record>", "api_practice", one_practice)
    doors.add_url_rule(f"{root}/communes", "api_communes", communes)
    doors.add_url_rule(f"{root}/concepts", "api_concepts", concepts)
    doors.add_url_rule(f"{root}/openapi.json", "api_description", description)


def practices() -> WerkzeugResponse:
    """A page of what a search finds. Parameters: `shapes.Asking`."""
    given = _given(shapes.Asking())
    asked = _question(given)
    with the_node().database.reading() as connection:
        who = Who(connection)
        found, total, complete = _found(connection, who, asked)
    pages = min(-(-total // PAGE), shapes.PAGES_MOST)
    more = urlencode(
        [*asked.with_(page=asked.page + 1).pairs(), *([("lang", given["lang"])] if "lang" in given else [])]
    )
    said = {
        "total": total,
        "page": asked.page,
        "pages": pages,
        "next": f"{outward(who, 'doors.api_practices')}?{more}" if asked.page < pages else None,
        "complete": complete,
        "practices": [json_file.plain(row) for row in found],
    }
    return _answer(shapes.Practices(), said)


def one_practice(did: str, record: str) -> WerkzeugResponse:
    """One practice, whole. Raises `NotFound`, or `Ended` without a word of what it said."""
    _given(shapes.Speaking())
    with the_node().database.reading() as connection:
        stored = held.head(connection, did, record)
        who = Who(connection)
        row = row_of(connection, stored, language(), lambda *_: outward(who, "pages.practice", did=did, record=record))
        translated = translations_of(connection, stored)
    here = {"did": did, "record": record}
    said = json_file.plain(row) | {
        "digest": stored.digest.hex(),
        "permalink": outward(who, "pages.revision", digest=stored.digest.hex(), **here),
        "raw": outward(who, "pages.raw", **here),
        "languages": [row.original, *sorted(translated)],
        "record": stored.body,
    }
    return _answer(shapes.WholePractice(), said)


def communes() -> WerkzeugResponse:
    """Every node whose practices are admitted here."""
    _given(shapes.Speaking())
    with the_node().database.reading() as connection:
        who = Who(connection)
        counted = records.counts(connection, PUBLIC)
    said = [
        {
            "did": did,
            "name": who.name(did),
            "names": card.content["names"],
            "country": str(card.content.get("country", "")),
            "languages": card.content.get("languages", []),
            "url": card.url or None,
            "address": outward(who, "pages.commune", did=did),
            "practices": counted.get((did, "Practice"), 0),
        }
        for did, card in sorted(who.cards.items())
    ]
    return _answer(shapes.Communes(), {"communes": said})


def concepts() -> WerkzeugResponse:
    """The vocabulary."""
    _given(Schema())
    return _answer(shapes.Concepts(), {"concepts": labels.concepts().values()})


def description() -> WerkzeugResponse:
    """The API as OpenAPI describes it."""
    with the_node().database.reading() as connection:
        address = outward(Who(connection), "pages.home")
    return _conditional(_described(address))


@lru_cache(maxsize=8)
def _described(address: str) -> bytes:
    return orjson.dumps(openapi.description(address)) + b"\n"


def _given(schema: Schema) -> dict[str, Any]:
    """The parameters of the request, read by a schema. Raises `Unclear` (`bad_parameter`) for the first odd one."""
    lists = {name for name in schema.fields if name in FACET_WORDS}
    given: dict[str, Any] = {}
    for name, values in list(request.args.lists())[: asking.PAIRS_MOST]:
        if name not in lists and len(values) > 1:
            raise Unclear(f"{name[:40]!r} is given more than once", "bad_parameter")
        given[name] = values if name in lists else values[0]
    try:
        found: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        name = next(iter(error.messages_dict))
        raise Unclear(f"{str(name)[:40]!r} is no parameter here, or not with this value", "bad_parameter") from error
    return found


def _question(given: Mapping[str, Any]) -> Asked:
    """The question. Raises `Unclear` for days that no calendar has, or that are crossed."""
    since, until = (dates.tidy(given[name]) if name in given else "" for name in ("since", "until"))
    if since and until:
        asking.in_order(since, until)
    return Asked(
        words=" ".join(given.get("q", "").split()),
        chosen={name: tuple(dict.fromkeys(given[name])) for name in FACET_WORDS if name in given},
        since=since,
        until=until,
        sort=given.get("sort", "best"),
        page=given.get("page", 1),
        like=given.get("like", ""),
    )


def _found(connection: Connection, who: Who, asked: Asked) -> tuple[list[Row], int, bool]:
    """The rows of a page, how many there are, and whether the index knows them all."""
    root = outward(who, "pages.home")

    def link(did: str, record: str) -> str:
        return f"{root}practices/{did}/{record}"

    if asked.like:
        _, hits = answers.similar(connection, the_searcher(), asked.like, language(), PAGE)
        return (rows_of(connection, hits, language(), link) if asked.page == 1 else []), len(hits), True
    given = answers.find(the_searcher(), asked, language(), offset=(asked.page - 1) * PAGE, limit=PAGE)
    whole = given.results.complete and not given.rebuilding and not given.rough
    return rows_of(connection, given.results.hits, language(), link), given.results.total, whole


def _answer(schema: Schema, said: Mapping[str, Any]) -> WerkzeugResponse:
    return _conditional(orjson.dumps(schema.dump(said)) + b"\n")


def _conditional(data: bytes) -> WerkzeugResponse:
    response = Response(data, content_type=JSON)
    response.vary.update(("Cookie", "Accept-Language"))
    response.add_etag()
    return response.make_conditional(request)
