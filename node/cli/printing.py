"""Words on the terminal: plain lines, tables, JSON, and errors as one sentence, a stable code and what to do.

Texts of records come from strangers: whatever is printed for people goes through `plain`, which leaves no control
character and no mark that turns the direction of the line (attacks: a title that rewrites the screen). Colour only on
a terminal, and never with NO_COLOR (no-color.org).
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Sequence
from typing import Any

import click

_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)))
"""Marks that override or embed a direction: Unicode Standard Annex 9, table 4."""


def plain(text: object) -> str:
    """`text` on one line, without control characters and direction marks."""
    return "".join(_shown(letter) for letter in str(text))


def plain_lines(text: object) -> str:
    """As `plain`, with its line breaks."""
    return "\n".join(plain(line) for line in str(text).split("\n"))


def say(text: str = "") -> None:
    """One line on standard output."""
    click.echo(text)


def note(text: str) -> None:
    """One line for the person, on standard error: a script's output stays clean."""
    click.echo(text, err=True)


def as_json(value: Any) -> None:
    """`value` as indented JSON on standard output."""
    import orjson  # not needed by `wasl --help`

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode("utf-8"))


def strong(text: str, colour: str | None = None) -> str:
    """`text` in bold, or in a colour; unchanged with NO_COLOR. click removes it again where there is no terminal."""
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=colour, bold=colour is None)


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Names and values, aligned; a pair whose value is None is left out."""
    shown = [(name, value) for name, value in pairs if value is not None]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        say(f"{name.ljust(width)}  {plain(value)}")


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table with columns as wide as they must be."""
    texts = [[plain(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in [list(heads), *texts]) for place in range(len(heads))]
    for row in [list(heads), *texts]:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def error(problem: Exception, language: str, json_wanted: bool) -> None:
    """One of our errors on standard error: sentence, code, what to do."""
    code, message = code_of(problem), message_of(problem)
    if json_wanted:
        error_json(code, message)
        return
    spoken = sentence(code, language)
    note(strong("wasl: ", "red") + (spoken or plain(message)))
    remedies = importlib.import_module("node.remedies")  # as the catalogues: read only where an error is told
    remedy = plain(remedies.remedy_of(problem, language))
    if spoken:
        note(f"  detail: {plain(message)}")
    if remedy:
        note(f"  do: {remedy}")
    note(f"  code: {code} (docs/errors.md)")


def error_json(code: str, message: str) -> None:
    """An error for a script, on standard error."""
    import orjson

    click.echo(orjson.dumps({"error": {"code": code, "message": message}}).decode("utf-8"), err=True)


def code_of(problem: Exception) -> str:
    """The stable code of an error; `file_problem` for what the operating system refuses."""
    return "file_problem" if isinstance(problem, OSError) else str(getattr(problem, "code", "error"))


def message_of(problem: Exception) -> str:
    """The English sentence of an error."""
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.filename}: {problem.strerror}" if problem.filename else problem.strerror
    return str(problem)


def sentence(code: str, language: str) -> str | None:
    """The sentence of an error code in the person's language; None where there is none, and in English, where the
    error itself is more precise."""
    if language == "en":
        return None
    speech = importlib.import_module("node.speech")  # catalogues are read only where an error is told
    spoken = speech.sentence_for(code, language)
    return plain(spoken) if spoken and spoken != speech.sentence_for(code, "en") else None


def _shown(letter: str) -> str:
    if letter in _TURNING:
        return ""
    return letter if letter.isprintable() or letter in "\u200c\u200d\u00a0\u202f" else " "
