"""A record's texts for one reader: in the original, or as translated by somebody who signed for it.

A translation is a record of its own (docs/records.md): it names the revision that it translates, and texts by field
path. It is never mixed into the original silently: every `Words` says its language and whether it is a translation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection

from node import prose
from node.store import records
from node.store.records import PUBLIC, Stored

MACHINE = "machine"
_METHODS = (MACHINE, "machine-assisted", "human")


@dataclass(frozen=True, slots=True)
class Words:
    """One text as shown. `language`: BCP 47 tag; `translated`: somebody else's wording of the original."""

    text: str
    language: str
    translated: bool = False

    @property
    def paragraphs(self) -> list[str]:
        """The text by its lines, empty ones left out."""
        return [line for line in (part.strip() for part in self.text.split("\n")) if line]

    def markup(self, highest: int = 3) -> Markup:
        """The text read as Markdown, harmless. `highest`: what its highest heading becomes, 3 to 6."""
        return prose.html(self.text, highest)


@dataclass(frozen=True, slots=True)
class Translated:
    """One translation. `revision`: number of the revision translated, None when it is not held here; `outdated`:
    that is not the revision shown."""

    stored: Stored
    language: str
    fields: Mapping[str, str]
    method: str
    translator: str
    reviewed_by: str | None
    revision: int | None
    outdated: bool


class Reading:
    """A content as one reader gets it: `at(path)` gives the words of one field, translated where possible."""

    def __init__(
        self, content: Mapping[str, Any], language: str, translated: Translated | None = None, wish: str = ""
    ) -> None:
        self.content = content
        self.language = language
        self.translated = translated
        self._wish = wish

    @property
    def shown_in(self) -> str:
        """The language that the reader gets, where the text has it."""
        return self.translated.language if self.translated else self.language

    def at(self, path: str) -> Words | None:
        """The words at a dotted path such as `steps.0.text`; None where there are none."""
        if self.translated and path in self.translated.fields:
            return Words(prose.upright(self.translated.fields[path]), self.translated.language, True)
        value: Any = self.content
        for name in path.split("."):
            value = _step(value, name)
        if isinstance(value, Mapping) and value:
            wanted = next((tag for tag in (self._wish, self.language) if tag in value), next(iter(value)))
            value, language = value[wanted], wanted
        else:
            language = self.language
        return Words(prose.upright(value), language) if isinstance(value, str) and value else None

    def items(self, name: str) -> list[Any]:
        """A list of the content; empty where there is none."""
        value = self.content.get(name)
        return value if isinstance(value, list) else []


def translations_of(connection: Connection, stored: Stored, audience: str = PUBLIC) -> dict[str, Translated]:
    """The best translation of a record that this audience may see, into each language: its own origin's first, then
    people's, then current ones, then the newest."""
    return best_of(connection, stored, records.about(connection, stored.uri, audience, ["Translation"]))


def translations_among(
    connection: Connection, those: Sequence[Stored], audience: str = PUBLIC
) -> dict[str, dict[str, Translated]]:
    """As `translations_of`, by the URI of each of `those`, with one question for all."""
    others = records.about_many(connection, [stored.uri for stored in those], audience, ["Translation"])
    return {stored.uri: best_of(connection, stored, others.get(stored.uri, ())) for stored in those}


def best_of(connection: Connection, stored: Stored, others: Iterable[Stored]) -> dict[str, Translated]:
    """As `translations_of`, from records that are about it; those that are no translations are passed over."""
    best: dict[str, tuple[tuple[Any, ...], Translated]] = {}
    for other in others:
        if other.type != "Translation":
            continue
        found = _translated(connection, stored, other)
        if found is None or found.language == stored.body.get("language"):
            continue
        method = _METHODS.index(found.method) if found.method in _METHODS else 0
        worth = (other.origin == stored.origin, method, not found.outdated, other.modified, other.digest)
        if found.language not in best or worth > best[found.language][0]:
            best[found.language] = (worth, found)
    return {language: found for language, (_, found) in best.items()}


def _translated(connection: Connection, stored: Stored, other: Stored) -> Translated | None:
    content = other.content
    fields = content.get("fields")
    if not isinstance(fields, dict):
        return None
    meant = str(content.get("targetDigest", ""))
    restated = stored.body.get("restates")  # signed again, word for word, after a key was stolen
    same = [stored.digest.hex(), *(restated if isinstance(restated, list) else [])]
    outdated = meant not in same
    revision: int | None = stored.revision
    if outdated:
        held = records.by_digest(connection, bytes.fromhex(meant)) if len(meant) == 64 else None
        revision = held.revision if held is not None and held.uri == stored.uri else None
    return Translated(
        stored=other,
        language=str(content.get("to", "")),
        fields={str(path): str(text) for path, text in fields.items()},
        method=str(content.get("method", MACHINE)),
        translator=str(content.get("translator", "")),
        reviewed_by=content.get("reviewedBy"),
        revision=revision,
        outdated=outdated,
    )


def _step(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, list) and name.isdigit() and int(name) < len(value):
        return value[int(name)]
    return None
