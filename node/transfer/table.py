"""Practices from the rows of a table, a practice a row, each judged before anything is signed.

A fault names row, column and a stable code; whoever shows it adds the sentence in the reader's language. Cells that
hold several things hold them one a line (or, for concepts, with `;` between): an indicator is `label | value | unit |
before | aim | period`, a reference `title | address`. On the line: `grid` -> here -> `drafts` -> `publish`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from node import dates, labels
from node.config import LANGUAGES
from node.errors import FileProblem, NodeError, NotFound
from node.transfer import drafts, grid, headings
from node.transfer.drafts import Draft
from protocol.errors import FieldProblem, ProtocolError

COLUMNS = (
    "title", "summary", "challenge", "objectives", "approach", "steps", "results", "indicators", "lessonsLearned",
    "failures", "transferConditions", "sustainability", "hostCommunityRole", "genderAndInclusion", "planningLink",
    "topics", "targetGroups", "dimensions", "status", "evidenceLevel", "evidenceNote", "startDate", "endDate", "place",
    "budget.amount", "budget.currency", "budget.fundingSources", "staff.fte", "staff.profiles", "organisations",
    "references", "contact", "language", "licence", "visibility", "record",
)  # fmt: skip
"""Fields in the order of a template."""

_FACETS = {"topics": "topic", "targetGroups": "group", "dimensions": "dimension"}
_ONE = {"status": "status", "evidenceLevel": "evidence"}
_ENVELOPE = ("language", "licence", "visibility", "record")
_INDICATOR = ("label", "value", "unit", "baseline", "target", "period")
_NUMBERS = frozenset({"value", "baseline", "target"})
_BETWEEN = re.compile(r"[;\n؛]")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell. `column`: field name, "" for the row; `detail`: in English, with figures."""

    row: int
    column: str
    code: str
    detail: str


@dataclass(slots=True)
class Taken:
    """One row: the draft it makes, and its faults; without any it can be published."""

    row: int
    draft: Draft
    faults: list[Fault] = field(default_factory=list)


def read(data: bytes, language: str, now: int, consent_checked: bool = False) -> list[Taken]:
    """Every row of a file, judged. `language`: of rows that name none; `now`: seconds since 1970.

    Raises `FileProblem` where the file as a whole is none that can be read.
    """
    rows = grid.read(data)
    if len(rows) < 2:
        raise FileProblem("the table has no row below its headings", "bad_table")
    fields = _fields(rows[0][1])
    return [_taken(number, fields, cells, language, now, consent_checked) for number, cells in rows[1:]]


def _fields(heads: Sequence[str]) -> list[str]:
    """The field of each column; a column without a heading is passed over."""
    found = [headings.meant(head) if head.strip() else "" for head in heads]
    for head, meant in zip(heads, found, strict=True):
        if meant is None:
            raise FileProblem(f"no column is called {head[:80]!r}", "unknown_column")
        if meant and found.count(meant) > 1:
            raise FileProblem(f"the column {head[:80]!r} stands twice", "unknown_column")
    return [str(meant) for meant in found]


def _taken(
    number: int, fields: Sequence[str], cells: Sequence[str], language: str, now: int, consent_checked: bool
) -> Taken:
    given = {name: _clean(cell) for name, cell in zip(fields, cells, strict=False) if name and cell.strip()}
    faults: list[Fault] = []
    spoken = _language(given.get("language", ""), language, number, faults)
    content: dict[str, Any] = {}
    for name, cell in given.items():
        if name in _ENVELOPE:
            continue
        try:
            _put(content, name, _READERS.get(name, _text)(cell, spoken))
        except (NodeError, ProtocolError) as error:
            faults.append(Fault(number, name, error.code, error.message))
    body: dict[str, Any] = {"type": "Practice", "language": spoken, "content": content}
    body |= {name: given[name] for name in ("licence", "visibility", "record") if name in given}
    taken = Taken(number, Draft(number, body), faults)
    _judge(taken, now, consent_checked)
    return taken


