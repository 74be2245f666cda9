"""Rows as a JSON Feed (version 1.1): the same as the Atom feed, for readers that would rather not parse XML.

Source: https://www.jsonfeed.org/version/1.1/. What the standard has no name for stands in `_wasl`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from node import labels
from node.outputs.atom_feed import Feed
from node.outputs.rows import Row, moment

MIME = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"


def write(feed: Feed, rows: Iterable[Row]) -> bytes:
    """The feed; `rows`: as for `atom_feed.write`."""
    said = {
        "version": VERSION,
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.own,
        "description": feed.subtitle,
        "language": feed.language,
        "authors": [{"name": feed.author}],
        "items": [_item(row, feed.language) for row in rows],
    }
    return orjson.dumps({name: value for name, value in said.items() if value not in ("", None)}) + b"\n"


def _item(row: Row, language: str) -> dict[str, Any]:
    return {
        "id": row.uri,
        "url": row.address,
        "title": row.title or row.uri,
        "content_text": row.summary,
        "date_modified": moment(row.modified),
        "authors": [{"name": row.commune}],
        "language": row.shown,
        "tags": [labels.concept(topic, language) for topic in row.facets.get("topic", ())],
        "_wasl": {
            "node": row.origin,
            "revision": row.revision,
            "licence": row.licence,
            "illustrative": row.illustrative,
            "translation": row.translation or None,
        },
    }
