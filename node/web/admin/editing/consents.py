"""Consents on paper, written down: they never leave this node but for their id and audience."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from node import accounts, consenting
from node.consenting import Given
from node.errors import NotAllowed
from node.store import consents
from node.store.records import Stored
from node.web.admin.guard import needs, person
from node.web.admin.showing import Trouble, seen, tried, trouble_of
from node.web.listing import the_node
from node.wording import Reading


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/consents", "consents", listing)
    admin.add_url_rule("/consents/add", "consents_add", add, methods=["POST"])
    admin.add_url_rule("/consents/<uuid>/withdraw", "consents_withdraw", withdraw, methods=["POST"])


@needs(accounts.EDITOR)
def listing() -> str:
    """All consents, and a form for one more."""
    return _page({})


@needs(accounts.EDITOR)
def add() -> Any:
    """Write one down; what is wrong with it is said above the form, which keeps what was typed."""
    form = request.form
    names = ("what", "subject", "purposes", "audience", "languages", "given_on", "expires_on", "form_hash")
    typed = {name: form.get(name, "") for name in names}
    try:
        consenting.record(the_node(), person().user, Given(**typed, guardian=form.get("guardian") == "yes"))
    except NotAllowed as error:
        return _page(typed, trouble_of(error)), 400
    return seen("consents")


@needs(accounts.EDITOR)
def withdraw(uuid: str) -> Response:
    """Somebody takes a consent back."""
    said = _("Noted. What relied on it stands below: erase it there.")
    tried(lambda: consenting.withdraw(the_node(), person().user, uuid), said)
    return seen("consents")


def _title_of(stored: Stored) -> str:
    found = Reading(stored.content, str(stored.body["language"])).at("title")
    return found.text if found is not None else stored.record


def _page(typed: dict[str, str], trouble: Trouble | None = None) -> str:
    with the_node().database.reading() as connection:
        held = consents.everyone(connection)
        relying = consenting.relying(connection, the_node())
    today = datetime.fromtimestamp(the_node().now(), UTC).date().isoformat()
    return render_template(
        "admin/consents.html", held=held, relying=relying, title_of=_title_of,
        typed=typed, trouble=trouble, today=today, what=consenting.WHAT,
        audiences=consenting.AUDIENCES,
    )  # fmt: skip
