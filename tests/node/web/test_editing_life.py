"""What comes after: revised, withdrawn, erased, forked, translated; consents; hostile and secret texts."""

from __future__ import annotations

import re
from typing import Any

import library
import pytest
from editing import WHOLE, begin, decide, named, submit, told, write
from person import Person

from node import indexing, publish
from node.drafting_checks import names_in
from node.drafting_text import clean
from node.store import drafts, records
from node.store.records import OURSELVES

CANARY = "kanarienvogelgelb"
VOICE = "J'ai pu dire ce que je sais faire, et cela a changé ma recherche."


def drafts_of(office: Any) -> list[drafts.Draft]:
    with office.node.database.reading() as connection:
        return drafts.in_state(connection, "draft", "submitted", "changes", "approved", "published")


def heads(office: Any, kind: str = "Practice") -> list[records.Stored]:
    with office.node.database.reading() as connection:
        return records.latest(connection, OURSELVES, [kind], origin=office.node.did)


def head_of(office: Any, record: str) -> records.Stored:
    with office.node.database.reading() as connection:
        found = records.get(connection, f"{office.node.did}/records/{record}", OURSELVES)
    assert found is not None
    return found


def decided(draft: str, author: Person, publisher: Person) -> None:
    submit(author, draft, confirmed="yes")
    for word in ("approve", "publish"):
        assert decide(publisher, draft, word).status_code == 303


def published(office: Any, samira: Person, karim: Person, **fields: Any) -> str:
    draft = begin(samira)
    write(samira, draft, **(WHOLE | fields))
    decided(draft, samira, karim)
    return heads(office)[0].record


def consent(person: Person, **more: str) -> Any:
    form = {"what": "text", "subject": "P-12", "purposes": "publier la pratique", "audience": "public"}
    form |= {"languages": "fr, ar", "given_on": "2026-01-10", "expires_on": "2030-01-10"}
    return person.post("/admin/consents/add", **(form | more))


def consent_id(office: Any) -> str:
    with office.node.database.reading() as connection:
        return str(connection.exec_driver_sql("SELECT id FROM consents").scalar())


def words_of_drafts(office: Any, *more: str) -> str:
    """All that these tables hold. A row is made a tuple: its own `str` leaves out the middle of a long text."""
    with office.node.database.reading() as connection:
        tables = ("drafts", "draft_saves", "draft_asides", "draft_remarks", *more)
        rows = [tuple(row) for one in tables for row in connection.exec_driver_sql(f"SELECT * FROM {one}")]
    return str(rows)


@pytest.fixture
def pair(office: Any) -> tuple[Person, Person]:
    return office.signed("samira", "editor"), office.signed("karim", "publisher")


def test_revision_shows_its_difference_word_by_word_and_keeps_what_no_field_shows(office: Any, pair: Any) -> None:
    samira, karim = pair
    record = published(office, samira, karim)
    content = heads(office)[0].content | {"spatial": [{"name": {"fr": "Rabat"}}], "later": {"x": 1}}
    publish.publish(office.node, publish.Statement("Practice", content, "fr"), record)
    draft = samira.post(f"/admin/published/{record}/revise").headers["Location"]
    assert samira.post(f"/admin/published/{record}/revise").headers["Location"] == draft
    write(samira, draft, results=WHOLE["results"].replace("80 personnes", "95 personnes"))
    page = samira.page(f"{draft}/review")
    assert "<del>80 </del><ins>95 </ins>personnes" in page
    decided(draft, samira, karim)
    head = head_of(office, record)
    assert (head.revision, head.content["later"], head.content["spatial"]) == (3, {"x": 1}, content["spatial"])
    assert "95 personnes" in head.content["results"]["fr"]


@pytest.mark.both_stores
def test_practice_is_revised_by_one_person_at_a_time(office: Any, pair: Any) -> None:
    samira, karim = pair
    record = published(office, samira, karim)
    samira.post(f"/admin/published/{record}/revise")
    other = office.signed("leila", "editor")
    other.post(f"/admin/published/{record}/revise")
    assert "being_revised" in told(other.page(f"/admin/published/{record}"))


