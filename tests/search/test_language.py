"""How words are folded: each line of the tables is a fact a reader relies on."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.language import LANGUAGES, MAX_TOKEN, forms, spans, spelling, word_list, words
from search.stop_words import STOP_WORDS

MEET = [
    ("fr", "l'emploi", "emploi"),
    ("fr", "l’emploi", "emplois"),
    ("fr", "compétences", "competence"),
    ("fr", "régularisées", "REGULARISEES"),
    ("fr", "régularisé", "régularisées"),
    ("fr", "régularisés", "regularise"),
    ("fr", "jusqu'école", "école"),
    ("fr", "cœur", "coeur"),
    ("de", "Straße", "Strasse"),
    ("de", "Müller", "Mueller"),
    ("de", "Müller", "Muller"),
    ("de", "Beschäftigung", "Beschaeftigung"),
    ("de", "Sprachkurs", "Sprachkurse"),
    ("de", "Kompetenzbilanz", "Kompetenzbilanzen"),
    ("tr", "İstanbul'da", "istanbul"),
    ("tr", "İSTANBUL", "İstanbul’a"),
    ("tr", "ISTANBUL", "istanbul"),
    ("tr", "göçmenler", "gocmenler"),
    ("tr", "ışık", "IŞIK"),
    ("en", "women's", "women"),
    ("en", "assessments", "assessment"),
    ("ar", "المَدْرَسَةُ", "مدرسة"),
    ("ar", "مـــدرسة", "المدرسة"),
    ("ar", "والمدرسة", "بالمدرسة"),
    ("ar", "ومدرسة", "المدرسة"),
    ("ar", "للاجئين", "اللاجئون"),
    ("ar", "مهاجرات", "المهاجرين"),
    ("ar", "إدماج", "الادماج"),
    ("ar", "وساطة", "الوساطة"),
    ("ar", "٣٥٠", "350"),
    ("zgh", "ⵜⴰⵎⴰⵣⵉⵖⵜ", "ⵜⴰⵎⴰⵣⵉⵖⵜ"),
]
APART = [
    ("ar", "مدرسة", "درس"),  # a root stemmer would make them one
    ("de", "Miete", "Mitte"),
    ("fr", "femme", "ferme"),
    ("tr", "kadın", "kadro"),
]


@pytest.mark.parametrize(("language", "one", "other"), MEET)
def test_these_words_are_found_by_each_other(language: str, one: str, other: str) -> None:
    assert set(forms(one, language)) & set(forms(other, language))


@pytest.mark.parametrize(("language", "one", "other"), APART)
def test_these_words_are_not_found_by_each_other(language: str, one: str, other: str) -> None:
    assert not set(forms(one, language)) & set(forms(other, language))


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("word", ["École", "Müller", "göçmen", "إدماج", "ﬁnance"])
def test_every_unicode_form_of_a_word_gives_the_same_forms(form: str, word: str) -> None:
    for language in LANGUAGES:
        assert forms(unicodedata.normalize(form, word), language) == forms(word, language)  # type: ignore[arg-type]


def test_arabic_is_read_as_arabic_in_every_language() -> None:
    assert len({forms("المدارس", language) for language in LANGUAGES}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_stop_words_have_no_forms(language: str) -> None:
    for word in STOP_WORDS[language]:
        assert forms(word, language) == ()


def test_a_stop_word_with_accents_is_one_too() -> None:
    assert forms("où", "fr") == forms("für", "de") == forms("çünkü", "tr") == forms("إلى", "ar") == ()


def test_vowel_marks_and_apostrophes_do_not_split_a_word() -> None:
    text = "Le المَدْرَسَةُ d’été_à İstanbul'da"
    assert [text[start:end] for start, end, _ in words(text)] == ["Le", "المَدْرَسَةُ", "d’été", "à", "İstanbul'da"]


def test_lone_surrogates_and_controls_separate_words() -> None:
    assert [word for _, _, word in words("a\ud800b\x00c\x1bd")] == ["a", "b", "c", "d"]


def test_a_form_is_never_longer_than_its_bound() -> None:
    for language in LANGUAGES:
        assert all(len(form) <= MAX_TOKEN for form in forms("ß" * 30_000, language))
        assert all(len(form) <= MAX_TOKEN for form in forms("\ufdfa" * 30_000, language))


def test_spelling_tells_apart_what_stemming_does_not() -> None:
    assert set(forms("housing", "en")) == set(forms("house", "en"))
    assert spelling("Housing", "en") == "housing" != spelling("house", "en")


@given(st.text(st.sampled_from("aé_'’ -ßم\u064e\u200d\u0301x1\n"), max_size=80))
def test_words_their_list_and_their_places_are_the_same_words(text: str) -> None:
    found = list(words(text))
    assert spans(text) == [(start, end) for start, end, _ in found]
    assert word_list(text) == [word for _, _, word in found]
