"""A hundred kinds of query that nobody types in good faith, by name: each must be answered, and quickly.

Goes to: tests/search/test_hostile.py, which holds every one to its bound on a small index, and `searching`, which does
on a large one.
"""

from __future__ import annotations

import random
from functools import cache
from itertools import pairwise

from node.bench.searching_corpus import common

WITHIN_S = 0.2
"""Time for the answer to any one of them, seconds."""

_RLO, _LRI, _RLM, _ZWJ, _ZWNJ, _SHY, _BOM = "\u202e", "\u2066", "\u200f", "\u200d", "\u200c", "\u00ad", "\ufeff"


@cache
def hostile() -> dict[str, str]:
    """Name of the kind -> what is typed."""
    every = _long() | _syntax() | _quotes() | _invisible() | _scripts() | _markup() | _numbers() | _costly() | _random()
    assert len(every) >= 100
    return every


def _long() -> dict[str, str]:
    return {
        "a 30,000-character token": "x" * 30_000,
        "a 30,000-character Arabic token": "م" * 30_000,
        "a 30,000-character token of marks": "ا" + "\u064b" * 30_000,
        "a 30,000-character compound": "Donaudampfschifffahrts" * 1_400,
        "10,000 words": "emploi " * 10_000,
        "10,000 different words": " ".join(f"mot{n}" for n in range(10_000)),
        "10,000 letters": " ".join("abcdefghij"[n % 10] for n in range(10_000)),
        "a megabyte of spaces": " " * 1_000_000,
        "a megabyte of one word": "a" * 1_000_000,
        "a million line feeds": "\n" * 1_000_000,
        "256 characters exactly": "y" * 256,
        "257 characters": "emploi " * 36 + "final",
        "64 letters and one": "z" * 65,
        "an apostrophe between 5,000 letters": "'".join("l" * 5_000),
        "underscores between 5,000 words": "_".join(["mot"] * 5_000),
        "hyphens between 5,000 words": "-".join(["mot"] * 5_000),
    }


def _syntax() -> dict[str, str]:
    return {
        "1,000 stars": "*" * 1_000,
        "1,000 wildcards": "a* " * 1_000,
        "1,000 question marks": "?" * 1_000,
        "a star alone": "*",
        "leading wildcards": "*emploi *ment *a*",
        "5,000 brackets, nested": "(" * 5_000 + "a" + ")" * 5_000,
        "5,000 brackets, open": "(" * 5_000 + "a",
        "5,000 square brackets": "[" * 5_000,
        "braces of all kinds": "{[(<" * 200 + ">)]}" * 200,
        "every operator of Whoosh": "a AND b OR NOT c ANDNOT d ANDMAYBE e REQUIRE f",
        "ranges": "[a TO z] {b TO} [TO] date:[2019 TO 2020}",
        "fuzzy and boosts": "emploi~3 logement^1000 a~0.0001^-1",
        "fields": "title:x text:y row:* uri:did concepts:=women",
        "the inside of the index": "=women <housing \x00cursor \x1f",
        "only operators": "AND OR NOT",
        "minus signs": "-" * 256,
        "plus and minus": "+emploi -logement +-+- --",
        "SQL": "' OR 1=1; DROP TABLE records; --",
        "full-text operators of SQLite": 'NEAR(a b, 10) "a" * ^b {title}: c',
        "tsquery": "emploi & !logement | (a <-> b):*",
        "regular expressions": r"(a+)+$ [^x]{1,1000}(?=.*)(?<!y)\1",
        "format strings": "%s %d %n %x {0} {0.__class__} %(a)s",
        "shell": "$(reboot) `id` ; | & > /dev/null",
        "templates": "{{ 7*7 }} {% for x in y %} ${7*7} #{7}",
        "paths": "../../../../etc/passwd C:\\Windows file:///",
    }


def _quotes() -> dict[str, str]:
    return {
        "255 quotation marks": '"' * 255,
        "nested quotes": '"a "b "c "d" e" f" g"',
        "quotes of all scripts": "«a „b “c ”d ‟e »f",
        "an open quote": '"emploi des jeunes',
        "empty quotes": '"" "" "" « » “”',
        "a phrase of stop words": '"de la et des" "der die das"',
        "a phrase of one letter each": '"a b c d e f g h i j k l"',
        "a phrase of twelve common words": '"' + " ".join(common("fr")[:12]) + '"',
        "twelve phrases": " ".join(f'"{one} {other}"' for one, other in pairwise(common("fr")[:13])),
        "a phrase of one word 40 times": '"' + "les " * 40 + '"',
        "a phrase across scripts": '"emploi المدرسة Straße çocuk"',
        "quotes within words": 'em"ploi" l"o"g',
        "1,000 pairs of quotes": '""' * 1_000,
        "apostrophes": "' '' ''' l' 'l a'b'c'd'e ’’ ʼʼ",
    }


