"""One case of the catalogue of attacks each, sections A to C, that no other test names by itself."""

from __future__ import annotations

import base64
import hashlib
import secrets
import socket
from dataclasses import replace
from urllib.parse import quote

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from forge import again, ended, line_up, translation
from simulator import Network, Town, Wire

from node import intake, publish
from node.app import create_app
from node.bench import making
from node.store import peers, quarantine, records
from protocol import base58, canonical, http_signature
from protocol.envelope import Envelope
from protocol.signature_base import RequestFacts


def _ours(town: Town, of: Town) -> set[str]:
    with town.node.database.reading() as connection:
        return {held.uri for held in records.own(connection, of.did)}


def test_unknown_fields_travel_byte_for_byte(network: Network) -> None:
    """A14: in the envelope and in the content, over a relay, and out again."""
    fes, rabat, berlin = line_up(network, "fes", "rabat", "berlin")
    said = fes.publish(text="x")
    data = again(fes, said, record=_uuid(1), content={"text": "x", "später": {"é": [1, None]}}, annexe=["a"])
    assert intake.admit(fes.node, data).status == "accepted"
    network.settle()
    held = berlin.get(f"{fes.did}/records/{_uuid(1)}")
    assert held is not None
    assert (held.data, held.via) == (data, rabat.did)


def test_record_of_an_unknown_type_is_relayed_and_stands_on_no_page(network: Network) -> None:
    """A15: a newer node's records pass through an older one."""
    fes, _, berlin = line_up(network, "fes", "rabat", "berlin")
    said = fes.publish("Hologram", text="zaghareed")
    network.settle()
    assert berlin.get(said.uri) is not None
    client = create_app(berlin.node).test_client()
    assert said.record not in client.get("/").get_data(as_text=True)
    assert client.get(f"/practices/{fes.did}/{said.record}").status_code == 404


def test_request_of_another_algorithm_is_refused(network: Network) -> None:
    """B3, over HTTP."""
    fes, rabat = line_up(network, "fes", "rabat")
    path = "/federation/v1/changes?limit=1"
    for name in ("none", "hmac-sha256", "rsa-v1_5-sha256"):
        headers = _signed(rabat, fes)
        headers["Signature-Input"] = headers["Signature-Input"].replace('"ed25519"', f'"{name}"')
        answer = fes.app.test_client().get(path, headers=headers, environ_overrides={"REQUEST_URI": path})
        assert (answer.status_code, orjson.loads(answer.data)["code"]) == (401, "bad_signature")


def _signed(one: Town, other: Town, query: str = "limit=1") -> dict[str, str]:
    return http_signature.sign_request(
        RequestFacts("GET", "/federation/v1/changes", query, {}),
        keyid=f"{one.did}#{one.node.signing.multikey}",
        audience=other.did,
        created=one.clock(),
        nonce=secrets.token_hex(16),
        private=one.node.signing.private,
    )


def test_signature_of_a_request_is_no_proof_of_a_record(network: Network) -> None:
    """B7: and that of a record signs no request."""
    fes, rabat = line_up(network, "fes", "rabat")
    said = rabat.publish(text="x")
    headers = _signed(rabat, fes)
    signature = base64.b64decode(headers["Signature"].partition(":")[2].rstrip(":"))
    proof = said.body["proof"] | {"proofValue": "z" + base58.encode(signature)}
    forged = canonical.canonicalise(said.body | {"record": _uuid(1), "proof": proof})
    assert intake.admit(rabat.node, forged).code == "bad_proof"
    path = "/federation/v1/changes?limit=1"
    proved = base58.decode(said.body["proof"]["proofValue"][1:])
    headers["Signature"] = f"wasl=:{base64.b64encode(proved).decode('ascii')}:"
    answer = fes.app.test_client().get(path, headers=headers, environ_overrides={"REQUEST_URI": path})
    assert (answer.status_code, orjson.loads(answer.data)["code"]) == (401, "bad_signature")


