"""`/figures`: the network in figures. Practices by topic, country, language, evidence; where they are; who learns from
whom. Every picture has its table, every table its file (`/figures.csv?table=…`).

Counts of practices are those of the search page without words or filters, so that a figure leads to what it counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from node import answers, labels, learning
from node.asking import Asked
from node.errors import NotFound
from node.labels import FACET_WORDS
from node.learning import Flow
from node.outputs import csv_file
from node.store.records import PUBLIC
from node.web import mapping, narrowing
from node.web.language import language
from node.web.listing import Who, the_node, the_searcher
from node.web.narrowing import Choice
from node.web.presenting import direction
from node.web.searching import names_of, towns_of
from search.document import FACETS

LEARNING = "learning"
"""The table of who learns from whom."""
SHOWN = 12
"""Lines of a table that are shown before *more*."""
DRAWN = 12
"""Towns on each side of the picture."""
WIDTH, DOWN, LETTERS = 640, 34, 26
"""Of the picture of who learns from whom: its width and the distance of its lines, units; letters of a name."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. `depth`: below how many broader ones; `share`: of the largest count, percent."""

    value: str
    label: str
    count: int
    depth: int
    share: int


@dataclass(frozen=True, slots=True)
class Table:
    """One facet counted. `name`: of the facet, and of its file."""

    name: str
    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class End:
    """One town in the picture: where its name stands, and from which side it is written."""

    name: str
    x: int
    y: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Who learns from whom: `ends`: the names; `lines`: (path, width) of each flow; `whole`: no town was left out."""

    height: int
    ends: tuple[End, ...]
    lines: tuple[tuple[str, float], ...]
    whole: bool


def add_to(pages: Blueprint) -> None:
    """Add these pages to the blueprint."""
    pages.add_url_rule("/figures", "figures", show)
    pages.add_url_rule("/figures.csv", "figures_csv", as_csv)


def show() -> str:
    """The page."""
    with the_node().database.reading() as connection:
        who = Who(connection)
        given = answers.find(the_searcher(), Asked(), language(), facets=FACETS, limit=0)
        flows, whole = learning.flows(connection, PUBLIC, who.cards)
    counts, names = given.results.facets, names_of(who)
    towns = towns_of(who, Asked(), counts.get("commune", {}))
    return render_template(
        "figures.html",
        total=given.results.total,
        tables=[table for name, table in tables(counts, names).items() if name != "commune"],
        towns=towns,
        drawings=mapping.drawings(towns),
        flows=flows,
        whole=whole,
        picture=drawn(flows, names, rtl=direction(language()) == "rtl"),
        names=names,
        width=WIDTH,
        shown=SHOWN,
        uncertain=given.rebuilding or given.rough,
        asked=Asked(),
    )


def as_csv() -> Response:
    """One table as a file. Parameter `table`: the name of a facet, or `learning`."""
    name = request.args.get("table", "")
    with the_node().database.reading() as connection:
        who = Who(connection)
        if name == LEARNING:
            lines = _learned(learning.flows(connection, PUBLIC, who.cards)[0], names_of(who))
        elif name in FACET_WORDS:
            given = answers.find(the_searcher(), Asked(), language(), facets=(name,), limit=0)
            lines = _counted(tables(given.results.facets, names_of(who)).get(name), name)
        else:
            raise NotFound(f"no table is called so: there is {', '.join(FACET_WORDS)}, {LEARNING}", "unknown_value")
    response = Response(csv_file.table(lines), content_type="text/csv; charset=utf-8; header=present")
    response.headers["Content-Disposition"] = f'attachment; filename="wasl-figures-{name}.csv"'
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def tables(counts: Mapping[str, Mapping[str, int]], names: Mapping[str, str]) -> dict[str, Table]:
    """Facet -> its table; those that count nothing are absent. Trees keep their order, each line below its broader."""
    found = {}
    for facet in narrowing.facets(Asked(), counts, names):
        lines = list(_flat((*facet.choices, *facet.more), 0))
        most = max(choice.count for _, choice in lines)
        rows = tuple(
            Row(choice.value, choice.label, choice.count, depth, round(100 * choice.count / max(1, most)))
            for depth, choice in lines
        )
        found[facet.name] = Table(facet.name, facet.heading, rows)
    return found


def drawn(flows: Sequence[Flow], names: Mapping[str, str], *, rtl: bool) -> Picture:
    """Towns that others learned from at the side where reading begins, those that learned at the other."""
    sources = list(dict.fromkeys(flow.source for flow in flows))[:DRAWN]
    adopters = list(dict.fromkeys(flow.adopter for flow in flows if flow.source in sources))[:DRAWN]
    left, right = (WIDTH - 220, 220) if rtl else (220, WIDTH - 220)
    begin, end = ("start", "end") if rtl else ("end", "start")
    out = 10 if rtl else -10

    def at(place: int) -> int:
        return DOWN * place + DOWN // 2

    ends = [End(_short(names.get(did, did)), left + out, at(n) + 5, begin) for n, did in enumerate(sources)]
    ends += [End(_short(names.get(did, did)), right - out, at(n) + 5, end) for n, did in enumerate(adopters)]
    most, middle = max((flow.total for flow in flows), default=1), WIDTH // 2
    lines = []
    for flow in flows:
        if flow.source in sources and flow.adopter in adopters:
            from_, to = at(sources.index(flow.source)), at(adopters.index(flow.adopter))
            path = f"M{left} {from_}C{middle} {from_} {middle} {to} {right} {to}"
            lines.append((path, round(1.5 + 6 * flow.total / most, 1)))
    whole = len(lines) == len(flows)
    return Picture(DOWN * max(len(sources), len(adopters), 1), tuple(ends), tuple(lines), whole)


def _flat(choices: Sequence[Choice], depth: int) -> Iterator[tuple[int, Choice]]:
    for choice in choices:
        yield depth, choice
        yield from _flat(choice.below, depth + 1)


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1].rstrip()}…"


def _counted(table: Table | None, name: str) -> list[list[str]]:
    rows = table.rows if table else ()
    head = [_("Id"), labels.facet(name, language()), _("Practices")]
    return [head, *([row.value, row.label, str(row.count)] for row in rows)]


def _learned(flows: Sequence[Flow], names: Mapping[str, str]) -> list[list[str]]:
    head = [_("Learned from"), _("Id"), _("Town that learned"), _("Id"), _("Taken up"), _("Worked"), _("Did not work")]
    return [[*head, _("Not known yet")]] + [
        [names[flow.source], flow.source, names[flow.adopter], flow.adopter]
        + [str(count) for count in (flow.total, flow.worked, flow.failed, flow.open)]
        for flow in flows
    ]
