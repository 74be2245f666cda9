"""The recovery sheet: what was written down is read again, and what was written down wrongly is noticed."""

from __future__ import annotations

import hmac
import unicodedata
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node import recovery
from node.errors import SheetWrong
from protocol import fingerprint

SEEDS = st.binary(min_size=16, max_size=16)
LANGUAGES = st.sampled_from(fingerprint.LANGUAGES)
PLACES = st.integers(0, recovery.WORDS - 1)
SEED = bytes(range(16))


@settings(max_examples=200, deadline=None)
@given(SEEDS, LANGUAGES)
def test_words_are_read_again_in_every_language(seed: bytes, language: str) -> None:
    words = recovery.words(seed, language)
    assert len(words) == recovery.WORDS
    assert recovery.seed_from(" ".join(words)) == seed


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.lists(LANGUAGES, min_size=18, max_size=18))
def test_each_word_may_be_in_another_language(seed: bytes, languages: list[str]) -> None:
    words = [recovery.words(seed, language)[place] for place, language in enumerate(languages)]
    assert recovery.seed_from(" ".join(words)) == seed


def _numbered(words: tuple[str, ...]) -> str:
    return "\n".join(f"{place}. {word}" for place, word in enumerate(words, 1))


def _arabic_numbered(words: tuple[str, ...]) -> str:
    digits = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    return "\n".join(f"({str(place).translate(digits)}) {word}" for place, word in enumerate(words, 1))


WRITTEN = {
    "capitals": lambda words: " ".join(words).upper(),
    "small": lambda words: " ".join(words).lower(),
    "no accents": lambda words: "".join(
        letter for letter in unicodedata.normalize("NFD", " ".join(words)) if not unicodedata.combining(letter)
    ),
    "taken apart": lambda words: unicodedata.normalize("NFD", " ".join(words)),
    "numbered": _numbered,
    "numbered in Arabic": _arabic_numbered,
    "hyphens": "-".join,
    "commas and lines": ",\r\n\t".join,
    "tatweel": lambda words: " ".join(word[:1] + ("ـ" if "ء" <= word[0] <= "ي" else "") + word[1:] for word in words),
    "vowel signs": lambda words: " ".join(word + ("َ" if "ء" <= word[0] <= "ي" else "") for word in words),
    "direction marks": lambda words: "\u200f" + " ".join(f"\u2068{word}\u2069" for word in words),
    "umlauts as two letters": lambda words: " ".join(words).replace("ä", "ae").replace("ö", "oe").replace("ü", "ue"),
}


@pytest.mark.parametrize("language", fingerprint.LANGUAGES)
@pytest.mark.parametrize("way", WRITTEN)
def test_words_are_read_however_they_are_written(way: str, language: str) -> None:
    for start in range(0, 256, 16):  # every word of the list once
        seed = bytes(range(start, start + 16))
        assert recovery.seed_from(WRITTEN[way](recovery.words(seed, language))) == seed


@settings(max_examples=300, deadline=None)
@given(SEEDS, LANGUAGES, PLACES, st.integers(1, 255))
def test_any_single_wrong_word_is_noticed_and_found(seed: bytes, language: str, place: int, shift: int) -> None:
    """Always, not only probably: the check is a Reed-Solomon code of distance 3."""
    words = list(recovery.words(seed, language))
    listed = fingerprint.word_list(language)
    right = words[place]
    words[place] = listed[(listed.index(right) + shift) % 256]
    with pytest.raises(SheetWrong) as refusal:
        recovery.seed_from(" ".join(words))
    assert (refusal.value.place, refusal.value.nearest) == (place + 1, (right,))
    assert right not in refusal.value.message.split("“")[0]


@settings(max_examples=300, deadline=None)
@given(SEEDS, LANGUAGES, PLACES, PLACES)
def test_any_two_swapped_words_are_noticed(seed: bytes, language: str, one: int, other: int) -> None:
    words = list(recovery.words(seed, language))
    words[one], words[other] = words[other], words[one]
    if words[one] == words[other]:
        assert recovery.seed_from(" ".join(words)) == seed
        return
    with pytest.raises(SheetWrong):
        recovery.seed_from(" ".join(words))


