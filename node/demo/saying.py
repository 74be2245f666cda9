"""What the demonstration shows while it works: a line for each node, redrawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import TextIO

from node.demo.watching import State

_BAR = 24


class Voice:
    """Says what is going on. `stream`: standard error when standard output is for JSON."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._alive = self._stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._began = time.monotonic()
        self._drawn = 0
        self._complete: set[str] = set()

    def say(self, text: str = "") -> None:
        """One line that stays."""
        self._drawn = 0
        print(text, file=self._stream, flush=True)

    def step(self, text: str) -> None:
        """One line that stays, with the seconds since the beginning."""
        self.say(f"{time.monotonic() - self._began:6.1f} s  {text}")

    def show(self, states: Sequence[State], expected: frozenset[bytes]) -> None:
        """How far each node is. On a terminal all lines are redrawn; elsewhere each node is named when it has all."""
        if self._alive:
            back = f"\x1b[{self._drawn}A" if self._drawn else ""
            text = "".join(f"\x1b[2K{_line(state, expected)}\n" for state in states)
            self._stream.write(back + text)
            self._stream.flush()
            self._drawn = len(states)
            return
        for state in states:
            if state.word not in self._complete and state.indexed and expected <= state.digests:
                self._complete.add(state.word)
                self.step(_line(state, expected).strip())


def _line(state: State, expected: frozenset[bytes]) -> str:
    held, wanted = state.held(expected), len(expected)
    filled = _BAR * held // max(1, wanted)
    bar = "█" * filled + "·" * (_BAR - filled)
    index = "searchable" if state.indexed else f"indexing {max(0, state.read)}/{state.last}"
    return f"  {state.word:12} {bar} {held:4}/{wanted} records  {index}"
