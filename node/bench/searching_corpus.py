"""Documents in quantity for measuring search, and queries that people might type: the same from the same seed.

Words come from the demonstration practices, the common ones as often as Zipf says, and a long tail is made of pieces of
them, so that the number of different words grows with the number of documents as it does in real texts. Ratios between
engines can be trusted; what one query finds means nothing. Goes to: `searching`, `searching_others`.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from search import Document, Query, Text
from search.document import FACETS
from search.language import words

LANGUAGES = (("fr", 35), ("ar", 20), ("de", 20), ("tr", 15), ("en", 10))
"""Languages of the documents, with their shares in percent."""

BYTES = 4_000
"""Of a document's text in UTF-8, about."""

TRANSLATED = 0.15
"""Share of the documents that have a title and a summary in another language too."""

COMMUNES = 60

TAIL = 40_000
"""Words of each language that are in few documents or none."""

_DATA = Path(__file__).parent.parent / "data"
_COUNTRIES = ("MA", "DE", "TR", "FR", "TN", "ES", "BE", "SN")
_STATUS = ("planned", "ongoing", "completed", "mainstreamed")
EVIDENCE = ("self-reported", "monitored", "internally-evaluated", "externally-evaluated")
_COSTS = ("under-10000", "10000-50000", "50000-250000", "over-250000")
DIMENSIONS = ("emigration", "immigration", "transit", "return")


def documents(count: int, seed: int = 1, first: int = 0) -> Iterator[Document]:
    """`count` documents, numbered from `first` on."""
    for number in range(first, first + count):
        yield _document(number, random.Random(f"{seed}/{number}"))  # noqa: S311


def queries(count: int, kind: str, seed: int = 2) -> list[Query]:
    """`count` queries of a kind: plain, filtered, faceted or phrase; or hard, of the commonest words."""
    chance = random.Random(f"{seed}/{kind}")  # noqa: S311
    return [_query(kind, chance) for _ in range(count)]


def typed(count: int, seed: int = 3) -> list[tuple[str, str]]:
    """What somebody has typed so far, and the language: two to eight letters of a title's words, label or town."""
    chance = random.Random(seed)  # noqa: S311
    found = []
    for _ in range(count):
        language = some_language(chance)
        start = " ".join(chance.choices(common(language), k=chance.choice([1, 1, 2])))
        found.append((start[: chance.randint(2, 12)], language))
    return found


