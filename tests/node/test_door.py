"""The door and the federation's answers, one refusal each. A docstring begins with the case of the catalogue."""

from __future__ import annotations

import secrets
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator import Network, Town

from node import founding, intake, keys, publish
from node.errors import KeysUnsafe, NotAllowed, StoreFull
from node.federation.outbound import address_allowed
from node.store import notes, records
from protocol import canonical, http_signature
from protocol.envelope import Envelope
from protocol.errors import ProtocolError
from protocol.record import seal
from protocol.signature_base import RequestFacts

pytestmark = pytest.mark.both_stores

PEER = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"


def _rows(town: Town) -> int:
    with town.node.database.reading() as connection:
        return len(records.own(connection, town.did))


def _body(said: Envelope, **changed: Any) -> dict[str, Any]:
    return {name: value for name, value in said.body.items() if name != "proof"} | changed


def test_every_changed_byte_of_a_record_is_refused(town: Town) -> None:
    """B2: each byte of the canonical form, changed once."""
    said = town.publish(text="bonjour")
    fresh = seal(
        _body(said, record="00000000-0000-4000-8000-000000000001"), town.node.signing.private, said.body["modifiedAt"]
    )
    before = _rows(town)
    for place in range(len(fresh)):
        changed = fresh[:place] + bytes([fresh[place] ^ 1]) + fresh[place + 1 :]
        verdict = intake.admit(town.node, changed)
        assert not verdict.stored, (place, verdict)
    assert _rows(town) == before
    assert intake.admit(town.node, fresh).status == "accepted"
    assert intake.admit(town.node, fresh).status == "duplicate"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "bad_json"),
        (b'{"a":1,"a":2}', "duplicate_key"),
        (b'{"a":NaN}', "bad_number"),
        (b'{"a":1e999}', "bad_number"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":"' + b"x" * 300_000 + b'"}', "too_large"),
        (b'{"a":"\\ud800"}', "bad_unicode"),
        (b'{"a":"\\u0000"}', "control_character"),
        (b'{"b":1,"a":2}', "not_canonical"),
    ],
)
def test_malformed_bytes_are_refused_with_their_code(town: Town, data: bytes, code: str) -> None:
    """A1, A2, A3, A5, A6, A9, A10, A13."""
    assert intake.admit(town.node, data).code == code


def test_record_without_proof_is_refused(town: Town) -> None:
    """B1: no path for unsigned bytes."""
    said = town.publish()
    assert intake.admit(town.node, canonical.canonicalise(_body(said))).code == "missing_proof"


def test_record_signed_with_a_strangers_key_waits_and_is_not_shown(town: Town) -> None:
    """B9: a key that no card lists says nothing; the record waits for a card that may never come."""
    said = town.publish()
    body = _body(said, record="00000000-0000-4000-8000-000000000002")
    forged = seal(body, Ed25519PrivateKey.generate(), said.body["modifiedAt"])
    verdict = intake.admit(town.node, forged, PEER)
    assert (verdict.status, verdict.code) == ("pending", "card_missing")
    assert town.get(str(verdict.uri)) is None


def test_record_from_the_future_is_set_aside(town: Town) -> None:
    """B13: more than a day ahead: held for a person, not shown."""
    said = town.publish()
    body = _body(said, record="00000000-0000-4000-8000-000000000003", modifiedAt="2026-09-01T00:00:00Z")
    verdict = intake.admit(town.node, seal(body, town.node.signing.private, "2026-09-01T00:00:00Z"), PEER)
    assert (verdict.status, verdict.code) == ("held", "future")


def test_two_revisions_with_one_number_are_a_fork_with_one_winner(town: Town) -> None:
    """C1: both are kept, the higher digest is the head whatever came first."""
    said = town.publish(text="one")
    twins = [
        seal(
            _body(said, revision=2, previous=said.digest.hex(), nonce=secrets.token_hex(16)),
            town.node.signing.private,
            said.body["modifiedAt"],
        )
        for _ in range(2)
    ]
    verdicts = [intake.admit(town.node, twin) for twin in twins]
    assert [verdict.status for verdict in verdicts] == ["accepted", "fork"]
    head = town.get(said.uri)
    assert head is not None
    assert head.forked
    assert head.digest == max(verdict.digest for verdict in verdicts)


def test_revoked_key_voids_what_it_signed(town: Town) -> None:
    """B15: the next card revokes the key: its records have no head any more."""
    said = town.publish(text="signed by a key that will be stolen")
    card = town.get(f"{town.did}/records/{_card_record(town)}")
    assert card is not None
    fresh = keys.multikey_of(Ed25519PrivateKey.generate())
    listed = [{"key": town.node.signing.multikey, "state": "revoked"}, {"key": fresh, "state": "active"}]
    publish.publish_card(town.node, card.content | {"keys": listed})
    assert town.get(said.uri) is None


def _card_record(town: Town) -> str:
    from protocol.card import card_record

    return card_record(town.did)


def test_full_disk_makes_the_node_read_only_and_reading_goes_on(network: Network) -> None:
    """G1: nothing is written, the reason is said, what was there is shown."""
    fes = network.found("fes")
    said = fes.publish()
    object.__setattr__(fes.node.config, "limits_free_mb", 2**31)
    with pytest.raises(StoreFull):
        fes.publish()
    assert fes.get(said.uri) is not None


@pytest.mark.only_file
def test_database_that_cannot_grow_is_a_full_disk_and_loses_nothing(network: Network) -> None:
    """G1: SQLite's own refusal, in the middle of a batch."""
    fes = network.found("fes")
    said = [fes.publish(text="x" * 2000) for _ in range(3)]
    with fes.node.database.kind.engine.connect() as plain:
        pages = plain.exec_driver_sql("PRAGMA page_count").scalar()
        plain.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    def fill() -> None:
        for _ in range(50):
            fes.publish(text="y" * 50_000)

    with pytest.raises(StoreFull):
        fill()
    assert all(fes.get(envelope.uri) is not None for envelope in said)


