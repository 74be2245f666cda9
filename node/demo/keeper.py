"""The process that outlives the demonstration by a moment, so that nothing else does.

It leads the process group of all nodes and reads a pipe that only the demonstration holds open. If that is closed
without a farewell (the demonstration was killed), the group is told to end, and then made to. Run as a file, not as a
module: it loads nothing of Wasl.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

GRACE_S = 5.0
"""How long the nodes may take to end by themselves, seconds."""


def keep() -> None:
    """Wait for the end of the pipe, then end the group; with the farewell `done`, just return."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.buffer.read() == b"done":
        return
    os.killpg(os.getpgrp(), signal.SIGTERM)
    threading.Event().wait(GRACE_S)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    keep()
