"""The terms of a segment: which there are, in order, and where the postings of each stand.

    terms file    groups of 32 terms | first terms of the groups | where the groups are | blocks of postings | directory

Law: only the first term of each group is kept in memory; a look-up reads one group. Bytes, arrays and JSON, no pickles.
Comes from: `whoosh_index_codec`, which gives it Whoosh's files. Uses: `whoosh_index_blocks`.
"""

import json
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from search.whoosh_index_blocks import Array, Block, Get, Lists, packed

GROUP = 32
"""Terms read at once to find one of them."""

_BETWEEN = b"\xff"  # stands in no UTF-8
_HEAD = struct.Struct("<HI")
_TAIL = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Extent:
    """Where the postings of a term are: numbers `first` to before `last`, and its first place within the block."""

    first: int
    last: int
    place: int


class TermsWriter:
    """Writes the terms and postings of a segment, field by field, terms ascending. `close` ends it."""

    def __init__(self, terms: Any, postings: Any) -> None:
        """`terms`, `postings`: Whoosh's files, open for writing."""
        self._terms, self._postings = terms, postings
        self._fields: list[dict[str, Any]] = []
        self._blocks: list[Block] = []
        self._number = 0
        self._offset = 0
        self._at = 0
        self._keys: list[bytes] = []
        self._firsts: list[Array] = []
        self._places: list[Array] = []

    def add(self, field: str, lists: Lists) -> None:
        """One block: the next terms of `field`. A term without postings is no term."""
        if not self._fields or self._fields[-1]["name"] != field:
            self._finish_field()
            self._fields.append({"name": field, "terms": 0, "first": self._number, "last": 0})
        block, written = packed(lists, self._number, self._offset)
        for each in written:
            self._postings.write(each)
            self._offset += len(each)
        self._blocks.append(block)
        ends = np.cumsum(lists.sizes)
        starts = ends - lists.sizes
        self._keys += lists.keys
        self._firsts.append(self._number + starts)
        if lists.counts is None:
            self._places.append(np.zeros(len(starts), np.int64))
        else:
            before = np.concatenate(([0], np.cumsum(lists.counts, dtype=np.int64)))
            self._places.append(before[starts])
        self._number += len(lists.ids)

    def _finish_field(self) -> None:
        if not self._fields or not self._keys:
            return
        firsts = np.append(np.concatenate(self._firsts), self._number).astype("<u4")
        places = np.concatenate(self._places).astype("<u4")
        offsets, heads = [self._at], []
        for start in range(0, len(self._keys), GROUP):
            keys = self._keys[start : start + GROUP]
            joined = _BETWEEN.join(keys)
            end = start + len(keys)
            starts = firsts[start : end + 1].tobytes() + places[start:end].tobytes()
            self._write(_HEAD.pack(len(keys), len(joined)) + joined + starts)
            offsets.append(self._at)
            heads.append(keys[0])
        self._fields[-1] |= {"terms": len(self._keys), "last": self._number}
        self._fields[-1]["heads"] = self._section(_BETWEEN.join(heads))
        self._fields[-1]["groups"] = self._section(np.array(offsets, "<u8").tobytes())
        self._keys, self._firsts, self._places = [], [], []

    def _write(self, content: bytes) -> None:
        self._terms.write(content)
        self._at += len(content)

    def _section(self, content: bytes) -> tuple[int, int]:
        start = self._at
        self._write(content)
        return start, len(content)

    def close(self) -> None:
        """Write what leads to the rest, and close both files."""
        self._finish_field()
        directory = {"fields": self._fields, "blocks": [astuple(block) for block in self._blocks]}
        start, _ = self._section(json.dumps(directory).encode())
        self._write(_TAIL.pack(start))
        self._terms.close()
        self._postings.close()


class _Field:
    """The terms of one field: the first of each group, and where the groups are."""

    def __init__(self, told: dict[str, Any], get: Get) -> None:
        self.terms: int = told["terms"]
        self.first: int = told["first"]
        self.last: int = told["last"]
        self.heads = get(*told["heads"]).split(_BETWEEN) if self.terms else []
        self.offsets = np.frombuffer(get(*told["groups"]), "<u8") if self.terms else np.zeros(1, "<u8")


