"""`wasl record`: above all, verifying a file with no node at all."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def lines(wasl, rabat, published):
    """The card and the practice of `rabat`, as exported: exact bytes."""
    return wasl(rabat, "export").stdout.encode().splitlines()


@pytest.fixture
def nowhere(tmp_path):
    """A folder where no node is."""
    return tmp_path / "no-node-here"


def test_export_verifies_offline_without_a_node(wasl, nowhere, lines, published):
    result = wasl(nowhere, "record", "verify", "-", input=b"\n".join(lines))
    assert result.exit_code == 0, result.output
    assert "signed by  Rabat" in result.stdout
    assert published in result.stdout
    assert "2 valid, 0 refused" in result.stdout
    assert not nowhere.exists()


def test_verifying_tells_words_revision_and_digest_to_scripts(wasl, nowhere, rabat, lines, published):
    result = wasl(nowhere, "record", "verify", "-", "--json", input=b"\n".join(lines))
    card, record = json.loads(result.stdout)["records"]
    node = json.loads(wasl(rabat, "node", "show", "--json").stdout)
    assert (card["type"], card["verdict"]) == ("Node", "valid")
    assert (record["uri"], record["revision"], record["verdict"]) == (published, 1, "valid")
    assert (record["origin"], record["words"], record["name"]) == (node["did"], node["words"], "Rabat")


def test_any_changed_byte_of_the_record_is_refused(wasl, nowhere, lines):
    """One byte changed at each of 120 places, spread over the whole record: never valid, always exit 1 with a code."""
    card, record = lines
    step = max(1, len(record) // 120)
    for place in range(0, len(record), step):
        changed = bytearray(record)
        changed[place] ^= 1
        result = wasl(nowhere, "record", "verify", "-", "--json", input=card + b"\n" + bytes(changed))
        told = json.loads(result.stdout)
        assert told["counts"].get("valid", 0) == 1, (place, bytes(changed[place - 20 : place + 20]))
        refused = [entry for entry in told["records"] if entry["verdict"] == "refused"]
        unknown = [entry for entry in told["records"] if entry["verdict"] == "unknown_chain"]
        assert (len(refused), len(unknown)) == (1, 0), (place, told)
        assert refused[0]["code"]
        assert result.exit_code == 1


def test_any_changed_byte_of_the_card_leaves_no_valid_line(wasl, nowhere, lines):
    card, record = lines
    for place in range(0, len(card), max(1, len(card) // 60)):
        changed = bytearray(card)
        changed[place] ^= 1
        result = wasl(nowhere, "record", "verify", "-", "--json", input=bytes(changed) + b"\n" + record)
        counts = json.loads(result.stdout)["counts"]
        assert "valid" not in counts, place
        assert result.exit_code == 1


def test_without_a_card_the_signature_is_checked_and_the_identity_stays_unknown(wasl, nowhere, lines):
    result = wasl(nowhere, "record", "verify", "-", input=lines[1])
    assert result.exit_code == 3
    assert "card_missing" in result.stdout
    assert "signed by" not in result.stdout
    changed = lines[1].replace(b"2016", b"2017", 1)
    assert wasl(nowhere, "record", "verify", "-", input=changed).exit_code == 1


def test_cards_may_come_from_another_file(wasl, nowhere, lines, tmp_path):
    cards, record = tmp_path / "cards.jsonl", tmp_path / "record.json"
    cards.write_bytes(lines[0])
    record.write_bytes(lines[1] + b"\n")
    assert wasl(nowhere, "record", "verify", str(record), "--cards", str(cards)).exit_code == 0


def test_card_of_another_node_vouches_for_nobody(wasl, nowhere, founded, lines, tmp_path):
    cards = tmp_path / "cards.jsonl"
    cards.write_bytes(wasl(founded("fes"), "export").stdout.encode())
    record = tmp_path / "record.json"
    record.write_bytes(lines[1])
    assert wasl(nowhere, "record", "verify", str(record), "--cards", str(cards)).exit_code == 3


@pytest.mark.parametrize("data", [b"", b"\n\n"])
def test_file_with_nothing_to_verify_is_an_error(wasl, nowhere, data):
    result = wasl(nowhere, "record", "verify", "-", input=data)
    assert result.exit_code == 1
    assert "nothing_to_verify" in result.stderr


def test_garbage_is_refused_and_not_echoed(wasl, nowhere):
    result = wasl(nowhere, "record", "verify", "-", input=b"\x1b[2J\xff\x00 not json")
    assert result.exit_code == 1
    assert "\x1b" not in result.output


def test_exact_bytes_of_one_record_verify_again(wasl, rabat, nowhere, published, lines):
    raw = wasl(rabat, "record", "show", published, "--bytes").stdout.encode()
    assert raw.rstrip(b"\n") == lines[1]


def test_show_tells_people_who_signed_it(wasl, rabat, published):
    told = wasl(rabat, "record", "show", published.rpartition("/")[2]).stdout
    assert "signed by" in told
    assert "bilans de compétences" in told


@pytest.mark.parametrize("verb", ["show", "history"])
def test_unknown_record_is_not_found(wasl, rabat, verb):
    result = wasl(rabat, "record", verb, "did:key:z6MkNobody/records/x")
    assert result.exit_code == 1
    assert "unknown_record" in result.stderr


def test_history_lists_revisions_for_people(wasl, rabat, published):
    assert "Practice" in wasl(rabat, "record", "history", published).stdout
