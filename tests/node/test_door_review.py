"""What a second reader of the door found broken, and how it holds now: one test for each finding.

Nothing that is signed correctly is trusted with more than its own record: not with its origin's card, not with what was
erased, not with whom we admit, not with our disk.
"""

from __future__ import annotations

import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from forge import again, card_of, ended, line_up, next_card, revoking, translation
from simulator import Network, Town, every_head

from node import admission, intake, keys, peering, publish, vouching
from node.bench import making
from node.errors import NotAllowed
from node.store import chains, origins, quarantine, records
from protocol.card import card_record
from protocol.envelope import Envelope

SECRET = "zaghareed-4711"


def _aside(town: Town) -> list[bytes]:
    """What lies aside here and holds the secret."""
    with town.node.database.reading() as connection:
        found = [one.data or b"" for one in quarantine.listing(connection, limit=1000)]
    return [data for data in found if SECRET.encode() in data]


def _admitted(town: Town) -> set[str]:
    """Whom the town admits, as written down; must be what its rules say."""
    with town.node.database.reading() as connection:
        written = {did for did, origin in origins.everyone(connection).items() if origin.admitted}
        assert written == set(admission.closure(connection, town.node))
    return written


@pytest.mark.parametrize("erasing", [False, True])
def test_record_under_the_id_of_its_origins_card_is_refused_and_stops_nobody(network: Network, erasing: bool) -> None:
    """C16: it took the card's place once, and whoever had let it in could take in nothing more of that origin."""
    fes, rabat = line_up(network, "fes", "rabat")
    said = fes.publish(text="bonjour")
    changed = {"type": "Tombstone", "content": {"state": "erased", "reason": "withdrawn"}} if erasing else {}
    squatter = again(fes, said, record=card_record(fes.did), revision=9, previous="0" * 64, **changed)
    verdict = intake.admit(rabat.node, squatter, fes.did)
    assert (verdict.status, verdict.code) == ("refused", "bad_chain")
    network.settle()
    assert rabat.get(said.uri) is not None
    assert card_of(fes).type == "Node"


def test_revoking_the_key_of_a_vouch_takes_in_nobody_by_it(network: Network) -> None:
    """B15: a vouch that a thief signed ends with the key, at once, not when something else happens."""
    fes, rabat, berlin = line_up(network, "fes", "rabat", "berlin")
    said = fes.publish(text="bonjour")
    network.settle()
    assert intake.admit(berlin.node, revoking(rabat, card_of(rabat), 2), rabat.did).stored
    assert _admitted(berlin) == {berlin.did, rabat.did}
    assert berlin.get(said.uri) is None


def test_vouch_that_becomes_another_record_is_no_vouch_any_more(network: Network) -> None:
    """B6: the next revision may be of another type."""
    fes, rabat, berlin = line_up(network, "fes", "rabat", "berlin")
    with rabat.node.database.reading() as connection:
        (uri,) = vouching.own(connection, rabat.node, fes.did)
    rabat.publish("Note", record=uri.rpartition("/")[2], text="no vouch")
    network.meet(berlin, rabat)
    assert _admitted(berlin) == {berlin.did, rabat.did}


