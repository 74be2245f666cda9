"""Passwords: which are good enough, and how they are kept (Argon2id, RFC 9106).

A password is long, and that is all: 12 characters or more, not the name, none of those that everybody tries first.
No rules about digits and signs, no expiry (NIST SP 800-63B section 3.1.1). Compared in Unicode form NFC, so that é
typed on one keyboard is é on another. Law: hashing takes the same work whether or not the person exists.
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from node.accounts.names import check_name
from node.errors import AccountProblem, TooSoon
from node.store.accounts import ONCE

SHORTEST = 12
LONGEST = 200
"""Characters."""

PARAMETERS = argon2.profiles.RFC_9106_LOW_MEMORY
"""3 passes over 64 MiB in 4 lanes: 65 to 120 ms on two cores of a small server (docs/accounts.md). A password kept with
other parameters is hashed anew when it is next typed."""

AT_ONE_TIME = 2
"""Hashes computed at one time in this process: 128 MiB at most, however many people knock."""
WAIT_S = 15
"""How long one waits for its turn."""

_DIGITS = "01234567890123456789012345678901234567890"
_SYLLABLES = "abdefghikmnoprstuwyz23456789"
"""What generated passwords and codes are made of: no letter that is mistaken for another when read aloud or copied."""


def check(name: str, password: str) -> str:
    """The password in its one form. Raises `AccountProblem` (`password_short`, `_long`, `_is_name`, `_common`)."""
    text = unicodedata.normalize("NFC", password)
    if len(text) < SHORTEST:
        raise AccountProblem(f"the password has fewer than {SHORTEST} characters", "password_short")
    if len(text) > LONGEST:
        raise AccountProblem(f"the password has more than {LONGEST} characters", "password_long")
    plain = text.casefold()
    if name in plain and len(plain.replace(name, "")) < 8:
        raise AccountProblem("the password is made of the name", "password_is_name")
    if _is_common(plain):
        raise AccountProblem("this password is one of those that are tried first", "password_common")
    return text


def check_new(name: str, password: str) -> None:
    """Whether a new account could have this name and password. Raises `AccountProblem`."""
    check(check_name(name), password)


def hashed(password: str, *, once: bool = False) -> str:
    """The password as it is kept. `once`: somebody else knows it, so it must be changed at the first sign-in."""
    with _turn():
        return (ONCE if once else "") + _hasher().hash(unicodedata.normalize("NFC", password))


def fits(kept: str | None, password: str) -> bool:
    """Whether the password is the one that was kept. Without one (`None`: no such person) the same work is done, and
    the answer is no."""
    text = unicodedata.normalize("NFC", password[: LONGEST * 2])
    with _turn():
        nobody = _nobody()  # made by whoever comes first, known or not
        try:
            return _hasher().verify((kept or nobody).removeprefix(ONCE), text) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(kept: str) -> bool:
    """Whether it was kept with other parameters than today's."""
    return _hasher().check_needs_rehash(kept.removeprefix(ONCE))


def generated() -> str:
    """A new password to be told to somebody once: 4 groups of 5 characters, about 96 bits."""
    return "-".join(random_text(5) for _ in range(4))


def random_text(length: int) -> str:
    """`length` characters drawn from those that are not mistaken for each other, 4.8 bits each."""
    return "".join(secrets.choice(_SYLLABLES) for _ in range(length))


def _is_common(plain: str) -> bool:
    joined = re.sub(r"[\s._-]+", "", plain)
    stem = re.sub(r"[\W\d_]+$", "", joined)
    repeated = any(joined == (joined[:size] * len(joined))[: len(joined)] for size in range(1, 5))
    counted = joined in _DIGITS or joined in _DIGITS[::-1]
    return bool({plain, joined, stem} & _worst()) or repeated or counted


@cache
def _worst() -> frozenset[str]:
    """Those that are tried first, or their stems: digits and signs at the end do not help."""
    return frozenset(files("node").joinpath("data", "worst-passwords.txt").read_text(encoding="utf-8").split())


def _hasher() -> argon2.PasswordHasher:
    return argon2.PasswordHasher.from_parameters(PARAMETERS)


_dummies: list[tuple[argon2.Parameters, str]] = []


def _nobody() -> str:
    """A hash with today's parameters that no password fits."""
    if not _dummies or _dummies[-1][0] != PARAMETERS:
        _dummies[:] = [(PARAMETERS, _hasher().hash(secrets.token_urlsafe(32)))]
    return _dummies[-1][1]


_places = threading.BoundedSemaphore(AT_ONE_TIME)


@contextmanager
def _turn() -> Iterator[None]:
    if not _places.acquire(timeout=WAIT_S):
        raise TooSoon("too many people sign in at this moment: try again in a moment", WAIT_S)
    try:
        yield
    finally:
        _places.release()
