"""How a node stands with its peers: every word is brought about here by what really happens, never by writing a row."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from forge import line_up
from simulator import Clock, Network, Town, Wire

from node import intake, introducing, inviting, peering, speech, standing, vouching
from node.errors import NotAllowed, StoreFull
from node.federation import callers
from node.standing import Standing
from node.standing_sentences import REMARKS, STANDINGS, WAITS, WARNINGS
from node.standing_words import DORMANT_S, GOOD, LATE_S, WAITING, WORDS
from node.store import notes, peers
from node.worker import Worker

DAY = 86_400
CONTENTS = json.loads((Path(__file__).parents[1] / "vectors" / "records" / "contents-accepted.json").read_text("utf-8"))
PRACTICE = next(
    case["content"] for case in CONTENTS.values() if case["type"] == "Practice" and case["language"] == "fr"
)


def stand(here: Town, there: Town) -> Standing:
    with here.node.database.reading() as connection:
        found = standing.of(connection, here.node, peers.get(connection, there.did), "en")
    assert found.sentence
    assert found.todo
    return found


def pair(network: Network) -> tuple[Town, Town]:
    fes, rabat = line_up(network, "fes", "rabat")
    return rabat, fes


def down(network: Network, town: Town) -> None:
    """Nobody reaches this town any more; it reaches others."""

    def fail(wire: Wire, request: Any) -> Wire:
        raise requests.ConnectionError("down")

    network.twists[town.name] = fail


def answer(change: Callable[[Wire], Wire], path: str = "") -> Callable[[Wire, Any], Wire]:
    return lambda wire, request: change(wire) if wire.path.endswith(path) else wire


def info(**changed: Any) -> Callable[[Wire, Any], Wire]:
    """A twist: what the node says of itself, changed."""
    return answer(lambda wire: dataclasses.replace(wire, body=orjson.dumps(orjson.loads(wire.body) | changed)), "/node")


def test_peers_that_meet_are_well(network: Network) -> None:
    rabat, fes = pair(network)
    fes.publish("Practice", **PRACTICE)
    network.settle()
    seen = stand(rabat, fes)
    assert (seen.word, seen.tone, seen.behind, seen.failure) == ("well", "good", 0, None)
    assert seen.ours == seen.theirs == seen.network_knows
    assert seen.lag_s == 0
    assert seen.version is not None
    assert seen.version.startswith("wasl ")
    assert seen.practices == 1
    assert seen.bytes > 0
    assert seen.vouched_by_us
    assert seen.vouches_for_us
    assert seen.acts[0] == "sync"


def test_version_and_clock_are_known_from_the_first_meeting(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes", clock=Clock(network.clock.seconds + 20))
    with network.as_speaker(rabat):
        peering.request(rabat.node, fes.url)
    seen = stand(rabat, fes)
    assert (seen.version or "").startswith("wasl ")
    assert seen.skew_s == 20


def test_peer_that_holds_more_is_being_caught_up_with(network: Network) -> None:
    """The word is read in the middle of the first meeting, while the worker has its lease."""
    rabat, fes = network.found("rabat"), network.found("fes")
    for number in range(30):
        fes.publish(text=f"{number}")
    with network.as_speaker(rabat):
        peering.request(rabat.node, fes.url)
    peering.accept(fes.node, rabat.did, actor="test")
    seen: list[str] = []

    def look(wire: Wire, request: Any) -> Wire:
        if wire.path.endswith("/fetch"):
            seen.append(stand(rabat, fes).word)
        return wire

    network.twists["fes"] = look
    with network.as_speaker(rabat):
        Worker(rabat.node, sets=rabat.sets)._meet(rabat.peer(fes))
    assert seen[0] == "catching_up"
    assert stand(rabat, fes).word == "well"


def test_peer_that_nobody_can_reach_calls_us_then_falls_silent(network: Network) -> None:
    rabat, tiznit = network.found("rabat"), network.found("tiznit", reachable=False)
    network.befriend(tiznit, rabat)
    seen = stand(rabat, tiznit)
    assert (seen.word, seen.next_at, seen.why_next) == ("calls_us", None, WAITS["it_calls"])
    assert "sync" not in seen.acts
    network.clock.seconds += LATE_S + 1
    assert stand(rabat, tiznit).word == "silent"
    network.meet(tiznit, rabat)
    assert stand(rabat, tiznit).word == "calls_us"
    network.clock.seconds += DORMANT_S + 1
    assert stand(rabat, tiznit).word == "dormant"


def test_accepted_peer_that_was_not_met_yet_says_so(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    with network.as_speaker(rabat):
        peering.request(rabat.node, fes.url)
    peering.accept(fes.node, rabat.did, actor="test")
    assert stand(fes, rabat).word == "never_met"


def test_failing_peer_is_late_then_silent_then_dormant_and_one_act_ends_it(network: Network) -> None:
    """C23: after 30 days it is tried once a day; its records stay readable; its return is noticed at once."""
    rabat, fes = pair(network)
    said = fes.publish(text="still readable")
    network.settle()
    down(network, fes)
    network.meet(rabat, fes)
    seen = stand(rabat, fes)
    assert (seen.word, seen.tone) == ("late", "waiting")
    assert seen.failure is not None
    assert (seen.failure.code, seen.failure.times) == ("unreachable", 1)
    assert seen.failure.remedy
    assert seen.why_next == WAITS["again"]
    network.clock.seconds += LATE_S + 1
    network.meet(rabat, fes)
    assert stand(rabat, fes).word == "silent"
    network.clock.seconds += DORMANT_S
    network.meet(rabat, fes)
    seen = stand(rabat, fes)
    assert (seen.word, seen.why_next) == ("dormant", WAITS["daily"])
    assert seen.next_at is not None
    assert 0.8 * DAY < seen.next_at - network.clock.seconds < 1.2 * DAY
    assert rabat.get(said.uri) is not None
    peering.end(rabat.node, fes.did, actor="test")
    assert stand(rabat, fes).word == "ended_by_us"


def test_dormant_peer_that_calls_again_is_met_at_once(network: Network) -> None:
    rabat, fes = pair(network)
    down(network, fes)
    network.clock.seconds += DORMANT_S + 1
    network.meet(rabat, fes)
    network.twists.clear()
    assert rabat.peer(fes).next_at > network.clock.seconds + DAY / 2
    network.meet(fes, rabat)
    assert rabat.peer(fes).next_at <= network.clock.seconds
    network.meet(rabat, fes)
    assert stand(rabat, fes).word == "well"


def test_peer_that_reaches_us_and_is_not_reached_is_one_way(network: Network) -> None:
    rabat, fes = pair(network)
    down(network, fes)
    network.clock.seconds += 2 * LATE_S
    network.meet(fes, rabat)
    network.meet(rabat, fes)
    assert stand(rabat, fes).word == "one_way"


def test_clock_that_is_wrong_by_an_hour_is_named_with_the_difference(network: Network) -> None:
    """B10, D11: the refusal carries the peer's clock; two other peers tell whose clock it is."""
    rabat = network.found("rabat", clock=Clock(network.clock.seconds))
    others = [network.found(name) for name in ("fes", "sale", "oujda")]
    for other in others:
        network.befriend(rabat, other)
    network.settle()
    wrong = network.towns["fes"]
    object.__setattr__(wrong.node, "now", Clock(network.clock.seconds + 3600))
    network.meet(rabat, wrong)
    seen = stand(rabat, wrong)
    assert (seen.word, seen.skew_s) == ("wrong_clock", 3600)
    assert REMARKS["clock_there"] in seen.remarks
    rabat.clock.seconds -= 3600
    for other in others:
        network.meet(rabat, other)
    assert REMARKS["clock_here"] in stand(rabat, others[1]).remarks


