"""A draft as a form, and what a form sends as fields: names begin with `f.`, the path follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from flask import request
from sqlalchemy import Connection

from node import consenting, drafting, labels
from node.drafting_checks import Fault, Finding, faults, findings, progress, suggested
from node.drafting_fields import places
from node.drafting_shapes import ADAPTATION, CHOICES, MOST_ROWS, PRACTICE, QUESTION, Shape, rows, shape_at, single
from node.indexing import vocabulary
from node.store import drafts, records, reviews
from node.store.consents import Consent
from node.store.drafts import Aside, Draft
from node.store.records import MEMBERS
from node.store.reviews import Remark
from node.web.addresses import page_of
from node.web.admin.editing.guide import VISIBILITIES, example_of, label_of, words_of
from node.web.language import language
from node.web.listing import Who, the_node
from node.web.presenting import language_name, term
from node.web.terms import TERMS
from node.wording import Reading
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
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Values that are no concepts and no fixed words, with what they are called, by scheme: blocks, nodes, own."""

    def entry(self, path: str) -> Entry:
        """One field."""
        kind = self.draft.kind
        shape = shape_at(path, kind) or Shape("text")
        value = self.draft.fields.get(path, "")
        plain = path.partition(".")[0] if path.partition(".")[0] in rows(kind) else path
        first = plain in rows(kind) and path.endswith("." + next(iter(rows(kind)[plain])))
        example = example_of(plain, kind) if plain not in rows(kind) or first else ""
        return Entry(
            path, shape, value, label_of(path, kind), example,
            self._options(path, shape, value),
            tuple(one for one in self.asides if one.path == path),
            tuple(one for one in self.remarks if one.path == path and one.done_at is None),
            tuple(one for one in findings({path: value}, kind)),
            self.faults.get(path),
        )  # fmt: skip

    def is_list(self, name: str) -> bool:
        """Whether an entry of a block is a list of rows."""
        return name in rows(self.draft.kind)

    def row_entries(self, name: str, place: int) -> list[Entry]:
        """The fields of one row."""
        return [self.entry(f"{name}.{place}.{inner}") for inner in rows(self.draft.kind)[name]]

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
        return progress(self.draft.fields, self.draft.kind)

    def tree(self, path: str) -> list[tuple[str, str, int]]:
        """(value, label, depth) of a scheme, children after their parent; those shown above are left out."""
        shape = single(self.draft.kind)[path]
        chosen = self.draft.fields.get(path, "").split()
        if shape.scheme in self.known or "," in shape.scheme:
            listed = self.known.get(shape.scheme) or dict.fromkeys(shape.scheme.split(","), "")
            return [(value, self.called(path, value), 0) for value in listed if value not in chosen]
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

    def called(self, path: str, value: str) -> str:
        """What one value of a field is called, in the language of the page."""
        shape = shape_at(path, self.draft.kind) or Shape("text")
        if shape.scheme in self.known:
            return self.known[shape.scheme].get(value, value)
        if words_of(path):
            return term(words_of(path), value)
        if path in ("languages", "languagesSpoken"):
            return language_name(value)
        return labels.concept(value, self.tongue) if "," not in shape.scheme else value

    def _options(self, path: str, shape: Shape, value: str) -> tuple[tuple[str, str], ...]:
        if path == "_visibility":
            return tuple(VISIBILITIES.items())
        if shape.scheme == "consent":
            return tuple((one.id, f"{one.subject} ({one.expires_on})") for one in self.consents)
        if shape.kind == CHOICES or not shape.scheme:
            return ()
        if shape.scheme in self.known:
            return tuple(self.known[shape.scheme].items())
        if "," in shape.scheme:
            return tuple((one, self.called(path, one)) for one in shape.scheme.split(","))
        known = [one.id for one in labels.concepts().values() if one.scheme == shape.scheme and one.id != "replicated"]
        if value and value not in known:
            known.append(value)
        return tuple((name, labels.concept(name, self.tongue)) for name in known)