def test_revision_whose_practice_has_changed_is_not_published(office: Any, pair: Any) -> None:
    samira, karim = pair
    record = published(office, samira, karim)
    draft = samira.post(f"/admin/published/{record}/revise").headers["Location"]
    write(samira, draft, failures="Les rendez-vous du soir.")
    content = heads(office)[0].content | {"sustainability": {"fr": "Une ligne du budget."}}
    publish.publish(office.node, publish.Statement("Practice", content, "fr"), record)
    decided(draft, samira, karim)
    assert head_of(office, record).revision == 2
    samira.post(f"{draft}/act/take_back")
    samira.post(f"{draft}/act/catch_up")
    decided(draft, samira, karim)
    assert head_of(office, record).revision == 3


def test_withdrawing_is_typed_and_keeps_the_history(office: Any, pair: Any) -> None:
    samira, karim = pair
    record = published(office, samira, karim)
    sure = f"/admin/published/{record}/sure/withdrawn"
    assert samira.get(sure).status_code == 403
    page = told(karim.page(sure, headers={"Accept-Language": "en"}))
    assert "1 revision" not in page
    assert "0 peers are told" in page
    headers = {"Origin": "http://localhost", "Accept-Language": "en"}
    assert karim.post(sure, typed="wrong", reason="withdrawn", headers=headers).status_code == 200
    assert head_of(office, record).state == "live"
    karim.post(sure, typed="withdraw", reason="withdrawn", headers=headers)
    assert head_of(office, record).state == "withdrawn"
    assert office.browser().get(f"/practices/{office.node.did}/{record}").status_code == 410


@pytest.mark.both_stores
def test_erasing_forgets_the_drafts_too_and_shows_who_has_answered(network: Any, office: Any, pair: Any) -> None:
    samira, karim = pair
    rabat, fes, sale = network.towns["rabat"], network.found("fes"), network.found("sale")
    for town in (fes, sale):
        network.befriend(town, rabat)
    record = published(office, samira, karim, challenge=f"La commune ne savait rien des métiers, {CANARY}.")
    network.settle()
    network.cut(rabat, sale)
    headers = {"Origin": "http://localhost", "Accept-Language": "en"}
    sure = f"/admin/published/{record}/sure/erased"
    with network.as_speaker(rabat):
        karim.post(sure, typed="erase", reason="erasure-request", headers=headers)
    network.meet(fes, rabat)
    fes.follow()
    network.meet(fes, rabat)
    network.meet(rabat, fes)
    page = told(karim.page(f"/admin/published/{record}", headers={"Accept-Language": "en"}))
    assert "erased, as it says" in page
    assert "has not answered yet" in page
    assert CANARY not in words_of_drafts(office, "log")


@pytest.mark.both_stores
def test_voice_leaves_the_network_and_the_rest_stays(office: Any, pair: Any) -> None:
    samira, karim = pair
    consent(samira)
    voice = {"testimonials.0.text": VOICE, "testimonials.0.speakerRole": "menuisier, 30 à 40 ans"}
    record = published(office, samira, karim, **voice, **{"testimonials.0.consentId": consent_id(office)})
    travelled = heads(office)[0].content["testimonials"][0]
    assert (travelled["audience"], travelled["consentId"]) == ("public", consent_id(office))
    assert "P-12" not in str(heads(office)[0].data)
    headers = {"Origin": "http://localhost", "Accept-Language": "en"}
    answer = karim.post(f"/admin/published/{record}/sure/voice", typed="erase", place=0, headers=headers)
    assert head_of(office, record).state == "erased"
    (left,) = heads(office)
    assert answer.headers["Location"].endswith(left.record)
    assert left.content["title"] == {"fr": WHOLE["title"]}
    assert "testimonials" not in left.content
    with office.node.database.reading() as connection:
        for table in ("log", "drafts", "draft_saves"):
            assert "ce que je sais faire" not in str(
                [*map(tuple, connection.exec_driver_sql(f"SELECT * FROM {table}"))]
            )


