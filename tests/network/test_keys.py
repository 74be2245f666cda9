"""Keys that change, as the neighbours see it: planned, stolen, moved, rebuilt. Nobody there has to do anything."""

from __future__ import annotations

import random
import secrets
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from forge import line_up
from simulator import Network, Town, old_node

from node import founding, intake, keyring, keys, peering, publish, recovery, telling, vouching
from node.errors import NotAllowed, PeerRefused
from node.federation.client import PeerClient
from node.store import chains, notes, peers, records
from protocol import moment
from protocol.card import Chain, card_record, root_digest
from protocol.envelope import NODE, Envelope
from protocol.record import seal
from protocol.wire import PeeringRequest

Body = dict[str, Any]
ROOT = Path(__file__).parents[2]


def chain_of(town: Town, of: Town) -> Chain:
    with town.node.database.reading() as connection:
        chain = chains.chain_of(connection, of.did)
    assert chain is not None
    return chain


def shown(town: Town, of: Town) -> dict[str, str]:
    """URI -> text of the live records of one origin, as a reader of this town sees them."""
    with town.node.database.reading() as connection:
        found = records.latest(connection, records.MEMBERS, ("Note",), of.did, limit=1000)
    return {one.uri: str(one.content["text"]) for one in found}


def line_of_three(network: Network) -> tuple[Town, Town, Town]:
    """Fès, Rabat, Salé: Salé reads Fès's records through Rabat only."""
    fes, rabat, sale = line_up(network, "fes", "rabat", "sale")
    return fes, rabat, sale


class Thief:
    """Somebody who has copied files from Fès's machine, and brings what they sign into the network by a town's door."""

    def __init__(self, town: Town) -> None:
        self.did = town.did
        self.stolen = keys.read(town.node.config.keys / keys.SIGNING)
        self.clock = town.clock

    def sign(self, body: Body) -> bytes:
        return seal(body, self.stolen, moment.to_text(self.clock()))

    def next_revision(self, envelope: Envelope, by: int = 1, **changed: Any) -> bytes:
        body = {name: value for name, value in envelope.body.items() if name != "proof"}
        body |= {"revision": envelope.revision + by, "previous": envelope.digest.hex(), "nonce": secrets.token_hex(16)}
        return self.sign(body | changed)

    def erase(self, envelope: Envelope) -> bytes:
        return self.next_revision(
            envelope, 7, type="Tombstone", content={"state": "erased", "reason": "erasure-request"}
        )


@contextmanager
def watched(readers: list[Town], look: Callable[[], None]) -> Iterator[None]:
    """Look after every transaction of every reader: nothing that a reader could ever see is left out."""
    databases = {id(reader.node.database) for reader in readers}
    with pytest.MonkeyPatch.context() as patched:
        real = type(readers[0].node.database).writing

        @contextmanager
        def writing(self: Any, *arguments: Any) -> Iterator[Any]:
            with real(self, *arguments) as connection:
                yield connection
            if id(self) in databases:
                look()

        patched.setattr(type(readers[0].node.database), "writing", writing)
        yield


@pytest.mark.parametrize("reconciling", [False, True])
def test_stolen_key_is_revoked_and_no_reader_ever_misses_a_practice(network: Network, reconciling: bool) -> None:
    """B15: Fès signs 130 records again; readers of Rabat and Salé look after every transaction there."""
    fes, rabat, sale = line_of_three(network)
    said = {fes.publish(text=f"practice {number}").uri: f"practice {number}" for number in range(130)}
    network.settle()
    assert shown(sale, fes) == shown(rabat, fes) == said
    looks: list[int] = []

    def look() -> None:
        for reader in (rabat, sale):
            assert shown(reader, fes) == said
        looks.append(1)

    def carry() -> None:
        for one, other in ((rabat, fes), (sale, rabat)):
            (network.reconcile if reconciling else network.meet)(one, other)

    old = fes.node.signing.multikey
    with watched([rabat, sale], look):
        keyring.revoke_signing(fes.node, None, "test", lambda _done, _all: carry())
        carry()
        network.settle()
    assert len(looks) > 20
    for reader in (fes, rabat, sale):
        assert shown(reader, fes) == said
        assert chain_of(reader, fes).state_of(old) == "revoked"
        assert {reader.get(uri).key for uri in said} == {fes.node.signing.multikey}  # type: ignore[union-attr]
    assert rabat.heads() == sale.heads() == fes.heads()


