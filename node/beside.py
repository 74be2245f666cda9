"""More web processes beside the first one of `wasl serve`, on the same sockets: one process computes on one processor.

Each is `wasl serve --beside …` with the sockets handed down to it, so that whoever is free takes the next connection.
One that ends is started again; all of them end with the first, however that ends: each reads a pipe that only the first
holds open. Figures for Prometheus are added up in a folder of small files, which the library wants named before it is
loaded (`node.care.answering` loads it late). Comes from: `serving`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from node.care.supervisor import ADDRESS
from node.logs import facts, get_log

FIGURES = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder of figures. Source: the documentation of prometheus-client."""
REST_S, REST_MOST_S = 1.0, 60.0
"""How long after its end a process is started again, seconds: twice as long each time, until one has lived so long."""
STOP_S = 30.0
"""How long a process may take to finish what it is doing, seconds."""

_log = get_log("beside")


class Beside:
    """The other processes of one server. `home`: folder of the node; `count`: how many. `start` once, `stop` once."""

    def __init__(self, home: Path, count: int) -> None:
        self._home, self._count = home, count
        self._stopping = threading.Event()
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._watching: list[threading.Thread] = []
        self._sockets: tuple[int, ...] = ()
        self._lock = threading.Lock()
        self._figures: str | None = None
        if count:
            self._figures = os.environ[FIGURES] = tempfile.mkdtemp(prefix="wasl-figures-")

    def start(self, sockets: Iterable[socket.socket]) -> None:
        """Let them listen on these sockets, too."""
        self._sockets = tuple(each.fileno() for each in sockets)
        for place in range(self._count):
            thread = threading.Thread(target=self._keep, args=(place,), name=f"beside-{place}", daemon=True)
            self._watching.append(thread)
            thread.start()

    def stopping(self) -> None:
        """From now on none is started again: whoever stops a server tells all of its processes at once."""
        self._stopping.set()

    def stop(self) -> None:
        """Let them finish what is under way, and wait for that."""
        self.stopping()
        with self._lock:
            running = list(self._running.values())
        for each in running:
            each.terminate()
        for each in running:
            try:
                each.wait(STOP_S)
            except subprocess.TimeoutExpired:
                each.kill()
        for thread in self._watching:
            thread.join(STOP_S)
        if self._figures is not None:
            shutil.rmtree(self._figures, ignore_errors=True)

    def _keep(self, place: int) -> None:
        rest_s = REST_S
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                child = self._begun(place)
            except OSError as error:  # no room for another process, say
                said: dict[str, object] = {"reason": error.strerror}
            else:
                if child is None:
                    return
                said = {"process": child.pid, "code": child.wait()}
            if time.monotonic() - began >= REST_MOST_S:
                rest_s = REST_S
            if not self._stopping.wait(rest_s):
                _log.warning("a web process ended and is started again", extra=facts(**said))
            rest_s = min(2 * rest_s, REST_MOST_S)

    def _begun(self, place: int) -> subprocess.Popen[bytes] | None:
        words = [sys.executable, "-P", "-m", "node", "--home", str(self._home), "serve"]
        environ = {name: value for name, value in os.environ.items() if name != ADDRESS}
        with self._lock:
            if self._stopping.is_set():
                return None
            child = self._running[place] = subprocess.Popen(  # noqa: S603  # our own program
                [*words, "--beside", ",".join(map(str, self._sockets))],
                env=environ,
                stdin=subprocess.PIPE,
                pass_fds=self._sockets,
            )
        return child


def handed_down(said: str) -> list[socket.socket]:
    """The sockets of the first process. `said`: their numbers, as it has said them. Raises ValueError or OSError."""
    return [socket.socket(fileno=int(number)) for number in said.split(",")]


def end_with_the_first() -> None:
    """Finish as at SIGTERM when the first process has ended."""
    threading.Thread(target=_wait_for_the_end, name="first", daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(sys.stdin.fileno(), 1):  # no buffer: Python's own is locked by whoever waits, also at the end
        pass
    os.kill(os.getpid(), signal.SIGTERM)
