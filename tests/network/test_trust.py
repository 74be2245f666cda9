"""Whom one can believe: a node that says two things, a flood, a web of vouches that turns, a borrowed name."""

from __future__ import annotations

import hashlib
import json

import pytest
from click.testing import CliRunner
from desk import desk_of
from forge import again, line_up
from person import make_cheap
from simulator import Network, Town, set_of

from node import admission, contradictions, governing, hiding, intake, namesakes, owncards, peering, policy, vouching
from node.app import create_app
from node.cli import main
from node.errors import NotFound
from node.flooding import DAY_S
from node.store import hiding as hidden_store
from node.store import notes, origins, peers, records
from node.store.peers import ACTIVE
from node.store.records import PUBLIC
from protocol import equivocation
from protocol.envelope import Envelope


@pytest.mark.parametrize("first_wins", [True, False])
def test_node_that_tells_two_peers_different_things_is_proven_to_both(network: Network, first_wins: bool) -> None:
    """C4: each has one version under the same number; what they exchange as ever shows it, and both can prove it,
    whichever of them holds the version that counts."""
    fes = network.found("fes")
    rabat, berlin = network.found("rabat"), network.found("berlin")
    for town in (rabat, berlin):
        network.befriend(town, fes)
    network.befriend(berlin, rabat)
    said = fes.publish(text="first")
    network.settle()
    network.cut(fes, rabat)
    network.cut(fes, berlin)
    versions = [
        again(fes, said, revision=2, previous=said.digest.hex(), content={"text": text}) for text in ("yes", "no")
    ]
    versions.sort(key=lambda data: hashlib.sha256(data).digest(), reverse=first_wins)
    for town, version in zip((rabat, berlin), versions, strict=True):
        assert intake.admit(town.node, version, fes.did).status == "accepted"
    network.settle()
    for town in (rabat, berlin):
        with town.node.database.reading() as connection:
            assert [one.uri for one in contradictions.listing(connection)] == [said.uri]
            proof = contradictions.proof_of(connection, said.uri)
        assert {proof.one, proof.other} == set(versions)
        assert equivocation.verify(proof).origin == fes.did
    assert rabat.heads() == berlin.heads(), "and both show the same one of the two"


def _flood(town: Town, count: int, text: str) -> list[bytes]:
    """So many new records of this town, as its feed gives them."""
    return [_ask(town, f"{text} {number}").data for number in range(count)]


def _ask(town: Town, words: str, record: str | None = None) -> Envelope:
    """A question, or a revision of one."""
    said = f"Question about {words}?"
    return town.publish("Question", record, title={"fr": said}, text={"fr": said})


def shown(town: Town, of: Town) -> set[str]:
    """What this node shows to anybody of another one's questions."""
    with town.node.database.reading() as connection:
        found = records.latest(connection, PUBLIC, ["Question"], limit=500)
    return {one.uri for one in found if one.origin == of.did}


def _measured(network: Network, most: int = 5) -> tuple[Town, Town]:
    """Two peers, the second of which was let in two days ago; and a measure of `most` records a day."""
    fes, rabat = line_up(network, "fes", "rabat")
    object.__setattr__(rabat.node.config, "limits_origin_daily", most)
    network.clock.seconds += 2 * DAY_S
    return fes, rabat


def test_flood_of_an_admitted_peer_is_kept_not_shown_and_told_once(network: Network) -> None:
    """H3: the measure of the day is shown, the rest waits for a person; others, and the network, lose nothing."""
    fes, rabat = _measured(network)
    _flood(fes, 12, "spam")
    network.settle()
    _flood(fes, 12, "more spam")
    network.settle()
    assert len(shown(rabat, fes)) == 5
    assert len(shown(fes, fes)) == 24
    assert set_of(rabat) == set_of(fes), "all of it is held, and offered to others"
    with rabat.node.database.reading() as connection:
        assert hidden_store.flooded(connection) == {fes.did: 19}
        assert [act.object for act in notes.acts(connection, 50, word="origin_limited")] == [fes.did]


def test_flood_is_shown_again_by_one_act_and_its_town_may_bring_anything_for_a_day(network: Network) -> None:
    """H3: reversible; whoever imports a thousand practices is no attacker."""
    fes, rabat = _measured(network)
    _flood(fes, 12, "import")
    network.settle()
    assert hiding.show_all(rabat.node, "test", fes.did) == 7
    assert len(shown(rabat, fes)) == 12
    _flood(fes, 12, "the rest of it")
    network.settle()
    assert len(shown(rabat, fes)) == 24
    with pytest.raises(NotFound):
        hiding.show_all(rabat.node, "test", fes.did)


def test_measure_begins_anew_each_day_and_counts_what_is_new_only(network: Network) -> None:
    """H3: revisions and ends of what is shown pass, and a town that goes on as usual is never limited."""
    fes, rabat = _measured(network)
    for day in range(3):
        said = [_ask(fes, f"{day} {number}") for number in range(5)]
        network.settle()
        for one in said:
            _ask(fes, "it again", one.record)
        network.settle()
        network.clock.seconds += DAY_S
    assert len(shown(rabat, fes)) == 15
    with rabat.node.database.reading() as connection:
        assert hidden_store.flooded(connection) == {}


