"""A document with the values of its facets, before they have codes. Pure.

Goes to: `postgres_index_writing`, `_hands`.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from search.analysis import Analysed, Parts
from search.document import FACETS
from search.postgres_index_rows import Row, written
from search.postgres_index_server import safe

Codes = dict[tuple[str, str], int]
"""Facet and value -> what documents have for it."""

Values = Sequence[tuple[str, str]]
"""Facet and value of one document."""


class Prepared:
    """A document taken apart, before anything is locked."""

    def __init__(self, analysed: Analysed) -> None:
        self.row: Row = written(analysed)
        self.values = values_of(analysed.parts)

    def columns(self, codes: Mapping[tuple[str, str], int]) -> tuple[object, ...]:
        """What is copied into the table."""
        row = self.row
        own = [codes[value] for value in self.values]
        return (
            *(row.uri, row.kind, row.public, row.language, row.commune, row.stamp, row.starts, row.ends),
            *(row.title_length, row.text_length, row.languages, row.title_keys, row.concepts, row.narrower),
            *(row.lesser, row.words, row.weights, row.places, own, np.array(own, "<u4").tobytes()),
        )


def values_of(parts: Parts) -> Values:
    """The values of a document's facets, as they are kept."""
    return [(facet, safe(value)) for facet in FACETS for value in parts.facets[facet]]
