"""A bucket is not believed: what it hides, cuts, repeats or mumbles makes no file look gone, lost or sound.

The store is a small one of the test's own, because no sound store does this.
"""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from node.errors import BucketProblem
from node.shelves import s3
from node.shelves.bucket import BucketShelf
from node.shelves.s3 import Bucket

Reply = tuple[int, dict[str, str], bytes]
DENIED: Reply = (403, {}, b"<Error><Code>AccessDenied</Code></Error>")
UNKNOWN: Reply = (501, {}, b"<Error><Code>NotImplemented</Code></Error>")
NEVER: Reply = (200, {}, b"<VersioningConfiguration/>")
KEEPS: Reply = (200, {}, b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
DATA = b"the only copy"


class Store:
    """A store that keeps versions and says of them what it is told to say. `twist`: changes an answer to GET."""

    def __init__(self) -> None:
        self.now: dict[str, bytes] = {}
        self.old: list[bytes] = []
        self.versions, self.versioning, self.marks = DENIED, DENIED, True
        self.twist: Callable[[str, dict[str, str], Reply], Reply] = lambda name, words, reply: reply
        self.asked: list[str] = []

    def answer(self, method: str, path: str, body: bytes) -> Reply:
        parts = urlsplit(path)
        name = unquote(parts.path).removeprefix("/files").strip("/")
        words = {word: values[0] for word, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.asked.append(f"{method} {path}")
        if method == "PUT":
            self.now[name] = body
            return 200, {}, b""
        if method == "DELETE":
            self.old.append(self.now.pop(name, b""))
            return 204, {"x-amz-delete-marker": "true"} if self.marks else {}, b""
        return self.twist(name, words, self._given(name, words))

    def _given(self, name: str, words: dict[str, str]) -> Reply:
        if name:
            missing = (404, {}, b"<Error><Code>NoSuchKey</Code></Error>")
            return (200, {}, self.now[name]) if name in self.now else missing
        if "versions" in words or "versioning" in words:
            return self.versions if "versions" in words else self.versioning
        here = [item(one, len(data)) for one, data in self.now.items() if one.startswith(words["prefix"])]
        return 200, {}, listed(*here)


def item(name: str, size: object, at: str = "2026-02-02T00:00:00Z") -> str:
    return f"<Contents><Key>{name}</Key><Size>{size}</Size><LastModified>{at}</LastModified></Contents>"


def listed(*items: str, root: str = "ListBucketResult") -> bytes:
    return f"<{root}>{''.join(items)}</{root}>".encode()


@pytest.fixture
def store() -> Iterator[tuple[Store, str]]:
    """The store, and the address of its bucket."""
    made = Store()

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(9_000)
            self.close_connection = True
            if not self.raw_requestline or not self.parse_request():
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, given = made.answer(self.command, self.path, body)
            told = {"Content-Length": str(len(given)), **headers}
            lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
            self.wfile.write(f"HTTP/1.1 {status} x\r\n{lines}\r\n".encode() + given)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield made, f"http://127.0.0.1:{server.server_port}/files"
    server.shutdown()
    server.server_close()


def shelf_at(address: str) -> BucketShelf:
    return BucketShelf(Bucket(address, "r", None, lambda: ("a", "s")), "node/")


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(BucketProblem) as refused:
        act()
    return refused.value.code


@pytest.mark.parametrize(
    "answers",
    [(DENIED, DENIED), (DENIED, KEEPS), (UNKNOWN, KEEPS), ((200, {}, listed()), KEEPS), (UNKNOWN, (200, {}, listed()))],
)
def test_what_was_erased_once_and_may_be_hidden_is_not_said_to_be_gone_the_second_time(
    store: tuple[Store, str], answers: tuple[Reply, Reply]
) -> None:
    """C8. Nobody is shown the versions: after the first try the name is hidden, and the bytes are there."""
    kept, address = store
    kept.versions, kept.versioning = answers
    shelf = shelf_at(address)
    sha256 = shelf.put(DATA)
    for _ in range(3):
        assert code_of(lambda: shelf.drop(sha256)) == "bucket_keeps"
    assert kept.old == [DATA]


@pytest.mark.parametrize("answers", [(UNKNOWN, NEVER), (DENIED, NEVER), (UNKNOWN, UNKNOWN)])
def test_bucket_that_keeps_no_versions_needs_no_list_of_them(
    store: tuple[Store, str], answers: tuple[Reply, Reply]
) -> None:
    kept, address = store
    kept.versions, kept.versioning, kept.marks = *answers, False
    shelf = shelf_at(address)
    sha256 = shelf.put(DATA)
    shelf.add(sha256, "did:key:x", 0, b"piece")
    shelf.drop(sha256)
    assert kept.now == {}


def cut(reply: Reply) -> Reply:
    """The same answer, shorter, as if it were whole."""
    return reply[0], reply[1], reply[2][:3]


def test_only_copy_outlives_a_bad_reading_and_is_given_at_the_next(store: tuple[Store, str]) -> None:
    kept, address = store
    shelf = shelf_at(address)
    sha256 = shelf.put(DATA)
    harmed = iter([True, False])
    kept.twist = lambda name, words, reply: cut(reply) if next(harmed) else reply
    assert shelf.read(sha256) == DATA
    assert kept.now == {shelf._name(sha256): DATA}


@pytest.mark.parametrize("harm", ["cut", "longer"])
def test_reading_takes_nothing_away_and_what_is_put_stands_over_what_was_harmed(
    store: tuple[Store, str], harm: str
) -> None:
    kept, address = store
    shelf = shelf_at(address)
    sha256 = shelf.put(DATA)
    long = (200, {}, bytes(2**24 + 5))
    kept.twist = lambda name, words, reply: cut(reply) if harm == "cut" else long
    assert shelf.read(sha256) is None
    assert kept.now == {shelf._name(sha256): DATA}
    assert not any(asked.startswith("DELETE") for asked in kept.asked)
    kept.twist = lambda name, words, reply: reply
    kept.now = {shelf._name(sha256): b"something else"}
    assert shelf.read(sha256) is None
    shelf.put(DATA)
    assert shelf.read(sha256) == DATA


def test_answer_that_was_packed_on_the_way_counts_as_none(store: tuple[Store, str]) -> None:
    kept, address = store
    shelf = shelf_at(address)
    sha256 = shelf.put(DATA)
    kept.twist = lambda name, words, reply: (reply[0], {"Content-Encoding": "gzip"}, b"\x1f\x8b" + reply[2])
    assert code_of(lambda: shelf.read(sha256)) == "bucket_away"
    assert kept.now == {shelf._name(sha256): DATA}


def test_peer_is_not_blamed_for_pieces_that_the_store_cuts(store: tuple[Store, str]) -> None:
    kept, address = store
    shelf = shelf_at(address)
    sha256 = hashlib.sha256(DATA).digest()
    shelf.add(sha256, "did:key:x", 0, DATA)
    kept.twist = lambda name, words, reply: cut(reply) if name else reply
    assert code_of(lambda: shelf.finish(sha256, "did:key:x")) == "bucket_away"
    assert shelf.came(sha256, "did:key:x") == len(DATA)


@contextmanager
def speaking(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that does this with each connection."""
    server = socket.create_server(("127.0.0.1", 0))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = server.accept()
                threading.Thread(target=speak, args=(near,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/files"
    finally:
        server.close()


@pytest.mark.parametrize("then", ["ends", "is silent"])
def test_answer_that_breaks_off_counts_as_none(then: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "SILENT_S", 0.3)
    over = threading.Event()

    def speak(near: socket.socket) -> None:
        near.recv(1 << 16)
        near.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        if then == "is silent":
            over.wait(30)
        near.close()

    with speaking(speak) as address:
        shelf = shelf_at(address)
        assert code_of(lambda: shelf.read(bytes(32))) == "bucket_away"
        assert shelf._bucket._away_until > time.monotonic(), "nobody else waits for it for a while"
    over.set()


NAME = f"node/ab/{'ab' * 32}"
MORE = "<IsTruncated>true</IsTruncated>"


@pytest.mark.parametrize(
    "body",
    [
        listed(MORE, "<NextContinuationToken>t</NextContinuationToken>"), listed(MORE),
        listed(item(NAME, "much")), listed(item(NAME, -1)), listed(item(NAME, 1, "yesterday")),
        listed(f"<Contents><Key>{NAME}</Key></Contents>"), listed("<Contents><Size>1</Size></Contents>"),
        listed(root="ListVersionsResult"),
    ],
)  # fmt: skip
def test_list_that_no_sound_store_gives_counts_as_no_answer(store: tuple[Store, str], body: bytes) -> None:
    kept, address = store
    kept.twist = lambda name, words, reply: (200, {}, body)
    shelf = shelf_at(address)
    assert code_of(lambda: list(shelf.everything())) == "bucket_away"
    assert len(kept.asked) <= 2


@pytest.mark.parametrize(
    "body",
    [
        listed(MORE, "<NextKeyMarker>k</NextKeyMarker>", root="ListVersionsResult"),
        listed(MORE, root="ListVersionsResult"),
        listed("<Version><Key>node/x</Key></Version>", root="ListVersionsResult"),
        listed("<DeleteMarker><VersionId>1</VersionId></DeleteMarker>", root="ListVersionsResult"),
    ],
)
def test_list_of_versions_that_no_sound_store_gives_counts_as_no_answer(store: tuple[Store, str], body: bytes) -> None:
    kept, address = store
    kept.versions = (200, {}, body)
    shelf = shelf_at(address)
    assert code_of(lambda: shelf.drop(bytes(32))) == "bucket_away"
    assert len(kept.asked) <= 2


def test_list_that_goes_in_circles_ends(store: tuple[Store, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PAGES_MOST", 5)
    kept, address = store
    pages = [listed(MORE, f"<NextContinuationToken>{token}</NextContinuationToken>") for token in "ab"]
    kept.twist = lambda name, words, reply: (200, {}, pages[words.get("continuation-token") == "a"])
    assert code_of(lambda: list(shelf_at(address).everything())) == "bucket_away"
    assert len(kept.asked) == 5


def test_file_goes_over_a_slow_link_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten megabytes at 10 Mbit/s take longer than a connection may, here in small."""
    monkeypatch.setattr(s3, "CONNECT_S", 0.3)
    data = bytes(8 << 20)
    came: list[bytes] = []

    def speak(near: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (sign := near.recv(1)):
            head += sign
        came.append(head)
        left = len(data)
        while left and (piece := near.recv(min(left, 1 << 16))):
            left -= len(piece)
            time.sleep(0.01)
        near.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        near.close()

    with speaking(speak) as address:
        shelf_at(address).put(data)
    assert f"content-length: {len(data)}\r\n".encode() in came[0].lower()
    assert b"chunked" not in came[0].lower()


def test_file_that_is_taken_too_slowly_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "ANSWER_S", 0.5)
    over = threading.Event()

    def speak(near: socket.socket) -> None:
        with suppress(OSError):
            while not over.is_set() and near.recv(1 << 14):
                time.sleep(0.05)
        near.close()

    with speaking(speak) as address:
        began = time.monotonic()
        assert code_of(lambda: shelf_at(address).put(bytes(16 << 20))) == "bucket_away"
        assert time.monotonic() - began < 10
    over.set()


def test_redirect_without_an_end_is_not_read_to_its_end() -> None:
    sent: list[int] = []

    def speak(near: socket.socket) -> None:
        with suppress(OSError):
            near.recv(1 << 16)
            near.sendall(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\n\r\n")
            for _ in range(1_000):
                near.sendall(bytes(1 << 16))
                sent.append(1 << 16)
        near.close()

    with speaking(speak) as address:
        assert code_of(lambda: shelf_at(address).read(bytes(32))) == "bucket_redirects"
    assert sum(sent) < 3 * s3.LISTING_BYTES
