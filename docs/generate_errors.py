"""Write docs/errors.md, every stable code that Wasl can give: `python docs/generate_errors.py [--check]`.

The codes are read from the source itself, so none can be forgotten: wherever an error of ours is made, a verdict is
said, a schema refuses a field, or a failed meeting is written down. With --check nothing is written; the exit code is 1
when the page is not what the source says.
"""

from __future__ import annotations

import ast
import itertools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import node.errors
import node.examining.kinds
import protocol.errors
import protocol.record
import search.errors
from node.cli.exits import exit_of
from node.problems import status_of
from node.remedies import remedy
from node.sentences import SENTENCES

ROOT = Path(__file__).parent.parent
PAGE = Path(__file__).with_name("errors.md")
PACKAGES = ("protocol", "node", "search")

_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SAID_BY_SCHEMA = re.compile(r"([a-z_]+)\|(.+)", re.DOTALL)
_HOLDERS = (node.errors, node.examining.kinds, protocol.errors, protocol.record, search.errors)
CLASSES: dict[str, type[Exception]] = {
    name: kind
    for holder in _HOLDERS
    for name, kind in vars(holder).items()
    if isinstance(kind, type) and issubclass(kind, Exception) and hasattr(kind, "code")
}
"""Every error class of ours, by name."""

INTRO = """\
# Error codes

Generated from the source by `docs/generate_errors.py`; do not edit by hand.

A code is stable: scripts, peers and translations rely on it, sentences may change. The terminal prints the sentence,
what to do and the code (with `--json`: `{"error": {"code", "message"}}` on standard error); a page shows the same in
the reader's language; a peer gets a problem document (RFC 9457) with `code`. `…` stands for what differs from case to
case. *HTTP* is the status of an answer with this code, *exit* the exit code of the command that meets it.

"""


@dataclass(slots=True)
class Entry:
    """One code: the classes that carry it, what is said, and in which files."""

    kinds: set[str] = field(default_factory=set)
    sentences: list[str] = field(default_factory=list)
    places: set[str] = field(default_factory=set)


@cache
def collect() -> dict[str, Entry]:
    """Every code in the source."""
    found: dict[str, Entry] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            for code, kind, sentence in _codes_in(ast.parse(path.read_text(encoding="utf-8"))):
                if not _CODE.fullmatch(code):
                    continue
                entry = found.setdefault(code, Entry())
                entry.kinds.add(kind)
                entry.places.add(place)
                if sentence and sentence not in entry.sentences:
                    entry.sentences.append(sentence)
    return found


def render() -> str:
    """The page."""
    lines = [INTRO, "| Code | What it says | What to do | HTTP | exit |", "| --- | --- | --- | --- | --- |"]
    for code, entry in sorted(collect().items()):
        kind = _nearest(entry.kinds)
        sentences = entry.sentences or [SENTENCES.get(code) or _first_line(kind)]
        said = "<br>".join(_cell(sentence) for sentence in sentences)
        bases = [base.__name__ for base in kind.__mro__] if kind else []
        todo = remedy(code, bases) or "as it says"
        http, exit_code = _answers(kind, code)
        lines.append(f"| `{code}` | {said} | {_cell(todo)} | {http} | {exit_code} |")
    return "\n".join(lines) + "\n"


