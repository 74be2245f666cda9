"""Consents that people gave on paper: what for, how long, withdrawn or not. They never leave this node.

Only the id and the audience travel, in a testimonial. No name stands here either: a label that the office can look up.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from node.errors import NotFound
from node.store.tables import consents


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent. `what`: text | photo | voice; `audience`: node | network | public; days as YYYY-MM-DD;
    `form_hash`: SHA-256 (hex) of the scanned form, or empty."""

    id: str
    what: str
    subject: str
    purposes: str
    audience: str
    languages: str
    given_on: str
    expires_on: str
    guardian: bool
    form_hash: str
    withdrawn_on: str | None
    created_at: int

    def holds(self, today: str) -> bool:
        """Whether it can be relied on today (YYYY-MM-DD)."""
        return self.withdrawn_on is None and self.given_on <= today <= self.expires_on


def add(connection: Connection, consent: Consent) -> None:
    """Write one down."""
    values = {name: getattr(consent, name) for name in Consent.__slots__}
    connection.execute(insert(consents).values(**values))


def everyone(connection: Connection) -> list[Consent]:
    """All of them, the newest first."""
    rows = connection.execute(select(consents).order_by(consents.c.created_at.desc(), consents.c.id))
    return [Consent(**row._mapping) for row in rows]


def withdraw(connection: Connection, consent_id: str, today: str) -> Consent:
    """Note that it was withdrawn. Raises `NotFound` (`unknown_consent`)."""
    mine = consents.c.id == consent_id
    connection.execute(update(consents).where(mine & consents.c.withdrawn_on.is_(None)).values(withdrawn_on=today))
    row = connection.execute(select(consents).where(mine)).one_or_none()
    if row is None:
        raise NotFound("there is no such consent", "unknown_consent")
    return Consent(**row._mapping)
