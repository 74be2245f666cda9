"""`/feed.atom` and `/feed.json`: the newest practices, of all, of a commune, of a topic, or of any search; and what is
new about one practice, `/practices/<did>/<record>/feed.atom` and `.json`.

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

from node.following import reading, words
from node.following.reading import Piece
from node.outputs import atom_feed, json_feed
from node.outputs.atom_feed import Feed
from node.outputs.rows import Row, rows
from node.store.records import PUBLIC
from node.web import held, narrowing
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
    doors.add_url_rule("/practices/<did>/<record>/feed.atom", "practice_atom", practice_atom)
    doors.add_url_rule("/practices/<did>/<record>/feed.json", "practice_json", practice_json)


def atom() -> WerkzeugResponse:
    """As Atom (RFC 4287)."""
    return _feed("doors.feed_atom", atom_feed.write, f"{atom_feed.MIME}; charset=utf-8")


def json() -> WerkzeugResponse:
    """As JSON Feed 1.1."""
    return _feed("doors.feed_json", json_feed.write, json_feed.MIME)


def practice_atom(did: str, record: str) -> WerkzeugResponse:
    """A practice as it stands, its translations, adaptations, questions and answers, as Atom."""
    return _about(did, record, "doors.practice_atom", atom_feed.write, f"{atom_feed.MIME}; charset=utf-8")


def practice_json(did: str, record: str) -> WerkzeugResponse:
    """The same as JSON Feed."""
    return _about(did, record, "doors.practice_json", json_feed.write, json_feed.MIME)


def _about(did: str, record: str, endpoint: str, write: Writer, content_type: str) -> WerkzeugResponse:
    with the_node().database.reading() as connection:
        head = held.head(connection, did, record)
        who = Who(connection)
        every = reading.about_practice(connection, head, PUBLIC, atom_feed.ENTRIES)
        pieces = [reading.piece(connection, one, language(), PUBLIC) for one in every]
    root, here = outward(who, "pages.home").rstrip("/"), {"did": did, "record": record}
    entries = [_row(who, root, piece) for piece in pieces]
    address = urlencode([("lang", language())])
    feed = Feed(
        id=f"{head.uri}#news",
        title=f"Wasl: {next(piece for piece in pieces if piece.stored.uri == head.uri).title_text}",
        subtitle=_("Its revisions and translations, who did it too, questions and answers"),
        own=f"{outward(who, endpoint, **here)}?{address}",
        page=f"{outward(who, 'pages.practice', **here)}?{address}",
        author=who.name(did),
        language=language(),
        updated=head.modified,
    )
    return _given(feed, entries, write, content_type)


def _row(who: Who, root: str, piece: Piece) -> Row:
    """News of a practice as an entry of its feed."""
    stored, title = piece.stored, piece.title
    said = f"{words.happened(piece, language())}: {piece.title_text}"
    return Row(
        uri=stored.uri, address=root + piece.path, title=said, summary=piece.summary.text if piece.summary else "",
        shown=title.language if title else language(), original=str(stored.body.get("language", "")), translation="",
        outdated=False, origin=stored.origin, commune=who.name(stored.origin), country="",
        facets={"topic": tuple(str(topic) for topic in stored.content.get("topics") or [])}, start="", end="",
        licence=str(stored.body.get("licence", "")), illustrative=stored.body.get("illustrative") is True,
        revision=stored.revision, modified=stored.modified, received=stored.received,
    )  # fmt: skip


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
    return _given(feed, newest, write, content_type)


def _given(feed: Feed, newest: list[Row], write: Writer, content_type: str) -> WerkzeugResponse:
    response = Response(write(feed, newest), content_type=content_type)
    response.last_modified = datetime.fromtimestamp(atom_feed.updated(feed, newest), UTC)
    response.vary.update(("Cookie", "Accept-Language"))
    response.add_etag()
    return response.make_conditional(request)
