"""Sessions: kept by the server, so that ending one ends it. The browser holds a token, the database its hash.

A new token at every sign-in: one that a browser brought is never taken over (fixation, attacks E13). A session ends by
signing out; when it was not used for `IDLE_S` of its role; after `WHOLE_S` in any case; and all of a person's end when
their password, role or second factor changes, or they are disabled. It also carries what the next page will say.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection

from node.accounts.names import ADMINISTRATOR, EDITOR, PUBLISHER, READER, folded
from node.assembly import Node
from node.errors import NotAllowed, StoreProblem
from node.store import accounts, notes
from node.store.accounts import Session, User

IDLE_S: Mapping[str, int] = {READER: 8 * 3600, EDITOR: 8 * 3600, PUBLISHER: 3600, ADMINISTRATOR: 1800}
"""Seconds without a request that end a session: few where much can be done, a working day where one writes."""
WHOLE_S = 12 * 3600
"""Seconds after which a session ends in any case."""
MOST = 10
"""Sessions that one person may have at one time; the oldest end."""
NOTICES_MOST = 10

_TOUCH_S = 60
"""How exactly the last use is remembered: not every page writes."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who is signed in, as they are now. `form_token`: must stand in every form of theirs; `said`: whether
    notices wait to be shown."""

    user: User
    form_token: str = field(repr=False)
    token_hash: bytes = field(repr=False)
    since: int
    said: bool

    @property
    def actor(self) -> str:
        """How the audit log names them."""
        return f"web:{self.user.name}"


def session_of(node: Node, token: str) -> SignedIn | None:
    """Whose session this token opens; None when it opens none (any more)."""
    now = node.now()
    with node.database.reading() as connection:
        found = accounts.find_session(connection, _hash(token))
    if found is None or not _lives(found, now):
        return None
    if now - found.seen_at >= _TOUCH_S:
        with suppress(StoreProblem), node.database.writing() as connection:  # with a full disk, pages are still shown
            accounts.touch_session(connection, found.token_hash, now)
    return SignedIn(found.user, found.form_token, found.token_hash, found.created_at, bool(found.notices))


def sign_out(node: Node, token: str) -> None:
    """End this session. Nothing happens when it has ended."""
    with node.database.writing() as connection:
        accounts.end_session(connection, _hash(token))


def sign_out_everywhere(node: Node, name: str, *, actor: str) -> int:
    """End every session of a person; how many there were. Raises `NotFound`."""
    with node.database.writing() as connection:
        user = accounts.get_user(connection, folded(name)).user
        ended = accounts.end_sessions(connection, user.id)
        notes.act(connection, node.now(), actor, "user_signed_out", user.name, f"{ended} sessions")
        return ended


def renew(node: Node, name: str) -> str:
    """A new session for somebody who has just shown who they are and changed what ends sessions. Returns its token.

    Raises `NotAllowed` when they have been disabled in between.
    """
    with node.database.writing() as connection:
        user = accounts.get_user(connection, name).user
        if user.disabled:
            raise NotAllowed("this account is disabled", "signin_failed")
        return begin(connection, user, node.now())


def begin(connection: Connection, user: User, now: int) -> str:
    """Begin a session in a transaction of the caller's. Returns its token: 256 bits, never stored."""
    accounts.sweep_sessions(connection, now - WHOLE_S)
    for old in accounts.sessions_of(connection, user.id)[MOST - 1 :]:
        accounts.end_session(connection, old.token_hash)
    token = secrets.token_urlsafe(32)
    accounts.open_session(connection, _hash(token), user.id, secrets.token_urlsafe(32), now)
    return token


def open_sessions(node: Node, user: User) -> list[Session]:
    """The sessions of a person that have not ended, newest first."""
    with node.database.reading() as connection:
        return [one for one in accounts.sessions_of(connection, user.id) if _lives(one, node.now())]


def keep_notice(node: Node, signed_in: SignedIn, kind: str, text: str) -> None:
    """Keep what the next page of this session says. Only the newest `NOTICES_MOST` are kept."""
    with node.database.writing() as connection:
        found = accounts.find_session(connection, signed_in.token_hash)
        if found is not None:
            kept = [*_read(found.notices), [kind, text[:2000]]][-NOTICES_MOST:]
            accounts.set_notices(connection, found.token_hash, orjson.dumps(kept).decode())


def take_notices(node: Node, signed_in: SignedIn) -> list[tuple[str, str]]:
    """What waited to be said, (kind, text), oldest first; it is not said again."""
    with node.database.writing() as connection:
        found = accounts.find_session(connection, signed_in.token_hash)
        if found is None or not found.notices:
            return []
        accounts.set_notices(connection, found.token_hash, "")
        return [(str(kind), str(text)) for kind, text in _read(found.notices)]


def _lives(session: Session, now: int) -> bool:
    if session.user.disabled or now - session.created_at >= WHOLE_S:
        return False
    return now - session.seen_at < IDLE_S.get(session.user.role, 0)


def _read(notices: str) -> list[list[str]]:
    return list(orjson.loads(notices)) if notices else []


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
