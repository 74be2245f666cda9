"""What each type of record may say: the shape of `content`, and how to read it.

The schemas are declared once, with marshmallow, one type per class (practice.py, exchange.py, event.py,
organisation.py, attachment.py, network.py). From the same declarations come three things: the quick answer that
the door needs (acceptance.py), the full report that an editor needs (`problems`), and docs/records.md. Law of
this room: a content is judged by its own bytes and the record's language, never by a vocabulary, another
record, a clock or a policy, so that every node judges alike. Fields that this version does not know are kept;
types that it does not know are not judged.

On the line: `record.verify` and `card.verify_card` call `check_content`; the store calls `about`, the indexer
`texts`, an editor `problems` and `personal_data`. marshmallow is imported by the first of these calls, not by
this import.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from protocol.errors import FieldProblem
from protocol.schemas.personal import personal_data

if TYPE_CHECKING:
    from protocol.schemas.acceptance import Refuses
    from protocol.schemas.reading import Texts

__all__ = ["KNOWN_TYPES", "about", "check_content", "personal_data", "problems", "texts"]

KNOWN_TYPES: frozenset[str] = frozenset(
    {
        "Practice",
        "Adaptation",
        "Translation",
        "Question",
        "Answer",
        "Acknowledgement",
        "Event",
        "Organisation",
        "Attachment",
        "Node",
        "Vouch",
        "Tombstone",
        "Receipt",
    }
)
"""The record types that this version reads; any other is opaque."""


def check_content(type_: str, content: Mapping[str, Any], language: str) -> None:
    """Return if `content` is one that a record of `type_` may have, written in `language` (the envelope's).

    Raises `FieldProblem` for the first thing wrong, with `path` from `content` on and one of the codes
    `missing_field`, `bad_field`, `field_limit`, `language_mismatch`, `control_character`. Unknown types pass
    unread.
    """
    refuses = _refusals().get(type_)
    if refuses is None or not refuses(content, language):
        return
    for problem in problems(type_, content, language):
        raise problem


def problems(type_: str, content: Mapping[str, Any], language: str) -> list[FieldProblem]:
    """Everything wrong with `content`, by field; empty where `check_content` would return."""
    from protocol.schemas.report import report

    return report(type_, content, language) if type_ in KNOWN_TYPES else []


def about(type_: str, content: Mapping[str, Any]) -> str | None:
    """What a checked content is about: a record URI, for a Vouch a did; None where it is about nothing else.

    A Translation's target, an Adaptation's source, the question of an Answer, the practice of a Question,
    what an Attachment belongs to, what an Acknowledgement accepts, what a Receipt says was erased.
    """
    from protocol.schemas.reading import ABOUT

    field = ABOUT.get(type_)
    return None if field is None else content.get(field)


def texts(type_: str, content: Mapping[str, Any], language: str) -> dict[str, Texts]:
    """The words of a checked content for a search: language -> `(title, summary, body)`, plain strings.

    `language`: the envelope's. A Translation gives its target's words in its own language; Vouch, Tombstone,
    Receipt and unknown types give nothing. Concept ids are not words: their labels come from the vocabulary.
    """
    from protocol.schemas.reading import texts as read

    return read(type_, content, language)


@cache
def _refusals() -> Mapping[str, Refuses]:
    from protocol.schemas.acceptance import refusals

    return refusals()
