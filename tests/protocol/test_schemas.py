"""Contents are judged as docs/records.md says: the vectors, the demonstration data, and what readers get of them."""

from __future__ import annotations

import copy
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from protocol.errors import FieldProblem
from protocol.schemas import KNOWN_TYPES, about, check_content, personal_data, problems, texts
from protocol.schemas.catalogue import SCHEMAS
from protocol.schemas.personal import meant_to_be_read
from tests.protocol.contents import ORIGIN, accepted, changed, demo, refused

DEMO_FILES = {
    "practices.jsonl": 60,
    "adaptations.jsonl": 12,
    "translations.jsonl": 10,
    "questions_answers.jsonl": 30,
    "organisations.jsonl": 8,
}
OTHER = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"


@pytest.mark.parametrize("name", accepted())
def test_accepted_content_has_no_problem(name: str) -> None:
    case = accepted()[name]
    check_content(case["type"], case["content"], case["language"])
    assert problems(case["type"], case["content"], case["language"]) == []


@pytest.mark.parametrize("case", refused(), ids=lambda case: case["name"])
def test_refused_content_names_its_one_problem(case: dict[str, Any]) -> None:
    base = accepted()[case["from"]]
    content = changed(base["content"], case)
    found = problems(base["type"], content, base["language"])
    assert [(problem.code, problem.path) for problem in found] == [(case["code"], case["path"])]
    with pytest.raises(FieldProblem) as raised:
        check_content(base["type"], content, base["language"])
    assert (raised.value.code, str(raised.value)) == (found[0].code, str(found[0]))
    assert raised.value.message.startswith(case["path"] + ": ")


@pytest.mark.parametrize(("name", "count"), DEMO_FILES.items())
def test_demonstration_data_are_valid(name: str, count: int) -> None:
    lines = demo(name)
    assert len(lines) == count
    for type_, content, language in lines:
        assert problems(type_, content, language) == []
        check_content(type_, content, language)


def test_known_types_are_those_with_a_schema() -> None:
    assert frozenset(SCHEMAS) == KNOWN_TYPES


@pytest.mark.parametrize("type_", ["Comment", "Organization", "Attachement", "practice", ""])
def test_unknown_type_is_not_judged(type_: str) -> None:
    assert check_content(type_, {"title": 7, "x": "y" * 30_000}, "fr") is None
    assert problems(type_, {"title": 7}, "fr") == []
    assert about(type_, {"about": "x"}) is None
    assert texts(type_, {"title": {"fr": "x"}}, "fr") == {}


@pytest.mark.parametrize("content", [None, [], "text", 7, True])
@pytest.mark.parametrize("type_", sorted(KNOWN_TYPES))
def test_content_that_is_no_object_is_refused(type_: str, content: Any) -> None:
    with pytest.raises(FieldProblem) as raised:
        check_content(type_, content, "fr")
    assert (raised.value.code, raised.value.path) == ("bad_field", "content")


def test_all_problems_are_reported_in_the_order_of_the_fields() -> None:
    content = accepted()["practice-full"]["content"]
    del content["title"]
    content["indicators"][0]["value"] = "many"
    content["status"] = 3
    content["zzz"] = "x" * 20_001
    assert [problem.path for problem in problems("Practice", content, "fr")] == [
        "content.title",
        "content.indicators.0.value",
        "content.status",
        "content.zzz",
    ]


def test_practice_in_another_language_than_the_envelope_is_refused_field_by_field() -> None:
    case = accepted()["practice-least"]
    found = problems("Practice", case["content"], "ar")
    assert {problem.code for problem in found} == {"language_mismatch"}
    assert len(found) == 6


def test_content_of_201_fields_is_refused() -> None:
    content = accepted()["vouch-full"]["content"]
    room = 200 - len(content)
    assert problems("Vouch", content | {f"k{n}": n for n in range(room)}, "fr") == []
    assert [p.code for p in problems("Vouch", content | {f"k{n}": n for n in range(room + 1)}, "fr")] == ["field_limit"]


