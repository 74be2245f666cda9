"""Who wants their news by e-mail: an address, whether it was confirmed, and how far the mails have come.

An address stands in this table and nowhere else, and leaves it when the person stops the mails or is disabled. A mail
is claimed before it is sent: whoever is killed in between sends the same one again, with the same Message-ID.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from node.store.dialects import later, upsert
from node.store.tables import mailings, users


@dataclass(frozen=True, slots=True)
class Mailing:
    """The mails of one person. `ask_at`: when the mail that asks to confirm is due, None once sent; `mailed_seq`:
    news up to here were mailed; `pending_seq`: up to here they are being mailed; `due_at`: when the next is due."""

    user_id: int
    address: str = field(repr=False)
    asked_at: int
    ask_at: int | None
    confirmed_at: int | None
    mailed_seq: int
    pending_seq: int | None
    due_at: int
    sent_at: int | None
    failures: int
    error_code: str | None


def ask(connection: Connection, user_id: int, address: str, seq: int, now: int) -> None:
    """Keep an address that is to be confirmed, instead of one before; its news begin behind `seq`."""
    values = {
        "address": address, "asked_at": now, "ask_at": now, "confirmed_at": None, "mailed_seq": seq,
        "pending_seq": None, "due_at": now, "sent_at": None, "failures": 0, "error_code": None,
    }  # fmt: skip
    statement = upsert(connection, mailings).values(user_id=user_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))


def find(connection: Connection, user_id: int) -> Mailing | None:
    """The mails of a person, or None."""
    row = connection.execute(select(mailings).where(mailings.c.user_id == user_id)).one_or_none()
    return Mailing(**row._mapping) if row else None


def confirm(connection: Connection, user_id: int, now: int, due_at: int) -> None:
    """The address was confirmed; the first digest is due then."""
    _note(connection, user_id, confirmed_at=now, due_at=due_at, ask_at=None, failures=0, error_code=None)


def erase(connection: Connection, user_id: int) -> bool:
    """No more mails: the address is forgotten. False when there was none."""
    return bool(connection.execute(delete(mailings).where(mailings.c.user_id == user_id)).rowcount)


def to_ask(connection: Connection, now: int, limit: int) -> list[Mailing]:
    """Addresses whose mail that asks to confirm is due, the longest waiting first."""
    return _due(connection, (mailings.c.ask_at <= now) & mailings.c.confirmed_at.is_(None), mailings.c.ask_at, limit)


def due(connection: Connection, now: int, limit: int) -> list[Mailing]:
    """Confirmed addresses whose digest is due, the longest waiting first."""
    return _due(connection, (mailings.c.due_at <= now) & mailings.c.confirmed_at.is_not(None), mailings.c.due_at, limit)


def confirmed(connection: Connection) -> list[Mailing]:
    """Everybody who gets mails, whether or not one is due."""
    return _due(connection, mailings.c.confirmed_at.is_not(None), mailings.c.user_id, None)


def claim_asking(connection: Connection, one: Mailing, until: int) -> bool:
    """Take the sending of the mail that asks until a moment; False when somebody else has, or it changed."""
    return _claim(connection, one, mailings.c.ask_at == one.ask_at, ask_at=until)


def claim(connection: Connection, one: Mailing, seq: int, until: int) -> bool:
    """Take the sending of a digest of news up to `seq` until a moment; False as above. An earlier `seq` is kept."""
    pending = func.coalesce(mailings.c.pending_seq, seq)
    return _claim(connection, one, mailings.c.due_at == one.due_at, due_at=until, pending_seq=pending)


def asked(connection: Connection, one: Mailing) -> None:
    """The mail that asks was sent."""
    _claim(connection, one, mailings.c.confirmed_at.is_(None), ask_at=None, failures=0, error_code=None)


def mailed(connection: Connection, one: Mailing, seq: int, due_at: int, sent_at: int | None) -> None:
    """News up to `seq` were mailed, or there were none (`sent_at` None); the next is due then."""
    upto = later(mailings.c.mailed_seq, seq)
    values: dict[str, Any] = {"mailed_seq": upto, "pending_seq": None, "due_at": due_at}
    values |= {"failures": 0, "error_code": None} | ({"sent_at": sent_at} if sent_at is not None else {})
    _claim(connection, one, mailings.c.user_id == one.user_id, **values)


def failed(connection: Connection, one: Mailing, code: str, again_at: int | None) -> None:
    """Sending did not work: when it is tried again, None for never (of a mail that asks)."""
    when = {"due_at": again_at} if one.confirmed_at is not None else {"ask_at": again_at}
    _claim(connection, one, mailings.c.user_id == one.user_id, failures=one.failures + 1, error_code=code, **when)


def _claim(connection: Connection, one: Mailing, which: ColumnElement[bool], **values: Any) -> bool:
    """Change it if it is still the same address, asked for at the same moment."""
    same = (mailings.c.user_id == one.user_id) & (mailings.c.asked_at == one.asked_at)
    same &= (mailings.c.address == one.address) & which
    return bool(connection.execute(update(mailings).where(same).values(**values)).rowcount)


def _note(connection: Connection, user_id: int, **values: Any) -> None:
    connection.execute(update(mailings).where(mailings.c.user_id == user_id).values(**values))


def _due(connection: Connection, which: ColumnElement[bool], order: Any, limit: int | None) -> list[Mailing]:
    able = mailings.c.user_id.in_(select(users.c.id).where(users.c.disabled_at.is_(None)))
    rows = connection.execute(select(mailings).where(which & able).order_by(order).limit(limit))
    return [Mailing(**row._mapping) for row in rows]
