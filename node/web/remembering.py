"""Pages that were made a moment ago, given again: what a newspaper has linked to is asked for by hundreds at once.

Only for readers who are nobody (no session), only for pages that say what stands in the log, and only until the log
grows: what was erased or withdrawn is on no page from that moment on. What such a page says besides, such as when
somebody was met last or whether a file is here, may be `KEPT_S` old. Results of searches say nothing besides: if the
index had read the whole log they are kept for longer, apart and packed. A served process has it (`serving`), a test
none.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections import OrderedDict
from dataclasses import dataclass

from flask import Response, current_app, g, request

from node.store import log
from node.web.language import language
from node.web.listing import the_node, the_searcher
from node.web.session import PLAIN_COOKIE, SECURE_COOKIE

KEPT_S = 10.0
"""How old what is not in the log may be, seconds."""
PAGES_MOST = 256
BYTES_MOST = 64 * 1024
"""Of one page; all together take 16 MB at most."""

SEARCHES_KEPT_S = 300.0
SEARCHES_MOST = 1_000
SEARCH_BYTES_MOST = 24 * 1024
"""Of one page of results, packed (a fifth of what it was, about); all together take 24 MB at most."""

EXTENSION = "wasl-remembered"
_SEARCH = "pages.search"
_ENDPOINTS = frozenset({_SEARCH, "pages.home", "pages.communes", "pages.commune", "pages.about", "pages.practice"})

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Page:
    seq: int
    at: float
    body: bytes


class _Shelf:
    """The pages of one sort that were asked for last. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pages: OrderedDict[Key, _Page] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key, seq: int, kept_s: float) -> bytes | None:
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.seq != seq or time.monotonic() - page.at > kept_s:
                return None
            self._pages.move_to_end(key)
            return page.body

    def keep(self, key: Key, page: _Page) -> None:
        with self._lock:
            self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > self._most:
                self._pages.popitem(last=False)


class Remembered:
    """The pages of one process, the ones asked for last. Thread-safe."""

    def __init__(self) -> None:
        self._pages, self._searches = _Shelf(PAGES_MOST), _Shelf(SEARCHES_MOST)

    def find(self, key: Key, seq: int) -> bytes | None:
        """The page, if it was made from the log as it is now (`seq`: its last entry), and not too long ago."""
        return self._pages.find(key, seq, KEPT_S)

    def keep(self, key: Key, seq: int, body: bytes) -> None:
        """Remember it. `seq`: the last entry of the log before it was made."""
        if len(body) <= BYTES_MOST:
            self._pages.keep(key, _Page(seq, time.monotonic(), body))

    def find_results(self, key: Key, seq: int) -> bytes | None:
        """As `find`, of a page of results."""
        packed = self._searches.find(key, seq, SEARCHES_KEPT_S)
        return None if packed is None else zlib.decompress(packed)

    def keep_results(self, key: Key, seq: int, body: bytes) -> None:
        """As `keep`, of a page of results that come from an index which has read the log up to `seq`."""
        packed = zlib.compress(body, 1)
        if len(packed) <= SEARCH_BYTES_MOST:
            self._searches.keep(key, _Page(seq, time.monotonic(), packed))


def given() -> Response | None:
    """The answer to this request, if it is remembered; else what `keep` needs is noted."""
    remembered: Remembered | None = current_app.extensions.get(EXTENSION)
    cookies = request.cookies
    if remembered is None or request.endpoint not in _ENDPOINTS or SECURE_COOKIE in cookies or PLAIN_COOKIE in cookies:
        return None
    with the_node().database.reading() as connection:
        seq = log.last_seq(connection)
    find = remembered.find_results if request.endpoint == _SEARCH else remembered.find
    body = find(_key(), seq)
    if body is not None:
        return Response(body, mimetype="text/html")
    g.remembering = (remembered, seq)
    return None


def keep(response: Response) -> None:
    """Remember an answer that `given` has not found. Call it while its body is whole."""
    noted: tuple[Remembered, int] | None = g.pop("remembering", None)
    if noted is not None and response.status_code == 200 and request.method == "GET":
        remembered, seq = noted
        if request.endpoint != _SEARCH:
            remembered.keep(_key(), seq, response.get_data())
        elif the_searcher().reaches(seq):
            remembered.keep_results(_key(), seq, response.get_data())


def _key() -> Key:
    return request.host_url, request.full_path, language()
