"""Answers of a peer that are compressed: a third of the bytes on the wire, and no bomb (attacks D8)."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from simulator import Network

from node.errors import PeerNonsense
from node.federation import outbound
from node.federation.outbound import GZIP

MOST = 100_000
Serve = Callable[[bytes, str], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server on loopback that answers everything with these bytes under this Content-Encoding."""
    answer: dict[str, bytes | str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = answer["data"]
            assert isinstance(data, bytes)
            self.send_response(200)
            self.send_header("Content-Encoding", str(answer["coding"]))
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def start(data: bytes, coding: str) -> str:
        answer.update(data=data, coding=coding)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    server.shutdown()
    thread.join()
    server.server_close()


def _get(url: str, **headers: str) -> bytes:
    with outbound.open_session(private=True) as session:
        return outbound.exchange(session, "GET", url, headers, b"", 10, MOST).body


def test_compressed_answer_is_unpacked(serve: Serve) -> None:
    text = b"practice " * 10_000
    assert _get(serve(gzip.compress(text), GZIP), **{"Accept-Encoding": GZIP}) == text


@pytest.mark.parametrize("size", [MOST + 1, 500_000_000])
def test_bomb_ends_at_the_first_byte_too_many(serve: Serve, size: int) -> None:
    packed = b"".join([gzip.compress(bytes(size))])
    with pytest.raises(PeerNonsense) as caught:
        _get(serve(packed, GZIP), **{"Accept-Encoding": GZIP})
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    ("data", "coding", "asked"),
    [
        (gzip.compress(b"x" * 5000), GZIP, "identity"),
        (b"x" * 50, "br", GZIP),
        (b"x" * 50, "deflate", GZIP),
        (gzip.compress(b"x" * 5000)[:-9], GZIP, GZIP),
        (gzip.compress(b"x" * 5000) + b"more", GZIP, GZIP),
        (gzip.compress(b"x" * 5000) + gzip.compress(b"y"), GZIP, GZIP),
        (b"no gzip at all", GZIP, GZIP),
        (b"", GZIP, GZIP),
    ],
    ids=["unasked", "brotli", "deflate", "cut", "followed", "two members", "not gzip", "empty"],
)
def test_answer_compressed_otherwise_is_refused(serve: Serve, data: bytes, coding: str, asked: str) -> None:
    with pytest.raises(PeerNonsense) as caught:
        _get(serve(data, coding), **{"Accept-Encoding": asked})
    assert caught.value.code == "compressed"


def test_records_go_over_the_wire_at_less_than_half_their_size(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    for number in range(40):
        rabat.publish(text=f"Un bilan de compétences aide les personnes à trouver un emploi, séance {number}. " * 20)
    network.befriend(fes, rabat)
    fetched = [wire for wire in network.traffic if wire.path.endswith("/fetch")]
    assert len(fes.heads()) > 40
    assert sum(wire.carried for wire in fetched) < 0.5 * sum(len(wire.body) for wire in fetched)


def test_what_fits_a_packet_is_not_compressed(network: Network) -> None:
    client = network.found("rabat").app.test_client()
    assert "Content-Encoding" not in client.get("/federation/v1/node", headers={"Accept-Encoding": GZIP}).headers
