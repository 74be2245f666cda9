"""How a text becomes words, and a word the forms it is found by, in each of five languages.

Law: the same function folds what is indexed and what is asked, so whatever it does wrong it does wrong on both sides.
Pure: no I/O, no state but two caches. `words` finds whole words (an apostrophe or a vowel mark does not end one);
`forms` folds and stems one word in one language. Comes from: `analysis` (documents), `plan` (queries), `vocabulary`
(labels), `snippet`. What was measured and why these choices: docs/search.md.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from typing import Protocol

from search.arabic import arabic_forms, arabic_spelling, is_arabic, without_article, without_marks
from search.stop_words import STOP_WORDS

LANGUAGES = ("fr", "ar", "de", "tr", "en")
"""Those with rules of their own. Any other code is folded and not stemmed, so that `zgh` can be found too."""

MAX_TOKEN = 40
"""Characters kept of one form: the longest German compounds fit; longer ones are cut alike on both sides."""

_MAX_RAW = 64  # characters of one word looked at at all: a 30,000-character "word" costs no more than this one
_SNOWBALL = {"fr": "french", "de": "german", "tr": "turkish", "en": "english"}

# Marks that belong to the letter before them and joiners: \w alone would split an Arabic word at each vowel mark.
_MARKS = (
    "\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u061c\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u06df-\u06e8\u06ea-\u06ed\u08d3-\u08ff\u1ab0-\u1aff\u1dc0-\u1dff\u200c-\u200f\u202a-\u202e\u2060\u2066-\u2069"
    "\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
)
_APOSTROPHES = "'\u2018\u2019\u02bc\uff07"
_WORD = re.compile(rf"\w[\w{_MARKS}]*(?:[{_APOSTROPHES}]\w[\w{_MARKS}]*)*")
_CLEAN: dict[int, str | None] = dict.fromkeys([0xAD, 0x61C, *range(0x200C, 0x2010), *range(0x202A, 0x202F)])
_CLEAN |= dict.fromkeys([0x2060, 0xFEFF, *range(0x2066, 0x206A), 0x2BE, 0x2BF])  # invisible, or half-rings
_CLEAN |= dict.fromkeys(map(ord, _APOSTROPHES), "'")
_CLEAN |= {zero + n: str(n) for zero in (0x660, 0x6F0) for n in range(10)}
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})
_PLAIN = {  # letters with accents, and these
    code: "".join(c for c in unicodedata.normalize("NFD", chr(code)) if not unicodedata.combining(c))
    for code in [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]
} | _LETTERS
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_ELIDED = frozenset([*"ldjmtsnc", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu", "quelqu"])
_SHORT_STEM = 3  # a French stem this short keeps its final s


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...


class _Own(threading.local):
    """A stemmer has a state: one of each per thread."""

    def __init__(self) -> None:
        self.stemmers: dict[str, _Stemmer] = {}


_own = _Own()


def words(text: str) -> Iterator[tuple[int, int, str]]:
    """Every whole word of `text` in order: start, end, and the word as `forms` takes it. `text[start:end]` shows it."""
    for found in _WORD.finditer(text.replace("_", " ")):
        yield found.start(), found.end(), found.group()[:_MAX_RAW]


def word_list(text: str) -> list[str]:
    """The words of `text` as `forms` takes them, without their places in it."""
    return [word[:_MAX_RAW] for word in _WORD.findall(text.replace("_", " "))]


def spans(text: str) -> list[tuple[int, int]]:
    """Where the words of `word_list` stand in `text`."""
    return [found.span() for found in _WORD.finditer(text.replace("_", " "))]


def forms(word: str, language: str) -> tuple[str, ...]:
    """What `word` is found by in `language`: the main stem first, then its variants; empty for a stop word.

    Arabic words are read as Arabic in any language; each form has at most `MAX_TOKEN` characters.
    """
    return _forms(word[:_MAX_RAW], language)


@lru_cache(maxsize=1 << 16)
def _forms(word: str, language: str) -> tuple[str, ...]:
    base = _clean(word)
    if is_arabic(base):
        found = arabic_forms(base.replace("'", ""), STOP_WORDS["ar"])
    else:
        found = _latin_forms(_cut(base, language), language)
    return tuple(dict.fromkeys(form[:MAX_TOKEN] for form in found if form))


def _clean(word: str) -> str:
    """One way to write each letter, without what is invisible."""
    return word if word.isascii() else unicodedata.normalize("NFKC", word).translate(_CLEAN)


def _cut(word: str, language: str) -> str:
    """What counts of a word with apostrophes: l'emploi -> emploi, İstanbul'da -> İstanbul, worker's -> worker."""
    head, apostrophe, tail = word.partition("'")
    if not apostrophe:
        return word
    if language == "fr":
        return _cut(tail, language) if head.lower() in _ELIDED else head + tail.replace("'", "")
    if language == "tr" or tail.lower() in {"s", "t", "re", "ve", "ll", "d", "m"}:
        return head
    return head + tail.replace("'", "")


