"""A draft as a form, and what a form sends as fields: names begin with `f.`, the path follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from flask import request

from node import labels
from node.drafting_checks import Fault, Finding, findings, progress, suggested
from node.drafting_fields import CHOICES, MOST_ROWS, Shape, places, rows, shape_at, single
from node.indexing import vocabulary
from node.store.consents import Consent
from node.store.drafts import Aside, Draft
from node.store.reviews import Remark
from node.web.admin.editing.guide import EXAMPLES, VISIBILITIES, label_of
from node.web.language import language
from node.web.terms import TERMS
from search.language import word_list

PREFIX = "f."
_MOST_WORDS = 6000


@dataclass(frozen=True, slots=True)
class Entry:
    """One field as the page shows it. `label`, `example`: English, translated there; `options`: (value, label)."""

    path: str
    shape: Shape
    value: str
    label: str
    example: str
    options: tuple[tuple[str, str], ...] = ()
    asides: tuple[Aside, ...] = ()
    remarks: tuple[Remark, ...] = ()
    findings: tuple[Finding, ...] = ()
    fault: Fault | None = None

    @property
    def chosen(self) -> list[str]:
        """The values of a field of several."""
        return self.value.split()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A draft as its page needs it."""

    draft: Draft
    tongue: str
    asides: list[Aside]
    remarks: list[Remark]
    consents: list[Consent]
    faults: Mapping[str, Fault]
    add: str = ""
    suggestions: Mapping[str, list[str]] = field(default_factory=dict)

    def entry(self, path: str) -> Entry:
        """One field."""
        shape = shape_at(path) or Shape("text")
        value = self.draft.fields.get(path, "")
        plain = path.partition(".")[0] if path.partition(".")[0] in rows() else path
        first = plain in rows() and path.endswith("." + next(iter(rows()[plain])))
        return Entry(
            path, shape, value, label_of(path), EXAMPLES.get(plain, "") if plain not in rows() or first else "",
            self._options(path, shape, value),
            tuple(one for one in self.asides if one.path == path),
            tuple(one for one in self.remarks if one.path == path and one.done_at is None),
            tuple(one for one in findings({path: value})),
            self.faults.get(path),
        )  # fmt: skip

    def is_list(self, name: str) -> bool:
        """Whether an entry of a block is a list of rows."""
        return name in rows()

    def row_entries(self, name: str, place: int) -> list[Entry]:
        """The fields of one row."""
        return [self.entry(f"{name}.{place}.{inner}") for inner in rows()[name]]

    def row_places(self, name: str) -> list[int]:
        """The rows to show: what is there, one more where that was asked for, one where there is none."""
        held = places(self.draft.fields, name)
        more = max(held, default=-1) + 1
        wanted = self.add == name or not held
        return [*held, more] if wanted and more < MOST_ROWS[name] else held

    def room_for(self, name: str) -> bool:
        """Whether one more row may be added."""
        return max(self.row_places(name), default=-1) + 1 < MOST_ROWS[name]

    @property
    def progress(self) -> tuple[int, int, int, int]:
        """See `drafting_checks.progress`."""
        return progress(self.draft.fields)

    def tree(self, path: str) -> list[tuple[str, str, int]]:
        """(concept, label, depth) of a scheme, children after their parent; those shown above are left out."""
        shape = single()[path]
        known = {name: one for name, one in labels.concepts().items() if one.scheme == shape.scheme}
        above = set(self.draft.fields.get(path, "").split()) | set(self.suggestions.get(path, []))
        found: list[tuple[str, str, int]] = []

        def walk(parent: str | None, depth: int) -> None:
            for name, one in known.items():
                if (one.broader if one.broader in known else None) == parent:
                    if name not in above:
                        found.append((name, labels.concept(name, self.tongue), depth))
                    walk(name, depth + 1)

        walk(None, 0)
        return found

    def _options(self, path: str, shape: Shape, value: str) -> tuple[tuple[str, str], ...]:
        if path == "_visibility":
            return tuple(VISIBILITIES.items())
        if shape.scheme == "consent":
            return tuple((one.id, f"{one.subject} ({one.expires_on})") for one in self.consents)
        if shape.kind == CHOICES or not shape.scheme:
            return ()
        if "," in shape.scheme:
            return tuple((one, one) for one in shape.scheme.split(","))
        known = [one.id for one in labels.concepts().values() if one.scheme == shape.scheme and one.id != "replicated"]
        if value and value not in known:
            known.append(value)
        return tuple((name, labels.concept(name, self.tongue)) for name in known)


def sent() -> dict[str, str]:
    """What this form says, by path. Choices of several are joined by spaces; all unticked is said by `has`."""
    found = {}
    for name in request.form:
        if name.startswith(PREFIX):
            path = name.removeprefix(PREFIX)
            shape = shape_at(path)
            several = shape is not None and shape.kind == CHOICES
            found[path] = " ".join(dict.fromkeys(request.form.getlist(name))) if several else request.form[name]
    return found | {path: "" for path in request.form.getlist("has") if path not in found}


def suggestions_of(draft: Draft) -> dict[str, list[str]]:
    """Topics and target groups that the texts speak of, whatever words they use."""
    meanings = vocabulary().meanings
    words = [word for text in _texts(draft.fields) for word in word_list(text)][:_MOST_WORDS]
    names = [name for one in meanings.expressions(words, draft.language) for name in one.names]
    return suggested(draft.fields, names, {name: one.scheme for name, one in labels.concepts().items()})


def term_options(kind: str, translate: Callable[[str], str]) -> list[tuple[str, str]]:
    """The words of one of the fixed lists, translated."""
    return [(value, translate(word)) for value, word in TERMS[kind].items()]


def by_path(faults: Iterable[Fault]) -> dict[str, Fault]:
    """The first fault of each field; one within a row counts for its field."""
    found: dict[str, Fault] = {}
    for fault in faults:
        found.setdefault(fault.path, fault)
    return found


def tongue() -> str:
    """The language of the page."""
    return language()


def _texts(fields: Mapping[str, str]) -> list[str]:
    found = []
    for path, text in fields.items():
        shape = shape_at(path)
        if shape is not None and shape.worded:
            found.append(text)
    return found
