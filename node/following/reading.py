"""A person's news as they stand now, in words: what happened, what it is called, a few words, and why it is shown.

Read at every use: what has been withdrawn or erased since is not there. Words are in the reader's language where
somebody translated them, and say in which they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from node import labels
from node.following import matching, paths
from node.store import chains, follows, records, searches
from node.store.follows import COMMUNE, PRACTICE, SEARCH, TOPIC, Follow, News
from node.store.records import MEMBERS, Stored
from node.wording import Reading, Words, translations_of

NEW, CHANGED = "new", "changed"


@dataclass(frozen=True, slots=True)
class Named:
    """Something followed, as a person sees it. `label`: in their language if it has one; `path`: where it is read."""

    follow: Follow
    label: Words
    path: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of news. `word`: new | changed (a practice), else the type of the record; `path`: empty where no page
    shows it; `why`: what of the person's follows wants it; `at`: see `node.store.follows`."""

    stored: Stored
    at: int
    word: str
    title: Words | None
    summary: Words | None
    path: str
    why: tuple[Named, ...]

    @property
    def title_text(self) -> str:
        """The title, or the id of a record without one."""
        return self.title.text if self.title is not None else self.stored.record


def named(connection: Connection, mine: Sequence[Follow], language: str, audience: str = MEMBERS) -> list[Named]:
    """What a person follows, by name. A practice that ended, or that `audience` may not see, and a town that is not
    known now, keep their place under their id."""
    cards = chains.head_cards(connection)
    practices = records.many(connection, [one.target for one in mine if one.kind == PRACTICE], audience)
    saved = {str(one.id): one for one in searches.of(connection, mine[0].user_id)} if mine else {}
    found = []
    for one in mine:
        address = ""
        label = Words(one.target, "")
        if one.kind == TOPIC:
            label = Words(labels.concept(one.target, language), language)
        elif one.kind == COMMUNE and one.target in cards:
            label = Words(cards[one.target].name(language), "")
        elif one.kind == PRACTICE and one.target in practices:
            label = _title(connection, practices[one.target], language, audience) or label
        elif one.kind == SEARCH and one.target in saved:
            address, label = saved[one.target].address, Words(saved[one.target].name, "")
        found.append(Named(one, label, paths.of_follow(one.kind, one.target, address)))
    return found


def pieces(
    connection: Connection, those: Sequence[News], mine: Sequence[Named], language: str, audience: str
) -> list[Piece]:
    """News in words, in the same order. `mine`: what the person follows, named."""
    by_number = {one.follow.id: one for one in mine}
    held = records.at(connection, [one.seq for one in those], audience)
    return [
        piece(connection, held[one.seq], language, audience, one.at, _why(one, by_number))
        for one in those
        if one.seq in held and held[one.seq].data is not None
    ]


def piece(
    connection: Connection,
    stored: Stored,
    language: str,
    audience: str,
    at: int = 0,
    why: tuple[Named, ...] = (),
) -> Piece:
    """One record of `matching.TYPES` as news."""
    told = _told(connection, stored, language, audience)
    about = records.get(connection, stored.about, audience) if stored.about else None
    named_by = _title(connection, about, language, audience) if about is not None else None
    word = (NEW if stored.revision == 1 else CHANGED) if stored.type == "Practice" else stored.type
    summary = told.at(
        {"Adaptation": "changes", "Event": "description", "Organisation": "description"}.get(stored.type, "summary")
    ) or told.at("text")
    if stored.type == "Event" and stored.content.get("recommendations"):
        summary = told.at("recommendations.0")
    title = told.at({"Event": "name", "Organisation": "legalName"}.get(stored.type, "title")) or named_by
    if stored.type == "Translation":
        title, summary = _translated(stored) or named_by, None
    return Piece(stored, at, word, title, summary, paths.of_news(stored), why)


def about_practice(connection: Connection, practice: Stored, audience: str, limit: int) -> list[Stored]:
    """A practice and what was said about it, the newest first: what its feed tells."""
    said = records.about(connection, practice.uri, audience, [one for one in matching.TYPES if one != "Practice"])
    answers = records.about_many(connection, [one.uri for one in said if one.type == "Question"], audience, ["Answer"])
    every = [practice, *said, *(answer for given in answers.values() for answer in given)]
    return sorted(every, key=lambda one: (-one.modified, -one.seq))[:limit]


def unread(connection: Connection, user_id: int, most: int) -> int:
    """How many news a person has not read, counted up to `most`."""
    return follows.count(connection, user_id, MEMBERS, most, after=follows.seen(connection, user_id))


def _told(connection: Connection, stored: Stored, language: str, audience: str) -> Reading:
    original = str(stored.body.get("language", ""))
    if stored.type == "Translation" or original == language:
        return Reading(stored.content, original, None, language)
    return Reading(stored.content, original, translations_of(connection, stored, audience).get(language), language)


def _title(connection: Connection, stored: Stored, language: str, audience: str = MEMBERS) -> Words | None:
    if stored.data is None or stored.state != "live":
        return None
    return _told(connection, stored, language, audience).at("title")


def _translated(stored: Stored) -> Words | None:
    """The title of a translation, in its own language."""
    fields = stored.content.get("fields")
    text = fields.get("title") if isinstance(fields, dict) else None
    return Reading({"title": text}, str(stored.content.get("to", ""))).at("title") if text else None


def _why(one: News, by_number: Mapping[int, Named]) -> tuple[Named, ...]:
    return tuple(by_number[number] for number in one.follows if number in by_number)
