"""What stands in the log twice under one number: found, and given out as a proof."""

from __future__ import annotations

import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from simulator import Network, Town

from node import contradictions, intake, keyring, keys, wording
from node.errors import NotFound
from node.store import chains, records
from protocol import equivocation
from protocol.card import card_record
from protocol.envelope import Envelope
from protocol.record import seal


def fork(town: Town, said: Envelope, text: str) -> bytes:
    """Another revision with the same number, signed with the key in use."""
    body = {name: value for name, value in said.body.items() if name != "proof"}
    body |= {"content": {"text": text}, "nonce": secrets.token_hex(16)}
    return seal(body, town.node.signing.private, said.body["modifiedAt"])


def test_fork_is_proven_by_whoever_holds_both(network: Network) -> None:
    fes, rabat = network.found("fes"), network.found("rabat")
    network.befriend(rabat, fes)
    said = fes.publish(text="one")
    network.settle()
    other = fork(fes, said, "two")
    assert intake.admit(rabat.node, other, fes.did).status == "fork"
    with rabat.node.database.reading() as connection:
        assert [one.uri for one in contradictions.listing(connection)] == [said.uri]
        proof = contradictions.proof_of(connection, said.uri)
    assert {proof.one, proof.other} == {said.data, other}
    shown = equivocation.verify(proof)
    assert (shown.origin, shown.uri, shown.number) == (fes.did, said.uri, 1)


def test_what_a_revoked_key_signed_twice_is_proven_no_more(network: Network) -> None:
    """The thief's forks bind nobody; a proof made before says so when the newest cards are looked at."""
    fes, rabat = network.found("fes"), network.found("rabat")
    network.befriend(rabat, fes)
    said = fes.publish(text="one")
    network.settle()
    intake.admit(rabat.node, fork(fes, said, "two"), fes.did)
    keyring.revoke_signing(fes.node, None, "test")
    network.settle()
    with rabat.node.database.reading() as connection:
        assert contradictions.listing(connection) == []
        with pytest.raises(NotFound) as refusal:
            contradictions.proof_of(connection, said.uri)
    assert refusal.value.code == "no_contradiction"


def test_rival_cards_are_proven(network: Network) -> None:
    """Two cards 2 of one root key: a stolen root, or a machine that was copied before the rotation."""
    fes, rabat = network.found("fes"), network.found("rabat")
    network.befriend(rabat, fes)
    seed = keyring.seed_here(fes.node)
    assert seed is not None
    with fes.node.database.reading() as connection:
        first = chains.held_chain(connection, fes.did)
    assert first is not None
    head = first.head
    listed = [*head.content["keys"], {"key": keys.multikey_of(Ed25519PrivateKey.generate()), "state": "active"}]
    body = {name: value for name, value in head.envelope.body.items() if name != "proof"}
    body |= {"revision": 2, "previous": head.envelope.digest.hex(), "content": {**head.content, "keys": listed}}
    rival = seal(body, keys.root(fes.node.config.keys, head.root), body["modifiedAt"])
    keyring.rotate_signing(fes.node, None, "test")
    network.settle()
    assert intake.admit(rabat.node, rival, fes.did).stored
    uri = f"{fes.did}/records/{card_record(fes.did)}"
    with rabat.node.database.reading() as connection:
        assert [(one.kind, one.number, one.uri) for one in contradictions.listing(connection)] == [("card", 2, uri)]
        shown = equivocation.verify(contradictions.proof_of(connection, uri))
    assert (shown.kind, shown.number, shown.same_key, len(shown.chain.cards)) == ("card", 2, True, 1)  # type: ignore[union-attr]


def test_translation_of_a_record_that_was_signed_again_is_not_outdated(network: Network) -> None:
    """No reader notices: only a text that was really changed makes its translations old."""
    fes, rabat = network.found("fes"), network.found("rabat")
    network.befriend(rabat, fes)
    said = fes.publish(text="bonjour")
    network.settle()
    content = {
        "target": said.uri, "targetDigest": said.digest.hex(), "from": "fr", "to": "de",
        "fields": {"text": "guten Tag"}, "method": "human", "translator": "commune",
    }  # fmt: skip
    rabat.publish("Translation", **content)
    network.settle()
    for town in (fes, rabat):
        assert _outdated(town, said.uri) is False
    keyring.revoke_signing(fes.node, None, "test")
    keyring.revoke_signing(fes.node, None, "test")
    network.settle()
    for town in (fes, rabat):
        head = town.get(said.uri)
        assert head is not None
        assert (head.revision, _outdated(town, said.uri)) == (3, False)
    fes.publish(record=said.record, text="bonsoir")
    network.settle()
    for town in (fes, rabat):
        assert _outdated(town, said.uri) is True


def _outdated(town: Town, uri: str) -> bool:
    with town.node.database.reading() as connection:
        stored = records.get(connection, uri, records.PUBLIC)
        assert stored is not None
        return wording.translations_of(connection, stored)["de"].outdated
