"""Posting lists as plain arrays: how some consecutive terms of a field are put into a block of a file, and read back.

    block   numbers of documents | weights | places of each | places        each as wide as its greatest value needs

Law: only bytes and arrays, no pickles, no Whoosh. Within a segment all postings are numbered through, so that a
term is where its first posting is and ends where the next term begins. Goes to: `whoosh_index_terms`, `_codec`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.analysis import TEXT_STEP

BLOCK = 1 << 16
"""Postings in a block, about; a term is never divided."""

Array = NDArray[Any]
Get = Callable[[int, int], bytes]
"""Bytes of a file: from an offset on, so many."""

_TEXT_BITS = TEXT_STEP.bit_length() - 1
_WIDTHS: dict[str, np.dtype[Any]] = {
    "B": np.dtype("<u1"),
    "H": np.dtype("<u2"),
    "I": np.dtype("<u4"),
    "f": np.dtype("<f4"),
}
_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Lists:
    """The posting lists of some terms of one field, one after the other.

    `keys`: ascending; `sizes`: postings of each; `ids`: documents, ascending within a term. `weights`: of each posting;
    `counts`: places of each posting, `places`: all of them. None in fields that do not keep them.
    """

    keys: Sequence[bytes]
    sizes: Array
    ids: Array
    weights: Array | None = None
    counts: Array | None = None
    places: Array | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Where a block is and how wide its arrays are. `first`: number of its first posting; `offset`: in the file.

    `kinds`: one letter of `_WIDTHS` for each array, or "-" for one that is not there. `bits`: of a place within a text.
    """

    first: int
    size: int
    offset: int
    places: int
    kinds: str
    bits: int

    def _start(self, section: int) -> int:
        lengths = (self.size, self.size, self.size, self.places)
        return self.offset + sum(
            lengths[number] * _WIDTHS[self.kinds[number]].itemsize
            for number in range(section)
            if self.kinds[number] != _NOTHING
        )

    def _read(self, get: Get, section: int, first: int, last: int) -> Array:
        width = _WIDTHS[self.kinds[section]]
        found = get(self._start(section) + first * width.itemsize, (last - first) * width.itemsize)
        return np.frombuffer(found, width)

    def ids(self, get: Get, first: int, last: int) -> Array:
        """Documents of the postings from number `first` to before `last`, counted in the block."""
        return self._read(get, 0, first, last)

    def weights(self, get: Get, first: int, last: int) -> Array | None:
        """Their weights, if the field has any."""
        return None if self.kinds[1] == _NOTHING else self._read(get, 1, first, last)

    def counts(self, get: Get, first: int, last: int) -> Array | None:
        """How many places each of them has, if the field has any."""
        return None if self.kinds[2] == _NOTHING else self._read(get, 2, first, last)

    def places_at(self, get: Get, first: int, last: int) -> Array:
        """The places from number `first` to before `last`, counted in the block."""
        coded = self._read(get, 3, first, last).astype(np.uint32)
        return ((coded >> self.bits) << _TEXT_BITS) | (coded & ((1 << self.bits) - 1))


def packed(lists: Lists, first: int, offset: int) -> tuple[Block, list[bytes]]:
    """A block of these lists, to be written at `offset`; its postings are numbered from `first` on."""
    arrays: list[Array | None] = [lists.ids, lists.weights, lists.counts]
    bits = 0
    if lists.places is not None:
        within = lists.places & (TEXT_STEP - 1)
        bits = int(within.max(initial=0)).bit_length()
        arrays.append(((lists.places >> _TEXT_BITS) << bits) | within)
    else:
        arrays.append(None)
    kinds = "".join(_NOTHING if array is None else _width(array) for array in arrays)
    block = Block(
        first=first,
        size=len(lists.ids),
        offset=offset,
        places=0 if lists.places is None else len(lists.places),
        kinds=kinds,
        bits=bits,
    )
    written = [
        array.astype(_WIDTHS[kind]).tobytes() for kind, array in zip(kinds, arrays, strict=True) if array is not None
    ]
    return block, written


def _width(array: Array) -> str:
    most = array.max(initial=0)
    if most % 1 or (array.dtype.kind == "f" and (array % 1).any()):
        return "f"
    return "B" if most < 1 << 8 else "H" if most < 1 << 16 else "I"


def gathered(counts: Array, chosen: Array) -> Array:
    """Numbers of the places of the postings `chosen`, in their order; `counts`: places of every posting."""
    starts = np.cumsum(counts, dtype=np.int64) - counts
    lengths = counts[chosen].astype(np.int64)
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts[chosen] - (ends - lengths), lengths) + np.arange(total)
