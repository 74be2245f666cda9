"""`wasl key`, `wasl node move`, `wasl record proof`: what a person is told and asked, and what a script gets."""

from __future__ import annotations

import json
import stat

import pytest

from node import keys, publish, recovery
from node.publish import Statement


@pytest.fixture
def words(rabat):
    """The words of Rabat's sheet, in Arabic."""
    return recovery.words(keys.seed(rabat / "keys"), "ar")


@pytest.fixture
def detached(wasl, rabat, words, tmp_path):
    """Rabat with its root key away, and a file with the words."""
    file = tmp_path / "words.txt"
    file.write_text("\n".join(f"{place}. {word}" for place, word in enumerate(words, 1)), encoding="utf-8")
    assert wasl(rabat, "key", "detach", "--sheet-file", str(file), "--yes").exit_code == 0
    return file


def _state(wasl, home):
    return json.loads(wasl(home, "key", "show", "--json").stdout)


def test_key_show_never_shows_a_secret(wasl, rabat, words):
    for call in (("key", "show"), ("key", "show", "--json"), ("node", "show", "--json"), ("doctor",)):
        told = wasl(rabat, *call).stdout
        seed = keys.seed(rabat / "keys")
        secret = "".join((rabat / "keys" / "signing.pem").read_text().splitlines()[1:-1])
        assert not [word for word in (secret, seed.hex(), seed.hex().upper(), "PRIVATE", *words[:3]) if word in told]
    assert _state(wasl, rabat)["signing_keys"]


def test_key_show_says_where_the_root_key_is(wasl, rabat, detached):
    assert "not on this machine" in wasl(rabat, "key", "show").stdout
    assert (_state(wasl, rabat)["root"], _state(wasl, rabat)["under_way"]) == ("away", "")
    assert wasl(rabat, "doctor", "--offline").exit_code == 0


def test_sheet_is_printed_when_told_to_and_written_for_one_person(wasl, rabat, words, tmp_path):
    silent = wasl(rabat, "key", "sheet", "--language", "ar")
    assert not set(words) & set(silent.stdout.split())
    shown = wasl(rabat, "key", "sheet", "--language", "ar", "--show").stdout
    assert set(words) <= set(shown.split())
    told = json.loads(wasl(rabat, "key", "sheet", "--json").stdout)
    assert "words" not in told
    page = tmp_path / "sheet.html"
    page.write_text("here before, for all to read")
    page.chmod(0o644)
    assert wasl(rabat, "key", "sheet", "--html", str(page), "--language", "tr").exit_code == 0
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    text = page.read_text(encoding="utf-8")
    assert all(f"<span>{word}</span>" in text for word in recovery.words(keys.seed(rabat / "keys"), "tr"))
    assert "https://wasl.rabat.example" in text


def test_detached_sheet_is_printed_again_only_from_its_words(wasl, rabat, detached, words):
    refused = wasl(rabat, "key", "sheet", "--show")
    assert (refused.exit_code, "root_key_away" in refused.stderr) == (4, True)
    shown = wasl(rabat, "key", "sheet", "--show", "--sheet-file", str(detached), "--language", "ar").stdout
    assert set(words) <= set(shown.split())


def test_typed_words_are_checked_word_by_word_and_asked_for_again(wasl, rabat, words):
    wrong = ["nonsense", *words[1:]]
    answers = "\n".join(wrong) + "\n" + " ".join(words) + "\n"
    result = wasl(rabat, "key", "check", input=answers)
    assert result.exit_code == 0, result.stderr
    assert "word 1, “nonsense”, is on no list" in result.stderr
    assert "The words are right." in result.stdout
    assert _state(wasl, rabat)["confirmed_at"]


def test_words_that_stay_wrong_are_an_error_with_what_to_do(wasl, rabat, words):
    swapped = " ".join([words[1], words[0], *words[2:]]) + "\n"
    result = wasl(rabat, "key", "check", input=swapped * 3)
    assert (result.exit_code, "sheet_wrong" in result.stderr) == (1, True)
    assert "do: " in result.stderr


def test_root_key_leaves_the_machine_only_with_the_right_words(wasl, rabat, words):
    assert wasl(rabat, "key", "detach", input="n\n").exit_code == 1
    assert (rabat / "keys" / "recovery.seed").exists()
    result = wasl(rabat, "key", "detach", input="y\n" + " ".join(words) + "\n")
    assert result.exit_code == 0, result.stderr
    assert [path.name for path in (rabat / "keys").iterdir()] == ["signing.pem"]
    again = wasl(rabat, "key", "detach", "--yes", input=" ".join(words) + "\n")
    assert (again.exit_code, "already_detached" in again.stderr) == (4, True)


def test_rotation_asks_for_the_words_when_the_root_key_is_away(wasl, rabat, detached, words):
    old = _state(wasl, rabat)["signing"]
    refused = wasl(rabat, "key", "rotate", "--yes")
    assert (refused.exit_code, "root_key_away" in refused.stderr) == (4, True)
    assert wasl(rabat, "key", "rotate", input="y\n" + " ".join(words) + "\n").exit_code == 0
    told = json.loads(wasl(rabat, "key", "rotate", "--sheet-file", str(detached), "--yes", "--json").stdout)
    state = _state(wasl, rabat)
    assert (state["signing_keys"][old], state["signing"], state["card"]) == ("retired", told["new"], 5)


