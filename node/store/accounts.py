"""People who may sign in, their sessions, and how often signing in has failed: rows in, dataclasses out.

Decides nothing: rules stand in `node.accounts`. What is secret (password hash, seed of the second factor) travels in
`Kept`, which never shows it when printed. Moments are whole seconds since 1970, UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from node.errors import AccountProblem, NotFound
from node.store.dialects import upsert
from node.store.tables import attempts, sessions, users

ONCE = "once:"
"""Stands before the hash of a password that somebody else has chosen: it must be changed at the first sign-in."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in. `must_change`: the password is one that somebody else knows; `spare_codes`: how many
    are left; `seen_at`: last sign-in, None before the first."""

    id: int
    name: str
    role: str
    language: str | None
    has_totp: bool
    disabled: bool
    created_at: int
    seen_at: int | None
    must_change: bool
    spare_codes: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A person with what is secret about them. `spare_codes`: hashes, in hex."""

    user: User
    password: str = field(repr=False)
    totp: str | None = field(repr=False)
    totp_step: int = field(repr=False)
    spare_codes: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """An open session and whose it is. `notices`: JSON, see `node.accounts.sessions`."""

    token_hash: bytes = field(repr=False)
    form_token: str = field(repr=False)
    user: User
    created_at: int
    seen_at: int
    notices: str


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failures counted under one name (a hash: whose they are cannot be read from it)."""

    failures: int
    last_at: int


def add_user(connection: Connection, name: str, role: str, password: str, language: str | None, now: int) -> User:
    """Add a person. Raises `AccountProblem` (`name_taken`)."""
    try:
        with connection.begin_nested():
            connection.execute(
                insert(users).values(name=name, role=role, password=password, language=language, created_at=now)
            )
    except IntegrityError as error:
        raise AccountProblem(f"there is an account called {name} already: choose another name", "name_taken") from error
    return get_user(connection, name).user


def find_user(connection: Connection, name: str) -> Kept | None:
    """A person by name, or None."""
    row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
    return _kept(row) if row else None


def get_user(connection: Connection, name: str) -> Kept:
    """A person by name. Raises `NotFound` (`unknown_user`)."""
    found = find_user(connection, name)
    if found is None:
        raise NotFound("nobody of this name has an account here: `wasl user list` shows who has", "unknown_user")
    return found


def find_number(connection: Connection, user_id: int) -> User | None:
    """A person by their number, or None."""
    row = connection.execute(select(users).where(users.c.id == user_id)).one_or_none()
    return _kept(row).user if row else None


def everyone(connection: Connection) -> list[User]:
    """All people, by name."""
    return [_kept(row).user for row in connection.execute(select(users).order_by(users.c.name))]


def anybody(connection: Connection) -> bool:
    """Whether there is any account."""
    return connection.execute(select(users.c.id).limit(1)).first() is not None


def enabled_with(connection: Connection, role: str) -> int:
    """How many people who may sign in have this very role."""
    mine = (users.c.role == role) & users.c.disabled_at.is_(None)
    return int(connection.execute(select(func.count()).select_from(users).where(mine)).scalar_one())


def set_password(connection: Connection, user_id: int, password: str) -> None:
    """Keep another password hash."""
    _set(connection, user_id, password=password)


def set_role(connection: Connection, user_id: int, role: str) -> None:
    """Keep another role."""
    _set(connection, user_id, role=role)


def set_language(connection: Connection, user_id: int, language: str | None) -> None:
    """Keep another language; None: as the browser wishes."""
    _set(connection, user_id, language=language)


def set_disabled(connection: Connection, user_id: int, at: int | None) -> None:
    """Disable since `at`, or enable with None."""
    _set(connection, user_id, disabled_at=at)


def set_totp(connection: Connection, user_id: int, secret: str | None, step: int, spare_codes: Iterable[str]) -> None:
    """Keep a second factor and the step that it was confirmed with, or, with None, none."""
    _set(connection, user_id, totp=secret, totp_step=step, spare_codes="\n".join(spare_codes))


def set_spare_codes(connection: Connection, user_id: int, spare_codes: Iterable[str]) -> None:
    """Keep these hashes of spare codes instead of the ones before."""
    _set(connection, user_id, spare_codes="\n".join(spare_codes))


def use_step(connection: Connection, user_id: int, step: int) -> bool:
    """Use up a time step of the second factor, and all before it; False when it was used already."""
    mine = (users.c.id == user_id) & (users.c.totp_step < step)
    return bool(connection.execute(update(users).where(mine).values(totp_step=step)).rowcount)


def seen(connection: Connection, user_id: int, now: int) -> None:
    """Remember a sign-in."""
    _set(connection, user_id, seen_at=now)


def open_session(connection: Connection, token_hash: bytes, user_id: int, form_token: str, now: int) -> None:
    """Remember a session by the hash of its token."""
    connection.execute(
        insert(sessions).values(
            token_hash=token_hash, user_id=user_id, form_token=form_token, created_at=now, seen_at=now
        )
    )


def find_session(connection: Connection, token_hash: bytes) -> Session | None:
    """A session with its person as they are now, or None."""
    row = connection.execute(select(sessions).where(sessions.c.token_hash == token_hash)).one_or_none()
    if row is None:
        return None
    person = connection.execute(select(users).where(users.c.id == row.user_id)).one()
    return Session(token_hash, row.form_token, _kept(person).user, row.created_at, row.seen_at, row.notices)


def sessions_of(connection: Connection, user_id: int) -> list[Session]:
    """The sessions of one person, newest first."""
    rows = connection.execute(
        select(sessions.c.token_hash).where(sessions.c.user_id == user_id).order_by(sessions.c.created_at.desc())
    )
    found = (find_session(connection, token_hash) for token_hash in rows.scalars().all())
    return [session for session in found if session]


def touch_session(connection: Connection, token_hash: bytes, now: int) -> None:
    """Remember that a session was used."""
    connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now))


def set_notices(connection: Connection, token_hash: bytes, notices: str) -> None:
    """Keep what is to be said on the next page of a session."""
    connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(notices=notices))


def end_session(connection: Connection, token_hash: bytes) -> bool:
    """End one session; False when it had ended."""
    return bool(connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash)).rowcount)


def end_sessions(connection: Connection, user_id: int) -> int:
    """End every session of a person; how many there were."""
    return connection.execute(delete(sessions).where(sessions.c.user_id == user_id)).rowcount


def sweep_sessions(connection: Connection, created_before: int) -> None:
    """Forget sessions that were begun before this moment."""
    connection.execute(delete(sessions).where(sessions.c.created_at < created_before))


def find_attempts(connection: Connection, name: str) -> Attempts | None:
    """What was counted under this name."""
    row = connection.execute(select(attempts).where(attempts.c.name == name)).one_or_none()
    return Attempts(row.failures, row.last_at) if row else None


def set_attempts(connection: Connection, name: str, failures: int, last_at: int) -> None:
    """Count under this name."""
    values = {"failures": failures, "last_at": last_at}
    statement = upsert(connection, attempts).values(name=name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def sweep_attempts(connection: Connection, failed_before: int, known_before: int, most: int) -> None:
    """Forget failures before one moment and successes (0 failures) before another; then the oldest beyond `most`."""
    failed = (attempts.c.failures > 0) & (attempts.c.last_at < failed_before)
    known = (attempts.c.failures == 0) & (attempts.c.last_at < known_before)
    connection.execute(delete(attempts).where(failed | known))
    kept = select(attempts.c.name).order_by(attempts.c.last_at.desc()).limit(most)
    if int(connection.execute(select(func.count()).select_from(attempts)).scalar_one()) > most:
        connection.execute(delete(attempts).where(attempts.c.name.not_in(kept)))


def forget_attempts(connection: Connection, names: Iterable[str]) -> None:
    """Count anew under these names."""
    connection.execute(delete(attempts).where(attempts.c.name.in_(list(names))))


def _set(connection: Connection, user_id: int, **values: object) -> None:
    connection.execute(update(users).where(users.c.id == user_id).values(**values))


def _kept(row: Row[tuple[object, ...]]) -> Kept:
    codes = tuple(str(row.spare_codes).split())
    user = User(
        id=row.id,
        name=row.name,
        role=row.role,
        language=row.language,
        has_totp=row.totp is not None,
        disabled=row.disabled_at is not None,
        created_at=row.created_at,
        seen_at=row.seen_at,
        must_change=row.password.startswith(ONCE),
        spare_codes=len(codes),
    )
    return Kept(user, row.password, row.totp, row.totp_step, codes)