def test_node_whose_clock_went_back_does_not_sign(town: Town) -> None:
    """G10, C9: nor does one that is recovering."""
    town.publish()
    town.clock.seconds -= 3600
    with pytest.raises(NotAllowed) as refusal:
        town.publish()
    assert refusal.value.code == "clock_backwards"
    town.clock.seconds += 3600
    with town.node.database.writing() as connection:
        notes.set_value(connection, "state", "recovering")
    with pytest.raises(NotAllowed) as refusal:
        town.publish()
    assert refusal.value.code == "recovering"


def test_key_that_others_can_read_stops_the_node(town: Town) -> None:
    """B19: refused, with the command that mends it."""
    path = town.node.config.keys / keys.SIGNING
    path.chmod(0o644)
    with pytest.raises(KeysUnsafe, match="chmod 600"):
        keys.signing(town.node.config.keys)


def _signed(network: Network, one: Town, other: Town, **changed: Any) -> Any:
    """A signed GET /changes from `one` to `other`, perhaps changed on the way; the answer."""
    query = changed.get("query", "limit=10")
    facts = RequestFacts("GET", "/federation/v1/changes", "limit=10", {})
    headers = http_signature.sign_request(
        facts,
        keyid=f"{one.did}#{one.node.signing.multikey}",
        audience=changed.get("audience", other.did),
        created=one.clock() + changed.get("late", 0),
        nonce=changed.get("nonce", secrets.token_hex(16)),
        private=one.node.signing.private,
    )
    path = f"/federation/v1/changes?{query}"
    return other.app.test_client().get(path, headers=headers, environ_overrides={"REQUEST_URI": path})


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({}, 200, None),
        ({"query": "limit=99"}, 401, "bad_signature"),
        ({"audience": PEER}, 401, "wrong_audience"),
        ({"late": 3600}, 401, "clock_skew"),
        ({"late": -3600}, 401, "expired"),
    ],
)
def test_request_that_was_changed_is_refused(
    network: Network, changed: dict[str, Any], status: int, code: str | None
) -> None:
    """B11: another query, another node, another time."""
    fes, rabat = network.found("fes"), network.found("rabat")
    network.befriend(rabat, fes)
    answer = _signed(network, rabat, fes, **changed)
    assert answer.status_code == status
    assert orjson.loads(answer.data).get("code") == code


def test_replayed_request_is_refused(network: Network) -> None:
    """B10: the same signature a second time: 409."""
    fes, rabat = network.found("fes"), network.found("rabat")
    network.befriend(rabat, fes)
    nonce = secrets.token_hex(16)
    assert _signed(network, rabat, fes, nonce=nonce).status_code == 200
    again = _signed(network, rabat, fes, nonce=nonce)
    assert (again.status_code, orjson.loads(again.data)["code"]) == (409, "replayed")


def test_stranger_reads_no_feed(network: Network) -> None:
    """The feed is for peers: unsigned requests and unknown keys are refused."""
    fes, rabat = network.found("fes"), network.found("rabat")
    assert fes.app.test_client().get("/federation/v1/changes").status_code == 401
    assert _signed(network, rabat, fes).status_code == 401


@pytest.mark.parametrize("path", ["/federation/v1/push", "/federation/v1/fetch", "/federation/v1/reconcile"])
def test_oversized_or_mistyped_body_is_refused_unread(town: Town, path: str) -> None:
    """A6, A7, A19."""
    client = town.app.test_client()
    kinds = {"push": "application/x-ndjson", "fetch": "application/json", "reconcile": "application/octet-stream"}
    kind = kinds[path.rpartition("/")[2]]
    assert client.post(path, data=b"x" * (8 * 1024 * 1024 + 1), content_type=kind).status_code == 413
    assert client.post(path, data=b"{}", content_type="text/html").status_code == 415


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "::1", "0.0.0.0", "::", "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
        "fc00::1", "fe80::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fec0::1", "192.0.0.8",
        "::7f00:1", "224.0.0.1", "ff02::1", "255.255.255.255",
    ],
)  # fmt: skip
def test_private_address_is_none_that_a_peer_may_have(address: str) -> None:
    """D1."""
    assert not address_allowed(address)


def test_public_address_is_one_that_a_peer_may_have() -> None:
    """D1, the other way."""
    assert address_allowed("8.8.8.8")
    assert address_allowed("2a00:1450:4001::1")


@pytest.mark.parametrize("of_version_0_1", [False, True])
def test_interrupted_founding_goes_on(network: Network, tmp_path: Any, of_version_0_1: bool) -> None:
    """Keys that were written before the power went stay the keys; so do those of version 0.1, which had no sheet."""
    folder = tmp_path / "again" / "keys"
    if of_version_0_1:
        folder.mkdir(mode=0o700, parents=True)
        keys.write(folder / keys.ROOT, Ed25519PrivateKey.generate())
    keys.create(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    organisation = founding.Organisation({"fr": "Fès"}, "MA", ("fr",))
    founding.found(folder.parent, organisation, {"limits_free_mb": 0}, {}, network.clock).close()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert ("recovery.seed" in before) is not of_version_0_1


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=400))
def test_no_bytes_at_all_leave_an_envelope_with_another_error(data: bytes) -> None:
    """Whatever comes, it is an envelope or one of our errors."""
    try:
        Envelope.from_bytes(data)
        code = "none"
    except ProtocolError as error:
        code = error.code
    assert code
