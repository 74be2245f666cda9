"""`/mail/confirm/<token>` and `/mail/stop/<token>`: where the links of our mails lead. Nobody needs to be signed in.

The token is the right to do the one thing, so these two forms carry no other, and mail programs may send the second by
themselves (RFC 8058). Looking changes nothing: programs that try every link of a mail confirm and stop nothing. Apart
from these, public pages never write.
"""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from node.errors import NotFound
from node.mailing import wanting
from node.web.listing import the_node

FORM_BYTES = 10_000


def add_to(pages: Blueprint) -> None:
    """Add these pages to the blueprint."""
    pages.add_url_rule("/mail/confirm/<token>", "mail_confirm", confirm, methods=["GET", "POST"])
    pages.add_url_rule("/mail/stop/<token>", "mail_stop", stop, methods=["GET", "POST"])


def confirm(token: str) -> Response:
    """A button that confirms an address; pressed, that it is done. 404 for a link that is void."""
    if request.method == "POST":
        request.max_content_length = FORM_BYTES
        wanting.confirm(the_node(), token)
    elif not wanting.may_confirm(the_node(), token):
        raise NotFound("this link is void: ask for a new one on the page Following", "mail_link_void")
    return _private("mail_confirm.html")


def stop(token: str) -> Response:
    """A button that stops the mails to an address; pressed, that none will come. A void link says the same."""
    if request.method == "POST":
        request.max_content_length = FORM_BYTES
        wanting.stop_by_link(the_node(), token)
    return _private("mail_stop.html")


def _private(template: str) -> Response:
    """A page that no cache keeps and that tells its address to nobody."""
    response = make_response(render_template(template, done=request.method == "POST"))
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
