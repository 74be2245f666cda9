"""Attachments in a bucket: what a folder gives by itself must be true there too, and what only a bucket can do wrong.

The store is a real one (tests/bucket.py). What a sound store never does (send elsewhere, drip, answer as a proxy) is
said by a small server of the test's own.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import bucket as stores_bucket
import pytest
import stores
from bucket import READER, READER_SECRET, Buckets, give_keys
from click.testing import CliRunner
from papers import pdf
from simulator import Network, Town

from node import attaching, backup, doctor, filing, indexing, publish, restoring, shelving
from node.app import create_app
from node.assembly import Node, open_node
from node.cli import main
from node.config import Config
from node.doctor import ATTENTION, BROKEN, FINE
from node.errors import BucketAway, BucketProblem, ConfigProblem, NodeError, NotAllowed
from node.publish import Statement
from node.shelves import s3
from node.shelves.bucket import BucketShelf
from node.shelves.s3 import Bucket
from node.shelving import FOLDER
from node.store import files, records
from node.worker import Worker
from tests.protocol.contents import accepted

in_bucket = pytest.mark.parametrize("shelved_in", [stores.BUCKET], indirect=True)
HASH = bytes(32)


def attached(node: Node, words: str = "Charte") -> tuple[str, bytes]:
    """A practice with a file: the URI of the attachment, and the hash."""
    content = accepted()["practice-least"]["content"]
    uri = publish.publish(node, Statement("Practice", content, "fr")).uri
    prepared = attaching.prepare(pdf(words), "guide.pdf", title="Guide", language="fr")
    return attaching.publish_to(node, prepared, uri, actor="test"), bytes.fromhex(prepared.sha256)


def moved_to(town: Town, address: str) -> Node:
    """The same node, its files in this bucket from now on."""
    file = town.node.config.file
    kept = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("bucket = ")]
    at = kept.index("[attachments]") + 1
    file.write_text("\n".join([*kept[:at], f'bucket = "{address}"', *kept[at:]]) + "\n", "utf-8")
    give_keys(town.node.config.home)
    return open_node(town.node.config.home, {}, town.clock)


def state_of(node: Node, sha256: bytes) -> str:
    with node.database.reading() as connection:
        file = files.get(connection, sha256)
    return file.state if file is not None else "unknown"


def shelf_at(address: str, access: str = stores_bucket.ACCESS, secret: str = stores_bucket.SECRET) -> BucketShelf:
    return BucketShelf(Bucket(address, stores_bucket.REGION, None, lambda: (access, secret)), "node/")


def code_of(error: pytest.ExceptionInfo[NodeError]) -> str:
    return error.value.code


@contextmanager
def answering(reply: bytes, then: float = 0.0) -> Iterator[tuple[str, list[str]]]:
    """A server that gives the same answer to everything, a byte every `then` seconds, and notes what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.close_connection = True
            asked.append(self.rfile.readline(9_000).decode("latin-1"))
            with suppress(OSError):
                for piece in [reply] if not then else [reply[at : at + 1] for at in range(len(reply))]:
                    self.wfile.write(piece)
                    self.wfile.flush()
                    time.sleep(then)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