@pytest.mark.parametrize("act", [peering.pause, peering.block])
def test_peer_that_refuses_us_says_why(network: Network, act: Callable[..., Any]) -> None:
    rabat, fes = pair(network)
    act(fes.node, rabat.did, actor="test")
    network.meet(rabat, fes)
    seen = stand(rabat, fes)
    assert seen.word == "refuses_us"
    assert seen.failure is not None
    assert seen.failure.code in ("peer_paused", "peer_blocked")
    assert stand(fes, rabat).word in ("paused", "blocked")


def test_page_of_a_proxy_is_no_answer_of_a_peer(network: Network) -> None:
    """D11: a captcha with status 200, and a 502 of the web server before a node that does not run."""
    rabat, fes = pair(network)
    html = {"content-type": "text/html"}
    network.twists["fes"] = answer(lambda wire: dataclasses.replace(wire, headers=html, body=b"<html>", status=200))
    network.meet(rabat, fes)
    assert stand(rabat, fes).word == "answers_wrongly"
    network.twists["fes"] = answer(lambda wire: dataclasses.replace(wire, headers=html, body=b"<html>", status=502))
    network.meet(rabat, fes)
    seen = stand(rabat, fes)
    assert seen.failure is not None
    assert (seen.word, seen.failure.code) == ("late", "peer_down")


