"""Write docs/records.md from the schemas: `python docs/generate_records.py`.

The schemas in protocol/schemas are the one place where a field is declared; tests/protocol/test_schemas_docs.py fails
when this page is not what they say.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from protocol.limits import MAX_RECORD_BYTES
from protocol.schemas import caps, syntax
from protocol.schemas.catalogue import SCHEMAS
from protocol.schemas.content import Content, names
from protocol.schemas.fields import MAX_LANGUAGES, Choice, Formed, Items, Part

PAGE = Path(__file__).with_name("records.md")

INTRO = f"""\
# Record types and their fields

Generated from `protocol/schemas` by `docs/generate_records.py`; do not edit by hand. What stands around a content (the
envelope, the proof) is in docs/protocol.md.

A record's `type` says which of these tables rules its `content`. A type that is not here is not judged: its content is
opaque, kept and relayed. Validity depends on the content and on the envelope's `language`, on nothing else: no
vocabulary, no other record, no clock. Cases to test with: tests/vectors/records.

## Rules for every content

- A **field that is not in the table** is kept and relayed, never an error. Like all else it is bounded: a text of
  {caps.MAX_TEXT} characters, a list of {caps.MAX_ITEMS} entries, an object of {caps.MAX_KEYS} fields, a field name of
  {caps.MAX_KEY} characters, {caps.MAX_DEPTH} levels of nesting, and {MAX_RECORD_BYTES // 1024} KiB for the record.
- **Characters** are Unicode code points, counted in the text as it came. Editors write NFC; nobody normalises what is
  signed. *One line*: without line feed and tab, which are the only control characters that a record may hold. No text
  consists of white space only (Unicode property `White_Space`).
- **Text by language** is an object such as `{{"fr": "…"}}`. In a Practice it has exactly one key, the envelope's
  `language`; other languages come as Translations. In every other type it has one to {MAX_LANGUAGES} keys.
- **Plain text** is in the envelope's `language`.
- An **optional field may be null**, which means that it is absent. A required field may not, nor an entry of a list.
- There are **no floats**: a number that is not whole is a decimal string.
- **Concepts** are ids of the vocabulary, by syntax only: an id that a node does not know yet is valid.
- `0..1`: optional, `1`: required, `0..8`: a list of up to eight.

A content that breaks a rule is refused with a code and the path of the field, such as `content.indicators.3.value`:

| Code | When |
| --- | --- |
| `missing_field` | a required field is absent or null |
| `bad_field` | the wrong kind of value, notation or word |
| `field_limit` | too long, too short, too many, too few, too large |
| `language_mismatch` | in a Practice: a text by language without exactly the record's language |
| `control_character` | a line feed or tab in a text of one line |

"""


def render() -> str:
    """The whole page, as Markdown."""
    parts: dict[str, Content] = {}
    tables = [_section("##", name, schema, parts) for name, schema in SCHEMAS.items()]
    pieces = []
    while parts:  # a part may hold parts
        name, schema = next(iter(parts.items()))
        pieces.append((name, _section("###", name, schema, parts)))
        parts = {part: found for part, found in parts.items() if part not in dict(pieces)}
    objects = "## Objects within contents\n\n" + "".join(text for _, text in sorted(pieces))
    return INTRO + "".join(tables) + objects + _notations()


def _section(level: str, name: str, schema: Content, parts: dict[str, Content]) -> str:
    """Heading, sentence, table and rules of one schema; the objects that it nests are added to `parts`."""
    lines = [f"{level} {name}", "", " ".join((inspect.getdoc(type(schema)) or "").split()), ""]
    lines += ["| Field | Kind | How many | Limits | Meaning | Term |", "| --- | --- | --- | --- | --- | --- |"]
    for field_name, field in names(schema).items():
        kind, many, limits = _describe(field, parts)
        meaning, term = field.metadata["meaning"], field.metadata["term"]
        lines.append(f"| `{field_name}` | {kind} | {many} | {limits} | {meaning} | {f'`{term}`' if term else '–'} |")
    rules = [" ".join((inspect.getdoc(rule) or "").split()) for rule in schema.rules]
    lines += ["", *(f"- Rule: {rule}" for rule in rules), *([""] if rules else [])]
    return "\n".join(lines) + "\n"


def _describe(field: Any, parts: dict[str, Content]) -> tuple[str, str, str]:
    """Kind, cardinality and limits of a field, in words."""
    if isinstance(field, Items):
        kind, _, limits = _describe(field.inner, parts)
        return kind, f"{field.low}..{field.high}" if field.required else f"0..{field.high}", limits
    many = "1" if field.required else "0..1"
    if isinstance(field, Part):
        schema = field.schema
        assert isinstance(schema, Content), "parts nest our own schemas"
        name = type(schema).__name__
        parts[name] = schema
        return f"[{name}](#{name.lower()})", many, "–"
    if isinstance(field, Formed):
        return f"[{field.kind}](#notations)", many, field.limits()
    if isinstance(field, Choice):
        return field.kind, many, field.limits()
    return field.kind, many, field.limits() or "as for unknown fields"


def _notations() -> str:
    """The table of one-line notations; the patterns are matched against the whole string."""
    forms = [form for form in vars(syntax).values() if isinstance(form, syntax.Form)]
    lines = ["## Notations", "", "The pattern holds for the whole string (Python `re`, which here is common ground)."]
    lines += ["", "| Notation | Longest | In words | Pattern |", "| --- | --- | --- | --- |"]
    for form in forms:
        pattern = form.pattern.replace("|", "\\|")
        lines.append(f"| {form.name} | {form.longest} | {form.says} | `{pattern}` |")
    lines += ["", "A date or moment must be in the Gregorian calendar, a latitude or longitude within its range.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
