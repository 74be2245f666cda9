"""One node on two machines: one PostgreSQL, one bucket, and of the folder only `wasl.toml` and `keys/`, copied.

A machine is a home folder of its own here: nothing that two processes do right because they share a folder helps.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import stores
from papers import pdf
from simulator import Network, Town

from node import attaching, doctor, filing, keyring, publish
from node.app import create_app
from node.assembly import Node, open_node
from node.errors import NotAllowed
from node.federation.headsets import HeadSets
from node.publish import Statement
from node.store import records
from tests.protocol.contents import accepted

ROOT = Path(__file__).parent.parent.parent
EACH = 8

pytestmark = [
    pytest.mark.parametrize("kept_in", [stores.POSTGRES], indirect=True),
    pytest.mark.parametrize("shelved_in", [stores.BUCKET], indirect=True),
]

PUBLISHER = """
import sys, time
from pathlib import Path
from node.assembly import open_node
from node.publish import Statement, publish
home, record, each, now = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
node = open_node(home, {}, lambda: now)
print("ready", flush=True)
sys.stdin.readline()
for number in range(each):
    publish(node, Statement("Note", {"text": f"{home.name} {number}"}, "fr"), record)
node.close()
"""


def second_home(town: Town) -> Path:
    """Another machine: what docs/running.md says is to be copied, and nothing else."""
    home = town.node.config.home
    other = home.with_name(f"{home.name}-second")
    other.mkdir(mode=0o700)
    shutil.copy2(home / "wasl.toml", other)
    shutil.copytree(home / "keys", other / "keys")
    return other


def test_two_machines_that_publish_at_once_give_no_number_twice(
    network: Network, kept_in: str, shelved_in: str
) -> None:
    town = network.found("fes")
    first = town.publish(text="first")
    homes = [town.node.config.home, second_home(town)]
    machines = [
        subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(home), first.record, str(EACH), str(town.clock() + 1)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        for home in homes
    ]  # fmt: skip
    for machine in machines:
        assert machine.stdout is not None
        assert machine.stdout.readline() == "ready\n"
    for machine in machines:
        assert machine.stdin is not None
        machine.stdin.write("go\n")
        machine.stdin.flush()
    for machine in machines:
        machine.communicate(timeout=300)
        assert machine.returncode == 0
    with town.node.database.reading() as connection:
        history = records.history(connection, first.uri)
    assert sorted(stored.revision for stored in history) == list(range(1, 2 * EACH + 2))
    said = {stored.content["text"] for stored in history}
    assert len(said) == 2 * EACH + 1
    assert not any(stored.forked for stored in history)


@pytest.fixture
def second(network: Network, kept_in: str, shelved_in: str) -> Town:
    """The town Fès, as its second machine sees it; its first is `network.towns["fes"]`."""
    town = network.found("fes")
    node = open_node(second_home(town), {}, network.clock)
    return Town("fes", node, town.app, HeadSets(node.database), network.clock, network)


def attached(node: Node) -> tuple[str, str, bytes]:
    """A practice with a file: URIs of both, and the hash."""
    content = accepted()["practice-least"]["content"]
    uri = publish.publish(node, Statement("Practice", content, "fr")).uri
    prepared = attaching.prepare(pdf("Charte"), "guide.pdf", title="Guide", language="fr")
    return uri, attaching.publish_to(node, prepared, uri, actor="test"), bytes.fromhex(prepared.sha256)


def test_file_that_is_uploaded_at_one_machine_is_given_and_erased_at_the_other(network: Network, second: Town) -> None:
    first = network.towns["fes"]
    _practice, uri, sha256 = attached(first.node)
    page = create_app(second.node, sets=second.sets).test_client()
    given = page.get(f"/attachments/{sha256.hex()}")
    assert (given.status_code, given.data) == (200, filing.read(first.node, sha256))
    filing.sweep(second.node)
    assert filing.read(first.node, sha256) is not None, "neither tidies the other's files away"
    attaching.erase(second.node, uri, actor="test")
    assert page.get(f"/attachments/{sha256.hex()}").status_code == 404
    assert filing.read(first.node, sha256) is None
    assert list(filing.shelf_of(first.node).everything()) == []
    for home in (first.node.config.home, second.node.config.home):
        assert {path.name for path in home.iterdir()} <= {"wasl.toml", "keys", "index"}
    second.node.close()


def test_pieces_of_a_file_come_to_whichever_machine_is_asked(network: Network, second: Town) -> None:
    data = b"a;b\n" * 1_000
    sha256 = bytes.fromhex(filing.hash_of(data))
    one, other = (filing.shelf_of(town.node) for town in (network.towns["fes"], second))
    assert one.add(sha256, "did:key:x", 0, data[:1_500]) == 1_500
    assert other.came(sha256, "did:key:x") == 1_500
    assert other.add(sha256, "did:key:x", 1_500, data[1_500:]) == len(data)
    assert one.finish(sha256, "did:key:x") == data
    assert other.read(sha256) == data
    second.node.close()


def test_machine_that_has_not_been_given_the_new_key_publishes_nothing_and_its_doctor_says_so(
    network: Network, second: Town
) -> None:
    first = network.towns["fes"]
    keyring.revoke_signing(first.node, None, "test")
    with pytest.raises(NotAllowed) as refused:
        second.publish(text="with the old key")
    assert refused.value.code == "key_revoked"
    found = {each.check: each.state for each in doctor.examine(second.node.config.home, {}, network.clock())}
    assert found["keys/in use"] == doctor.BROKEN
    shutil.copy2(first.node.config.keys / "signing.pem", second.node.config.keys)
    second.publish(text="with the new one")
    second.node.close()