def test_voice_needs_a_consent_that_holds_for_its_audience(office: Any, pair: Any) -> None:
    samira, karim = pair
    consent(samira, audience="network")
    draft = begin(samira)
    write(samira, draft, **WHOLE, **{"testimonials.0.text": VOICE})
    submit(samira, draft)
    assert "voice_consent_missing" in told(samira.page(f"{draft}/review"))
    write(samira, draft, **{"testimonials.0.consentId": consent_id(office)})
    submit(samira, draft)
    assert "consent_narrow" in told(samira.page(f"{draft}/review"))
    write(samira, draft, _visibility="network")
    submit(samira, draft)
    assert drafts_of(office)[0].state == "submitted"
    samira.post(f"/admin/consents/{consent_id(office)}/withdraw")
    decide(karim, draft, "approve")
    karim.post(f"{draft}/decide/publish")
    assert "consent_ended" in told(karim.page(f"{draft}/review"))
    assert heads(office) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"subject": "Fatou Ndiaye"}, "consent_names"),
        ({"expires_on": "2031-01-11"}, "consent_too_long"),
        ({"given_on": "2027-01-01"}, "consent_too_long"),
        ({"purposes": " "}, "consent_incomplete"),
        ({"form_hash": "abc"}, "consent_incomplete"),
        ({"audience": "world"}, "consent_incomplete"),
    ],
)
def test_consent_that_cannot_hold_is_refused(office: Any, change: dict[str, str], code: str) -> None:
    samira = office.signed("samira", "editor")
    answer = consent(samira, **change)
    assert answer.status_code == 400
    assert code in answer.get_data(as_text=True)
    with office.node.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM consents").scalar() == 0


def test_two_versions_become_one(office: Any, pair: Any, tmp_path: Any) -> None:
    import shutil

    from node.assembly import open_node

    samira, karim = pair
    record = published(office, samira, karim)
    content = heads(office)[0].content
    home = office.node.config.home
    twin_home = tmp_path / "twin"
    shutil.copytree(home, twin_home)
    twin = open_node(twin_home, {"WASL_LIMITS_FREE_MB": "0"}, office.network.clock)
    said = {"a": office.node, "b": twin}
    for name, node in said.items():
        more = content | {"sustainability": {"fr": f"Version {name} de la suite."}}
        publish.publish(node, publish.Statement("Practice", more, "fr"), record)
    with twin.database.reading() as connection:
        other = records.get(connection, f"{twin.did}/records/{record}", OURSELVES)
    assert other is not None
    from node import intake

    intake.admit(office.node, other.data)
    twin.close()
    page = karim.page(f"/admin/published/{record}/fork")
    assert "<del>" in page
    assert "Version" in told(page)
    karim.post(f"/admin/published/{record}/fork", digest=other.digest.hex())
    head = head_of(office, record)
    assert (head.revision, head.content["sustainability"]["fr"]) == (3, "Version b de la suite.")
    assert karim.get(f"/admin/published/{record}/fork").status_code == 303


def test_erasing_at_the_terminal_forgets_the_drafts_too(office: Any, pair: Any) -> None:
    samira, karim = pair
    record = published(office, samira, karim, challenge=f"La commune ne savait rien des métiers, {CANARY}.")
    samira.post(f"/admin/published/{record}/revise")
    kept = begin(samira)
    write(samira, kept, title="Un autre brouillon")
    assert CANARY in words_of_drafts(office)
    publish.end(office.node, f"{office.node.did}/records/{record}", "erased", "erasure-request")
    assert CANARY not in words_of_drafts(office)
    assert "Un autre brouillon" in samira.page(kept)


@pytest.mark.both_stores
def test_erasure_by_another_node_forgets_the_drafts_that_translate_it(network: Any, office: Any, pair: Any) -> None:
    samira, karim = pair
    rabat, fes = network.towns["rabat"], network.found("fes")
    network.befriend(fes, rabat)
    made = library.say(fes.node, "Venu de Fès")
    network.settle()
    for language, words in (("ar", CANARY), ("de", f"{CANARY} noch nicht fertig")):
        draft = samira.post("/admin/translate/begin", uri=made.uri, language=language).headers["Location"]
        write(samira, draft, title=words)
        if language == "ar":
            decided(draft, samira, karim)
    asked = samira.post("/admin/drafts/reply", kind="Question", uri=made.uri, language="fr").headers["Location"]
    write(samira, asked, title="Qui forme ici ?")
    network.settle()
    assert CANARY in words_of_drafts(office)
    publish.end(fes.node, made.uri, "erased", "erasure-request")
    network.settle()
    assert CANARY not in words_of_drafts(office)
    assert "Qui forme ici ?" in samira.page(asked), "the own words of this town"


