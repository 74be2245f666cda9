"""Telling systemd that the node is ready and alive (sd_notify): a worker that hangs is started again.

Without `NOTIFY_SOCKET` in the environment nothing happens. Source: sd_notify(3).
"""

from __future__ import annotations

import contextlib
import os
import socket

ADDRESS = "NOTIFY_SOCKET"
"""The variable that says where the supervisor listens."""

READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"


def tell(message: str) -> None:
    """Send one message. Never raises: a supervisor that does not listen is none."""
    address = os.environ.get(ADDRESS, "")
    if not address:
        return
    place = "\0" + address[1:] if address.startswith("@") else address
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as wire:
        wire.connect(place)
        wire.send(message.encode())
