"""Stories of several real nodes: records travel, are altered, hidden, erased, forked; nodes are cut off and come back.

Each docstring begins with the case of the catalogue of attacks, or the promise of docs/protocol.md, that it shows.
"""

from __future__ import annotations

import hashlib
import random

import orjson
import pytest
from simulator import Network, Town, Wire, every_head, set_of

from node import inviting, peering, previews, publish
from node.app import create_app
from node.errors import NotAllowed
from node.store import notes, peers, quarantine, records
from node.store.records import MEMBERS, PUBLIC


def _chain(network: Network, *names: str) -> list[Town]:
    towns = [network.found(name) for name in names]
    for one, other in zip(towns[1:], towns, strict=False):
        network.befriend(one, other)
    network.settle()
    return towns


def _refusals(town: Town, via: Town) -> dict[str, int]:
    with town.node.database.reading() as connection:
        return {count.code: count.times for count in quarantine.refusal_counts(connection, via.did)}


def test_record_travels_over_nodes_that_only_relay_it(network: Network) -> None:
    """B5: a record of one origin arrives over a relay, verified by the origin's own card."""
    fes, rabat, berlin = _chain(network, "fes", "rabat", "berlin")
    said = fes.publish(text="bonjour")
    network.settle()
    held = berlin.get(said.uri)
    assert held is not None
    assert (held.data, held.via) == (said.data, rabat.did)


@pytest.mark.parametrize("announced", [True, False])
def test_record_altered_by_its_relay_is_refused_and_counted_against_it(network: Network, announced: bool) -> None:
    """B2: a relay changes bytes: under the digest it had announced (`altered`), or announcing its own (`bad_proof`)."""
    fes, rabat, berlin = _chain(network, "fes", "rabat", "berlin")
    said = fes.publish(text="bonjour")
    network.meet(rabat, fes)
    forged = said.data.replace(b"bonjour", b"bonsoir")

    def lie(wire: Wire, request: object) -> Wire:
        body = wire.body.replace(said.data, forged)
        if not announced:
            body = body.replace(said.digest.hex().encode(), hashlib.sha256(forged).hexdigest().encode())
        return Wire(wire.method, wire.path, wire.status, wire.headers, body)

    network.twists["rabat"] = lie
    if not announced:  # the liar serves its own bytes under their own digest
        honest = lie

        def serve(wire: Wire, request: object) -> Wire:
            if wire.path.endswith("/fetch"):
                return Wire(
                    wire.method, wire.path, 200, {**wire.headers, "content-type": "application/x-ndjson"}, forged
                )
            return honest(wire, request)

        network.twists["rabat"] = serve
    network.meet(berlin, rabat)
    assert berlin.get(said.uri) is None
    assert _refusals(berlin, rabat) == {"altered" if announced else "bad_proof": 1}
    with berlin.node.database.reading() as connection:
        evidence = quarantine.listing(connection, rabat.did)
    assert [aside.data for aside in evidence if aside.state == "refused"] == [forged]
    page = create_app(berlin.node).test_client().get(f"/network/peers/{rabat.did}").get_data(as_text=True)
    assert ("altered" if announced else "bad_proof") in page, "the page of the altering peer says so"
    network.twists.clear()
    network.reconcile(berlin, rabat)
    assert berlin.get(said.uri) is not None, "the honest bytes come with the next reconcile"


def test_one_poison_record_stops_nothing_else(network: Network) -> None:
    """C16: the rest of the page comes in, the cursor passes, the poison is visible with its reason."""
    fes, rabat = _chain(network, "fes", "rabat")
    good = [fes.publish(text=f"{number}") for number in range(5)]

    def poison(wire: Wire, request: object) -> Wire:
        return Wire(wire.method, wire.path, wire.status, wire.headers, wire.body.replace(b'"text":"2"', b'"text":"9"'))

    network.twists["fes"] = poison
    outcome = network.meet(rabat, fes)
    assert (outcome.received, outcome.refused, outcome.error_code) == (4, 1, None)
    assert [rabat.get(said.uri) is not None for said in good] == [True, True, False, True, True]


def test_node_that_nobody_can_reach_publishes_by_pushing(network: Network) -> None:
    """The town behind NAT: no URL in its card, found at the far end all the same."""
    marrakech, istanbul = _chain(network, "marrakech", "istanbul")
    tiznit = network.found("tiznit", reachable=False)
    with network.as_speaker(tiznit):
        peering.request(tiznit.node, marrakech.url)
    peering.accept(marrakech.node, tiznit.did, actor="test")
    network.meet(tiznit, marrakech)
    said = tiznit.publish(text="azul")
    assert network.meet(tiznit, marrakech).sent >= 1
    network.settle()
    assert istanbul.get(said.uri) is not None


