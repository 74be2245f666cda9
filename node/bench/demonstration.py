"""The demonstration records as documents, the way `node.indexing.document_of` makes them of what a node holds.

Law: no node and no keys; the same readers of a line (`node.transfer.demo_lines`, `protocol.schemas`) and the cards'
names of the demonstration network. tests/search/test_relevance.py holds this to what `document_of` says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from node.demo.places import MOST, Place, places
from node.documents import country_names
from node.publish import Statement
from node.transfer import demo_lines
from protocol import schemas
from search.document import Document, Text

DATA = Path(__file__).parents[1] / "data" / "demo"
FILES = ("practices.jsonl", "adaptations.jsonl", "questions_answers.jsonl")
"""Organisations are left out: no judgement is of one, and the measure stays that of earlier versions."""
TRANSLATIONS = "translations.jsonl"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """`documents`: of practices, adaptations, questions and answers, by their ids; `about`: id -> practice it is of."""

    documents: tuple[Document, ...]
    about: Mapping[str, str]


def demonstration() -> Demonstration:
    """All that a reader of the demonstration network can find, but organisations."""
    known = {place.word: place for place in places(MOST)}
    translations: dict[str, dict[str, Text]] = {}
    for line in _lines(TRANSLATIONS):
        content = _statement(line).content
        translations.setdefault(line["target"], {}).update(_texts("Translation", content, line["language"]))
    lines = [line for file in FILES for line in _lines(file)]
    documents = [document(line, translations.get(line["id"], {}), known[line["node"]]) for line in lines]
    return Demonstration(tuple(documents), _about(lines))


def document(line: Mapping[str, Any], translations: Mapping[str, Text], place: Place) -> Document:
    """One line as a document. `translations`: language -> words; `place`: the origin, as on its card."""
    statement = _statement(line)
    content, language = statement.content, statement.language
    texts = _texts(statement.type, content, language)
    texts |= {other: text for other, text in translations.items() if other != language}
    names = [(language, organisation) for organisation in content.get("organisations", [])]
    return Document(
        uri=line["id"],
        kind=statement.type,
        language=language,
        commune=f"did:{line['node']}",
        texts=texts,
        concepts=(*content.get("topics", []), *content.get("targetGroups", [])),
        public=statement.visibility == "public",
        stamp=_seconds(content.get("startDate", "2018-12")),
        names=(*names, *place.names.items(), *country_names(place.country)),
    )


def _about(lines: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Of adaptations, questions and answers: the practice that they lead to; of an answer, that of its question."""
    about: dict[str, str] = {}
    for line in lines:
        target = line.get("source") or line.get("about") or about.get(line.get("inReplyTo", ""))
        if target is not None:
            about[line["id"]] = target
    return about


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def _statement(line: Mapping[str, Any]) -> Statement:
    return demo_lines.statement(line, uri_of=str, digest_of=lambda _: "0" * 64)


def _texts(type_: str, content: Mapping[str, Any], language: str) -> dict[str, Text]:
    read = schemas.texts(type_, content, language)
    return {other: Text(words.title, words.summary, words.body) for other, words in read.items()}


def _seconds(month: str) -> int:
    """Noon of the first day of a month such as 2015-12, seconds since 1970."""
    year, number = map(int, month.split("-")[:2])
    return int(datetime(year, number, 1, 12, tzinfo=UTC).timestamp())
