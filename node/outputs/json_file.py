"""Rows as one JSON object, for programs: ids instead of labels, so that it says the same in every language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from node.outputs.rows import Row, moment


def write(rows: Iterable[Row], address: str) -> Iterator[bytes]:
    """`{"search": …, "results": […]}`, a row at a time. `address`: the parameters of the search."""
    yield b'{"search":' + orjson.dumps(address) + b',"results":['
    for place, row in enumerate(rows):
        yield (b",\n" if place else b"\n") + orjson.dumps(plain(row))
    yield b"\n]}\n"


def plain(row: Row) -> dict[str, Any]:
    """The row as JSON says it."""
    return {
        "uri": row.uri,
        "address": row.address,
        "title": row.title,
        "summary": row.summary,
        "language": row.shown,
        "original_language": row.original,
        "translation": row.translation or None,
        "outdated": row.outdated,
        "node": row.origin,
        "commune": row.commune,
        **{name: list(values) for name, values in row.facets.items()},
        "start": row.start or None,
        "end": row.end or None,
        "licence": row.licence,
        "illustrative": row.illustrative,
        "revision": row.revision,
        "modified": moment(row.modified),
        "received": moment(row.received),
    }
