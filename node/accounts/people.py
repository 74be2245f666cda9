"""Adding people and changing what they may do. Each act stands in the audit log and ends the sessions that it must.

Nobody is ever deleted: the audit log names them. A person who leaves is disabled.
"""

from __future__ import annotations

from sqlalchemy import Connection

from node.accounts import names, passwords, throttle
from node.accounts.names import ADMINISTRATOR, folded
from node.assembly import Node
from node.config import LANGUAGES
from node.errors import AccountProblem
from node.store import accounts, follows, mailings, notes
from node.store.accounts import User


def create_user(
    node: Node,
    name: str,
    role: str,
    password: str,
    *,
    actor: str,
    language: str | None = None,
    once: bool = False,
) -> User:
    """Add a person. `once`: the password was chosen for them and must be changed at the first sign-in.

    Raises `AccountProblem` (`name_wrong`, `name_taken`, `role_unknown`, `password_…`, `language_unknown`).
    """
    name, role, language = names.check_name(name), names.check_role(role), _language(language)
    kept = passwords.hashed(passwords.check(name, password), once=once)
    with node.database.writing() as connection:
        user = accounts.add_user(connection, name, role, kept, language, node.now())
        notes.act(connection, node.now(), actor, "user_added", name, role)
        return user


def everyone(node: Node) -> list[User]:
    """All people, by name."""
    with node.database.reading() as connection:
        return accounts.everyone(connection)


def anybody(node: Node) -> bool:
    """Whether there is any account."""
    with node.database.reading() as connection:
        return accounts.anybody(connection)


def get(node: Node, name: str) -> User:
    """A person by name. Raises `NotFound` (`unknown_user`)."""
    with node.database.reading() as connection:
        return accounts.get_user(connection, folded(name)).user


def set_password(node: Node, name: str, password: str, *, actor: str, once: bool = False) -> None:
    """Give a person another password, and end their sessions; the second factor stays.

    Raises `AccountProblem`, `NotFound`.
    """
    name = get(node, name).name
    kept = passwords.hashed(passwords.check(name, password), once=once)
    with node.database.writing() as connection:
        user = accounts.get_user(connection, name).user
        accounts.set_password(connection, user.id, kept)
        accounts.end_sessions(connection, user.id)
        throttle.forget_name(connection, name)
        notes.act(connection, node.now(), actor, "user_password", name, "to be changed at the first sign-in" * once)


def set_role(node: Node, name: str, role: str, *, actor: str) -> None:
    """Give a person another role, and end their sessions.

    Raises `AccountProblem` (`role_unknown`, `last_administrator`), `NotFound`.
    """
    names.check_role(role)
    with node.database.writing() as connection:
        user = accounts.get_user(connection, folded(name)).user
        if user.role == role:
            return
        accounts.set_role(connection, user.id, role)
        _somebody_left(connection)
        accounts.end_sessions(connection, user.id)
        notes.act(connection, node.now(), actor, "user_role", user.name, f"{user.role} → {role}")


def disable(node: Node, name: str, *, actor: str) -> None:
    """Let a person sign in no more, from this moment; what they follow, and their address for mails, is forgotten.

    Raises `AccountProblem` (`last_administrator`), `NotFound`."""
    with node.database.writing() as connection:
        user = accounts.get_user(connection, folded(name)).user
        if user.disabled:
            return
        accounts.set_disabled(connection, user.id, node.now())
        _somebody_left(connection)
        accounts.end_sessions(connection, user.id)
        follows.erase(connection, user.id)
        mailings.erase(connection, user.id)
        notes.act(connection, node.now(), actor, "user_disabled", user.name)


def enable(node: Node, name: str, *, actor: str) -> None:
    """Let a person sign in again, with the password and second factor of before. Raises `NotFound`."""
    with node.database.writing() as connection:
        user = accounts.get_user(connection, folded(name)).user
        if user.disabled:
            accounts.set_disabled(connection, user.id, None)
            accounts.end_sessions(connection, user.id)
            notes.act(connection, node.now(), actor, "user_enabled", user.name)


def set_language(node: Node, name: str, language: str | None, *, actor: str) -> None:
    """Keep the language that pages speak to a person; None: as the browser wishes. Raises `AccountProblem`."""
    language = _language(language)
    with node.database.writing() as connection:
        user = accounts.get_user(connection, folded(name)).user
        accounts.set_language(connection, user.id, language)
        notes.act(connection, node.now(), actor, "user_language", user.name, language or "")


def _somebody_left(connection: Connection) -> None:
    """After a change, in its transaction: the exception undoes it."""
    if not accounts.enabled_with(connection, ADMINISTRATOR):
        raise AccountProblem(
            "this is the last administrator who can sign in: make somebody else administrator first",
            "last_administrator",
        )


def _language(language: str | None) -> str | None:
    if language and language not in LANGUAGES:
        raise AccountProblem(f"a language is one of {', '.join(LANGUAGES)}", "language_unknown")
    return language or None
