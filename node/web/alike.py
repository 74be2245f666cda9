"""What is most like a practice, as its page shows it: worked out once in ten minutes, not for each reader.

To compare a practice with all others is the dearest part of its page, by far where there are very many. What comes new
may be missing for that long; what has ended, or is hidden or not for this reader, is left out by whoever shows it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from flask import Flask, current_app

from search import Hit

KEPT_S = 600.0
"""How long it is kept, seconds."""
MOST = 2_000
"""Practices of which it is kept: five short references each."""

_NAME = "wasl-alike"

Key = tuple[str, ...]
Hits = Sequence[Hit]


class Alike:
    """What was worked out lately, in one process; thread-safe. `kept_s`: for how long."""

    def __init__(self, kept_s: float) -> None:
        self._kept_s = kept_s
        self._known: OrderedDict[Key, tuple[float, Hits]] = OrderedDict()
        self._lock = threading.Lock()

    def hits(self, key: Key, find: Callable[[], Hits]) -> Hits:
        """What is known of `key`, or what `find` gives now; nothing is not kept: perhaps there is no index."""
        now = time.monotonic()
        with self._lock:
            until, hits = self._known.get(key, (now, ()))
        if now < until:
            return hits
        hits = find()
        if hits:
            with self._lock:
                self._known[key] = now + self._kept_s, hits
                self._known.move_to_end(key)
                while len(self._known) > MOST:
                    self._known.popitem(last=False)
        return hits


def install(app: Flask, *, remembers: bool) -> None:
    """Give `app` its own; one that remembers nothing works it out each time."""
    app.extensions[_NAME] = Alike(KEPT_S if remembers else 0.0)


def the_alike() -> Alike:
    """That of this application."""
    found: Alike = current_app.extensions[_NAME]
    return found
