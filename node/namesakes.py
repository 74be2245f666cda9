"""Towns that call themselves alike, told apart: a name is what a node says of itself, and anybody can say any name.

Where names look alike (case, accents, spaces and letters of other alphabets that look Latin do not count), each is
shown with its host, or the end of its DID where it has none. Which of them is meant, the fingerprint words say (attack
H9). Pure; called by `node.web.listing`.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from urllib.parse import urlsplit

from node import addresses
from protocol.card import Card

_LATIN = str.maketrans("асеорхуіјѕһӏԁԛԝґɡοαν", "aceopxyijshldqwrgoav")
"""Letters that look like Latin ones in most fonts, and these: as in `addresses`, where a host is looked at."""


def looks_of(name: str) -> str:
    """What a hasty reader sees of a name: names with the same looks could be taken for each other."""
    plain = unicodedata.normalize("NFKD", name).casefold().translate(_LATIN)
    return "".join(letter for letter in plain if letter.isalnum())


def told_apart(cards: Mapping[str, Card], language: str) -> dict[str, str]:
    """DID -> the name in `language`, with its host where another name among these looks alike."""
    names = {did: card.name(language) for did, card in cards.items()}
    looks = {did: looks_of(name) for did, name in names.items()}
    alike = Counter(looks.values())
    return {
        did: f"{name} ({_place_of(did, cards[did])})" if alike[looks[did]] > 1 else name for did, name in names.items()
    }


def _place_of(did: str, card: Card) -> str:
    url = card.url
    try:
        netloc = urlsplit(url).netloc if url else ""
    except ValueError:
        netloc = ""
    return (addresses.host_of(url).ascii if url and netloc else "") or f"…{did[-8:]}"
