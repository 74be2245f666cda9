"""Files of a draft: attached while it is written, seen by its reviewer, signed with it, erased one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from editing import WHOLE, attach, begin, decide, submit, told, write
from papers import pdf, picture
from person import Person

from node import attaching, drafting_files, filing
from node.consenting import Given, record
from node.errors import AttachmentRefused, NotAllowed
from node.store import accounts as people
from node.store import draft_files, drafts, files, notes, records
from node.store.records import OURSELVES, PUBLIC
from node.web.admin.guard import FORM_BYTES

PAPER = pdf("Guide du conseiller")


@pytest.fixture
def pair(office: Any) -> tuple[Person, Person]:
    """Samira writes, Karim publishes."""
    both = office.signed("samira", "editor"), office.signed("karim", "publisher")
    for person in both:
        person.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return both


def waiting(office: Any, number: int = 1) -> list[draft_files.DraftFile]:
    with office.node.database.reading() as connection:
        return draft_files.of(connection, number)


def publish(samira: Person, karim: Person, draft: str, **more: str) -> None:
    submit(samira, draft, **more)
    for word in ("approve", "publish"):
        decide(karim, draft, word)


def attached(office: Any) -> list[records.Stored]:
    with office.node.database.reading() as connection:
        (practice,) = records.latest(connection, OURSELVES, ["Practice"], origin=office.node.did)
        return files.of_record(connection, practice.uri, OURSELVES)


def practice_page(office: Any) -> str:
    with office.node.database.reading() as connection:
        (practice,) = records.latest(connection, OURSELVES, ["Practice"], origin=office.node.did)
    return f"/practices/{practice.origin}/{practice.record}"


def consent(office: Any, person: str = "samira", what: str = "photo", audience: str = "public") -> str:
    with office.node.database.reading() as connection:
        user = people.get_user(connection, person).user
    given = Given(what, "P-12", "La page de la pratique", audience, "fr", "2026-01-01", "2027-01-01")
    return record(office.node, user, given).id


def test_file_given_while_writing_is_published_with_the_practice(office: Any, pair: Any) -> None:
    samira, karim = pair
    draft = begin(samira)
    answer = attach(samira, draft, PAPER, "guide.pdf", "Le guide", **WHOLE)
    assert answer.headers["Location"].endswith("#files"), answer.get_data(as_text=True)
    photo = attach(samira, draft, picture(), "DSC_1.JPG", "Le guichet", alt="Une table", persons="no")
    assert photo.status_code == 303
    page = told(samira.page(draft))
    assert WHOLE["title"] in samira.page(draft)
    assert "Taken out of the file:" in page
    assert office.browser().get("/attachments/" + waiting(office)[0].sha256).status_code == 404
    publish(samira, karim, draft)
    assert [one.content["title"]["fr"] for one in attached(office)] == ["Le guide", "Le guichet"]
    assert waiting(office) == []
    read = office.browser().page(practice_page(office))
    assert "Le guide" in read
    assert 'alt="Une table"' in read
    for one in attached(office):
        assert office.browser().get("/attachments/" + one.content["sha256"]).status_code == 200


def test_reviewer_sees_the_files_and_a_stranger_does_not(office: Any, pair: Any) -> None:
    samira, karim = pair
    draft = begin(samira)
    attach(samira, draft, picture(), "a.jpg", "Le guichet", alt="Une table", persons="no", **WHOLE)
    address = f"{draft}/files/1"
    assert karim.get(address).status_code == 404
    assert office.signed("other", "editor").get(address).status_code == 404
    assert office.browser().get(address).status_code == 303
    submit(samira, draft)
    given = karim.get(address)
    assert given.status_code == 200
    assert given.headers["Content-Type"] == "image/jpeg"
    assert "sandbox" in given.headers["Content-Security-Policy"]
    assert "no-store" in given.headers["Cache-Control"]
    assert address in karim.page(f"{draft}/review")
    assert address in karim.page(f"{draft}/preview")
    assert b"Exif" not in given.data


def test_what_was_typed_is_saved_when_the_file_is_refused(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    answer = attach(samira, draft, b"<svg onload=alert(1)>", "a.jpg", "Le guichet", title="x", challenge="Un défi")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "attachment_type" in page or "attachment_disguised" in page
    assert "Un défi" in page
    assert 'value="Le guichet"' in page, "what was said of the file is still there"
    assert "Un défi" in samira.page(draft)


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({}, "title_missing", "file.title"),
        ({"title": "Guichet"}, "alt_missing", "file.alt"),
        ({"title": "Guichet", "alt": "Une table"}, "persons_unsaid", "file.persons"),
        ({"title": "Guichet", "alt": "Une table", "persons": "yes"}, "consent_missing", "file.consent"),
    ],
)
def test_what_a_picture_lacks_is_said_beside_its_field(
    office: Any, pair: Any, said: dict[str, str], code: str, field: str
) -> None:
    samira, _ = pair
    draft = begin(samira)
    title = said.pop("title", "")
    answer = attach(samira, draft, picture(), "a.jpg", title, **said)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert f'id="{field}-wrong"' in page
    assert code in page


def test_persons_are_shown_only_with_a_consent_that_holds_for_those_who_see(office: Any, pair: Any) -> None:
    samira, karim = pair
    draft = begin(samira)
    narrow, wide = consent(office, audience="network"), consent(office)
    for number in ("made-up", narrow):
        attach(samira, draft, picture(), "a.jpg", "Guichet", alt="Deux voisins", persons="yes", consent=number, **WHOLE)
        submit(samira, draft)
        assert told(samira.page(f"{draft}/review")).count("Submit for review") == 0
        with office.node.database.reading() as connection:
            assert drafts.get(connection, 1).state == "draft"
        samira.post(f"{draft}/files/{waiting(office)[0].id}/drop")
    attach(samira, draft, picture(), "a.jpg", "Guichet", alt="Deux voisins", persons="yes", consent=wide)
    publish(samira, karim, draft)
    (photo,) = attached(office)
    assert photo.content["consentId"] == wide
    samira.post(f"/admin/consents/{wide}/withdraw")
    page = samira.page("/admin/consents")
    assert "It no longer holds, and this still relies on it" in page
    assert "Guichet" in page


def test_personal_data_in_a_file_must_be_confirmed(office: Any, pair: Any) -> None:
    samira, karim = pair
    draft = begin(samira)
    attach(samira, draft, pdf("Ecrire a jeanne.dupont@example.org"), "guide.pdf", "Le guide", **WHOLE)
    assert "jeanne.dupont@example.org" in samira.page(draft)
    submit(samira, draft)
    with office.node.database.reading() as connection:
        assert drafts.get(connection, 1).state == "draft"
    publish(samira, karim, draft, confirmed="yes")
    assert len(attached(office)) == 1


def test_file_that_comes_after_an_approval_voids_nothing_because_it_cannot_come(office: Any, pair: Any) -> None:
    samira, karim = pair
    draft = begin(samira)
    write(samira, draft, **WHOLE)
    submit(samira, draft)
    decide(karim, draft, "approve")
    with office.node.database.reading() as connection:
        user = people.get_user(connection, "samira").user
    prepared = attaching.prepare(PAPER, "a.pdf", title="Late", language="fr")
    with pytest.raises(NotAllowed) as refused:
        drafting_files.add(office.node, user, 1, prepared)
    assert refused.value.code == "draft_closed"


def test_who_attaches_to_the_draft_of_another_has_written_in_it(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    write(samira, draft, **WHOLE)
    amina = office.signed("amina", "administrator")
    attach(amina, draft, PAPER, "guide.pdf", "Le guide")
    submit(samira, draft)
    decide(amina, draft, "approve")
    with office.node.database.reading() as connection:
        assert drafts.get(connection, 1).state == "submitted"


def test_same_file_twice_and_a_thirteenth_are_refused(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    attach(samira, draft, PAPER, "guide.pdf", "Le guide")
    again = attach(samira, draft, PAPER, "guide.pdf", "Le guide")
    assert "already_attached" in again.get_data(as_text=True)
    with office.node.database.reading() as connection:
        user = people.get_user(connection, "samira").user
    for number in range(2, 13):
        prepared = attaching.prepare(pdf(f"Page {number}"), "a.pdf", title=f"{number}", language="fr")
        drafting_files.add(office.node, user, 1, prepared)
    one_more = attach(samira, draft, pdf("Page 13"), "a.pdf", "13")
    assert "too_many_attachments" in one_more.get_data(as_text=True)
    assert len(waiting(office)) == 12


def test_files_that_wait_count_for_the_room_of_attachments(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    small = dataclasses.replace(office.node.config, attachments_total_mb=0)
    object.__setattr__(office.node, "config", small)
    answer = attach(samira, draft, PAPER, "guide.pdf", "Le guide")
    assert "attachment_quota" in answer.get_data(as_text=True)


def test_files_of_a_practice_published_by_a_process_that_was_killed_are_published_later(
    office: Any, pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    samira, karim = pair
    draft = begin(samira)
    attach(samira, draft, PAPER, "guide.pdf", "Le guide", **WHOLE)
    attach(samira, draft, pdf("Un autre"), "b.pdf", "Un autre")
    killed = RuntimeError("killed")
    real, calls = attaching.publish_to, []

    def once(*arguments: Any, **more: Any) -> str:
        calls.append(1)
        if len(calls) == 2:
            raise killed
        return real(*arguments, **more)

    monkeypatch.setattr(attaching, "publish_to", once)
    publish(samira, karim, draft)  # its last answer is an error page
    assert len(attached(office)) == 1
    assert "not signed yet" in samira.page(f"{draft}/review")
    assert drafting_files.catch_up(office.node)
    assert not drafting_files.catch_up(office.node)
    assert [one.content["title"]["fr"] for one in attached(office)] == ["Le guide", "Un autre"]


def test_file_that_is_refused_keeps_no_other_draft_back_and_is_told_to_the_worker(
    office: Any, pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    samira, karim = pair
    real = attaching.publish_to
    full = AttachmentRefused("no room", "attachment_quota")

    def refuse(*arguments: Any, **more: Any) -> str:
        if "Le premier" in str(arguments[1].content) or "worker" not in more.values():
            raise full
        return real(*arguments, **more)

    monkeypatch.setattr(attaching, "publish_to", refuse)
    for number, title in enumerate(("Le premier", "Le second")):
        draft = begin(samira)
        words = WHOLE | {"title": f"Bilans de compétences, {title}"}
        attach(samira, draft, pdf(f"Page {number}"), "a.pdf", title, **words)
        publish(samira, karim, draft)
    with pytest.raises(AttachmentRefused):
        drafting_files.catch_up(office.node)
    assert [len(waiting(office, number)) for number in (1, 2)] == [1, 0]


def test_file_signed_just_before_a_kill_is_not_signed_twice(office: Any, pair: Any) -> None:
    samira, karim = pair
    draft = begin(samira)
    attach(samira, draft, PAPER, "guide.pdf", "Le guide", **WHOLE)
    before = waiting(office)[0]
    with office.node.database.reading() as connection:
        _, data = draft_files.get(connection, 1, before.id)
    publish(samira, karim, draft)
    with office.node.database.writing() as connection:
        draft_files.add(
            connection, 1, data, "fr", 0, content=dict(before.content), removed=before.removed, personal=before.personal
        )
    assert drafting_files.catch_up(office.node)
    assert len(attached(office)) == 1


def test_draft_that_is_given_up_takes_its_files_along(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    attach(samira, draft, pdf("Zanzibaresque"), "guide.pdf", "Le guide")
    samira.post(f"{draft}/discard")
    assert waiting(office) == []


def test_one_file_is_erased_and_its_answers_are_shown(office: Any, pair: Any) -> None:
    samira, karim = pair
    draft = begin(samira)
    attach(samira, draft, PAPER, "guide.pdf", "Le guide", **WHOLE)
    attach(samira, draft, picture(), "a.jpg", "Le guichet", alt="Une table", persons="no")
    publish(samira, karim, draft)
    photo = attached(office)[1]
    practice = practice_page(office).rpartition("/")[2]
    sure = f"/admin/published/{practice}/sure/file"
    assert samira.get(f"{sure}?file={photo.record}").status_code == 403
    assert "Le guichet" in karim.page(f"{sure}?file={photo.record}")
    assert karim.post(sure, file=photo.record, typed="oops").status_code == 200
    assert len(attached(office)) == 2
    assert karim.get(f"{sure}?file=00000000-0000-4000-8000-000000000000").status_code == 404
    karim.post(sure, file=photo.record, typed="erase")
    assert [one.content["title"]["fr"] for one in attached(office)] == ["Le guide"]
    assert office.browser().get("/attachments/" + photo.content["sha256"]).status_code == 404
    assert filing.read(office.node, bytes.fromhex(photo.content["sha256"])) is None
    assert "A file was erased" in told(karim.page(f"/admin/published/{practice}"))
    with office.node.database.reading() as connection:
        assert notes.acts(connection, word="attachment_ended")[0].actor == "web:karim"


def test_revision_keeps_its_files_and_may_bring_more(office: Any, pair: Any) -> None:
    samira, karim = pair
    draft = begin(samira)
    attach(samira, draft, PAPER, "guide.pdf", "Le guide", **WHOLE)
    publish(samira, karim, draft)
    practice = practice_page(office).rpartition("/")[2]
    revised = samira.post(f"/admin/published/{practice}/revise").headers["Location"]
    assert "1 file is published with this practice already." in told(samira.page(revised))
    attach(samira, revised, pdf("Un autre"), "b.pdf", "Un autre")
    publish(samira, karim, revised)
    assert [one.content["title"]["fr"] for one in attached(office)] == ["Le guide", "Un autre"]


def test_text_that_comes_with_a_file_survives_an_ended_session(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    out = office.browser()
    answer = out.post(f"{draft}/attach", **{"f.challenge": "Un défi précieux", "do": "attach"})
    assert answer.status_code == 401
    assert "Un défi précieux" in answer.get_data(as_text=True)


def test_file_chosen_and_only_saved_is_told_of(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    samira.post(f"{draft}/save", file="guide.pdf", do="save")
    assert "not attached" in samira.page(draft)


@pytest.mark.parametrize("path", ["/admin/drafts/new", "/admin/sign-in", "/admin/consents/add"])
def test_form_beyond_its_bound_is_refused_unread(office: Any, path: str) -> None:
    read: list[int] = []

    class Endless:
        def read(self, size: int = -1) -> bytes:
            read.append(size)
            return b"a" * max(size, 0)

        def readline(self, size: int = -1) -> bytes:
            return self.read(size)

    person = office.signed("samira", "editor")
    answer = person.client.post(
        path,
        content_type="application/x-www-form-urlencoded",
        headers={"Origin": "http://localhost"},
        environ_overrides={"wsgi.input": Endless(), "CONTENT_LENGTH": str(FORM_BYTES + 1)},
    )
    assert answer.status_code == 413, answer.get_data(as_text=True)[-1500:]
    assert read == []


def test_public_sees_no_row_of_a_draft_file(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    attach(samira, draft, pdf("Zanzibaresque"), "guide.pdf", "Zanzibaresque", **WHOLE)
    with office.node.database.reading() as connection:
        assert files.everything(connection) == []
        assert records.counts(connection, PUBLIC).get((office.node.did, "Attachment"), 0) == 0


@pytest.fixture(autouse=True)
def _followed(office: Any) -> Iterator[None]:
    yield
    while filing.follow(office.node):
        pass
