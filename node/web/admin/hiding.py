"""What the people of this node do not show here, of what other towns say: hidden with a reason, listed, shown again."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from node import accounts, hiding
from node.errors import NotAllowed
from node.problems import status_of
from node.store import hiding as hidden_store
from node.store import records
from node.store.hiding import Hidden, newest_of_flood
from node.store.records import HELD, Stored
from node.web import session
from node.web.addresses import page_of
from node.web.admin.guard import actor, needs, notice
from node.web.admin.showing import Trouble, seen, tried, trouble_of, wake
from node.web.language import language
from node.web.listing import Who, the_node
from node.wording import Reading, Words

_SHOWN_OF = {
    "Event": "name",
    "Organisation": "legalName",
    "Adaptation": "changes",
    "Answer": "text",
    "Acknowledgement": "text",
}
"""The field that says what a record is about, where that is not its title."""


@dataclass(frozen=True, slots=True)
class Line:
    """One hidden record as the page shows it. `words`: its title or first words, None once it has ended."""

    hidden: Hidden
    words: Words | None


@dataclass(frozen=True, slots=True)
class Flood:
    """What came in too great number from one town. `count`: records that are not shown; `newest`: some of them."""

    did: str
    count: int
    newest: list[Line]


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/hidden", "hidden", listed)
    admin.add_url_rule("/hidden/new", "hide", sure)
    admin.add_url_rule("/hidden/new", "hide_it", hide, methods=["POST"])
    admin.add_url_rule("/hidden/show", "show_again", show_again, methods=["POST"])
    admin.add_url_rule("/hidden/show-all", "show_flood", show_flood, methods=["POST"])
    admin.app_template_global("may_hide")(may_hide)


def may_hide(stored: Stored) -> bool:
    """Whether whoever reads may hide this record: a publisher, and another town's record."""
    found = session.signed_in()
    others = stored.origin != the_node().did and stored.type in hiding.TYPES
    return others and found is not None and accounts.may(found.user.role, accounts.PUBLISHER)


@needs(accounts.PUBLISHER)
def listed() -> str:
    """What is hidden, the last first."""
    node = the_node()
    with node.database.reading() as connection:
        found = [Line(one, _words(one.type, one.data)) for one in hidden_store.listing(connection)]
        floods = [
            Flood(did, count, [Line(one, _words(one.type, one.data)) for one in newest_of_flood(connection, did)])
            for did, count in hidden_store.flooded(connection).items()
        ]
        return render_template(
            "admin/hidden.html", lines=found, floods=floods, who=Who(connection), now=node.now(),
            most=node.config.limits_origin_daily,
        )  # fmt: skip


@needs(accounts.PUBLISHER)
def sure() -> str:
    """Before it is hidden: what happens, and why it is done. Parameter `uri`."""
    return _asked(request.args.get("uri", ""), None)


@needs(accounts.PUBLISHER)
def hide() -> Response:
    """Hide one. Fields: `uri`, `reason`."""
    uri = request.form.get("uri", "")
    try:
        hiding.hide(the_node(), actor(), uri, request.form.get("reason", ""))
    except NotAllowed as error:
        if error.code != "hiding_unexplained":
            raise
        return make_response(_asked(uri, trouble_of(error, "reason")), status_of(error))
    wake()
    notice("good", _("It is not shown here any more."))
    return redirect(url_for("admin.hidden"), 303)


@needs(accounts.PUBLISHER)
def show_again() -> Response:
    """Show one again. Field: `uri`."""
    uri = request.form.get("uri", "")
    if tried(lambda: hiding.show(the_node(), actor(), uri), _("It is shown again.")):
        wake()
    return seen("hidden")


@needs(accounts.PUBLISHER)
def show_flood() -> Response:
    """Show everything that came in too great number from one town. Field: `did`."""
    did = request.form.get("did", "")
    if tried(lambda: hiding.show_all(the_node(), actor(), did), _("It is shown again.")):
        wake()
    return seen("hidden")


def _asked(uri: str, trouble: Trouble | None) -> str:
    node = the_node()
    with node.database.reading() as connection:
        stored = hiding.candidate(connection, node, uri)
        owner = records.get(connection, stored.about, HELD) if stored.about and stored.type != "Practice" else None
        return render_template(
            "admin/hide.html", stored=stored, words=_words(stored.type, stored.data), who=Who(connection),
            back=page_of(stored) or (page_of(owner) if owner is not None else None), trouble=trouble,
            most=hidden_store.REASON_MOST,
        )  # fmt: skip


def _words(type_: str, data: bytes | None) -> Words | None:
    body = orjson.loads(data) if data is not None else {}
    told = Reading(body.get("content", {}), str(body.get("language", "")), wish=language())
    return told.at(_SHOWN_OF.get(type_, "title"))
