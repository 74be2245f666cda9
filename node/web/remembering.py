"""Pages that were made a moment ago, given again: what a newspaper has linked to is asked for by hundreds at once.

Only for readers who are nobody (no session), only for pages that say what stands in the log, and only until the log
grows: what was erased or withdrawn is on no page from that moment on. What such a page says besides, such as when
somebody was met last or whether a file is here, may be `KEPT_S` old. Results of searches say nothing besides: if the
index had read the whole log they are kept for longer, apart and packed. They are given before Flask is asked, which
takes a third of the time; counted and written down as any other answer. A served process has it, a test none.
"""

from __future__ import annotations

import random
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from flask import Response, g, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header, parse_etags, remove_entity_headers
from werkzeug.sansio.http import parse_cookie  # as Flask reads them: bytes of any kind

from node.config import LANGUAGES
from node.errors import NodeError
from node.indexing import progress_of
from node.store import log
from node.store.database import Database
from node.web.language import COOKIE
from node.web.listing import the_node, the_searcher
from node.web.session import PLAIN_COOKIE, SECURE_COOKIE

KEPT_S = 10.0
"""How old what is not in the log may be, seconds."""
MADE_S = 2.0
"""How long readers wait for a page that another one's request is making anew, seconds."""
BYTES_MOST = 64 * 1024
"""Of one page."""
PAGES_BYTES = 16 * 1024 * 1024
"""Of all pages together."""

RESULTS_KEPT_S = 300.0
RESULTS_BYTES_MOST = 24 * 1024
"""Of one page of results, packed: a fifth of what it was, 8 kB as a rule."""
RESULTS_BYTES = 24 * 1024 * 1024
"""Of all pages of results together: three thousand, about."""

_RESULTS = "pages.search"
_ENDPOINTS = frozenset({_RESULTS, "pages.home", "pages.communes", "pages.commune", "pages.about", "pages.practice"})
_NOTED = "wasl.remembering"
_ACCEPTED = "HTTP_ACCEPT_LANGUAGE"
_TEXT_BYTES = 60
"""That Python takes for a piece of text beside its letters."""
_HEADER_MOST = 2_000
"""Characters of a header or a query; a request with more is not looked up."""