@cache
def common(language: str) -> list[str]:
    """The words of the demonstration practices in a language, commonest first."""
    counts = Counter[str]()
    for line in (_DATA / "demo" / "practices.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["language"] == language:
            counts.update(_said(record, language))
    return [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def _said(value: Any, language: str) -> Iterator[str]:
    if isinstance(value, dict):
        mine = value.get(language)
        if isinstance(mine, str):
            yield from (word for _, _, word in words(mine))
        else:
            for each in value.values():
                yield from _said(each, language)
    elif isinstance(value, list):
        for each in value:
            yield from _said(each, language)


@cache
def _words(language: str) -> tuple[list[str], list[float]]:
    """Every word of a language, and the running sum of how often each is said."""
    chance = random.Random(f"words/{language}")  # noqa: S311
    known = common(language)
    long = [word.lower() for word in known if len(word) > 4 and "'" not in word]
    tail: dict[str, None] = {}
    while len(tail) < TAIL:
        one, other = chance.choice(long), chance.choice(long)
        tail[one[: chance.randint(2, len(one))] + other[chance.randint(1, len(other) - 2) :]] = None
    every = list(dict.fromkeys([*known, *tail]))
    return every, list(accumulate(1.0 / (rank + 2.7) ** 1.05 for rank in range(len(every))))


@cache
def concepts(scheme: str) -> list[str]:
    known = json.loads((_DATA / "vocabulary.json").read_text(encoding="utf-8"))["concepts"]
    return [each["id"] for each in known if each["scheme"] == scheme]


@cache
def labels(language: str) -> list[str]:
    """The usual labels of topics and target groups."""
    known = json.loads((_DATA / "vocabulary.json").read_text(encoding="utf-8"))["concepts"]
    return [each["prefLabel"][language] for each in known if each["scheme"] in ("topic", "targetGroup")]


def some_language(chance: random.Random) -> str:
    return chance.choices([code for code, _ in LANGUAGES], [share for _, share in LANGUAGES])[0]


def some_text(language: str, length: int, chance: random.Random) -> str:
    """Words of about `length` bytes together."""
    every, sums = _words(language)
    per_word = 12 if language == "ar" else 7
    return " ".join(chance.choices(every, cum_weights=sums, k=max(1, length // per_word)))


def _wording(language: str, body: int, chance: random.Random) -> Text:
    return Text(
        some_text(language, 60, chance),
        some_text(language, 300, chance),
        some_text(language, body, chance) if body else "",
    )


def _document(number: int, chance: random.Random) -> Document:
    language = some_language(chance)
    texts = {language: _wording(language, BYTES - 360, chance)}
    if chance.random() < TRANSLATED:
        other = some_language(chance)
        texts.setdefault(other, _wording(other, 0, chance))
    topics = chance.sample(concepts("topic"), chance.randint(1, 4))
    groups = chance.sample(concepts("targetGroup"), chance.randint(1, 3))
    commune = int(COMMUNES * chance.random() ** 2)
    start = date(2010, 1, 1) + timedelta(days=chance.randrange(5_800))
    return Document(
        uri=f"did:wasl:z6Mk{commune:04d}uhgU7bCqHqvPZ4pQ2nGmYc3tKfWxRvLs/records/{chance.getrandbits(128):032x}-{number}",
        kind="Practice",
        language=language,
        commune=f"did:wasl:z6Mk{commune:04d}uhgU7bCqHqvPZ4pQ2nGmYc3tKfWxRvLs",
        texts=texts,
        concepts=(*topics, *groups),
        public=chance.random() < 0.95,
        stamp=1_700_000_000 + number * 60,
        facets={
            "country": (_COUNTRIES[commune % len(_COUNTRIES)],),
            "topic": tuple(topics),
            "group": tuple(groups),
            "dimension": (chance.choice(DIMENSIONS),),
            "status": (chance.choice(_STATUS),),
            "evidence": (chance.choice(EVIDENCE),),
            "year": (str(start.year),),
            "cost": (chance.choice(_COSTS),),
        },
        start=start,
        end=start + timedelta(days=chance.randint(30, 900)),
    )


def _query(kind: str, chance: random.Random) -> Query:
    language = some_language(chance)
    known = common(language)
    some = [chance.choice(known[: chance.choice([60, 300, 1_500])]) for _ in range(chance.choice([1, 1, 2, 2, 3]))]
    words = chance.choice([" ".join(some), " ".join(some), chance.choice(labels(language))])
    if kind == "phrase":
        return Query(f'"{" ".join(chance.choices(known[:200], k=chance.choice([2, 2, 3])))}"', language)
    if kind == "hard":
        return Query(" ".join(chance.choices(known[20:80], k=6)), language)
    if kind == "plain":
        return Query(words, language)
    narrowed: list[dict[str, tuple[str, ...]]] = [
        {"language": (language,)},
        {"country": ("MA", "DE")},
        {"topic": (chance.choice(concepts("topic")),)},
        {"status": ("completed",), "group": (chance.choice(concepts("targetGroup")),)},
        {"year": ("2019", "2020", "2021"), "cost": (chance.choice(_COSTS),)},
    ]
    filters = chance.choice(narrowed)
    since = chance.choice([None, None, date(2018, 1, 1)])
    sort = chance.choice(["best", "best", "newest", "title"])
    if kind == "filtered":
        return Query(words, language, filters, since, sort=sort)
    return Query(chance.choice([words, words, ""]), language, chance.choice([{}, filters]), facets=FACETS)
