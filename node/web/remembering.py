"""Pages that were made a moment ago, given again: what a newspaper has linked to is asked for by hundreds at once.

Only for readers who are nobody (no session), only for pages that say what stands in the log, and only until the log
grows: what was erased or withdrawn is on no page from that moment on. What such a page says besides, such as when
somebody was met last or whether a file is here, may be `KEPT_S` old. A served process has it (`serving`), a test none.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from flask import Response, current_app, g, request

from node.store import log
from node.web.language import language
from node.web.listing import the_node
from node.web.session import PLAIN_COOKIE, SECURE_COOKIE

KEPT_S = 10.0
"""How old what is not in the log may be, seconds."""
PAGES_MOST = 256
BYTES_MOST = 64 * 1024
"""Of one page; all together take 16 MB at most."""

EXTENSION = "wasl-remembered"
_ENDPOINTS = frozenset({"pages.home", "pages.communes", "pages.commune", "pages.about", "pages.practice"})

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Page:
    seq: int
    at: float
    body: bytes


class Remembered:
    """The pages of one process, the ones asked for last. Thread-safe."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Key, _Page] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key, seq: int) -> bytes | None:
        """The page, if it was made from the log as it is now (`seq`: its last entry), and not too long ago."""
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.seq != seq or time.monotonic() - page.at > KEPT_S:
                return None
            self._pages.move_to_end(key)
            return page.body

    def keep(self, key: Key, seq: int, body: bytes) -> None:
        """Remember it. `seq`: the last entry of the log before it was made."""
        if len(body) > BYTES_MOST:
            return
        with self._lock:
            self._pages[key] = _Page(seq, time.monotonic(), body)
            self._pages.move_to_end(key)
            while len(self._pages) > PAGES_MOST:
                self._pages.popitem(last=False)


def given() -> Response | None:
    """The answer to this request, if it is remembered; else what `keep` needs is noted."""
    remembered: Remembered | None = current_app.extensions.get(EXTENSION)
    cookies = request.cookies
    if remembered is None or request.endpoint not in _ENDPOINTS or SECURE_COOKIE in cookies or PLAIN_COOKIE in cookies:
        return None
    with the_node().database.reading() as connection:
        seq = log.last_seq(connection)
    body = remembered.find(_key(), seq)
    if body is not None:
        return Response(body, mimetype="text/html")
    g.remembering = (remembered, seq)
    return None


def keep(response: Response) -> None:
    """Remember an answer that `given` has not found. Call it while its body is whole."""
    noted: tuple[Remembered, int] | None = g.pop("remembering", None)
    if noted is not None and response.status_code == 200 and request.method == "GET":
        remembered, seq = noted
        remembered.keep(_key(), seq, response.get_data())


def _key() -> Key:
    return request.host_url, request.full_path, language()