def test_network_record_is_never_shown_to_anybody_else(network: Network) -> None:
    """A `network` record reaches peers and no public reader; a `node` record leaves its node for nobody."""
    fes, rabat = _chain(network, "fes", "rabat")
    inside = fes.publish(text="members", visibility="network")
    own = fes.publish(text="ours", visibility="node")
    network.settle()
    assert rabat.get(inside.uri) is not None
    assert rabat.get(own.uri) is None
    with rabat.node.database.reading() as connection:
        assert records.get(connection, inside.uri, PUBLIC) is None
        assert records.get(connection, inside.uri, MEMBERS) is not None


def test_erasure_leaves_the_content_nowhere_and_a_receipt_comes_back(network: Network) -> None:
    """C8, promise 4: offline for weeks, then the erasure arrives: body, translation and file hold the words no more."""
    fes, rabat, berlin = _chain(network, "fes", "rabat", "berlin")
    secret = "zaghareed-4711"
    said = fes.publish(text=secret)
    network.settle()
    copy = {
        "target": said.uri, "targetDigest": said.digest.hex(), "from": "fr", "to": "de",
        "fields": {"title": secret}, "method": "human", "translator": "ISG",
    }  # fmt: skip
    publish.publish(rabat.node, publish.Statement("Translation", copy, "de"))
    network.settle()
    network.cut(berlin, rabat)
    publish.end(fes.node, said.uri, "erased", "erasure-request")
    network.settle()
    network.clock.seconds += 21 * 86_400
    network.heal()
    network.settle()
    for town in (fes, rabat, berlin):
        town.follow()
        with town.node.database.reading() as connection:
            held = records.get(connection, said.uri, records.OURSELVES)
            assert held is not None
            assert held.state == "erased"
            assert not any(secret.encode() in (stored.data or b"") for stored in every_head(connection))
        with town.node.database.kind.engine.connect() as plain:
            plain.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        assert secret.encode() not in town.node.config.database.read_bytes()
    network.settle()
    with fes.node.database.reading() as connection:
        receipts = records.about(connection, said.uri, records.OURSELVES, ["Receipt"])
    assert {receipt.origin for receipt in receipts} == {rabat.did, berlin.did}


def test_reset_cursor_leads_to_a_reconcile_and_never_to_the_beginning(network: Network) -> None:
    """C12, cursor_reset: the peer was restored, its epoch is another; only the news crosses the wire."""
    fes, rabat = _chain(network, "fes", "rabat")
    for number in range(30):
        fes.publish(text=f"{number}")
    network.settle()
    with fes.node.database.writing() as connection:
        notes.set_value(connection, "epoch", "00c0ffee")
    news = fes.publish(text="new")
    network.traffic.clear()
    outcome = network.meet(rabat, fes)
    assert outcome.reconciled
    assert rabat.get(news.uri) is not None
    fetched = [wire for wire in network.traffic if wire.path.endswith("/fetch")]
    assert sum(len(wire.body.splitlines()) for wire in fetched) == 1


def test_feed_that_leads_no_further_ends_the_meeting(network: Network) -> None:
    """C13: `more` with nothing in it is `no_progress`, not an endless loop."""
    fes, rabat = _chain(network, "fes", "rabat")

    def stall(wire: Wire, request: object) -> Wire:
        if not wire.path.endswith("/changes"):
            return wire
        page = orjson.loads(wire.body) | {"more": True, "changes": []}
        return Wire(wire.method, wire.path, wire.status, wire.headers, orjson.dumps(page))

    network.twists["fes"] = stall
    assert network.meet(rabat, fes).error_code == "no_progress"


def test_answer_of_another_type_is_never_parsed(network: Network) -> None:
    """A19, D11: a captcha page with status 200 is no answer, whatever stands in it."""
    fes, rabat = _chain(network, "fes", "rabat")

    def captcha(wire: Wire, request: object) -> Wire:
        return Wire(wire.method, wire.path, 200, {"content-type": "text/html"}, wire.body)

    network.twists["fes"] = captcha
    assert network.meet(rabat, fes).error_code == "wrong_type"
    assert rabat.peer(fes).failures == 1


