"""What a query is understood to mean, and that nothing in it can do harm."""

import random
import time

import pytest

from search import Index, Query, Vocabulary
from search.plan import MAX_LIMIT, MAX_OFFSET, MAX_WORDS, plan

HOSTILE = [
    "(" * 5000 + "a" + ")" * 5000,
    "x" * 30_000,
    "*" * 300,
    "a* OR b? AND NOT (c^99 d~2) title:x [a TO z] {b TO}",
    '"' * 255,
    '"a "b "c "d',
    "\x00\x01\x1b[31m\x7f\u0085",
    "\ud800\udfff\udc00",
    "\u202e\u2066\u200f\u00ad",
    "a\u0301" * 200,
    "\ufdfa" * 200,
    "ﷺ ﷻ ﷽",
    "' '' ''' l' 'l a'b'c'd'e",
    "__ __ _",
    "%s %d {0} $(x) `x` <script>",
    "-" * 256,
    "😀 👨\u200d👩\u200d👧",
    "٣٥٠ ۳۵۰ 350",
]


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("language", ["", "fr", "ar", "xx", "\ud800", "a" * 1000])
def test_hostile_words_are_answered_quickly(demo_index: Index, words: str, language: str) -> None:
    begin = time.perf_counter()
    demo_index.find(Query(words, language, {"language": ("\ud800",), "commune": (words[:9],)}))
    demo_index.find(Query(words, language))
    assert time.perf_counter() - begin < 1.0


def test_random_text_is_answered(demo_index: Index) -> None:
    chance = random.Random(41)
    letters = "\"«»'’ abcdeféßİı اَلِمدرسة()*?~^:\x00\ud800\u0301\u200d"
    for _ in range(300):
        demo_index.find(
            Query("".join(chance.choices(letters, k=chance.randint(1, 300))), chance.choice(["", "fr", "ar"]))
        )


def test_strange_filters_and_pages_are_answered(demo_index: Index) -> None:
    assert demo_index.find(Query("", offset=-5, limit=-5)).hits == ()
    assert len(demo_index.find(Query("", limit=10**9)).hits) == 60
    assert demo_index.find(Query("", offset=10**9)).hits == ()
    assert demo_index.find(Query("", kinds=("",))).total == 0


def test_pages_and_words_are_bounded(vocabulary: Vocabulary) -> None:
    understood = plan(Query("mot " * 10_000 + '"' + "autre mot " * 100 + '"', limit=10**6, offset=10**6), vocabulary)
    assert (understood.limit, understood.offset) == (MAX_LIMIT, MAX_OFFSET)
    assert len(understood.units) <= MAX_WORDS


def test_a_concept_is_recognised_in_the_readers_language_first(vocabulary: Vocabulary) -> None:
    assert plan(Query("Kompetenzbilanz", "de"), vocabulary).concepts == ("skills-assessment",)
    assert plan(Query("Kompetenzbilanz", ""), vocabulary).concepts == ("skills-assessment",)
    assert plan(Query("bilans de compétences des femmes", "de"), vocabulary).concepts == ("skills-assessment", "women")


def test_housing_is_not_a_house(vocabulary: Vocabulary) -> None:
    assert plan(Query("housing", "en"), vocabulary).concepts == ("housing",)


def test_stop_words_of_the_reader_are_dropped_and_those_of_others_need_not_match(vocabulary: Vocabulary) -> None:
    assert [unit.optional for unit in plan(Query("die Wohnung", "de"), vocabulary).units] == [False]
    assert [unit.optional for unit in plan(Query("bilan de compétences", "de"), vocabulary).units] == [
        False,
        True,
        False,
    ]
    assert [unit.optional for unit in plan(Query("war refugees", "en"), vocabulary).units] == [True, False]


def test_a_word_that_is_a_stop_word_elsewhere_counts_when_it_is_all_there_is(vocabulary: Vocabulary) -> None:
    assert [unit.optional for unit in plan(Query("war", "en"), vocabulary).units] == [False]
    assert [unit.optional for unit in plan(Query("die", "de"), vocabulary).units] == [False]


def test_an_english_stop_word_is_no_turkish_concept(vocabulary: Vocabulary) -> None:
    assert plan(Query("iş", "tr"), vocabulary).concepts == ("employment",)
    assert plan(Query("what is housing", "en"), vocabulary).concepts == ("housing",)


def test_quotation_marks_of_every_script_make_phrases(vocabulary: Vocabulary) -> None:
    for quoted in ('"titre séjour"', "“titre séjour”", "« titre séjour »", "„titre séjour“"):
        units = plan(Query(quoted, "fr"), vocabulary).units
        assert len(units) == 1
        assert units[0].sequences
        assert not units[0].concepts


def test_a_quotation_mark_without_its_partner_is_nothing(vocabulary: Vocabulary) -> None:
    units = plan(Query('"titre séjour', "fr"), vocabulary).units
    assert [bool(unit.sequences) for unit in units] == [False, False]
