"""A link that can be cut: a forwarder before one node, whose port stands on the node's card, or before a database.

It knows nothing of HTTP, nor of PostgreSQL. `state`: whole, slow (some kilobytes a second), torn (each connection
breaks off after some hundred bytes), cut (nothing gets through, and what was open breaks off).
"""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from pathlib import Path

WHOLE, SLOW, TORN, CUT = "whole", "slow", "torn", "cut"
_PIECE = 16_384
_SLOW_PIECE, _SLOW_S = 512, 0.05
_TORN_MOST = 6_000


class Wire:
    """The way to one node on this machine. Use `close` at the end.

    `target`: a port of this machine, or a Unix socket; `at`: the Unix socket to listen on, else a port is drawn.
    """

    def __init__(self, target: int | Path, chance: random.Random, at: Path | None = None) -> None:
        self.state = WHOLE
        self._target, self._chance = target, chance
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._listening = _listen(at)
        self.port = 0 if at else int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def become(self, state: str) -> None:
        """Change the link; what is open on one that is cut breaks off."""
        self.state = state
        if state == CUT:
            self._break_off()

    def close(self) -> None:
        """Let nobody in any more."""
        self._stopping.set()
        self._listening.close()
        self._break_off()

    def _break_off(self) -> None:
        with self._lock:
            ending, self._open = self._open, set()
        for one in ending:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                outside, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(outside,), daemon=True).start()

    def _carry(self, outside: socket.socket) -> None:
        with contextlib.closing(outside):
            if self.state == CUT:
                return
            try:
                inside = _connect(self._target)
            except OSError:
                return  # what is behind it is down
            with contextlib.closing(inside):
                inside.settimeout(None)
                with self._lock:
                    self._open |= {outside, inside}
                back = threading.Thread(target=self._pump, args=(inside, outside), daemon=True)
                back.start()
                self._pump(outside, inside)
                back.join()
                with self._lock:
                    self._open -= {outside, inside}

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        left = self._chance.randrange(_TORN_MOST)
        try:
            while piece := source.recv(_SLOW_PIECE if self.state == SLOW else _PIECE):
                if self.state == SLOW:
                    self._stopping.wait(_SLOW_S)
                if self.state == TORN:
                    piece, left = piece[:left], left - len(piece)
                sink.sendall(piece)
                if self.state == TORN and left <= 0:
                    break
        except OSError:
            pass  # one of the two went away: that is what this is for
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _listen(at: Path | None) -> socket.socket:
    if at is None:
        return socket.create_server(("127.0.0.1", 0))
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(at))
    made.listen()
    return made


def _connect(target: int | Path) -> socket.socket:
    if isinstance(target, int):
        return socket.create_connection(("127.0.0.1", target), 5)
    made = socket.socket(socket.AF_UNIX)
    try:
        made.settimeout(5)
        made.connect(str(target))
    except OSError:
        made.close()
        raise
    return made
