"""Rows as an Atom feed (RFC 4287): what a search finds, the newest first.

Ids are for ever: of an entry the URI of its record, of the feed the identity of the node and the search. `updated` is
when the author changed the record, so a feed says the same after a restart and on another machine of the node.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from node import labels, speech
from node.outputs.rows import INVENTED, Row, moment
from node.outputs.xml_text import fit

ENTRIES = 50
MIME = "application/atom+xml"
ATOM = "http://www.w3.org/2005/Atom"
KIND = "urn:wasl:kind"
"""Scheme of the one category that is no topic: `illustrative`, of demonstration data."""

_XML = "{http://www.w3.org/XML/1998/namespace}"


@dataclass(frozen=True, slots=True)
class Feed:
    """What stands over the entries. `own`, `page`: addresses of the feed and of its page; `updated`: of a feed without
    entries, seconds since 1970."""

    id: str
    title: str
    subtitle: str
    own: str
    page: str
    author: str
    language: str
    updated: int


def updated(feed: Feed, rows: Iterable[Row]) -> int:
    """When the newest entry changed, seconds since 1970."""
    return max((row.modified for row in rows), default=feed.updated)


def write(feed: Feed, rows: Iterable[Row]) -> bytes:
    """The feed; `rows`: `ENTRIES` at most, newest first."""
    entries = list(rows)
    root = ET.Element("feed", {"xmlns": ATOM, f"{_XML}lang": feed.language})
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    if feed.subtitle:
        _text(root, "subtitle", feed.subtitle)
    _text(root, "updated", moment(updated(feed, entries)))
    ET.SubElement(root, "link", {"rel": "self", "type": MIME, "href": feed.own})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.page})
    _text(ET.SubElement(root, "author"), "name", feed.author)
    for row in entries:
        _entry(ET.SubElement(root, "entry", {f"{_XML}lang": row.shown}), row, feed.language)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _entry(entry: ET.Element, row: Row, language: str) -> None:
    _text(entry, "id", row.uri)
    _text(entry, "title", row.title or row.uri)
    _text(entry, "updated", moment(row.modified))
    ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": row.address})
    author = ET.SubElement(entry, "author")
    _text(author, "name", row.commune)
    _text(author, "uri", row.origin)
    for topic in row.facets.get("topic", ()):
        ET.SubElement(entry, "category", {"term": topic, "label": labels.concept(topic, language)})
    _text(entry, "summary", row.summary)
    if row.illustrative:
        said = speech.translations(language).gettext(INVENTED)
        ET.SubElement(entry, "category", {"scheme": KIND, "term": "illustrative", "label": said})
    if row.licence:
        _text(entry, "rights", row.licence)


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = fit(text)
