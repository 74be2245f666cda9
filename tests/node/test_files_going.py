"""When the bytes of an attachment go: before a receipt says so, whatever became of them earlier, and never those of
another record that somebody attaches at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from forge import ended, line_up
from papers import pdf
from simulator import Network, Town

from node import attaching, filing, intake, living, peering, publish, receiving, turns
from node.errors import BucketProblem, NotFound, StoreBusy
from node.publish import Statement
from node.store import files, notes, quarantine, records
from node.store.records import OURSELVES, Stored
from node.worker import Worker
from protocol.envelope import Envelope
from tests.protocol.contents import accepted

pytestmark = pytest.mark.both_shelves


def said(town: Town) -> str:
    """A practice of this town."""
    return publish.publish(town.node, Statement("Practice", accepted()["practice-least"]["content"], "fr")).uri


def guide(words: str = "Charte") -> attaching.Prepared:
    return attaching.prepare(pdf(words), "guide.pdf", title="Guide", language="fr")


def attach(town: Town, uri: str, words: str = "Charte") -> Stored:
    stored = town.get(attaching.publish_to(town.node, guide(words), uri, actor="test"))
    assert stored is not None
    return stored


def hash_of(attached: Stored) -> bytes:
    return bytes.fromhex(str(attached.content["sha256"]))


def file_of(town: Town, sha256: bytes) -> files.File | None:
    with town.node.database.reading() as connection:
        return files.get(connection, sha256)


def give(one: Town, other: Town, sha256: bytes) -> None:
    """The bytes reach the other town, as if it had fetched them."""
    other.network.settle()
    filing.follow(other.node)
    wanted, data = file_of(other, sha256), filing.read(one.node, sha256)
    assert wanted is not None
    assert data is not None
    filing.shelf_of(other.node).put(data)
    with other.node.database.writing() as connection:
        files.hold(connection, sha256, wanted.media, wanted.size, other.node.now(), one.did)


def gone(town: Town, sha256: bytes) -> bool:
    return file_of(town, sha256) is None and not filing.shelf_of(town.node).holds(sha256)


def answered(town: Town, uri: str) -> bool:
    """Whether the town has signed a receipt for the erasure of this record."""
    with town.node.database.reading() as connection:
        return bool(records.about(connection, uri, OURSELVES, ["Receipt"]))


@pytest.fixture
def two(network: Network) -> tuple[Town, Town]:
    fes, rabat = line_up(network, "fes", "rabat")
    return fes, rabat


@pytest.mark.parametrize("before", ["withdrawn", "replaced", "blocked", "nothing"])
def test_erased_file_is_gone_before_the_receipt_whatever_became_of_it_before(
    two: tuple[Town, Town], before: str
) -> None:
    """C8."""
    fes, rabat = two
    attached = attach(fes, said(fes))
    sha256 = hash_of(attached)
    give(fes, rabat, sha256)
    if before == "withdrawn":
        attaching.withdraw(fes.node, attached.uri, actor="test")
    elif before == "replaced":
        content = {**attached.content, "sha256": "ab" * 32, "title": {"fr": "Autre"}}
        publish.publish(fes.node, Statement("Attachment", content, "fr"), attached.record)
    elif before == "blocked":
        peering.block(rabat.node, fes.did, actor="test")
    fes.network.settle()
    filing.follow(rabat.node)
    assert not gone(rabat, sha256), "it can be undone for a week"
    if before == "blocked":
        peering.unblock(rabat.node, fes.did, actor="test")
    attaching.erase(fes.node, attached.uri, actor="test")
    assert gone(fes, sha256)
    fes.network.settle()
    rabat.follow()
    assert answered(rabat, attached.uri)
    assert gone(rabat, sha256)


@pytest.mark.parametrize("known", [True, False])
def test_withdrawn_file_is_gone_with_the_practice_that_it_belonged_to(two: tuple[Town, Town], known: bool) -> None:
    """Also where only the practice is erased, and where its withdrawal is looked at no sooner than that (`known`)."""
    fes, rabat = two
    uri = said(fes)
    sha256 = hash_of(attached := attach(fes, uri))
    give(fes, rabat, sha256)
    attaching.withdraw(fes.node, attached.uri, actor="test")
    fes.network.settle()
    if known:
        filing.follow(rabat.node)
        assert not gone(rabat, sha256)
    practice = fes.get(uri)
    assert practice is not None
    end = ended(fes, Envelope.from_bytes(practice.data or b""), "erased", 2, practice.digest)
    assert intake.admit(fes.node, end).status == "accepted"
    fes.network.settle()
    rabat.follow()
    assert answered(rabat, uri)
    assert gone(rabat, sha256)


def test_file_that_is_attached_while_the_same_bytes_are_taken_away_is_here(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of what goes is read, the deletion is slow, and in its middle somebody attaches the file again."""
    attached, other, prepared = attach(town, said(town)), said(town), guide()
    sha256, shelf = hash_of(attached), filing.shelf_of(town.node)
    attaching.withdraw(town.node, attached.uri, actor="test")
    town.clock.seconds += filing.KEPT_S + 1
    drop = shelf.drop
    again = threading.Thread(target=attaching.publish_to, args=(town.node, prepared, other), kwargs={"actor": "test"})

    waits, take = threading.Event(), turns._take

    def noted(*words: Any) -> bool:
        ours = take(*words)
        if not ours:
            waits.set()
        return ours

    monkeypatch.setattr(turns, "_take", noted)

    def slow(sha256: bytes) -> None:
        if again.ident is None:
            again.start()
            assert waits.wait(60), "it waits for its turn"
        drop(sha256)

    monkeypatch.setattr(shelf, "drop", slow)
    filing.drop_loose(town.node)
    again.join()
    file = file_of(town, sha256)
    assert file is not None
    assert file.state == files.HELD
    assert filing.read(town.node, sha256) == prepared.data


