"""What records made for a measurement say: words as real texts have them, in five languages, with facets of all sorts.

`plain` is French of two dozen words, made at once and small in an index; every word stands in every record, which is
the dearest thing to search for. `varied` is what a network holds: the words of `searching_corpus`, with its long tail.
`quick` is `varied` of sentences that were drawn before, ten times as fast, for a million of them. Pure, given the
chance. Goes to: `making`, `scaling`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

from node.bench import searching_corpus as corpus

Content = tuple[str, dict[str, Any]]
"""The language that it is written in, and the content of a practice of about 4,000 bytes with its envelope."""

Say = Callable[[random.Random], Content]

WORDS = [
    "commune", "accueil", "migrants", "insertion", "emploi", "logement", "santé", "école", "langue",
    "atelier", "conseil", "association", "quartier", "partenaires", "formation", "bilan", "compétences",
    "orientation", "guichet", "médiation", "interprète", "budget", "suivi", "évaluation",
]  # fmt: skip

_PARTS = (
    ("title", 60),
    ("summary", 300),
    ("challenge", 500),
    ("approach", 1_000),
    ("results", 500),
    ("lessonsLearned", 500),
)
_CURRENCY = "EUR"

SENTENCES = 20_000
"""Sentences of a language that `quick` draws from."""

_SENTENCE_BYTES = 60


def plain(chance: random.Random) -> Content:
    """French of `WORDS`, one topic, one target group."""

    def text(length: int) -> dict[str, str]:
        words: list[str] = []
        while length > 0:
            words.append(chance.choice(WORDS))
            length -= len(words[-1]) + 1
        return {"fr": " ".join(words)}

    content = {name: text(length) for name, length in _PARTS}
    return "fr", content | {
        "topics": ["employment"],
        "targetGroups": ["regularised-migrants"],
        "status": "completed",
        "startDate": "2025-01",
    }


def varied(chance: random.Random) -> Content:
    """One of the corpus's languages, one to four topics, some time of the last fifteen years, a budget."""
    return _content(chance, corpus.some_text)


def quick(chance: random.Random) -> Content:
    """As `varied`, of `SENTENCES` sentences in each language: single words are as frequent, sentences come again."""
    return _content(chance, _of_sentences)


def _content(chance: random.Random, some_text: Callable[[str, int, random.Random], str]) -> Content:
    language = corpus.some_language(chance)
    content: dict[str, Any] = {name: {language: some_text(language, length, chance)} for name, length in _PARTS}
    start = date(2010, 1, 1) + timedelta(days=chance.randrange(5_400))
    return language, content | {
        "topics": chance.sample(corpus.concepts("topic"), chance.randint(1, 4)),
        "targetGroups": chance.sample(corpus.concepts("targetGroup"), chance.randint(1, 3)),
        "dimensions": [chance.choice(corpus.DIMENSIONS)],
        "evidenceLevel": chance.choice(corpus.EVIDENCE),
        "budget": {"amount": str(int(10 ** chance.uniform(3, 6))), "currency": _CURRENCY},
        "status": "completed",
        "startDate": start.isoformat()[:7],
        "endDate": (start + timedelta(days=chance.randint(30, 900))).isoformat()[:7],
    }


def _of_sentences(language: str, length: int, chance: random.Random) -> str:
    known = _sentences(language)
    return " ".join(known[int(chance.random() * SENTENCES)] for _ in range(max(1, length // _SENTENCE_BYTES)))


@cache
def _sentences(language: str) -> list[str]:
    chance = random.Random(f"sentences/{language}")  # noqa: S311
    return [corpus.some_text(language, _SENTENCE_BYTES, chance) for _ in range(SENTENCES)]
