"""One practice as a Markdown file that a person writes in any editor: `wasl publish practice.md`.

Between two lines `+++` stands TOML, read by Python's own `tomllib`: what is no long text, by the names of
docs/records.md. Then `# ` the title, and a heading `## ` for each text, in any of the five languages. What is written
is read back to the very same content: a line of a text that begins like a heading carries a backslash more in the file,
and what Markdown cannot carry stands in the TOML. On the line: a person's file -> here -> `drafts`.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from node.errors import FileProblem
from node.transfer import headings
from node.transfer.drafts import Draft

FENCE = "+++"
LONGEST = 1_000_000
"""Characters of a file: four times the largest record."""

_STATED = ("type", "language", "visibility", "author", "licence", "illustrative", "record", "id")
_HEADING = re.compile(r"(#{1,2})[ \t]+(.*?)[ \t]*#*[ \t]*")
_LIKE_HEADING = re.compile(r"\\*#{1,2}[ \t]")
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def is_one(data: bytes) -> bool:
    """Whether a file is of this kind: it begins with the line `+++`."""
    return data.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].strip() == FENCE.encode()


def read(data: bytes) -> Draft:
    """The draft in a file. Raises `FileProblem`: `bad_front_matter`, `unknown_heading`, `bad_text`."""
    try:
        text = unicodedata.normalize("NFC", data.decode("utf-8-sig")).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise FileProblem(f"the file is not UTF-8 text (byte {error.start})", "bad_text") from error
    if len(text) > LONGEST:
        raise FileProblem(f"longer than {LONGEST} characters", "too_large")
    front, body, first = _parted(text)
    stated = {name: front.pop(name) for name in _STATED if name in front}
    language = str(stated.get("language", ""))
    content = {name: _plain(value) for name, value in front.items()}
    for field, said in _texts(body, first).items():
        if field in content:
            raise FileProblem(f"{field} stands in the front matter and as a heading", "bad_front_matter")
        content[field] = {language: said}
    return Draft(1, {"type": "Practice", **stated, "content": content})


def write(statement: Mapping[str, Any]) -> str:
    """A file from `{"type", "language", "content", …}` of a practice: read back, it says the same."""
    language, content = str(statement["language"]), dict(statement["content"])
    texts = {name: content.pop(name)[language] for name in headings.TEXTS if _carried(content.get(name), language)}
    front = {name: statement[name] for name in _STATED if statement.get(name) is not None} | content
    lines = [
        FENCE,
        *(f"{_key(name)} = {_toml(value)}" for name, value in front.items() if value is not None),
        FENCE,
        "",
    ]
    if "title" in texts:
        lines += [f"# {texts.pop('title')}", ""]
    for name, text in texts.items():
        lines += [f"## {headings.said(name, language)}", "", *map(_escaped, text.split("\n")), ""]
    return "\n".join(lines)


def _parted(text: str) -> tuple[dict[str, Any], list[str], int]:
    """Front matter, the lines after it, and the number of the first of them."""
    lines = text.split("\n")
    ends = [number for number, line in enumerate(lines[1:], 1) if line.strip() == FENCE]
    if lines[0].strip() != FENCE or not ends:
        raise FileProblem(f"the file begins with its facts between two lines {FENCE}", "bad_front_matter")
    try:
        front = tomllib.loads("\n".join(lines[1 : ends[0]]))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FileProblem(f"the facts between {FENCE} are no TOML: {error}", "bad_front_matter") from error
    return front, lines[ends[0] + 1 :], ends[0] + 2


def _texts(lines: list[str], first: int) -> dict[str, str]:
    """Field -> text, from the lines below the front matter."""
    found: dict[str, list[str]] = {}
    field = ""
    for number, line in enumerate(lines, first):
        heading = _HEADING.fullmatch(line)
        if heading is None:
            if field:
                found[field].append(_unescaped(line))
            elif line.strip():
                raise FileProblem(f"line {number}: a text before the first heading", "unknown_heading")
            continue
        if len(heading[1]) == 1:
            found["title"] = [heading[2]]
            field = ""
            continue
        known = headings.meant(heading[2])
        if known is None or known not in headings.TEXTS:
            raise FileProblem(f"line {number}: no part of a practice is called {heading[2][:80]!r}", "unknown_heading")
        if known in found:
            raise FileProblem(f"line {number}: {heading[2][:80]!r} stands twice", "unknown_heading")
        field = known
        found[field] = []
    return {name: "\n".join(text).strip("\n") for name, text in found.items()}


def _carried(value: Any, language: str) -> bool:
    """Whether Markdown gives a text back as it is."""
    if not isinstance(value, dict) or list(value) != [language] or not isinstance(value[language], str):
        return False
    text = value[language]
    heading = "\n" not in text and _HEADING.fullmatch(f"# {text}")
    return (
        bool(text.strip("\n")) and text == text.strip("\n") and "\r" not in text and (not heading or heading[2] == text)
    )


def _escaped(line: str) -> str:
    return "\\" + line if _LIKE_HEADING.match(line) else line


def _unescaped(line: str) -> str:
    return line[1:] if line.startswith("\\") and _LIKE_HEADING.match(line) else line


def _plain(value: Any) -> Any:
    """TOML as JSON: a date, or a time of day, as its text."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _toml(name)


def _toml(value: Any) -> str:
    """A value of JSON as TOML 1.0, in one line: nothing that a practice holds needs more."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        kept = (f"{_key(name)} = {_toml(inner)}" for name, inner in value.items() if inner is not None)
        return "{ " + ", ".join(kept) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    return str(value)
