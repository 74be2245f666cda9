"""What the values of facets are called, in any of the five languages, and which values there are.

Concepts come from the vocabulary, countries and languages from the CLDR, bands of cost from `node/facets.py`. Pure; no
request, no database: what a commune is called stands on its card, and is given. Goes to: pages, files, `wasl search`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import orjson
from babel import Locale, UnknownLocaleError, numbers

from node import speech
from node.config import LANGUAGES
from node.errors import NotFound
from node.facets import COSTS, DEAREST


def N_(sentence: str) -> str:
    """Mark for translation."""
    return sentence


FACET_WORDS = {
    "topic": N_("Topic"),
    "country": N_("Country"),
    "commune": N_("Municipality"),
    "group": N_("Target group"),
    "dimension": N_("Dimension of migration"),
    "status": N_("Status"),
    "evidence": N_("Evidence"),
    "language": N_("Original language"),
    "year": N_("Year of beginning"),
    "cost": N_("Cost"),
}
"""Facets in the order in which they are shown."""

SCHEMES = {"topic": "topic", "group": "targetGroup", "dimension": "dimension", "status": "status"} | {
    "evidence": "evidenceLevel"
}
"""Facets whose values are concepts, and the scheme of the vocabulary that they belong to."""

_TONGUE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}", re.ASCII)
_YEAR = re.compile(r"[12][0-9]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept. `broader`: the concept above it, or None; `labels`: language -> its usual name."""

    id: str
    scheme: str
    broader: str | None
    labels: Mapping[str, str]
    others: Mapping[str, tuple[str, ...]]


@cache
def concepts() -> Mapping[str, Concept]:
    """Every concept of the vocabulary, in its order."""
    data = orjson.loads(files("node").joinpath("data", "vocabulary.json").read_bytes())
    return {
        each["id"]: Concept(
            each["id"],
            each["scheme"],
            each.get("broader"),
            each["prefLabel"],
            {language: tuple(names) for language, names in each.get("altLabel", {}).items()},
        )
        for each in data["concepts"]
    }


def with_broader(names: Iterable[str]) -> list[str]:
    """Those of `names` that the vocabulary has, and all that is broader; each once, before what is above it."""
    found: dict[str, None] = {}
    for name in names:
        known = concepts().get(name)
        while known is not None and known.id not in found:
            found[known.id] = None
            known = concepts().get(known.broader or "")
    return list(found)


def concept(name: str, language: str) -> str:
    """The label of a concept; its id where the vocabulary does not know it."""
    found = concepts().get(name)
    return (found.labels.get(language) or found.labels.get("en") or name) if found else name


def country(code: str, language: str) -> str:
    """A country's name; the code where nobody has one."""
    return str(_locale(language).territories.get(code, code))


def tongue(code: str, language: str) -> str:
    """A language's name; the tag where nobody has one."""
    try:
        parsed = Locale.parse(code, sep="-")
    except (ValueError, UnknownLocaleError):
        return code
    return str(_locale(language).languages.get(parsed.language, code))


def cost(band: str, language: str) -> str:
    """A band of cost: *€10,000 to €50,000*."""
    say = speech.translations(language).gettext
    ends = dict(COSTS)
    if band == DEAREST:
        return say(N_("more than %(amount)s")) % {"amount": _euros(COSTS[-1][1], language)}
    if band not in ends:
        return band
    place = list(ends).index(band)
    if place == 0:
        return say(N_("less than %(amount)s")) % {"amount": _euros(ends[band], language)}
    return say(N_("%(least)s to %(most)s")) % {
        "least": _euros(COSTS[place - 1][1], language),
        "most": _euros(ends[band], language),
    }


def facet(name: str, language: str) -> str:
    """What a facet is called."""
    return speech.translations(language).gettext(FACET_WORDS[name])


def label(name: str, value: str, language: str, communes: Mapping[str, str]) -> str:
    """What a value of the facet `name` is called. `communes`: DID -> name."""
    if name in SCHEMES:
        return concept(value, language)
    if name == "country":
        return country(value, language)
    if name == "language":
        return tongue(value, language)
    if name == "cost":
        return cost(value, language)
    return communes.get(value, value) if name == "commune" else value


def known(name: str, value: str) -> bool:
    """Whether `value` can be one of the facet `name`; a commune is asked for elsewhere."""
    if name in SCHEMES:
        found = concepts().get(value)
        return found is not None and found.scheme == SCHEMES[name]
    if name == "country":
        return len(value) == 2 and value in _locale("en").territories
    if name == "language":
        return _TONGUE.fullmatch(value) is not None
    if name == "cost":
        return value in dict(COSTS) or value == DEAREST
    return name == "year" and _YEAR.fullmatch(value) is not None


def meant(name: str, typed: str) -> str:
    """The value of a facet that a person means by its id or by its name in any of the languages, accents or not.

    Raises `NotFound` (`unknown_value`) with what there is.
    """
    if known(name, typed):
        return typed
    wanted = folded(typed)
    for value in _values(name):
        names = [label(name, value, language, {}) for language in LANGUAGES]
        if name in SCHEMES:
            names += [other for some in concepts()[value].others.values() for other in some]
        if wanted in {folded(value), *map(folded, names)}:
            return value
    raise NotFound(f"no {name} is called {typed!r}: {_some(name)}", "unknown_value")


def folded(text: str) -> str:
    """`text` without case, accents, hyphens and spaces around: for comparing names."""
    parts = unicodedata.normalize("NFKD", text.casefold().replace("-", " ").replace("ı", "i"))
    return " ".join("".join(letter for letter in parts if not unicodedata.combining(letter)).split())


def _values(name: str) -> list[str]:
    if name in SCHEMES:
        return [each.id for each in concepts().values() if each.scheme == SCHEMES[name]]
    if name == "country":
        return [str(code) for code in _locale("en").territories if len(str(code)) == 2]
    if name == "language":
        return [str(code) for code in _locale("en").languages if len(str(code)) <= 3]
    return [*dict(COSTS), DEAREST] if name == "cost" else []


def _some(name: str) -> str:
    if name == "country":
        return "give its name or its code, such as MA"
    if name == "language":
        return "give its name or its code, such as fr"
    return "give four digits" if name == "year" else "there is " + ", ".join(_values(name))


def _euros(amount: int, language: str) -> str:
    locale = _locale(language)
    pattern = locale.currency_formats["standard"].pattern.replace("0.00", "0")
    return str(numbers.format_currency(amount, "EUR", pattern, locale=locale, currency_digits=False))


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(speech.LOCALES.get(language, "en_GB"))
