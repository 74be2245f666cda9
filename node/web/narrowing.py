"""What a search may be narrowed by, as its page shows it: ten facets with counts, two as trees, and what is chosen.

Pure but for the reader's language. Counts come from the index, each under all the *other* filters; a chosen value that
counts nothing is still shown, so that it can be taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from flask_babel import gettext as _

from node import labels
from node.asking import Asked
from node.facets import COSTS, DEAREST
from node.labels import FACET_WORDS, SCHEMES
from node.web.language import language
from node.web.presenting import OWN_NAMES
from search.document import TREES

AT_ONCE = 12
"""Values of a facet that are shown before *more*."""
ALL = 400
"""Values of a facet that are shown at all."""
OPEN = ("topic", "country")
"""Facets that are unfolded from the start."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet. `below`: those that are narrower, in a tree."""

    value: str
    label: str
    count: int
    chosen: bool
    below: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet. `more`: what is folded away; `chosen`: how many values are; `open`: unfolded from the start."""

    name: str
    heading: str
    choices: tuple[Choice, ...]
    more: tuple[Choice, ...]
    chosen: int
    open: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter in force. `without`: the question without it."""

    heading: str
    label: str
    without: Asked

    def __str__(self) -> str:
        return str(_("%(heading)s: %(label)s", heading=self.heading, label=self.label))


def facets(asked: Asked, counts: Mapping[str, Mapping[str, int]], names: Mapping[str, str]) -> list[Facet]:
    """Every facet that has something to choose. `names`: of the communes, by DID."""
    found = []
    for name in FACET_WORDS:
        chosen = asked.chosen.get(name, ())
        counted = dict(counts.get(name, {})) | {value: 0 for value in chosen if value not in counts.get(name, {})}
        choices = _tree(name, counted, chosen) if name in TREES else _list(name, counted, chosen, names)
        if choices:
            first, rest = _parted(choices, name)
            unfolded = bool(chosen) or name in OPEN
            found.append(Facet(name, labels.facet(name, language()), first, rest, len(chosen), unfolded))
    return found


def chosen_of(asked: Asked, names: Mapping[str, str]) -> list[Chosen]:
    """The filters in force, one for each value."""
    found = [
        Chosen(labels.facet(name, language()), called(name, value, names), asked.without(name, value))
        for name, values in asked.chosen.items()
        for value in values
    ]
    if asked.since and "since" not in asked.problems:
        found.append(Chosen(_("Since"), asked.since, asked.with_(since="")))
    if asked.until and "until" not in asked.problems:
        found.append(Chosen(_("Until"), asked.until, asked.with_(until="", problems={})))
    return found


def called(name: str, value: str, names: Mapping[str, str]) -> str:
    """What a value is called in the reader's language; languages by their own name."""
    if name == "language" and value in OWN_NAMES:
        return OWN_NAMES[value]
    return labels.label(name, value, language(), names)


def _list(name: str, counted: Mapping[str, int], chosen: Iterable[str], names: Mapping[str, str]) -> tuple[Choice, ...]:
    choices = [Choice(value, called(name, value, names), count, value in chosen) for value, count in counted.items()]
    if name == "year":
        choices.sort(key=lambda choice: choice.value, reverse=True)
    elif name == "cost":
        order = [*dict(COSTS), DEAREST]
        choices.sort(key=lambda choice: order.index(choice.value) if choice.value in order else len(order))
    elif name in ("status", "evidence"):
        order = list(labels.concepts())
        choices.sort(key=lambda choice: order.index(choice.value) if choice.value in order else len(order))
    else:
        choices.sort(key=lambda choice: (not choice.chosen, -choice.count, choice.label.casefold()))
    return tuple(choices[:ALL])


def _tree(name: str, counted: Mapping[str, int], chosen: Iterable[str]) -> tuple[Choice, ...]:
    """The concepts that count something, each below its broader one, by their labels."""
    narrower = _narrower(SCHEMES[name])

    def below(parent: str | None) -> tuple[Choice, ...]:
        under = {value: below(value) if value in narrower else () for value in narrower[parent]}
        kept = [
            Choice(value, labels.concept(value, language()), counted.get(value, 0), value in chosen, choices)
            for value, choices in under.items()
            if choices or value in counted
        ]
        return tuple(sorted(kept, key=lambda choice: choice.label.casefold()))

    return below(None)


@cache
def _narrower(scheme: str) -> Mapping[str | None, Sequence[str]]:
    """The concepts of a scheme by the one above them; None: at the top."""
    found: dict[str | None, list[str]] = {None: []}
    for each in labels.concepts().values():
        if each.scheme == scheme:
            found.setdefault(each.broader, []).append(each.id)
    return found


def _parted(choices: tuple[Choice, ...], name: str) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
    """What is shown at once, and what is folded away; a tree is never parted, nor is a short list."""
    if name in TREES or len(choices) <= AT_ONCE + 2:
        return choices, ()
    first = [choice for place, choice in enumerate(choices) if place < AT_ONCE or choice.chosen]
    return tuple(first), tuple(choice for choice in choices if choice not in first)
