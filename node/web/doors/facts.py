"""A practice as catalogues of other fields take it: plain values from its own revision and its origin's card.

Translations are left out: they come and go without the practice changing, and a harvester asks for what changed.
Nobody's name is among these facts: an author is a municipality or an organisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from node import labels, speech
from node.outputs.rows import INVENTED, moment
from node.store.records import Stored
from node.web.describing import LICENCES, outward
from node.web.listing import Who
from node.web.presenting import short_did
from node.wording import Reading


@dataclass(frozen=True, slots=True)
class Facts:
    """`title`, `summary`, `author`, `places` are in `language`; `topics`: ids of concepts; `licence`: an address where
    it has one; `created`, `modified`: RFC 3339; `start`, `end`: as the record writes them; `invented`: that it is
    demonstration data, said in its language, or empty."""

    uri: str
    page: str
    raw: str
    language: str
    title: str
    summary: str
    origin: str
    author: str
    topics: Sequence[str]
    places: Sequence[str]
    start: str
    end: str
    created: str
    modified: str
    revision: int
    licence: str
    invented: str

    @property
    def covers(self) -> str:
        """The time that it speaks of, as ISO 8601 writes an interval."""
        return f"{self.start}/{self.end or '..'}"


def facts_of(who: Who, stored: Stored) -> Facts:
    """The facts of a live practice."""
    body, content = stored.body, stored.content
    language = str(body["language"])
    reading = Reading(content, language)
    here = {"did": stored.origin, "record": stored.record}
    licence = str(body.get("licence", ""))
    invented = speech.translations(language).gettext(INVENTED) if body.get("illustrative") is True else ""
    return Facts(
        uri=stored.uri,
        page=outward(who, "pages.practice", **here),
        raw=outward(who, "pages.raw", **here),
        language=language,
        title=_words(reading, "title"),
        summary=_words(reading, "summary"),
        origin=stored.origin,
        author=name_of(who, stored.origin, language),
        topics=tuple(str(topic) for topic in reading.items("topics")),
        places=tuple(filter(None, (_words(reading, f"spatial.{at}.name") for at in range(len(_places(content)))))),
        start=str(content.get("startDate") or ""),
        end=str(content.get("endDate") or ""),
        created=str(body.get("createdAt") or ""),
        modified=moment(stored.modified),
        revision=stored.revision,
        licence=LICENCES.get(licence, licence),
        invented=invented,
    )


def name_of(who: Who, did: str, language: str) -> str:
    """What a node is called in a language."""
    card = who.cards.get(did)
    return card.name(language) if card else short_did(did)


def wider(topics: Sequence[str]) -> list[str]:
    """These topics of the vocabulary and all that are broader, each once."""
    return [name for name in labels.with_broader(topics) if labels.concepts()[name].scheme == "topic"]


def narrower(topic: str) -> list[str]:
    """A topic and all that are below it; empty for what is no topic of the vocabulary."""
    return [one.id for one in labels.concepts().values() if one.scheme == "topic" and topic in wider([one.id])]


def _words(reading: Reading, path: str) -> str:
    found = reading.at(path)
    return found.text if found else ""


def _places(content: dict[str, Any]) -> list[Any]:
    found = content.get("spatial")
    return found if isinstance(found, list) else []