class TermsReader:
    """Reads what `TermsWriter` wrote."""

    def __init__(self, terms: Get, length: int, postings: Get) -> None:
        """`terms`, `postings`: read bytes of the two files; `length`: bytes of the first."""
        self._get, self._postings = terms, postings
        (start,) = _TAIL.unpack(terms(length - _TAIL.size, _TAIL.size))
        told = json.loads(terms(start, length - _TAIL.size - start))
        self._fields = {each["name"]: _Field(each, terms) for each in told["fields"]}
        self._blocks = [Block(*each) for each in told["blocks"]]
        self._block_starts = [block.first for block in self._blocks]

    @property
    def fields(self) -> list[str]:
        """Names of the fields that have terms."""
        return [name for name, field in self._fields.items() if field.terms]

    def extent(self, field: str, key: bytes) -> Extent | None:
        """Where the postings of a term are; None if there is no such term."""
        known = self._fields.get(field)
        group = bisect_right(known.heads, key) - 1 if known else -1
        if known is None or group < 0:
            return None
        keys, firsts, places = self._group(known, group)
        number = bisect_left(keys, key)
        if number == len(keys) or keys[number] != key:
            return None
        return Extent(firsts[number], firsts[number + 1], places[number])

    def between(self, field: str, start: bytes, end: bytes) -> tuple[int, int]:
        """Numbers of the postings of all terms from `start` on, to before `end`."""
        return self._posting(field, start), self._posting(field, end)

    def _posting(self, field: str, key: bytes) -> int:
        known = self._fields.get(field)
        if known is None:
            return 0
        group = bisect_right(known.heads, key) - 1
        if group < 0:
            return known.first
        keys, firsts, _ = self._group(known, group)
        return firsts[bisect_left(keys, key)]

    def _group(self, field: _Field, group: int) -> tuple[list[bytes], tuple[int, ...], tuple[int, ...]]:
        start, end = int(field.offsets[group]), int(field.offsets[group + 1])
        content = self._get(start, end - start)
        count, length = _HEAD.unpack_from(content)
        at = _HEAD.size + length
        firsts = struct.unpack_from(f"<{count + 1}I", content, at)
        places = struct.unpack_from(f"<{count}I", content, at + 4 * (count + 1))
        return content[_HEAD.size : at].split(_BETWEEN), firsts, places

    def terms(self, field: str, start: bytes = b"", end: bytes | None = None) -> Iterator[tuple[bytes, Extent]]:
        """The terms from `start` on, to before `end`, ascending."""
        known = self._fields.get(field)
        for group in range(max(0, bisect_right(known.heads, start) - 1), len(known.heads)) if known else ():
            assert known is not None
            keys, firsts, places = self._group(known, group)
            for number, key in enumerate(keys):
                if end is not None and key >= end:
                    return
                if key >= start:
                    yield key, Extent(firsts[number], firsts[number + 1], places[number])

    def table(self, field: str) -> tuple[list[bytes], Array, Array]:
        """Every term of a field, the number of its first posting (and the end of all), and of its first place."""
        known = self._fields.get(field)
        if known is None or not known.terms:
            nothing = np.zeros(0, np.int64)
            return [], np.append(nothing, known.last if known else 0), nothing
        at, end = int(known.offsets[0]), int(known.offsets[-1])
        content, at, end = self._get(at, end - at), 0, end - at
        keys: list[bytes] = []
        firsts, places = [], []
        while at < end:
            count, length = _HEAD.unpack_from(content, at)
            start = at + _HEAD.size + length
            keys += content[at + _HEAD.size : start].split(_BETWEEN)
            at = start + 4 * (2 * count + 1)
            firsts.append(content[start : start + 4 * count])
            places.append(content[start + 4 * (count + 1) : at])
        joined = np.frombuffer(b"".join(firsts), "<u4").astype(np.int64)
        return keys, np.append(joined, known.last), np.frombuffer(b"".join(places), "<u4").astype(np.int64)

    def _block(self, posting: int) -> Block:
        return self._blocks[bisect_right(self._block_starts, posting) - 1]

    def ids(self, extent: Extent) -> Array:
        """Documents of a term, ascending."""
        block = self._block(extent.first)
        return block.ids(self._postings, extent.first - block.first, extent.last - block.first)

    def weights(self, extent: Extent) -> Array | None:
        """Weights of its postings; None in a field without."""
        block = self._block(extent.first)
        return block.weights(self._postings, extent.first - block.first, extent.last - block.first)

    def places(self, extent: Extent) -> tuple[Array, Array] | None:
        """How many places each of its postings has, and all places; None in a field without."""
        block = self._block(extent.first)
        counts = block.counts(self._postings, extent.first - block.first, extent.last - block.first)
        if counts is None:
            return None
        total = int(counts.sum(dtype=np.int64))
        return counts, block.places_at(self._postings, extent.place, extent.place + total)

    def span(self, first: int, last: int) -> Iterator[tuple[Array, Array | None, Array | None, Array | None]]:
        """Postings `first` to before `last`, of any number of terms, block by block: ids, weights, counts, places."""
        while first < last:
            block = self._block(first)
            start, end = first - block.first, min(last - block.first, block.size)
            counts = block.counts(self._postings, start, end)
            places = None
            if counts is not None:
                skipped = block.counts(self._postings, 0, start)
                place = 0 if skipped is None else int(skipped.sum(dtype=np.int64))
                places = block.places_at(self._postings, place, place + int(counts.sum(dtype=np.int64)))
            yield block.ids(self._postings, start, end), block.weights(self._postings, start, end), counts, places
            first += end - start