def test_reader_who_hears_of_a_revocation_only_at_its_end_misses_nothing(network: Network) -> None:
    """Everything comes in one meeting: the card that revokes is admitted behind the records that were signed again."""
    fes, rabat, sale = line_of_three(network)
    said = {fes.publish(text=f"practice {number}").uri: f"practice {number}" for number in range(600)}
    network.settle()
    keyring.revoke_signing(fes.node, None, "test")

    def look() -> None:
        assert shown(rabat, fes) == shown(sale, fes) == said

    with watched([rabat, sale], look):
        network.meet(rabat, fes)
        network.reconcile(sale, rabat)
    assert sale.get(next(iter(said))).key == fes.node.signing.multikey  # type: ignore[union-attr]


def test_what_a_thief_published_disappears_everywhere_and_the_real_text_is_back(network: Network) -> None:
    """B15: a forged correction, a forged erasure and a forged new practice, brought in through Salé."""
    fes, rabat, sale = line_of_three(network)
    changed, erased, kept = (fes.publish(text=text) for text in ("changed", "erased", "kept"))
    real = {changed.uri: "changed", erased.uri: "erased", kept.uri: "kept"}
    network.settle()
    thief = Thief(fes)
    body = {name: value for name, value in kept.body.items() if name != "proof"}
    body |= {"record": "00000000-0000-4000-8000-000000000001", "content": {"text": "invented"}}
    invented = Envelope.from_bytes(thief.sign(body))
    forged = [thief.next_revision(changed, 9, content={"text": "forged"}), thief.erase(erased), invented.data]
    assert all(verdict.stored for verdict in intake.admit_many(sale.node, forged, rabat.did))
    network.settle()
    assert shown(rabat, fes) == {changed.uri: "forged", kept.uri: "kept", invented.uri: "invented"}
    assert fes.get(erased.uri).state == "erased"  # type: ignore[union-attr]
    assert keyring.preview_revoke(fes.node).forged == 3
    keyring.revoke_signing(fes.node, None, "test")
    network.settle()
    for reader in (fes, rabat, sale):
        assert shown(reader, fes) == real, reader.name
        assert reader.get(invented.uri) is None
    assert rabat.heads() == sale.heads() == fes.heads()
    late = intake.admit(rabat.node, thief.next_revision(kept, 20, content={"text": "late"}), sale.did)
    assert (late.status, late.code) == ("refused", "key_revoked")
    assert fes.publish(text="and Fès goes on").key == fes.node.signing.multikey


def test_thief_who_uses_up_the_last_number_gains_nothing(network: Network) -> None:
    """A forged revision 1,000,000: nothing can stand above it, so ours comes in when it is void."""
    fes, rabat, sale = line_of_three(network)
    said = fes.publish(text="real")
    network.settle()
    thief = Thief(fes)
    intake.admit(sale.node, thief.next_revision(said, 999_999, content={"text": "forged"}), rabat.did)
    network.settle()
    assert shown(rabat, fes) == {said.uri: "forged"}
    keyring.revoke_signing(fes.node, None, "test")
    network.settle()
    assert all(shown(reader, fes) == {said.uri: "real"} for reader in (fes, rabat, sale))


def test_planned_rotation_is_known_at_once_and_old_records_stay(network: Network) -> None:
    """B14: at the first call with the new key, and whoever has the old key cannot speak for Fès any more."""
    fes, rabat, sale = line_of_three(network)
    before = fes.publish(text="before")
    network.settle()
    thief = keys.signing(fes.node.config.keys)
    new = keyring.rotate_signing(fes.node, None, "test")
    assert network.meet(fes, rabat).error_code is None
    assert chain_of(rabat, fes).head.keys == {thief.multikey: "retired", new: "active"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keys, "signing", lambda _folder: thief)
        assert network.meet(fes, rabat).error_code == "unknown_key"
    network.settle()
    assert all(reader.get(before.uri).key == thief.multikey for reader in (rabat, sale))  # type: ignore[union-attr]
    assert rabat.heads() == sale.heads() == fes.heads()


