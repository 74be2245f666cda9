"""What goes into the index and what comes out: plain values, no rows, no signatures.

Law: everything here is frozen and knows nothing of the network. The node makes a `Document` of a record after it was
admitted (behind the log); a page makes a `Query` of what a reader typed and shows the `Hit`s of its `Results`.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One language's wording of a document. Plain text, any length; only what is in it can be found by its words."""

    title: str
    summary: str
    body: str


@dataclass(frozen=True, slots=True)
class Document:
    """One record as search sees it. Put again under the same `uri`, it replaces the earlier one.

    `texts`: language -> Text, the original (under `language`) and its translations; names of towns and organisations
    are found only if they are in a body. `concepts`: vocabulary ids. `commune`: DID of the origin, a facet. `stamp`:
    seconds, newest first when a query has no words.
    """

    uri: str
    kind: str
    language: str
    commune: str
    texts: Mapping[str, Text]
    concepts: tuple[str, ...]
    public: bool
    stamp: int


@dataclass(frozen=True, slots=True)
class Query:
    """What a reader asks. `words` is free text with optional "quoted phrases": nothing in it is syntax.

    `language`: the reader's ("" unknown). `languages`, `communes`, `kinds`: any of these, empty means all; `languages`
    means the language of the original. `limit` is cut to 100 and `offset` to 10,000 (`search.plan`).
    """

    words: str
    language: str = ""
    languages: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("Practice",)
    public_only: bool = True
    offset: int = 0
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Hit:
    """One document found. `language`: of the text to show; `concepts`: those of the query that it matched."""

    uri: str
    score: float
    language: str
    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits, best first, with what the reader may narrow by.

    `total` counts all that match. `languages` and `communes` count each value under all *other* filters, so a reader
    who has chosen German still sees how many French ones there are; most frequent first. `concepts`: recognised in the
    query. `complete`: False while the index is being rebuilt, or when very common words were left out of the matching.
    """

    hits: tuple[Hit, ...]
    total: int
    languages: Mapping[str, int]
    communes: Mapping[str, int]
    concepts: tuple[str, ...]
    complete: bool
