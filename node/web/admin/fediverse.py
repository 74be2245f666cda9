"""Fediverse: whether people elsewhere can follow this node, how many do, where telling them fails, whom it blocks.

Who follows is not shown here either: only servers, with counts.
"""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from node.accounts import ADMINISTRATOR
from node.errors import NodeError
from node.fediverse import place
from node.fediverse.standing import standing
from node.problems import status_of
from node.web.admin import showing
from node.web.admin.guard import actor, needs, notice
from node.web.admin.showing import Trouble, seen, tried
from node.web.listing import the_node

_FIELD_OF = {"bad_actor_name": "name", "actor_name_fixed": "name", "bad_host": "host"}


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/fediverse", "fediverse", page)
    admin.add_url_rule("/fediverse/on", "fediverse_on", switch_on, methods=["GET", "POST"])
    admin.add_url_rule("/fediverse/off", "fediverse_off", switch_off, methods=["POST"])
    admin.add_url_rule("/fediverse/block", "fediverse_block", block, methods=["GET", "POST"])
    admin.add_url_rule("/fediverse/unblock", "fediverse_unblock", unblock, methods=["POST"])


@needs(ADMINISTRATOR)
def page() -> Response:
    """How the account stands, and the forms to change it."""
    return _page()


@needs(ADMINISTRATOR)
def switch_on() -> Response:
    """Let the node be followed."""
    if request.method == "GET":
        return seen("fediverse")
    try:
        made = place.switch_on(the_node(), request.form.get("name", "").strip().lower(), actor=actor())
    except NodeError as error:
        return _page(showing.trouble_of(error, _FIELD_OF.get(error.code, "")), status_of(error))
    notice("good", gettext("The node can be followed as %(account)s.", account=f"@{made.account}"))
    return seen("fediverse")


@needs(ADMINISTRATOR)
def switch_off() -> Response:
    """Let nobody follow any more."""
    tried(
        lambda: place.switch_off(the_node(), actor=actor()),
        gettext("The node cannot be followed any more. Who follows is remembered, for when it is on again."),
    )
    return seen("fediverse")


@needs(ADMINISTRATOR)
def block() -> Response:
    """Take nothing from a server."""
    if request.method == "GET":
        return seen("fediverse")
    try:
        gone = place.block(the_node(), request.form.get("host", "")[:300], actor=actor())
    except NodeError as error:
        return _page(showing.trouble_of(error, "host"), status_of(error))
    notice(
        "good",
        ngettext(
            "The server is blocked; %(num)s follower was forgotten.",
            "The server is blocked; %(num)s followers were forgotten.",
            gone,
        ),
    )
    return seen("fediverse")


@needs(ADMINISTRATOR)
def unblock() -> Response:
    """Let people of a server follow again."""
    host = request.form.get("host", "")[:300]
    tried(lambda: place.unblock(the_node(), host, actor=actor()), gettext("People of this server can follow again."))
    return seen("fediverse")


def _page(trouble: Trouble | None = None, status: int = 200) -> Response:
    node = the_node()
    with node.database.reading() as connection:
        found = standing(connection, node)
    page = render_template(
        "admin/fediverse.html",
        found=found,
        given=request.form,
        trouble=trouble,
        sentence_of=showing.sentence_of,
        now=node.now(),
    )
    return make_response(page, status)
