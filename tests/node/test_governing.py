"""The policy in force and what lies aside: an administrator's acts on the door."""

from __future__ import annotations

import pytest
from forge import line_up
from simulator import Network, Town

from node import admission, governing, intake, peering, previews
from node.errors import NotAllowed, NotFound
from node.policy import LISTED, VOUCHED, Rules
from node.store import notes, quarantine
from protocol import moment
from protocol.record import seal


def three(network: Network) -> tuple[Town, Town, Town]:
    """berlin – rabat – fes: berlin knows fes by rabat's vouch alone."""
    fes, rabat, berlin = line_up(network, "fes", "rabat", "berlin")
    return berlin, rabat, fes


def admitted(town: Town) -> set[str]:
    with town.node.database.reading() as connection:
        return set(admission.closure(connection, town.node))


def future_of(town: Town, days: int) -> bytes:
    """A record of this town that is dated so many days ahead."""
    said = town.publish(text="later")
    body = {name: value for name, value in said.body.items() if name != "proof"}
    ahead = moment.to_text(town.clock.seconds + days * 86_400)
    body |= {"modifiedAt": ahead, "record": "00000000-0000-4000-8000-000000000001"}
    return seal(body, town.node.signing.private, ahead)


def test_settings_are_what_a_new_node_begins_with(network: Network) -> None:
    town = network.found("fes", policy_admit="listed", policy_vouches=2)
    with town.node.database.reading() as connection:
        assert admission.rules_in_force(connection, town.node) == Rules(LISTED, 2, 4)


def test_preview_of_a_policy_is_what_it_does(network: Network) -> None:
    """Joining: "1 origin and 0 practices would disappear here"; and back, with what is held already."""
    berlin, _, fes = three(network)
    said = fes.publish(text="bonjour")
    network.settle()
    listed = Rules(LISTED)
    preview = previews.policy(berlin.node, listed)
    assert (preview.gone, preview.come) == ((fes.did,), ())
    assert previews.sentence(preview, "en") == "1 origin and 0 practices would disappear here."
    assert governing.set_policy(berlin.node, listed, actor="test") == (set(), {fes.did})
    assert fes.did not in admitted(berlin)
    assert berlin.get(said.uri) is None
    back = previews.policy(berlin.node, Rules(VOUCHED))
    assert (back.come, back.records_come > 0) == ((fes.did,), True)
    assert "would be admitted" in previews.sentence(back, "en")
    governing.set_policy(berlin.node, Rules(VOUCHED), actor="test")
    assert berlin.get(said.uri) is not None
    with berlin.node.database.reading() as connection:
        done = notes.acts(connection, word="policy")
    assert [act.detail for act in done] == ["listed -> vouched(1), 4 steps", "vouched(1), 4 steps -> listed"]


def test_policy_in_the_database_outlives_a_restart_and_wins_over_the_settings(network: Network) -> None:
    berlin, _, fes = three(network)
    governing.set_policy(berlin.node, Rules(VOUCHED, 2), actor="test")
    assert fes.did not in admitted(berlin), "one vouch is not two"
    with berlin.node.database.reading() as connection:
        assert admission.rules_in_force(connection, berlin.node) == Rules(VOUCHED, 2)
    network.settle()
    assert fes.did not in admitted(berlin)


@pytest.mark.parametrize("rules", [Rules("everybody"), Rules(VOUCHED, 0), Rules(VOUCHED, 1, 21), Rules(VOUCHED, 101)])
def test_rules_that_make_no_sense_are_refused(town: Town, rules: Rules) -> None:
    with pytest.raises(NotAllowed) as refusal:
        governing.set_policy(town.node, rules, actor="test")
    assert refusal.value.code == "bad_rules"


def test_held_record_comes_in_when_it_is_tried_again_in_time(network: Network) -> None:
    """B13: dated two days ahead; a person tries again when the day has come."""
    rabat, fes = network.found("rabat"), network.found("fes")
    network.befriend(rabat, fes)
    data = future_of(fes, 2)
    assert intake.admit_many(rabat.node, [data], fes.did)[0].status == "held"
    with rabat.node.database.reading() as connection:
        (aside,) = quarantine.listing(connection, state="held")
        counted = quarantine.refusal_counts(connection, fes.did)
    assert governing.retry(rabat.node, [aside.id], actor="test") == governing.Tried(0, 1, 0)
    with rabat.node.database.reading() as connection:
        assert quarantine.refusal_counts(connection, fes.did) == counted, "trying again counts against nobody"
    network.clock.seconds += 86_400 + 60
    assert governing.retry(rabat.node, None, actor="test").accepted == 1
    with rabat.node.database.reading() as connection:
        assert quarantine.listing(connection) == []
        assert notes.acts(connection, word="retry")[0].object == "all"


