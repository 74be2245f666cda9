"""Where a node may connect, and how much it reads: the guard around every outgoing request.

A peer's URL is parsed once; its host is resolved once, every address is checked, and the connection is made to the
address that was checked (no second look-up that could differ). Proxies and credentials of the environment are not
used, redirects are not followed, answers are read up to a cap and a deadline. Compressed ones (gzip, where we asked for
it) are unpacked as they come, under the same cap: a bomb ends at the first byte too many.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.poolmanager import PoolManager

from node.errors import AddressRefused, PeerNonsense, Unreachable

CONNECT_TIMEOUT_S = 10
ADDRESSES_MOST = 4
"""Addresses of one name that are tried, each for `CONNECT_TIMEOUT_S`."""
GZIP = "gzip"
"""The one compression that is asked for; RFC 1952."""

_REFUSED = [
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48",
        "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
]  # fmt: skip
"""Blocks of the IANA special-purpose registries (RFC 6890) and the ways in which one address hides in another."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers`: lower-case names; `body`: at most the cap that was asked for."""

    status: int
    headers: dict[str, str]
    body: bytes


def address_allowed(text: str) -> bool:
    """True for a public unicast address. Never relies on `is_global` alone: it passes 64:ff9b::7f00:1."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_global and not any(address in block for block in _REFUSED if block.version == address.version)


def addresses_of(host: str, port: int | None, private: bool) -> list[tuple[str, int]]:
    """Where a host leads: (address, port), each checked. Raises `OSError` for an unknown name, `AddressRefused`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host} is no host name") from error
    addresses = [(str(entry[4][0]), int(entry[4][1])) for entry in found]
    if not private and not all(address_allowed(address) for address, _ in addresses):
        raise AddressRefused(f"{host} leads to a private address: set sync.private_addresses to allow it")
    return addresses