def _invisible() -> dict[str, str]:
    return {
        "control characters": "\x00\x01\x02\x1b[31m\x7f\x85",
        "nothing but NUL": "\x00" * 256,
        "every control character": "".join(map(chr, range(32))) + "emploi",
        "bidirectional overrides": f"{_RLO}iolpme{_LRI}\u2069\u202c\u061c",
        "overrides between letters": _RLO.join("emploi"),
        "zero-width joiners": _ZWJ.join("emploi") + _ZWNJ * 100,
        "soft hyphens": _SHY.join("emploi") * 20,
        "byte order marks": _BOM * 100 + "emploi",
        "variation selectors": "é\ufe0f" * 100,
        "tags": "".join(chr(0xE0000 + n) for n in range(32, 127)),
        "private use": "\ue000\uf8ff\U000f0000\U0010fffd",
        "no characters": "\ufffe\uffff\ufdd0\U0001ffff",
        "surrogates": "\ud800\udfff\udc00 emploi\ud800",
        "spaces of all kinds": "\u00a0\u1680\u2000\u2003\u2028\u2029\u202f\u205f\u3000",
        "only spaces": " \t\n\r\x0b\x0c",
        "nothing": "",
    }


def _scripts() -> dict[str, str]:
    return {
        "mixed scripts in one word": "емплoi المlogement ßtraße",
        "look-alikes": "еmplоі lоgеmеnt",  # Cyrillic among Latin
        "vowel marks only": "\u064b\u064c\u064d\u064e" * 60,
        "tatweel": "مـــــــــــــــدرسة" * 10,
        "ligatures": "\ufdfa" * 200,
        "presentation forms": "\ufe8e\ufee3\ufead\ufb50" * 50,
        "200 accents on one letter": "a" + "\u0301" * 200,
        "an accent alone": "\u0301",
        "Turkish dots": "İIıi İİİİ ıııı i\u0307i\u0307",
        "sharp s and ligatures": "ẞßſﬀﬁﬂﬃﬄœæ" * 20,
        "the longest fold": "\u0390\u03b0\ufdfa\ufb03" * 60,
        "Han, Thai, Khmer": "就业住房教育 การจ้างงาน ការងារ",
        "emoji families": "👨\u200d👩\u200d👧\u200d👦" * 30,
        "flags": "🇲🇦🇩🇪🇹🇷" * 30,
        "digits of all scripts": "٣٥٠ ۳۵۰ 350 ३५० ３５０",
        "roman and circled numbers": "Ⅷ ⑧ ⅛ ⁸ ₈",
        "Tifinagh": "ⵜⴰⵡⵓⵔⵉ " * 30,
        "full width": "ｅｍｐｌｏｉ　ｌｏｇｅｍｅｎｔ",
        "mathematical letters": "𝐞𝐦𝐩𝐥𝐨𝐢 𝓵𝓸𝓰",
        "Zalgo": "e\u0334\u0341m\u0338\u034cp\u0337\u0363l\u0336\u036f" * 40,
    }


def _markup() -> dict[str, str]:
    return {
        "a script": "<script>alert(1)</script>",
        "an entity bomb": "&a;" * 200,
        "HTML with attributes": "<img src=x onerror=alert(1)>" * 20,
        "JSON": '{"query": {"match_all": {}}, "size": 1000000}',
        "a URL": "https://example.org/search?q=%00%ff&page=-1#x",
        "percent signs": "%" * 300,
        "backslashes": "\\" * 300,
        "a spreadsheet formula": "=HYPERLINK(A1) +1 @SUM -2",
    }


def _numbers() -> dict[str, str]:
    return {
        "a very large number": "9" * 200,
        "a number with 100 dots": ".".join(["1"] * 100),
        "dates": "2019-02-30 1/1/1970 -0001-01-01T00:00",
        "not a number": "NaN Infinity -0 1e999",
    }


def _costly() -> dict[str, str]:
    """Legal words, chosen to cost most."""
    commonest = {language: common(language)[:40] for language in ("fr", "de", "tr", "ar", "en")}
    return {
        "the twelve commonest French words": " ".join(commonest["fr"][:12]),
        "the twelve commonest German words": " ".join(commonest["de"][:12]),
        "the twelve commonest Arabic words": " ".join(commonest["ar"][:12]),
        "common words of five languages": " ".join(word for each in commonest.values() for word in each[10:13]),
        "twelve misspelt words": " ".join(f"{word}qq" for word in common("fr")[60:72]),
        "twelve words one letter off": " ".join(word[:-1] + "x" for word in common("de")[60:72]),
        "one letter": "e",
        "every letter": "a b c d e f g h i j k l m n o p q r s t u v w x y z",
        "many concepts": "employment housing women children health school",
        "a label in five languages": "emploi التشغيل Beschäftigung istihdam employment",
    }


def _random() -> dict[str, str]:
    chance = random.Random(7)  # noqa: S311
    letters = "\"«»'’ abcdeféßİı اَلِمدرسة()*?~^:\x00\ud800\u0301\u200d"
    return {
        "random letters": "".join(chance.choices(letters, k=300)),
        "random code points": "".join(chr(chance.randrange(0x110000)) for _ in range(256)),
        "random bytes": bytes(chance.randrange(256) for _ in range(256)).decode("latin-1"),
    }
