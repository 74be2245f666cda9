"""What the node says to people, in five languages: catalogues, and a sentence for every stable code.

Sources are English and stand in the code and the templates; `node/translations/<language>/LC_MESSAGES/messages.po`
holds the rest. Catalogues are read from the `.po` files at first use and kept: there is no compiled file that could be
missing or stale, in a fresh clone or in a wheel. Used by `node/web` and `node/cli`; knows no Flask. A check keeps them
complete: `python docs/check_translations.py`.
"""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from node.config import LANGUAGES
from node.sentences import SENTENCES

LOCALES = {"fr": "fr", "ar": "ar_MA", "de": "de", "tr": "tr", "en": "en_GB"}
"""CLDR locale for dates and numbers of each language: Morocco's month names and Western digits in Arabic."""

LOCALE_LANGUAGES = {locale: language for language, locale in LOCALES.items()}


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of one of `LANGUAGES` (plural rules included); sentences stay English for any other."""
    if language not in LANGUAGES:
        return Translations()
    source = files("node").joinpath("translations", language, "LC_MESSAGES", "messages.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source), locale=language))
    compiled.seek(0)
    return Translations(compiled)


def sentence_for(code: str, language: str) -> str:
    """The sentence of a stable code, saying what to do; empty for a code that we do not know (a peer's own)."""
    sentence = SENTENCES.get(code)
    return translations(language).gettext(sentence) if sentence else ""
