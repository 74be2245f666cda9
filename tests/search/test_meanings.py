"""What words mean: expressions in texts, compounds, guesses at misspelt words."""

import pytest

from search import Vocabulary
from search.compounds import Compounds
from search.language import spelling, word_list
from search.meanings import Expression, Meanings, token
from search.meant import FOREIGN, PARTIAL, Meant


@pytest.fixture
def meanings() -> Meanings:
    some = Meanings()
    for name, language, label in (
        ("course", "fr", "cours"),
        ("language-course", "fr", "cours de langue"),
        ("kitchen", "de", "Küche"),
        ("cooperative", "de", "Genossenschaft"),
        ("health", "de", "Gesundheit"),
        ("office", "de", "Amt"),
        ("school", "ar", "مدرسة"),
        ("house", "tr", "ev"),
    ):
        some.add(name, language, label)
    return some


def test_an_expression_is_found_inflected_and_across_stop_words(meanings: Meanings) -> None:
    words = word_list("Les cours des langues")
    assert meanings.expressions(words, "fr") == [
        Expression(1, 2, frozenset({"course"})),
        Expression(1, 4, frozenset({"language-course"})),
    ]
    assert meanings.expressions(words, "fr", least=2) == [Expression(1, 4, frozenset({"language-course"}))]
    assert meanings.expressions(words, "de") == []


def test_words_too_far_apart_are_no_expression(meanings: Meanings) -> None:
    assert meanings.expressions(word_list("cours de la de la de la de la langue"), "fr", least=2) == []


def test_a_language_without_labels_means_nothing(meanings: Meanings) -> None:
    assert (meanings.expressions(["awal"], "zgh"), list(meanings.terms("awal", "zgh"))) == ([], ["awal"])


def test_a_word_is_kept_under_its_forms_and_what_it_means(meanings: Meanings) -> None:
    assert list(meanings.terms("cours", "fr")) == ["cour", token("course")]
    assert token("school") in meanings.terms("والمدرسة", "ar")
    assert list(meanings.terms("les", "fr")) == []


def test_a_compound_is_kept_under_its_parts_too(meanings: Meanings) -> None:
    terms = set(meanings.terms("Küchengenossenschaften", "de"))
    assert {token("kitchen"), token("cooperative"), "genossenschaft"} <= terms


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("Küchengenossenschaft", ("kuche", "genossenschaft")),
        ("Gesundheitsamt", ("gesundheit", "amt")),
        ("Gesundheitsamtes", ("gesundheit", "amtes")),
        ("Küche", ()),  # known, and short
        ("Genossenschaft", ()),  # known: it means more than its parts
        ("Küchenzettel", ()),  # half of it is not known
        ("Amtssprache", ()),
    ],
)
def test_only_what_is_made_of_known_words_is_split(meanings: Meanings, word: str, parts: tuple[str, ...]) -> None:
    assert meanings.parts(word, "de") == parts
    assert meanings.parts(word, "fr") == ()


def test_splitting_long_nonsense_ends() -> None:
    some = Compounds()
    for word in ("aaa", "aaaa", "aaaaa"):
        some.add(word, word)
    assert len(some.split("a" * 40)) in (0, 2, 3, 4)
    assert some.split("a" * 39 + "b") == ()


def test_a_misspelt_word_is_guessed_among_the_words_of_labels() -> None:
    some = Meanings()
    for language, label in (
        ("de", "Integrationsrat"), ("fr", "espace"), ("tr", "girişimci"), ("tr", "kadınlar"), ("ar", "الأطفال"),
    ):  # fmt: skip
        some.add("x", language, label)
    assert some.guesses("Integratonsrat", "de") == ("Integrationsrat",)
    assert some.guesses("espasse", "fr") == ()  # two mistakes in a short word
    assert some.guesses("espase", "fr") == ("espace",)
    assert some.guesses("girişmci", "tr") == ("girişimci",)
    assert some.guesses("kadnlar", "tr") == ("kadınlar",)
    assert some.guesses("الاطفل", "ar") == ("الأطفال",)
    assert some.guesses("kadnlar", "fr") == some.guesses("x", "fr") == ()


def test_every_german_word_of_the_lexicon_that_is_known_stays_whole(vocabulary: Vocabulary) -> None:
    for word in ("Kindergarten", "Notunterkunft", "Aufenthaltstitel", "Integrationsrat"):
        assert vocabulary.meanings.parts(word, "de") == (), word
    assert vocabulary.meanings.parts("Türkischkurs", "de") == (spelling("Türkisch", "de"), "kurs")


def test_a_longer_expression_counts_more_than_a_word_in_it() -> None:
    some = Vocabulary(
        {"concepts": []}, {"entries": [{"id": "a", "fr": ["cours"]}, {"id": "b", "fr": ["cours de turc"]}]}
    )
    meant = Meant(["cours", "de", "turc"], ("fr",), some)
    assert meant.of(0) == {"~a": PARTIAL, "~b": 1.0}
    assert meant.of(2) == {"~b": 1.0}


def test_another_language_is_read_only_where_the_readers_says_nothing() -> None:
    some = Vocabulary({"concepts": []}, {"entries": [{"id": "a", "de": ["Bad"]}, {"id": "b", "en": ["bad", "bus"]}]})
    meant = Meant(["bad", "bus"], ("de", "en"), some)
    assert (meant.of(0), meant.of(1)) == ({"~a": 1.0}, {"~b": FOREIGN})
