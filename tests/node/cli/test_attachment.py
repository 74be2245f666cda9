"""`wasl attachment`: a file is judged and cleaned before anything is signed; listed, fetched, erased."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from papers import docx, pdf, picture

from node import publish
from node.publish import Statement
from tests.protocol.contents import accepted


@pytest.fixture
def uri(rabat, opened) -> str:
    """A practice of Rabat."""
    statement = Statement("Practice", accepted()["practice-least"]["content"], "fr")
    return publish.publish(opened(rabat), statement).uri


def written(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def test_file_is_attached_listed_fetched_and_erased(wasl, rabat, uri, tmp_path):
    paper = written(tmp_path, "a.pdf", pdf("Charte"))
    tried = wasl(rabat, "attachment", "add", paper, "--to", uri, "--title", "Charte", "--dry-run", "--json")
    assert json.loads(tried.stdout)["removed"] == ["author"]
    assert json.loads(wasl(rabat, "attachment", "list", "--json").stdout) == {"attachments": []}
    told = json.loads(wasl(rabat, "attachment", "add", paper, "--to", uri, "--title", "Charte", "--json").stdout)
    (row,) = json.loads(wasl(rabat, "attachment", "list", "--of", uri, "--json").stdout)["attachments"]
    assert (row["uri"], row["state"], row["have"], row["code"]) == (told["uri"], "held", told["byteSize"], None)
    assert "Charte" in wasl(rabat, "attachment", "list").stdout
    for name in (told["uri"], told["sha256"]):
        assert wasl(rabat, "attachment", "get", name, "-o", "-").stdout_bytes.startswith(b"%PDF-")
    out = str(tmp_path / "out.pdf")
    assert wasl(rabat, "attachment", "get", told["uri"], "-o", out).exit_code == 0
    assert wasl(rabat, "attachment", "get", told["uri"], "-o", out).exit_code == 1, "nothing is overwritten"
    assert wasl(rabat, "attachment", "erase", told["uri"], "--yes").exit_code == 0
    assert wasl(rabat, "attachment", "get", told["sha256"], "-o", "-").exit_code == 1
    assert not any(path.is_file() for path in (rabat / "attachments").rglob("*"))
    acts = json.loads(wasl(rabat, "audit", "--json").stdout)
    assert {"attached", "attachment_ended"} <= {act["act"] for act in acts["acts"]}


def test_picture_without_a_word_about_it_is_refused_with_what_to_do_in_french(wasl, rabat, uri, tmp_path):
    photograph = written(tmp_path, "a.jpg", picture())
    words = ["attachment", "add", photograph, "--to", uri, "--title", "Le guichet"]
    refused = wasl(rabat, *words, LC_ALL="fr_FR.UTF-8")
    assert refused.exit_code == 1
    assert "Personne n’a dit ce que montre l’image." in refused.stderr
    assert "code: alt_missing" in refused.stderr
    refused = wasl(rabat, *words, "--alt", "Une tente", "--json")
    assert json.loads(refused.stderr)["error"]["code"] == "persons_unsaid"
    assert wasl(rabat, *words, "--alt", "Une tente", "--no-persons").exit_code == 0


def test_file_that_seems_to_hold_personal_data_waits_for_a_word(wasl, rabat, uri, tmp_path):
    paper = written(tmp_path, "a.docx", docx("Écrire à amina@example.org"))
    words = ["attachment", "add", paper, "--to", uri, "--title", "Contacts"]
    refused = wasl(rabat, *words)
    assert refused.exit_code != 0
    assert "amina@example.org" in refused.stderr
    assert "personal_data" in refused.stderr
    assert wasl(rabat, *words, "--consent-checked").exit_code == 0


def test_record_that_is_no_attachment_is_not_erased_by_this_command(wasl, rabat, uri):
    refused = wasl(rabat, "attachment", "erase", uri, "--yes", "--json")
    assert json.loads(refused.stderr)["error"]["code"] == "not_an_attachment"