def test_trouble_of_the_peer_is_never_taken_for_ours(network: Network) -> None:
    rabat, fes = pair(network)
    full = orjson.dumps({"status": 507, "code": "disk_full", "detail": "no room", "time": network.clock.seconds})
    problem = {"content-type": "application/problem+json"}
    network.twists["fes"] = answer(lambda wire: dataclasses.replace(wire, headers=problem, body=full, status=507))
    network.meet(rabat, fes)
    seen = stand(rabat, fes)
    assert seen.failure is not None
    assert (seen.word, seen.failure.code) == ("late", "peer_trouble")
    assert "disk_full" in seen.failure.detail


def test_other_node_at_the_peers_address_is_noticed(network: Network) -> None:
    """D13: a name was taken over; identity is the key."""
    rabat, fes = pair(network)
    network.towns["fes"] = network.found("oujda")
    network.meet(rabat, fes)
    assert stand(rabat, fes).word == "another_node"
    network.clock.seconds += 2 * DAY
    network.meet(rabat, fes)
    assert rabat.peer(fes).error_code == "wrong_identity"
    network.towns["fes"] = fes


@pytest.mark.parametrize(("versions", "word"), [([0], "outdated_there"), ([2, 3], "outdated_here")])
def test_peer_of_another_protocol_version_says_who_must_update(
    network: Network, versions: list[int], word: str
) -> None:
    """C24."""
    rabat, fes = pair(network)
    network.twists["fes"] = info(versions=versions)
    network.clock.seconds += 2 * DAY
    network.meet(rabat, fes)
    assert stand(rabat, fes).word == word


def test_node_that_has_left_our_version_behind_still_says_who_it_is(network: Network) -> None:
    """C24: /federation/v1 is gone; /.well-known/wasl, which has no version in its path, answers."""
    rabat, fes = pair(network)
    said = fes.app.test_client().get("/.well-known/wasl").get_json() | {"versions": [2]}

    def newer(wire: Wire, request: Any) -> Wire:
        if wire.path.endswith("/.well-known/wasl"):
            return dataclasses.replace(wire, body=orjson.dumps(said))
        return dataclasses.replace(wire, status=404, headers={"content-type": "text/html"}, body=b"")

    network.twists["fes"] = newer
    network.clock.seconds += 2 * DAY
    network.meet(rabat, fes)
    assert stand(rabat, fes).word == "outdated_here"


