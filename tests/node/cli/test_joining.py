"""`wasl peer look, card, add, invitations`: becoming peers at the terminal, also where the two cannot talk yet."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def files(wasl, rabat, founded, tmp_path):
    """rabat, salé, and the file of cards of each."""
    sale = founded("sale", "https://wasl.sale.example")
    for home in (rabat, sale):
        assert wasl(home, "peer", "card", "-o", str(tmp_path / f"{home.name}.cards.jsonl")).exit_code == 0
    return rabat, sale, tmp_path / "rabat.cards.jsonl", tmp_path / "sale.cards.jsonl"


def test_file_of_cards_is_looked_at_before_it_is_added(wasl, files):
    rabat, sale, _, theirs = files
    words = json.loads(wasl(sale, "node", "show", "--json").stdout)["words"]
    told = wasl(rabat, "peer", "look", str(theirs)).stdout
    assert words in told
    assert "Sale" in told
    seen = json.loads(wasl(rabat, "peer", "look", str(theirs), "--json").stdout)
    assert (seen["state"], seen["url"], seen["warnings"]) == ("", "https://wasl.sale.example", [])
    assert wasl(rabat, "peer", "list", "--json").stdout.strip() == '{\n  "peers": []\n}'


def test_file_is_added_after_the_words_were_compared(wasl, files):
    rabat, sale, ours, theirs = files
    assert wasl(rabat, "peer", "add", str(theirs), "--json").exit_code == 2
    assert wasl(rabat, "peer", "add", str(theirs), input="n\n").exit_code == 1
    result = wasl(rabat, "peer", "add", str(theirs), input="y\non site\n")
    assert result.exit_code == 0, result.stderr
    told = json.loads(wasl(sale, "peer", "add", str(ours), "--words-checked", "on site", "--json").stdout)
    assert (told["state"], told["asked_by"], told["standing"]) == ("requested", "us", "never_met")
    assert told["words_checked"].startswith("on site (cli:")


def test_own_or_foreign_file_is_refused_with_what_to_do(wasl, files, tmp_path):
    rabat, _, ours, _ = files
    assert "own_address" in wasl(rabat, "peer", "add", str(ours), "--words-checked", "x").stderr
    (tmp_path / "letter.txt").write_text("Dear colleague", encoding="utf-8")
    result = wasl(rabat, "peer", "look", str(tmp_path / "letter.txt"))
    assert (result.exit_code, "not_cards" in result.stderr, "  do: " in result.stderr) == (4, True, True)
    missing = wasl(rabat, "peer", "look", str(tmp_path / "nothing"))
    assert "file_problem" in missing.stderr


def test_cards_go_to_the_output_when_no_file_is_named(wasl, files):
    rabat, _, ours, _ = files
    assert wasl(rabat, "peer", "card").stdout_bytes == ours.read_bytes()


def test_invitations_are_listed_and_one_is_withdrawn_by_its_id(wasl, rabat):
    link = json.loads(wasl(rabat, "peer", "invite", "--label", "Salé", "--json").stdout)["invitation"]
    (entry,) = json.loads(wasl(rabat, "peer", "invitations", "--json").stdout)["invitations"]
    assert (entry["state"], entry["label"], entry["used_by"]) == ("open", "Salé", None)
    listed = wasl(rabat, "peer", "invitations").stdout
    assert link.rpartition(".")[2] not in listed
    assert wasl(rabat, "peer", "uninvite", entry["id"]).exit_code == 0
    assert "revoked" in wasl(rabat, "peer", "invitations").stdout


def test_node_without_invitations_is_told_how_to_make_one(wasl, rabat):
    assert "wasl peer invite" in wasl(rabat, "peer", "invitations").stdout
