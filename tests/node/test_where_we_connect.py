"""Where an outgoing request ends up: hostile names, hostile spellings of addresses, and an environment that lies."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from node.errors import AddressRefused, Unreachable
from node.federation import outbound

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

Heard = list[bytes]


@contextmanager
def _listening() -> Iterator[tuple[int, Heard]]:
    """A server on the loopback interface that keeps the head of each request; its port, and these."""
    heard: Heard = []
    server = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = server.accept()
                with caller, contextlib.suppress(OSError):
                    heard.append(caller.recv(65_536))
                    caller.sendall(ANSWER)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield int(server.getsockname()[1]), heard
    finally:
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(10)


def _get(url: str, *, private: bool) -> int:
    with outbound.open_session(private) as session:
        return outbound.exchange(session, "GET", url, {}, b"", 5, 1_000).status


class Resolver:
    """A name server of somebody hostile: another answer at each question, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = answers
        self.asked = 0

    def __call__(self, host: str, port: int, *_given: object, **_named: object) -> list[Any]:
        told = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in told]


@pytest.mark.parametrize("told", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["10.0.0.1", "93.184.216.34"]])
def test_name_that_leads_inside_is_not_connected_to(monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    """D3: one private address among public ones is enough."""
    with _listening() as (port, heard):
        monkeypatch.setattr(socket, "getaddrinfo", Resolver(told))
        with pytest.raises(AddressRefused):
            _get(f"https://peer.example:{port}/x", private=False)
    assert heard == []


def test_name_that_changes_between_check_and_connection_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """D3: it is asked for once, and the connection goes to the address that was checked."""
    resolver = Resolver(["93.184.216.34"], ["127.0.0.1"])
    connected: list[object] = []

    def connect(address: object, timeout: object = None) -> None:
        connected.append(address)
        raise OSError("nobody is there")

    with _listening() as (port, heard):
        monkeypatch.setattr(socket, "getaddrinfo", resolver)
        monkeypatch.setattr(outbound.socket, "create_connection", connect)
        with pytest.raises(Unreachable):
            _get(f"https://peer.example:{port}/x", private=False)
    assert (resolver.asked, connected, heard) == (1, [("93.184.216.34", port)], [])


def test_checked_address_is_connected_to_under_the_name_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """D3, with a real connection: the second answer would lead nowhere."""
    resolver = Resolver(["127.0.0.1"], ["192.0.2.1"])
    with _listening() as (port, heard):
        monkeypatch.setattr(outbound.socket, "getaddrinfo", resolver)
        monkeypatch.setattr(outbound.socket, "create_connection", _direct)
        assert _get(f"http://peer.example:{port}/x", private=True) == 200
    assert resolver.asked == 1
    assert f"Host: peer.example:{port}".encode() in heard[0]


def _direct(address: tuple[str, int], timeout: float | None = None) -> socket.socket:
    """`socket.create_connection` for a numeric address, without the resolver that it would ask."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.settimeout(timeout)
    made.connect(address)
    return made


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "[::ffff:127.0.0.1]", "[::1]"]
)
def test_loopback_in_another_spelling_is_not_connected_to(host: str) -> None:
    """D1: what counts is where the system would connect, not how it is written."""
    with _listening() as (port, heard), pytest.raises((AddressRefused, Unreachable)):
        _get(f"https://{host}:{port}/x", private=False)
    assert heard == []


@pytest.mark.parametrize(
    "url",
    [
        "http://rabat.example", "file:///etc/passwd", "gopher://rabat.example/1", "ftp://rabat.example",
        "//rabat.example", "rabat.example", "javascript:alert(1)", "https://", "https:///x", "https://good.example@evil.example",
        "https://user:word@rabat.example", "https://rabat.example\r\nX-Evil: 1", "https://rabat.example/\tx",
        "https://rabat.example/#x", "https://rabat.example/?next=//evil", "https://rabat.example:22",
        "https://rabat.example:25", "https://rabat.example:80", "https://rabat.example:99999", "https://rabat.example:x",
        "https://rabat.example\\@evil.example", "https://rabat.example%00.evil.example\x00", "https://[::1",
        "https://rabat.example/" + "a" * 500, " https://rabat.example", "https://rab\u0430t.example",
    ],
)  # fmt: skip
def test_address_in_a_form_that_no_peer_has_is_refused(url: str) -> None:
    """D5: another scheme, a user, a fragment, a query, a line break, a port of another service."""
    with pytest.raises(AddressRefused) as refusal:
        outbound.checked_url(url, private=False)
    assert refusal.value.code == "bad_url"


@pytest.mark.parametrize(
    "url", ["https://rabat.example", "https://rabat.example:8443/wasl", "https://rabat.example:443/"]
)
def test_address_in_the_form_of_a_peer_is_taken(url: str) -> None:
    """D5, the other way."""
    assert outbound.checked_url(url, private=False) == url.rstrip("/")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "data:,x"])
def test_other_schemes_are_not_spoken_at_all(url: str) -> None:
    """D5: not even where an address came past the check."""
    with pytest.raises(Unreachable):
        _get(url, private=True)


def test_proxy_and_passwords_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """D7: neither HTTP_PROXY nor .netrc: who sets them would read along, or get a password of somebody else."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login amina password secret\n", encoding="ascii")
    os.chmod(netrc, 0o600)
    with _listening() as (proxy, read_along), _listening() as (port, heard):
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("NETRC", str(netrc))
        assert _get(f"http://127.0.0.1:{port}/x", private=True) == 200
    assert read_along == []
    assert b"authorization" not in heard[0].lower()
