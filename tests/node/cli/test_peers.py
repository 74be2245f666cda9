"""`wasl peer`: an administrator's decisions at the terminal."""

from __future__ import annotations

import json

import pytest

from node.store import notes


@pytest.fixture
def asked(rabat, founded, asks):
    """`rabat`, asked by another node; and the other's DID."""
    return rabat, asks(founded("tiznit"), rabat)


def _state(wasl, home, did):
    found = json.loads(wasl(home, "peer", "list", "--json").stdout)["peers"]
    return next(peer["state"] for peer in found if peer["did"] == did)


def test_invitation_is_a_link_to_this_node(wasl, rabat):
    told = json.loads(wasl(rabat, "peer", "invite", "--label", "Salé", "--json").stdout)
    assert told["invitation"].startswith("https://wasl.rabat.example#wasl-invite=did:key:")
    assert wasl(rabat, "peer", "uninvite", told["invitation"]).exit_code == 0
    assert wasl(rabat, "peer", "uninvite", told["invitation"]).exit_code == 0  # it is void already


def test_node_that_nobody_can_reach_cannot_invite(wasl, founded):
    result = wasl(founded("nador"), "peer", "invite")
    assert result.exit_code == 4
    assert "no_address" in result.stderr


def test_accepting_shows_the_words_of_both_and_asks(wasl, asked, opened):
    home, did = asked
    words = json.loads(wasl(home, "node", "show", "--json").stdout)["words"]
    result = wasl(home, "peer", "accept", did[-8:], input="y\nby telephone with Ms Alaoui\n")
    assert result.exit_code == 0, result.stderr
    assert f"ours:   {words}" in result.stdout
    assert _state(wasl, home, did) == "active"
    node = opened(home)
    with node.database.reading() as connection:
        act = next(act for act in notes.acts(connection) if act.act == "accept")
    assert (act.object, act.detail) == (did, "by telephone with Ms Alaoui")
    assert act.actor.startswith("cli:")


def test_words_that_differ_are_not_accepted(wasl, asked):
    home, did = asked
    assert wasl(home, "peer", "accept", did, input="n\n").exit_code == 1
    assert _state(wasl, home, did) == "requested"


def test_script_says_how_the_words_were_compared(wasl, asked):
    home, did = asked
    assert wasl(home, "peer", "accept", did, "--json").exit_code == 2
    refused = wasl(home, "peer", "accept", did, "--words-checked", " ")
    assert (refused.exit_code, "words_not_checked" in refused.stderr) == (4, True)
    told = json.loads(wasl(home, "peer", "accept", did, "--words-checked", "on site", "--json").stdout)
    assert (told["state"], told["name"]) == ("active", "Tiznit")
    assert "on site" in told["words_checked"]


@pytest.mark.parametrize(("word", "vouches"), [((), 1), (("--no-vouch",), 0)])
def test_accepting_vouches_unless_told_otherwise(wasl, asked, word, vouches):
    home, did = asked
    wasl(home, "peer", "accept", did, "--words-checked", "on site", *word)
    held = json.loads(wasl(home, "node", "show", "--json").stdout)["records"]
    assert held.get("Vouch", 0) == vouches


def test_peer_is_paused_resumed_blocked_unblocked_and_ended(wasl, asked):
    home, did = asked
    wasl(home, "peer", "accept", did, "--words-checked", "on site")
    told = []
    for verb in ("pause", "resume", "block", "unblock"):
        result = wasl(home, "peer", verb, did[-8:], *(["--yes"] if verb in ("block", "unblock") else []))
        assert result.exit_code == 0, result.stderr
        told.append(_state(wasl, home, did))
    assert told == ["paused", "active", "blocked", "active"], "a block lifted within a week leaves no trace"


def test_request_can_be_declined(wasl, asked):
    home, did = asked
    assert wasl(home, "peer", "end", did).exit_code == 0
    assert _state(wasl, home, did) == "ended"


def test_block_shows_first_what_it_hides(wasl, asked, tmp_path, practice):
    home, did = asked
    wasl(home, "peer", "accept", did, "--words-checked", "on site")
    theirs, file = home.parent / "tiznit", tmp_path / "theirs.jsonl"
    wasl(theirs, "publish", "-", input=json.dumps(practice()))
    wasl(theirs, "export", "-o", str(file))
    assert wasl(home, "import", str(file)).exit_code == 0
    preview = json.loads(wasl(home, "peer", "block", did, "--dry-run", "--json").stdout)
    assert (preview["gone"], preview["records_gone"], preview["practices_gone"]) == ([did], 2, 1)
    shown = wasl(home, "peer", "block", did, "--dry-run").stdout
    assert "1 origin and 1 practice would disappear here." in shown
    assert wasl(home, "peer", "block", did, input="n\n").exit_code == 1
    assert _state(wasl, home, did) == "active"
    wasl(home, "peer", "block", did, "--yes", "--reason", "spam")
    assert did not in wasl(home, "node", "list").stdout


def test_peer_is_named_by_the_end_of_its_identity_and_never_by_its_name(wasl, asked):
    home, _ = asked
    for text in ("Tiznit", "8", "", "zzzzzzzz"):
        result = wasl(home, "peer", "pause", text)
        assert (result.exit_code, "unknown_peer" in result.stderr) == (1, True), text


def test_move_that_makes_no_sense_is_an_error(wasl, asked):
    home, did = asked
    result = wasl(home, "peer", "resume", did)
    assert result.exit_code in (0, 1)
    assert _state(wasl, home, did) in ("requested", "active")


def test_list_of_peers_for_people(wasl, asked):
    home, did = asked
    told = wasl(home, "peer", "list").stdout
    assert "waiting for us" in told
    assert did[-8:] in told
    assert "never" in told


def test_node_without_peers_is_told_how_to_get_one(wasl, rabat):
    assert "wasl peer request" in wasl(rabat, "peer", "list").stdout


def test_request_to_a_private_address_is_refused(wasl, rabat):
    result = wasl(rabat, "peer", "request", "https://127.0.0.1")
    assert result.exit_code == 4
    assert "address_refused" in result.stderr
