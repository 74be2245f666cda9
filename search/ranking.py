"""How much a match is worth: one formula, whatever keeps the words.

Law: pure arithmetic on numbers that every index can count exactly, so two indexes of the same documents give the same
scores. Numbers may be plain or arrays (numpy's), and both go through the same operations in the same order. A form of
BM25F: the fields of a document are added up by weight, then saturated. Each field is saturated by itself before, so
that no body, however stuffed with a word, outranks a title that has it once.
"""

from collections.abc import Callable
from math import ceil, log
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Number = TypeVar("Number", float, NDArray[Any])
else:
    Number = TypeVar("Number")

TITLE = 2.5
CONCEPT = 3.0
SUMMARY = 2.0
BODY = 1.0
"""Weights of a match in: the title, a concept recognised in the query, the summary, the body. An index keeps summary
and body added up: changing either makes another index (`whoosh_index_schema.SCHEMA_VERSION`)."""

MEANING = 0.7
"""Share of a word that means the same, in whatever language, against the word itself."""

NARROWER = 0.5
"""Share of a document whose concept lies below the one asked for."""

SATURATION = 6.0  # k1 of BM25: high, since the fields are saturated already, each by itself
REPEATED = 1.2  # the same within one field: a word in it any number of times is worth 2.2 times once, at most
LENGTH_EFFECT = 0.4  # b of BM25: 0 ignores length, 1 divides by it; lower than usual, since completeness is no fault

OWN_LANGUAGE = 1.02
TRANSLATED = 1.01
LESSER = 0.98
"""Factors for a document written in, or translated into, the reader's language, and for one translated by a machine or
from an earlier revision: enough to decide between equals, and no more: what is best is often written in another one
(docs/search.md)."""

ENOUGH, HALF = 0.6, 0.5
"""Share of the words of a query that a document must have to be found: both of two, two of three, three of five; and
what is enough, but never one of several, while there are fewer than `FEW`."""

FEW = 3

DIGITS = 6
"""Scores are rounded to this, so that the order of additions cannot decide an order of hits."""


def needed(words: int, having: Callable[[int], int]) -> int:
    """How many of so many words a document must have. `having`: how many documents have at least a number of them.

    When none has enough, as many as any has. At least 1.
    """
    enough = max(1, ceil(ENOUGH * words - 1e-9))
    half = min(enough, max(2, ceil(HALF * words - 1e-9)))
    for number in range(enough, half - 1, -1):
        if having(number) >= FEW:
            return number
    return next((number for number in range(half, 0, -1) if having(number)), 1)


def rarity(found: int, documents: int) -> float:
    """Weight of a word by how few documents have it (idf); positive, falling with `found`."""
    return log(1.0 + (documents - found + 0.5) / (found + 0.5))


def in_field(weight: Number, length: Number, average: float) -> Number:
    """What a weight in one field counts: 1 for a weight of 1 in a field of average length, less than 2.2 ever."""
    if average:
        weight = weight / (1.0 - LENGTH_EFFECT + LENGTH_EFFECT * length / average)
    return weight * (REPEATED + 1.0) / (REPEATED + weight)


def saturate(weight: Number) -> Number:
    """What a weight added up over the fields is worth: 0 for none, less than 7 ever."""
    return weight * (SATURATION + 1.0) / (SATURATION + weight)


def for_reader(reader: str, original: str, languages: tuple[str, ...], lesser: tuple[str, ...] = ()) -> float:
    """By what a score is multiplied for a reader of this language. `languages`: of its texts; `lesser`: poor ones."""
    if reader and reader == original:
        return OWN_LANGUAGE
    if not reader or reader not in languages:
        return 1.0
    return LESSER if reader in lesser else TRANSLATED
