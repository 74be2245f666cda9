"""Documents like another one: the traits of `likeness`, looked up in every segment.

Law: the same answers as `memory_index.similar`. Comes from: `whoosh_index`. Uses: `whoosh_index_match`, `_order`.
"""

import numpy as np

from search.analysis import Analysed
from search.document import Hit, Query
from search.likeness import traits
from search.plan import Unit
from search.ranking import rarity
from search.whoosh_index_find import admitted, hits, scored
from search.whoosh_index_match import match
from search.whoosh_index_order import page
from search.whoosh_index_reading import Snapshot


def similar(own: Analysed, query: Query, snap: Snapshot) -> tuple[Hit, ...]:
    """The documents most like `own`, itself left out, for the reader, kinds and limit of `query`."""
    sizes: dict[Unit, int] = {}

    def found(unit: Unit) -> int:
        matches = [match(unit, segment, live) for segment, live in zip(snap.segments, snap.live, strict=True)]
        sizes[unit] = sum(int(np.count_nonzero(each.found)) for each in matches)
        return sizes[unit]

    chosen = traits(own, snap.count, found)
    rare = [each.share * rarity(sizes[each.unit], snap.count) for each in chosen]
    results = []
    for segment, live in zip(snap.segments, snap.live, strict=True):
        mask = admitted(query, segment, live).copy()
        mask[segment.rows.numbers(own.parts.document.uri)] = False
        matches = [match(each.unit, segment, live) for each in chosen]
        any_of = np.logical_or.reduce([each.found for each in matches]) if matches else np.zeros(segment.size, bool)
        results.append(scored(segment, np.flatnonzero(mask & any_of), matches, rare, snap, query.language))
    places = page(results, "best", query.language, 0, query.limit)
    return hits(places, results, [each.unit for each in chosen], (), query.language)