def _judge(taken: Taken, now: int, consent_checked: bool) -> None:
    said = drafts.statement(taken.draft, lambda name: None, lambda uri: None)
    known = {fault.column for fault in taken.faults}
    for problem in drafts.problems(said, now):
        column = _column(getattr(problem, "path", ""))
        if column not in known:  # said already, and better
            taken.faults.append(Fault(taken.row, column, problem.code, problem.message))
    if not consent_checked:
        taken.faults += [
            Fault(taken.row, _column(path), "personal_data", piece) for path, piece in drafts.personal_data(said)
        ]


def _column(path: str) -> str:
    """The column that a path in the record came from."""
    parts = path.removeprefix("content.").split(".")
    if parts[0] == "spatial":
        return "place"
    for column in (".".join(parts[:2]), parts[0]):
        if column in COLUMNS:
            return column
    return {"budget": "budget.amount", "staff": "staff.fte"}.get(parts[0], "")


def _put(content: dict[str, Any], name: str, value: Any) -> None:
    outer, dot, inner = name.partition(".")
    if dot:
        content.setdefault(outer, {})[inner] = value
    else:
        content["spatial" if name == "place" else name] = value


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).replace("\r\n", "\n").replace("\r", "\n").strip()


def _language(typed: str, usual: str, number: int, faults: list[Fault]) -> str:
    if not typed:
        return usual
    try:
        found = labels.meant("language", typed)
    except NotFound as error:
        faults.append(Fault(number, "language", error.code, error.message))
        return usual
    if found not in LANGUAGES:
        faults.append(Fault(number, "language", "unknown_value", f"one of {', '.join(LANGUAGES)} is expected"))
        return usual
    return found


def _text(cell: str, language: str) -> Any:
    return {language: cell}


def _lines(cell: str) -> list[str]:
    return [line.strip() for line in cell.split("\n") if line.strip()]


def _concepts(facet: str) -> Callable[[str, str], Any]:
    def read_cell(cell: str, _language: str) -> list[str]:
        parts = (part.strip() for part in _BETWEEN.split(cell))
        return list(dict.fromkeys(labels.meant(facet, part) for part in parts if part))

    return read_cell


def _indicators(cell: str, language: str) -> Any:
    found = []
    for line in _lines(cell):
        parts = dict(zip(_INDICATOR, (part.strip() for part in line.split("|")), strict=False))
        if not parts.get("value"):
            raise FieldProblem("an indicator is `label | value | unit`, one a line", "bad_field", "indicators")
        kept = {name: _number(part) if name in _NUMBERS else part for name, part in parts.items() if part}
        found.append(kept | {"label": {language: parts["label"]}})
    return found


def _references(cell: str, _language: str) -> Any:
    pairs = [[part.strip() for part in line.split("|", 1)] for line in _lines(cell)]
    return [dict(zip(("title", "url"), pair, strict=False)) for pair in pairs]


def _number(cell: str) -> str:
    """A number as records write it; what is unclear stays as it is, and is refused by the schema."""
    text = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in cell)
    text = re.sub(r"[\s\u00a0\u202f٬']", "", text).replace("٫", ".")
    return text.replace(",", ".") if re.fullmatch(r"-?\d+,(?:\d{1,2}|\d{4,})", text) else text


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    **{name: _concepts(facet) for name, facet in _FACETS.items()},
    **{name: lambda cell, _, facet=facet: labels.meant(facet, cell) for name, facet in _ONE.items()},  # type: ignore[misc]
    "objectives": lambda cell, language: [{language: line} for line in _lines(cell)],
    "steps": lambda cell, language: [{"text": {language: line}} for line in _lines(cell)],
    "indicators": _indicators,
    "startDate": lambda cell, _: dates.tidy(cell),
    "endDate": lambda cell, _: dates.tidy(cell),
    "place": lambda cell, language: [{"name": {language: line}} for line in _lines(cell)],
    "budget.amount": lambda cell, _: _number(cell),
    "budget.currency": lambda cell, _: cell.upper(),
    "staff.fte": lambda cell, _: _number(cell),
    "organisations": lambda cell, _: _lines(cell),
    "references": _references,
    "contact": lambda cell, _: cell,
}
"""Field -> how its cell is read, given the language of the row."""
