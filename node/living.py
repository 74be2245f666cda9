"""Processes by name: what one writes down of itself, so that another can see whether it is no more."""

from __future__ import annotations

import os
import socket


def name(what: str) -> str:
    """The name of this process. `what`: who in it."""
    return f"{socket.gethostname()}:{os.getpid()}:{what}"


def is_this(name: str) -> bool:
    """Whether this process would have that name, whoever in it."""
    return _number(name) == os.getpid()


def is_gone(name: str) -> bool:
    """Whether a process of this machine is no more; False where that cannot be seen from here."""
    number = _number(name)
    if number is None:
        return False
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False  # it lives, and belongs to somebody else; or it is none
    return False


def _number(name: str) -> int | None:
    """The number of the process, None for one of another machine."""
    host, _, number = name.rpartition(":")[0].rpartition(":")
    return int(number) if host == socket.gethostname() and number.isdecimal() else None
