"""The words for concepts, in five languages: what lets a German query find a French practice.

Law: read only, and pure once loaded. A vocabulary is a SKOS-shaped JSON object: `concepts`, each with `id`, `broader`
(an id or null), `prefLabel` {language: label} and `altLabel` {language: [label, …]}; unknown fields are ignored. Labels
are folded and stemmed like everything else. Comes from: node/data/vocabulary.json. Goes to: `plan` (concepts in a
query) and `analysis` (broader concepts of a document).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from search.language import LANGUAGES, forms, spelling, words

_NOTHING: frozenset[str] = frozenset()

Spoken = tuple[tuple[str, ...], str]
"""A word of a query in one language: its forms, and its spelling."""


@dataclass(slots=True)
class _Step:
    """One step of a label: which concepts end here, under which spellings, and which stems go on."""

    concepts: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    further: dict[str, "_Step"] = field(default_factory=dict)


class Vocabulary:
    """Concepts, their broader ones, and how to recognise them in words.

    `digest`: SHA-256 of the content, 64 hex digits; an index remembers it and is outdated when it changes.
    Raises ValueError for a concept without an id or with labels that are not text.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        canonical = json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        self.digest = hashlib.sha256(canonical.encode()).hexdigest()
        self._broader: dict[str, str | None] = {}
        self._labels: dict[str, list[tuple[str, str]]] = {}
        self._steps: dict[str, _Step] = {}
        self._with_form: dict[tuple[str, str], set[str]] = {}
        for concept in data["concepts"]:
            self._add(concept)

    @classmethod
    def load(cls, source: str | PathLike[str] | Mapping[str, Any]) -> "Vocabulary":
        """From a JSON file or from what was parsed of one. Raises OSError or ValueError."""
        if isinstance(source, Mapping):
            return cls(source)
        return cls(json.loads(Path(source).read_text(encoding="utf-8")))

    def _add(self, concept: Mapping[str, Any]) -> None:
        name = concept.get("id")
        if not isinstance(name, str) or not name:
            raise ValueError("a concept of the vocabulary has no id")
        self._broader[name] = concept.get("broader")
        labels = [(language, label) for language, label in concept.get("prefLabel", {}).items()]
        labels += [(language, label) for language, more in concept.get("altLabel", {}).items() for label in more]
        if not all(isinstance(label, str) for _, label in labels):
            raise ValueError(f"a label of the concept {name} is not text")
        self._labels[name] = labels
        for language, label in labels:
            self._add_label(name, language, label)

    def _add_label(self, name: str, language: str, label: str) -> None:
        step = start = self._steps.setdefault(language, _Step())
        spelled: list[str] = []
        for _, _, word in words(label):
            found = forms(word, language)
            if found:
                step = step.further.setdefault(found[0], _Step())
                spelled.append(spelling(word, language))
            for form in found:
                self._with_form.setdefault((language, form), set()).add(name)
        if step is not start:
            step.concepts.setdefault(name, set()).add(tuple(spelled))

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

    def with_form(self, form: str, language: str) -> frozenset[str]:
        """Concepts that have this form of a word somewhere in a label of this language."""
        return frozenset(self._with_form.get((language, form), _NOTHING))

    def longest(self, query: Sequence[Spoken], language: str) -> tuple[int, frozenset[str]]:
        """The longest label of `language` that `query`, without stop words, begins with.

        Returns how many words it took, and the concepts; (0, empty) when there is none. Where stemming makes two labels
        one, and one of them is spelled as in the query, only that one is meant.
        """
        best: tuple[int, frozenset[str]] = (0, _NOTHING)
        open_steps = [self._steps.get(language, _Step())]
        for length, (found, _) in enumerate(query, start=1):
            open_steps = [step.further[form] for step in open_steps for form in found if form in step.further]
            if not open_steps:
                break
            labels = [item for step in open_steps for item in step.concepts.items()]
            if labels:
                spelled = tuple(each for _, each in query[:length])
                exact = frozenset(concept for concept, spellings in labels if spelled in spellings)
                best = (length, exact or frozenset(concept for concept, _ in labels))
        return best

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that have labels, those with rules of their own first."""
        return (*LANGUAGES, *sorted(set(self._steps) - set(LANGUAGES)))
