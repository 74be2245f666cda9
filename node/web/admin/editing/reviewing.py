"""The review of a draft: what it says, or what it changes, with remarks by field; submitting, deciding, publishing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound as NoPage
from werkzeug.wrappers import Response

from node import accounts, consenting, differences, drafting, reviewing
from node.assembly import Node
from node.drafting_checks import faults, findings
from node.drafting_fields import fields_of
from node.drafting_shapes import WAS, is_text
from node.publish import DEFAULT_AUTHOR
from node.store import drafts, reviews
from node.store.accounts import User
from node.web.admin.editing import attached, guide
from node.web.admin.editing.blocks import blocks_of
from node.web.admin.editing.forms import about, by_path, sheet_of
from node.web.admin.guard import actor, needs, person
from node.web.admin.showing import seen, tried, wake
from node.web.listing import the_node

Act = Callable[[Node, User, int], object]


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    one = "/drafts/<int:number>"
    admin.add_url_rule(f"{one}/review", "draft_review", review)
    admin.add_url_rule(f"{one}/act/<word>", "draft_act", act, methods=["POST"])
    admin.add_url_rule(f"{one}/decide/<word>", "draft_decide", decide, methods=["POST"])
    admin.add_url_rule("/drafts/alone", "drafts_alone", alone, methods=["POST"])
    admin.add_url_rule("/inbox", "inbox", inbox)
    admin.add_url_rule("/inbox/read", "inbox_read", read, methods=["POST"])


@needs(accounts.EDITOR)
def review(number: int) -> str:
    """The whole text, or the difference to the published revision, and what each may do now."""
    user = person().user
    with the_node().database.reading() as connection:
        draft = drafting.readable(connection, user, number)
        head = drafting.revised(connection, the_node(), draft)
        revises = head is not None and draft.state != drafts.PUBLISHED
        before = fields_of(head.content, head.type) | drafting.envelope_of(head) if revises and head is not None else {}
        found = differences.between(_shown(before, draft.kind), _shown(draft.fields, draft.kind))
        sheet = sheet_of(connection, draft)
        return render_template(
            "admin/review.html", draft=draft, revises=revises, changed=found,
            shown=_shown(draft.fields, draft.kind), guide=guide, sheet=sheet, about=about(connection, draft),
            faults=by_path(faults(draft)), findings=findings(draft.fields, draft.kind),
            remarks=reviews.remarks(connection, number),
            lacking=consenting.lacking(connection, the_node(), draft), mine=drafting.mine(draft, user), me=user,
            asides=drafts.asides(connection, number), moved=drafting.moved(connection, draft),
            own=user.id in drafts.writers(connection, number), alone=reviewing.may_own(connection, user, draft),
            decides=accounts.may(user.role, accounts.PUBLISHER), did=the_node().did,
            files=attached.shown(connection, draft), is_text=is_text,
        )  # fmt: skip


@needs(accounts.EDITOR)
def act(number: int, word: str) -> Response:
    """What an author does, and what anybody who reads a draft may: `submit`, `take_back`, `catch_up`, `remark`,
    `settle`."""
    form = request.form
    acts: Mapping[str, tuple[Act, str]] = {
        "submit": (_submit, _("Submitted: a colleague is told.")),
        "take_back": (reviewing.take_back, _("You can write again.")),
        "catch_up": (reviewing.catch_up, _("The draft goes on from the newest revision.")),
        "remark": (
            lambda node, user, one: reviewing.remark(node, user, one, form.get("field", ""), form.get("text", "")),
            _("Noted."),
        ),
        "settle": (
            lambda node, user, one: reviewing.settle(node, user, one, form.get("remark", 0, int)), _("Done."),
        ),
    }  # fmt: skip
    return _do(acts, number, word)


@needs(accounts.PUBLISHER)
def decide(number: int, word: str) -> Response:
    """What publishers decide: `approve`, `ask`, `publish`."""
    acts: Mapping[str, tuple[Act, str]] = {
        "approve": (_approve, _("Approved. It can be published now.")),
        "ask": (
            lambda node, user, one: reviewing.ask(node, user, one, request.form.get("text", "")),
            _("The author is asked for changes."),
        ),
        "publish": (_release, _("Published: signed, and on its way to the network.")),
    }  # fmt: skip
    return _do(acts, number, word)


@needs(accounts.ADMINISTRATOR)
def alone() -> Response:
    """Whether the only person who can approve may approve their own."""
    allowed = request.form.get("allowed") == "yes"
    tried(lambda: reviewing.set_alone(the_node(), actor(), allowed=allowed), _("Kept."))
    return seen("drafts")


@needs(accounts.EDITOR)
def inbox() -> str:
    """What happened to drafts that concern this person, and what is asked of them."""
    with the_node().database.reading() as connection:
        messages = reviews.messages(connection, person().user.id)
        about = {one.draft_id: drafts.get(connection, one.draft_id) for one in messages}
    return render_template("admin/inbox.html", messages=messages, about=about, now=the_node().now())


@needs(accounts.EDITOR)
def read() -> Response:
    """Mark all as read."""
    with the_node().database.writing() as connection:
        reviews.read(connection, person().user.id, the_node().now())
    return seen("inbox")


def _do(acts: Mapping[str, tuple[Act, str]], number: int, word: str) -> Response:
    if word not in acts:
        raise NoPage
    does, said = acts[word]
    tried(lambda: does(the_node(), person().user, number), said)
    return seen("draft_review", number=number)


def _submit(node: Node, user: User, number: int) -> None:
    reviewing.submit(node, user, number, confirmed=request.form.get("confirmed") == "yes")


def _approve(node: Node, user: User, number: int) -> None:
    reviewing.approve(node, user, number, request.form.get("version", 0, int))


def _release(node: Node, user: User, number: int) -> None:
    reviewing.release(node, user, number)
    wake()


def _shown(fields: Mapping[str, str], kind: str) -> dict[str, str]:
    """The texts to be read, in the order of the page."""
    order = [entry for block in blocks_of(kind) for entry in block.entries]
    hidden = {"_licence", "_illustrative", "_from"}
    if fields.get("_author") == DEFAULT_AUTHOR:
        hidden |= {"_author"}
    found = {path: text for path, text in fields.items() if path not in hidden and not path.endswith(f".{WAS}")}

    def place(path: str) -> tuple[int, int, str]:
        name, _sign, rest = path.partition(".")
        where = order.index(path) if path in order else order.index(name) if name in order else len(order)
        number = rest.partition(".")[0]
        return where, int(number) if number.isdecimal() else 0, rest

    return {path: found[path] for path in sorted(found, key=place)}
