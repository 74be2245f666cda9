"""A link that can be cut: a TCP forwarder before one node, whose port stands on the node's card.

It knows nothing of HTTP. `state`: whole, slow (some kilobytes a second), torn (each connection breaks off after some
hundred bytes), cut (nothing gets through, and what was open breaks off).
"""

from __future__ import annotations

import contextlib
import random
import socket
import threading

WHOLE, SLOW, TORN, CUT = "whole", "slow", "torn", "cut"
_PIECE = 16_384
_SLOW_PIECE, _SLOW_S = 512, 0.05
_TORN_MOST = 6_000


class Wire:
    """The way to one node on this machine. Use `close` at the end."""

    def __init__(self, target: int, chance: random.Random) -> None:
        self.state = WHOLE
        self._target, self._chance = target, chance
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
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
                inside = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                return  # the node is down
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