def test_full_disk_is_trouble_of_this_node(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    rabat, fes = pair(network)
    fes.publish(text="no room for it")
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(intake.shutil, "disk_usage", lambda _path: usage._replace(free=-1))
    network.meet(rabat, fes)
    seen = stand(rabat, fes)
    assert (seen.word, seen.tone) == ("trouble_here", "trouble")


def test_worker_that_stands_still_is_not_blamed_on_the_peer(network: Network) -> None:
    rabat, fes = pair(network)
    network.clock.seconds += DAY
    seen = stand(rabat, fes)
    assert seen.word == "trouble_here"
    assert REMARKS["no_worker"] in seen.remarks


def test_peer_that_alters_records_is_said_to(network: Network) -> None:
    """B2: for a week, whatever comes after."""
    rabat, fes = pair(network)
    said = fes.publish(text="bonjour")
    forged = said.data.replace(b"bonjour", b"bonsoir")
    network.twists["fes"] = answer(lambda wire: dataclasses.replace(wire, body=wire.body.replace(said.data, forged)))
    network.meet(rabat, fes)
    network.twists.clear()
    network.meet(rabat, fes)
    seen = stand(rabat, fes)
    assert (seen.word, seen.forged, seen.refused) == ("altering", 1, 1)
    assert [one.code for one in seen.refusals] == ["altered"]
    assert seen.aside_bytes == len(forged)
    network.clock.seconds += 8 * DAY
    network.meet(rabat, fes)
    assert stand(rabat, fes).word == "well"


def test_request_waits_on_both_sides_until_somebody_answers(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    with network.as_speaker(rabat):
        peering.request(rabat.node, fes.url)
    assert stand(rabat, fes).word == "waiting_for_them"
    seen = stand(fes, rabat)
    assert (seen.word, seen.acts[:2]) == ("waiting_for_us", ("accept", "decline"))
    network.meet(rabat, fes)
    seen = stand(rabat, fes)
    assert (seen.word, seen.why_next) == ("waiting_for_them", WAITS["asked_again"])
    peering.end(fes.node, rabat.did, actor="test")
    assert stand(fes, rabat).word == "ended_by_us"
    with network.as_speaker(rabat), pytest.raises(NotAllowed):
        peering.request(rabat.node, fes.url)
    assert stand(rabat, fes).word == "ended_by_them"


def test_file_added_on_one_side_only_waits_for_the_other(network: Network) -> None:
    """The other administrator has not added our file: our standing says so, theirs shows a request."""
    rabat, fes = network.found("rabat"), network.found("fes")
    introducing.add_from_file(rabat.node, introducing.cards_file(fes.node), checked="on site", actor="test")
    assert stand(rabat, fes).word == "never_met"
    network.meet(rabat, fes)
    assert stand(rabat, fes).word == "waiting_for_them"
    assert stand(fes, rabat).word == "waiting_for_us"


def test_node_that_calls_only_and_was_added_by_file_waits_for_its_call(network: Network) -> None:
    rabat, tiznit = network.found("rabat"), network.found("tiznit", reachable=False)
    introducing.add_from_file(rabat.node, introducing.cards_file(tiznit.node), checked="on site", actor="test")
    assert stand(rabat, tiznit).word == "waiting_for_them"


def test_our_own_decisions_come_before_everything_else(network: Network) -> None:
    rabat, fes = pair(network)
    peering.pause(rabat.node, fes.did, actor="test")
    seen = stand(rabat, fes)
    assert (seen.word, seen.acts[0], seen.next_at) == ("paused", "resume", None)
    peering.resume(rabat.node, fes.did, actor="test")
    peering.block(rabat.node, fes.did, actor="test")
    seen = stand(rabat, fes)
    assert (seen.word, seen.acts) == ("blocked", ("undo_block",))
    network.clock.seconds += 8 * DAY
    assert stand(rabat, fes).acts == ("unblock",)
    peering.unblock(rabat.node, fes.did, actor="test")
    seen = stand(rabat, fes)
    assert (seen.word, seen.acts[0]) == ("unblocked", "ask")


def test_peer_that_ends_the_peering_is_said_to_have_done_it(network: Network) -> None:
    rabat, fes = pair(network)
    with network.as_speaker(fes):
        peering.end(fes.node, rabat.did, actor="test")
    assert stand(rabat, fes).word == "ended_by_them"


def test_peer_that_hides_its_newest_is_seen_by_what_the_others_know(network: Network) -> None:
    """C5: fes shows berlin 12 records fewer than it shows rabat; berlin gets them over rabat and sees the gap."""
    berlin, fes, rabat = (network.found(name) for name in ("berlin", "fes", "rabat"))
    network.befriend(berlin, fes)
    network.befriend(berlin, rabat)
    network.befriend(rabat, fes)
    network.settle()
    before = stand(berlin, fes).ours
    for number in range(12):
        fes.publish(text=f"{number}")

    def hide(wire: Wire, request: Any) -> Wire:
        if network.speaking != "berlin" or not wire.path.endswith("/changes"):
            return wire
        page = orjson.loads(wire.body) | {"changes": [], "heads": before}
        return dataclasses.replace(wire, body=orjson.dumps(page))

    network.twists["fes"] = hide
    for _ in range(2):
        network.meet(rabat, fes)
        network.meet(berlin, rabat)
        network.meet(berlin, fes)
    network.clock.seconds += 3600
    network.meet(berlin, fes)
    seen = stand(berlin, fes)
    assert (seen.theirs, seen.ours, seen.network_knows) == (before, before + 12, before + 12)
    assert any("12 records fewer" in remark for remark in seen.remarks)
    assert not any("records fewer" in remark for remark in stand(berlin, rabat).remarks)


def test_what_the_network_knows_and_we_lack_is_counted(network: Network) -> None:
    """ "We have 118, the network knows 120": the peer said so before it fell silent."""
    rabat, fes = pair(network)
    network.twists["fes"] = answer(
        lambda wire: dataclasses.replace(
            wire, body=orjson.dumps((page := orjson.loads(wire.body)) | {"heads": page["heads"] + 2})
        ),
        "/changes",
    )
    network.meet(rabat, fes)
    seen = stand(rabat, fes)
    assert (seen.network_knows - seen.ours, seen.behind) == (2, 2)
    assert any("2 records more" in remark for remark in seen.remarks)


def test_calls_of_a_peer_are_noted_once_a_minute_and_a_full_disk_stops_no_reading(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    rabat, fes = pair(network)
    first = rabat.peer(fes).heard_at
    assert first == network.clock.seconds
    network.clock.seconds += 30
    network.meet(fes, rabat)
    assert rabat.peer(fes).heard_at == first
    network.clock.seconds += 31
    network.meet(fes, rabat)
    assert rabat.peer(fes).heard_at == first + 61
    monkeypatch.setattr(callers.peers, "hear", full)
    network.clock.seconds += 120
    assert network.meet(fes, rabat).error_code is None
    assert rabat.peer(fes).heard_at == first + 61


def test_our_full_disk_is_no_failure_of_the_peer(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, with its remedy; the peer is asked again as usual, and not ever more rarely."""
    rabat, fes = pair(network)
    fes.publish(text="no room for it here")
    with monkeypatch.context() as patch:
        patch.setattr(intake, "admit_many", full)
        for _ in range(5):
            assert network.meet(rabat, fes).error_code == "disk_full"
    seen = rabat.peer(fes)
    assert (seen.failures, seen.error_code) == (0, "disk_full")
    assert seen.next_at - network.clock.seconds <= 1.1 * rabat.node.config.sync_interval_s
    assert stand(rabat, fes).word == "trouble_here"
    assert network.meet(rabat, fes).received == 1
    assert stand(rabat, fes).word == "well"


def full(*_arguments: Any, **_named: Any) -> None:
    raise StoreFull("no room")


def test_words_never_compared_are_remarked_until_somebody_writes_it_down(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    link = inviting.create(fes.node)
    with network.as_speaker(rabat):
        peering.request(rabat.node, link)
    assert REMARKS["not_checked"] in stand(rabat, fes).remarks
    peering.check(rabat.node, fes.did, "by telephone with Ms Alaoui", actor="cli:karima")
    seen = stand(rabat, fes)
    assert REMARKS["not_checked"] not in seen.remarks
    assert seen.peer.checked == "by telephone with Ms Alaoui (cli:karima, 2026-02-02)"
    with rabat.node.database.reading() as connection:
        assert notes.acts(connection, word="check")[0].detail == "by telephone with Ms Alaoui"


def test_withdrawn_vouch_can_be_given_again(network: Network) -> None:
    rabat, fes = pair(network)
    vouching.withdraw(rabat.node, fes.did, actor="test")
    seen = stand(rabat, fes)
    assert (seen.word, seen.vouched_by_us, "vouch" in seen.acts) == ("well", False, True)
    vouching.vouch(rabat.node, fes.did, actor="test")
    assert stand(rabat, fes).vouched_by_us


def test_list_begins_with_who_needs_a_person(network: Network) -> None:
    rabat, _ = pair(network)
    sale, oujda = network.found("sale"), network.found("oujda")
    for other in (sale, oujda):
        network.befriend(rabat, other)
    network.settle()
    peering.end(rabat.node, oujda.did, actor="test")
    network.twists["sale"] = answer(lambda wire: dataclasses.replace(wire, headers={"content-type": "text/html"}))
    network.meet(rabat, sale)
    with rabat.node.database.reading() as connection:
        listed = standing.everyone(connection, rabat.node, "fr")
    assert [one.word for one in listed] == ["answers_wrongly", "well", "ended_by_us"]


def test_picture_shows_nodes_peerings_and_vouches(network: Network) -> None:
    berlin, rabat, fes = (network.found(name) for name in ("berlin", "rabat", "fes"))
    network.befriend(berlin, rabat)
    network.befriend(rabat, fes)
    network.settle()
    with berlin.node.database.reading() as connection:
        picture = standing.network(connection, berlin.node, "de")
    assert [(node.name, node.word, node.distance) for node in picture.nodes] == [
        ("Berlin", "ourselves", 0),
        ("Rabat", "well", 1),
        ("Fes", "", 2),
    ]
    lines = {(edge.kind, frozenset((edge.one, edge.other)), edge.both) for edge in picture.edges}
    assert ("peering", frozenset((berlin.did, rabat.did)), True) in lines
    assert ("vouch", frozenset((rabat.did, fes.did)), True) in lines
    assert ("vouch", frozenset((berlin.did, rabat.did)), True) in lines


def test_every_word_has_a_sentence_a_tone_and_what_to_do() -> None:
    assert set(STANDINGS) == set(WORDS)
    assert set(WORDS) > GOOD | WAITING
    for sentences in (STANDINGS.values(), [(one,) for one in (*REMARKS.values(), *WAITS.values(), *WARNINGS.values())]):
        for sentence in sentences:
            assert all(text.endswith(".") and text == text.strip() for text in sentence)


def test_sentences_come_in_the_language_that_was_asked_for(network: Network) -> None:
    rabat, fes = pair(network)
    with rabat.node.database.reading() as connection:
        peer = peers.get(connection, fes.did)
        spoken = standing.of(connection, rabat.node, peer, "ar")
    assert spoken.sentence == speech.translations("ar").gettext(STANDINGS["well"][0])
    assert len(spoken.words) == 8


def test_every_word_is_asserted_above() -> None:
    """No state on the peers page that no test of this file has brought about."""
    said = Path(__file__).read_text("utf-8")
    assert [word for word in WORDS if f'"{word}"' not in said] == []
