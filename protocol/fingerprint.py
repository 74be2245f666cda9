"""A node's name in eight words that two people can compare by telephone.

When two administrators peer, each screen shows the words of both nodes; reading them aloud is how a person,
not a network, says "yes, that is you". Law of this room: the same did gives the same places in the list in
every language, and the lists hold the same 256 things in the same order, so that somebody who sees Arabic
and somebody who sees German can compare by translating. Within each list no two words differ by fewer than
two letters.

On the line: the peering pages and `wasl peers`. 8 words are 64 bits of a hash: enough against a stranger
who would have to make 2^64 keys to look like you, and no more than people are willing to read. The lists
were written for Wasl; they are package data, read once: the only file that `protocol` opens, and never one
from outside.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from protocol.didkey import multikey_of

LANGUAGES: Final = ("fr", "ar", "de", "tr", "en")
WORDS: Final = 8  # one byte of the hash each
LIST_LENGTH: Final = 256

_PURPOSE: Final = b"wasl-fingerprint-1"


def words(did: str, language: str) -> tuple[str, ...]:
    """The eight words of `did`, in one of `LANGUAGES`; in English for a language that has no list.

    Byte i of SHA-256("wasl-fingerprint-1" followed by the did) is the place of word i in the list, from 0.
    Raises `BadKey` if `did` is no did:key of ours. Source: docs/protocol.md, "Fingerprint words".
    """
    multikey_of(did)
    digest = sha256(_PURPOSE + did.encode("ascii")).digest()
    listed = word_list(language if language in LANGUAGES else "en")
    return tuple(listed[place] for place in digest[:WORDS])


@cache
def word_list(language: str) -> tuple[str, ...]:
    """The 256 words of one of `LANGUAGES`, in the order that all languages share."""
    text = files("protocol").joinpath("wordlists", f"{language}.txt").read_text(encoding="utf-8")
    return tuple(text.split())