def test_block_hides_what_hangs_on_it_and_unblocking_brings_back_exactly_that(network: Network) -> None:
    """H5: fes is known to berlin only through rabat: blocking rabat hides both, lifting the block brings both back."""
    fes, rabat, berlin = _chain(network, "fes", "rabat", "berlin")
    said = fes.publish(text="bonjour")
    network.settle()
    preview = previews.block(berlin.node, rabat.did)
    assert set(preview.gone) == {rabat.did, fes.did}
    peering.block(berlin.node, rabat.did, actor="test")
    assert berlin.get(said.uri) is None
    missed = fes.publish(text="meanwhile")
    network.meet(rabat, fes)
    peering.unblock(berlin.node, rabat.did, actor="test")
    with network.as_speaker(berlin):
        assert peering.request(berlin.node, rabat.url).state == peers.ACTIVE, "rabat never ended the peering"
    network.settle()
    assert berlin.get(said.uri) is not None
    assert berlin.get(missed.uri) is not None


def test_withdrawn_vouch_takes_its_origin_out(network: Network) -> None:
    """B6: who is vouched for by nobody any more is not admitted; its records are hidden, not deleted."""
    fes, rabat, berlin = _chain(network, "fes", "rabat", "berlin")
    said = fes.publish(text="bonjour")
    network.settle()
    peering.end(rabat.node, fes.did, actor="test")
    network.meet(berlin, rabat)
    assert berlin.get(said.uri) is None


def test_invitation_opens_the_door_once(network: Network) -> None:
    """An invitation is used up by the first node; another is told so; the same one may come again."""
    fes, rabat, oujda = (network.found(name) for name in ("fes", "rabat", "oujda"))
    link = inviting.create(fes.node)
    with network.as_speaker(rabat):
        assert peering.request(rabat.node, link).state == peers.ACTIVE
        assert peering.request(rabat.node, link).state == peers.ACTIVE
    with network.as_speaker(oujda), pytest.raises(Exception, match="used") as refusal:
        peering.request(oujda.node, link)
    assert getattr(refusal.value, "code", "") == "invitation_used"


def test_refused_request_is_remembered(network: Network) -> None:
    """H1: asking again after a refusal changes nothing until the refusing side wishes it."""
    fes, rabat = network.found("fes"), network.found("rabat")
    with network.as_speaker(rabat):
        peering.request(rabat.node, fes.url)
    peering.end(fes.node, rabat.did, actor="test")
    with network.as_speaker(rabat), pytest.raises(NotAllowed) as refusal:
        peering.request(rabat.node, fes.url)
    assert refusal.value.code == "request_refused"


def test_warm_sets_equal_what_the_database_offers_after_everything(network: Network) -> None:
    """The set that is reconciled follows the log through revisions, withdrawals, erasures and blocks."""
    fes, rabat = _chain(network, "fes", "rabat")
    said = fes.publish(text="one")
    fes.publish(record=said.record, text="two")
    gone = fes.publish(text="gone")
    publish.end(fes.node, gone.uri, "erased")
    hidden = fes.publish(text="hidden", visibility="network")
    publish.end(fes.node, hidden.uri, "withdrawn")
    network.settle()
    for town in (fes, rabat):
        with town.sets.lock:
            assert set(town.sets.of(MEMBERS)) == set_of(town)


@pytest.mark.parametrize("seed", range(4))
def test_nodes_agree_after_any_partition(network: Network, seed: int) -> None:
    """C17, promise 1: revisions, withdrawals and erasures in random order over cut wires: the same heads in the end."""
    chance = random.Random(seed)
    towns = _chain(network, "a", "b", "c", "d")
    said: list[tuple[Town, str]] = []
    for _ in range(25):
        town = chance.choice(towns)
        act = chance.random()
        mine = [uri for owner, uri in said if owner is town]
        if act < 0.5 or not mine:
            said.append((town, town.publish(text=f"{chance.random()}").uri))
        elif act < 0.7:
            town.publish(record=chance.choice(mine).rpartition("/")[2], text="again")
        else:
            uri = mine.pop(chance.randrange(len(mine)))
            said.remove((town, uri))
            publish.end(town.node, uri, chance.choice(["withdrawn", "erased"]))
        if chance.random() < 0.3:
            network.cut(*chance.sample(towns, 2))
        if chance.random() < 0.3:
            network.heal()
        network.clock.seconds += chance.randrange(3)
        one, other = chance.choice(list(zip(towns[1:], towns, strict=False)))
        if frozenset((one.name, other.name)) not in network.cuts:
            network.meet(one, other)
    network.heal()
    for one, other in zip(towns[1:], towns, strict=False):
        network.reconcile(one, other)
    network.settle()
    heads = [town.heads() for town in towns]
    assert all(held == heads[0] for held in heads)
    assert {uri for _, uri in said} <= set(heads[0])
