"""`/search.csv`, `.ods` and `.json`: every state of the search as a file to work with. As a feed: `node/web/doors`.

The same parameters as `/search`, the same visibility, the first 10,000 practices. Two files are made at a time, no
more, also of other rooms (`in_turn`): each asks the index and the store for everything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, send_file, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from node.asking import Asked
from node.errors import StoreBusy
from node.outputs import csv_file, json_file, ods_file
from node.outputs.rows import Row, rows
from node.web.language import language
from node.web.listing import Who, the_node, the_searcher
from node.web.searching import asked_here

FILES_AT_ONCE = 2
WAIT_S = 10
"""How long a request waits for its turn, seconds."""
NAME = "wasl-practices"

WAITING_MOST = 2
"""Requests that wait: each keeps a thread from the readers of pages."""

_turns = threading.BoundedSemaphore(FILES_AT_ONCE)
_places = threading.BoundedSemaphore(WAITING_MOST)


def add_to(pages: Blueprint) -> None:
    """Add these answers to the blueprint."""
    pages.add_url_rule("/search.csv", "search_csv", search_csv)
    pages.add_url_rule("/search.ods", "search_ods", search_ods)
    pages.add_url_rule("/search.json", "search_json", search_json)


def search_csv() -> Response:
    """All results as CSV."""
    asked, tongue = _asked(), language()
    return _stream(csv_file.write(_all(asked, tongue), tongue), "csv", "text/csv; charset=utf-8; header=present")


def search_json() -> Response:
    """All results as JSON."""
    asked, tongue = _asked(), language()
    return _stream(json_file.write(_all(asked, tongue), asked.address()), "json", "application/json")


def search_ods() -> WerkzeugResponse:
    """All results as a spreadsheet."""
    asked, tongue = _asked(), language()
    with in_turn():
        file = ods_file.write(_all(asked, tongue), tongue)
    return send_file(file, ods_file.MIME, as_attachment=True, download_name=f"{NAME}.ods", etag=False)


def _asked() -> Asked:
    with the_node().database.reading() as connection:
        return asked_here(Who(connection)).with_(page=1)


def _all(asked: Asked, tongue: str) -> Iterator[Row]:
    """The rows; addresses are made while the request is known, as the file may be sent after it."""
    root = url_for("pages.practice", did="d", record="r", _external=True).removesuffix("d/r")
    return rows(the_node(), the_searcher(), asked, tongue, lambda origin, record: f"{root}{origin}/{record}")


def _stream(pieces: Iterable[bytes], ending: str, mimetype: str) -> Response:
    release = take_turn()
    response = Response(_in_turn(pieces, release), content_type=mimetype)
    response.call_on_close(release)  # also when nobody reads it, as after HEAD
    response.headers["Content-Disposition"] = f'attachment; filename="{NAME}.{ending}"'
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def _in_turn(pieces: Iterable[bytes], release: Callable[[], None]) -> Iterator[bytes]:
    try:
        yield from pieces
    finally:
        release()


@contextmanager
def in_turn() -> Iterator[None]:
    """One of the two who make a file now. Raises `StoreBusy`."""
    release = take_turn()
    try:
        yield
    finally:
        release()


def take_turn() -> Callable[[], None]:
    """Wait for a turn; what is given back ends it, once. Raises `StoreBusy`, at once where `WAITING_MOST` wait."""
    if not _turns.acquire(blocking=False) and not _waited():
        raise StoreBusy("other files are being made: try again in a minute")
    left = [_turns]

    def release() -> None:
        for turns in left[:]:
            left.clear()
            turns.release()

    return release


def _waited() -> bool:
    """Whether a turn came before the time was over."""
    if not _places.acquire(blocking=False):
        return False
    try:
        return _turns.acquire(timeout=WAIT_S)
    finally:
        _places.release()