def test_crash_between_a_vouch_and_what_waited_for_it_hides_nothing(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise 3: the vouch is durable, the process dies, and the worker that starts next lets in what waited."""
    fes, rabat, berlin = network.found("fes"), network.found("rabat"), network.found("berlin")
    network.befriend(berlin, rabat)
    said = fes.publish(text="early")
    network.befriend(fes, rabat, vouch=False)
    for data in (card_of(fes).data, said.data):
        assert intake.admit(berlin.node, data or b"", rabat.did).status == "pending"
    vouching.vouch(rabat.node, fes.did, actor="test")
    with monkeypatch.context() as killed:
        killed.setattr(intake, "reconsider", _killed)
        with pytest.raises(KeyboardInterrupt):
            network.meet(berlin, rabat)
    assert berlin.get(said.uri) is None
    berlin.follow()
    assert berlin.get(said.uri) is not None


def _killed(*_given: object) -> None:
    raise KeyboardInterrupt


def _erased(network: Network) -> tuple[Town, Town, Town, Envelope]:
    fes, rabat, berlin = line_up(network, "fes", "rabat", "berlin")
    said = fes.publish(text=SECRET)
    network.settle()
    publish.end(fes.node, said.uri, "erased", "erasure-request")
    network.settle()
    return fes, rabat, berlin, said


def test_erased_content_comes_back_into_no_quarantine(network: Network) -> None:
    """Promise 4: as a copy whose origin is admitted no more, as evidence, unasked, as a stranger's translation."""
    fes, rabat, berlin, said = _erased(network)
    forged = said.data.replace(b'"illustrative":false', b'"illustrative":true')
    assert intake.admit(berlin.node, forged, rabat.did).status == "refused"
    intake.refuse(berlin.node, [said.data], rabat.did, "altered", "not asked for")
    stranger = network.found("izmir")
    copy = publish.publish(stranger.node, publish.Statement("Translation", translation(said, SECRET), "de"))
    assert intake.admit(berlin.node, copy.data, rabat.did).status == "pending"
    peering.end(rabat.node, fes.did, actor="test")
    network.meet(berlin, rabat)
    assert intake.admit(berlin.node, said.data, rabat.did).code == "not_admitted"
    assert not _aside(berlin)


def test_erasure_takes_the_translations_of_translations_too(network: Network) -> None:
    """Promise 4: whoever translated from the German has copied the French words all the same; nor do they come back."""
    fes, rabat, berlin = line_up(network, "fes", "rabat", "berlin")
    said = fes.publish(text=SECRET)
    network.settle()
    first = publish.publish(rabat.node, publish.Statement("Translation", translation(said, SECRET), "de"))
    network.settle()
    second = publish.publish(berlin.node, publish.Statement("Translation", translation(first, SECRET), "de"))
    network.settle()
    publish.end(fes.node, said.uri, "erased", "erasure-request")
    network.settle()
    late = network.found("late")
    network.befriend(late, rabat)
    network.settle()
    for town in (fes, rabat, berlin, late):
        with town.node.database.reading() as connection:
            assert not any(SECRET.encode() in (held.data or b"") for held in every_head(connection)), town.name
        assert town.get(second.uri) is None
        for data in (second.data, first.data):  # in this order the first reader of the second cannot know
            intake.admit(town.node, data, rabat.did)
        assert town.get(second.uri) is None, town.name


def test_record_that_others_hold_cannot_be_hidden_by_calling_it_private(town: Town) -> None:
    """It would be private here and public everywhere else; and its erasure must reach whoever had it."""
    said = town.publish(text="public")
    with pytest.raises(NotAllowed) as refusal:
        town.publish(record=said.record, text="private", visibility="node")
    assert refusal.value.code == "shared_already"
    private = again(town, said, visibility="node", revision=2, previous=said.digest.hex())
    assert intake.admit(town.node, private).stored, "as a node before this rule has written it"
    assert publish.end(town.node, said.uri, "erased").visibility == "public"


def test_origin_over_its_quota_ends_each_record_once(network: Network) -> None:
    """G2: an end passes the quota; ending the same record a thousand times does not."""
    fes, rabat = line_up(network, "fes", "rabat")
    said = fes.publish(text="x")
    network.settle()
    object.__setattr__(rabat.node.config, "limits_origin_records", 1)
    verdicts, before = [], said.digest
    for number in range(2, 6):
        state = "erased" if number == 5 else "withdrawn"
        verdict = intake.admit(rabat.node, ended(fes, said, state, number, before), fes.did)
        verdicts.append((verdict.status, verdict.code))
        before = verdict.digest
    quota = ("skipped", "origin_quota")
    assert verdicts == [("accepted", ""), quota, quota, ("accepted", "")], "to be erased is its right all the same"


def test_one_node_fills_no_disk_with_cards(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """G2: cards pass every quota, so they have a number of their own."""
    monkeypatch.setattr(admission, "CARDS_MOST", 4)
    fes, rabat = line_up(network, "fes", "rabat")
    first = card_of(fes)
    lines = [next_card(fes, first, 2, contact=f"a{number}@example.org") for number in range(6)]
    told = [intake.admit(rabat.node, line, fes.did).code for line in lines]
    assert told == ["", "", "", "bad_chain", "bad_chain", "bad_chain"]


def test_unasked_bytes_disturb_nothing_that_waits(network: Network) -> None:
    """A2 of the quarantine: a peer gives again what waits for its vouch; it goes on waiting."""
    fes, rabat, berlin = network.found("fes"), network.found("rabat"), network.found("berlin")
    network.befriend(berlin, rabat)
    said = fes.publish(text="early")
    assert intake.admit(berlin.node, said.data, rabat.did).status == "pending"
    intake.refuse(berlin.node, [said.data], rabat.did, quarantine.UNASKED, "not asked for")
    with berlin.node.database.reading() as connection:
        assert [one.state for one in quarantine.listing(connection)] == ["pending"]
        assert {count.code for count in quarantine.refusal_counts(connection)} == {"altered"}


def test_cards_without_a_beginning_make_nobody_reconcile_for_ever(network: Network) -> None:
    """A root that stands in the card as a signing key: its loose cards were said to be ready, again and again."""
    fes, rabat = line_up(network, "fes", "rabat")
    loose = Ed25519PrivateKey.generate()
    listed = [*card_of(fes).content["keys"], {"key": keys.multikey_of(loose), "state": "active"}]
    assert intake.admit(rabat.node, next_card(fes, card_of(fes), 2, keys=listed), fes.did).stored
    network.reconcile(rabat, fes)
    said = Envelope.from_bytes(card_of(fes).data or b"")
    content = dict(card_of(fes).content) | {"root": keys.multikey_of(loose)}
    lines = [again(fes, said, loose, revision=9, previous=f"{number:064x}", content=content) for number in range(70)]
    assert {verdict.code for verdict in intake.admit_many(rabat.node, lines, fes.did)} == {"card_missing"}
    assert rabat.peer(fes).reconcile_at > network.clock()


def test_revocation_of_thousands_of_records_holds_the_database_for_a_moment(network: Network) -> None:
    """G6: everybody else waits for the write lock meanwhile."""
    fes, rabat = line_up(network, "fes", "rabat")
    lines = list(making.signed(fes.node, 1_500, 1))
    for start in range(0, len(lines), 500):
        intake.admit_many(rabat.node, lines[start : start + 500], fes.did)
    card = revoking(fes, card_of(fes), 2)
    began = time.process_time()
    assert intake.admit(rabat.node, card, fes.did).stored
    assert time.process_time() - began < 1, "one question for five hundred records, not five for each"
    with rabat.node.database.reading() as connection:
        assert not [one for one in records.own(connection, fes.did) if one.type == "Practice"]


def test_node_with_hundreds_of_cards_still_finds_peers(network: Network) -> None:
    """A chain may have a thousand cards; a request to become peers took a hundred."""
    fes, rabat = line_up(network, "fes", "rabat")
    for number in range(110):
        publish.publish_card(fes.node, dict(card_of(fes).content) | {"contact": f"a{number}@example.org"})
    assert network.meet(fes, rabat).error_code is None
    assert network.meet(rabat, fes).error_code is None
    network.befriend(network.found("sale"), fes)


def test_two_revocations_in_a_row_leave_the_chain_readable(network: Network) -> None:
    """C1 of cards: whatever was brought, the card in force is the head, and the page of the node finds it."""
    fes, rabat = line_up(network, "fes", "rabat")
    second = revoking(fes, card_of(fes), 2)
    assert intake.admit(rabat.node, second, fes.did).stored
    with rabat.node.database.reading() as connection:
        chain = chains.held_chain(connection, fes.did)
        assert chain is not None
        assert chains.head_cards(connection)[fes.did].envelope.digest == chain.head.envelope.digest
