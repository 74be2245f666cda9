"""A translation side by side: the source at the start, what is written at the end, each in its own direction."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from node import accounts, drafting
from node.config import LANGUAGES
from node.drafting_fields import uri_in, worded_paths
from node.drafting_shapes import Shape
from node.errors import NodeError, NotFound
from node.store import records
from node.store.drafts import Aside, Draft
from node.store.records import MEMBERS
from node.store.reviews import Remark
from node.web.admin.editing import guide
from node.web.admin.editing.forms import Entry
from node.web.admin.guard import needs, notice, person
from node.web.admin.showing import seen, trouble_of
from node.web.listing import Who, the_node
from node.wording import Reading, translations_of

TITLES = ("title", "name", "legalName")
"""Where the records that are translated say what they are called."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One text: `words` of the source, and the entry for its translation. `changed`: the source moved on here."""

    label: str
    words: str
    entry: Entry
    changed: bool


def add_to(admin: Blueprint) -> None:
    """Add these pages to the blueprint."""
    admin.add_url_rule("/translate", "translate", choose)
    admin.add_url_rule("/translate/begin", "translate_begin", begin, methods=["POST"])


@needs(accounts.EDITOR)
def choose() -> str:
    """Which languages a practice has, and into which it can be translated. `uri`: record, or address of its page."""
    uri = uri_in(request.args.get("uri", ""))
    with the_node().database.reading() as connection:
        target = records.get(connection, uri, MEMBERS) if uri else None
        if target is None or target.type not in drafting.REVISED or target.state != "live":
            raise NotFound("no such record is held here", "unknown_record")
        original = str(target.body["language"])
        return render_template(
            "admin/translate_choose.html", target=target, who=Who(connection), original=original,
            title=next((one for name in TITLES if (one := Reading(target.content, original).at(name))), None),
            languages=[one for one in LANGUAGES if one != original],
            translations=translations_of(connection, target, MEMBERS),
        )  # fmt: skip


@needs(accounts.EDITOR)
def begin() -> Response:
    """Begin a translation, or go on with one's own."""
    uri = uri_in(request.form.get("uri", ""))
    try:
        number = drafting.translate(the_node(), person().user, uri, request.form.get("language", ""))
    except NodeError as error:
        notice("trouble", f"{trouble_of(error).sentence} ({error.code})")
        return seen("drafts")
    return seen("draft", number=number)


def page(connection: Connection, draft: Draft, asides: list[Aside], remarks: list[Remark], tab: str) -> str:
    """The editor of a translation. Where the source moved on, the changed texts stand first."""
    head, base = drafting.source_of(connection, draft)
    language = str(head.body.get("language", "")) if head is not None else draft.fields.get("_from", "")
    changed = drafting.changed_paths(connection, draft)
    content = head.content if head is not None else {}
    texts, kind_of = worded_paths(content, language), head.type if head is not None else "Practice"
    pairs = [_pair(draft, path, words, path in changed, asides, remarks, kind_of) for path, words in texts]
    return render_template(
        "admin/translate.html", draft=draft, head=head, base=base, source_language=language, tab=tab, me=person().user,
        remarks=remarks, first=[one for one in pairs if one.changed], rest=[one for one in pairs if not one.changed],
        who=Who(connection), moved=drafting.moved(connection, draft), methods=drafting.METHODS, guide=guide,
        done=sum(bool(one.entry.value) for one in pairs), count=len(pairs), ended=head is None or head.state != "live",
    )  # fmt: skip


def _pair(
    draft: Draft, path: str, words: str, changed: bool, asides: list[Aside], remarks: list[Remark], kind_of: str
) -> Pair:
    kind = "text" if len(words) > 60 or "\n" in words else "line"
    numbers = [int(part) + 1 for part in path.split(".") if part.isdecimal()]
    label = _(guide.label_of(path, kind_of)) + (f" {numbers[0]}" if numbers else "")
    entry = Entry(
        path, Shape(kind, 1, len(words) * 3 + 200), draft.fields.get(path, ""), "", "",
        asides=tuple(one for one in asides if one.path == path),
        remarks=tuple(one for one in remarks if one.path == path and one.done_at is None),
    )  # fmt: skip
    return Pair(label, words, entry, changed)
