"""What others need from a content: what it is about, and its words for a search.

Law of this room: it reads contents that have been checked and says nothing of those it does not know. On the
line: the store files a record under `about`; the indexer gives `texts` to the search as plain strings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from protocol.schemas.catalogue import SCHEMAS
from protocol.schemas.content import Content, names
from protocol.schemas.fields import Items, LangText, Part, Text

ABOUT = {
    "Translation": "target",
    "Adaptation": "source",
    "Answer": "inReplyTo",
    "Question": "about",
    "Acknowledgement": "about",
    "Attachment": "about",
    "Receipt": "target",
    "Vouch": "subject",
}
"""The field of each type that says what it is about."""


class Texts(NamedTuple):
    """A record's words in one language; `title` and `summary` may be empty, `body` is everything else."""

    title: str
    summary: str
    body: str


def texts(type_: str, content: Mapping[str, Any], language: str) -> dict[str, Texts]:
    """See `protocol.schemas.texts`."""
    if type_ == "Translation":
        return _translated(content)
    schema = SCHEMAS.get(type_)
    if schema is None:
        return {}
    if type_ == "Attachment":
        language = content.get("language") or language  # its words are in the file's language
    parts: defaultdict[str, tuple[list[str], list[str], list[str]]] = defaultdict(lambda: ([], [], []))
    for name, field in names(schema).items():
        place = 0 if name == schema.title_field else 1 if name == schema.summary_field else 2
        for tag, text in _words(field, content.get(name), language):
            parts[tag][place].append(text)
    return {tag: Texts(*("\n".join(found) for found in places)) for tag, places in parts.items()}


def _words(field: Any, value: Any, language: str) -> Iterator[tuple[str, str]]:
    """Language and text of every text in `value` that a reader may search; a plain one is in `language`."""
    if isinstance(field, LangText):
        if isinstance(value, dict):
            yield from value.items()
    elif isinstance(field, Text):
        if field.searched and isinstance(value, str):
            yield language, value
    elif isinstance(field, Items):
        for item in value if isinstance(value, list) else ():
            yield from _words(field.inner, item, language)
    elif isinstance(field, Part) and isinstance(value, dict):
        schema = field.schema
        assert isinstance(schema, Content), "parts nest our own schemas"
        for name, inner in names(schema).items():
            if name in value:
                yield from _words(inner, value[name], language)


def _translated(content: Mapping[str, Any]) -> dict[str, Texts]:
    fields = dict(content["fields"])
    title = fields.pop("title", None) or fields.pop("name", None) or fields.pop("legalName", "")
    summary = fields.pop("summary", "")
    return {content["to"]: Texts(title, summary, "\n".join(fields.values()))}
