"""Drafts: what people of this node are writing, before anything is signed. Rows in, dataclasses out.

Law: a draft never leaves this node: nothing here is read by the log, the index, pages for readers or any export. Each
save that changes something has a number; the last ones are kept whole, so that two open pages can be told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from node.errors import NotFound
from node.store.log import TRANSLATION
from node.store.tables import draft_asides, draft_files, draft_remarks, draft_saves, drafts, inbox, users

DRAFT, SUBMITTED, CHANGES, APPROVED = "draft", "submitted", "changes", "approved"
PUBLISHED, DISCARDED = "published", "discarded"
OPEN = (DRAFT, CHANGES)
"""States in which its text can be changed."""
SAVES_KEPT = 30
"""Saves of a draft that are kept whole."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft. `fields`: path -> text; `kept`: the content that it goes on from; `record`: UUID of ours that it
    revises; `base`: digest (hex) of the revision revised or translated; `target`: URI translated; `confirmed`: the
    version whose personal data the author has confirmed, 0 for none."""

    id: int
    kind: str
    language: str
    author_id: int
    author: str
    state: str
    version: int
    fields: Mapping[str, str]
    kept: Mapping[str, Any]
    record: str | None
    base: str | None
    target: str | None
    confirmed: int
    approved_by: int | None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Aside:
    """A text that another open page sent for a field that had changed in the meantime."""

    id: int
    path: str
    text: str
    user: str
    at: int


def add(connection: Connection, author_id: int, kind: str, language: str, now: int, **more: Any) -> int:
    """A new draft; `fields` and `kept` as mappings, and any of record, base, target. Returns its number."""
    fields = orjson.dumps(more.pop("fields", {})).decode()
    kept = orjson.dumps(more.pop("kept", {})).decode()
    values = {"author_id": author_id, "kind": kind, "language": language, "state": DRAFT, "version": 1}
    values |= {"fields": fields, "kept": kept, "confirmed": 0, "created_at": now, "updated_at": now}
    done = connection.execute(insert(drafts).values(**values, **more))
    key = done.inserted_primary_key
    assert key is not None
    first = {"draft_id": key[0], "version": 1, "user_id": author_id, "at": now, "fields": fields}
    connection.execute(insert(draft_saves).values(**first))
    return int(key[0])


def get(connection: Connection, number: int) -> Draft:
    """One draft. Raises `NotFound` (`unknown_draft`)."""
    row = connection.execute(_question(drafts.c.id == number)).one_or_none()
    if row is None:
        raise NotFound("there is no such draft", "unknown_draft")
    return _draft(row)


def of(connection: Connection, author_id: int) -> list[Draft]:
    """The drafts of a person that are not discarded, the last changed first."""
    mine = (drafts.c.author_id == author_id) & (drafts.c.state != DISCARDED)
    return _many(connection, mine)


def in_state(connection: Connection, *states: str) -> list[Draft]:
    """Every draft in one of these states, the last changed first."""
    return _many(connection, drafts.c.state.in_(states))


def of_record(connection: Connection, record: str) -> list[Draft]:
    """Drafts on the way that revise this record of ours."""
    return _many(connection, (drafts.c.record == record) & drafts.c.state.not_in([PUBLISHED, DISCARDED]))


def save(connection: Connection, draft: Draft, user_id: int, fields: Mapping[str, str], now: int) -> int:
    """Write these fields as the next version. Returns its number."""
    version, text = draft.version + 1, orjson.dumps(dict(fields)).decode()
    connection.execute(
        update(drafts).where(drafts.c.id == draft.id).values(version=version, fields=text, updated_at=now)
    )
    connection.execute(
        insert(draft_saves).values(draft_id=draft.id, version=version, user_id=user_id, at=now, fields=text)
    )
    old = (draft_saves.c.draft_id == draft.id) & (draft_saves.c.version <= version - SAVES_KEPT)
    connection.execute(update(draft_saves).where(old).values(fields=None))
    return version


def saved(connection: Connection, number: int, version: int) -> Mapping[str, str] | None:
    """The fields of one save; None when they are not kept any more."""
    mine = (draft_saves.c.draft_id == number) & (draft_saves.c.version == version)
    text = connection.execute(select(draft_saves.c.fields).where(mine)).scalar_one_or_none()
    return orjson.loads(text) if text else None


def writers(connection: Connection, number: int) -> set[int]:
    """Who has written in a draft: ids of people."""
    question = select(draft_saves.c.user_id).where(draft_saves.c.draft_id == number).distinct()
    return {int(found) for found in connection.execute(question).scalars()}


def move(connection: Connection, number: int, state: str, now: int, **more: Any) -> None:
    """Write another state, and any of confirmed, approved_by, record, base."""
    connection.execute(update(drafts).where(drafts.c.id == number).values(state=state, updated_at=now, **more))


def confirm(connection: Connection, number: int, version: int) -> None:
    """Note that the author has looked at the personal data of this version."""
    connection.execute(update(drafts).where(drafts.c.id == number).values(confirmed=version))


def put_aside(connection: Connection, number: int, tab: str, path: str, text: str, user_id: int, now: int) -> None:
    """Keep what another page sent for a field; what the same page sent before is part of it, and goes."""
    mine = (draft_asides.c.draft_id == number) & (draft_asides.c.tab == tab) & (draft_asides.c.path == path)
    connection.execute(delete(draft_asides).where(mine))
    values = {"draft_id": number, "tab": tab, "path": path, "text": text, "user_id": user_id, "at": now}
    connection.execute(insert(draft_asides).values(**values))


def asides(connection: Connection, number: int) -> list[Aside]:
    """What lies aside of a draft, oldest first."""
    question = select(draft_asides, users.c.name).join(users, users.c.id == draft_asides.c.user_id)
    rows = connection.execute(question.where(draft_asides.c.draft_id == number).order_by(draft_asides.c.id))
    return [Aside(row.id, row.path, row.text, row.name, row.at) for row in rows]


def drop_aside(connection: Connection, number: int, aside: int) -> Aside:
    """Take one away and give it back. Raises `NotFound` (`unknown_draft`)."""
    found = next((one for one in asides(connection, number) if one.id == aside), None)
    if found is None:
        raise NotFound("this text does not lie aside any more", "unknown_draft")
    connection.execute(delete(draft_asides).where(draft_asides.c.id == aside))
    return found


def forget(connection: Connection, number: int) -> None:
    """Forget every word of a draft; that there was one stays."""
    for table in (draft_asides, draft_remarks, draft_files, inbox):
        connection.execute(delete(table).where(table.c.draft_id == number))
    connection.execute(update(draft_saves).where(draft_saves.c.draft_id == number).values(fields=None))
    connection.execute(update(drafts).where(drafts.c.id == number).values(fields="{}", kept="{}"))


def forget_record(connection: Connection, record: str, uri: str) -> None:
    """Forget every word of all drafts of a record that is erased, of its translations too."""
    mine = (drafts.c.record == record) | (drafts.c.target == uri)
    for number in connection.execute(select(drafts.c.id).where(mine)).scalars().all():
        forget(connection, number)
        connection.execute(update(drafts).where(drafts.c.id == number).values(state=DISCARDED))


def forget_translations(connection: Connection, uri: str) -> None:
    """Forget every word of all drafts that translate a record that is erased, of whatever node it is."""
    mine = (drafts.c.kind == TRANSLATION) & (drafts.c.target == uri)
    for number in connection.execute(select(drafts.c.id).where(mine)).scalars().all():
        forget(connection, number)
        connection.execute(update(drafts).where(drafts.c.id == number).values(state=DISCARDED))


def _question(where: ColumnElement[bool]) -> Any:
    return select(drafts, users.c.name.label("author")).join(users, users.c.id == drafts.c.author_id).where(where)


def _many(connection: Connection, where: ColumnElement[bool]) -> list[Draft]:
    rows = connection.execute(_question(where).order_by(drafts.c.updated_at.desc(), drafts.c.id.desc()).limit(500))
    return [_draft(row) for row in rows]


def _draft(row: Row[Any]) -> Draft:
    values = dict(row._mapping)
    return Draft(**values | {"fields": orjson.loads(values["fields"]), "kept": orjson.loads(values["kept"])})
