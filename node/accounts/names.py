"""Names for signing in, and roles. A name is ASCII in lower case, so that no alphabet's casing can make two of one.

(`'İ'.lower()` is two letters, `'ı'.upper()` is `I`, the Kelvin sign is a `k`: attacks E25.) The full name of a person
needs no place here: what is published carries the municipality's name.
"""

from __future__ import annotations

import re

from node.errors import AccountProblem

READER, EDITOR, PUBLISHER, ADMINISTRATOR = "reader", "editor", "publisher", "administrator"
ROLES = (READER, EDITOR, PUBLISHER, ADMINISTRATOR)
"""Each may do what the ones before it may."""

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}", re.ASCII)


def folded(typed: str) -> str:
    """The name that a person means: outer space gone, ASCII capitals small. What is not ASCII stays as it is, and is
    nobody's name."""
    text = typed[:200].strip(" \t\r\n")
    return text.lower() if text.isascii() else text


def check_name(typed: str) -> str:
    """The name in its one form. Raises `AccountProblem` (`name_wrong`)."""
    name = folded(typed)
    if not _NAME.fullmatch(name):
        raise AccountProblem(
            "a name has 2 to 32 characters: a to z first, then a to z, digits, dot, hyphen or underscore", "name_wrong"
        )
    return name


def check_role(role: str) -> str:
    """The role. Raises `AccountProblem` (`role_unknown`)."""
    if role not in ROLES:
        raise AccountProblem(f"a role is one of {', '.join(ROLES)}", "role_unknown")
    return role


def may(role: str, needed: str) -> bool:
    """Whether somebody in `role` may do what `needed` is needed for. An unknown role may nothing."""
    return role in ROLES and needed in ROLES and ROLES.index(role) >= ROLES.index(needed)