@settings(max_examples=300, deadline=None)
@given(SEEDS, PLACES, PLACES, st.integers(1, 255), st.integers(1, 255))
def test_any_two_wrong_words_are_noticed(seed: bytes, one: int, other: int, by: int, and_by: int) -> None:
    if one == other:
        return
    listed = fingerprint.word_list("en")
    words = list(recovery.words(seed, "en"))
    for place, shift in ((one, by), (other, and_by)):
        words[place] = listed[(listed.index(words[place]) + shift) % 256]
    with pytest.raises(SheetWrong):
        recovery.seed_from(" ".join(words))


def test_of_words_at_random_one_in_65536_is_a_sheet() -> None:
    """Said honestly: the check is two bytes. Every value of the last two words is tried; exactly one pair fits."""
    listed = fingerprint.word_list("en")
    words = recovery.words(SEED, "en")
    fitting = 0
    for last in listed:
        try:
            fitting += recovery.seed_from(" ".join((*words[:17], last))) == SEED
        except SheetWrong:
            continue
    assert fitting == 1
    with pytest.raises(SheetWrong):
        recovery.seed_from(" ".join([listed[0]] * 18))


def test_unknown_word_is_named_by_its_place_with_the_nearest_words() -> None:
    words = list(recovery.words(SEED, "fr"))
    words[6] = "aubergyne"
    with pytest.raises(SheetWrong) as refusal:
        recovery.seed_from(_numbered(tuple(words)))
    assert (refusal.value.code, refusal.value.place, refusal.value.nearest) == ("sheet_wrong", 7, ("aubergine",))


@pytest.mark.parametrize("count", [0, 1, 17, 19])
def test_too_few_or_too_many_words_are_noticed(count: int) -> None:
    words = (recovery.words(SEED, "tr") * 2)[:count]
    with pytest.raises(SheetWrong, match="18 words"):
        recovery.seed_from(" ".join(words))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_no_text_at_all_gives_another_error(text: str) -> None:
    with pytest.raises(SheetWrong):
        recovery.seed_from(text)


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_qr_text_is_read_again_and_a_changed_digit_is_noticed(seed: bytes) -> None:
    did = recovery.first_did(seed)
    text = recovery.qr_text(seed, did)
    assert (recovery.seed_from(f"  {text}\n"), recovery.did_in(text)) == (seed, did)
    assert recovery.seed_from(recovery.qr_text(seed).lower()) == seed
    digit = "0" if text[20] != "0" else "1"
    with pytest.raises(SheetWrong):
        recovery.seed_from(text[:20] + digit + text[21:])
    with pytest.raises(SheetWrong):
        recovery.seed_from(text[:30])


def test_qr_code_may_stand_in_a_page_with_a_strict_policy() -> None:
    """No style, no script, nothing from elsewhere; black on white in every colour scheme."""
    svg = recovery.qr_svg(recovery.qr_text(SEED, recovery.first_did(SEED)))
    drawn = list(ElementTree.fromstring(svg).iter())
    assert not [node for node in drawn if "style" in node.attrib or node.tag.rpartition("}")[2] in ("style", "script")]
    assert "#fff" in svg
    assert "#000" in svg
    rows = recovery.qr_blocks(recovery.qr_text(SEED)).split("\n")
    assert len({len(row) for row in rows}) == 1
    assert set("".join(rows)) == set("█▀▄ ")
    assert "\x1b" not in "".join(rows)


def test_root_keys_are_made_as_the_documentation_says() -> None:
    """A sheet of today must give the same keys in ten years: HKDF-SHA-256, no salt, info `wasl-1 root key n`."""
    assert recovery.root_name(SEED, 1) == "z6MkiC6xpAGYF1cyukbmqcxL4ShdaRySGfMNpKNpdbhW2vA4"
    assert recovery.root_name(SEED, 2) == "z6MknzxT5w8CgCjvFPj5Tv9jYpfAAbUY9UQsxLYnNVfmRhvv"
    extracted = hmac.digest(bytes(32), SEED, "sha256")  # RFC 5869, written out
    expanded = hmac.digest(extracted, b"wasl-1 root key 1\x01", "sha256")
    assert recovery.root_key(SEED, 1).private_bytes_raw() == expanded
    assert recovery.first_did(SEED) == "did:key:" + recovery.root_name(SEED, 1)
    assert recovery.number_of(SEED, recovery.root_name(SEED, 2)) == 2
    assert recovery.number_of(SEED, recovery.root_name(bytes(16), 1)) is None
    assert recovery.words(SEED, "en")[-3:] == ("boat", "orange", "sponge")
    assert recovery.qr_text(SEED) == "WASL-RECOVERY-1:000102030405060708090A0B0C0D0E0F98CF"