def test_verifying_never_touches_the_network(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """B18: a key that cannot be fetched delays nothing: keys travel as records do."""
    fes, rabat = line_up(network, "fes", "rabat")
    said = fes.publish(text="x")

    def no_network(*_given: object, **_named: object) -> None:
        raise AssertionError("the door opened a connection")

    monkeypatch.setattr(socket, "socket", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    assert intake.admit(rabat.node, said.data, fes.did).status == "accepted"
    stranger = again(fes, said, Ed25519PrivateKey.generate(), record=_uuid(2))
    assert intake.admit(rabat.node, stranger, fes.did).status == "pending"


def test_truncated_feed_hides_nothing_from_who_has_another_peer(network: Network) -> None:
    """C5, promise 2: rabat shows berlin the feed without its newest entry; sale has it."""
    fes, rabat, sale, berlin = (network.found(name) for name in ("fes", "rabat", "sale", "berlin"))
    for one, other in ((rabat, fes), (sale, fes), (berlin, rabat), (berlin, sale)):
        network.befriend(one, other)
    network.settle()
    said = fes.publish(text="new")
    for town in (rabat, sale):
        network.meet(town, fes)

    def truncate(wire: Wire, request: object) -> Wire:
        if not wire.path.endswith("/changes"):
            return wire
        page = orjson.loads(wire.body)
        page["changes"] = [change for change in page["changes"] if change["digest"] != said.digest.hex()]
        return replace(wire, body=orjson.dumps(page))

    network.twists["rabat"] = truncate
    network.meet(berlin, rabat)
    assert berlin.get(said.uri) is None
    network.meet(berlin, sale)
    assert berlin.get(said.uri) is not None


def test_tombstone_of_anybody_else_ends_nothing(network: Network) -> None:
    """C7: under the victim's name with a foreign key, and under its own name with the victim's id."""
    fes, rabat, berlin = line_up(network, "fes", "rabat", "berlin")
    said = fes.publish(text="x")
    network.settle()
    copy = publish.publish(rabat.node, publish.Statement("Translation", translation(said, "y"), "de"))
    network.settle()
    tombstone = {"type": "Tombstone", "content": {"state": "erased", "reason": "withdrawn"}}
    foreign = again(fes, said, rabat.node.signing.private, revision=2, previous=said.digest.hex(), **tombstone)
    assert intake.admit(berlin.node, foreign, rabat.did).status == "pending"
    namesake = again(rabat, Envelope.from_bytes(again(rabat, said, origin=rabat.did)), origin=rabat.did)
    assert intake.admit(berlin.node, namesake, rabat.did).status == "accepted"
    end = ended(rabat, Envelope.from_bytes(namesake), "erased", 2, hashlib.sha256(namesake).digest())
    assert intake.admit(berlin.node, end, rabat.did).status == "accepted"
    held = berlin.get(said.uri)
    assert held is not None
    assert (held.state, held.digest) == ("live", said.digest)
    assert berlin.get(copy.uri) is not None, "the translation of the other record stays too"


@pytest.mark.parametrize(
    "since",
    ["-1", "0", "00c0ffee.-1.0000000000000000", "00c0ffee.99999999999999999999.ab", "' OR 1=1 --", "٣", "a" * 100_000],
)
def test_cursor_of_another_form_reaches_no_database(network: Network, since: str) -> None:
    """C12: 400, whoever sends it; a well-formed one of another log is 410."""
    fes, rabat = line_up(network, "fes", "rabat")
    query = f"limit=1&since={quote(since)}"
    assert _changes(rabat, fes, query) == (400, "bad_cursor")
    assert _changes(rabat, fes, "limit=1&since=00c0ffee.7." + "0" * 16) == (410, "cursor_reset")


def _changes(one: Town, other: Town, query: str) -> tuple[int, str]:
    path = f"/federation/v1/changes?{query}"
    headers = _signed(one, other, query)
    answer = other.app.test_client().get(path, headers=headers, environ_overrides={"REQUEST_URI": path})
    return answer.status_code, orjson.loads(answer.data)["code"]


def test_page_with_doubles_and_in_any_order_of_lines_counts_each_record_once(network: Network) -> None:
    """C15: entries twice, lines twice and shuffled; overlapping pages; the counts are exact."""
    fes, rabat = line_up(network, "fes", "rabat")
    said = [fes.publish(text=f"{number}") for number in range(6)]
    before = rabat.peer(fes).pull_cursor

    def muddle(wire: Wire, request: object) -> Wire:
        if wire.path.endswith("/fetch"):
            lines = wire.body.split(b"\n")
            return replace(wire, body=b"\n".join(reversed(lines)))
        if wire.path.endswith("/changes"):
            page = orjson.loads(wire.body)
            twice = [change for change in page["changes"] for _ in range(2)]
            page["changes"] = [change | {"seq": 10 * change["seq"] + place} for place, change in enumerate(twice)]
            page["next"] = page["next"].split(".")[0] + f".{10_000}." + "0" * 16
            return replace(wire, body=orjson.dumps(page))
        return wire

    network.twists["fes"] = muddle
    outcome = network.meet(rabat, fes)
    assert (outcome.received, outcome.refused, outcome.error_code) == (6, 0, None)
    network.twists.clear()
    with rabat.node.database.writing() as connection:
        peers.note(connection, fes.did, pull_cursor=before)  # the same page again
    assert network.meet(rabat, fes).received == 0
    assert {envelope.uri for envelope in said} <= _ours(rabat, fes)


def test_records_go_round_in_circles_no_more_than_once(network: Network) -> None:
    """C20: four nodes in a ring: each fetches each record once, and when all is told nobody fetches any more."""
    towns = line_up(network, "a", "b", "c", "d")
    network.befriend(towns[3], towns[0])
    network.settle()
    network.traffic.clear()
    for town in towns:
        town.publish(text=town.name)
    network.settle()
    carried = sum(len(wire.body.splitlines()) for wire in network.traffic if wire.path.endswith("/fetch"))
    assert carried == 4 * 3
    network.traffic.clear()
    network.settle()
    assert not [wire for wire in network.traffic if wire.path.endswith("/fetch")]


def test_new_node_has_everything_from_any_one_peer(network: Network) -> None:
    """C21: the whole network's past, other origins' too, from the one peer that it has."""
    fes, rabat, berlin = line_up(network, "fes", "rabat", "berlin")
    for town in (fes, rabat, berlin):
        for number in range(7):
            town.publish(text=f"{number}")
    network.settle()
    oujda = network.found("oujda")
    network.befriend(oujda, berlin)
    network.settle()
    theirs = {uri: digest for uri, digest in oujda.heads().items() if not uri.startswith(oujda.did)}
    assert {uri for town in (fes, rabat, berlin) for uri in _ours(town, town)} <= set(theirs)


def test_peer_that_breaks_its_own_limits_meets_ours(network: Network) -> None:
    """C25: it says that pages may have a million entries, and sends 1,001: ours rules."""
    fes, rabat = line_up(network, "fes", "rabat")
    change = {"digest": "ab" * 32, "origin": fes.did, "record": _uuid(1), "revision": 1, "type": "Note"}

    def boast(wire: Wire, request: object) -> Wire:
        if wire.path.endswith("/node"):
            info = orjson.loads(wire.body)
            return replace(wire, body=orjson.dumps(info | {"limits": {"changes": 1_000_000}}))
        page = orjson.loads(wire.body) | {"changes": [change | {"seq": 100 + number} for number in range(1_001)]}
        return replace(wire, body=orjson.dumps(page))

    network.twists["fes"] = boast
    assert network.meet(rabat, fes).error_code == "peer_nonsense"


def test_flood_of_what_nobody_admits_fills_the_quarantine_and_not_the_disk(network: Network) -> None:
    """G2 of the quarantine: sixty-four of one origin wait with their bytes; of the others only digests are kept."""
    fes, rabat, berlin = network.found("fes"), network.found("rabat"), network.found("berlin")
    network.befriend(berlin, rabat)
    lines = list(making.signed(fes.node, 100, 1))
    assert {verdict.status for verdict in intake.admit_many(berlin.node, lines, rabat.did)} == {"pending"}
    with berlin.node.database.reading() as connection:
        assert quarantine.counts(connection) == {"pending": quarantine.PENDING_PER_ORIGIN, "skipped": 36}


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"