def test_hint_is_not_needed_for_a_new_key_to_be_told(network: Network) -> None:
    """The worker meets every peer at once after a card, and tells it before it says anything else."""
    fes, rabat, _ = line_of_three(network)
    keyring.rotate_signing(fes.node, None, "test")
    assert fes.peer(rabat).next_at <= fes.clock()
    network.traffic.clear()
    assert network.meet(fes, rabat).error_code is None
    assert network.traffic[0].path.endswith("/peerings")
    assert fes.peer(rabat).told_card == chain_of(fes, fes).head.envelope.digest
    network.traffic.clear()
    network.meet(fes, rabat)
    assert not [wire for wire in network.traffic if wire.path.endswith("/peerings")]


def move_wire(network: Network, town: Town, name: str) -> str:
    """Let the town answer at another name, and at the old one no more."""
    del network.towns[town.name]
    network.towns[name] = replace(town, name=name)
    return f"https://{name}.example"


def test_move_is_followed_by_peers_wherever_they_hear_of_it(network: Network) -> None:
    """B22: Rabat is told by Fès; Oujda, which nobody can reach, hears of it from Rabat and calls the new address."""
    fes, rabat, _ = line_of_three(network)
    oujda = network.found("oujda", reachable=False)
    network.befriend(oujda, fes)
    network.befriend(oujda, rabat)
    network.settle()
    url = move_wire(network, fes, "fes-neuf")
    moved = network.towns["fes-neuf"]
    assert network.meet(rabat, fes).error_code == "unreachable"
    assert rabat.peer(fes).failures == 1
    keyring.move(fes.node, url, None, "test")
    assert network.meet(moved, rabat).error_code is None
    peer = rabat.peer(fes)
    assert (peer.url, peer.failures, peer.next_at) == (url, 0, 0)
    assert network.meet(rabat, fes).error_code is None
    assert network.meet(oujda, fes).error_code == "unreachable"
    assert network.meet(oujda, rabat).error_code is None
    assert oujda.peer(fes).url == url
    assert network.meet(oujda, fes).error_code is None
    said = fes.publish(text="from the new address")
    network.meet(rabat, fes)
    assert rabat.get(said.uri) is not None


def test_node_that_nobody_reaches_any_more_is_called_no_more(network: Network) -> None:
    """B22, to no address: it calls the others; and back."""
    fes, rabat, _ = line_of_three(network)
    keyring.move(fes.node, None, None, "test")
    assert network.meet(fes, rabat).error_code is None
    assert rabat.peer(fes).url is None
    said = fes.publish(text="pushed")
    network.meet(fes, rabat)
    assert rabat.get(said.uri) is not None
    keyring.move(fes.node, fes.url, None, "test")
    network.meet(fes, rabat)
    assert rabat.peer(fes).url == fes.url


def test_address_of_another_peer_is_not_taken_over(network: Network) -> None:
    """D13: a card may claim any address; a peer that stands there keeps it, and the claimer keeps its old one."""
    fes, rabat, _ = line_of_three(network)
    evil = network.found("evil")
    network.befriend(evil, rabat)
    keyring.move(evil.node, fes.url, None, "test")
    network.meet(evil, rabat)
    assert (rabat.peer(fes).url, rabat.peer(evil).url) == (fes.url, evil.url)


def test_domain_in_the_hands_of_a_stranger_says_nothing(network: Network) -> None:
    """B21: another node answers at Fès's address, with Fès's name; nothing that it says counts."""
    fes, rabat, _ = line_of_three(network)
    said = fes.publish(text="real")
    network.settle()
    stranger = network.found("stranger")
    network.towns["fes"] = replace(stranger, name="fes")
    before = rabat.heads()
    outcome = network.meet(rabat, fes)
    assert outcome.error_code in ("wrong_audience", "not_a_peer", "wrong_identity")
    with network.as_speaker(rabat), pytest.raises(NotAllowed) as refusal:
        peering.request(rabat.node, fes.url)
    assert refusal.value.code == "address_taken"
    assert (rabat.heads(), rabat.peer(fes).state) == (before, peers.ACTIVE)
    assert rabat.get(said.uri) is not None