def test_forged_record_is_refused_again_and_stays_as_evidence(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    network.befriend(rabat, fes)
    forged = fes.publish(text="bonjour").data.replace(b"bonjour", b"bonsoir")
    intake.admit_many(rabat.node, [forged], fes.did)
    assert governing.retry(rabat.node, None, actor="test") == governing.Tried(0, 0, 1)
    with rabat.node.database.reading() as connection:
        (aside,) = quarantine.listing(connection, via=fes.did)
        (count,) = quarantine.refusal_counts(connection, fes.did)
    assert (aside.state, aside.code, aside.data, aside.times, count.times) == ("refused", "bad_proof", forged, 2, 1)


def test_what_waited_comes_in_once_its_node_is_admitted(network: Network) -> None:
    """H5: from a node that nobody vouches for; tried again by itself when it is a peer."""
    rabat, fes, oujda = (network.found(name) for name in ("rabat", "fes", "oujda"))
    network.befriend(rabat, fes)
    said = oujda.publish(text="salam")
    assert intake.admit_many(rabat.node, [said.data], fes.did)[0].status == "pending"
    assert governing.retry(rabat.node, None, actor="test").still == 1
    network.befriend(rabat, oujda)
    network.settle()
    assert rabat.get(said.uri) is not None
    with rabat.node.database.reading() as connection:
        assert quarantine.listing(connection) == []


def test_what_lies_aside_is_listed_by_state_reason_peer_and_origin(network: Network) -> None:
    rabat, fes, oujda = (network.found(name) for name in ("rabat", "fes", "oujda"))
    network.befriend(rabat, fes)
    forged = fes.publish(text="bonjour").data.replace(b"bonjour", b"bonsoir")
    stranger = oujda.publish(text="salam").data
    intake.admit_many(rabat.node, [forged, stranger, future_of(fes, 3), b"{}"], fes.did)
    with rabat.node.database.reading() as connection:
        everything = quarantine.listing(connection)
        by = {
            "state": quarantine.listing(connection, state="refused"),
            "code": quarantine.listing(connection, code="not_admitted"),
            "origin": quarantine.listing(connection, origin=oujda.did),
            "page": quarantine.listing(connection, before=everything[0].id),
        }
        reasons = {(one.state, one.code): one.count for one in quarantine.reasons(connection)}
        with pytest.raises(NotFound):
            quarantine.find(connection, 10**6)
    assert len(everything) == 4
    assert [len(found) for found in by.values()] == [2, 1, 1, 3]
    assert reasons == {
        ("refused", "bad_proof"): 1,
        ("pending", "not_admitted"): 1,
        ("held", "future"): 1,
        ("refused", "unknown_version"): 1,
    }


def test_dropped_things_are_forgotten_and_may_come_again(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    network.befriend(rabat, fes)
    data = future_of(fes, 2)
    intake.admit_many(rabat.node, [data], fes.did)
    with rabat.node.database.reading() as connection:
        (aside,) = quarantine.listing(connection)
    assert governing.drop(rabat.node, [aside.id, 999], actor="test") == 1
    assert governing.drop(rabat.node, [aside.id], actor="test") == 0
    with rabat.node.database.reading() as connection:
        assert quarantine.listing(connection) == []
        assert notes.acts(connection, word="drop")[0].object == aside.digest.hex()
    assert intake.admit_many(rabat.node, [data], fes.did)[0].status == "held"


def test_blocking_what_was_aside_does_not_let_it_in(network: Network) -> None:
    rabat, fes, oujda = (network.found(name) for name in ("rabat", "fes", "oujda"))
    network.befriend(rabat, fes)
    intake.admit_many(rabat.node, [oujda.publish(text="salam").data], fes.did)
    peering.block(rabat.node, oujda.did, actor="test")
    assert governing.retry(rabat.node, None, actor="test").accepted == 0
