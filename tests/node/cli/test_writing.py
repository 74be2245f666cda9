"""`wasl publish` and `wasl withdraw`: everything judged before the first thing is signed."""

from __future__ import annotations

import json

import pytest

from node import filing
from node.errors import BucketAway
from node.store import records
from node.store.records import OURSELVES


def _count(node):
    with node.database.reading() as connection:
        return sum(count for (_, kind), count in records.counts(connection, OURSELVES).items() if kind != "Node")


def _stated(practice, **changes):
    """The same practice in the form of a statement."""
    line = practice()
    content = {name: value for name, value in line.items() if name not in STATED}
    return {"type": "Practice", "language": "fr", "content": content | changes}


STATED = {"id", "type", "node", "version", "language", "illustrative", "licence", "visibility"}


def test_statement_from_standard_input_is_published(wasl, rabat, practice):
    result = wasl(rabat, "publish", "-", "--json", input=json.dumps(_stated(practice)))
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)["published"][0]
    shown = json.loads(wasl(rabat, "record", "show", told["uri"], "--json").stdout)
    assert shown["body"]["content"]["title"] == practice()["title"]
    assert (shown["type"], shown["revision"], shown["digest"]) == ("Practice", 1, told["digest"])


def test_lines_of_one_file_refer_to_each_other(wasl, rabat, practice, tmp_path):
    question = {"type": "Question", "id": "q", "node": "fes", "language": "fr", "about": "practice-001"}
    question |= {"title": {"fr": "Combien de temps ?"}, "text": {"fr": "Combien d'entretiens par personne ?"}}
    answer = {"type": "Answer", "id": "a", "language": "fr", "inReplyTo": "q", "text": {"fr": "Deux."}}
    translation = {"type": "Translation", "language": "de", "target": "practice-001", "targetVersion": 1, "from": "fr"}
    translation |= {"to": "de", "method": "human", "translator": "ISG", "fields": {"title": "Kompetenzbilanzen"}}
    file = tmp_path / "all.jsonl"
    lines = [practice(), question, answer | {"references": ["practice-001"]}, translation]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    result = wasl(rabat, "publish", str(file))
    assert result.exit_code == 0, result.stderr
    first, asked, answered, translated = result.stdout.split()
    shown = {uri: json.loads(wasl(rabat, "record", "show", uri, "--json").stdout) for uri in result.stdout.split()}
    assert shown[asked]["body"]["content"]["about"] == first
    assert shown[answered]["body"]["content"]["inReplyTo"] == asked
    assert shown[answered]["body"]["content"]["references"] == [first]
    assert shown[translated]["body"]["content"]["targetDigest"] == shown[first]["digest"]


def test_one_wrong_line_stops_the_whole_file(wasl, rabat, opened, practice, tmp_path):
    file = tmp_path / "all.jsonl"
    file.write_text(
        "\n".join(map(json.dumps, [practice(), practice(title={"fr": "x"}, topics=None)])), encoding="utf-8"
    )
    result = wasl(rabat, "publish", str(file))
    assert result.exit_code == 1
    assert "statement 2: content.title" in result.stderr
    assert "statement 2: content.topics" in result.stderr
    assert "statement 1" not in result.stderr
    assert _count(opened(rabat)) == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_json"),
        ("[1]", "bad_json"),
        ("{", "bad_json"),
        ('{"type": "Practice", "type": "Practice"}', "duplicate_key"),
        ('{"type": "Practice", "x": NaN}', "bad_number"),
        ("[" * 100_000, "too_deep"),
        (b"\xff\xfe", "bad_unicode"),
        ('{"language": "fr"}', "missing_field"),
        ('{"type": "Practise", "language": "fr", "content": {}}', "bad_field"),
        ('{"type": "Tombstone", "language": "fr", "content": {}}', "bad_field"),
        ('{"type": "Question", "language": "fr", "content": {}, "visibilty": "public"}', "bad_field"),
        ('{"type": "Question", "language": "fr", "content": []}', "bad_field"),
        ('{"type": "Question", "language": "fr", "about": "practice-999"}', "unknown_reference"),
        ('{"type": "Question", "language": "fr", "about": {"a": 1}}', "unknown_reference"),
    ],
)
def test_file_that_is_no_statement_is_refused_with_a_code(wasl, rabat, opened, text, code):
    result = wasl(rabat, "publish", "-", input=text)
    assert result.exit_code == 1
    assert f"code: {code} " in result.stderr
    assert _count(opened(rabat)) == 0


