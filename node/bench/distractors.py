"""Documents that answer none of the judged queries, but look as if they might: what the engine must not find first.

Law: deterministic. The same seed and count give the same documents on every machine, made of phrases written by hand
(node/data/relevance/phrases.jsonl). Half of them are about the far sides of municipal life (waste, roads, water …),
half about near ones that share words and concepts with the practices (summer jobs, language courses for tourists,
cooperatives of weavers, migrating birds), and of those half mention migrants, refugees or women in passing. They have
the shape of what `node.indexing.document_of` makes of a practice: title, summary, body, town names in five languages.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from node.demo.places import MOST, places
from node.documents import country_names
from search.document import Document, Text

DATA = Path(__file__).parents[1] / "data" / "relevance"
COUNT = 2000
SEED = 2027
SHARES = {"fr": 35, "ar": 20, "de": 20, "tr": 15, "en": 10}
"""Per cent of the documents in each language, as measured for `wasl bench`."""

LEAST, MOST_CHARACTERS = 600, 4000
"""Characters of title, summary and body, without the names of towns and organisations."""

_FIRST, _LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2015, 2019))
_SPOKEN = {"isg-de": ("de", "en"), "isg-tr": ("tr", "en")}
_COUNTRY = {"de": "DE", "tr": "TR"}
_GENERAL, _PASSING = "general", "passing"
_SECTIONS = 4  # challenge, approach, results, lessons learned


@dataclass(frozen=True, slots=True)
class _Theme:
    """One subject in one language: what is said of it, and the concepts that such a record would plausibly carry."""

    concepts: tuple[str, ...]
    titles: tuple[str, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Town:
    """A publishing town. `commune`: as a DID; `names`: as its card has them, in five languages; `country`: ISO code."""

    commune: str
    names: dict[str, str]
    country: str


@dataclass(slots=True)
class _Language:
    """The phrase bank of one language."""

    within: str
    slots: dict[str, list[str]]
    themes: dict[bool, list[_Theme]] = field(default_factory=lambda: {False: [], True: []})
    general: tuple[str, ...] = ()
    passing: list[_Theme] = field(default_factory=list)
    towns: list[_Town] = field(default_factory=list)


def distractors(count: int = COUNT, seed: int = SEED) -> list[Document]:
    """`count` documents with the URIs distractor-0001 …, in the shares of `SHARES`, near and far ones in turn."""
    banks = _banks()
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    wanted = [language for language, share in SHARES.items() for _ in range(count * share // 100)]
    wanted += ["fr"] * (count - len(wanted))
    return [
        _document(f"distractor-{number:04}", language, banks[language], number % 2 == 0, chance)
        for number, language in enumerate(wanted, start=1)
    ]


def _banks() -> dict[str, _Language]:
    banks = {
        line["language"]: _Language(line["in"], {"m": line["months"], "q": line["quarters"]})
        for line in _lines("slots.jsonl")
    }
    for line in _lines("phrases.jsonl"):
        bank = banks[line["language"]]
        theme = _Theme(tuple(line["concepts"]), tuple(line["titles"]), tuple(line["sentences"]))
        if line["topic"] == _GENERAL:
            bank.general = theme.sentences
        elif line["topic"] == _PASSING:
            bank.passing.append(theme)
        else:
            bank.themes[line["near"]].append(theme)
    for place in places(MOST):
        for language in _SPOKEN.get(place.word, ("fr", "ar", "en")):
            banks[language].towns.append(_Town(f"did:{place.word}", place.names, place.country))
    for number, line in enumerate(_lines("towns.jsonl")):
        for language in line["spoken"]:
            country = next((_COUNTRY[spoken] for spoken in line["spoken"] if spoken in _COUNTRY), "MA")
            banks[language].towns.append(_Town(f"did:town-{number}", line["names"], country))
    return banks


def _lines(name: str) -> Iterator[Any]:
    return map(json.loads, (DATA / name).read_text(encoding="utf-8").splitlines())


def _document(uri: str, language: str, bank: _Language, near: bool, chance: random.Random) -> Document:
    theme, *others = chance.sample(bank.themes[near], 5)
    town = chance.choice(bank.towns)
    aside = [chance.choice(bank.passing)] if near and chance.random() < 0.5 else []
    title = chance.choice(theme.titles)
    if chance.random() < 0.5:
        title = bank.within.format(title=title, town=town.names[language])
    length = chance.randint(LEAST + 100, MOST_CHARACTERS)
    first = chance.sample(theme.sentences, len(theme.sentences))
    rest = [*first[2:], *(sentence for each in aside for sentence in each.sentences)]
    rest += chance.sample(bank.general, 4)
    more = [*bank.general, *(sentence for other in others for sentence in other.sentences)]
    chance.shuffle(more)
    size = sum(map(len, [title, *first[:2], *rest]))
    for sentence in more:
        if sentence not in rest and size < length - 2 * len(sentence):
            rest.append(sentence)
            size += len(sentence) + 1
    chance.shuffle(rest)
    summary = " ".join(_filled(sentence, bank, chance) for sentence in first[:2])
    body = _sections([_filled(sentence, bank, chance) for sentence in rest])
    return Document(
        uri=uri,
        kind="Practice",
        language=language,
        commune=town.commune,
        texts={language: Text(title, summary, body)},
        concepts=tuple(dict.fromkeys((*theme.concepts, *(concept for each in aside for concept in each.concepts)))),
        public=True,
        stamp=chance.randrange(_FIRST, _LAST),
        names=(*town.names.items(), *country_names(town.country)),
    )


def _filled(sentence: str, bank: _Language, chance: random.Random) -> str:
    return sentence.format(
        n=chance.randint(20, 950),
        p=chance.randint(4, 90),
        m=chance.choice(bank.slots["m"]),
        q=chance.choice(bank.slots["q"]),
    )


def _sections(sentences: Sequence[str]) -> str:
    """Sentences as the fields of a practice: one line a field."""
    each = -(-len(sentences) // _SECTIONS)
    return "\n".join(" ".join(sentences[start : start + each]) for start in range(0, len(sentences), each))
