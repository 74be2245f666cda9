"""One's own drafts, and the page on which a practice is written: saved by a button or a script."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from node import accounts, drafting, reviewing
from node.drafting import Saved
from node.drafting_checks import progress
from node.drafting_fields import uri_in
from node.drafting_shapes import TRANSLATION
from node.errors import NodeError
from node.problems import status_of
from node.store import drafts, reviews
from node.web.admin.editing import attached, guide, translating
from node.web.admin.editing.blocks import blocks_of
from node.web.admin.editing.forms import about, sent, sheet_of
from node.web.admin.guard import needs, notice, person
from node.web.admin.showing import Trouble, seen, tried, trouble_of
from node.web.language import language
from node.web.listing import the_node

_TAB = re.compile(r"[0-9a-f]{16}", re.ASCII)


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    one = "/drafts/<int:number>"
    admin.add_url_rule("/drafts", "drafts", listing)
    admin.add_url_rule("/drafts/new", "draft_new", new, methods=["POST"])
    admin.add_url_rule("/drafts/reply", "draft_reply", reply, methods=["POST"])
    admin.add_url_rule(one, "draft", edit)
    admin.add_url_rule(f"{one}/save", "draft_save", save, methods=["POST"])
    admin.add_url_rule(f"{one}/attach", "draft_attach", attach, methods=["POST"])
    admin.add_url_rule(f"{one}/autosave", "draft_autosave", autosave, methods=["POST"])
    admin.add_url_rule(f"{one}/choose/<int:aside>", "draft_choose", choose, methods=["POST"])
    admin.add_url_rule(f"{one}/discard", "draft_discard", discard, methods=["GET", "POST"])


@needs(accounts.EDITOR)
def listing() -> str:
    """One's own drafts, and those that wait for a review."""
    user = person().user
    with the_node().database.reading() as connection:
        alone = reviewing.alone_allowed(connection)
        waiting = drafts.in_state(connection, drafts.SUBMITTED, drafts.APPROVED)
        return render_template(
            "admin/drafts.html", mine=drafts.of(connection, user.id),
            waiting=[one for one in waiting if one.author_id != user.id], now=the_node().now(),
            alone=alone, settles=user.role == accounts.ADMINISTRATOR,
        )  # fmt: skip


@needs(accounts.EDITOR)
def new() -> Response:
    """A new practice in the language that was chosen."""
    return seen("draft", number=drafting.begin(the_node(), person().user, request.form.get("language", language())))


@needs(accounts.EDITOR)
def reply() -> Response:
    """A draft of another kind. Fields: `kind` (Adaptation, Question, Answer, Event, Organisation), `uri` of what it is
    about, `language`."""
    form = request.form
    try:
        number = drafting.reply(
            the_node(),
            person().user,
            form.get("kind", ""),
            uri_in(form.get("uri", "")),
            form.get("language", language()),
        )
    except NodeError as error:
        notice("trouble", f"{trouble_of(error).sentence} ({error.code})")
        return seen("drafts")
    return seen("draft", number=number)


@needs(accounts.EDITOR)
def edit(number: int) -> Any:
    """The draft as a form, while it can be changed; else its review. `add`: a list that shows one more row."""
    return _page(number)


def _page(number: int, trouble: Trouble | None = None) -> Any:
    """`trouble`: what is wrong with the file that was to be attached."""
    with the_node().database.reading() as connection:
        draft = drafting.readable(connection, person().user, number)
        if draft.state not in drafts.OPEN or not drafting.mine(draft, person().user):
            return seen("draft_review", number=number)
        if draft.kind == TRANSLATION:
            asides, remarks = drafts.asides(connection, number), reviews.remarks(connection, number)
            return translating.page(connection, draft, asides, remarks, secrets.token_hex(8))
        sheet = sheet_of(connection, draft, bool(request.args.get("check")), request.args.get("add", ""))
        return render_template(
            "admin/draft.html", sheet=sheet, draft=draft, blocks=blocks_of(draft.kind), guide=guide,
            about=about(connection, draft), tab=secrets.token_hex(8),
            me=person().user, moved=drafting.moved(connection, draft), files=attached.shown(connection, draft),
            trouble=trouble, typed=request.form,
        )  # fmt: skip


