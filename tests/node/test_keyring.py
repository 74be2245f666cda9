"""Acts with the root key, on one node: what they write, what they refuse, and how they go on when they were killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from simulator import Network, Town, old_node

from node import keyring, keys, publish, recovery
from node.assembly import open_node
from node.errors import NodeError, NotAllowed, NotFound, SheetWrong
from node.store import chains, log, notes, records
from protocol import fingerprint
from protocol.card import Card, Chain, root_digest
from protocol.limits import MAX_KEYS

Act = Callable[[Town], Any]


def chain_of(town: Town, of: Town | None = None) -> Chain:
    """The chain of `of` (itself, unless said otherwise) as this town holds it."""
    with town.node.database.reading() as connection:
        chain = chains.chain_of(connection, (of or town).did)
    assert chain is not None
    return chain


def card_of(town: Town, of: Town | None = None) -> Card:
    return chain_of(town, of).head


def everything(town: Town) -> dict[str, tuple[str, str]]:
    """URI -> (state, text) of every record of ours but the cards, as readers here see it."""
    with town.node.database.reading() as connection:
        own = records.own(connection, town.did)
    return {one.uri: (one.state, str(one.content.get("text"))) for one in own if one.type != "Node"}


def filled(town: Town) -> dict[str, tuple[str, str]]:
    """Records of every kind: live, corrected, withdrawn, erased, for members, for this node only, a vouch."""
    for number in range(2):
        town.publish(text=f"practice {number}")
    corrected = town.publish(text="first")
    publish.publish(town.node, publish.Statement("Note", {"text": "corrected"}, "fr"), corrected.record)
    publish.end(town.node, town.publish(text="withdrawn").uri, "withdrawn")
    publish.end(town.node, town.publish(text="erased").uri, "erased")
    town.publish(text="members", visibility="network")
    town.publish(text="ours only", visibility="node")
    return everything(town)


def sheet_words(town: Town, language: str = "fr") -> str:
    seed = keyring.seed_here(town.node)
    assert seed is not None
    return " ".join(recovery.words(seed, language))


def test_founding_commits_to_the_second_root_of_the_sheet(town: Town) -> None:
    seed = keyring.seed_here(town.node)
    assert seed is not None
    assert town.did == recovery.first_did(seed)
    card = card_of(town)
    assert card.root == recovery.root_name(seed, 1)
    assert card.next_root_digest == root_digest(recovery.root_name(seed, 2))
    state = keyring.state_of(town.node)
    assert (state.root, state.root_number, state.under_way, state.keys) == (
        "sheet",
        1,
        "",
        {town.node.signing.multikey: "active"},
    )


def test_new_signing_key_is_used_by_a_process_that_runs_already(town: Town) -> None:
    """Another process of the node, opened before: it signs with the new key without a restart."""
    other = open_node(town.node.config.home, {}, town.clock)
    before = other.signing.multikey
    new = keyring.rotate_signing(town.node, None, "test")
    assert before != other.signing.multikey == new
    said = publish.publish(other, publish.Statement("Note", {"text": "x"}, "fr"))
    assert said.key == new
    other.close()


def test_revocation_signs_again_word_for_word(town: Town) -> None:
    """B15: what people wrote stays, and says of itself that it is the same: a translation of it is not outdated."""
    before = filled(town)
    with town.node.database.reading() as connection:
        heads = {one.uri: one for one in records.own(connection, town.did) if one.type != "Node"}
    old = town.node.signing.multikey
    town.clock.seconds += 86_400
    preview = keyring.preview_revoke(town.node)
    assert (preview.keys, preview.records, preview.forged, preview.under_way) == ((old,), len(before), 0, False)
    told: list[tuple[int, int]] = []
    done = keyring.revoke_signing(town.node, None, "test", lambda *said: told.append(said))
    assert (done.records, told[-1]) == (len(before), (len(before), len(before)))
    assert card_of(town).keys == {old: "revoked", done.new_key: "active"}
    assert everything(town) == before
    with town.node.database.reading() as connection:
        for one in records.own(connection, town.did):
            if one.type == "Node":
                continue
            was = heads[one.uri]
            assert (one.key, one.revision) == (done.new_key, was.revision + 1)
            assert one.body["restates"] == [was.digest.hex()]
            same = ("content", "createdAt", "modifiedAt", "language", "author", "licence", "visibility", "type")
            assert all(one.body[name] == was.body[name] for name in same)
            assert one.body["nonce"] != was.body["nonce"]
    again = keyring.preview_revoke(town.node)
    assert (again.records, again.under_way) == (len(before), False)
    assert keyring.revoke_signing(town.node, None, "test").records == len(before)


def test_nothing_that_was_ended_comes_back_by_a_revocation(town: Town) -> None:
    """An older revision signed with a good, retired key would be the head if the tombstone were only voided."""
    withdrawn, erased = town.publish(text="one"), town.publish(text="two")
    keyring.rotate_signing(town.node, None, "test")
    publish.end(town.node, withdrawn.uri, "withdrawn")
    publish.end(town.node, erased.uri, "erased")
    keyring.revoke_signing(town.node, None, "test")
    assert everything(town)[withdrawn.uri][0] == "withdrawn"
    assert everything(town)[erased.uri][0] == "erased"
    with town.node.database.reading() as connection:
        assert [one.data for one in records.history(connection, erased.uri) if one.type != "Tombstone"] == [None]


def test_retired_key_may_be_revoked_and_the_key_in_use_stays(town: Town) -> None:
    """An old backup was stolen: what its key signed is signed again, with the key that is in use."""
    said = town.publish(text="old")
    old = town.node.signing.multikey
    new = keyring.rotate_signing(town.node, None, "test")
    later = town.publish(text="new")
    assert keyring.preview_revoke(town.node, old[-8:]).records == 1
    done = keyring.revoke_signing(town.node, None, "test", key=old[-8:])
    assert (done.keys, done.new_key, done.records) == ((old,), new, 1)
    assert card_of(town).keys == {old: "revoked", new: "active"}
    heads = [town.get(uri) for uri in (said.uri, later.uri)]
    assert [(head.key, head.revision) for head in heads if head] == [(new, 2), (new, 1)]
    for key, code in ((old, "key_revoked_already"), ("z6MkNobody", "no_such_key"), ("abc", "no_such_key")):
        with pytest.raises((NotAllowed, NotFound)) as refusal:
            keyring.revoke_signing(town.node, None, "test", key=key)
        assert refusal.value.code == code


@pytest.mark.parametrize("language", fingerprint.LANGUAGES)
def test_detached_root_is_used_from_the_words_of_the_sheet(town: Town, language: str) -> None:
    """Rotation, revocation, a move and a new sheet, with nothing but words in any of the five languages."""
    words = sheet_words(town, language)
    said = town.publish(text="x")
    wrong = words.split()[1:] + words.split()[:1]
    with pytest.raises(SheetWrong):
        keyring.detach(town.node, " ".join(wrong), "test")
    assert keyring.root_here(town.node)
    keyring.detach(town.node, words, "test")
    assert [path.name for path in town.node.config.keys.iterdir()] == [keys.SIGNING]
    assert (keyring.root_here(town.node), keyring.seed_here(town.node)) == (False, None)
    assert keyring.state_of(town.node).root == "away"
    town.publish(text="the signing key is enough for every day")
    for act in (keyring.rotate_signing, keyring.revoke_signing, keyring.rotate_root):
        with pytest.raises(NotAllowed) as refusal:
            act(town.node, None, "test")
        assert refusal.value.code == "root_key_away"
    assert keyring.state_of(town.node).under_way == ""
    seed = keyring.confirm_sheet(town.node, words.upper())
    keyring.rotate_signing(town.node, seed, "test")
    keyring.revoke_signing(town.node, seed, "test")
    keyring.move(town.node, None, seed, "test")
    fresh = keyring.rotate_root(town.node, seed, "test")
    assert town.get(said.uri) is not None
    assert keyring.seed_here(town.node) == fresh != seed
    with pytest.raises(SheetWrong) as foreign:
        keyring.confirm_sheet(town.node, words)
    assert foreign.value.code == "sheet_foreign"
    keyring.detach(town.node, sheet_words(town, language), "test")
    with pytest.raises(NotAllowed) as twice:
        keyring.detach(town.node, words, "test")
    assert twice.value.code == "already_detached"


def test_sheet_of_another_node_signs_nothing(network: Network) -> None:
    fes, rabat = network.found("fes"), network.found("rabat")
    keyring.detach(fes.node, sheet_words(fes), "test")
    with pytest.raises(SheetWrong) as foreign:
        keyring.confirm_sheet(fes.node, sheet_words(rabat))
    assert foreign.value.code == "sheet_foreign"
    with pytest.raises(SheetWrong):
        keyring.rotate_signing(fes.node, keyring.seed_here(rabat.node), "test")
    assert card_of(fes).number == 1


def test_node_of_version_0_1_goes_on_and_gets_a_sheet(network: Network) -> None:
    """Its name stays; the two files are gone; the sheet has the root."""
    fes = old_node(network, "fes")
    said = fes.publish(text="x")
    did = fes.did
    assert keyring.state_of(fes.node).root == "files"
    assert (keyring.root_here(fes.node), keyring.seed_here(fes.node)) == (True, None)
    with pytest.raises(NotAllowed) as refusal:
        keyring.detach(fes.node, "x", "test")
    assert refusal.value.code == "no_sheet"
    keyring.rotate_signing(fes.node, None, "test")
    fresh = keyring.rotate_root(fes.node, None, "test")
    assert sorted(path.name for path in fes.node.config.keys.iterdir()) == [keys.SEED, keys.SIGNING]
    assert card_of(fes).root == recovery.root_name(fresh, 1)
    assert recovery.first_did(fresh) != fes.did == did
    keyring.detach(fes.node, sheet_words(fes), "test")
    keyring.rotate_signing(fes.node, fresh, "test")
    assert fes.get(said.uri) is not None


def test_second_file_of_version_0_1_is_asked_for_when_it_is_away(network: Network) -> None:
    fes = old_node(network, "fes")
    (fes.node.config.keys / keys.NEXT_ROOT).unlink()
    with pytest.raises(NotAllowed, match=r"next-root\.pem") as refusal:
        keyring.rotate_root(fes.node, None, "test")
    assert refusal.value.code == "root_key_away"
    assert not (fes.node.config.keys / keys.NEXT_SEED).exists()


def test_address_on_the_card_changes_and_nothing_else(town: Town) -> None:
    before = card_of(town)
    card = keyring.move(town.node, "https://neu.example", None, "test")
    assert {**card.content, "url": None} == {**before.content, "url": None}
    assert card_of(town).url == "https://neu.example"
    with pytest.raises(NotAllowed) as refusal:
        keyring.move(town.node, "https://neu.example", None, "test")
    assert refusal.value.code == "same_address"


def test_card_never_lists_more_keys_than_a_card_may(town: Town) -> None:
    head = card_of(town)
    fresh = [keys.multikey_of(Ed25519PrivateKey.generate()) for _ in range(MAX_KEYS - 2)]
    listed = [*head.content["keys"], *({"key": key, "state": "retired"} for key in fresh)]
    publish.publish_card(town.node, {**head.content, "keys": listed})
    keyring.rotate_signing(town.node, None, "test")
    for act in (keyring.rotate_signing, keyring.revoke_signing):
        with pytest.raises(NotAllowed) as refusal:
            act(town.node, None, "test")
        assert refusal.value.code == "too_many_keys"
    assert len(card_of(town).keys) == MAX_KEYS
    assert keyring.state_of(town.node).under_way == ""
    keyring.revoke_signing(town.node, None, "test", key=fresh[0])


@pytest.mark.parametrize("act", [keyring.rotate_signing, keyring.revoke_signing, keyring.rotate_root])
def test_recovering_node_changes_no_key(town: Town, act: Any) -> None:
    """Cards of ours may be missing here: another one would stand beside them."""
    with town.node.database.writing() as connection:
        notes.set_value(connection, "state", "recovering")
    with pytest.raises(NotAllowed) as refusal:
        act(town.node, None, "test")
    assert refusal.value.code == "recovering"
    assert sorted(path.name for path in town.node.config.keys.iterdir()) == [keys.SEED, keys.SIGNING]


def test_doubled_node_revokes_its_key_and_publishes_again(town: Town) -> None:
    """The third explanation of two machines with one key: it was stolen."""
    said = town.publish(text="x")
    with town.node.database.writing() as connection:
        notes.set_value(connection, "state", "doubled")
    with pytest.raises(NotAllowed) as refusal:
        town.publish(text="no")
    assert refusal.value.code == "doubled"
    keyring.revoke_signing(town.node, None, "test")
    assert town.publish(text="yes").key != said.key
    with town.node.database.reading() as connection:
        assert not notes.value(connection, "state")


def test_acts_are_in_the_audit_log_and_no_secret_is(town: Town) -> None:
    words = sheet_words(town)
    keyring.confirm_sheet(town.node, words)
    keyring.rotate_signing(town.node, None, "cli:amina")
    keyring.revoke_signing(town.node, None, "cli:amina")
    keyring.move(town.node, None, None, "cli:amina")
    keyring.rotate_root(town.node, None, "cli:amina")
    keyring.detach(town.node, sheet_words(town), "cli:amina")
    with town.node.database.reading() as connection:
        acts = [act for act in notes.acts(connection) if act.actor == "cli:amina"]
    done = ["detach_root", "rotate_root", "move", "revoke_signing", "rotate_signing"]
    assert [act.act for act in acts] == done
    written = " ".join(f"{act.object} {act.detail}" for act in acts)
    assert not any(word in written.split() for word in words.split())
    assert "RECOVERY" not in written


class Killed(BaseException):
    """The power went."""


@contextmanager
def killed_at(town: Town, step: int) -> Iterator[list[str]]:
    """Kill what runs inside before its `step`-th durable step, counted from 0. Gives the steps that were begun."""
    steps: list[str] = []

    def before(name: str) -> None:
        steps.append(name)
        if len(steps) == step + 1:
            raise Killed

    with pytest.MonkeyPatch.context() as patched:
        for name in ("write", "write_seed", "take_place", "forget"):
            patched.setattr(keys, name, _wrapped(getattr(keys, name), lambda name=name: before(name)))
        real = type(town.node.database).writing

        def writing(self: Any, *arguments: Any) -> Any:
            if self is town.node.database:
                before("transaction")
            return real(self, *arguments)

        patched.setattr(type(town.node.database), "writing", writing)
        yield steps


def _wrapped(function: Callable[..., Any], first: Callable[[], None]) -> Callable[..., Any]:
    def called(*arguments: Any, **named: Any) -> Any:
        first()
        return function(*arguments, **named)

    return called


ACTS: dict[str, Act] = {
    "rotate": lambda town: keyring.rotate_signing(town.node, None, "test"),
    "revoke": lambda town: keyring.revoke_signing(town.node, None, "test"),
    "rotate_root": lambda town: keyring.rotate_root(town.node, None, "test"),
}


@pytest.mark.parametrize("name", ACTS)
def test_act_that_was_killed_at_any_step_ends_well_on_the_next_call(network: Network, name: str) -> None:
    """G3: whatever step the power went at, the next call ends in the one state that an unhindered call ends in."""
    step, finished = 0, False
    while not finished:
        town = network.found(f"fes{step}")
        before = filled(town)
        old = town.node.signing.multikey
        with killed_at(town, step) as steps:
            try:
                ACTS[name](town)
                finished = True
            except Killed:
                pass
        assert everything(town) == before, f"a record is missing after {steps}"
        town.publish(text="an editor goes on working")
        state = keyring.state_of(town.node)
        if not finished and state.under_way:
            _other_acts_wait(town, name)
        if not finished and (state.under_way or card_of(town).number == 1):
            ACTS[name](town)
        _ended_well(town, name, old)
        assert everything(town).items() >= before.items()
        network.towns.pop(town.name).node.close()
        step += 1
    assert step > 8


def _other_acts_wait(town: Town, name: str) -> None:
    """A new sheet may be made at any time: it is what helps against a stolen root."""
    for other, act in ACTS.items():
        if "rotate_root" not in (other, name) and other != name:
            with pytest.raises(NodeError) as refusal:
                act(town)
            assert refusal.value.code == "key_act_under_way"


def _ended_well(town: Town, name: str, old: str) -> None:
    state = keyring.state_of(town.node)
    files = sorted(path.name for path in town.node.config.keys.iterdir())
    assert (state.under_way, files) == ("", [keys.SEED, keys.SIGNING])
    assert state.keys[state.signing] == "active"
    assert state.root == "sheet"
    if name == "rotate_root":
        assert (state.root_number, state.keys) == (1, {old: "active"})
        assert card_of(town).root not in town.did
    else:
        assert state.keys[old] == {"rotate": "retired", "revoke": "revoked"}[name]
        assert len(state.keys) == 2
    with town.node.database.reading() as connection:
        heads = [one for one in records.own(connection, town.did) if one.type != "Node"]
        assert len(heads) + 1 == len(log.records_of(connection, town.did))
    assert not any(one.forked for one in heads)
    if name == "revoke":
        assert {one.key for one in heads} == {state.signing}


def test_record_published_while_a_revocation_runs_is_not_lost(town: Town) -> None:
    """An editor's correction between two steps stays the head, and is no fork."""
    said = town.publish(text="before")
    real = publish.sign_again

    def slowly(node: Any, choose: Any) -> int:
        publish.publish(node, publish.Statement("Note", {"text": "corrected meanwhile"}, "fr"), said.record)
        return real(node, choose)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(publish, "sign_again", slowly)
        keyring.revoke_signing(town.node, None, "test")
    head = town.get(said.uri)
    assert head is not None
    assert (head.content["text"], head.forked) == ("corrected meanwhile", False)
