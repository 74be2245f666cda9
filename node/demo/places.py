"""Who takes part in the demonstration and who talks to whom: the ten communes of RECOMIG, Berlin and Istanbul.

Not every node talks to every other, as in life: thirteen peerings, and nobody is more than four steps from anybody.
Tiznit has no address: behind its router it listens on no port at all, and gives and takes only by calling Marrakech.
"""

from __future__ import annotations

from dataclasses import dataclass

from node.communes import COMMUNES

MOST = 12
"""Nodes of the whole network."""


@dataclass(frozen=True, slots=True)
class Place:
    """One node to be. `word`: its short name in the demonstration data; `reachable`: whether it has an address."""

    word: str
    names: dict[str, str]
    country: str
    languages: tuple[str, ...]
    location: dict[str, str]
    reachable: bool = True


def _partner(word: str, country: str, languages: tuple[str, ...], names: dict[str, str], lat: str, lon: str) -> Place:
    return Place(word, names, country, languages, {"lat": lat, "lon": lon})


_BERLIN = {
    "fr": "ISG Berlin",
    "ar": "مجموعة استراتيجية الاندماج، برلين",
    "de": "ISG Berlin",
    "tr": "ISG Berlin",
    "en": "ISG Berlin",
}
_ISTANBUL = {
    "fr": "ISG Istanbul",
    "ar": "مجموعة استراتيجية الاندماج، إسطنبول",
    "de": "ISG Istanbul",
    "tr": "ISG İstanbul",
    "en": "ISG Istanbul",
}

_KNOWN = {
    commune.word: Place(
        commune.word,
        commune.names,
        "MA",
        ("fr", "ar"),
        {"lat": commune.lat, "lon": commune.lon},
        commune.word != "tiznit",
    )
    for commune in COMMUNES
} | {
    "isg-de": _partner("isg-de", "DE", ("de", "en", "fr"), _BERLIN, "52.5200", "13.4050"),
    "isg-tr": _partner("isg-tr", "TR", ("tr", "ar", "en"), _ISTANBUL, "41.0082", "28.9784"),
}

_ORDER = (
    "rabat", "isg-de", "marrakech", "tiznit", "isg-tr", "casablanca", "fes", "sale", "tanger", "oujda", "nador",
    "beni-mellal",
)  # fmt: skip
"""The first n of these are connected, for every n."""

_LINKS = (
    ("rabat", "isg-de"), ("rabat", "casablanca"), ("rabat", "sale"), ("rabat", "fes"), ("rabat", "tanger"),
    ("rabat", "marrakech"), ("isg-de", "isg-tr"), ("fes", "oujda"), ("nador", "oujda"), ("tanger", "nador"),
    ("casablanca", "beni-mellal"), ("marrakech", "beni-mellal"), ("marrakech", "tiznit"),
)  # fmt: skip
"""Who invites whom: the first has an address."""


def places(count: int) -> list[Place]:
    """The first `count` nodes (2 to 12)."""
    return [_KNOWN[word] for word in _ORDER[:count]]


def links(chosen: list[Place]) -> list[tuple[str, str]]:
    """The peerings among these nodes: who invites, who is invited."""
    words = {place.word for place in chosen}
    return [(host, guest) for host, guest in _LINKS if host in words and guest in words]