def test_file_that_is_erased_elsewhere_between_its_bytes_and_its_record_is_here(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    attached, other, prepared = attach(town, said(town)), said(town), guide()
    honest = publish.publish_once

    def late(*words: object, **more: object) -> bool:
        attaching.erase(town.node, attached.uri, actor="test")
        assert gone(town, hash_of(attached))
        return honest(*words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(publish, "publish_once", late)
    attaching.publish_to(town.node, prepared, other, actor="test")
    assert filing.read(town.node, hash_of(attached)) == prepared.data


def taken(town: Town, sha256: bytes, who: str) -> None:
    """It is somebody else's turn with these bytes, from now on."""
    with town.node.database.writing() as connection:
        notes.set_value(connection, f"turn {sha256.hex()[:40]}", f"{town.clock() + turns.TURN_S} {who}")


def test_receipt_waits_while_another_process_is_at_the_bytes(two: tuple[Town, Town]) -> None:
    fes, rabat = two
    attached = attach(fes, said(fes))
    sha256 = hash_of(attached)
    give(fes, rabat, sha256)
    attaching.erase(fes.node, attached.uri, actor="test")
    fes.network.settle()
    taken(rabat, sha256, "elsewhere:7:x")
    rabat.follow()
    assert not gone(rabat, sha256)
    assert not answered(rabat, attached.uri)
    fes.clock.seconds += turns.TURN_S + 1  # it was killed: its turn ends
    rabat.follow()
    assert gone(rabat, sha256)
    assert answered(rabat, attached.uri)


def test_process_that_was_killed_in_its_turn_keeps_nobody_of_its_machine_waiting(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "WAIT_S", 0.1)
    prepared = guide()
    sha256 = bytes.fromhex(prepared.sha256)
    taken(town, sha256, "elsewhere:7:x")
    with pytest.raises(StoreBusy):
        filing.keep(town.node, prepared.data, prepared.media)
    host, _, _ = living.name("x").partition(":")
    taken(town, sha256, f"{host}:99999999:x")
    filing.keep(town.node, prepared.data, prepared.media)
    assert filing.read(town.node, sha256) == prepared.data


def coming(fes: Town, rabat: Town, sha256: bytes) -> files.File:
    """All pieces of the file are at Rabat, from Fès, and nobody has put them together."""
    fes.network.settle()
    filing.follow(rabat.node)
    file, data = file_of(rabat, sha256), filing.read(fes.node, sha256)
    assert file is not None
    assert receiving.add(rabat.node, file, fes.did, 0, data or b"") == file.size
    return file


def blamed(town: Town) -> list[str]:
    with town.node.database.reading() as connection:
        return [count.code for count in quarantine.refusal_counts(connection)]


def test_fetch_under_way_brings_nothing_back_that_was_erased_meanwhile(two: tuple[Town, Town]) -> None:
    """C8."""
    fes, rabat = two
    attached = attach(fes, said(fes))
    sha256 = hash_of(attached)
    file, data = coming(fes, rabat, sha256), filing.read(fes.node, sha256) or b""
    attaching.erase(fes.node, attached.uri, actor="test")
    fes.network.settle()
    rabat.follow()
    assert answered(rabat, attached.uri)
    with pytest.raises(NotFound) as refused:
        receiving.add(rabat.node, file, fes.did, 0, data)
    assert refused.value.code == "unknown_attachment"
    filing.shelf_of(rabat.node).add(sha256, fes.did, 0, data)
    assert receiving.complete(rabat.node, file, fes.did) == "attachment_not_wanted"
    assert list(filing.shelf_of(rabat.node).everything()) == []
    assert gone(rabat, sha256)
    assert blamed(rabat) == []


def test_erasure_in_the_moment_in_which_a_file_is_whole_takes_it_along(
    two: tuple[Town, Town], monkeypatch: pytest.MonkeyPatch
) -> None:
    fes, rabat = two
    attached = attach(fes, said(fes))
    sha256 = hash_of(attached)
    file, shelf = coming(fes, rabat, sha256), filing.shelf_of(rabat.node)
    finish = shelf.finish

    def late(sha256: bytes, source: str) -> bytes | None:
        data = finish(sha256, source)
        attaching.erase(fes.node, attached.uri, actor="test")
        fes.network.settle()
        rabat.follow()
        assert not answered(rabat, attached.uri), "the bytes are there"
        return data

    monkeypatch.setattr(shelf, "finish", late)
    assert receiving.complete(rabat.node, file, fes.did) == "attachment_not_wanted"
    assert not shelf.holds(sha256)
    rabat.follow()
    assert answered(rabat, attached.uri)
    assert gone(rabat, sha256)


def test_peer_whose_file_was_completed_by_another_process_is_not_blamed(two: tuple[Town, Town]) -> None:
    fes, rabat = two
    sha256 = hash_of(attach(fes, said(fes)))
    file = coming(fes, rabat, sha256)
    assert receiving.complete(rabat.node, file, fes.did) is None
    assert receiving.complete(rabat.node, file, fes.did) is None
    assert blamed(rabat) == []
    assert filing.read(rabat.node, sha256) == filing.read(fes.node, sha256)


def stick(town: Town, sha256: bytes, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The bytes of one file cannot be taken away, until what is returned is called."""
    shelf = filing.shelf_of(town.node)
    drop, stuck = shelf.drop, {sha256}

    def maybe(sha256: bytes) -> None:
        if sha256 in stuck:
            raise BucketProblem("this one is locked", "bucket_keeps")
        drop(sha256)

    monkeypatch.setattr(shelf, "drop", maybe)
    return stuck.clear


def test_file_that_is_stuck_keeps_no_other_from_going(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = said(town)
    attached = [attach(town, uri, words) for words in ("un", "deux", "trois")]
    for each in attached:
        attaching.withdraw(town.node, each.uri, actor="test")
    town.clock.seconds += filing.KEPT_S + 1
    first, *others = sorted(map(hash_of, attached))
    free = stick(town, first, monkeypatch)
    with pytest.raises(BucketProblem):
        filing.drop_loose(town.node)
    assert [gone(town, sha256) for sha256 in (first, *others)] == [False, True, True]
    swept: list[bool] = []
    monkeypatch.setattr(filing, "sweep", lambda node: swept.append(True))
    with pytest.raises(BucketProblem):
        Worker(town.node, sets=town.sets)._tidy_files()
    assert swept == [True]
    free()
    assert filing.drop_loose(town.node)
    assert gone(town, first)


def test_erased_file_that_is_stuck_keeps_receipts_back_and_no_other_file(
    two: tuple[Town, Town], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "_BATCH", 1)
    fes, rabat = two
    uri = said(fes)
    attached = attach(fes, uri)
    sha256 = hash_of(attached)
    fes.network.settle()
    rabat.follow()
    give(fes, rabat, sha256)
    free = stick(rabat, sha256, monkeypatch)
    attaching.erase(fes.node, attached.uri, actor="test")
    other = hash_of(attach(fes, uri, "autre"))
    fes.network.settle()
    worker = Worker(rabat.node, sets=rabat.sets)
    for _ in range(20):
        with suppress(BucketProblem):
            filing.follow(rabat.node)
        worker._answer_erasures()
    assert file_of(rabat, other) is not None, "it is wanted all the same"
    assert not answered(rabat, attached.uri)
    free()
    rabat.follow()
    assert gone(rabat, sha256)
    assert answered(rabat, attached.uri)
