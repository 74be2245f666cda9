"""The guard around outgoing requests, on real sockets: a peer that drips, breaks off, never ends, or leads away."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from node.errors import PeerNonsense, Unreachable
from node.federation import outbound
from node.federation.outbound import Answer

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def _serving(speak: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A server for one caller that says what `speak` says; the port. The event ends it."""
    done = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with contextlib.suppress(OSError):
            caller, _ = server.accept()
            with caller, contextlib.suppress(OSError):
                caller.recv(65_536)
                speak(caller, done)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield int(server.getsockname()[1])
    finally:
        done.set()
        server.close()
        thread.join(10)


def _ask(port: int, timeout_s: float = 1, most: int = 10_000) -> Answer:
    with outbound.open_session(private=True) as session:
        return outbound.exchange(session, "GET", f"http://127.0.0.1:{port}/x", {}, b"", timeout_s, most)


def _drip(start: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Begin, then a letter every twentieth of a second: no single wait is long."""

    def speak(caller: socket.socket, done: threading.Event) -> None:
        caller.sendall(start)
        while not done.wait(0.05):
            caller.sendall(b"a")

    return speak


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX-A: ", HEAD + b"Content-Length: 9000\r\n\r\n"])
def test_peer_that_drips_is_left_at_the_deadline(start: bytes) -> None:
    """D9: in the status line, in a header, in the body: a time-out that begins anew with each byte would never end."""
    began = time.monotonic()
    with _serving(_drip(start)) as port, pytest.raises(Unreachable) as late:
        _ask(port)
    assert late.value.code == "timeout"
    assert time.monotonic() - began < 60  # the peer would go on for minutes, or for ever; other work may slow us


def test_peer_that_says_continue_for_ever_is_left_at_the_deadline() -> None:
    """D9: a hundred interim answers a second are no answer."""

    def speak(caller: socket.socket, done: threading.Event) -> None:
        while not done.wait(0.01):
            caller.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    with _serving(speak) as port, pytest.raises(Unreachable):
        _ask(port)


@pytest.mark.parametrize(
    "said",
    [
        HEAD + b"Content-Length: 1000\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{    \r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{ ",
    ],
)
def test_answer_that_breaks_off_is_no_answer(said: bytes) -> None:
    """A7: less than was promised: the records in it would look altered by the peer."""
    with _serving(lambda caller, done: caller.sendall(said)) as port, pytest.raises(Unreachable):
        _ask(port)


def test_answer_longer_than_it_may_be_ends_at_the_first_byte_too_many() -> None:
    """A6, A7: whatever length it claims."""
    said = HEAD + b"\r\n" + b"a" * 50_000
    with _serving(lambda caller, done: caller.sendall(said)) as port, pytest.raises(PeerNonsense) as refusal:
        _ask(port)
    assert refusal.value.code == "too_large"


def test_redirect_is_not_followed() -> None:
    """D4: not even to a place that could be asked."""
    said = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with _serving(lambda caller, done: caller.sendall(said)) as port, pytest.raises(PeerNonsense) as refusal:
        _ask(port)
    assert refusal.value.code == "redirected"


def test_name_that_leads_to_many_addresses_is_not_tried_at_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """D9: each would take its own time-out."""
    tried: list[object] = []

    def refused(address: object, timeout: object = None) -> None:
        tried.append(address)
        raise OSError("refused")

    monkeypatch.setattr(outbound, "addresses_of", lambda *_given: [("127.0.0.1", port) for port in range(1, 100)])
    monkeypatch.setattr(outbound.socket, "create_connection", refused)
    with pytest.raises(Unreachable):
        _ask(1)
    assert len(tried) == outbound.ADDRESSES_MOST
