"""What goes into the index and what comes out: plain values, no rows, no signatures.

Law: everything here is frozen and knows nothing of the network. The node makes a `Document` of a record after it was
admitted (behind the log); a page makes a `Query` of what a reader typed and shows the `Hit`s of its `Results`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

FACETS = ("country", "commune", "topic", "group", "dimension", "status", "evidence", "language", "year", "cost")
"""What results can be narrowed by and counted by. `language` is that of the original, `commune` the origin."""

TREES = ("topic", "group")
"""Facets whose values are concepts with narrower ones: a value also counts and admits what lies below it."""

SORTS = ("best", "newest", "oldest", "title")
"""Orders of hits: by worth, by `Document.stamp`, by the title in the reader's language or else the original's."""


@dataclass(frozen=True, slots=True)
class Text:
    """One language's wording of a document. Plain text, any length; only what is in it can be found by its words."""

    title: str
    summary: str
    body: str


@dataclass(frozen=True, slots=True)
class Document:
    """One record as search sees it. Put again under the same `uri`, it replaces the earlier one.

    `texts`: language -> Text, the original (under `language`) and its translations; `lesser`: languages of those that a
    machine made, or that are of an earlier revision. `names`: (language, name) of the
    town, the country and the organisations that it is of. `concepts`: vocabulary ids. `commune`: DID of the origin.
    `stamp`: seconds, newest first when a query has no words. `facets`: values under the names of `FACETS`, except
    language and commune, which are known already. `start`, `end`: when the practice ran; None at one side is open, at
    both is unknown.
    """

    uri: str
    kind: str
    language: str
    commune: str
    texts: Mapping[str, Text]
    concepts: tuple[str, ...]
    public: bool
    stamp: int
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    start: date | None = None
    end: date | None = None
    names: tuple[tuple[str, str], ...] = ()
    lesser: tuple[str, ...] = ()

    def values(self, facet: str) -> tuple[str, ...]:
        """The values of one of `FACETS`, as the record gives them."""
        if facet == "language":
            return (self.language,)
        if facet == "commune":
            return (self.commune,)
        return tuple(self.facets.get(facet, ()))


@dataclass(frozen=True, slots=True)
class Query:
    """What a reader asks. `words` is free text with optional "quoted phrases": nothing in it is syntax.

    `language`: the reader's ("" unknown). `filters`: facet -> values; any of the values within one facet, all facets
    together; a name that is none of `FACETS` is ignored. `since`, `until`: found is what ran at any time between
    (inclusive); what has no dates is not. `kinds`: any of these, empty means all. `sort`: one of `SORTS`, anything else
    is "best". `facets`: those to be counted. `limit` is cut to 100 and `offset` to 10,000 (`search.plan`).
    """

    words: str
    language: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None
    sort: str = "best"
    facets: tuple[str, ...] = ()
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
    """One page of hits, in the order asked for, with what the reader may narrow by.

    `total` counts all that match. `facets`: for each facet asked for, value -> how many match under all *other*
    filters, so a reader who has chosen German still sees how many French ones there are; most frequent first; in
    `TREES`, a value counts what is narrower too. `concepts`: recognised in the query. `instead`: words that were looked
    for in place of misspelt ones that no document has. `complete`: False while the index
    is being rebuilt, or when very common words were left out of the matching.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, Mapping[str, int]]
    concepts: tuple[str, ...]
    complete: bool
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What somebody may be typing. `kind`: "place", "concept" or "title".

    `value`: what the kind is called by (a DID, a concept, a URI). `text`: its name for the reader, "" for a title,
    which is not in the index: show the one of the record's text in `language`, in which the words were found.
    """

    kind: str
    value: str
    text: str
    language: str
