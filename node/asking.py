"""What a reader asks, as an address says it: words, filters, dates, order, form, page. One address for every state.

Pure. Reading is forgiving and bounded: what is not known is left out, what cannot be read as a date is kept and told;
writing gives what differs from the usual, in one order, so that equal questions have equal addresses. Comes from:
`/search`, saved searches, `wasl search`. Goes to: `search.Query`, and every link of a page of results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from urllib.parse import parse_qsl, urlencode

from node import dates
from node.errors import Unclear
from node.labels import FACET_WORDS
from search import Query
from search.document import SORTS

WORDS_MOST = 300
PAIRS_MOST = 2_000
"""Parameters of an address that are looked at."""
VALUES_MOST = 60
"""Values chosen, of all facets together: each is a link on the page."""
PAGES_MOST = 1000
VIEWS = ("list", "table", "map", "print")

_VALUE_MOST = 120
_DATE_MOST = 40
_LIKE_MOST = 200

Known = Callable[[str, str], bool]
"""Whether a facet has such a value."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the search. `chosen`: facet -> values; `since`, `until`: tidy dates, or what was typed where it
    cannot be read (`problems` then has its code); `like`: the URI of a record that others are to be like."""

    words: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: str = ""
    until: str = ""
    sort: str = SORTS[0]
    view: str = VIEWS[0]
    page: int = 1
    like: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Whether anything but words chooses among the practices."""
        return bool(self.chosen or self.since or self.until)

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters of its address: nothing that is usual."""
        found = [("like", self.like), ("q", self.words)]
        found += [(name, value) for name in FACET_WORDS for value in self.chosen.get(name, ())]
        found += [("since", self.since), ("until", self.until)]
        found += [("sort", self.sort if self.sort != SORTS[0] else "")]
        found += [("view", self.view if self.view != VIEWS[0] else "")]
        found += [("page", str(self.page) if self.page > 1 else "")]
        return [(name, value) for name, value in found if value]

    def address(self) -> str:
        """Its parameters as the part of an address behind the question mark."""
        return urlencode(self.pairs())

    def with_(self, **changes: object) -> Asked:
        """The same question changed; it begins at the first page again unless `page` is given."""
        return replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]

    def without(self, name: str, value: str | None = None) -> Asked:
        """The same question without a facet, or one of its values; `dates` for since and until."""
        if name == "dates":
            return self.with_(since="", until="", problems={})
        kept = tuple(one for one in self.chosen.get(name, ()) if value is not None and one != value)
        others = {facet: values for facet, values in self.chosen.items() if facet != name}
        return self.with_(chosen=others | ({name: kept} if kept else {}))

    def choosing(self, name: str, *values: str) -> Asked:
        """The same question with just these values of a facet."""
        return self.with_(chosen={**self.chosen, name: values})

    def widest(self) -> Asked:
        """The same words with nothing chosen."""
        return self.with_(chosen={}, since="", until="", problems={})

    def query(self, language: str, **more: object) -> Query:
        """As the index takes it, for readers of public pages; `more`: fields of `Query`."""
        since = dates.first_day(self.since) if self.since and "since" not in self.problems else None
        until = dates.last_day(self.until) if self.until and "until" not in self.problems else None
        plain = Query(
            words=self.words,
            language=language,
            filters=self.chosen,
            since=since,
            until=until,
            sort=self.sort,
        )
        return replace(plain, **more)  # type: ignore[arg-type]


def read(pairs: Iterable[tuple[str, str]], known: Known) -> Asked:
    """A question from the parameters of an address. Never raises; the first of a repeated single parameter counts."""
    single: dict[str, str] = {}
    chosen: dict[str, dict[str, None]] = {}
    left = VALUES_MOST
    for name, value in islice(pairs, PAIRS_MOST):
        if name not in FACET_WORDS:
            single.setdefault(name, value)
        elif left and len(value) <= _VALUE_MOST and value not in chosen.get(name, {}) and known(name, value):
            chosen.setdefault(name, {})[value] = None
            left -= 1
    since, until, problems = _span(single.get("since", ""), single.get("until", ""))
    return Asked(
        words=" ".join(single.get("q", "")[:WORDS_MOST].split()),
        chosen={name: tuple(chosen[name]) for name in FACET_WORDS if name in chosen},
        since=since,
        until=until,
        sort=single["sort"] if single.get("sort") in SORTS else SORTS[0],
        view=single["view"] if single.get("view") in VIEWS else VIEWS[0],
        page=_number(single.get("page", "")),
        like=single.get("like", "") if len(single.get("like", "")) <= _LIKE_MOST else "",
        problems=problems,
    )


def read_address(address: str, known: Known) -> Asked:
    """A question from the part of an address behind the question mark."""
    try:
        return read(parse_qsl(address, max_num_fields=PAIRS_MOST), known)
    except ValueError:
        return Asked()


def is_tidy(pairs: Iterable[tuple[str, str]]) -> bool:
    """False when an address says what is usual anyway, as a form does that was sent with empty fields."""
    usual = {("sort", SORTS[0]), ("view", VIEWS[0]), ("page", "1")}
    single = ("q", "since", "until", "sort", "view", "page", "like", *FACET_WORDS)
    return not any(
        (not value and name in single) or (name, value) in usual for name, value in islice(pairs, PAIRS_MOST)
    )


def _span(since: str, until: str) -> tuple[str, str, dict[str, str]]:
    """Both ends, tidied where they can be read, and what is wrong with which."""
    problems: dict[str, str] = {}
    ends = {}
    for name, typed in (("since", since), ("until", until)):
        ends[name] = " ".join(typed[:_DATE_MOST].split())
        if ends[name]:
            try:
                ends[name] = dates.tidy(ends[name])
            except Unclear as error:
                problems[name] = error.code
    if all(ends.values()) and not problems:
        try:
            in_order(ends["since"], ends["until"])
        except Unclear as error:
            problems["until"] = error.code
    return ends["since"], ends["until"], problems


def in_order(since: str, until: str) -> None:
    """Nothing when the one is not after the other. Raises `Unclear` (`dates_crossed`)."""
    if dates.first_day(since) > dates.last_day(until):
        raise Unclear("the end lies before the beginning: exchange the two", "dates_crossed")


def _number(text: str) -> int:
    short = text.strip()
    return min(max(int(short), 1), PAGES_MOST) if short.isdecimal() and len(short) <= 6 else 1