def test_node_without_key_and_sheet_must_be_accepted_anew(network: Network) -> None:
    """B17: same name, same address, another key: a stranger, until its administrator and ours have spoken."""
    fes, rabat, _ = line_of_three(network)
    home = fes.node.config.home
    fes.node.close()
    shutil.rmtree(home)
    reborn = network.found("fes")
    assert reborn.did != fes.did
    with network.as_speaker(reborn), pytest.raises(PeerRefused) as refusal:
        peering.request(reborn.node, rabat.url)
    assert refusal.value.code == "address_taken", "the address is still that of the old key"
    with rabat.node.database.reading() as connection:
        assert peers.find(connection, reborn.did) is None
    peering.end(rabat.node, fes.did, actor="test")
    with network.as_speaker(reborn):
        assert peering.request(reborn.node, rabat.url).state == peers.REQUESTED
    with rabat.node.database.reading() as connection:
        assert chains.held_chain(connection, reborn.did) is None
    peering.accept(rabat.node, reborn.did, actor="test", checked="telephone")
    assert network.meet(reborn, rabat).error_code is None


def test_new_sheet_is_followed_by_every_neighbour(network: Network) -> None:
    """Two cards, each the proof of the next: the root changes, the name stays."""
    fes, rabat, sale = line_of_three(network)
    said = fes.publish(text="x")
    fresh = keyring.rotate_root(fes.node, None, "test")
    network.settle()
    for reader in (rabat, sale):
        assert chain_of(reader, fes).head.root == recovery.root_name(fresh, 1)
        assert reader.get(said.uri) is not None


def _root_thief_card(town: Town, root: Ed25519PrivateKey, theirs: str) -> bytes:
    """The card that somebody with root.pem signs: our key revoked, theirs active."""
    head = chain_of(town, town).head
    body = {name: value for name, value in head.envelope.body.items() if name != "proof"}
    listed = [{"key": key, "state": "revoked"} for key in head.keys] + [{"key": theirs, "state": "active"}]
    body |= {"revision": head.number + 1, "previous": head.envelope.digest.hex(), "nonce": secrets.token_hex(16)}
    return seal(body | {"content": {**head.content, "keys": listed}}, root, body["modifiedAt"])


def test_thief_with_the_root_key_loses_against_the_committed_one(network: Network) -> None:
    """Pre-rotation: root.pem of a node of version 0.1 was copied; its cards count until the committed root speaks."""
    fes, rabat, sale = old_node(network, "fes"), network.found("rabat"), network.found("sale")
    network.befriend(rabat, fes)
    network.befriend(sale, rabat)
    said = fes.publish(text="real")
    network.settle()
    stolen, theirs = keys.read(fes.node.config.keys / keys.ROOT), Ed25519PrivateKey.generate()
    card = _root_thief_card(fes, stolen, keys.multikey_of(theirs))
    assert intake.admit(sale.node, card, rabat.did).stored
    network.settle()
    assert shown(rabat, fes) == shown(sale, fes) == {}, "until Fès acts, the thief's card counts elsewhere"
    assert network.meet(fes, rabat).error_code == "unknown_key", "Fès is locked out, and reads why"
    with fes.node.database.reading() as connection:
        assert notes.value(connection, "state") == "doubled"
    with pytest.raises(NotAllowed) as refusal:
        keyring.rotate_signing(fes.node, None, "test")
    assert refusal.value.code == "root_stolen"
    keyring.rotate_root(fes.node, None, "test")
    assert network.meet(fes, rabat).error_code is None
    network.settle()
    for reader in (fes, rabat, sale):
        chain = chain_of(reader, fes)
        assert keys.multikey_of(theirs) not in chain.head.keys
        assert chain.state_of(fes.node.signing.multikey) == "active"
        assert shown(reader, fes) == {said.uri: "real"}
    another = _root_thief_card(rabat, stolen, keys.multikey_of(theirs))
    assert intake.admit(sale.node, another, rabat.did).status == "refused"


def _ask(network: Network, one: Town, other: Town, chain: tuple[bytes, ...]) -> Any:
    with network.as_speaker(one), network.session(False) as session:
        return PeerClient(one.node, other.url, other.did, session).ask(PeeringRequest(chain, "", ""))


def _cards(town: Town) -> tuple[bytes, ...]:
    with town.node.database.reading() as connection:
        return tuple(chains.cards_of(connection, town.did))


