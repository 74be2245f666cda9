"""The administration: pages for the people of this node, under /admin. What each may do stands at its view.

Law of this folder: a page reads, shows, and calls one function of `node` for what it changes; whatever a page can do,
the terminal can do by the same call. Every view is declared by `guard.needs`. Each room adds its pages with
`add_to(admin)`; the order here is no order of pages (that is `guard.MENU`).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask

from node.errors import NodeError
from node.following import reading
from node.store import reviews
from node.web import language
from node.web.admin import (
    acts,
    aside,
    editing,
    exchanging,
    fediverse,
    following,
    guard,
    hiding,
    joining,
    keys,
    overview,
    own,
    peers,
    people,
    policies,
    searches,
    signin,
    state,
    uploading,
)
from node.web.listing import Who, the_node

__all__ = ["admin", "install"]

admin = Blueprint("admin", __name__, url_prefix="/admin")

guard.stand_before(admin)
_ROOMS = (
    signin, people, own, overview, peers, joining, policies, aside, acts, keys, state, searches, uploading, editing,
    exchanging, following, hiding, fediverse,
)  # fmt: skip
for _room in _ROOMS:
    _room.add_to(admin)


def install(app: Flask) -> None:
    """Give `app` the administration, guarded."""
    guard.install(app)
    app.register_blueprint(admin)


@admin.context_processor
def _masthead() -> dict[str, Any]:
    waiting = {"unread_messages": _unread, "unread_news": _news}
    return {"node_name": _node_name, "the_did": the_node().did, **waiting}


@admin.after_request
def _spoken(response: Any) -> Any:
    language.remember(response)
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = language.language()
    return response


def _unread() -> int:
    """How many messages in the inbox wait for whoever is signed in."""
    found = guard.signed_in()
    if found is None:
        return 0
    with the_node().database.reading() as connection:
        return reviews.unread(connection, found.user.id)


def _news() -> int:
    """How many news of what they follow whoever is signed in has not read, counted up to 100."""
    found = guard.signed_in()
    if found is None:
        return 0
    with the_node().database.reading() as connection:
        return reading.unread(connection, found.user.id, 100)


def _node_name() -> str:
    node = the_node()
    try:
        with node.database.reading() as connection:
            return Who(connection).name(node.did)
    except NodeError:
        return ""