@pytest.mark.parametrize(
    "change", [{"visibility": "everybody"}, {"author": "x" * 121}, {"language": "FR!"}, {"licence": 7}]
)
def test_wrong_envelope_is_found_before_signing(wasl, rabat, opened, change):
    question = {"type": "Question", "language": "fr"}
    question["content"] = {"title": {"fr": "Combien de temps ?"}, "text": {"fr": "Combien d'entretiens ?"}}
    assert wasl(rabat, "publish", "-", "--dry-run", input=json.dumps(question)).exit_code == 0
    result = wasl(rabat, "publish", "-", input=json.dumps(question | change))
    assert result.exit_code == 1
    assert _count(opened(rabat)) == 0


def test_personal_data_is_shown_and_refused_until_consent_is_said(wasl, rabat, opened, practice):
    line = practice(evidenceNote={"fr": "Appeler Fatima au 0661-234567 ou f.alaoui@rabat.example"})
    result = wasl(rabat, "publish", "-", input=json.dumps(line))
    assert result.exit_code == 4
    assert "0661-234567" in result.stderr
    assert "content.evidenceNote.fr" in result.stderr
    assert "personal_data" in result.stderr
    assert _count(opened(rabat)) == 0
    assert wasl(rabat, "publish", "-", "--consent-checked", input=json.dumps(line)).exit_code == 0


def test_dry_run_publishes_nothing(wasl, rabat, opened, practice):
    result = wasl(rabat, "publish", "-", "--dry-run", input=json.dumps(practice()))
    assert result.exit_code == 0
    assert _count(opened(rabat)) == 0


def test_texts_are_signed_in_composed_form(wasl, rabat, practice):
    result = wasl(rabat, "publish", "-", input=json.dumps(practice(title={"fr": "Re\u0301aliser des bilans"})))
    shown = json.loads(wasl(rabat, "record", "show", result.stdout.strip(), "--json").stdout)
    assert shown["body"]["content"]["title"]["fr"] == "R\u00e9aliser des bilans"


def test_statement_with_a_record_corrects_it(wasl, rabat, practice, published):
    said = _stated(practice, title={"fr": "Un titre corrigé"}) | {"record": published}
    result = wasl(rabat, "publish", "-", input=json.dumps(said))
    assert result.stdout.strip() == published
    revisions = json.loads(wasl(rabat, "record", "history", published, "--json").stdout)["revisions"]
    assert [revision["revision"] for revision in revisions] == [1, 2]


def test_correction_of_an_unknown_record_is_refused(wasl, rabat, practice):
    said = _stated(practice) | {"record": "00000000-0000-0000-0000-000000000000"}
    result = wasl(rabat, "publish", "-", input=json.dumps(said))
    assert result.exit_code == 1
    assert "unknown_record" in result.stderr


def test_withdrawn_record_keeps_its_history(wasl, rabat, published):
    result = wasl(rabat, "withdraw", published.rpartition("/")[2], "--reason", "superseded", "--yes")
    assert result.exit_code == 0, result.stderr
    shown = json.loads(wasl(rabat, "record", "show", published, "--json").stdout)
    assert (shown["state"], shown["body"]["content"]["reason"]) == ("withdrawn", "superseded")
    again = wasl(rabat, "record", "withdraw", published, "--yes")
    assert (again.exit_code, "already_ended" in again.stderr) == (1, True)


def test_erased_content_is_in_no_export_and_no_revision(wasl, rabat, published):
    assert "RECOMIG" in wasl(rabat, "export").stdout
    result = wasl(rabat, "withdraw", published, "--erase", "--yes", "--json")
    assert json.loads(result.stdout)["state"] == "erased"
    assert "RECOMIG" not in wasl(rabat, "export").stdout
    revisions = json.loads(wasl(rabat, "record", "history", published, "--json").stdout)["revisions"]
    assert {revision["state"] for revision in revisions} == {"erased"}


def test_withdrawal_asks_first_and_dry_run_does_nothing(wasl, rabat, published):
    assert wasl(rabat, "withdraw", published, "--dry-run").exit_code == 0
    assert wasl(rabat, "withdraw", published, input="n\n").exit_code == 1
    assert json.loads(wasl(rabat, "record", "show", published, "--json").stdout)["state"] == "live"


def test_record_of_another_node_cannot_be_withdrawn(wasl, founded, published):
    result = wasl(founded("fes"), "withdraw", published, "--yes")
    assert result.exit_code == 1
    assert "unknown_record" in result.stderr


def test_erasure_while_the_bucket_is_away_is_done_and_its_files_are_the_workers(wasl, rabat, published, monkeypatch):
    def away(_node):
        raise BucketAway("the bucket with the files does not answer")

    monkeypatch.setattr(filing, "drop_loose", away)
    result = wasl(rabat, "withdraw", published, "--erase", "--yes", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["state"] == "erased"
