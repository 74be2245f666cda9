"""Arabic words: letters unified, vowel marks away, and a light stemmer.

Law: light, never roots. A root stemmer folds "school" into "lesson"; this one takes off what is written together with a
word (و ف ب ك ل, the article) and the endings of number and gender, and nothing else. Called by `language.forms` only.
Source of the idea: the "light" Arabic stemmers of the TREC experiments (Larkey and others, 2002); the rules are ours.
"""

import re
from collections.abc import Collection

_ARABIC = re.compile("[\u0620-\u064a\u0671-\u06d3\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
_MARKS = re.compile("[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08d3-\u08ff]")
_LETTERS = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك", "ے": "ي"})

_ARTICLES = ("وبال", "وكال", "وال", "بال", "كال", "فال", "ولل", "فلل", "ال", "لل")
_ENDINGS = ("ها", "هم", "ان", "ات", "ون", "ين", "يه", "ه", "ي")
_CLITICS = ("وب", "ول", "و", "ف", "ب", "ك", "ل")
_LEFT = 3  # letters that must be left of a word: shorter ones mean something else
_LEFT_OF_CLITIC = 4  # these letters also begin ordinary words, so more must be left


def is_arabic(word: str) -> bool:
    """Whether the word has an Arabic letter."""
    return not word.isascii() and _ARABIC.search(word) is not None


def without_marks(word: str) -> str:
    """The word without vowel marks and tatweel, as it is commonly written."""
    return _MARKS.sub("", word)


def arabic_spelling(word: str) -> str:
    """The word without vowel marks and tatweel, its letters unified."""
    return without_marks(word).translate(_LETTERS)


def arabic_forms(word: str, stop_words: Collection[str]) -> tuple[str, ...]:
    """Main stem, surface form, and the stems without a leading و ف ب ك ل if one may be there; empty for a stop word."""
    surface = arabic_spelling(word)
    if surface in stop_words or (surface[:1] in "وف" and surface[1:] in stop_words):
        return ()
    main = _without_ending(without_article(surface))
    found = [main, surface]
    if surface.startswith("لل"):  # للاجئين is ل + اللاجئين with one ل unwritten
        found.append(_without_ending(surface[1:]))
    for clitic in _CLITICS:
        if surface.startswith(clitic) and len(surface) - len(clitic) >= _LEFT_OF_CLITIC:
            found.append(_without_ending(surface[len(clitic) :]))
            break
    return tuple(found)


def without_article(word: str) -> str:
    """The word without the article and what is written together with it, if enough is left."""
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= _LEFT:
            return word[len(article) :]
    return word


def _without_ending(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEFT:
            word = word[: -len(ending)]
    return word