def test_unknown_field_nested_without_end_is_refused() -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(FieldProblem) as raised:
        check_content("Vouch", {"subject": OTHER, "deep": deep}, "fr")
    assert raised.value.code == "field_limit"


@pytest.mark.parametrize(
    ("value", "code"),
    [(2**53, "field_limit"), (1.5, "bad_field"), (b"bytes", "bad_field"), ({1: "x"}, "bad_field")],
)
def test_unknown_field_that_no_record_can_hold_is_refused(value: Any, code: str) -> None:
    with pytest.raises(FieldProblem) as raised:
        check_content("Vouch", {"subject": OTHER, "more": value}, "fr")
    assert raised.value.code == code


def test_path_of_a_problem_is_short_whatever_the_stranger_wrote() -> None:
    found = problems("Vouch", {"subject": OTHER, "k" * 100_000: 1}, "fr")
    assert [(problem.code, len(problem.path)) for problem in found] == [("field_limit", len("content.") + 64)]


def test_checking_changes_nothing() -> None:
    for case in accepted().values():
        before = copy.deepcopy(case["content"])
        check_content(case["type"], case["content"], case["language"])
        problems(case["type"], case["content"], case["language"])
        texts(case["type"], case["content"], case["language"])
        assert case["content"] == before


def test_every_reference_says_what_a_record_is_about() -> None:
    uri = f"{ORIGIN}/records/00000000-0000-4000-8000-00000000000"
    found = {name: about(case["type"], case["content"]) for name, case in accepted().items() if "full" in name}
    assert found == {
        "practice-full": None,
        "adaptation-full": uri + "1",
        "translation-full": uri + "1",
        "question-full": uri + "1",
        "answer-full": uri + "3",
        "acknowledgement-full": uri + "4",
        "event-full": None,
        "organisation-full": None,
        "attachment-full": uri + "1",
        "node-full": None,
        "vouch-full": OTHER,
        "tombstone-full": None,
        "receipt-full": uri + "1",
    }
    assert about("Question", accepted()["question-least"]["content"]) is None


def test_words_of_an_attachment_are_in_the_language_of_the_file() -> None:
    content = accepted()["attachment-full"]["content"] | {"language": "de"}
    found = texts("Attachment", content, "fr")
    assert found["fr"].title == "Le guichet un jour de marché"
    assert found["de"].body == "Guichet mobile\nmercredi\nde 9 h à 12 h"


def test_texts_of_a_practice_hold_every_word_of_it_once() -> None:
    content = accepted()["practice-full"]["content"]
    found = texts("Practice", content, "fr")
    assert list(found) == ["fr"]
    title, summary, body = found["fr"]
    assert title == "Guichet d'accueil mobile"
    assert summary.startswith("Une fois par mois")
    lines = body.split("\n")
    for words in (
        "Recevoir chacun à moins d'un kilomètre de chez lui",
        "Cinq arrêts fixes.",
        "Personnes reçues",
        "On m'a écouté.",
        "Deux réunions par an.",
        "Oujda",
        "Budget communal",
        "Rapport annuel",
        "Association d'accueil (fictive)",
    ):
        assert lines.count(words) == 1
    assert not {"reception", "c-0001", "MAD", "640", "two"} & set(lines)


def test_texts_of_a_translation_are_in_its_own_language() -> None:
    case = accepted()["translation-full"]
    assert texts("Translation", case["content"], "fr") == {
        "de": ("Mobiler Empfangsschalter", "Einmal im Monat.", "Die Runde\nHalte wählen.")
    }


def test_texts_in_two_languages_are_kept_apart() -> None:
    case = accepted()["adaptation-full"]
    found = texts("Adaptation", case["content"], "fr")
    assert found["ar"] == ("", "", "تتم الجولة بدراجة ثلاثية العجلات مرة كل أسبوع.")
    assert found["fr"].summary == "Trois mois, puis plus de conducteur."
    assert texts("Node", accepted()["node-full"]["content"], "fr") == {
        "fr": ("Tiznit", "", ""),
        "ar": ("تزنيت", "", ""),
    }