def test_translation_is_a_record_of_its_own_and_is_marked_when_its_source_moves_on(office: Any, pair: Any) -> None:
    samira, karim = pair
    record = published(office, samira, karim)
    uri = f"{office.node.did}/records/{record}"
    address = f"http://localhost/practices/{office.node.did}/{record}?text=fr"
    found = samira.post("/admin/published/find", address=address).headers["Location"]
    assert "العربية" in samira.page(found)
    draft = samira.post("/admin/translate/begin", uri=uri, language="ar").headers["Location"]
    page = samira.page(draft)
    assert 'lang="fr" dir="ltr"' in page
    assert 'lang="ar" dir="rtl"' in page
    write(samira, draft, title="تقييم كفاءات المهاجرين", results="350 تقييما في خمسة أشهر.")
    assert "تقييم كفاءات المهاجرين" in samira.page(f"{draft}/preview")
    decided(draft, samira, karim)
    (made,) = heads(office, "Translation")
    assert made.content["fields"] == {"title": "تقييم كفاءات المهاجرين", "results": "350 تقييما في خمسة أشهر."}
    assert (made.content["from"], made.content["to"], made.content["method"]) == ("fr", "ar", "human")
    assert head_of(office, record).content["title"] == {"fr": WHOLE["title"]}, "the original is not written into"

    content = heads(office)[0].content
    content |= {"results": {"fr": WHOLE["results"] + " Le service continue."}}
    publish.publish(office.node, publish.Statement("Practice", content, "fr"), record)
    again = samira.post("/admin/translate/begin", uri=uri, language="ar").headers["Location"]
    assert again != draft
    page = samira.page(again)
    folded = page.split(f'action="{again}/save"')[1].split("<details")
    assert 'name="f.results"' in folded[0]
    assert 'name="f.title"' in folded[1]
    assert 'name="f.title"' not in folded[0]
    write(samira, again, results="350 تقييما في خمسة أشهر. والخدمة مستمرة.")
    samira.post(f"{again}/act/catch_up")
    decided(again, samira, karim)
    (made,) = heads(office, "Translation")
    assert (made.revision, made.content["targetDigest"]) == (2, head_of(office, record).digest.hex())


def test_draft_is_on_no_page_feed_export_or_search(office: Any, pair: Any) -> None:
    """A word that stands in a draft only: every public route is asked, and everything that leaves the node."""
    samira, karim = pair
    published(office, samira, karim)
    draft = begin(samira)
    secret = {"challenge": f"{WHOLE['challenge']} {CANARY}", "title": f"{CANARY} {WHOLE['title']}"}
    write(samira, draft, **(WHOLE | secret))
    searcher = office.app.extensions["wasl-searcher"]
    while indexing.follow_once(office.node, searcher):
        pass
    reader = office.browser()
    asked = 0
    with office.app.test_request_context("/"):
        adapter = office.app.url_map.bind("localhost")
        paths = []
        for rule in office.app.url_map.iter_rules():
            if "GET" in (rule.methods or set()) and not rule.rule.startswith("/admin"):
                stored = heads(office)[0]
                known: dict[str, Any] = {"did": office.node.did, "record": stored.record, "digest": stored.digest.hex()}
                known |= {"number": 1, "form": "bib", "sha256": "0" * 64}
                values = {name: known.get(name, "wasl.css") for name in rule.arguments}
                paths.append(adapter.build(rule.endpoint, values))
    for path in paths:
        for query in ("", f"?q={CANARY}"):
            answer = reader.get(path + query)
            text = answer.get_data().decode(errors="replace")
            answer.close()
            assert query or CANARY not in text, path
            assert f"{CANARY} {WHOLE['title'][:20]}" not in text, path  # a page may say again what was asked
            assert f"régularisées. {CANARY}" not in text, path
            asked += answer.status_code == 200
    assert asked >= 20
    with office.node.database.reading() as connection:
        for table in ("log", "heads", "audit", "quarantine", "meta"):
            assert CANARY not in str([*map(tuple, connection.exec_driver_sql(f"SELECT * FROM {table}"))])
    searcher.forget()
    assert CANARY.encode() not in b"".join(
        path.read_bytes() for path in (office.node.config.home / "index").rglob("*") if path.is_file()
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Titre\u202egnp.exe", "Titregnp.exe"),
        ("a\u2066b\u2069c\u200b\u00ad", "abc"),
        ("un\u00a0deux\u202ftrois", "un deux trois"),
        ("\u2022\tUn\r\n\u00b7 Deux\n\uf0b7  Trois", "- Un\n- Deux\n- Trois"),
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("e\u0301cole", "école"),
        ("ligne  \n\n\n\n\nautre", "ligne\n\nautre"),
        ("\ud800seul", "seul"),
    ],
)
def test_pasted_text_is_cleaned(typed: str, kept: str) -> None:
    assert clean(typed) == kept
    assert clean(clean(typed)) == kept


