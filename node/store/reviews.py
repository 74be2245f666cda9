"""What people say about a draft, and what waits for each of them. Rows in, dataclasses out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from node.store.tables import draft_remarks, inbox, users

TEXT_MOST = 2000


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody says about a field (`path`), or about the whole (empty). `done_at`: None while it is open."""

    id: int
    user_id: int
    user: str
    path: str
    text: str
    at: int
    done_at: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """Something that happened to a draft and concerns a person. `word`: as in the audit log."""

    id: int
    draft_id: int
    word: str
    actor: str
    at: int
    read_at: int | None


def remark(connection: Connection, draft_id: int, user_id: int, path: str, text: str, now: int) -> None:
    """Say something about a field of a draft."""
    values = {"draft_id": draft_id, "user_id": user_id, "path": path[:100], "text": text[:TEXT_MOST], "at": now}
    connection.execute(insert(draft_remarks).values(**values))


def remarks(connection: Connection, draft_id: int) -> list[Remark]:
    """Everything that was said about a draft, oldest first."""
    question = select(draft_remarks, users.c.name).join(users, users.c.id == draft_remarks.c.user_id)
    rows = connection.execute(question.where(draft_remarks.c.draft_id == draft_id).order_by(draft_remarks.c.id))
    return [Remark(row.id, row.user_id, row.name, row.path, row.text, row.at, row.done_at) for row in rows]


def settle(connection: Connection, draft_id: int, number: int, now: int) -> None:
    """Mark a remark as done."""
    mine = (draft_remarks.c.draft_id == draft_id) & (draft_remarks.c.id == number)
    connection.execute(update(draft_remarks).where(mine).values(done_at=now))


def tell(connection: Connection, user_ids: Iterable[int], draft_id: int, word: str, actor: str, now: int) -> None:
    """Put a message before each of these people."""
    for user_id in user_ids:
        values = {"user_id": user_id, "draft_id": draft_id, "word": word, "actor": actor, "at": now}
        connection.execute(insert(inbox).values(**values))


def messages(connection: Connection, user_id: int, limit: int = 200) -> list[Message]:
    """What concerns a person, newest first."""
    question = select(inbox).where(inbox.c.user_id == user_id).order_by(inbox.c.id.desc()).limit(limit)
    return [
        Message(row.id, row.draft_id, row.word, row.actor, row.at, row.read_at) for row in connection.execute(question)
    ]


def unread(connection: Connection, user_id: int) -> int:
    """How many messages a person has not read."""
    mine = (inbox.c.user_id == user_id) & inbox.c.read_at.is_(None)
    return int(connection.execute(select(func.count()).select_from(inbox).where(mine)).scalar_one())


def read(connection: Connection, user_id: int, now: int, draft_id: int | None = None) -> None:
    """Mark a person's messages as read: all, or those about one draft."""
    mine = (inbox.c.user_id == user_id) & inbox.c.read_at.is_(None)
    if draft_id is not None:
        mine &= inbox.c.draft_id == draft_id
    connection.execute(update(inbox).where(mine).values(read_at=now))
