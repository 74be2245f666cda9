"""An administrator's decisions about peers: one state for each, whatever the order; mistakes can be taken back.

Each docstring begins with the case of the catalogue of attacks, where there is one.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator import Network, Town, Wire
from strangers import admitted, ask, card_of, given_vouches, state_of

from node import inviting, peering, previews
from node.answering import WAITING_MOST
from node.errors import NodeError, NotAllowed
from node.store import chains, notes, peers
from node.store.peers import ACTIVE, BLOCKED, ENDED, PAUSED, REQUESTED
from node.sync import DORMANT_RETRY_S, LONGEST_RETRY_S

DAY = 86_400
COUNTER = itertools.count(1)
ACTS = st.sampled_from(["accept", "pause", "resume", "block", "unblock", "end", "asks"])


def code_of(error: pytest.ExceptionInfo[NodeError]) -> str:
    return error.value.code


def test_node_that_asks_a_thousand_times_leaves_one_request(town: Town) -> None:
    """H1: asking again changes nothing, before a refusal and after it; the audit log does not grow."""
    card = card_of(1, town.clock.seconds)
    did = chains.brought([card]).origin
    assert {ask(town, card) for _ in range(1000)} == {REQUESTED}
    with town.node.database.reading() as connection:
        assert len(peers.everyone(connection)) == 1
        before = len(notes.acts(connection, 10_000))
    peering.end(town.node, did, actor="test")
    assert {ask(town, card) for _ in range(50)} == {ENDED}
    peering.block(town.node, did, actor="test")
    for _ in range(50):
        with pytest.raises(NotAllowed) as refusal:
            ask(town, card)
        assert code_of(refusal) == "peer_blocked"
    with town.node.database.reading() as connection:
        assert len(peers.everyone(connection)) == 1
        assert len(notes.acts(connection, 10_000)) == before + 2, "the two decisions, and nothing for the asking"


def test_thousand_strangers_leave_a_bounded_queue_and_an_invited_one_passes(town: Town) -> None:
    """H1, H6: no more requests wait than a person can answer; whoever we invited is not locked out by them."""
    refused = []
    for number in range(1, 1001):
        try:
            ask(town, card_of(number, town.clock.seconds))
        except NotAllowed as error:
            refused.append(error.code)
    assert refused == ["too_many_requests"] * (1000 - WAITING_MOST)
    link = inviting.create(town.node)
    assert ask(town, card_of(2000, town.clock.seconds), link.rpartition(".")[2]) == ACTIVE


@pytest.mark.parametrize("order", list(itertools.permutations(["ask", "block", "asks"])))
def test_block_wins_in_every_order(network: Network, order: tuple[str, ...]) -> None:
    """H2 (GoToSocial 2541): we ask it, it asks us, we block it, in any order: blocked, and nothing of it admitted."""
    fes, rabat = network.found("fes"), network.found("rabat")
    for act in order:
        try:
            with network.as_speaker(fes if act == "ask" else rabat):
                if act == "ask":
                    peering.request(fes.node, rabat.url)
                elif act == "asks":
                    peering.request(rabat.node, fes.url)
                else:
                    peering.block(fes.node, rabat.did, actor="test")
        except NodeError:
            pass
    assert state_of(fes, rabat.did) == BLOCKED
    assert rabat.did not in admitted(fes)


@given(plan=st.lists(st.tuples(st.integers(0, 2), ACTS), max_size=14), chance=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_decisions_about_one_peer_do_not_depend_on_those_about_others(
    town: Town, plan: list[tuple[int, str]], chance: Any
) -> None:
    """H2: any acts on three peers; interleaved otherwise, with each peer's own order kept: the same states, the same
    admitted set; and who is blocked is never admitted."""
    results = []
    shuffled = sorted(range(len(plan)), key=lambda _: chance.random())
    queues = {who: [act for one, act in plan if one == who] for who in range(3)}
    other = []
    for place in shuffled:
        who = plan[place][0]
        other.append((who, queues[who].pop(0)))
    for version in (plan, other):
        cards = [card_of(next(COUNTER) + 10_000, town.clock.seconds) for _ in range(3)]
        dids = [chains.brought([card]).origin for card in cards]
        for card in cards:
            ask(town, card)
        for who, act in version:
            _do(town, act, dids[who], cards[who])
        inside = admitted(town)
        states = [state_of(town, did) for did in dids]
        assert [did in inside for did in dids] == [state in (ACTIVE, PAUSED) for state in states]
        results.append(states)
        for did in dids:  # out of the way of the next example
            _do(town, "end", did, b"")
    assert results[0] == results[1]


def _do(town: Town, act: str, did: str, card: bytes) -> None:
    node = town.node
    try:
        if act == "asks":
            ask(town, card)
        elif act == "accept":
            peering.accept(node, did, actor="test", vouch=False)
        else:
            getattr(peering, act)(node, did, actor="test")
    except NotAllowed:
        pass


def test_block_taken_back_within_a_week_leaves_no_trace(network: Network) -> None:
    """G15: the wrong peer was blocked: state, admission, vouch and records are as before, without asking anew."""
    rabat, fes = network.found("rabat"), network.found("fes")
    network.befriend(rabat, fes)
    network.settle()
    said = fes.publish(text="bonjour")
    network.settle()
    before = (admitted(rabat), given_vouches(rabat, fes), set(rabat.heads()))
    preview = previews.block(rabat.node, fes.did)
    assert preview.gone == (fes.did,)
    peering.block(rabat.node, fes.did, actor="test", reason="by mistake")
    assert (rabat.get(said.uri), given_vouches(rabat, fes)) == (None, 0)
    network.clock.seconds += 6 * DAY
    assert previews.unblock(rabat.node, fes.did).come == (fes.did,)
    peering.unblock(rabat.node, fes.did, actor="test")
    network.settle()
    assert (state_of(rabat, fes.did), rabat.get(said.uri) is not None) == (ACTIVE, True)
    assert (admitted(rabat), given_vouches(rabat, fes)) == before[:2]
    assert before[2] - set(rabat.heads()) == set()


def test_block_lifted_later_must_be_asked_for_anew(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    network.befriend(rabat, fes)
    peering.block(rabat.node, fes.did, actor="test")
    network.clock.seconds += 8 * DAY
    assert previews.unblock(rabat.node, fes.did).empty
    assert peering.unblock(rabat.node, fes.did, actor="test").state == ENDED
    assert fes.did not in admitted(rabat)
    with pytest.raises(NotAllowed) as refusal:
        peering.unblock(rabat.node, fes.did, actor="test")
    assert code_of(refusal) == "not_blocked"


def test_refusal_stays_a_refusal_when_a_block_of_it_is_taken_back(town: Town) -> None:
    card = card_of(1, town.clock.seconds)
    did = chains.brought([card]).origin
    ask(town, card)
    peering.end(town.node, did, actor="test")
    peering.block(town.node, did, actor="test")
    peering.unblock(town.node, did, actor="test")
    assert ask(town, card) == ENDED


def test_blocked_peer_is_neither_resumed_nor_asked_by_mistake(network: Network) -> None:
    rabat, fes = network.found("rabat"), network.found("fes")
    network.befriend(rabat, fes)
    peering.block(rabat.node, fes.did, actor="test")
    with pytest.raises(NotAllowed) as refusal:
        peering.resume(rabat.node, fes.did, actor="test")
    assert code_of(refusal) == "bad_move"
    with network.as_speaker(rabat), pytest.raises(NotAllowed) as refusal:
        peering.request(rabat.node, fes.url)
    assert code_of(refusal) == "blocked"
    with pytest.raises(NotAllowed):
        peering.block(rabat.node, rabat.did, actor="test")


def test_origin_known_through_others_can_be_blocked_and_the_block_lifted(network: Network) -> None:
    berlin, rabat, fes = (network.found(name) for name in ("berlin", "rabat", "fes"))
    network.befriend(berlin, rabat)
    network.befriend(rabat, fes)
    network.settle()
    assert fes.did in admitted(berlin)
    peering.block(berlin.node, fes.did, actor="test")
    assert fes.did not in admitted(berlin)
    assert previews.unblock(berlin.node, fes.did).come == (fes.did,)
    peering.unblock(berlin.node, fes.did, actor="test")
    assert fes.did in admitted(berlin), "vouched for, as before"


def test_second_peer_at_one_address_is_refused(network: Network) -> None:
    """D13: identity is the key: another node that claims a peer's address does not get it."""
    rabat, fes = network.found("rabat"), network.found("fes")
    network.befriend(rabat, fes)
    claim = card_of(7, network.clock.seconds, fes.url)
    with pytest.raises(NotAllowed) as refusal:
        ask(rabat, claim)
    assert code_of(refusal) == "address_taken"


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [
        ("7", 7, 7),
        ("86400", LONGEST_RETRY_S, LONGEST_RETRY_S),
        ("Mon, 02 Feb 2026 02:50:00 GMT", 600, 600),
        ("x", 1, 3),
    ],
)
def test_retry_after_of_a_busy_peer_is_honoured_up_to_an_hour(
    network: Network, field: str, least: int, most: int
) -> None:
    """D11: 429 and 503, of a node or of a proxy before it; a number or a date (RFC 9110)."""
    rabat, fes = network.found("rabat"), network.found("fes")
    network.befriend(rabat, fes)
    for status, kind in ((429, "text/html"), (503, "text/html"), (503, "application/problem+json")):
        problem = orjson.dumps({"status": status, "code": "store_busy", "detail": "", "time": network.clock.seconds})
        with rabat.node.database.writing() as connection:
            peers.note(connection, fes.did, failures=0)

        answer = Wire("", "", status, {"content-type": kind, "retry-after": field}, problem)
        network.twists["fes"] = functools.partial(lambda said, *_: said, answer)
        network.meet(rabat, fes)
        assert least <= rabat.peer(fes).next_at - network.clock.seconds <= most


def test_dormant_peer_is_tried_daily_whatever_it_says(network: Network) -> None:
    """C23."""
    rabat, fes = network.found("rabat"), network.found("fes")
    network.befriend(rabat, fes)
    network.cut(rabat, fes)
    network.clock.seconds += 31 * DAY
    network.meet(rabat, fes)
    wait = rabat.peer(fes).next_at - network.clock.seconds
    assert 0.9 * DORMANT_RETRY_S <= wait <= 1.1 * DORMANT_RETRY_S