@needs(accounts.EDITOR, keeps=True, takes=attached.TEXT_BYTES)
def save(number: int) -> Response:
    """Save, and go on where the button says: `save`, `preview`, `review`, `add:<list>`, `remove:<list>.<row>`."""
    word, _sign, what = request.form.get("do", "save").partition(":")
    saved = _save(number, without=what if word == "remove" else "", tidy=True)
    answer = _onwards(number, saved, word, what)
    if _TAB.fullmatch(request.form.get("tab", "")):  # tells the script that its copy of this page is not needed
        answer.set_cookie(
            "wasl-saved", request.form["tab"], max_age=86400, path="/admin/drafts", secure=request.is_secure,
            samesite="Strict",
        )  # fmt: skip
    return answer


@needs(accounts.EDITOR, keeps=True, takes=attached.BODY_BYTES)
def attach(number: int) -> Any:
    """Save what was typed, and take the file that comes with it; what is wrong with the file is said beside it."""
    saved = _save(number, tidy=True)
    trouble = attached.attach(number)
    if trouble is None or saved.conflicts:
        _told_of_conflicts(saved)
        return seen("draft", number=number, _anchor="files")
    return _page(number, trouble), 400


@needs(accounts.EDITOR, takes=attached.TEXT_BYTES)
def autosave(number: int) -> Any:
    """The same for the script. Answers JSON: version, at (seconds), conflicts (paths), progress (sentence)."""
    try:
        saved = _save(number)
    except NodeError as error:
        trouble = trouble_of(error)
        return jsonify(code=error.code, said=f"{trouble.sentence} {trouble.remedy}".strip()), status_of(error)
    with the_node().database.reading() as connection:
        draft = drafting.readable(connection, person().user, number)
    whole = draft.kind != TRANSLATION
    told = _("Saved.")
    if whole:
        told = render_template("admin/draft_progress.html", parts=progress(draft.fields, draft.kind))
    return jsonify(version=saved.version, at=saved.at, conflicts=list(saved.conflicts), progress=told.strip())


@needs(accounts.EDITOR)
def choose(number: int, aside: int) -> Response:
    """Take a text that lies aside, or let it go."""
    take = request.form.get("do") == "take"
    tried(lambda: drafting.choose(the_node(), person().user, number, aside, take=take), _("Done."))
    return seen("draft", number=number)


@needs(accounts.EDITOR)
def discard(number: int) -> Any:
    """Asked first, then given up."""
    with the_node().database.reading() as connection:
        draft = drafting.readable(connection, person().user, number)
    if request.method == "GET":
        return render_template("admin/draft_discard.html", draft=draft)
    if tried(lambda: drafting.discard(the_node(), person().user, number), _("The draft is given up.")):
        return seen("drafts")
    return seen("draft", number=number)


def _onwards(number: int, saved: Saved, word: str, what: str) -> Response:
    """The page that the button leads to."""
    if _told_of_conflicts(saved):
        return seen("draft", number=number)
    if request.form.get("file"):  # a browser without scripts says only its name here
        notice("trouble", _("A file was chosen, and not attached: choose it again and press “Attach this file”."))
        return seen("draft", number=number, _anchor="files")
    if word in ("preview", "review"):
        return seen(f"draft_{word}", number=number)
    if word == "add":
        return redirect(url_for("admin.draft", number=number, add=what) + f"#list-{what}", 303)
    if word == "remove":
        return redirect(url_for("admin.draft", number=number) + f"#list-{what.partition('.')[0]}", 303)
    notice("good", _("Saved."))
    return seen("draft", number=number)


def _told_of_conflicts(saved: Saved) -> bool:
    if saved.conflicts:
        notice("trouble", _("Another page changed the same fields in the meantime. Both texts are kept: choose below."))
    return bool(saved.conflicts)


def _save(number: int, **more: Any) -> Saved:
    form = request.form
    with the_node().database.reading() as connection:
        given = sent(drafting.readable(connection, person().user, number).kind)
    version = form.get("version", 0, int)
    apart = frozenset(form.getlist("apart"))
    return drafting.save(the_node(), person().user, number, version, given, form.get("tab", ""), apart=apart, **more)
