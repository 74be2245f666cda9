"""Text as people paste it, made fit for a record: one normal form, plain spaces, plain bullets, nothing invisible.

Word and web pages bring non-breaking spaces, bullets of symbol fonts, soft hyphens, and marks that turn text round; the
last can make a title read as another (attacks: "Trojan source"). Pure; what it gives back, it gives back unchanged.
"""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000\t]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\u0085\v\f]")
_BULLET = "[\u2022\u2023\u25aa\u25ab\u25cf\u25e6\u00b7\u00a7\u2043\u27a2\uf0a7\uf0b7\uf0d8]"
_BULLETS = re.compile(f"^ *(?:{_BULLET}|o(?=  )|[\u2013\u2014](?= )) *", re.M)
_KEPT_MARKS = "\u200c\u200d"  # joiners: Persian, and signs made of several
_HIDDEN = ("Cc", "Cf", "Co", "Cs", "Cn")
_MANY_LINES = re.compile("\n{3,}")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫", "01234567890123456789.")


def clean(text: str, *, lines: bool = True) -> str:
    """The text without what nobody sees. `lines`: whether line breaks may stand in it; else they become spaces."""
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text))
    text = _BULLETS.sub("- ", _SPACES.sub(" ", text))
    text = "".join(letter for letter in text if not _hidden(letter))
    if not lines:
        return " ".join(text.split())
    return _MANY_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()


def number(text: str) -> str:
    """A number as records write it, where it can be read so: `12 000,5` is `12000.5`; else the text as it is."""
    plain = clean(text, lines=False).translate(_DIGITS).replace(" ", "").replace("'", "")
    if re.fullmatch(r"-?[0-9]+(,[0-9]{1,2})?", plain, re.ASCII):
        plain = plain.replace(",", ".")
    found = re.fullmatch(r"(-?)0*([0-9]+)((?:\.[0-9]+)?)", plain, re.ASCII)
    return "".join(found.groups()) if found else clean(text, lines=False)


def _hidden(letter: str) -> bool:
    return letter != "\n" and letter not in _KEPT_MARKS and unicodedata.category(letter) in _HIDDEN
