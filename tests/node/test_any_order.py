"""Whatever comes in whatever order, the heads are the same, and every process knows the same of them."""

from __future__ import annotations

import random
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from forge import again, card_of, line_up, next_card, translation
from simulator import Network, Town, set_of

from node import intake, keyring, keys, peering, publish
from node.federation.headsets import HeadSets
from node.store import quarantine, records
from node.store.records import MEMBERS, PUBLIC
from protocol.envelope import Envelope


@pytest.mark.both_stores
@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_cards_forks_and_ends_gives_the_same_heads(network: Network, seed: int) -> None:
    """Promise 1, with all that makes heads: keys, one of them revoked later, rivals, withdrawals, erasures, copies."""
    chance = random.Random(seed)
    fes = network.found("fes")
    readers = [network.found(f"reader{number}") for number in range(2)]
    for reader in readers:
        network.befriend(reader, fes)
    network.settle()
    lines = _history(fes, chance)
    for reader in readers:
        chance.shuffle(lines)
        for _ in range(5):  # as meetings and reconciles bring them: again, and in other pages
            place = 0
            while place < len(lines):
                size = chance.randrange(1, 9)
                intake.admit_many(reader.node, lines[place : place + size], fes.did)
                place += size
            with reader.node.database.writing() as connection:
                quarantine.forget_skipped(connection, [fes.did])
    one, other = (_heads(reader, fes) for reader in readers)
    assert one == other
    assert len(one) > 5


def _heads(town: Town, of: Town) -> dict[str, tuple[bytes, str, bool]]:
    with town.node.database.reading() as connection:
        return {held.uri: (held.digest, held.state, held.forked) for held in records.own(connection, of.did)}


def _history(fes: Town, chance: random.Random) -> list[bytes]:
    """Cards and revisions of one origin, with three keys, of which one is revoked in the end."""
    first, said = card_of(fes), fes.publish(text="x")
    signers = [fes.node.signing.private, Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()]
    names = [keys.multikey_of(key) for key in signers]
    lines = []
    for states in (("active", "active", "active"), ("retired", "active", "active")):
        listed = [{"key": key, "state": state} for key, state in zip(names, states, strict=True)]
        lines.append(next_card(fes, first, 2, keys=listed))
    base = Envelope.from_bytes(chance.choice(lines))
    states = chance.choice([("revoked", "active", "active"), ("retired", "revoked", "active")])
    listed = [{"key": key, "state": state} for key, state in zip(names, states, strict=True)]
    lines.append(next_card(fes, base, 3, keys=listed))
    for _ in range(6):
        record, before = str(uuid.UUID(int=chance.getrandbits(128), version=4)), ""
        for revision in range(1, chance.randrange(2, 5)):
            for _ in range(chance.choice([1, 1, 2])):
                lines.append(_revision(fes, said, chance, signers, record, revision, before))
            before = Envelope.from_bytes(lines[-1]).digest.hex()
        copy = translation(Envelope.from_bytes(lines[-1]), "words")
        name = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        lines.append(
            again(fes, said, chance.choice(signers), type="Translation", record=name, language="de", content=copy)
        )
    return lines


def _revision(
    fes: Town,
    said: Envelope,
    chance: random.Random,
    signers: list[Ed25519PrivateKey],
    record: str,
    number: int,
    before: str,
) -> bytes:
    changed: dict[str, object] = {"record": record, "revision": number, "content": {"text": f"{chance.random()}"}}
    if number > 1:
        changed["previous"] = before
        if (kind := chance.random()) < 0.45:
            state = "withdrawn" if kind < 0.3 else "erased"
            changed |= {"type": "Tombstone", "content": {"state": state, "reason": "withdrawn"}}
    return again(fes, said, chance.choice(signers), **changed)


@pytest.mark.parametrize("seed", range(2))
def test_warm_sets_of_two_processes_follow_revocations_blocks_and_erasures(network: Network, seed: int) -> None:
    """What one process reconciles with is what the database offers, whichever process wrote."""
    chance = random.Random(seed)
    towns = line_up(network, "fes", "rabat", "berlin")
    elsewhere = {town.name: HeadSets(town.node.database) for town in towns}
    said: dict[str, list[Envelope]] = {town.name: [] for town in towns}
    for step in range(20):
        town = chance.choice(towns)
        _do_something(town, chance, said, chance.choice([one for one in towns if one is not town]))
        for one, other in zip(towns[1:], towns, strict=False):
            if (
                chance.random() < 0.6 and town.peer(other if town is one else one).state != "blocked"
                if town in (one, other)
                else True
            ):
                network.meet(one, other)
        for each in towns:
            for sets in (each.sets, elsewhere[each.name]):
                with sets.lock:
                    for audience in (MEMBERS, PUBLIC):
                        assert set(sets.of(audience)) == set_of(each, audience), (step, each.name)


def _do_something(town: Town, chance: random.Random, said: dict[str, list[Envelope]], other: Town) -> None:
    mine, act = said[town.name], chance.random()
    if act < 0.45 or not mine:
        mine.append(town.publish(visibility=chance.choice(["public", "network"]), text=f"{chance.random()}"))
    elif act < 0.55:
        target = chance.choice([one for some in said.values() for one in some])
        mine.append(publish.publish(town.node, publish.Statement("Translation", translation(target, "x"), "de")))
    elif act < 0.75:
        publish.end(town.node, mine.pop(chance.randrange(len(mine))).uri, chance.choice(["withdrawn", "erased"]))
    elif act < 0.85:
        keyring.revoke_signing(town.node, None, "test")
    else:
        peering.block(town.node, other.did, actor="test")
        peering.unblock(town.node, other.did, actor="test")
