"""A table uploaded by a publisher: judged, shown, confirmed; all rows or none."""

from __future__ import annotations

import io
import json
import re
from importlib.resources import files

import pytest
from editing import decide

from node.outputs import csv_file
from node.store import drafts, notes, records
from node.store.records import OURSELVES
from node.transfer import headings, table
from node.web.admin import uploading


def _rows(*changes, language="fr"):
    line = json.loads(files("node").joinpath("data", "demo", "practices.jsonl").read_text("utf-8").splitlines()[0])
    usual = {name: line[name]["fr"] for name in headings.TEXTS if name in line}
    usual |= {"topics": ";".join(line["topics"]), "targetGroups": ";".join(line["targetGroups"]), "language": "fr"}
    usual |= {"status": line["status"], "startDate": line["startDate"]}
    heads = [headings.said(name, language) for name in table.COLUMNS]
    return csv_file.table(
        [heads, *([{**usual, **change}.get(name, "") for name in table.COLUMNS] for change in changes)]
    )


def _practices(office):
    with office.node.database.reading() as connection:
        return sum(count for (_, kind), count in records.counts(connection, OURSELVES).items() if kind == "Practice")


def _sent(person, data):
    return person.post("/admin/upload/check", table=(io.BytesIO(data), "rows.csv"))


def _confirmed(person, *changes, **more):
    page = _sent(person, _rows(*changes)).get_data(as_text=True)
    packed = re.search(r'name="rows" value="([^"]+)"', page)[1]
    answer = person.post("/admin/upload/publish", rows=packed, **more)
    assert answer.status_code == 303
    return page, answer.headers["Location"]


def _drafts(office):
    with office.node.database.reading() as connection:
        return drafts.in_state(connection, "draft", "submitted", "approved", "published")


def test_table_becomes_drafts_that_another_person_approves(office):
    lea, karim = office.signed("lea", "editor"), office.signed("karim", "publisher")
    page, there = _confirmed(lea, {}, {"title": "Un autre titre <b>gras</b>"})
    assert "&lt;b&gt;gras" in page
    assert there == "/admin/drafts"
    assert _practices(office) == 0
    assert [one.state for one in _drafts(office)] == ["submitted", "submitted"]
    assert "Un autre titre" in karim.page("/admin/drafts")
    for one in _drafts(office):
        decide(karim, f"/admin/drafts/{one.id}", "approve")
        karim.post(f"/admin/drafts/{one.id}/decide/publish")
    assert _practices(office) == 2


def test_row_that_corrects_a_practice_for_the_network_publishes_it_to_nobody_else(office):
    lea, karim = office.signed("lea", "editor"), office.signed("karim", "publisher")
    for row in ({"visibility": "network"}, {"title": "Un titre corrigé"}):
        with office.node.database.reading() as connection:
            held = records.latest(connection, OURSELVES, origin=office.node.did)
        _confirmed(lea, row | ({"record": held[0].record} if held else {}))
        for word in ("approve", "publish"):
            decide(karim, f"/admin/drafts/{_drafts(office)[0].id}", word)
    with office.node.database.reading() as connection:
        (head,) = records.latest(connection, OURSELVES, origin=office.node.did)
    assert (head.revision, head.visibility, head.content["title"]) == (2, "network", {"fr": "Un titre corrigé"})


def test_publisher_cannot_approve_the_rows_of_their_own_table(office):
    lea = office.signed("lea", "publisher")
    office.signed("karim", "publisher")
    _confirmed(lea, {})
    decide(lea, f"/admin/drafts/{_drafts(office)[0].id}", "approve")
    assert _practices(office) == 0


def test_one_person_who_may_approve_alone_publishes_a_table_at_once_and_it_is_written_down(office):
    amina = office.signed("amina", "administrator")
    amina.post("/admin/drafts/alone", allowed="yes")
    _, there = _confirmed(amina, {}, {"title": "Un autre titre assez long"})
    assert there == "/admin/published"
    assert _practices(office) == 2
    with office.node.database.reading() as connection:
        assert [act.detail for act in notes.acts(connection, word="draft_approved")] == ["alone", "alone"]


def test_row_that_needs_its_author_stays_a_draft_of_theirs(office):
    lea = office.signed("lea", "editor")
    _, there = _confirmed(
        lea, {}, {"lessonsLearned": "Tout s'est fort bien passé, du premier au dernier jour du projet."}
    )
    assert there == "/admin/drafts"
    assert sorted(one.state for one in _drafts(office)) == ["draft", "submitted"]


def test_faults_are_shown_by_row_and_column_and_nothing_can_be_confirmed(office):
    person = office.signed("lea", "publisher")
    answer = _sent(person, _rows({}, {"title": "x"}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert headings.said("title", "fr") in page or "Title" in page
    assert "(field_limit)" in page
    assert 'name="rows"' not in page


def test_confirming_what_was_never_shown_is_judged_all_the_same(office):
    import base64

    person = office.signed("lea", "publisher")
    packed = base64.b64encode(_rows({"title": "x"})).decode()
    assert person.post("/admin/upload/publish", rows=packed).status_code == 400
    for nonsense in ("", "%%%", base64.b64encode(b"PK\x03\x04").decode()):
        assert person.post("/admin/upload/publish", rows=nonsense).status_code == 303
    assert _practices(office) == 0


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"x" * (uploading.MOST_BYTES + 1), b"\xff\xfa"])
def test_file_that_is_no_table_is_told_with_its_code(office, data):
    answer = _sent(office.signed("lea", "publisher"), data)
    assert answer.status_code in (400, 413)
    assert re.search(r"\((bad_table|too_large|bad_text)\)", answer.get_data(as_text=True))


@pytest.mark.parametrize("form", ["csv", "ods"])
def test_template_is_a_download(office, form):
    answer = office.signed("lea", "publisher").get(f"/admin/upload/template.{form}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]


def test_stranger_is_sent_to_sign_in(office):
    assert office.browser().get("/admin/upload").status_code == 303
