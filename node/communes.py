"""The ten communes of the RECOMIG project, so that their officers need not type a name in five languages.

Names as the communes write them, with the usual German, Turkish and English forms; positions of the towns' centres in
degrees (WGS 84), rounded to four digits. Only a convenience of `wasl init`: any other organisation gives its own name.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commune:
    """`names`: by language; `lat`, `lon`: degrees as text, as a card carries them."""

    word: str
    names: dict[str, str]
    lat: str
    lon: str


def _commune(
    word: str, french: str, arabic: str, german: str, turkish: str, english: str, lat: str, lon: str
) -> Commune:
    names = {"fr": f"Commune d’{french}" if french[0] in "AEIOUÉ" else f"Commune de {french}", "ar": f"جماعة {arabic}"}
    return Commune(word, names | {"de": german, "tr": turkish, "en": english}, lat, lon)


COMMUNES: tuple[Commune, ...] = (
    _commune(
        "beni-mellal", "Béni Mellal", "بني ملال", "Beni Mellal", "Beni Mellal", "Beni Mellal", "32.3373", "-6.3498"
    ),
    _commune(
        "casablanca", "Casablanca", "الدار البيضاء", "Casablanca", "Kazablanka", "Casablanca", "33.5731", "-7.5898"
    ),
    _commune("fes", "Fès", "فاس", "Fès", "Fes", "Fez", "34.0331", "-5.0003"),
    _commune("marrakech", "Marrakech", "مراكش", "Marrakesch", "Marakeş", "Marrakesh", "31.6295", "-7.9811"),
    _commune("nador", "Nador", "الناظور", "Nador", "Nador", "Nador", "35.1740", "-2.9287"),
    _commune("oujda", "Oujda", "وجدة", "Oujda", "Oujda", "Oujda", "34.6814", "-1.9086"),
    _commune("rabat", "Rabat", "الرباط", "Rabat", "Rabat", "Rabat", "34.0209", "-6.8416"),
    _commune("sale", "Salé", "سلا", "Salé", "Salé", "Salé", "34.0531", "-6.7985"),
    _commune("tanger", "Tanger", "طنجة", "Tanger", "Tanca", "Tangier", "35.7595", "-5.8340"),
    _commune("tiznit", "Tiznit", "تيزنيت", "Tiznit", "Tiznit", "Tiznit", "29.6974", "-9.7316"),
)


_PREFIX = re.compile("^(Commune de |Commune d’|جماعة )")


def find(text: str) -> Commune | None:
    """The commune that a person means by its word, its number in the list (from 1) or one of its names, or None."""
    if text.isascii() and text.isdigit():
        place = int(text)
        return COMMUNES[place - 1] if 1 <= place <= len(COMMUNES) else None
    wanted = _folded(text)
    for commune in COMMUNES:
        bare = (_PREFIX.sub("", name) for name in commune.names.values())
        if wanted in {_folded(name) for name in (commune.word, *commune.names.values(), *bare)}:
            return commune
    return None


def _folded(text: str) -> str:
    """Without accents, case, hyphens and spaces around."""
    parts = unicodedata.normalize("NFKD", text.casefold().replace("-", " "))
    return " ".join("".join(letter for letter in parts if not unicodedata.combining(letter)).split())