def sent(kind: str) -> dict[str, str]:
    """What this form of a draft of a kind says, by path. Choices of several are joined by spaces; all unticked is said
    by `has`."""
    found = {}
    for name in request.form:
        if name.startswith(PREFIX):
            path = name.removeprefix(PREFIX)
            shape = shape_at(path, kind)
            several = shape is not None and shape.kind == CHOICES
            found[path] = " ".join(dict.fromkeys(request.form.getlist(name))) if several else request.form[name]
    return found | {path: "" for path in request.form.getlist("has") if path not in found}


def suggestions_of(draft: Draft) -> dict[str, list[str]]:
    """Topics and target groups that the texts speak of, whatever words they use."""
    meanings = vocabulary().meanings
    if draft.kind not in (PRACTICE, QUESTION):
        return {}
    words = [word for text in _texts(draft) for word in word_list(text)][:_MOST_WORDS]
    names = [name for one in meanings.expressions(words, draft.language) for name in one.names]
    return suggested(draft.fields, names, {name: one.scheme for name, one in labels.concepts().items()})


def about(connection: Connection, draft: Draft) -> tuple[str, str] | None:
    """(title, address) of what a draft adapts, asks about, answers or translates; None where it is about nothing else.

    The address is empty where that has no public page.
    """
    target = records.get(connection, draft.target, MEMBERS) if draft.target else None
    if target is None or draft.kind == PRACTICE:
        return None
    told = Reading(target.content, str(target.body["language"]), wish=language())
    title = told.at("title") or told.at("name") or told.at("legalName")
    return (title.text if title else target.record), page_of(target)


def term_options(kind: str, translate: Callable[[str], str]) -> list[tuple[str, str]]:
    """The words of one of the fixed lists, translated."""
    return [(value, translate(word)) for value, word in TERMS[kind].items()]


def by_path(found_faults: Iterable[Fault]) -> dict[str, Fault]:
    """The first fault of each field; one within a row counts for its field."""
    found: dict[str, Fault] = {}
    for fault in found_faults:
        found.setdefault(fault.path, fault)
    return found


def tongue() -> str:
    """The language of the page."""
    return language()


def sheet_of(connection: Connection, draft: Draft, check: bool = False, add: str = "") -> Sheet:
    """A draft as its page needs it. `check`: say what is missing; `add`: a list that shows one more row."""
    return Sheet(
        draft, language(), drafts.asides(connection, draft.id), reviews.remarks(connection, draft.id),
        consenting.usable(connection, the_node()), by_path(faults(draft)) if check else {}, add, suggestions_of(draft),
        _known(connection, draft),
    )  # fmt: skip


def _known(connection: Connection, draft: Draft) -> dict[str, dict[str, str]]:
    """What blocks of the source, nodes and own practices are called, for the kinds of draft that name them."""
    if draft.kind == QUESTION:
        who = Who(connection)
        return {"nodes": {did: who.name(did) for did in who.cards if did != the_node().did}}
    if draft.kind != ADAPTATION:
        return {}
    head, base = drafting.source_of(connection, draft)
    source = base or head
    told = Reading(source.content, str(source.body["language"]), wish=language()) if source is not None else None
    blocks = {}
    for place in range(len(told.items("buildingBlocks")) if told is not None else 0):
        title = told.at(f"buildingBlocks.{place}.title") if told is not None else None
        blocks[str(place)] = title.text if title is not None else str(place + 1)
    own = [one for one in records.own(connection, the_node().did) if one.type == PRACTICE and one.state == "live"]
    titles = {one.uri: Reading(one.content, str(one.body["language"])).at("title") for one in own}
    return {"blocks": blocks, "own": {uri: found.text if found else uri for uri, found in titles.items()}}


def _texts(draft: Draft) -> list[str]:
    found = []
    for path, text in draft.fields.items():
        shape = shape_at(path, draft.kind)
        if shape is not None and shape.worded:
            found.append(text)
    return found