def _latin_forms(word: str, language: str) -> tuple[str, ...]:
    lower = _lower(word, language)
    plain = fold(lower)
    if plain in STOP_WORDS.get(language, ()) or (len(plain) == 1 and not plain.isdigit()):
        return ()
    if language == "fr":
        return fold(_french(lower)), _french(plain)
    if language == "de":
        return _twice(plain), _twice(fold(lower.translate(_UMLAUTS)))
    if language == "tr":
        return (fold(_stem(lower, language)),)
    return (_stem(plain, language),)


@lru_cache(maxsize=1 << 14)
def spellings(word: str, language: str) -> tuple[str, tuple[str, ...]]:
    """A word as it is shown (lower case, with its accents), and the folded spellings that somebody may begin to type.

    ("", ()) for what is no word. A German umlaut is typed in two ways, and an Arabic article may be left out.
    """
    base = _clean(word[:_MAX_RAW])
    if is_arabic(base):
        shown = without_marks(base.replace("'", ""))
        found = [arabic_spelling(shown), without_article(arabic_spelling(shown))]
    else:
        shown = _lower(_cut(base, language), language)
        found = [fold(shown), fold(shown.translate(_UMLAUTS))] if language == "de" else [fold(shown)]
    return shown[:MAX_TOKEN], tuple(dict.fromkeys(each[:MAX_TOKEN] for each in found if each))


def is_stop_word(spelled: str, language: str) -> bool:
    """Whether a folded spelling is a stop word of this language."""
    return spelled in STOP_WORDS.get(language, ())


def spelling(word: str, language: str) -> str:
    """The word as it is written, in lower case and folded but not stemmed: to tell housing from house."""
    base = _clean(word[:_MAX_RAW])
    return arabic_spelling(base) if is_arabic(base) else fold(_lower(_cut(base, language), language))


def fold(lower: str) -> str:
    """A lower-case word without accents and special letters: how people type it on the wrong keyboard."""
    if lower.isascii():
        return lower
    plain = lower.translate(_PLAIN)
    if plain.isascii():
        return plain
    apart = unicodedata.normalize("NFD", lower.translate(_LETTERS))
    return apart if apart.isascii() else "".join(c for c in apart if not unicodedata.combining(c))


def _lower(word: str, language: str) -> str:
    return (word.replace("I", "ı").replace("İ", "i") if language == "tr" else word).lower()


def _french(word: str) -> str:
    """With its accents, régularisées has the stem of régularisé; and the s of emplois is one of plural."""
    stem = _stem(word, "fr")
    return stem[:-1] if stem == word and stem.endswith("s") and len(stem) > _SHORT_STEM else stem


def _twice(word: str) -> str:
    """The German stem of the stem: once would leave Kurse -> kurs but Kurs -> kur."""
    return _stem(_stem(word, "de"), "de")


def _stem(word: str, language: str) -> str:
    stemmer = _own.stemmers.get(language)
    if stemmer is None:
        if language not in _SNOWBALL:
            return word
        stemmer = _own.stemmers[language] = _stemmer(_SNOWBALL[language])
    return stemmer.stemWord(word)


def _stemmer(name: str) -> _Stemmer:
    """PyStemmer (in C), or snowballstemmer (the same rules in Python, ten times slower) where it cannot be built."""
    try:
        made: _Stemmer = import_module("Stemmer").Stemmer(name, 0)  # without its cache: slower than stemming
    except ImportError:
        made = import_module("snowballstemmer").stemmer(name)
    return made


def stemmer_version() -> str:
    """Which stemmer made the forms: another one makes others, so it is part of an index's version."""
    try:
        return f"PyStemmer {import_module('Stemmer').version()}"
    except ImportError:
        return f"snowballstemmer {import_module('importlib.metadata').version('snowballstemmer')}"
