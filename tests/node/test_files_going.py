"""When the bytes of an attachment go: before a receipt says so, whatever became of them earlier, and never those of
another record that somebody attaches at the same moment."""

from __future__ import annotations

import pytest
from forge import ended, line_up
from papers import pdf
from simulator import Network, Town

from node import attaching, filing, intake, peering, publish
from node.publish import Statement
from node.store import files, records
from node.store.records import OURSELVES, Stored
from protocol.envelope import Envelope
from tests.protocol.contents import accepted

pytestmark = pytest.mark.both_shelves


def said(town: Town) -> str:
    """A practice of this town."""
    return publish.publish(town.node, Statement("Practice", accepted()["practice-least"]["content"], "fr")).uri


def attach(town: Town, uri: str, words: str = "Charte") -> Stored:
    prepared = attaching.prepare(pdf(words), "guide.pdf", title="Guide", language="fr")
    stored = town.get(attaching.publish_to(town.node, prepared, uri, actor="test"))
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
def test_erased_file_is_gone_before_the_receipt_whatever_became_of_it_before(two: tuple[Town, Town], before: str) -> None:
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
