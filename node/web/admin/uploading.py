"""A table of practices, uploaded: judged row by row, shown, and made into drafts when a person has confirmed.

Four eyes here too: each row is a draft that waits for a colleague's review; only where one person may approve what they
wrote (`reviewing.may_alone`) it is published at once. Nothing is kept between the two steps but in the form itself:
what is confirmed is judged anew. `wasl import practices.ods` publishes, at the terminal of the machine.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from node import accounts, drafting, publish, reviewing, speech
from node.errors import FileProblem, NodeError, NotAllowed, NotFound
from node.outputs import ods_file
from node.problems import status_of
from node.store.accounts import User
from node.transfer import drafts, headings, table, templates
from node.transfer.table import Taken
from node.web.admin.guard import needs, notice, person
from node.web.admin.showing import seen, trouble_of, wake
from node.web.language import language
from node.web.listing import the_node
from protocol.errors import ProtocolError

MOST_BYTES = 500_000
"""Bytes of a table on this page; `wasl import` takes ten times as many."""
SHOWN_FAULTS = 200

_TYPES = {"csv": "text/csv; charset=utf-8", "ods": ods_file.MIME}


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/upload", "upload", upload)
    admin.add_url_rule("/upload/check", "upload_check", check, methods=["POST"])
    admin.add_url_rule("/upload/publish", "upload_publish", confirm, methods=["POST"])
    admin.add_url_rule("/upload/template.<form>", "upload_template", template)


@needs(accounts.EDITOR)
def upload() -> str:
    """Where a table is chosen, and the templates."""
    return render_template("admin/upload.html", **_facts([], b"", ""))


@needs(accounts.EDITOR)
def template(form: str) -> Response:
    """An empty table in the reader's language. `form`: csv or ods."""
    if form not in templates.FORMS:
        raise NotFound("templates are csv and ods", "not_found")
    response = make_response(templates.write(form, language()))
    response.headers["Content-Type"] = _TYPES[form]
    response.headers["Content-Disposition"] = f'attachment; filename="wasl-{language()}.{form}"'
    return response


@needs(accounts.EDITOR)
def check() -> Response:
    """Judge an uploaded table and show what came of it; nothing is published. Fields: `table`, `consent`."""
    given = request.files.get("table")
    return _judged(given.stream.read(MOST_BYTES + 1) if given else b"")


@needs(accounts.EDITOR)
def confirm() -> Response:
    """Take what was shown, judged anew. Fields: `rows`, the table in base 64; `consent`."""
    try:
        data = base64.b64decode(request.form.get("rows", ""), validate=True)
        rows = _read(data)
    except (binascii.Error, NodeError):
        return redirect(url_for("admin.upload"), 303)
    if any(taken.faults for taken in rows):
        return _judged(data)
    user, alone = person().user, _alone()
    try:
        unfinished = sum(_taken(user, taken, alone=alone) for taken in rows)
    except (NodeError, ProtocolError) as error:
        trouble = trouble_of(error)
        notice("trouble", f"{trouble.sentence} {trouble.remedy} ({trouble.code})")
        return seen("drafts")
    if alone:
        wake()
    done = len(rows) - unfinished
    if alone:
        told = ngettext("%(num)s practice is published.", "%(num)s practices are published.", done)
    else:
        told = ngettext("%(num)s draft waits for a review.", "%(num)s drafts wait for a review.", done)
    left = ngettext("%(num)s draft needs you.", "%(num)s drafts need you.", unfinished) if unfinished else ""
    notice("trouble" if unfinished else "good", f"{told} {left}".strip())
    return seen("drafts" if unfinished or not alone else "published")


def _taken(user: User, taken: Taken, *, alone: bool) -> bool:
    """Make one row a draft and submit it; `alone`: publish it. Returns whether its author still has something to do."""
    node = the_node()
    before = publish.standing(node, taken.draft.record)
    said = drafts.statement(taken.draft, lambda name: None, lambda uri: None, before)
    number = drafting.begin_from(node, user, said, taken.draft.record)
    try:
        reviewing.submit(node, user, number, confirmed=request.form.get("consent") == "yes")
    except NotAllowed:
        return True  # what is missing stands on the page of the draft
    if alone:
        reviewing.approve(node, user, number, version=1)
        reviewing.release(node, user, number)
    return False


def _judged(data: bytes) -> Response:
    try:
        rows = _read(data)
    except NodeError as error:
        told = speech.sentence_for(error.code, language()) or error.message
        page = render_template("admin/upload.html", **_facts([], b"", f"{told} {error.message} ({error.code})"))
        return make_response(page, status_of(error))
    wrong = any(taken.faults for taken in rows)
    return make_response(render_template("admin/upload.html", **_facts(rows, data, "")), 400 if wrong else 200)


def _read(data: bytes) -> list[Taken]:
    if len(data) > MOST_BYTES:
        raise FileProblem(f"larger than {MOST_BYTES // 1000} kB: use `wasl import`", "too_large")
    return table.read(data, language(), the_node().now(), request.form.get("consent") == "yes")


def _facts(rows: Sequence[Taken], data: bytes, trouble: str) -> dict[str, Any]:
    """What the page shows. A fault: row, name of its column, sentence, detail, code."""
    faults = [
        (
            fault.row,
            headings.said(fault.column, language()) if fault.column else "",
            speech.sentence_for(fault.code, language()),
            fault.detail,
            fault.code,
        )
        for taken in rows
        for fault in taken.faults
    ]
    titles = [next(iter(taken.draft.body["content"].get("title", {}).values()), "") for taken in rows]
    return {
        "rows": rows,
        "faults": faults[:SHOWN_FAULTS],
        "more_faults": max(0, len(faults) - SHOWN_FAULTS),
        "bad": sum(bool(taken.faults) for taken in rows),
        "titles": titles,
        "packed": base64.b64encode(data).decode() if rows and not faults else "",
        "consent": request.form.get("consent") == "yes",
        "trouble": trouble,
        "alone": _alone(),
    }


def _alone() -> bool:
    with the_node().database.reading() as connection:
        return reviewing.may_alone(connection, person().user)