@pytest.mark.parametrize("name", ["vouch-full", "tombstone-full", "receipt-full"])
def test_records_about_records_give_no_words(name: str) -> None:
    case = accepted()[name]
    assert texts(case["type"], case["content"], "fr") == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Écrire à amina.b@commune.example, merci", ["amina.b@commune.example"]),
        ("Tél. 06 61 23 45 67 ou +212 661-234567", ["06 61 23 45 67", "+212 661-234567"]),
        ("0049 (0)30 1234567", ["0049 (0)30 1234567"]),
        ("+90 532 123 45 67", ["+90 532 123 45 67"]),
        ("الهاتف ٠٦٦١٢٣٤٥٦٧", ["٠٦٦١٢٣٤٥٦٧"]),
        ("CIN AB123456, et be12345", ["AB123456", "be12345"]),
        ("CIN n° J 123456", ["J 123456"]),
        ("passeport AB1234567", ["AB1234567"]),
        ("Pasaport U12345678", ["U12345678"]),
        ("Pass C01X00T47", ["C01X00T47"]),
        ("P<MARALAOUI<<FATIMA<<<", ["P<MARALAOUI<<FATIMA<<<"]),
        ("1 140 candidats ont rencontré 96 entreprises en 2016-2017", []),
        ("du 06.05.2017 au 07.06.2017, 350 bilans, 0,5 %", []),
        ("MAD 320000, soit DH 320000 ou 28 000 EUR", []),
        ("RECOMIG2016 et ISO 8601", []),
        ("", []),
    ],
)
def test_personal_data_are_found_as_written(text: str, found: list[str]) -> None:
    assert personal_data(text) == found


def test_no_demonstration_practice_is_taken_for_personal_data() -> None:
    for type_, content, language in demo("practices.jsonl"):
        for words in texts(type_, content, language)[language]:
            assert personal_data(words) == []


@pytest.mark.parametrize(
    ("path", "text", "meant"),
    [
        ("roleMailbox", "accueil@amal.example", True),
        ("roleMailbox", "service.migration@town.example", True),
        ("roleMailbox", "INFO2@verein.example", True),
        ("roleMailbox", "amina.benali@amal.example", False),
        ("roleMailbox", "amina@contact.example", False),
        ("roleMailbox", "informatik@amal.example", False),
        ("telephone", "+212 539 00 00 00", True),
        ("telephone", "+212-661-23-45-67", False),
        ("telephone", "+49 30 1234567", True),
        ("telephone", "+49 171 1234567", False),
        ("telephone", "+90 532 123 45 67", False),
        ("description", "accueil@amal.example", False),
        ("offers.0.text", "+212 539 00 00 00", False),
    ],
)
def test_a_mailbox_of_a_role_and_a_switchboard_are_meant_to_be_read_in_their_fields(
    path: str, text: str, meant: bool
) -> None:
    assert meant_to_be_read(path, text) is meant


@pytest.mark.parametrize("unit", ["a", "0", "00 ", "C0", "P<", "a.b@", "00(1", "@a.a."])
def test_personal_data_search_takes_time_in_proportion(unit: str) -> None:
    short, long = unit * (2_000 // len(unit)), unit * (64_000 // len(unit))
    assert _seconds(lambda: personal_data(long)) < 100 * _seconds(lambda: personal_data(short))


def test_quick_way_is_three_times_as_fast_as_the_report() -> None:
    lines = demo("practices.jsonl")
    quick = _seconds(lambda: [check_content(*line) for line in lines])
    full = _seconds(lambda: [problems(*line) for line in lines])
    assert quick * 3 < full


def test_importing_the_schemas_does_not_import_marshmallow() -> None:
    code = "import sys, protocol.schemas; sys.exit('marshmallow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _seconds(work: Callable[[], object]) -> float:
    """The best of five, in seconds."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best
