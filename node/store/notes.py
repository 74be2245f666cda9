"""Small local facts: meta values, followers' cursors, used nonces, invitations, the audit log."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from node.errors import NotAllowed, NotFound
from node.store.dialects import upsert
from node.store.tables import audit, followers, invitations, meta, nonces


@dataclass(frozen=True, slots=True)
class Invitation:
    """A single-use invitation. The token itself is shown once and never stored."""

    token_hash: bytes
    label: str
    created_at: int
    expires_at: int
    used_at: int | None
    used_by: str | None
    revoked_at: int | None

    def state(self, now: int) -> str:
        """open | used | revoked | expired."""
        if self.used_at is not None:
            return "used"
        if self.revoked_at is not None:
            return "revoked"
        return "open" if now <= self.expires_at else "expired"


@dataclass(frozen=True, slots=True)
class Act:
    """One administrative act: who (`actor`), what (`act`, stable word), on what, with what detail."""

    id: int
    at: int
    actor: str
    act: str
    object: str
    detail: str


def value(connection: Connection, name: str) -> str | None:
    """One meta value, or None."""
    return connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one_or_none()


def set_value(connection: Connection, name: str, text: str) -> None:
    """Write one meta value."""
    statement = upsert(connection, meta).values(name=name, value=text)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": text}))


def drop_value(connection: Connection, name: str) -> None:
    """Know one meta value no more."""
    connection.execute(delete(meta).where(meta.c.name == name))


def cursor(connection: Connection, follower: str) -> int:
    """How far a follower has come; 0 for one never seen."""
    return int(connection.execute(select(followers.c.seq).where(followers.c.name == follower)).scalar() or 0)


def set_cursor(connection: Connection, follower: str, seq: int, now: int, error: str | None = None) -> None:
    """Write how far a follower has come, and what stopped it, if anything did."""
    statement = upsert(connection, followers).values(name=follower, seq=seq, updated_at=now, error=error)
    changed = {"seq": seq, "updated_at": now, "error": error}
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed))


def use_nonce(connection: Connection, key: str, nonce: str, expires_at: int, now: int) -> bool:
    """Remember a request's nonce; False when this key has used it before (a replay). Old ones are swept."""
    connection.execute(delete(nonces).where(nonces.c.expires_at < now))
    try:
        with connection.begin_nested():
            connection.execute(insert(nonces).values(key=key, nonce=nonce, expires_at=expires_at))
    except IntegrityError:
        return False
    return True


def add_invitation(connection: Connection, token_hash: bytes, label: str, now: int, expires_at: int) -> None:
    """Remember an invitation by the hash of its token."""
    connection.execute(
        insert(invitations).values(token_hash=token_hash, label=label[:120], created_at=now, expires_at=expires_at)
    )


def use_invitation(connection: Connection, token_hash: bytes, did: str, now: int) -> Invitation:
    """Use an invitation up. Raises `NotAllowed` with invitation_unknown, _used, _revoked or _expired.

    The same node may use it again: an answer that got lost must not lock it out.
    """
    row = connection.execute(select(invitations).where(invitations.c.token_hash == token_hash)).one_or_none()
    if row is None:
        raise NotAllowed("this invitation was not given by this node", "invitation_unknown")
    found = Invitation(**row._mapping)
    if found.revoked_at is not None:
        raise NotAllowed("this invitation was withdrawn: ask for a new one", "invitation_revoked")
    if found.used_by is not None and found.used_by != did:
        raise NotAllowed("this invitation was used by another node: ask for a new one", "invitation_used")
    if found.used_by is None and found.expires_at < now:
        raise NotAllowed("this invitation has expired: ask for a new one", "invitation_expired")
    mine = invitations.c.token_hash == token_hash
    connection.execute(
        update(invitations).where(mine & invitations.c.used_at.is_(None)).values(used_at=now, used_by=did)
    )
    return found


def revoke_invitation(connection: Connection, token_hash: bytes, now: int) -> None:
    """Withdraw an invitation that nobody has used. Raises `NotFound`."""
    mine = (invitations.c.token_hash == token_hash) & invitations.c.used_at.is_(None)
    if not connection.execute(update(invitations).where(mine).values(revoked_at=now)).rowcount:
        raise NotFound("no such open invitation", "invitation_unknown")


def all_invitations(connection: Connection, limit: int = 200) -> list[Invitation]:
    """Every invitation that was given, newest first."""
    question = select(invitations).order_by(invitations.c.created_at.desc(), invitations.c.token_hash).limit(limit)
    return [Invitation(**row._mapping) for row in connection.execute(question)]


def act(connection: Connection, now: int, actor: str, word: str, object_: str = "", detail: str = "") -> None:
    """Write an administrative act into the audit log."""
    connection.execute(insert(audit).values(at=now, actor=actor, act=word, object=object_[:200], detail=detail[:2000]))


def acts(
    connection: Connection,
    limit: int = 100,
    *,
    since: int | None = None,
    before: int | None = None,
    object_: str | None = None,
    actor: str | None = None,
    word: str | None = None,
) -> list[Act]:
    """The newest administrative acts. `since`: a moment; `before`: only ids below it, to page on; others: exactly."""
    question = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if since is not None:
        question = question.where(audit.c.at >= since)
    if before is not None:
        question = question.where(audit.c.id < before)
    for column, wanted in ((audit.c.object, object_), (audit.c.actor, actor), (audit.c.act, word)):
        if wanted is not None:
            question = question.where(column == wanted)
    return [Act(**row._mapping) for row in connection.execute(question)]


def kept(connection: Connection, name: str) -> dict[str, str]:
    """A small map that stands in one meta value; empty when it was never written."""
    text = value(connection, name)
    return dict(orjson.loads(text)) if text else {}


def keep(connection: Connection, name: str, key: str, text: str | None) -> None:
    """Write one entry of such a map, or take it away (None)."""
    entries = kept(connection, name)
    entries.pop(key, None)
    if text is not None:
        entries[key] = text
    set_value(connection, name, orjson.dumps(entries).decode("utf-8"))
