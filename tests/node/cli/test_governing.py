"""`wasl policy`, `wasl quarantine`, `wasl audit`, `wasl network`, and the acts on a peer, at the terminal."""

from __future__ import annotations

import json

import pytest

from node import intake
from node.store import quarantine


@pytest.fixture
def peer(wasl, rabat, founded, asks):
    """rabat, and the DID of a peer of it."""
    did = asks(founded("tiznit"), rabat)
    wasl(rabat, "peer", "accept", did, "--words-checked", "on site")
    return rabat, did


@pytest.fixture
def aside(peer, opened, wasl, practice):
    """rabat, its peer, and the number of a forged record that it brought."""
    home, did = peer
    theirs = home.parent / "tiznit"
    wasl(theirs, "publish", "-", input=json.dumps(practice()))
    node = opened(home)
    data = wasl(theirs, "export").stdout_bytes.splitlines()[-1]
    forged = data.replace(b'"licence":"CC', b'"licence":"XX')
    assert forged != data
    intake.admit_many(node, [forged], did)
    with node.database.reading() as connection:
        return home, did, quarantine.listing(connection)[0].id


def test_policy_is_shown_tried_and_set(wasl, peer):
    home, _ = peer
    shown = json.loads(wasl(home, "policy", "show", "--json").stdout)
    assert (shown["admit"], shown["from"], shown["admitted_nodes"]) == ("vouched", "from the settings", 2)
    dry = json.loads(wasl(home, "policy", "set", "vouched", "--vouches", "3", "--dry-run", "--json").stdout)
    assert (dry["vouches"], dry["gone"]) == (3, [])
    assert json.loads(wasl(home, "policy", "show", "--json").stdout) == shown
    told = wasl(home, "policy", "set", "listed", "--yes")
    assert (told.exit_code, "Nothing would change" in told.stdout) == (0, True)
    assert "set by an administrator" in wasl(home, "policy", "show").stdout
    assert wasl(home, "policy", "set", "everybody").exit_code == 2


def test_peer_is_shown_with_its_state_in_words_and_what_to_do(wasl, peer):
    home, did = peer
    told = wasl(home, "peer", "show", did[-8:])
    assert told.exit_code == 0
    assert "  do: " in told.stdout
    seen = json.loads(wasl(home, "peer", "show", did, "--json").stdout)
    assert (seen["standing"], seen["vouched_by_us"], seen["error_code"]) == ("never_met", True, None)
    assert "check" in seen["acts"]
    assert wasl(home, "peer", "show", "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp").exit_code == 1


def test_vouch_is_withdrawn_after_a_preview_and_given_again(wasl, peer):
    home, did = peer
    preview = json.loads(wasl(home, "peer", "unvouch", did, "--dry-run", "--json").stdout)
    assert (preview["gone"], preview["elsewhere"]) == ([did], True)
    assert wasl(home, "peer", "unvouch", did, input="n\n").exit_code == 1
    assert json.loads(wasl(home, "peer", "unvouch", did, "--json").stdout)["vouched_by_us"] is False
    assert json.loads(wasl(home, "peer", "vouch", did, "--json").stdout)["vouched_by_us"] is True


def test_words_are_written_down_as_compared(wasl, peer):
    home, did = peer
    told = json.loads(wasl(home, "peer", "check", did, "by telephone with Ms Alaoui", "--json").stdout)
    assert told["words_checked"].startswith("by telephone with Ms Alaoui (cli:")
    assert "words_not_checked" in wasl(home, "peer", "check", did, " ").stderr


def test_peer_that_calls_us_is_neither_met_nor_diagnosed(wasl, peer):
    home, did = peer
    for verb in ("sync", "diagnose"):
        result = wasl(home, "peer", verb, did)
        assert (result.exit_code, "peer_not_reachable" in result.stderr) == (4, True), verb