Key = tuple[str, ...]
Start = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], Start], Iterable[bytes]]
Begun = Callable[[dict[str, Any]], str]
Told = Callable[[str, str, int, float, bool], object]


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as it was given. `seq`: the last entry of the log before it was made; `until`: on the monotonic clock;
    `body`: packed if it is one of results (`is_results`)."""

    route: str
    seq: int
    until: float
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def is_results(self) -> bool:
        """Whether it is a page of results."""
        return self.route == _RESULTS

    @property
    def etag(self) -> str:
        """Its ETag, as it stands in the header."""
        return next((text for name, text in self.headers if name == "ETag"), "")


class Shelf:
    """The answers that were asked for last, as many as fit into `room` bytes. Thread-safe."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key) -> Answer | None:
        """What is remembered under this key, old or not."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def keep(self, key: Key, answer: Answer) -> None:
        """Remember it; those that were asked for longest ago make room."""
        with self._lock:
            if (before := self._answers.pop(key, None)) is not None:
                self._room += _bytes_of(key, before)
            self._answers[key] = answer
            self._room -= _bytes_of(key, answer)
            while self._room < 0:
                self._room += _bytes_of(*self._answers.popitem(last=False))


class Remembering:
    """A WSGI application before Flask's, with the pages of one process.

    `begun`: gives an id to a request; `told`: hears of each answer that is given here: method, route, status, seconds,
    and that it was given again.
    """

    def __init__(self, behind: Wsgi, database: Database, begun: Begun, told: Told) -> None:
        self._behind, self._database, self._begun, self._told = behind, database, begun, told
        self.pages, self.results = Shelf(PAGES_BYTES), Shelf(RESULTS_BYTES)
        self._making: dict[Key, threading.Event] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        began, key = time.monotonic(), _key(environ)
        if key is None:
            return self._behind(environ, start)
        answer = self._find(key)
        if answer is None:
            return self._made(key, environ, start)
        if self._is_true(answer):
            return self._given(answer, environ, start, began)
        with self._alone(key) as is_first:
            answer = None if is_first else self._find(key)
            if answer is not None and self._is_true(answer):
                return self._given(answer, environ, start, began)
            return self._made(key, environ, start)

    @contextmanager
    def _alone(self, key: Key) -> Iterator[bool]:
        """Whoever makes a page anew; others who want it meanwhile wait for that, `MADE_S` at most: False for them."""
        with self._lock:
            under_way = self._making.get(key)
            if under_way is None:
                ready = self._making[key] = threading.Event()
        if under_way is not None:
            under_way.wait(MADE_S)
            yield False
            return
        try:
            yield True
        finally:
            with self._lock:
                del self._making[key]
            ready.set()

    def _find(self, key: Key) -> Answer | None:
        return self.pages.find(key) or self.results.find(key)

    def _is_true(self, answer: Answer) -> bool:
        """Whether it is so still."""
        if time.monotonic() >= answer.until:
            return False
        try:
            with self._database.reading() as connection:
                same = log.last_seq(connection) == answer.seq
                return same and not (answer.is_results and progress_of(connection))
        except NodeError:  # the page of an error is Flask's
            return False

    def _given(self, answer: Answer, environ: dict[str, Any], start: Start, began: float) -> list[bytes]:
        request_id = self._begun(environ)
        headers, status, body = [*answer.headers, ("X-Request-Id", request_id)], 200, answer.body
        if parse_etags(environ.get("HTTP_IF_NONE_MATCH")).contains_raw(answer.etag):
            remove_entity_headers(headers)
            status, body = 304, b""
        elif answer.is_results:
            body = zlib.decompress(body)
        self._told("GET", answer.route, status, time.monotonic() - began, True)
        start("304 NOT MODIFIED" if status == 304 else "200 OK", headers)
        return [body]

    def _made(self, key: Key, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        said: list[Any] = []

        def listening(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            said[:] = [status, headers]
            return start(status, headers, *failure)

        parts = self._behind(environ, listening)
        noted: tuple[str, int] | None = environ.get(_NOTED)
        if noted is None or not said[0].startswith("200 "):
            return parts
        body = b"".join(parts)
        if (close := getattr(parts, "close", None)) is not None:
            close()
        self._keep(key, *noted, [each for each in said[1] if each[0] != "X-Request-Id"], body)
        return [body]

    def _keep(self, key: Key, route: str, seq: int, headers: list[tuple[str, str]], body: bytes) -> None:
        now = time.monotonic()
        if route != _RESULTS and len(body) <= BYTES_MOST:
            until = now + KEPT_S * random.uniform(0.5, 1)  # noqa: S311  # not all at once
            self.pages.keep(key, Answer(route, seq, until, tuple(headers), body))
        elif route == _RESULTS and len(packed := zlib.compress(body, 1)) <= RESULTS_BYTES_MOST:
            self.results.keep(key, Answer(route, seq, now + RESULTS_KEPT_S, tuple(headers), packed))


def _bytes_of(key: Key, answer: Answer) -> int:
    """What an answer takes, about: its body, and every piece of text."""
    texts = [*key, *(text for header in answer.headers for text in header)]
    return len(answer.body) + sum(map(len, texts)) + _TEXT_BYTES * len(texts)


def begin() -> None:
    """Note the state of the log from which a page is going to be made, if it is one that may be given again.

    An index that reads the rest of the log while the page is made has not answered from it; and while one is built
    anew, each page of results says so.
    """
    if request.endpoint not in _ENDPOINTS or _key(request.environ) is None:
        return
    is_results = request.endpoint == _RESULTS
    with the_node().database.reading() as connection:
        seq, building = log.last_seq(connection), is_results and progress_of(connection) is not None
    if not building and (not is_results or the_searcher().reaches(seq)):
        g.remembering = seq


def never() -> None:
    """Let the answer to this request not be given again: it says less than it would at another moment."""
    g.pop("remembering", None)


def allow(response: Response) -> None:
    """Let an answer be given again, if `begin` has noted it. Call it before it is made conditional."""
    seq: int | None = g.pop("remembering", None)
    route = request.endpoint or ""
    if seq is not None and response.status_code == 200 and response.mimetype == "text/html":
        request.environ[_NOTED] = route, seq


def _key(environ: dict[str, Any]) -> Key | None:
    """What an answer depends on, but for the log; None for what is never given again."""
    query, cookies, accepted = (environ.get(name, "") for name in ("QUERY_STRING", "HTTP_COOKIE", _ACCEPTED))
    if environ["REQUEST_METHOD"] != "GET" or max(len(query), len(cookies), len(accepted)) > _HEADER_MOST:
        return None
    if SECURE_COOKIE in cookies or PLAIN_COOKIE in cookies:
        return None
    place = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    spoken = _spoken(query if "lang=" in query else "", cookies, accepted)
    return environ["wsgi.url_scheme"], environ.get("HTTP_HOST", ""), place, query, *spoken


@lru_cache(maxsize=2_048)
def _spoken(query: str, cookies: str, accepted: str) -> tuple[str, str]:
    """What decides the language of an answer, beside its address (`web.language`), and whether it sets the cookie."""
    kept = parse_cookie(cookies).get(COOKIE, "")
    cookie = kept if kept in LANGUAGES else ""
    if parse_qs(query, keep_blank_values=True).get("lang", [""])[0] in LANGUAGES:
        return "", cookie
    return cookie or _wished(accepted), cookie


def _wished(accepted: str) -> str:
    return parse_accept_header(accepted, LanguageAccept).best_match(LANGUAGES) or ""
