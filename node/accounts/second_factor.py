"""The second factor: codes of six digits from a telephone (TOTP, RFC 6238), and ten spare codes for when it is lost.

A code counts once, and so do all before it (RFC 6238 section 5.2); one step before or after is taken, for clocks that
differ. The seed stands in the database, which only the node's user can read: it must be known to compute codes. Law:
nothing on a page takes a second factor away from somebody else; that is done at the machine (`wasl user
second-factor-off`). A new password does not touch it (attacks E15).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

import pyotp
from sqlalchemy import Connection

from node.accounts import passwords
from node.accounts.names import folded
from node.assembly import Node
from node.errors import AccountProblem
from node.store import accounts, notes
from node.store.accounts import Kept

STEP_S = 30
WINDOW = 1
"""Steps before and after now that are taken."""
SPARE_CODES = 10
_SPARE_GROUPS, _SPARE_LETTERS = 3, 4
_SEED_LETTERS = 32
"""160 bits in base32 (RFC 4226 section 4 asks for 128 at least)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A second factor that is not in force yet. `uri`: for the QR code; `secret`: to type in by hand."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


def begin_totp(name: str, issuer: str, secret: str = "") -> Offer:
    """Offer a second factor, or the same one again (`secret`). It is in force once `confirm_totp` has seen a code.

    `issuer`: what the app shows beside the name; the node's name. Raises `AccountProblem` (`code_wrong`) for what is
    no secret of ours.
    """
    secret = secret or pyotp.random_base32(_SEED_LETTERS)
    _check_secret(secret)
    return Offer(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer.replace(":", " ")[:60]))


def confirm_totp(node: Node, name: str, secret: str, code: str, *, actor: str) -> tuple[str, ...]:
    """Put a second factor in force that gives this code now, instead of any before. Ends all sessions.

    Returns the spare codes, to be shown this once. Raises `AccountProblem` (`code_wrong`), `NotFound`.
    """
    _check_secret(secret)
    step = _step_of(secret, code, node.now())
    if step is None:
        raise AccountProblem(
            "this code is not right: type the one that the app shows now, and check the telephone's clock", "code_wrong"
        )
    spare = _new_codes()
    with node.database.writing() as connection:
        user = accounts.get_user(connection, folded(name)).user
        accounts.set_totp(connection, user.id, secret, step, (_hash(one) for one in spare))
        accounts.end_sessions(connection, user.id)
        notes.act(connection, node.now(), actor, "second_factor_on", user.name)
    return spare


def remove_totp(node: Node, name: str, *, actor: str) -> bool:
    """Take the second factor and its spare codes away, and end all sessions; False when there was none."""
    with node.database.writing() as connection:
        user = accounts.get_user(connection, folded(name)).user
        if not user.has_totp:
            return False
        accounts.set_totp(connection, user.id, None, 0, ())
        accounts.end_sessions(connection, user.id)
        notes.act(connection, node.now(), actor, "second_factor_off", user.name)
        return True


def new_spare_codes(node: Node, name: str, *, actor: str) -> tuple[str, ...]:
    """New spare codes instead of those before, to be shown this once. Raises `AccountProblem` without a factor."""
    spare = _new_codes()
    with node.database.writing() as connection:
        user = accounts.get_user(connection, folded(name)).user
        if not user.has_totp:
            raise AccountProblem("there is no second factor: spare codes come with it", "no_second_factor")
        accounts.set_spare_codes(connection, user.id, (_hash(one) for one in spare))
        notes.act(connection, node.now(), actor, "spare_codes_made", user.name)
    return spare


def use(connection: Connection, kept: Kept, code: str, now: int) -> str | None:
    """Use up a code: `app` or `spare` says which it was, None that it is none, or was used before.

    `kept`: as read in this same transaction.
    """
    if kept.totp is None:
        return None
    step = _step_of(kept.totp, code, now)
    if step is not None:
        return "app" if accounts.use_step(connection, kept.user.id, step) else None
    digest = _hash(code)
    left = [one for one in kept.spare_codes if not hmac.compare_digest(one, digest)]
    if len(left) == len(kept.spare_codes):
        return None
    accounts.set_spare_codes(connection, kept.user.id, left)
    return "spare"


def _step_of(secret: str, code: str, now: int) -> int | None:
    """The time step that the code belongs to, of those that are taken now."""
    typed = "".join(code[:40].split())
    if not (typed.isascii() and typed.isdigit() and len(typed) == 6):
        return None
    totp, here, found = pyotp.TOTP(secret), now // STEP_S, None
    for step in range(here - WINDOW, here + WINDOW + 1):
        if hmac.compare_digest(totp.generate_otp(step), typed):
            found = step
    return found


def _new_codes() -> tuple[str, ...]:
    """About 57 bits each."""
    return tuple(
        "-".join(passwords.random_text(_SPARE_LETTERS) for _ in range(_SPARE_GROUPS)) for _ in range(SPARE_CODES)
    )


def _hash(code: str) -> str:
    typed = "".join(letter for letter in code[:80] if letter.isascii() and letter.isalnum()).lower()
    return hashlib.sha256(b"wasl spare code " + typed.encode()).hexdigest()


def _check_secret(secret: str) -> None:
    if len(secret) != _SEED_LETTERS or not set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"):
        raise AccountProblem("the form is not from this page: begin with the second factor anew", "code_wrong")
