"""Requests that a proxy and we could read differently, and headers that only a proxy may send: at the real server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from simulator import Town

from node import serving
from node.app import create_app
from node.config import Config

OK = b"HTTP/1.1 200 OK"
REFUSED = b"HTTP/1.1 400 Bad Request"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a.example\r\n\r\n"

Told = list[str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Told]]:
    """The server that `wasl serve` opens, with an application that notes what it was asked for; and its port."""
    asked: Told = []

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        environ["wsgi.input"].read()
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    environ = {"WASL_WEB_PORT": str(_free_port()), "WASL_WEB_THREADS": "2"}
    opened, _ = serving.open_server(Config.from_text(tmp_path_factory.mktemp("home"), "", environ), application)
    running = threading.Thread(target=opened.run, daemon=True)
    running.start()
    yield int(opened.effective_port), asked
    opened.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def _say(port: int, said: bytes) -> bytes:
    """Say this, and everything that is answered before the server closes or two seconds are over."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
        line.sendall(said)
        line.shutdown(socket.SHUT_WR)
        try:
            while part := line.recv(65_536):
                heard += part
        except TimeoutError:
            pass
    return heard


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\nContent-Length: 90\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\nContent-Length: 45\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: +0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.0\r\nHost: a.example\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_request_whose_end_two_servers_see_at_two_places_is_refused(server: tuple[int, Told], head: bytes) -> None:
    """D16: what hides behind it is never taken for a request of its own."""
    port, asked = server
    asked.clear()
    heard = _say(port, head + HIDDEN)
    assert b" 400 Bad Request" in heard.splitlines()[0]
    assert asked == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a.example@b.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a.example/b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
    ],
)
def test_request_for_two_hosts_is_refused(server: tuple[int, Told], head: bytes) -> None:
    """D16: twice, in one line, by an address within the target, or for nobody."""
    port, asked = server
    asked.clear()
    assert _say(port, head).startswith(REFUSED)
    assert asked == []


@pytest.mark.parametrize(
    "host", [b"a.example", b"A.example:8480", b"127.0.0.1:80", b"[::1]:8480", b"[::1]", b"localhost"]
)
def test_request_as_a_browser_makes_it_is_answered(server: tuple[int, Told], host: bytes) -> None:
    """D16, the other way; two in one go are two."""
    port, asked = server
    asked.clear()
    one = b"GET /one HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"
    two = b"POST /two HTTP/1.1\r\nHost: " + host + b"\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    assert _say(port, one + two).count(OK) == 2
    assert asked == ["/one", "/two"]


@pytest.mark.parametrize(("proxy", "believed"), [("", False), ("192.0.2.9", False), ("192.0.2.1", True)])
def test_forwarded_headers_are_believed_from_the_configured_proxy_only(
    town: Town, monkeypatch: pytest.MonkeyPatch, proxy: str, believed: bool
) -> None:
    """D16: whoever else says that it forwards for somebody stays who it is."""
    object.__setattr__(town.node.config, "web_trusted_proxy", proxy)
    app = create_app(town.node)
    seen: list[tuple[str | None, bool]] = []

    @app.before_request
    def note() -> None:
        from flask import request

        seen.append((request.remote_addr, request.is_secure))

    headers = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    app.test_client().get("/", headers=headers, environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    assert seen == [("198.51.100.7", True) if believed else ("192.0.2.1", False)]


@pytest.mark.parametrize("word", ["1", "true"])
def test_debugging_cannot_be_switched_on_from_outside(
    town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, word: str
) -> None:
    """E24: no page shows a traceback or a secret, whatever the environment says."""
    monkeypatch.setenv("FLASK_DEBUG", word)
    app = create_app(town.node)

    @app.get("/breaks")
    def breaks() -> str:
        raise RuntimeError(f"a secret of {tmp_path}")

    answer = app.test_client().get("/breaks")
    assert (app.debug, answer.status_code) == (False, 500)
    said = answer.get_data(as_text=True)
    assert "Traceback" not in said
    assert "secret" not in said
