"""Signing in: name, password, and the code of the second factor where there is one, all at once.

The line: count the attempt (`throttle`) → compare the password, outside of any transaction, with the same work for an
unknown name as for a known one → in one transaction look at the person again, use up the code, begin the session, write
the act. Whoever does not get in learns one thing: that it was not right. Only a right password learns that a code is
missing.
"""

from __future__ import annotations

from node.accounts import passwords, second_factor, sessions, throttle
from node.accounts.names import folded
from node.assembly import Node
from node.errors import AccountProblem, NodeError, NotAllowed
from node.store import accounts, notes
from node.store.accounts import ONCE, Kept, User


def sign_in(node: Node, name: str, password: str, code: str, address: str) -> str:
    """The token of a new session. `code`: of the second factor or a spare code, or empty; `address`: of the caller.

    Raises `NotAllowed` (`signin_failed`, `second_factor_needed`) or `TooSoon`.
    """
    typed = folded(name)
    with node.database.writing() as connection:
        pausing = throttle.enter(connection, node.now(), typed, address)
        kept = accounts.find_user(connection, typed)
    right = passwords.fits(kept.password if kept else None, password)
    if kept is None or not right:
        if pausing and kept:
            with node.database.writing() as connection:
                notes.act(connection, node.now(), "web", "signin_paused", kept.user.name, "failed too often")
        raise _failed()
    rehashed = _rehashed(kept, password)
    token = _enter(node, kept, code.strip(), address, rehashed)
    if isinstance(token, NodeError):
        raise token
    return token


def confirm_password(node: Node, user: User, password: str, address: str, code: str | None = None) -> None:
    """Have somebody who is signed in show once more who they are, before something grave.

    `code`: None, or a code of the second factor, which is used up. Counted like signing in, so that a stolen session
    guesses nothing. Raises `AccountProblem` (`password_wrong`, `code_wrong`) or `TooSoon`.
    """
    now = node.now()
    with node.database.writing() as connection:
        throttle.enter(connection, now, user.name, address)
        kept = accounts.get_user(connection, user.name)
    if not passwords.fits(kept.password, password):
        raise AccountProblem("this is not your present password", "password_wrong")
    with node.database.writing() as connection:
        kept = accounts.get_user(connection, user.name)
        fits = code is None or second_factor.use(connection, kept, code.strip(), now) is not None
        if fits:
            throttle.give_back(connection, now, user.name, address)
    if not fits:
        raise AccountProblem("this code is not right, or was used before", "code_wrong")


def _enter(node: Node, before: Kept, code: str, address: str, rehashed: str | None) -> str | NodeError:
    """The token, or what stands against it: returned, since an exception would undo what was counted."""
    name, now = before.user.name, node.now()
    with node.database.writing() as connection:
        kept = accounts.get_user(connection, name)
        if kept.user.disabled or kept.password != before.password:  # changed while the password was compared
            return _failed()
        how = ""
        if kept.totp is not None:
            if not code:
                throttle.give_back(connection, now, name, address)
                return NotAllowed("the code of the second factor is missing", "second_factor_needed")
            how = second_factor.use(connection, kept, code, now) or ""
            if not how:
                return _failed()
        throttle.succeeded(connection, now, name, address)
        if rehashed:
            accounts.set_password(connection, kept.user.id, rehashed)
        accounts.seen(connection, kept.user.id, now)
        notes.act(connection, now, f"web:{name}", "signed_in", name, _detail(kept, how))
        return sessions.begin(connection, kept.user, now)


def _detail(kept: Kept, how: str) -> str:
    if how == "spare":
        return f"with a spare code, {kept.user.spare_codes - 1} left"
    return "with the second factor" if how else "with the password alone"


def _rehashed(kept: Kept, password: str) -> str | None:
    if not passwords.outdated(kept.password):
        return None
    return passwords.hashed(password, once=kept.password.startswith(ONCE))


def _failed() -> NotAllowed:
    return NotAllowed("name, password or code is not right", "signin_failed")