def test_revocation_is_shown_before_it_is_done(wasl, rabat, published):
    old = _state(wasl, rabat)["signing"]
    dry = json.loads(wasl(rabat, "key", "revoke", "--dry-run", "--json").stdout)
    assert (dry["keys"], dry["records"], dry["by_type"]) == ([old], 1, {"Practice": 1})
    declined = wasl(rabat, "key", "revoke", input="n\n")
    assert "1 of ours are signed again" in declined.stdout
    assert (declined.exit_code, _state(wasl, rabat)["signing"]) == (1, old)
    done = json.loads(wasl(rabat, "key", "revoke", old[-8:], "--yes", "--json").stdout)
    assert (done["revoked"], done["records"], done["new"]) == ([old], 1, _state(wasl, rabat)["signing"])
    assert wasl(rabat, "record", "show", published).exit_code == 0
    unknown = wasl(rabat, "key", "revoke", "z6MkNobody", "--yes")
    assert (unknown.exit_code, "no_such_key" in unknown.stderr) == (1, True)
    acts = json.loads(wasl(rabat, "audit", "--json").stdout)
    assert "revoke_signing" in json.dumps(acts)


def test_new_sheet_is_told_and_the_old_one_is_worthless(wasl, rabat, words, tmp_path):
    page = tmp_path / "new.html"
    result = wasl(rabat, "key", "rotate-root", "--html", str(page), "--yes")
    assert result.exit_code == 0, result.stderr
    assert "destroy it" in result.stderr
    fresh = recovery.words(keys.seed(rabat / "keys"), "en")
    assert all(f"<span>{word}</span>" in page.read_text(encoding="utf-8") for word in fresh)
    old = wasl(rabat, "key", "check", "--sheet-file", "-", input=" ".join(words))
    assert (old.exit_code, "sheet_foreign" in old.stderr) == (1, True)


def test_move_writes_the_new_address_on_the_card(wasl, rabat):
    told = json.loads(wasl(rabat, "node", "move", "https://neu.example/", "--yes", "--json").stdout)
    assert (told["url"], told["card"]) == ("https://neu.example", 2)
    assert "same_address" in wasl(rabat, "node", "move", "https://neu.example", "--yes").stderr
    assert wasl(rabat, "node", "move", "ftp://x", "--yes").exit_code != 0
    assert wasl(rabat, "node", "move", "--yes").exit_code == 2
    assert wasl(rabat, "node", "move", "https://x.example", "--not-reachable", "--yes").exit_code == 2
    assert wasl(rabat, "node", "move", "--not-reachable", input="y\n").exit_code == 0
    assert json.loads(wasl(rabat, "node", "show", "--json").stdout)["url"] is None


@pytest.fixture
def forked(rabat, opened):
    """A record of Rabat with two revisions of number 1: a copied machine published too. Its URI."""
    node = opened(rabat)
    said = publish.publish(node, Statement("Note", {"text": "one"}, "fr"))
    body = {name: value for name, value in said.body.items() if name != "proof"} | {"content": {"text": "two"}}
    from node import intake
    from protocol.record import seal

    verdict = intake.admit(node, seal(body, node.signing.private, said.body["modifiedAt"]))
    assert verdict.status == "fork"
    return said.uri


def test_contradiction_is_proven_offline_on_another_machine(wasl, rabat, forked, tmp_path):
    """C3: a file that anybody can check; a changed byte is refused."""
    proof = tmp_path / "proof.json"
    listed = json.loads(wasl(rabat, "record", "proof", "--json").stdout)["contradictions"]
    assert [(one["uri"], one["number"], one["kind"]) for one in listed] == [(forked, 1, "record")]
    assert wasl(rabat, "record", "proof", forked, "-o", str(proof)).exit_code == 0
    assert wasl(rabat, "record", "proof", forked, "-o", str(proof)).exit_code == 1, "never overwritten"
    nowhere = tmp_path / "no-node-here"
    shown = wasl(nowhere, "record", "verify", str(proof))
    assert shown.exit_code == 0, shown.stderr
    assert forked in shown.stdout
    assert "signed by  Rabat" in shown.stdout
    told = json.loads(wasl(nowhere, "record", "verify", "-", "--json", input=proof.read_bytes()).stdout)
    assert (told["verdict"], told["uri"], told["same_key"]) == ("contradiction", forked, True)
    changed = bytearray(proof.read_bytes())
    changed[len(changed) // 2] ^= 1
    assert wasl(nowhere, "record", "verify", "-", input=bytes(changed)).exit_code == 1


def test_record_that_was_said_once_has_no_proof(wasl, rabat, published):
    result = wasl(rabat, "record", "proof", published)
    assert (result.exit_code, "no_contradiction" in result.stderr) == (1, True)
    assert "nothing was signed twice" in wasl(rabat, "record", "proof").stdout