def _codes_in(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    """(code, name of the class or empty, sentence) of everything in one file that gives a code."""
    pieces = {id(part) for step in ast.walk(tree) if isinstance(step, ast.JoinedStr) for part in step.values}
    for step in ast.walk(tree):
        if id(step) in pieces:
            continue
        if isinstance(step, ast.ClassDef) and "code" in vars(CLASSES.get(step.name, object)):
            yield CLASSES[step.name].code, step.name, ""  # type: ignore[attr-defined]  # every class there has one
        elif isinstance(step, ast.Call):
            yield from _of_call(step)
        elif isinstance(step, ast.Constant | ast.JoinedStr):
            match = _SAID_BY_SCHEMA.fullmatch(_text(step))
            if match:
                yield match[1], "FieldProblem", match[2]
        elif isinstance(step, ast.Assign):
            yield from _of_assignment(step)
        for before, after in itertools.pairwise(
            getattr(step, "body", None) or [] if isinstance(step, ast.stmt) else []
        ):
            yield from _of_failed_meeting(before, after)


def _of_call(call: ast.Call) -> Iterator[tuple[str, str, str]]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    texts = [_text(argument) for argument in call.args]
    named = {word.arg: _text(word.value) for word in call.keywords}
    if name == "IndexBroken" and len(texts) == 2:
        yield texts[0], name, texts[1]
    elif name in CLASSES and texts:
        for code in _alternatives(call, 1) or [named.get("code") or str(getattr(CLASSES[name], "code", ""))]:
            yield code, name, texts[0]
    elif name == "say" and len(texts) >= 2:
        yield texts[1], "", texts[2] if len(texts) > 2 else ""
    elif name == "error_json" and texts:
        yield texts[0], "", "wrong usage: the message says how the command is written"
    if "error_code" in named:
        yield named["error_code"], "", named.get("error", "")


def _alternatives(call: ast.Call, place: int) -> list[str]:
    """The texts that an argument may be: itself, or both sides of `a if … else b`."""
    if len(call.args) <= place:
        return []
    argument = call.args[place]
    sides = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
    return [text for side in sides if (text := _text(side))]


def _of_assignment(step: ast.Assign) -> Iterator[tuple[str, str, str]]:
    """Tables of codes by HTTP status."""
    target = step.targets[0]
    if isinstance(target, ast.Name) and target.id == "_CODES" and isinstance(step.value, ast.Dict):
        for value in step.value.values:
            yield _text(value), "", ""


def _of_failed_meeting(before: ast.stmt, after: ast.stmt) -> Iterator[tuple[str, str, str]]:
    """`outcome.error_code = "…"`, and `outcome.error = "…"` right after it."""
    if not isinstance(before, ast.Assign) or getattr(before.targets[0], "attr", "") != "error_code":
        return
    told = isinstance(after, ast.Assign) and getattr(after.targets[0], "attr", "") == "error"
    yield _text(before.value), "", _text(after.value) if told and isinstance(after, ast.Assign) else ""


def _text(value: ast.AST) -> str:
    """A constant text, with `…` for what an f-string fills in; empty for anything else."""
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else ""
    if isinstance(value, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else "…" for part in value.values)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return (_text(value.left) or "…") + (_text(value.right) or "…")
    return ""


def _nearest(kinds: set[str]) -> type[Exception] | None:
    """The class that says most about a code: the deepest in its tree."""
    known = [CLASSES[name] for name in sorted(kinds) if name in CLASSES]
    return max(known, key=lambda kind: len(kind.__mro__), default=None)


def _answers(kind: type[Exception] | None, code: str) -> tuple[str, str]:
    """HTTP status and exit code, or a dash where the code is not an error but a verdict."""
    if kind is None:
        return "–", "–"
    more = {search.errors.IndexBroken: (code, ""), node.errors.TooSoon: ("", 0)}
    error = kind(*more.get(kind, ("",)))
    error.code = code  # type: ignore[attr-defined]
    http = "–" if issubclass(kind, search.errors.SearchError) else str(status_of(error))  # type: ignore[arg-type]
    return http, str(exit_of(error))


def _first_line(kind: type[Exception] | None) -> str:
    return (kind.__doc__ or "").split("\n")[0] if kind else ""


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def main(arguments: list[str]) -> int:
    """Write or check the page. Returns the exit code."""
    page = render()
    if "--check" in arguments:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
        if not fresh:
            sys.stderr.write("docs/errors.md is not what the source says: run python docs/generate_errors.py\n")
        return 0 if fresh else 1
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
