"""Fingerprint words: five lists of one shape, and words that never change for a did."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from itertools import combinations

import pytest

from protocol.errors import BadKey
from protocol.fingerprint import LANGUAGES, LIST_LENGTH, WORDS, word_list, words

DID = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
OTHER = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG"
ALIKE = str.maketrans("ıأإآىةؤئ", "iااايهوي")


def folded(word: str) -> str:
    """What is left of a word for somebody who cannot hear or type its marks."""
    text = unicodedata.normalize("NFKD", word.casefold().replace("œ", "oe").translate(ALIKE))
    return "".join(letter for letter in text if not unicodedata.combining(letter))


def distance(left: str, right: str) -> int:
    """Letters to change, add or remove to make `right` of `left`."""
    above = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        here = [row]
        for column, b in enumerate(right, 1):
            here.append(min(above[column] + 1, here[-1] + 1, above[column - 1] + (a != b)))
        above = here
    return above[-1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_list_holds_256_single_words_in_composed_form(language: str) -> None:
    listed = word_list(language)
    assert len(listed) == LIST_LENGTH
    for word in listed:
        assert word.isalpha()
        assert unicodedata.is_normalized("NFC", word)
        assert 2 <= len(word) <= 14


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_words_of_a_list_are_one_letter_apart(language: str) -> None:
    plain = [folded(word) for word in word_list(language)]
    near = [pair for pair in combinations(plain, 2) if abs(len(pair[0]) - len(pair[1])) < 2 and distance(*pair) < 2]
    assert near == []


def test_arabic_list_is_in_arabic_letters_and_the_others_are_not() -> None:
    for language in LANGUAGES:
        names = {unicodedata.name(letter).split()[0] for word in word_list(language) for letter in word}
        assert names == ({"ARABIC"} if language == "ar" else {"LATIN"})


def test_same_place_is_the_same_thing_in_every_language() -> None:
    """A sample at the ends and between: a line lost in one file would shift all that follow."""
    expected = {
        0: ("ancre", "مرساة", "Anker", "çapa", "anchor"),
        64: ("canard", "بطة", "Ente", "ördek", "duck"),
        128: ("carte", "خريطة", "Landkarte", "harita", "map"),
        192: ("sésame", "سمسم", "Sesam", "susam", "sesame"),
        255: ("bois", "خشب", "Holz", "tahta", "wood"),
    }
    for place, things in expected.items():
        assert tuple(word_list(language)[place] for language in LANGUAGES) == things


def test_lists_are_part_of_the_protocol_and_never_change() -> None:
    """A word corrected later would make two versions of Wasl disagree about who is who."""
    assert {language: sha256("\n".join(word_list(language)).encode()).hexdigest()[:16] for language in LANGUAGES} == {
        "fr": "b9b411469680daff",
        "ar": "7a26018d8ecbc290",
        "de": "c3b1173987de0d3f",
        "tr": "9fcc1a8f15657b6e",
        "en": "637cd01a6f358fe1",
    }


def test_words_of_a_did_never_change() -> None:
    assert words(DID, "en") == ("brush", "honey", "tunnel", "autumn", "wood", "smoke", "staircase", "walnut")
    assert words(DID, "ar") == ("فرشاة", "عسل", "نفق", "خريف", "خشب", "دخان", "درج", "جوز")
    assert words(DID, "fr") == ("brosse", "miel", "tunnel", "automne", "bois", "fumée", "escalier", "noix")
    assert words(DID, "de") == ("Bürste", "Honig", "Tunnel", "Herbst", "Holz", "Rauch", "Treppe", "Walnuss")
    assert words(DID, "tr") == ("fırça", "bal", "tünel", "sonbahar", "tahta", "duman", "merdiven", "ceviz")


def test_another_did_has_other_words() -> None:
    same = [a for a, b in zip(words(DID, "en"), words(OTHER, "en"), strict=True) if a == b]
    assert len(words(OTHER, "en")) == WORDS
    assert same == []


@pytest.mark.parametrize("language", ["", "es", "../../pyproject", "FR"])
def test_language_without_a_list_gets_english(language: str) -> None:
    assert words(DID, language) == words(DID, "en")


@pytest.mark.parametrize("did", ["", "rabat", DID + " ", DID.upper(), "did:web:rabat.ma"])
def test_words_are_given_for_a_did_of_ours_only(did: str) -> None:
    with pytest.raises(BadKey):
        words(did, "fr")