def test_script_in_a_text_is_only_text(office: Any, pair: Any) -> None:
    samira, karim = pair
    evil = "</textarea><script>alert(1)</script> [clic](javascript:alert(1)) <img src=x onerror=alert(1)>"
    draft = begin(samira)
    write(samira, draft, **(WHOLE | {"approach": WHOLE["approach"] + evil, "title": WHOLE["title"] + "<b>\u202e"}))
    for path in (draft, f"{draft}/review", f"{draft}/preview", "/admin/drafts"):
        page = samira.page(path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "\u202e" not in page
        assert not re.search(r'href="javascript:', page)
    decided(draft, samira, karim)
    assert "<script>alert" not in office.browser().page(f"/practices/{office.node.did}/{heads(office)[0].record}")


def test_paste_of_a_megabyte_is_refused_with_a_code_and_spoils_nothing(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    write(samira, draft, title="Un titre qui reste")
    answer = samira.post(f"{draft}/save", version=2, **named({"approach": "x" * 300_000}))
    assert (answer.status_code, "draft_too_large" in answer.get_data(as_text=True)) == (403, True)
    told_ = samira.post(f"{draft}/autosave", version=2, **named({"approach": "x" * 300_000}))
    assert told_.get_json()["code"] == "draft_too_large"
    for what in ("save", "autosave"):
        answer = samira.post(f"{draft}/{what}", version=2, **named({"approach": "x" * 2_100_000}))
        assert (answer.status_code, "too_large" in answer.get_data(as_text=True)) == (413, True)
    assert dict(drafts_of(office)[0].fields)["title"] == "Un titre qui reste"
    assert "approach" not in drafts_of(office)[0].fields


def test_fields_that_a_draft_does_not_have_are_left_out(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    strange = {
        "steps.99.text": "x",
        "steps.-1.text": "x",
        "_licence": "MIT",
        "__class__": "x",
        "title.fr": "x",
        "": "x",
    }
    samira.post(f"{draft}/save", version=1, **named(strange))
    assert {path for path in drafts_of(office)[0].fields if path not in ("_visibility", "_author")} == {"_licence"}
    assert drafts_of(office)[0].fields["_licence"] == "CC-BY-4.0"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Je m'appelle Fatou et je couds.", ["Fatou"]),
        ("Depuis ce jour, Mme Ndiaye travaille.", ["Ndiaye"]),
        ("J'ai rencontré Moussa Diop au marché.", ["Moussa Diop"]),
        ("Ich heiße Amadou.", ["Amadou"]),
        ("اسمي فاطمة وأعمل خياطة", ["فاطمة"]),
        ("Le service de Casablanca est ouvert.", []),
    ],
)
def test_names_in_a_voice_are_found(text: str, names: list[str]) -> None:
    assert names_in(text) == names


def test_personal_data_is_shown_beside_its_field_and_confirmed_before_submitting(office: Any, pair: Any) -> None:
    samira, _ = pair
    draft = begin(samira)
    write(
        samira,
        draft,
        **(WHOLE | {"results": WHOLE["results"] + " Écrire à fatou@example.org ou 0612345678, BE123456."}),
    )
    page = samira.page(draft, headers={"Accept-Language": "en"})
    below = page.split('id="results"')[1].split('<div class="field')[0]
    for piece in ("fatou@example.org", "0612345678", "BE123456"):
        assert f'<bdi class="found">{piece}</bdi>' in below
    submit(samira, draft)
    assert "personal_data" in told(samira.page(f"{draft}/review"))
    assert drafts_of(office)[0].state == "draft"
    submit(samira, draft, confirmed="yes")
    assert drafts_of(office)[0].state == "submitted"