@pytest.mark.parametrize("state", [peers.ACTIVE, peers.PAUSED])
def test_telling_a_card_changes_no_state_and_brings_no_withdrawn_vouch_back(network: Network, state: str) -> None:
    fes, rabat, _ = line_of_three(network)
    vouching.withdraw(rabat.node, fes.did, actor="test")
    if state == peers.PAUSED:
        peering.pause(rabat.node, fes.did, actor="test")
    keyring.rotate_signing(fes.node, None, "test")
    before = rabat.peer(fes)
    answer = _ask(network, fes, rabat, _cards(fes))
    assert answer.state == peers.ACTIVE
    assert chain_of(rabat, fes).head.number == 3
    assert replace(rabat.peer(fes), heard_at=None, told_card=None) == replace(before, heard_at=None, told_card=None)
    with rabat.node.database.reading() as connection:
        vouches = records.about(connection, fes.did, records.OURSELVES, ["Vouch"])
        acts = [act.act for act in notes.acts(connection)]
    assert not [vouch for vouch in vouches if vouch.origin == rabat.did]
    assert acts[0] == ("paused" if state == peers.PAUSED else "unvouch")
    if state == peers.PAUSED:
        assert network.meet(fes, rabat).error_code == "peer_paused"


def test_blocked_node_tells_nothing(network: Network) -> None:
    fes, rabat, _ = line_of_three(network)
    peering.block(rabat.node, fes.did, actor="test")
    before = _cards_of_at(rabat, fes)
    keyring.rotate_signing(fes.node, None, "test")
    outcome = network.meet(fes, rabat)
    assert outcome.error_code in ("peer_blocked", "unknown_key")
    assert (rabat.peer(fes).state, _cards_of_at(rabat, fes)) == (peers.BLOCKED, before)


def _cards_of_at(town: Town, of: Town) -> list[bytes]:
    with town.node.database.reading() as connection:
        return chains.cards_of(connection, of.did)


def test_rival_chain_is_not_believed_at_the_door_of_a_peer(network: Network) -> None:
    """Whoever has an old root key tells the story anew from card 1, with keys of his own: he speaks for nobody."""
    fes, rabat, _ = line_of_three(network)
    seed = keyring.seed_here(fes.node)
    assert seed is not None
    keyring.rotate_root(fes.node, None, "test")
    network.settle()
    before = _cards_of_at(rabat, fes)
    theirs = Ed25519PrivateKey.generate()
    content = dict(chain_of(fes, fes).cards[0].content)
    content |= {"keys": [{"key": keys.multikey_of(theirs), "state": "active"}], "url": "https://evil.example"}
    first = chain_of(fes, fes).cards[0].envelope
    body = {name: value for name, value in first.body.items() if name != "proof"} | {"content": content}
    rival = seal(body, recovery.root_key(seed, 1), first.body["modifiedAt"])
    evil = replace(fes, node=_Pretending(fes.node, theirs))  # type: ignore[arg-type]
    with pytest.raises(Exception, match="lists this key as active") as refusal:
        _ask(network, evil, rabat, (rival,))
    assert getattr(refusal.value, "code", "") == "unknown_key"
    assert (_cards_of_at(rabat, fes), rabat.peer(fes).url) == (before, fes.url)


class _Pretending:
    """A node that signs its requests with a key of its own in another's name."""

    def __init__(self, node: Any, private: Ed25519PrivateKey) -> None:
        self._node = node
        self.signing = keys.SigningKey(private, keys.multikey_of(private))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)


def test_chain_brought_in_the_name_of_another_is_refused(network: Network) -> None:
    """Rabat knows Salé's cards; it may relay them, but not speak with them."""
    fes, rabat, sale = line_of_three(network)
    keyring.rotate_signing(sale.node, None, "test")
    with pytest.raises(Exception, match="asks for itself") as refusal:
        _ask(network, rabat, fes, _cards(sale))
    assert getattr(refusal.value, "code", "") == "wrong_chain"


def test_peer_that_ended_the_peering_says_so_when_it_is_told(network: Network) -> None:
    fes, rabat, _ = line_of_three(network)
    network.cut(fes, rabat)
    peering.end(rabat.node, fes.did, actor="test")
    network.heal()
    keyring.rotate_signing(fes.node, None, "test")
    assert network.meet(fes, rabat).error_code == "request_refused"
    assert (fes.peer(rabat).state, fes.peer(rabat).ended_by) == (peers.ENDED, "them")


