"""What people follow, and which entries of the log are news for them. Rows in, dataclasses out; each sees their own.

A follow that was stopped is kept for a week, so that stopping can be undone, and goes on collecting meanwhile: undoing
loses nothing. News are numbers of the log and nothing else: what an entry says stands in the store alone. An entry is
news from `at` on: its own number, or that of what it waited for (an answer that came before its question).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    case,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from node.errors import NotAllowed, NotFound
from node.store.dialects import later, upsert
from node.store.log import TRANSLATION
from node.store.records import source_visible, visible
from node.store.tables import follows, heads, news, news_seen, origins, searches

TOPIC, COMMUNE, PRACTICE, SEARCH = "topic", "commune", "practice", "search"
KINDS = (TOPIC, COMMUNE, PRACTICE, SEARCH)
MOST = 200
"""What one person may follow."""
NEWS_MOST = 500
"""Entries remembered for one follow: the newest."""
UNDO_S = 7 * 86400
"""How long stopping can be undone, seconds."""


@dataclass(frozen=True, slots=True)
class Follow:
    """One thing that a person follows. `since`: number of the log behind which news begin."""

    id: int
    user_id: int
    kind: str
    target: str
    since: int


def add(connection: Connection, user_id: int, kind: str, target: str, since: int, now: int) -> int:
    """Follow something; twice is once, and what was stopped goes on. Returns its number.

    Raises `NotAllowed` (`too_many_follows`).
    """
    same = (follows.c.user_id == user_id) & (follows.c.kind == kind) & (follows.c.target == target)
    row = connection.execute(select(follows.c.id, follows.c.deleted_at).where(same)).one_or_none()
    if row is not None and row.deleted_at is None:
        return int(row.id)
    count = connection.execute(select(func.count()).select_from(follows).where(_mine(user_id))).scalar_one()
    if count >= MOST:
        raise NotAllowed(f"{MOST} things are followed: stop following one first", "too_many_follows")
    if row is not None:
        connection.execute(update(follows).where(follows.c.id == row.id).values(deleted_at=None))
        return int(row.id)
    made = insert(follows).values(user_id=user_id, kind=kind, target=target, since=since, created_at=now)
    key = connection.execute(made).inserted_primary_key
    assert key is not None
    return int(key[0])


def of(connection: Connection, user_id: int) -> list[Follow]:
    """What a person follows now, oldest first; without searches that are saved no more."""
    return [
        _follow(row) for row in connection.execute(select(follows).where(_in_force(user_id)).order_by(follows.c.id))
    ]


def find(connection: Connection, user_id: int, kind: str, target: str) -> int | None:
    """The number under which a person follows this, or None."""
    this = _mine(user_id) & (follows.c.kind == kind) & (follows.c.target == target)
    return connection.execute(select(follows.c.id).where(this)).scalar_one_or_none()


def stop(connection: Connection, user_id: int, number: int, now: int) -> None:
    """Follow it no more, and forget what was stopped long ago. Raises `NotFound` (`unknown_follow`)."""
    purge(connection, now)
    mine = _mine(user_id) & (follows.c.id == number)
    _one(connection.execute(update(follows).where(mine).values(deleted_at=now)).rowcount)


def bring_back(connection: Connection, user_id: int, number: int) -> None:
    """Undo stopping. Raises `NotFound` (`unknown_follow`)."""
    mine = (follows.c.user_id == user_id) & (follows.c.id == number) & follows.c.deleted_at.is_not(None)
    _one(connection.execute(update(follows).where(mine).values(deleted_at=None)).rowcount)


def stopped(connection: Connection, user_id: int, number: int) -> Follow | None:
    """A follow that was stopped and can be brought back, or None."""
    mine = (follows.c.user_id == user_id) & (follows.c.id == number) & follows.c.deleted_at.is_not(None)
    row = connection.execute(select(follows).where(mine)).one_or_none()
    return _follow(row) if row else None


def purge(connection: Connection, now: int) -> None:
    """Forget what was stopped so long ago that it cannot be undone, and follows of searches that are gone for good."""
    gone = (follows.c.kind == SEARCH) & follows.c.target.not_in(select(cast(searches.c.id, String)))
    _forget(connection, (follows.c.deleted_at < now - UNDO_S) | gone)


def erase(connection: Connection, user_id: int) -> None:
    """Forget everything that a person follows, and how far they have read."""
    _forget(connection, follows.c.user_id == user_id)
    connection.execute(delete(news_seen).where(news_seen.c.user_id == user_id))


def everyones(connection: Connection) -> list[Follow]:
    """All follows of all people, those that were stopped but can be brought back too."""
    return [_follow(row) for row in connection.execute(select(follows))]


@dataclass(frozen=True, slots=True)
class News:
    """An entry of the log that is news for somebody. `at`: since which entry; `follows`: numbers of those that want
    it."""

    seq: int
    at: int
    follows: tuple[int, ...]


def put_news(connection: Connection, found: Iterable[tuple[int, int, int]]) -> None:
    """Remember (number of a follow, `seq`, `at`); the first counts, and of a follow that is gone nothing."""
    there = set(connection.execute(select(follows.c.id)).scalars())
    rows = [{"follow_id": one, "seq": seq, "at": at} for one, seq, at in sorted(set(found)) if one in there]
    if rows:
        connection.execute(upsert(connection, news).on_conflict_do_nothing(), rows)
    for number in {row["follow_id"] for row in rows}:
        kept = select(news.c.at).where(news.c.follow_id == number).order_by(news.c.at.desc(), news.c.seq.desc())
        last = connection.execute(kept.offset(NEWS_MOST).limit(1)).scalar_one_or_none()
        if last is not None:
            connection.execute(delete(news).where((news.c.follow_id == number) & (news.c.at <= last)))


def newest(
    connection: Connection,
    user_id: int,
    audience: str,
    limit: int,
    *,
    before: tuple[int, int] | None = None,
    after: int = 0,
    upto: int | None = None,
) -> list[News]:
    """News that still stand and may be seen, newest first.

    `before`: (`at`, `seq`) of the one to page on from; `after`, `upto`: only with `at` between the two, the last
    included.
    """
    question = _standing(user_id, audience, after, upto)
    if before is not None:
        question = question.having(tuple_(func.min(news.c.at), news.c.seq) < before)
    rows = connection.execute(question.order_by(func.min(news.c.at).desc(), news.c.seq.desc()).limit(limit)).all()
    whose = select(news.c.seq, news.c.follow_id).join(follows, follows.c.id == news.c.follow_id)
    why: dict[int, list[int]] = {}
    for seq, number in connection.execute(
        whose.where(news.c.seq.in_([row.seq for row in rows]) & _in_force(user_id)).order_by(news.c.follow_id)
    ):
        why.setdefault(seq, []).append(number)
    return [News(row.seq, row.at, tuple(why[row.seq])) for row in rows]


def count(
    connection: Connection, user_id: int, audience: str, most: int, *, after: int = 0, upto: int | None = None
) -> int:
    """How many news stand, counted up to `most`; `after`, `upto` as for `newest`."""
    some = _standing(user_id, audience, after, upto).limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def seen(connection: Connection, user_id: int) -> int:
    """How far a person has read: a number of the log, 0 for one who has read nothing."""
    found = connection.execute(select(news_seen.c.seq).where(news_seen.c.user_id == user_id)).scalar_one_or_none()
    return int(found or 0)


def set_seen(connection: Connection, user_id: int, seq: int) -> None:
    """A person has read up to here; never back."""
    statement = upsert(connection, news_seen).values(user_id=user_id, seq=seq)
    furthest = {"seq": later(news_seen.c.seq, statement.excluded.seq)}
    connection.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=furthest))


def _standing(user_id: int, audience: str, after: int, upto: int | None) -> Select[Any]:
    """(seq, at) of entries that are news for a person, are still the head of their record, and may be seen; of
    translations only those whose source is seen too.

    `at` is the first of any follow, of stopped ones too: what was read once does not become unread by stopping.
    """
    question = (
        select(news.c.seq, func.min(news.c.at).label("at"))
        .join(follows, follows.c.id == news.c.follow_id)
        .join(heads, heads.c.seq == news.c.seq)
        .join(origins, origins.c.id == heads.c.origin_id)
        .where((follows.c.user_id == user_id) & visible(audience) & (heads.c.state == "live"))
        .where(or_(heads.c.type != TRANSLATION, source_visible(audience)))
        .group_by(news.c.seq)
        .having(func.max(case((_in_force(user_id), 1), else_=0)) == 1)
        .having(func.min(news.c.at) > after)
    )
    return question if upto is None else question.having(func.min(news.c.at) <= upto)


def _mine(user_id: int) -> ColumnElement[bool]:
    return (follows.c.user_id == user_id) & follows.c.deleted_at.is_(None)


def _in_force(user_id: int) -> ColumnElement[bool]:
    saved = select(cast(searches.c.id, String)).where((searches.c.user_id == user_id) & searches.c.deleted_at.is_(None))
    return _mine(user_id) & or_(follows.c.kind != SEARCH, follows.c.target.in_(saved))


def _forget(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(delete(news).where(news.c.follow_id.in_(select(follows.c.id).where(which))))
    connection.execute(delete(follows).where(which))


def _one(count: int) -> None:
    if count != 1:
        raise NotFound("you follow nothing under this number", "unknown_follow")


def _follow(row: Any) -> Follow:
    return Follow(row.id, row.user_id, row.kind, row.target, row.since)
