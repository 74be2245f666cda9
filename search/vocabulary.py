"""The words for concepts, in five languages: what lets a German query find a French practice.

Law: read only, and pure once loaded. A vocabulary is a SKOS-shaped JSON object: `concepts`, each with `id`, `broader`
(an id or null), `prefLabel` {language: label} and `altLabel` {language: [label, …]}; unknown fields are ignored. Beside
it may stand a **lexicon**: `entries`, each with `id` and, for each language, words that mean the same. A concept is
chosen by whoever writes a record; an entry of the lexicon is only recognised in words. Labels are folded and stemmed
like everything else. Comes from: node/data/vocabulary.json, lexicon.json. Goes to: `plan` (meanings in a query) and
`analysis` (meanings in a document, and the broader concepts of its own).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from search.language import LANGUAGES
from search.meanings import Meanings

ENTRY = "~"
"""What the name of a lexicon entry begins with among meanings, so that it is never taken for a concept."""

Source = str | PathLike[str] | Mapping[str, Any]


class Vocabulary:
    """Concepts, their broader ones, and all that words can mean: concepts and the entries of a lexicon.

    `digest`: SHA-256 of the content, 64 hex digits; an index remembers it and is outdated when it changes.
    Raises ValueError for a concept without an id or with labels that are not text, and for such an entry.
    """

    def __init__(self, data: Mapping[str, Any], lexicon: Mapping[str, Any] | None = None) -> None:
        canonical = json.dumps([data, lexicon], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        self.digest = hashlib.sha256(canonical.encode()).hexdigest()
        self.meanings = Meanings()
        self._broader: dict[str, str | None] = {}
        self._labels: dict[str, list[tuple[str, str]]] = {}
        for concept in data["concepts"]:
            self._add(concept)
        for entry in lexicon["entries"] if lexicon else ():
            labels = [(language, label) for language in LANGUAGES for label in entry.get(language, ())]
            self._mean(_name_of(entry, ENTRY), labels)

    @classmethod
    def load(cls, source: Source, lexicon: Source | None = None) -> "Vocabulary":
        """From JSON files or from what was parsed of them. Raises OSError or ValueError."""
        return cls(_read(source), None if lexicon is None else _read(lexicon))

    def _add(self, concept: Mapping[str, Any]) -> None:
        name = _name_of(concept)
        labels = [(language, label) for language, label in concept.get("prefLabel", {}).items()]
        labels += [(language, label) for language, more in concept.get("altLabel", {}).items() for label in more]
        self._broader[name] = concept.get("broader")
        self._labels[name] = labels
        self._mean(name, labels)

    def _mean(self, name: str, labels: Iterable[tuple[str, str]]) -> None:
        for language, label in labels:
            if not isinstance(label, str):
                raise ValueError(f"a label of the concept {name} is not text")
            self.meanings.add(name, language, label)

    def __contains__(self, concept: str) -> bool:
        return concept in self._broader

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every concept, in the order of the vocabulary."""
        return tuple(self._broader)

    def labels(self, concept: str) -> Sequence[tuple[str, str]]:
        """(language, label) of a concept, preferred ones first; empty for an unknown concept."""
        return tuple(self._labels.get(concept, ()))

    def broader(self, concepts: Iterable[str]) -> frozenset[str]:
        """Every concept above these, at any height, and not among them. A circle in the data ends itself."""
        below = frozenset(concepts)
        above: set[str] = set()
        for concept in below:
            up = self._broader.get(concept)
            while up is not None and up not in above:
                above.add(up)
                up = self._broader.get(up)
        return frozenset(above - below)

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that have labels, those with rules of their own first."""
        return (*LANGUAGES, *sorted(self.meanings.languages - set(LANGUAGES)))


def _read(source: Source) -> Mapping[str, Any]:
    if isinstance(source, Mapping):
        return source
    read: Mapping[str, Any] = json.loads(Path(source).read_text(encoding="utf-8"))
    return read


def _name_of(concept: Mapping[str, Any], prefix: str = "") -> str:
    name = concept.get("id")
    if not isinstance(name, str) or not name:
        raise ValueError("a concept of the vocabulary has no id")
    return prefix + name
