"""`/search.csv`, `.ods`, `.json` and `.atom`: every state of the search as a file to work with, or as a feed to follow.

The same parameters as `/search`, the same visibility, the first 10,000 practices. Two files are made at a time, no
more: each asks the index and the store for everything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

from flask import Blueprint, Response, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

from node.asking import Asked
from node.errors import StoreBusy
from node.outputs import atom_feed, csv_file, json_file, ods_file
from node.outputs.rows import Row, rows
from node.web import narrowing
from node.web.language import language
from node.web.listing import Who, the_node, the_searcher
from node.web.searching import asked_here, names_of, search_link

FILES_AT_ONCE = 2
WAIT_S = 10
"""How long a request waits for its turn, seconds."""
NAME = "wasl-practices"

_turns = threading.BoundedSemaphore(FILES_AT_ONCE)


def add_to(pages: Blueprint) -> None:
    """Add these answers to the blueprint."""
    pages.add_url_rule("/search.csv", "search_csv", search_csv)
    pages.add_url_rule("/search.ods", "search_ods", search_ods)
    pages.add_url_rule("/search.json", "search_json", search_json)
    pages.add_url_rule("/search.atom", "search_atom", search_atom)


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
    release = _take_turn()
    try:
        file = ods_file.write(_all(asked, tongue), tongue)
    finally:
        release()
    return send_file(file, ods_file.MIME, as_attachment=True, download_name=f"{NAME}.ods", etag=False)


def search_atom() -> WerkzeugResponse:
    """The newest results as a feed."""
    node = the_node()
    with node.database.reading() as connection:
        who = Who(connection)
        asked = asked_here(who).with_(sort="newest", view="list")
        told = [str(one) for one in narrowing.chosen_of(asked, names_of(who))]
        author = who.name(node.did)
        since = who.cards[node.did].envelope.modified if node.did in who.cards else 0
    found = list(islice(_all(asked, language()), atom_feed.ENTRIES))
    found.sort(key=lambda row: -row.modified)
    feed = atom_feed.Feed(
        id=f"{node.did}/search?{asked.with_(sort='best').address()}",
        title=f"Wasl: {asked.words}" if asked.words else _("Wasl: practices"),
        subtitle=" · ".join(told),
        own=search_link(asked.with_(sort="best"), "pages.search_atom", lang=language(), _external=True),
        page=search_link(asked.with_(sort="best"), lang=language(), _external=True),
        author=author,
        language=language(),
        updated=since,
    )
    response = Response(atom_feed.write(feed, found), content_type=f"{atom_feed.MIME}; charset=utf-8")
    response.last_modified = datetime.fromtimestamp(atom_feed.updated(feed, found), UTC)
    response.vary.update(("Cookie", "Accept-Language"))
    response.add_etag()
    return response.make_conditional(request)


def _asked() -> Asked:
    with the_node().database.reading() as connection:
        return asked_here(Who(connection)).with_(page=1)


def _all(asked: Asked, tongue: str) -> Iterator[Row]:
    """The rows; addresses are made while the request is known, as the file may be sent after it."""
    root = url_for("pages.practice", did="d", record="r", _external=True).removesuffix("d/r")
    return rows(the_node(), the_searcher(), asked, tongue, lambda origin, record: f"{root}{origin}/{record}")


def _stream(pieces: Iterable[bytes], ending: str, mimetype: str) -> Response:
    release = _take_turn()
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


def _take_turn() -> Callable[[], None]:
    """Wait for a turn; what is given back ends it, once. Raises `StoreBusy`."""
    if not _turns.acquire(timeout=WAIT_S):
        raise StoreBusy("other files are being made: try again in a minute")
    left = [_turns]

    def release() -> None:
        for turns in left[:]:
            left.clear()
            turns.release()

    return release
