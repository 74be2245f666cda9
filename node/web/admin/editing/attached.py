"""Files of a draft: given by a button of its form, so that nothing typed is lost; shown; taken away."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from node import accounts, attaching, consenting, drafting, drafting_files
from node.errors import NodeError
from node.examining.kinds import KINDS, MAX_BYTES
from node.store import draft_files
from node.store.drafts import Draft
from node.web import attached
from node.web.admin.guard import needs, notice, person
from node.web.admin.showing import Trouble, seen, tried, trouble_of
from node.web.listing import the_node

ACCEPTED = ",".join(f".{extension}" for kind in KINDS for extension in kind.extensions)
"""What the file field of a browser offers."""
TEXT_BYTES = 1_600_000
"""Bytes of a form that brings the texts of a draft: 256 KiB, of which every byte may be sent as three or more."""
BODY_BYTES = MAX_BYTES + TEXT_BYTES
"""Bytes of a form that brings a file besides."""

_FIELDS = {
    "title_missing": "title", "alt_missing": "alt", "persons_unsaid": "persons", "consent_missing": "consent",
}  # fmt: skip


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    one = "/drafts/<int:number>/files/<int:file>"
    admin.add_url_rule(one, "draft_file", show)
    admin.add_url_rule(f"{one}/drop", "draft_file_drop", drop, methods=["POST"])


@needs(accounts.EDITOR)
def show(number: int, file: int) -> Response:
    """The bytes, for whoever may read the draft, and nobody else."""
    with the_node().database.reading() as connection:
        drafting.readable(connection, person().user, number)
        found, data = draft_files.get(connection, number, file)
    return attached.given(data, found.media, found.title)


@needs(accounts.EDITOR)
def drop(number: int, file: int) -> Response:
    """Take a file away."""
    tried(lambda: drafting_files.drop(the_node(), person().user, number, file), _("The file is taken away."))
    return seen("draft", number=number, _anchor="files")


def attach(number: int) -> Trouble | None:
    """Take the file that a form brings. What was wrong with it, by field, or None: then the next page says so."""
    form, given = request.form, request.files.get("file")
    with the_node().database.reading() as connection:
        draft = drafting.writable(connection, person().user, number)
    try:
        prepared = attaching.prepare(
            given.stream if given else b"",  # type: ignore[arg-type]
            (given.filename if given else "") or "",
            (given.mimetype if given else "") or "",
            title=form.get("file.title", ""),
            language=draft.language,
            alt=form.get("file.alt", ""),
            shows_persons={"yes": True, "no": False}.get(form.get("file.persons", "")),
            consent=form.get("file.consent", ""),
        )
        drafting_files.add(the_node(), person().user, number, prepared)
    except NodeError as error:
        return trouble_of(error, f"file.{_FIELDS[error.code]}" if error.code in _FIELDS else "file")
    notice("good", _("The file is attached."))
    return None


def shown(connection: Connection, draft: Draft) -> dict[str, Any]:
    """What a page says of the files of a draft."""
    return {
        "waiting": draft_files.of(connection, draft.id),
        "published": drafting_files.published(connection, the_node(), draft),
        "gaps": {one.id: code for one, code in drafting_files.lacking(connection, the_node(), draft)},
        "endings": {kind.media: kind.extensions[0].upper() for kind in KINDS},
        "pictures": {kind.media for kind in KINDS if kind.picture},
        "consents": consenting.usable(connection, the_node(), "photo"),
        "accepted": ACCEPTED,
        "most": MAX_BYTES,
    }
