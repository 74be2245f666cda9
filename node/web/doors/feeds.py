"""`/feed.atom` and `/feed.json`: the newest practices, of all, of a commune, of a topic, or of any search.

The parameters are those of `/search`; `/search.atom`, the older address, is the same feed. A feed that has not changed
since it was last read costs next to nothing (ETag, Last-Modified).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

from node.outputs import atom_feed, json_feed
from node.outputs.atom_feed import Feed
from node.outputs.rows import Row, rows
from node.web import narrowing
from node.web.describing import outward
from node.web.language import language
from node.web.listing import Who, the_node, the_searcher
from node.web.searching import asked_here, names_of

Writer = Callable[[Feed, Iterable[Row]], bytes]


def add_to(doors: Blueprint) -> None:
    """Add this door to the blueprint."""
    doors.add_url_rule("/feed.atom", "feed_atom", atom)
    doors.add_url_rule("/search.atom", "search_atom", atom)
    doors.add_url_rule("/feed.json", "feed_json", json)


def atom() -> WerkzeugResponse:
    """As Atom (RFC 4287)."""
    return _feed("doors.feed_atom", atom_feed.write, f"{atom_feed.MIME}; charset=utf-8")


def json() -> WerkzeugResponse:
    """As JSON Feed 1.1."""
    return _feed("doors.feed_json", json_feed.write, json_feed.MIME)


def _feed(endpoint: str, write: Writer, content_type: str) -> WerkzeugResponse:
    node = the_node()
    with node.database.reading() as connection:
        who = Who(connection)
    asked = asked_here(who).with_(sort="newest", view="list")
    plain = asked.with_(sort="best")
    root = outward(who, "pages.home")
    found = rows(node, the_searcher(), asked, language(), lambda did, record: f"{root}practices/{did}/{record}")
    newest = sorted(islice(found, atom_feed.ENTRIES), key=lambda row: -row.modified)
    address = urlencode([*plain.pairs(), ("lang", language())])
    feed = Feed(
        id=f"{node.did}/search?{plain.address()}",
        title=f"Wasl: {asked.words}" if asked.words else _("Wasl: practices"),
        subtitle=" · ".join(str(one) for one in narrowing.chosen_of(asked, names_of(who))),
        own=f"{outward(who, endpoint)}?{address}",
        page=f"{outward(who, 'pages.search')}?{address}",
        author=who.name(node.did),
        language=language(),
        updated=who.cards[node.did].envelope.modified if node.did in who.cards else 0,
    )
    response = Response(write(feed, newest), content_type=content_type)
    response.last_modified = datetime.fromtimestamp(atom_feed.updated(feed, newest), UTC)
    response.vary.update(("Cookie", "Accept-Language"))
    response.add_etag()
    return response.make_conditional(request)