def test_diagnosis_names_the_step_that_fails_and_what_to_do(wasl, rabat):
    result = wasl(rabat, "peer", "diagnose", "https://127.0.0.1")
    assert result.exit_code == 3
    assert "address_refused" in result.stdout
    assert "  do: " in result.stdout
    steps = json.loads(wasl(rabat, "peer", "diagnose", "https://127.0.0.1", "--json").stdout)["steps"]
    assert [step["status"] for step in steps] == ["failed", *["skipped"] * 6]


def test_what_lies_aside_is_listed_shown_tried_and_forgotten(wasl, aside):
    home, did, number = aside
    listed = json.loads(wasl(home, "quarantine", "list", "--json").stdout)
    assert listed["reasons"] == [
        {"state": "refused", "code": "bad_proof", "count": 1, "bytes": listed["reasons"][0]["bytes"]}
    ]
    assert [one["number"] for one in listed["aside"]] == [number]
    assert json.loads(wasl(home, "quarantine", "list", "--state", "held", "--json").stdout)["aside"] == []
    assert "bad_proof" in wasl(home, "quarantine", "list", "--via", did[-8:]).stdout
    shown = wasl(home, "quarantine", "show", str(number)).stdout
    assert "  do: " in shown
    assert '"author":"commune"' in shown
    assert "not_aside" in wasl(home, "quarantine", "show", "999").stderr
    assert wasl(home, "quarantine", "retry").exit_code == 2
    tried = wasl(home, "quarantine", "retry", str(number), "--json")
    assert (tried.exit_code, json.loads(tried.stdout)["refused"]) == (3, 1)
    assert "would forget 1" in wasl(home, "quarantine", "drop", str(number), "--dry-run").stdout
    assert json.loads(wasl(home, "quarantine", "drop", str(number), "--json").stdout) == {"dropped": 1}
    assert "Nothing lies aside" in wasl(home, "quarantine", "list").stdout


def test_refusals_of_a_peer_are_counted_by_reason(wasl, aside):
    home, did, _ = aside
    (one,) = json.loads(wasl(home, "peer", "refusals", did, "--json").stdout)["refusals"]
    assert (one["code"], one["times"]) == ("bad_proof", 1)
    assert json.loads(wasl(home, "peer", "show", did, "--json").stdout)["standing"] == "altering"


def test_audit_log_is_read_by_span_day_act_and_object(wasl, peer):
    home, did = peer
    acts = json.loads(wasl(home, "audit", "--json").stdout)["acts"]
    assert [one["act"] for one in acts][:2] == ["vouch", "accept"]
    assert acts[0]["actor"].startswith("cli:")
    assert [one["act"] for one in json.loads(wasl(home, "audit", "--act", "accept", "--json").stdout)["acts"]] == [
        "accept"
    ]
    assert json.loads(wasl(home, "audit", "--object", did, "--since", "1d", "--json").stdout)["acts"]
    assert json.loads(wasl(home, "audit", "--since", "2099-01-01", "--json").stdout)["acts"] == []
    assert wasl(home, "audit", "--since", "yesterday").exit_code == 2
    assert "became peers" in wasl(home, "audit").stdout


def test_network_is_drawn_as_a_tree(wasl, peer):
    home, did = peer
    lines = wasl(home, "network").stdout.splitlines()
    assert lines[0].startswith("Rabat  ourselves")
    assert lines[1].startswith("  Tiznit  never met")
    assert {node["did"] for node in json.loads(wasl(home, "network", "--json").stdout)["nodes"]} >= {did}


@pytest.mark.parametrize("language", ["fr_FR", "ar_MA", "de_DE", "tr_TR"])
def test_failure_is_told_with_its_remedy_in_the_language_of_the_terminal(wasl, rabat, language):
    from node import remedies

    told = wasl(rabat, "peer", "request", "https://127.0.0.1", LC_ALL=f"{language}.UTF-8").stderr
    assert f"  do: {remedies.remedy_for('address_refused', language[:2])}" in told