def test_past_of_a_node_that_was_just_let_in_is_no_flood(network: Network) -> None:
    """H3: nor is that of one whose block was lifted."""
    fes, rabat = network.found("fes"), network.found("rabat")
    object.__setattr__(rabat.node.config, "limits_origin_daily", 5)
    _flood(fes, 20, "years of work")
    network.befriend(rabat, fes)
    network.settle()
    assert len(shown(rabat, fes)) == 20
    network.clock.seconds += 3 * DAY_S
    peering.block(rabat.node, fes.did, actor="test")
    _flood(fes, 20, "more work")
    peering.unblock(rabat.node, fes.did, actor="test")
    network.settle()
    assert len(shown(rabat, fes)) == 40


def test_web_of_vouches_that_turns_takes_none_of_our_peers_and_lets_nobody_in_unasked(network: Network) -> None:
    """H7: vouches are the one list that travels, signed, and never a ban. Where the policy is `listed`, they let nobody
    in, and no block of another node touches a peering that two people here agreed on."""
    fes, rabat, berlin = line_up(network, "fes", "rabat", "berlin")
    governing.set_policy(berlin.node, policy.Rules(policy.LISTED, 1, 4), actor="test")
    peering.block(rabat.node, fes.did, actor="test")
    with rabat.node.database.reading() as connection:
        assert vouching.own(connection, rabat.node, fes.did) == []
    network.settle()
    said = berlin.publish("Vouch", subject=fes.did, seen="a list of bans", method="other")
    assert said is not None
    with berlin.node.database.reading() as connection:
        assert set(admission.closure(connection, berlin.node)) == {berlin.did, rabat.did}
        assert admission.blocked(connection) == set(), "what rabat blocks, nobody else does"
        states = {peer.did: peer.state for peer in peers.everyone(connection)}
    assert states == {rabat.did: ACTIVE}


def test_vouch_that_is_withdrawn_takes_no_direct_peer_away(network: Network) -> None:
    """H7: what hung on the vouch alone goes; whom a person of ours has admitted stays, and its records too."""
    fes, rabat, berlin = line_up(network, "fes", "rabat", "berlin")
    network.befriend(berlin, fes)
    said = fes.publish(text="x")
    network.settle()
    vouching.take_back(rabat.node, fes.did, actor="test")
    network.settle()
    assert berlin.get(said.uri) is not None
    with berlin.node.database.reading() as connection:
        origin = origins.find(connection, fes.did)
    assert origin is not None
    assert origin.distance == 1


def _rename(town: Town, name: str) -> None:
    """Its next card says that it is called otherwise."""
    with town.node.database.reading() as connection:
        last = owncards.last_own(connection, town.node)
    owncards.put(town.node, last, None, {"names": {"fr": name}})


@pytest.mark.parametrize("name", ["Rabat", " rabat", "RABÂT", "R\u0430b\u0430t", "Ra-bat"])
def test_borrowed_name_is_shown_with_its_host(network: Network, name: str) -> None:
    """H9: both towns of that name carry their hosts on the pages; which is which, their words say."""
    fes, _ = line_up(network, "fes", "rabat")
    other = network.found("usurper")
    _rename(other, name)
    network.befriend(other, fes)
    network.settle()
    page = create_app(fes.node).test_client().get("/network").get_data(as_text=True)
    assert "Rabat (rabat.example)" in page
    assert f"{name.strip()} (usurper.example)" in page


def test_name_of_nobody_else_is_shown_as_it_is(network: Network) -> None:
    """H9: and ours is ours, whoever takes it."""
    fes, _ = line_up(network, "fes", "rabat")
    other = network.found("usurper")
    _rename(other, "Fes")
    network.befriend(other, fes)
    network.settle()
    page = create_app(fes.node).test_client().get("/network").get_data(as_text=True)
    assert "Rabat (" not in page
    assert "Fes (usurper.example)" in page
    assert "Fes (fes.example)" not in page


@pytest.mark.parametrize(
    ("one", "other"), [("Fès", "FES"), ("Salé", "S a l e"), ("Rabat", "R\u0430bat"), ("فاس", "فَاس")]
)
def test_names_that_a_hasty_reader_takes_for_each_other_look_alike(one: str, other: str) -> None:
    """H9."""
    assert namesakes.looks_of(one) == namesakes.looks_of(other)


def test_people_see_what_came_in_too_great_number_and_show_it_by_one_press(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H3: told on the overview; judged, and shown, on the page of what is hidden, or at the terminal."""
    make_cheap(monkeypatch)
    fes, rabat = _measured(network)
    _flood(fes, 12, "who wants spam")
    network.settle()
    desk = desk_of(rabat)
    assert "Too much at once from Fes" in desk.page("/overview")
    assert "7 records are kept and not shown." in desk.page("/hidden")
    assert "who wants spam" in desk.page("/hidden")
    command = ["--home", str(rabat.node.config.home), "hidden"]
    listed = CliRunner().invoke(main, [*command, "list", "--json"])
    assert [(one["origin"], one["records"]) for one in json.loads(listed.stdout)["too_many"]] == [(fes.did, 7)]
    assert desk.post("/hidden/show-all", did=fes.did).status_code == 303
    assert len(shown(rabat, fes)) == 12
    assert "who wants spam" not in desk.page("/hidden")
    assert CliRunner().invoke(main, [*command, "release", fes.did]).exit_code != 0, "there is nothing left to release"
