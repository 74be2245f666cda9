"""Attachments between nodes: who is given bytes, how they come, what is not believed, and that they go when erased."""

from __future__ import annotations

import hashlib
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest
import requests
from forge import line_up
from hypothesis import example, given, settings
from hypothesis import strategies as st
from papers import docx, odt, pdf, picture, xlsx
from simulator import Network, Town, Wire

from node import attaching, fetching, filing, indexing, peering, publish, receiving
from node.app import create_app
from node.errors import AttachmentRefused, NodeError, NotAllowed, NotFound
from node.examining import sniffing
from node.examining.kinds import KINDS, Unfit
from node.examining.stripping import stripped
from node.fetching import Fetcher
from node.publish import Statement
from node.shelves.bucket import BucketShelf
from node.shelves.folder import FolderShelf
from node.shelves.shelf import Shelf
from node.store import files, quarantine, records, sightings
from node.store.records import MEMBERS, OURSELVES, PUBLIC, Stored
from node.worker import Worker
from protocol.limits import MAX_PIECE_BYTES
from tests.protocol.contents import accepted

pytestmark = pytest.mark.both_shelves
TEXT = "Charte des mediateurs zellige4711"


class AtOnce(Executor):
    """Does what it is given in the same breath."""

    def submit(self, act: Any, /, *words: Any, **more: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(act(*words, **more))
        return done


def said(town: Town, visibility: str = "public") -> str:
    """A practice of this town."""
    content = accepted()["practice-least"]["content"]
    return publish.publish(town.node, Statement("Practice", content, "fr", visibility)).uri


def attach(town: Town, uri: str, data: bytes | None = None, filename: str = "guide.pdf") -> Stored:
    prepared = attaching.prepare(
        data or pdf(TEXT), filename, title="Guide", language="fr", alt="Une salle", shows_persons=False
    )
    made = attaching.publish_to(town.node, prepared, uri, actor="test")
    with town.node.database.reading() as connection:
        stored = records.get(connection, made, OURSELVES)
    assert stored is not None
    return stored


def hash_of(said: Stored) -> bytes:
    return bytes.fromhex(str(said.content["sha256"]))


def fetch(town: Town, turns: int = 4) -> None:
    """What the worker of this town would do about files."""
    while filing.follow(town.node):
        pass
    fetcher = Fetcher(town.node)
    with town.network.as_speaker(town):
        for _ in range(turns):
            fetcher.turn(AtOnce())


def held(town: Town, sha256: bytes) -> bool:
    with town.node.database.reading() as connection:
        file = files.get(connection, sha256)
    there = filing.shelf_of(town.node).holds(sha256)
    assert (file is not None and file.state == files.HELD) == there
    return there


def state_of(town: Town, sha256: bytes) -> files.File:
    with town.node.database.reading() as connection:
        file = files.get(connection, sha256)
    assert file is not None
    return file


@pytest.fixture
def three(network: Network, monkeypatch: pytest.MonkeyPatch) -> tuple[Town, Town, Town]:
    """Fès, Rabat and Berlin in a row: Berlin knows Fès only through Rabat."""
    fes, rabat, berlin = line_up(network, "fes", "rabat", "berlin")
    monkeypatch.setattr("node.fetching.outbound.open_session", network.session)
    return fes, rabat, berlin


def test_small_file_is_fetched_unasked_and_spreads_along_the_row(three: tuple[Town, Town, Town]) -> None:
    fes, rabat, berlin = three
    sha256 = hash_of(attach(fes, said(fes)))
    fes.network.settle()
    fetch(berlin)
    assert not held(berlin, sha256), "Rabat has not got it yet"
    assert state_of(berlin, sha256).code == "attachment_not_here"
    fetch(rabat)
    assert held(rabat, sha256)
    fes.clock.seconds += 60
    fetch(berlin)
    assert held(berlin, sha256)
    assert filing.read(berlin.node, sha256) == filing.read(fes.node, sha256)


def test_large_file_is_fetched_when_somebody_asks_also_through_a_peer_that_has_it_not(
    three: tuple[Town, Town, Town], monkeypatch: pytest.MonkeyPatch
) -> None:
    fes, rabat, berlin = three
    uri = said(fes)
    rows = b"nom;valeur\n" + b"".join(b"%d;%d\n" % (n, n * 7919 % 100_003) for n in range(250_000))
    sha256 = hash_of(attach(fes, uri, rows, "t.csv"))
    fes.network.settle()
    for town in (rabat, berlin):
        fetch(town)
        assert not held(town, sha256)
    with berlin.network.as_speaker(berlin), pytest.raises(NotFound) as refused:
        fetching.bring_now(berlin.node, sha256)
    assert refused.value.code == "attachment_not_here"
    fetch(rabat)
    assert held(rabat, sha256), "Berlin's question made Rabat fetch it"
    with berlin.network.as_speaker(berlin):
        data = fetching.bring_now(berlin.node, sha256)
    assert hashlib.sha256(data).digest() == sha256
    pieces = [wire for wire in fes.network.traffic if "/attachments/" in wire.path and wire.status == 206]
    assert max(len(wire.body) for wire in pieces) == MAX_PIECE_BYTES


def test_transfer_that_was_cut_goes_on_where_it_ended(three: tuple[Town, Town, Town]) -> None:
    fes, rabat, _ = three
    photograph = picture("PNG", (1_200, 1_000))
    sha256 = hash_of(attach(fes, said(fes), photograph, "photo.png"))
    size = len(filing.read(fes.node, sha256) or b"")
    fes.network.settle()
    filing.follow(rabat.node)
    file = state_of(rabat, sha256)
    first = (filing.read(fes.node, sha256) or b"")[: size // 3]
    receiving.add(rabat.node, file, fes.did, 0, first)
    fes.network.traffic.clear()
    fetch(rabat)
    assert held(rabat, sha256)
    given = [len(wire.body) for wire in fes.network.traffic if wire.status == 206]
    assert sum(given) == size - len(first)


@pytest.mark.parametrize("harm", ["another", "longer", "shorter"])
def test_bytes_that_are_not_what_the_record_says_are_thrown_away_and_another_peer_is_asked(
    three: tuple[Town, Town, Town], harm: str
) -> None:
    """D15."""
    fes, rabat, berlin = three
    fes.network.befriend(berlin, fes)
    sha256 = hash_of(attach(fes, said(fes)))
    fes.network.settle()
    fetch(rabat)

    def lie(wire: Wire, _request: requests.PreparedRequest) -> Wire:
        if "/attachments/" not in wire.path:
            return wire
        body = {"another": wire.body[:-9] + b"<script>x", "longer": wire.body + b"x", "shorter": wire.body[:-1]}[harm]
        return Wire(wire.method, wire.path, wire.status, wire.headers, body)

    fes.network.twists["fes"] = lie  # the origin itself, which is asked first
    fetch(berlin)
    assert held(berlin, sha256)
    assert state_of(berlin, sha256).via == rabat.did
    with berlin.node.database.reading() as connection:
        counts = {count.code: count.via for count in quarantine.refusal_counts(connection)}
    if harm == "another":
        assert counts == {"attachment_mismatch": fes.did}


def test_file_that_is_something_else_than_its_record_says_is_kept_by_nobody(three: tuple[Town, Town, Town]) -> None:
    """A hostile origin calls its HTML a picture: hash and size are right, the kind is not."""
    fes, rabat, _ = three
    html = b"<!DOCTYPE html><script>alert(1)</script>"
    sha256 = filing.keep(fes.node, html, "image/png")
    content = accepted()["attachment-picture-without-persons"]["content"]
    content |= {"about": said(fes), "sha256": sha256.hex(), "byteSize": len(html), "mediaType": "image/png"}
    publish.publish(fes.node, Statement("Attachment", content, "fr"))
    filing.follow(fes.node)
    fes.network.settle()
    fetch(rabat)
    assert not held(rabat, sha256)
    assert (state_of(rabat, sha256).state, state_of(rabat, sha256).code) == ("refused", "attachment_disguised")


def test_erased_file_is_gone_everywhere_and_receipts_come_back(three: tuple[Town, Town, Town]) -> None:
    fes, rabat, berlin = three
    attached = attach(fes, said(fes), picture(), "photo.jpg")
    sha256 = hash_of(attached)
    fes.network.settle()
    for town in (rabat, berlin):
        fetch(town)
        assert held(town, sha256)
    attaching.erase(fes.node, attached.uri, actor="test")
    assert not held(fes, sha256)
    fes.network.settle()
    for town in (fes, rabat, berlin):
        town.follow()
        assert not held(town, sha256)
        with town.node.database.reading() as connection:
            assert files.get(connection, sha256) is None
    fes.network.settle()
    with fes.node.database.reading() as connection:
        receipts = records.about(connection, attached.uri, OURSELVES, ["Receipt"])
    assert {receipt.origin for receipt in receipts} == {rabat.did, berlin.did}
    with pytest.raises(NotFound):
        fetching.bring_now(berlin.node, sha256)


def test_receipt_waits_until_the_bytes_are_gone(
    three: tuple[Town, Town, Town], monkeypatch: pytest.MonkeyPatch
) -> None:
    fes, rabat, _ = three
    attached = attach(fes, said(fes))
    fes.network.settle()
    fetch(rabat)
    attaching.erase(fes.node, attached.uri, actor="test")
    fes.network.meet(rabat, fes)
    worker = Worker(rabat.node, sets=rabat.sets)
    while indexing.follow_once(rabat.node, worker._searcher):
        pass
    worker._answer_erasures()

    def receipts() -> int:
        with rabat.node.database.reading() as connection:
            return len(records.about(connection, attached.uri, OURSELVES, ["Receipt"]))

    assert held(rabat, hash_of(attached))
    assert receipts() == 0
    filing.follow(rabat.node)
    worker._answer_erasures()
    worker._searcher.forget()
    assert not held(rabat, hash_of(attached))
    assert receipts() == 1


def test_erased_practice_takes_its_files_with_it_and_a_withdrawn_one_hides_them(three: tuple[Town, Town, Town]) -> None:
    fes, rabat, _ = three
    for state in ("withdrawn", "erased"):
        uri = said(fes)
        attached = attach(fes, uri, pdf(TEXT, state))
        fes.network.settle()
        fetch(rabat)
        publish.end(fes.node, uri, state)
        fes.network.settle()
        for town in (fes, rabat):
            filing.follow(town.node)
            with town.node.database.reading() as connection:
                assert files.shown(connection, hash_of(attached), MEMBERS) == []
            assert held(town, hash_of(attached)) == (state == "withdrawn")
            head = town.get(attached.uri)
            assert head is not None
            assert head.state == ("erased" if state == "erased" else "live")


def test_withdrawn_file_is_hidden_at_once_and_gone_after_a_week(three: tuple[Town, Town, Town]) -> None:
    fes, rabat, _ = three
    attached = attach(fes, said(fes))
    fes.network.settle()
    fetch(rabat)
    attaching.withdraw(fes.node, attached.uri, actor="test")
    fes.network.settle()
    filing.follow(rabat.node)
    with rabat.node.database.reading() as connection:
        assert files.shown(connection, hash_of(attached), OURSELVES) == []
    assert held(rabat, hash_of(attached))
    filing.drop_loose(rabat.node)
    assert held(rabat, hash_of(attached))
    fes.clock.seconds += filing.KEPT_S + 1
    filing.drop_loose(rabat.node)
    assert not held(rabat, hash_of(attached))


def test_bytes_stay_while_an_erasure_that_we_did_not_write_is_doubted(three: tuple[Town, Town, Town]) -> None:
    """The key may be stolen: this machine may be the last that has the photograph."""
    fes, _, _ = three
    attached = attach(fes, said(fes), picture(), "photo.jpg")
    ended = publish.end(fes.node, attached.uri, "erased")
    seen = sightings.Sighting(ended.digest, ended.record, ended.revision, ended.type, "did:key:x", 0, "")
    with fes.node.database.writing() as connection:
        sightings.add(connection, seen)
    filing.follow(fes.node)
    assert held(fes, hash_of(attached))
    with fes.node.database.writing() as connection:
        sightings.settle(connection, sightings.OURS)
    filing.look_again(fes.node)
    assert not held(fes, hash_of(attached))


def test_same_bytes_stay_while_another_record_names_them(three: tuple[Town, Town, Town]) -> None:
    fes, _, _ = three
    one, other = attach(fes, said(fes)), attach(fes, said(fes))
    assert hash_of(one) == hash_of(other)
    attaching.erase(fes.node, one.uri, actor="test")
    assert held(fes, hash_of(one))
    attaching.erase(fes.node, other.uri, actor="test")
    assert not held(fes, hash_of(one))


def test_bytes_follow_the_visibility_of_the_practice(three: tuple[Town, Town, Town]) -> None:
    fes, rabat, _ = three
    inside, own = attach(fes, said(fes, "network")), attach(fes, said(fes, "node"), docx("ours"), "a.docx")
    fes.network.settle()
    fetch(rabat)
    assert held(rabat, hash_of(inside))
    with rabat.node.database.reading() as connection:
        assert files.shown(connection, hash_of(inside), PUBLIC) == []
        assert files.get(connection, hash_of(own)) is None
    with fes.node.database.reading() as connection:
        assert files.shown(connection, hash_of(own), MEMBERS) == []
    page = create_app(rabat.node, sets=rabat.sets).test_client()
    assert page.get(f"/attachments/{hash_of(inside).hex()}").status_code == 404


def test_peer_is_refused_what_it_may_not_see_and_a_stranger_everything(three: tuple[Town, Town, Town]) -> None:
    fes, rabat, berlin = three
    public, own = attach(fes, said(fes)), attach(fes, said(fes, "node"), docx("ours"), "a.docx")
    fes.network.settle()
    filing.follow(rabat.node)

    def answer(town: Town, sha256: bytes) -> str:
        with town.network.as_speaker(town), town.network.session(False) as session:
            client = fetching.PeerClient(town.node, fes.url, fes.did, session)
            try:
                return f"{len(client.piece(sha256, 0, 10))} bytes"
            except NodeError as error:
                return error.code

    assert answer(rabat, hash_of(public)) == "10 bytes"
    assert answer(rabat, hash_of(own)) == "unknown_attachment"
    assert answer(rabat, bytes(32)) == "unknown_attachment"
    assert answer(berlin, hash_of(public)) == "not_a_peer"
    peering.pause(fes.node, rabat.did, actor="test")
    assert answer(rabat, hash_of(public)) == "peer_paused"


def test_nobody_hangs_a_file_on_the_practice_of_another(three: tuple[Town, Town, Town]) -> None:
    fes, rabat, _ = three
    uri = said(fes)
    fes.network.settle()
    prepared = attaching.prepare(pdf("x"), "a.pdf", title="T", language="fr")
    with pytest.raises(NotAllowed) as refused:
        attaching.publish_to(rabat.node, prepared, uri, actor="test")
    assert refused.value.code == "not_ours"
    filing.keep(rabat.node, prepared.data, prepared.media)
    forged = publish.publish(rabat.node, Statement("Attachment", {"about": uri, **prepared.content}, "fr"))
    fes.network.settle()
    for town in (fes, rabat):
        fetch(town)
        with town.node.database.reading() as connection:
            assert files.shown(connection, hash_of(forged), OURSELVES) == []
            assert files.of_record(connection, uri, OURSELVES) == []


def test_node_that_nobody_can_reach_gives_its_own_files(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    rabat, tiznit = network.found("rabat"), network.found("tiznit", reachable=False)
    monkeypatch.setattr("node.fetching.outbound.open_session", network.session)
    with network.as_speaker(tiznit):
        peering.request(tiznit.node, rabat.url)
    peering.accept(rabat.node, tiznit.did, actor="test")
    network.meet(tiznit, rabat)
    attached = attach(tiznit, said(tiznit), picture("PNG", (1_500, 1_200)), "photo.png")
    network.settle()
    filing.follow(rabat.node)
    fetch(tiznit)
    assert held(rabat, hash_of(attached))
    assert state_of(rabat, hash_of(attached)).via == tiznit.did


def test_nobody_is_given_room_beyond_the_quotas(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    fes, rabat = network.found("fes"), network.found("rabat", attachments_origin_mb=1)
    monkeypatch.setattr("node.fetching.outbound.open_session", network.session)
    network.befriend(rabat, fes)
    uri = said(fes)
    rows = ["nom;valeur\n" + "".join(f"{seed};{n * 7919 % 100_003}\n" for n in range(90_000)) for seed in range(3)]
    hashes = [hash_of(attach(fes, uri, text.encode(), "t.csv")) for text in rows]
    network.settle()
    fetch(rabat, 8)
    assert sum(held(rabat, sha256) for sha256 in hashes) == 1
    assert {state_of(rabat, sha256).code for sha256 in hashes} == {None, "attachment_quota"}
    full = network.found("sale", attachments_total_mb=1)
    own = said(full)
    attach(full, own, rows[0].encode(), "t.csv")
    with pytest.raises(AttachmentRefused) as refused:
        attach(full, own, rows[1].encode(), "t.csv")
    assert refused.value.code == "attachment_quota"


def test_reader_is_given_a_file_that_cannot_run_and_nothing_from_a_cache(three: tuple[Town, Town, Town]) -> None:
    fes, _, _ = three
    uri = said(fes)
    paper, photograph = attach(fes, uri), attach(fes, uri, picture(), "photo.jpg")
    page = create_app(fes.node, sets=fes.sets).test_client()
    given = page.get(f"/attachments/{hash_of(paper).hex()}")
    assert given.status_code == 200
    assert given.headers["Content-Type"] == "application/pdf"
    assert given.headers["Content-Disposition"].startswith('attachment; filename="Guide.pdf"')
    assert "sandbox" in given.headers["Content-Security-Policy"]
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Cache-Control"] == "private, no-cache"
    part = page.get(f"/attachments/{hash_of(paper).hex()}", headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.data) == (206, b"%PDF-")
    shown = page.get(f"/attachments/{hash_of(photograph).hex()}")
    assert shown.headers["Content-Disposition"].startswith("inline")
    again = page.get(f"/attachments/{hash_of(paper).hex()}", headers={"If-None-Match": given.headers["ETag"]})
    assert again.status_code == 304
    text = page.get(f"/practices/{uri.replace('/records/', '/')}", headers={"Accept-Language": "en"}).text
    assert 'alt="Une salle"' in text
    attaching.erase(fes.node, paper.uri, actor="test")
    assert page.get(f"/attachments/{hash_of(paper).hex()}").status_code == 404
    for name in ("../wasl.toml", "0" * 63, "A" * 64, "0" * 64):
        assert page.get(f"/attachments/{name}").status_code == 404


def test_reader_of_a_file_that_is_elsewhere_is_told_to_come_again(network: Network) -> None:
    fes, rabat = network.found("fes"), network.found("rabat", attachments_eager_bytes=10)
    network.befriend(rabat, fes)
    attached = attach(fes, said(fes))
    network.settle()
    filing.follow(rabat.node)
    page = create_app(rabat.node, sets=rabat.sets).test_client()
    told = page.get(f"/attachments/{hash_of(attached).hex()}")
    assert (told.status_code, told.headers["Retry-After"]) == (503, "10")
    assert state_of(rabat, hash_of(attached)).wished


def change(shelf: Shelf, sha256: bytes, data: bytes) -> None:
    """Other bytes stand there under this name."""
    if isinstance(shelf, BucketShelf):
        shelf._bucket.put(shelf._name(sha256), data)
    elif isinstance(shelf, FolderShelf):
        shelf.path(sha256).write_bytes(data)


def test_bytes_that_changed_on_the_disk_are_not_given_and_are_fetched_again(three: tuple[Town, Town, Town]) -> None:
    fes, rabat, _ = three
    attached = attach(fes, said(fes))
    fes.network.settle()
    fetch(rabat)
    change(filing.shelf_of(rabat.node), hash_of(attached), b"%PDF-1.7 something else")
    assert filing.read(rabat.node, hash_of(attached)) is None
    assert state_of(rabat, hash_of(attached)).code == "attachment_mismatch"
    fetch(rabat)
    assert held(rabat, hash_of(attached))


@pytest.mark.only_folder
def test_folder_and_rows_are_brought_together_after_a_crash(three: tuple[Town, Town, Town]) -> None:
    fes, rabat, _ = three
    attached = attach(fes, said(fes))
    fes.network.settle()
    fetch(rabat)
    shelf = FolderShelf(rabat.node.config.attachments)
    shelf.path(hash_of(attached)).unlink()
    stray = shelf.path(shelf.put(b"left behind"))
    young = shelf.path(shelf.put(b"being written"))
    import os

    os.utime(stray, (1, 1))
    filing.sweep(rabat.node)
    assert not stray.exists()
    assert young.exists()
    fetch(rabat)
    assert held(rabat, hash_of(attached))


def test_words_of_a_file_find_its_practice_until_it_is_erased(three: tuple[Town, Town, Town]) -> None:
    from node.indexing import Searcher
    from search.document import Query

    fes, _, berlin = three
    uri = said(fes)
    attached = attach(fes, uri)
    fes.network.settle()

    def found() -> list[str]:
        searcher = Searcher(berlin.node)
        Worker(berlin.node, searcher, berlin.sets).follow()
        hits = [hit.uri for hit in searcher.find(Query("zellige4711", "de")).results.hits]
        searcher.forget()
        return hits

    assert found() == [uri]
    attaching.erase(fes.node, attached.uri, actor="test")
    fes.network.settle()
    assert found() == []
    for path in berlin.node.config.index.rglob("*"):
        assert path.is_dir() or b"zellige4711" not in path.read_bytes()


def test_text_in_another_language_than_the_practice_finds_it_too(three: tuple[Town, Town, Town]) -> None:
    from node.indexing import Searcher
    from search.document import Query

    fes, _, _ = three
    uri = said(fes)
    prepared = attaching.prepare(docx("دليل الوسيط الاجتماعي"), "a.docx", title="دليل", language="ar")
    attaching.publish_to(fes.node, prepared, uri, actor="test")
    searcher = Searcher(fes.node)
    Worker(fes.node, searcher, fes.sets).follow()
    assert [hit.uri for hit in searcher.find(Query("الوسيط", "ar")).results.hits] == [uri]
    searcher.forget()


def test_thirteenth_file_of_a_practice_is_refused(three: tuple[Town, Town, Town]) -> None:
    fes, _, _ = three
    uri = said(fes)
    files_ = [
        attaching.prepare(f"a;b\n1;{number}\n".encode(), "t.csv", title="T", language="fr") for number in range(13)
    ]
    for prepared in files_[: attaching.MOST_OF_ONE]:
        attaching.publish_to(fes.node, prepared, uri, actor="test")
    with pytest.raises(NotAllowed) as refused:
        attaching.publish_to(fes.node, files_[-1], uri, actor="test")
    assert refused.value.code == "too_many_attachments"


def test_same_bytes_are_attached_once(three: tuple[Town, Town, Town]) -> None:
    fes, _, _ = three
    uri = said(fes)
    assert attach(fes, uri).uri == attach(fes, uri).uri


GOOD = {"pdf": pdf("x"), "docx": docx("x"), "odt": odt("x"), "xlsx": xlsx("x"), "csv": b"a;b\n1;2\n"} | {
    kind.lower(): picture(kind) for kind in ("JPEG", "PNG", "WEBP")
}


@pytest.mark.parametrize("name", GOOD)
def test_good_file_is_what_it_is(name: str) -> None:
    kind = sniffing.sniff(GOOD[name])
    assert name in kind.extensions
    sniffing.agree(kind, f"x.{name.upper()}", kind.media)
    sniffing.agree(kind, f"x.{name}", "")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.binary(max_size=3_000) | st.sampled_from(sorted(GOOD.values())), st.binary(max_size=40), st.integers(0, 3_000)
)
@example(b"", b"", 0)
def test_sniffing_any_bytes_gives_a_kind_or_a_reason(data: bytes, more: bytes, at: int) -> None:
    try:
        found: object = sniffing.sniff(data[:at] + more + data[at:])
    except Unfit as unfit:
        found = unfit.code
    assert found in (*KINDS, "attachment_empty", "attachment_type", "attachment_disguised", "attachment_damaged")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(["pdf", "docx", "odt", "xlsx"]), st.binary(min_size=1, max_size=30))
@example("pdf", b"\x89PNG\r\n\x1a\n")
@example("pdf", b"\xff\xd8\xff")
def test_nothing_can_stand_in_front_of_a_document(name: str, more: bytes) -> None:
    try:
        assert sniffing.sniff(more + GOOD[name]).media == "text/csv"
    except Unfit:
        return
    raise AssertionError("a document behind other bytes was taken for a table")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(["jpeg", "png", "webp"]), st.integers(0, 5_000), st.binary(max_size=20))
def test_stripping_never_raises_and_never_adds(name: str, at: int, more: bytes) -> None:
    data = GOOD[name]
    harmed = data[:at] + more + data[at + len(more) :]
    assert len(stripped(harmed)) <= len(harmed)
    assert stripped(stripped(harmed)) == stripped(harmed)


def test_pieces_of_two_sources_are_never_put_together(town: Town) -> None:
    data = b"a;b\n" * 100
    sha256 = hashlib.sha256(data).digest()
    shelf = filing.shelf_of(town.node)
    shelf.add(sha256, "did:key:liar", 0, b"<html>")
    assert shelf.came(sha256, "did:key:honest") == 0
    with ThreadPoolExecutor(1) as pool:
        pool.submit(shelf.add, sha256, "did:key:honest", 0, data).result()
        assert pool.submit(shelf.add, sha256, "did:key:honest", 0, data).result() == len(data), (
            "a late double is nothing"
        )
    assert shelf.finish(sha256, "did:key:honest") == data
    assert [(kept.sha256, kept.whole) for kept in shelf.everything()] == [(sha256, True)]
