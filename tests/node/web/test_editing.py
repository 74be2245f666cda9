"""From an officer's draft to a published practice: written, saved, checked, reviewed, published."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from editing import WHOLE, begin, decide, form_of, named, submit, told, write
from person import PASSWORD, Person

from node.store import drafts, notes, records, reviews
from node.store.records import OURSELVES


def drafts_of(office: Any) -> list[drafts.Draft]:
    with office.node.database.reading() as connection:
        return drafts.in_state(connection, "draft", "submitted", "changes", "approved", "published")


def practices(office: Any) -> list[records.Stored]:
    with office.node.database.reading() as connection:
        return records.latest(connection, OURSELVES, origin=office.node.did)


def acts(office: Any) -> list[str]:
    with office.node.database.reading() as connection:
        return [act.act for act in notes.acts(connection)]


def published(office: Any, writer: Person, publisher: Person, **fields: Any) -> str:
    """A practice written by one and published by another. Returns its UUID."""
    draft = begin(writer)
    write(writer, draft, **(WHOLE | fields))
    submit(writer, draft, confirmed="yes")
    for word in ("approve", "publish"):
        decide(publisher, draft, word)
    return practices(office)[0].record


@pytest.fixture
def pair(office: Any) -> tuple[Person, Person]:
    """Samira writes, Karim publishes."""
    return office.signed("samira", "editor"), office.signed("karim", "publisher")


def test_officer_writes_colleague_asks_for_a_change_and_it_is_published(office: Any, pair: Any) -> None:
    samira, karim = pair
    draft = begin(samira)
    assert write(samira, draft, **WHOLE).status_code == 303
    submit(samira, draft)
    assert "samira" in told(karim.page("/admin/inbox"))
    assert 'class="chip">1<' in karim.page("/admin/inbox")
    karim.post(f"{draft}/act/remark", field="results", text="Combien de femmes ?")
    answer = karim.post(f"{draft}/decide/ask", text="")
    assert "Combien de femmes ?" in told(karim.page(answer.headers["Location"]))
    assert drafts_of(office)[0].state == "changes"
    assert "Combien de femmes ?" in told(samira.page(draft))
    write(samira, draft, results=WHOLE["results"] + " Parmi elles 42 femmes.")
    submit(samira, draft)
    assert practices(office) == []
    decide(karim, draft, "approve")
    karim.post(f"{draft}/decide/publish")
    (stored,) = practices(office)
    assert stored.content["results"]["fr"].endswith("42 femmes.")
    assert stored.content["startDate"] == "2015-12"
    assert stored.content["topics"] == ["employment", "skills-assessment"]
    assert "testimonials" not in stored.content
    page = office.browser().page(f"/practices/{stored.origin}/{stored.record}")
    assert WHOLE["title"] in page
    wanted = ["draft_begun", "draft_submitted", "draft_remark", "draft_changes", "draft_submitted", "draft_approved"]
    assert [word for word in acts(office)[::-1] if word.startswith("draft")] == [*wanted, "draft_published"]


def test_published_twice_is_said_once(office: Any, pair: Any) -> None:
    samira, karim = pair
    published(office, samira, karim)
    with office.node.database.writing() as connection:  # as if the process had been killed between signing and noting
        drafts.move(connection, 1, "approved", 0, record=None)
    karim.post("/admin/drafts/1/decide/publish")
    assert len(practices(office)) == 1
    assert drafts_of(office)[0].state == "published"


def test_author_cannot_approve_their_own(office: Any) -> None:
    karim, other = office.signed("karim", "publisher"), office.signed("leila", "publisher")
    draft = begin(karim)
    write(karim, draft, **WHOLE)
    submit(karim, draft)
    decide(karim, draft, "approve")
    assert "own_draft" in told(karim.page(f"{draft}/review"))
    assert drafts_of(office)[0].state == "submitted"
    decide(other, draft, "approve")
    assert drafts_of(office)[0].state == "approved"


@pytest.mark.both_stores
def test_approval_of_a_version_that_was_replaced_meanwhile_is_none(office: Any, pair: Any) -> None:
    samira, karim = pair
    draft = begin(samira)
    write(samira, draft, **WHOLE)
    submit(samira, draft)
    form = re.search(r'decide/approve">.*?name="version" value="([0-9]+)"', karim.page(f"{draft}/review"), re.DOTALL)
    assert form is not None
    samira.post(f"{draft}/act/take_back")
    write(samira, draft, results="Le maire a tout fait lui-même, et tout le monde en a été content.")
    submit(samira, draft)
    for seen in ({"version": form[1]}, {}, {"version": "x"}):
        answer = karim.post(f"{draft}/decide/approve", **seen)
        assert "draft_changed" in told(karim.page(answer.headers["Location"])), seen
        assert drafts_of(office)[0].state == "submitted"
    decide(karim, draft, "approve")
    assert drafts_of(office)[0].state == "approved"


def test_only_person_who_can_approve_may_do_so_once_an_administrator_says_so(office: Any) -> None:
    amina = office.signed("amina", "administrator")
    draft = begin(amina)
    write(amina, draft, **WHOLE)
    submit(amina, draft)
    decide(amina, draft, "approve")
    assert drafts_of(office)[0].state == "submitted"
    amina.post("/admin/drafts/alone", allowed="yes")
    decide(amina, draft, "approve")
    assert drafts_of(office)[0].state == "approved"
    with office.node.database.reading() as connection:
        assert [act.detail for act in notes.acts(connection, word="draft_approved")] == ["alone"]


def test_permission_to_approve_alone_is_none_where_there_are_two(office: Any) -> None:
    amina, _karim = office.signed("amina", "administrator"), office.signed("karim", "publisher")
    amina.post("/admin/drafts/alone", allowed="yes")
    draft = begin(amina)
    write(amina, draft, **WHOLE)
    submit(amina, draft)
    decide(amina, draft, "approve")
    assert drafts_of(office)[0].state == "submitted"


def test_incomplete_draft_is_not_submitted_and_says_what_is_missing(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    write(samira, draft, **WHOLE | {"summary": "Trop court."})
    page = told(samira.page(f"{draft}/review", headers={"Accept-Language": "en"}))
    assert "69 characters are still missing" in page
    submit(samira, draft)
    assert "draft_incomplete" in told(samira.page(f"{draft}/review"))
    assert drafts_of(office)[0].state == "draft"


def test_practice_without_a_difficulty_is_not_submitted(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    write(samira, draft, **WHOLE | {"lessonsLearned": "Une équipe apprend un outil en s'en servant avec le public."})
    submit(samira, draft)
    assert drafts_of(office)[0].state == "draft"
    write(samira, draft, failures="Les rendez-vous du soir n'ont pas été pris.")
    submit(samira, draft)
    assert drafts_of(office)[0].state == "submitted"


def test_rows_are_added_and_removed_without_scripts(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    answer = write(samira, draft, "add:steps", **WHOLE, **{"steps.0.text": "Trouver deux associations"})
    assert answer.headers["Location"] == f"{draft}?add=steps#list-steps"
    assert 'name="f.steps.1.text"' in samira.page(f"{draft}?add=steps")
    for place, text in enumerate(("Former", "Recevoir"), start=1):
        write(samira, draft, **{f"steps.{place}.text": text, f"steps.{place}.durationWeeks": "2"})
    write(samira, draft, "remove:steps.0")
    held = drafts_of(office)[0].fields
    assert [held.get(f"steps.{place}.text") for place in range(3)] == ["Former", "Recevoir", None]


def test_indicators_are_data(office: Any, pair: Any) -> None:
    samira, karim = pair
    row = {"indicators.0.label": "Bilans", "indicators.0.value": "1 350,5", "indicators.0.unit": "bilans"}
    published(office, samira, karim, **row, **{"budget.amount": "٣٢٠٠٠٠", "budget.currency": "MAD"})
    content = practices(office)[0].content
    assert content["indicators"] == [{"label": {"fr": "Bilans"}, "value": "1350.5", "unit": "bilans"}]
    assert content["budget"] == {"amount": "320000", "currency": "MAD"}


def test_topics_are_suggested_from_the_text(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    write(samira, draft, challenge="Les femmes migrantes cherchent un logement et un emploi.")
    page = samira.page(draft, headers={"Accept-Language": "fr"})
    speaks, _, rest = page.partition('name="f.topics" value="housing"')
    assert "Votre texte parle de" in speaks
    assert rest


def test_second_tab_is_told_and_both_texts_are_kept(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    write(samira, draft, **WHOLE)
    first, second = form_of(samira.page(draft)), form_of(samira.page(draft))
    first |= {"f.results": "Texte du premier onglet, assez long pour être lu.", "f.failures": "Premier."}
    second |= {"f.results": "Texte du second onglet, assez long pour être lu.", "f.challenge": "Second."}
    for form in (first, second):
        form.pop("form_token")
        samira.post(f"{draft}/save", **form | {"do": "save"})
    page = told(samira.page(draft))
    assert "Texte du premier onglet" in page
    assert "Texte du second onglet" in page
    held = drafts_of(office)[0].fields
    assert (held["failures"], held["challenge"]) == ("Premier.", "Second.")
    submit(samira, draft)
    assert drafts_of(office)[0].state == "draft", "what lies aside must be settled first"
    with office.node.database.reading() as connection:
        (aside,) = drafts.asides(connection, 1)
    samira.post(f"{draft}/choose/{aside.id}", do="take")
    assert drafts_of(office)[0].fields["results"].startswith("Texte du second")
    assert "Texte du premier onglet" in told(samira.page(draft))


def test_autosave_answers_what_the_script_needs(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    first = samira.post(f"{draft}/autosave", version=1, tab="a", **named({"title": "Un premier titre"})).get_json()
    assert (first["version"], first["conflicts"]) == (2, [])
    assert "11" in first["progress"] or "10" in first["progress"]
    told_ = samira.post(f"{draft}/autosave", version=1, tab="b", **named({"title": "Un autre titre"})).get_json()
    assert told_["conflicts"] == ["title"]
    more = named({"title": "Un autre titre, plus long"})
    samira.post(f"{draft}/autosave", version=told_["version"], tab="b", apart="title", **more)
    with office.node.database.reading() as connection:
        assert [one.text for one in drafts.asides(connection, 1)] == ["Un autre titre, plus long"]
    assert drafts_of(office)[0].fields["title"] == "Un premier titre"


def test_expired_session_loses_no_sentence(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    form = form_of(samira.page(draft)) | named(WHOLE) | {"do": "save"}
    samira.client.delete_cookie("wasl-session")
    answer = samira.post(f"{draft}/save", token=form.pop("form_token"), **form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    kept = page.split('name="kept" value="')[1].split('"')[0]
    import html

    answer = samira.post(
        "/admin/sign-in", name="samira", password=PASSWORD, code="", next=draft, kept=html.unescape(kept)
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200, "a page with one button"
    token = page.split('name="form_token" value="')[1].split('"')[0]
    carried: dict[str, Any] = {}
    for piece in page.split('<input type="hidden" name="')[1:]:
        name, _, rest = piece.partition('" value="')
        carried.setdefault(name, []).append(html.unescape(rest.split('"')[0]))
    carried.pop("form_token")
    assert samira.post(f"{draft}/save", token=token, do="save", **carried).status_code == 303
    held = drafts_of(office)[0].fields
    assert held["approach"] == WHOLE["approach"]
    assert held["topics"] == "employment skills-assessment"


def test_wrong_password_after_an_expired_session_loses_nothing_either(office: Any, pair: Any) -> None:
    samira, _ = pair
    samira.client.delete_cookie("wasl-session")
    kept = json.dumps([["f.title", "<b>Un titre</b>"]])
    answer = samira.post("/admin/sign-in", name="samira", password="faux", code="", next="/admin/drafts/1", kept=kept)
    assert answer.status_code == 403 or answer.status_code == 400 or answer.status_code == 429
    assert "&lt;b&gt;Un titre" in answer.get_data(as_text=True)


def test_old_token_of_the_form_loses_nothing(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    form = form_of(samira.page(draft)) | named({"title": "Un titre de brouillon"})
    form.pop("form_token")
    answer = samira.post(f"{draft}/save", token="x" * 43, **form)
    assert answer.status_code == 403
    assert "Un titre de brouillon" in answer.get_data(as_text=True)


def test_draft_of_another_is_not_there(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft, other = begin(samira), office.signed("leila", "editor")
    write(samira, draft, **WHOLE)
    for path in (draft, f"{draft}/review", f"{draft}/preview", f"{draft}/discard"):
        assert other.get(path).status_code == 404
    assert other.post(f"{draft}/save", version=1, **named({"title": "Pris par un autre"})).status_code == 404
    assert drafts_of(office)[0].fields["title"] == WHOLE["title"]


def test_editor_does_not_decide(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft, other = begin(samira), office.signed("leila", "editor")
    write(samira, draft, **WHOLE)
    submit(samira, draft)
    assert decide(other, draft, "approve").status_code == 403
    assert drafts_of(office)[0].state == "submitted"


def test_preview_is_the_page_of_readers_and_signs_nothing(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    write(samira, draft, **WHOLE)
    page = samira.page(f"{draft}/preview")
    assert WHOLE["title"] in page
    assert WHOLE["lessonsLearned"] in page.replace("&#39;", "'")
    assert practices(office) == []


def test_given_up_draft_keeps_no_word(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    write(samira, draft, title="Un mot que personne ne doit garder")
    samira.post(f"{draft}/discard")
    assert samira.get(draft).status_code == 404
    with office.node.database.reading() as connection:
        for table in ("drafts", "draft_saves", "draft_asides"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").fetchall()
            assert "personne ne doit" not in str(rows)


def test_message_is_read_by_acting_on_it(office: Any, pair: Any) -> None:
    samira, karim = pair
    published(office, samira, karim)
    with office.node.database.reading() as connection:
        assert reviews.unread(connection, 2) == 0
        assert {one.word for one in reviews.messages(connection, 1)} == {"draft_approved", "draft_published"}
