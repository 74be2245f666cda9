"""`/sitemap.xml` and `/robots.txt`: what search engines may know: public practices, questions, meetings and
organisations, and nothing of the people here.

A sitemap holds 50,000 addresses at most (sitemaps.org); a larger node answers with an index of several.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from flask import Blueprint, Response, request

from node.errors import NotFound
from node.outputs.rows import moment
from node.store import sitemap as listed
from node.web.describing import outward
from node.web.listing import Who, the_node

MOST = 50_000
"""Addresses in one file."""

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SCHEMA = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_FOLDERS = {"Practice": "practices", "Question": "questions", "Event": "events", "Organisation": "organisations"}
_CLOSED = ("/admin/", "/search", "/suggest", "/brief", "/network/peers/", "/oai", "/api/")


def add_to(pages: Blueprint) -> None:
    """Add these answers to the blueprint."""
    pages.add_url_rule("/sitemap.xml", "sitemap", sitemap)
    pages.add_url_rule("/sitemap-<int:number>.xml", "sitemap_part", sitemap_part)
    pages.add_url_rule("/robots.txt", "robots", robots)


def sitemap() -> Response:
    """All of them, or an index of the files that list them."""
    with the_node().database.reading() as connection:
        total = listed.count(connection)
        if total <= MOST:
            return _xml(_part(Who(connection), listed.places(connection, 0, MOST)))
        who = Who(connection)
    parts = range(1, -(-total // MOST) + 1)
    entries = "".join(
        f"<sitemap><loc>{escape(outward(who, 'pages.sitemap_part', number=number))}</loc></sitemap>\n"
        for number in parts
    )
    return _xml([f"<sitemapindex {_SCHEMA}>\n", entries, "</sitemapindex>\n"])


def sitemap_part(number: int) -> Response:
    """One file of several, from 1."""
    with the_node().database.reading() as connection:
        found = listed.places(connection, (number - 1) * MOST, MOST) if 1 <= number <= 1000 else []
        if not found:
            raise NotFound("there is no such part of the sitemap", "not_found")
        return _xml(_part(Who(connection), found))


def robots() -> Response:
    """Where search engines need not go, and where the list is."""
    with the_node().database.reading() as connection:
        address = outward(Who(connection), "pages.sitemap")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _CLOSED), f"Sitemap: {address}", ""]
    return Response("\n".join(lines), mimetype="text/plain")


def _part(who: Who, places: list[listed.Place]) -> Iterator[str]:
    root = outward(who, "pages.home").rstrip("/")
    yield f"<urlset {_SCHEMA}>\n"
    for place in places:
        # origin and record were checked by the door: neither holds a character that XML or an address would escape
        address = f"{root}/{_FOLDERS[place.type]}/{place.origin}/{place.record}"
        yield f"<url><loc>{escape(address)}</loc><lastmod>{moment(place.modified)}</lastmod></url>\n"
    yield "</urlset>\n"


def _xml(pieces: Iterator[str] | list[str]) -> Response:
    response = Response(_HEAD + "".join(pieces), mimetype="application/xml")
    response.add_etag()
    response.make_conditional(request)
    return response
