"""What the public pages say of following: a button for whoever is signed in, the addresses of feeds for everybody.

Reads only. What the button does: `node/web/admin/following.py`.
"""

from __future__ import annotations

from flask import Blueprint, request

from node.following import words
from node.following.reading import Named, Piece
from node.store import follows
from node.web import session
from node.web.language import language
from node.web.listing import the_node


def add_to(pages: Blueprint) -> None:
    """Give every template what it needs."""
    pages.app_template_global("follow_number")(follow_number)
    pages.app_template_global("this_page")(this_page)
    pages.app_template_global("happened")(happened)
    pages.app_template_global("why_called")(why_called)


def follow_number(kind: str, target: object) -> int | None:
    """The number under which whoever is signed in follows this; 0 if they do not, None if nobody is signed in."""
    found = session.signed_in()
    if found is None or found.user.must_change:
        return None
    with the_node().database.reading() as connection:
        return follows.find(connection, found.user.id, kind, str(target)) or 0


def this_page() -> str:
    """The path of this page with its parameters: where a form comes back to."""
    return request.full_path.rstrip("?")


def happened(piece: Piece) -> str:
    """What happened, in the reader's language."""
    return words.happened(piece, language())


def why_called(named: Named) -> str:
    """What is followed, in the reader's language."""
    return words.called(named, language())
