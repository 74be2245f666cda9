"""One case of the catalogue of attacks each, sections A and B, that one door meets alone."""

from __future__ import annotations

import random
import unicodedata

import pytest
from forge import again
from simulator import Town

from node import intake
from node.bench import making
from protocol import canonical
from protocol.record import seal


def test_forms_of_one_word_are_different_bytes_and_none_is_rewritten(town: Town) -> None:
    """A11: NFC and NFD of one title: both are admitted, as they came."""
    said = town.publish(text="x")
    for number, form in enumerate(("NFC", "NFD"), 1):
        data = again(town, said, record=_uuid(number), content={"text": unicodedata.normalize(form, "Médina")})
        assert intake.admit(town.node, data).status == "accepted"
        held = town.get(f"{town.did}/records/{_uuid(number)}")
        assert held is not None
        assert held.data == data


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"topics": ["x"] * 10_000}, "field_limit"),
        ({"title": {"fr": "x" * 100_000}}, "field_limit"),
        ({"annexe": ["x"] * 10_000}, "field_limit"),
        ({f"k{number}": "x" for number in range(10_000)}, "field_limit"),
    ],
)
def test_field_without_measure_is_refused(town: Town, changed: dict[str, object], code: str) -> None:
    """A17: texts, lists and objects have their most, those of unknown fields too; the whole record has 256 KiB."""
    body = making.practice(town.did, 1, town.clock(), random.Random(1))
    body["content"] |= changed
    data = seal(body, town.node.signing.private, body["modifiedAt"])
    assert intake.admit(town.node, data).code == code


@pytest.mark.parametrize(
    "moment",
    [
        "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2026-02-02T02:40:00+00:00", "2026-02-02T02:40:00-00:00",
        "2026-02-02T02:40:60Z", "2026-02-30T00:00:00Z", "2026-02-02 02:40:00Z", "2026-02-02T02:40:00.5Z", "2026-02-02",
    ],
)  # fmt: skip
def test_moment_is_written_in_one_way(town: Town, moment: str) -> None:
    """A18."""
    said = town.publish(text="x")
    data = said.data.replace(b'"modifiedAt":"' + said.body["modifiedAt"].encode(), b'"modifiedAt":"' + moment.encode())
    verdict = intake.admit(town.node, data)
    assert verdict.status == "refused"
    assert verdict.code in ("bad_time", "bad_field")


@pytest.mark.parametrize("proof", ["left out", None, "", [], {}, "no value", "empty value"])
def test_record_without_a_whole_proof_is_refused(town: Town, proof: object) -> None:
    """B1: from our own people as from anybody; nothing is kept for later."""
    said = town.publish(text="x")
    body = said.body | {"record": _uuid(1)}
    given = body.pop("proof")
    cut = {name: value for name, value in given.items() if name != "proofValue"}
    wrong = {"no value": cut, "empty value": cut | {"proofValue": ""}}
    if proof != "left out":
        body["proof"] = wrong.get(proof, proof) if isinstance(proof, str) else proof
    for via in (None, town.did):
        assert intake.admit(town.node, canonical.canonicalise(body), via).status == "refused"
    assert town.get(f"{town.did}/records/{_uuid(1)}") is None


@pytest.mark.parametrize("suite", ["none", "eddsa-rdfc-2022", "ecdsa-jcs-2019", "", None, 1])
def test_no_algorithm_is_chosen_by_the_sender(town: Town, suite: object) -> None:
    """B3: not in a proof; a request names its own and is refused for any other than the one there is."""
    said = town.publish(text="x")
    proof = said.body["proof"] | {"cryptosuite": suite}
    data = canonical.canonicalise(said.body | {"record": _uuid(1), "proof": proof})
    assert intake.admit(town.node, data).code == "wrong_cryptosuite"


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"
