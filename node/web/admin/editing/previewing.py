"""A draft as readers will see it: the template of the public page, with a revision that is not signed yet."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, render_template
from sqlalchemy import Connection

from node import accounts, drafting
from node.drafting_shapes import PRACTICE
from node.publish import Statement
from node.store.drafts import Draft
from node.store.records import Stored
from node.web import practice
from node.web.admin.editing import attached
from node.web.admin.guard import needs, person
from node.web.listing import Who, the_node
from node.wording import Reading, Translated


def add_to(admin: Blueprint) -> None:
    """Add this page to the blueprint."""
    admin.add_url_rule("/drafts/<int:number>/preview", "draft_preview", preview)


@needs(accounts.EDITOR)
def preview(number: int) -> str:
    """Nothing is signed, and nobody but those who may read the draft can open this page."""
    with the_node().database.reading() as connection:
        draft = drafting.readable(connection, person().user, number)
        shown = _unsigned(draft, drafting.statement_of(draft))
        if draft.kind == PRACTICE:
            return _page(connection, draft, shown, Reading(shown.content, draft.language), {})
        head, _base = drafting.source_of(connection, draft)
        if head is None:
            return _page(connection, draft, shown, Reading({}, draft.language), {})
        words = shown.content
        made = Translated(
            shown, draft.language, words["fields"], words["method"], words["translator"], None, head.revision,
            drafting.moved(connection, draft),
        )  # fmt: skip
        reading = Reading(head.content, str(head.body["language"]), made, draft.language)
        return _page(connection, draft, head, reading, {draft.language: made})


def _page(connection: Connection, draft: Draft, shown: Stored, reading: Reading, translations: Any) -> str:
    return render_template(
        "admin/preview.html", **practice.told(Who(connection), shown, shown, reading, translations), draft=draft,
        is_head=True, may_act="", versions=[shown], adaptations=[], questions=[], known=set(), evidence=None,
        attached=[], related={}, similar=[],
        now=the_node().now(), files=attached.shown(connection, draft),
    )  # fmt: skip


def _unsigned(draft: Draft, statement: Statement) -> Stored:
    """A revision as it would stand, in the form in which pages take one."""
    body = {
        "language": statement.language, "author": statement.author, "licence": statement.licence,
        "illustrative": statement.illustrative, "content": dict(statement.content),
    }  # fmt: skip
    now = the_node().now()
    return Stored(
        seq=0, origin=the_node().did, record=draft.record or "draft", revision=1, type=statement.type,
        visibility=statement.visibility, digest=bytes(32), modified=now, received=now, via=None, key="", about=None,
        void=False, forked=False, state="live", data=orjson.dumps(body),
    )  # fmt: skip