class Relay:
    """A way to a store that can be cut."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._to = (parts.hostname, parts.port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.cut = False
        self.address = f"http://127.0.0.1:{self._server.getsockname()[1]}{parts.path}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                if self.cut:
                    near.close()
                    continue
                far = socket.create_connection(self._to)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while (data := one.recv(1 << 16)) and not self.cut:
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def close(self) -> None:
        self._server.close()


@pytest.mark.parametrize(
    "address",
    ["s3.example/files", "https://s3.example", "https://AK:verysecret@s3.example/files", "ftp://s3.example/files",
     "https://s3.example/files?x=verysecret", "https://s3.example/files/../others", "https://s3.example/F", 7],
)  # fmt: skip
def test_address_that_is_none_is_refused_and_not_repeated(address: object, tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem) as refused:
        Config.from_text(tmp_path, f"[attachments]\nbucket = {json.dumps(address)}\n", {})
    assert "verysecret" not in refused.value.message
    assert address == 7 or code_of(refused) == "bad_bucket"


def test_keys_of_a_bucket_stand_in_the_environment_or_a_file_of_the_keys_and_nowhere_else(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblem) as refused:
        Config.from_text(tmp_path, '[attachments]\nsecret_key = "verysecret"\n', {})
    assert code_of(refused) == "secret_in_settings"
    assert "verysecret" not in refused.value.message
    config = Config.from_text(tmp_path, "", {"WASL_ATTACHMENTS_SECRET_KEY": "verysecret"})
    assert config.attachments_secret_key == "verysecret"
    assert "verysecret" not in repr(config)


@in_bucket
def test_nothing_of_the_files_lies_in_the_folder_of_the_node(network: Network, shelved_in: str) -> None:
    town = network.found("fes")
    _uri, sha256 = attached(town.node)
    assert filing.read(town.node, sha256) is not None
    assert not town.node.config.attachments.exists()


@in_bucket
def test_two_nodes_that_are_given_one_bucket_leave_each_other_alone(network: Network, shelved_in: str) -> None:
    fes, rabat = network.found("fes"), network.found("rabat")
    _uri, sha256 = attached(fes.node)
    assert list(filing.shelf_of(rabat.node).everything()) == []
    filing.sweep(rabat.node)
    assert filing.read(fes.node, sha256) is not None


@pytest.mark.parametrize("versions", [False, True])
def test_what_is_erased_leaves_no_version_in_the_bucket(town: Town, buckets: Buckets, versions: bool) -> None:
    address = buckets.new(versions=versions)
    node = moved_to(town, address)
    uri, sha256 = attached(node)
    shelf = filing.shelf_of(node)
    shelf.put(filing.read(node, sha256) or b"")  # an older version, where the bucket keeps them
    shelf.add(sha256, "did:key:x", 0, b"piece")
    assert len(buckets.names(address)) == (3 if versions else 2)
    attaching.erase(node, uri, actor="test")
    assert buckets.names(address) == []
    assert state_of(node, sha256) == "unknown"
    node.close()


def test_no_receipt_is_signed_while_the_bucket_keeps_what_was_erased(network: Network, buckets: Buckets) -> None:
    fes, rabat = network.found("fes"), network.found("rabat")
    network.befriend(rabat, fes)
    uri, sha256 = attached(fes.node)
    network.settle()
    node = moved_to(rabat, buckets.new(versions=True, locked=True))
    filing.follow(node)
    filing.keep(node, filing.read(fes.node, sha256) or b"", "application/pdf")
    attaching.erase(fes.node, uri, actor="test")
    network.settle()
    with pytest.raises(BucketProblem) as refused:
        filing.follow(node)
    assert code_of(refused) == "bucket_keeps"
    worker = Worker(node, sets=rabat.sets)
    while indexing.follow_once(node, worker._searcher):
        pass
    worker._answer_erasures()
    worker._searcher.forget()
    assert state_of(node, sha256) == files.HELD
    with node.database.reading() as connection:
        assert records.about(connection, uri, records.OURSELVES, ["Receipt"]) == []
    node.close()


@pytest.fixture
def relay(buckets: Buckets) -> Iterator[Relay]:
    made = Relay(buckets.prefix())
    yield made
    made.close()


def test_pages_are_served_while_the_bucket_is_away_and_files_when_it_is_back(
    town: Town, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "REST_S", 3_600)
    node = moved_to(town, relay.address)
    uri, sha256 = attached(node)
    with node.database.reading() as connection:
        owner = next(stored.about for stored in files.shown(connection, sha256, "public"))
    page = create_app(node, sets=town.sets).test_client()
    file = f"/attachments/{sha256.hex()}"
    assert page.get(file).status_code == 200
    relay.cut = True
    told = page.get(file, headers={"Accept-Language": "fr"})
    assert told.status_code == 503
    assert "bucket_away" in told.text
    assert page.get(f"/practices/{str(owner).replace('/records/', '/')}").status_code == 200
    with pytest.raises(BucketAway, match="in a moment"):
        filing.read(node, sha256)  # nobody waits for it again for a while
    attaching.erase(node, uri, actor="test")
    assert state_of(node, sha256) == files.HELD, "it is erased when the bucket is back, not before"
    with pytest.raises(BucketAway):
        attached(node, "another")
    relay.cut = False
    monkeypatch.setattr(filing.shelf_of(node)._bucket, "_away_until", 0.0)  # type: ignore[attr-defined]
    assert filing.read(node, sha256) is not None
    while filing.follow(node):
        pass
    assert state_of(node, sha256) == "unknown"
    assert list(filing.shelf_of(node).everything()) == []
    node.close()


def test_worker_goes_on_while_the_bucket_is_away(town: Town, relay: Relay) -> None:
    node = moved_to(town, relay.address)
    worker = Worker(node, sets=town.sets)
    relay.cut = True
    worker._show_life()
    assert "files" in worker._resting
    assert "beat" not in worker._resting


def test_redirect_is_told_and_not_followed() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx") as (elsewhere, asked):
        reply = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere}/files\r\nContent-Length: 0\r\n\r\n"
        with answering(reply.encode()) as (address, _):
            for act in (lambda shelf: shelf.read(HASH), lambda shelf: shelf.put(b"x"), lambda shelf: shelf.drop(HASH)):
                with pytest.raises(BucketProblem) as refused:
                    act(shelf_at(f"{address}/files"))
                assert code_of(refused) == "bucket_redirects"
    assert asked == []


@pytest.mark.parametrize("status", ["404 Not Found", "200 OK"])
def test_what_is_no_store_makes_no_file_look_lost(town: Town, status: str) -> None:
    """A proxy, a captive page, a wrong address: it says 404 of everything, or something friendly."""
    body = b"<!DOCTYPE html><html><body>nothing here</body></html>"
    reply = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    with town.node.database.writing() as connection:
        files.hold(connection, HASH, "text/csv", 1, 0, keep_until=2**40)
    with answering(reply) as (address, _):
        node = moved_to(town, f"{address}/files")
        if status.startswith("404"):
            with pytest.raises(BucketAway):
                filing.read(node, HASH)
        else:
            with pytest.raises(BucketAway):
                filing.sweep(node)
    assert state_of(node, HASH) == files.HELD
    node.close()


def test_store_that_drips_is_waited_for_no_longer_than_an_answer_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "ANSWER_S", 0.3)
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(100_000), 0.01) as (address, _):
        began = time.monotonic()
        with pytest.raises(BucketAway):
            shelf_at(f"{address}/files").read(HASH)
        assert time.monotonic() - began < 30


def test_longer_answer_than_a_file_may_be_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    body = bytes(1_000)
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + body) as (address, _):
        assert len(Bucket(f"{address}/files", "r", None, lambda: ("a", "s")).get("x", 10) or b"") == 11


@in_bucket
def test_shelf_and_rows_are_brought_together_after_a_crash(
    network: Network, shelved_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = network.found("fes")
    _uri, sha256 = attached(town.node)
    shelf = filing.shelf_of(town.node)
    left = shelf.put(b"left behind")
    filing.sweep(town.node)
    assert shelf.holds(left), "it may be being written"
    monkeypatch.setattr(filing, "_LEFT_S", -60)
    filing.sweep(town.node)
    assert not shelf.holds(left)
    assert state_of(town.node, sha256) == files.HELD
    with town.node.database.writing() as connection:
        files.lose(connection, sha256, "attachment_not_here", 0)
    filing.sweep(town.node)
    assert state_of(town.node, sha256) == files.HELD, "it lay there all the same"
    shelf.drop(sha256)
    filing.sweep(town.node)
    assert state_of(town.node, sha256) == files.WANTED


def examined(town: Town, environ: dict[str, str] | None = None) -> dict[str, doctor.Finding]:
    found = doctor.examine(town.node.config.home, environ or {}, town.clock())
    return {finding.check: finding for finding in found if finding.check.startswith(("bucket", "keys/bucket"))}


def test_doctor_says_what_a_bucket_can_do(town: Town, buckets: Buckets) -> None:
    assert "bucket" not in examined(town)
    moved_to(town, buckets.prefix()).close()
    assert examined(town)["bucket"].state == FINE
    address = buckets.new(versions=True)
    moved_to(town, address).close()
    found = examined(town)["bucket"]
    assert (found.state, "keeps versions" in found.sentence) == (FINE, True)
    assert buckets.names(address) == [], "its trial left nothing"


FAULTS = {
    "away": "the store runs", "missing": "make the bucket", "reader": "may list, read, write", "secret": "keys are of",
    "nobody": "keys are of", "no keys": "bucket.keys", "one line": "bucket.keys", "locked": "delete versions",
    "readable": "chmod 600", "not moved": "wasl migrate-attachments", "no client": "wasl[s3]",
    "redirected": "the address",
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_doctor_finds_what_is_wrong_with_a_bucket(
    town: Town, buckets: Buckets, fault: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address, home = buckets.prefix(), town.node.config.home
    if fault == "not moved":
        attached(town.node)
    if fault == "away":
        address = "http://127.0.0.1:1/files"
    elif fault == "missing":
        address = f"{buckets.address}/nobody-made-it"
    elif fault == "locked":
        address = buckets.new(versions=True, locked=True)
    with answering(b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") as (other, _):
        moved_to(town, f"{other}/files" if fault == "redirected" else address).close()
        keys = home / "keys" / "bucket.keys"
        if fault == "reader":
            give_keys(home, READER, READER_SECRET)
        elif fault == "secret":
            give_keys(home, secret="tests-secret-that-is-wrong")
        elif fault == "nobody":
            give_keys(home, "AKNOBODY", "tests-secret-that-is-wrong")
        elif fault == "no keys":
            keys.unlink()
        elif fault == "one line":
            keys.write_text("AKWASL\n")
        elif fault == "readable":
            keys.chmod(0o640)
        elif fault == "no client":
            monkeypatch.setattr("node.shelves.opening.find_spec", lambda name: None)
        found = examined(town)
    assert found["bucket"].state == BROKEN
    worst = found.get("keys/bucket.keys", found["bucket"])
    assert FAULTS[fault] in f"{worst.remedy} {found['bucket'].remedy}"
    told = " ".join(f"{each.sentence} {each.remedy}" for each in found.values()) + caplog.text
    assert "tests-secret" not in told


def test_doctor_says_that_a_store_does_not_tell_or_that_the_way_is_open(
    town: Town, buckets: Buckets, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved_to(town, buckets.prefix()).close()
    monkeypatch.setattr(Bucket, "keeps_versions", lambda self: None)
    monkeypatch.setattr("node.doctor_bucket._here", lambda host: False)
    found = examined(town)
    assert {check: each.state for check, each in found.items() if each.state != FINE} == {
        "bucket": ATTENTION,
        "bucket/way": ATTENTION,
    }


def test_files_move_into_a_bucket_and_back_hash_by_hash(town: Town, buckets: Buckets) -> None:
    give_keys(town.node.config.home)
    (_, one), (gone, other) = attached(town.node, "one"), attached(town.node, "other")
    address = buckets.prefix()
    trial = shelving.move(town.node, address, actor="test", dry_run=True)
    assert (trial.copied, trial.kept) == (2, False)
    before = open_node(town.node.config.home, {}, town.clock)

    def stop(done: int, _total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shelving.move(town.node, address, actor="test", progress=stop)
    moved = shelving.move(town.node, address, actor="test")
    assert (moved.copied, moved.same, moved.running) == (1, 1, True)
    attaching.erase(town.node, gone, actor="test")
    before.close()
    moved = shelving.move(town.node, address, actor="test")
    assert (moved.copied, moved.same, moved.gone, moved.running) == (0, 1, 1, False)
    node = moved_to(town, address)
    assert [kept.sha256 for kept in filing.shelf_of(node).everything()] == [one]
    assert filing.read(node, one) == filing.read(town.node, one)
    with pytest.raises(NotAllowed) as refused:
        shelving.move(node, f"{address}/", actor="test")
    assert code_of(refused) == "same_shelf"
    filing.shelf_of(town.node).drop(one)
    moved = shelving.move(node, FOLDER, actor="test")
    assert (moved.copied, moved.same, moved.gone) == (1, 0, 0)
    assert filing.read(town.node, one) is not None
    assert filing.read(town.node, other) is None
    node.close()


def test_file_that_is_damaged_or_changes_on_the_way_is_not_said_to_be_moved(
    town: Town, buckets: Buckets, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_keys(town.node.config.home)
    (_, one), (_, other) = attached(town.node, "one"), attached(town.node, "other")
    path = town.node.config.attachments / one.hex()[:2] / one.hex()
    path.write_bytes(b"damaged")
    trial = shelving.move(town.node, buckets.prefix(), actor="test", dry_run=True)
    assert (trial.copied, trial.damaged) == (1, 1)
    assert path.read_bytes() == b"damaged", "a trial takes nothing away"
    moved = shelving.move(town.node, buckets.prefix(), actor="test")
    assert (moved.copied, moved.damaged) == (1, 1)
    assert state_of(town.node, one) == files.WANTED
    honest = Bucket.put
    monkeypatch.setattr(Bucket, "put", lambda self, name, data: honest(self, name, data if b"Wasl" in data else b"x"))
    with pytest.raises(NodeError) as told:
        shelving.move(town.node, buckets.prefix(), actor="test")
    assert code_of(told) == "file_differs"
    assert filing.read(town.node, other) is not None


def test_command_moves_files_and_never_shows_a_secret(town: Town, buckets: Buckets) -> None:
    attached(town.node)
    town.node.close()
    home = town.node.config.home
    keys = {
        "WASL_ATTACHMENTS_ACCESS_KEY": stores_bucket.ACCESS,
        "WASL_ATTACHMENTS_SECRET_KEY": stores_bucket.SECRET,
        "WASL_HOME": None,
        "DATABASE_URL": None,
        "LC_ALL": "en_GB.UTF-8",
    }

    def wasl(*words: str, **environment: str) -> tuple[int, str]:
        result = CliRunner(env={**keys, **environment}).invoke(main, ["--home", str(home), *words], prog_name="wasl")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert stores_bucket.SECRET not in result.output
        return result.exit_code, result.output

    address = buckets.prefix()
    assert wasl("migrate-attachments", "--to", "elsewhere")[0] == 2
    code, told = wasl("migrate-attachments", "--to", address, "--dry-run", "--json")
    assert (code, json.loads(told)["copied"]) == (0, 1), told
    code, told = wasl("migrate-attachments", "--to", address)
    assert code == 0, told
    assert 'bucket = "https://' in told
    code, told = wasl("migrate-attachments", "--to", address, WASL_ATTACHMENTS_SECRET_KEY="wrong")
    assert (code, "bucket_refused" in told) == (1, True), told
    assert "can be read, written and emptied" in wasl("doctor", WASL_ATTACHMENTS_BUCKET=address)[1]


def test_backup_of_a_node_with_a_bucket_is_restored_into_a_folder(town: Town, buckets: Buckets, tmp_path: Path) -> None:
    address = buckets.prefix()
    node = moved_to(town, address)
    _uri, sha256 = attached(node)
    written = backup.write(node, tmp_path / "fes.backup", actor="test")
    assert f"attachments/{sha256.hex()[:2]}/{sha256.hex()}" in written.members
    assert not any("bucket.keys" in name for name in written.members)
    with pytest.raises(NotAllowed) as refused:
        restoring.restore(
            written.path, tmp_path / "new", {"WASL_ATTACHMENTS_BUCKET": address}, actor="test", now=town.clock
        )
    assert code_of(refused) == "bucket_elsewhere"
    assert restoring.check(written.path).sound
    restored = restoring.restore(written.path, tmp_path / "new", {}, actor="test", now=town.clock)
    again = open_node(restored.home, {}, town.clock)
    assert again.config.attachments_bucket == ""
    assert filing.read(again, sha256) == filing.read(node, sha256)
    again.close()
    node.close()