def test_rebuilt_node_is_known_at_its_first_call(network: Network) -> None:
    """A new machine, made from the sheet alone: card 2 has a new key; the neighbour hears of it with the call."""
    fes, rabat, _ = line_of_three(network)
    seed = keyring.seed_here(fes.node)
    assert seed is not None
    keys.write(fes.node.config.keys / keys.NEXT_SIGNING, Ed25519PrivateKey.generate())
    fresh = keys.read(fes.node.config.keys / keys.NEXT_SIGNING)
    head = chain_of(fes, fes).head
    listed = [{"key": fes.node.signing.multikey, "state": "retired"}]
    listed.append({"key": keys.multikey_of(fresh), "state": "active"})
    keys.forget(fes.node.config.keys, keys.SEED)
    publish.publish_card(fes.node, {**head.content, "keys": listed}, seed)
    keys.take_place(fes.node.config.keys, keys.NEXT_SIGNING, keys.SIGNING)
    assert network.meet(fes, rabat).error_code is None
    assert chain_of(rabat, fes).head.number == 2


def test_chain_too_long_to_be_told_is_read_in_the_feed(network: Network) -> None:
    fes, rabat, _ = line_of_three(network)
    keyring.rotate_signing(fes.node, None, "test")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(telling, "MAX_CHAIN_BYTES", 100)
        assert network.meet(rabat, fes).error_code is None
        network.meet(fes, rabat)
    assert chain_of(rabat, fes).head.number == 3


def test_card_of_the_chain_is_signed_by_its_root_and_names_the_next(network: Network) -> None:
    """The rule that keeps a thief of the seed's first root from making his own commitment (protocol.md section 4)."""
    fes = network.found("fes")
    head = chain_of(fes, fes).head
    content = {**head.content, "nextRootDigest": root_digest(keys.multikey_of(Ed25519PrivateKey.generate()))}
    with pytest.raises(NotAllowed) as refusal:
        publish.publish_card(fes.node, content)
    assert refusal.value.code == "bad_chain"
    assert head.envelope.record == card_record(fes.did)
    assert head.envelope.type == NODE


@pytest.mark.network
def test_revocation_killed_with_signal_9_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """The real command in a real process, killed several times in the middle of 2,000 records."""
    chance = random.Random(15)
    who = founding.Organisation({"fr": "Fès"}, "MA", ("fr",))
    node = founding.found(tmp_path / "fes", who, {"limits_free_mb": 0}, {})
    bodies = (_note(node.did, number, node.now()) for number in range(2_000))
    lines = [seal(body, node.signing.private, body["modifiedAt"]) for body in bodies]
    assert all(verdict.stored for verdict in intake.admit_many(node, lines))
    old, kills = node.signing.multikey, 0
    for share in sorted(chance.uniform(0.05, 0.9) for _ in range(3)):
        child = _revoke(tmp_path / "fes", old)
        deadline = time.monotonic() + 60
        while _signed_with_another(node, old) < share * 2_000 and child.poll() is None:
            assert time.monotonic() < deadline, "the revocation does not get on"
        child.kill()
        child.communicate()
        kills += child.returncode == -9
    assert kills == 3, "the revocation was too quick to be killed in its middle"
    assert keyring.preview_revoke(node).under_way
    _, trouble = _revoke(tmp_path / "fes", old).communicate(timeout=120)
    state = keyring.state_of(node)
    assert (state.keys[old], state.under_way) == ("revoked", ""), trouble
    with node.database.reading() as connection:
        heads = [one for one in records.own(connection, node.did) if one.type == "Note"]
    assert (len(heads), {one.key for one in heads}, {one.forked for one in heads}) == (2_000, {state.signing}, {False})
    assert sorted(one.content["text"] for one in heads) == sorted(f"practice {number}" for number in range(2_000))
    node.close()


def _note(did: str, number: int, now: int) -> Body:
    return {
        "wasl": 1, "type": "Note", "origin": did, "record": str(uuid.uuid4()), "revision": 1,
        "nonce": secrets.token_hex(16), "createdAt": moment.to_text(now), "modifiedAt": moment.to_text(now),
        "language": "fr", "author": "commune", "licence": "CC-BY-4.0", "visibility": "public", "illustrative": False,
        "content": {"text": f"practice {number}"},
    }  # fmt: skip


def _revoke(home: Path, key: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "node", "--home", str(home), "key", "revoke", key, "--yes"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )


def _signed_with_another(node: Any, key: str) -> int:
    with node.database.reading() as connection:
        known = records.numbered(connection, node.did)
    return sum(one.key != key for some in known.values() for one in some if one.head)