def checked_url(url: str, private: bool) -> str:
    """`url` without its last slash, if it is one that a peer may have. Raises `AddressRefused`.

    https only (http too where `private` addresses are allowed); no user, query, fragment, odd host or odd port.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("this is no web address", "bad_url") from error
    clean = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not clean or parts.query or parts.fragment or "@" in parts.netloc or not parts.hostname or len(url) > 500:
        raise AddressRefused("a peer's address is https://host, perhaps with a port and a path", "bad_url")
    if parts.scheme != "https" and not (parts.scheme == "http" and private):
        raise AddressRefused("a peer's address begins with https://", "bad_url")
    if not private and port is not None and port != 443 and port < 1024:
        raise AddressRefused("no web server listens on this port", "bad_url")
    return url.rstrip("/")


def open_session(private: bool) -> requests.Session:
    """A session whose every connection passes the guard. `private`: whether loopback and private addresses are fine."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"Accept-Encoding": "identity", "User-Agent": "wasl"})
    adapter = _GuardedAdapter(private)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
    timeout_s: float,
    most: int,
) -> Answer:
    """One request and the whole of its answer, in at most `timeout_s` seconds and `most` bytes.

    `most` counts what is unpacked. Raises `Unreachable` (no answer in time), `AddressRefused`, `PeerNonsense` (too
    much, a redirect, a compression that was not asked for).
    """
    deadline = time.monotonic() + timeout_s
    limits = (min(CONNECT_TIMEOUT_S, timeout_s), timeout_s)
    try:
        with (
            _cut_at_deadline(session, url, timeout_s),
            session.request(
                method,
                url,
                data=body or None,
                headers=headers,
                timeout=limits,
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            if 300 <= response.status_code < 400:
                raise PeerNonsense("the peer answers with a redirect: ask it for its new address", "redirected")
            coding = response.headers.get("Content-Encoding", "identity").lower()
            if coding not in ("identity", headers.get("Accept-Encoding", "identity")):
                raise PeerNonsense("the peer compressed an answer in a way that was not asked for", "compressed")
            data = _read(response, deadline, most, packed=coding == GZIP)
            _raise_if_late(deadline)  # what was cut off can look like the end
            return Answer(response.status_code, {name.lower(): text for name, text in response.headers.items()}, data)
    except requests.RequestException as error:
        refused = _refusal_in(error)
        if refused is not None:
            raise refused from error
        _raise_if_late(deadline, error)
        raise Unreachable(f"no answer from {urlsplit(url).hostname}: {_reason(error)}") from error
    except (OSError, HTTPError) as error:  # a connection that broke or fell silent while the answer was read
        _raise_if_late(deadline, error)
        raise Unreachable(f"no answer from {urlsplit(url).hostname}: {error.__class__.__name__}") from error


def _raise_if_late(deadline: float, error: Exception | None = None) -> None:
    if time.monotonic() >= deadline:
        raise Unreachable("the peer's answer took too long", "timeout") from error


@contextmanager
def _cut_at_deadline(session: requests.Session, url: str, timeout_s: float) -> Iterator[None]:
    """Break the session's connections after `timeout_s`: a time-out of its own would begin anew with each byte.

    So a peer that sends a header's letter now and then holds a thread no longer than one that says nothing.
    """
    cut = getattr(session.get_adapter(url), "cut", None)
    if cut is None:
        yield
        return
    watch = threading.Timer(timeout_s, cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _read(response: requests.Response, deadline: float, most: int, packed: bool) -> bytes:
    parts: list[bytes] = []
    size = 0
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if packed else None
    while part := response.raw.read1(65536):
        if unpacking:
            part = _unpacked(unpacking, part, most + 1 - size)
        size += len(part)
        if size > most:
            raise PeerNonsense(f"the peer's answer is longer than {most} bytes", "too_large")
        if time.monotonic() > deadline:
            raise Unreachable("the peer's answer took too long", "timeout")
        parts.append(part)
    if unpacking and not unpacking.eof:
        raise PeerNonsense("the peer's compressed answer is cut short", "compressed")
    return b"".join(parts)


def _unpacked(unpacking: Any, part: bytes, room: int) -> bytes:
    """What `part` unpacks to, at most `room` bytes of it (at least 1: 0 would mean no limit)."""
    try:
        plain: bytes = unpacking.decompress(part, max(1, room))
    except zlib.error as error:
        raise PeerNonsense("the peer's compressed answer is broken", "compressed") from error
    if unpacking.unused_data:
        raise PeerNonsense("something follows the peer's compressed answer", "compressed")
    return plain


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not valid for its name"
    if isinstance(error, requests.exceptions.Timeout):
        return "it took too long"
    return "the connection failed"


def _refusal_in(error: BaseException | None) -> AddressRefused | None:
    for _ in range(10):
        if error is None or isinstance(error, AddressRefused):
            return error
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        error = inner if isinstance(inner, BaseException) else error.__cause__
    return None


class _Guarded:
    """Mixed into urllib3's connections: resolve once, check each address, connect to the checked one."""

    private = False
    open_lines: set[socket.socket]
    host: str
    port: int | None
    timeout: Any
    _line: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        host = self.host.strip("[]")
        try:
            addresses = addresses_of(host, self.port, self.private)
        except OSError as error:
            raise NewConnectionError(self, f"the name {host} is not known") from error  # type: ignore[arg-type]
        last: OSError | None = None
        for address in addresses[:ADDRESSES_MOST]:
            try:
                made = socket.create_connection(address, timeout=self.timeout)
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._line = made.dup()  # a second handle, which stays the same when TLS takes the first
                self.open_lines.add(self._line)
                return made
            except OSError as error:
                last = error
        raise NewConnectionError(self, f"no connection to {host}: {last}")  # type: ignore[arg-type]

    def close(self) -> None:
        super().close()  # type: ignore[misc]
        if self._line is not None:
            self.open_lines.discard(self._line)
            self._line.close()
            self._line = None


class _GuardedAdapter(HTTPAdapter):
    """An adapter whose pools make guarded connections only."""

    def __init__(self, private: bool) -> None:
        self._private = private
        self._open_lines: set[socket.socket] = set()
        super().__init__(max_retries=0, pool_connections=8, pool_maxsize=4)

    def cut(self) -> None:
        """Break every connection that this adapter has made, whatever it waits for."""
        for line in list(self._open_lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        private = self._private

        class Plain(_Guarded, HTTPConnection):  # type: ignore[misc]
            pass

        class Secure(_Guarded, HTTPSConnection):  # type: ignore[misc]
            pass

        Plain.private = Secure.private = private
        Plain.open_lines = Secure.open_lines = self._open_lines

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain  # type: ignore[assignment]

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure  # type: ignore[assignment]

        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
