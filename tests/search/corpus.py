"""The demonstration records as documents, the way the node's follower will make them: 60 practices, 10 translations."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from search import Document, Text, Vocabulary

DATA = Path(__file__).parents[2] / "node" / "data"
_TITLE_AND_SUMMARY = ("title", "summary")


def vocabulary() -> Vocabulary:
    return Vocabulary.load(DATA / "vocabulary.json", DATA / "lexicon.json")


def demo() -> list[Document]:
    """Documents with URIs practice-001 … practice-060 and commune "did:" + the name of the node."""
    translations: dict[str, dict[str, Text]] = {}
    for each in _lines("translations.jsonl"):
        fields = each["fields"]
        rest = " ".join(text for name, text in fields.items() if name not in _TITLE_AND_SUMMARY)
        wording = Text(fields.get("title", ""), fields.get("summary", ""), rest)
        translations.setdefault(each["target"], {})[each["to"]] = wording
    return [_document(each, translations.get(each["id"], {})) for each in _lines("practices.jsonl")]


def _lines(name: str) -> Iterable[dict[str, Any]]:
    return map(json.loads, (DATA / "demo" / name).read_text(encoding="utf-8").splitlines())


def _document(record: Mapping[str, Any], translations: Mapping[str, Text]) -> Document:
    language = record["language"]
    body = [text for name, value in record.items() if name not in _TITLE_AND_SUMMARY for text in _said(value, language)]
    original = Text(record["title"][language], record["summary"][language], "\n".join(body))
    return Document(
        uri=record["id"],
        kind=record["type"],
        language=language,
        commune=f"did:{record['node']}",
        texts={language: original, **translations},
        concepts=(*record["topics"], *record["targetGroups"], record["practiceType"]),
        public=record["visibility"] == "public",
        stamp=int(record["startDate"].replace("-", "")),
    )


def _said(value: Any, language: str) -> list[str]:
    """Every text of this language inside a field."""
    if isinstance(value, Mapping):
        mine = value.get(language)
        return [mine] if isinstance(mine, str) else [text for each in value.values() for text in _said(each, language)]
    if isinstance(value, list):
        return [text for each in value for text in _said(each, language)]
    return []


def document(uri: str, text: str = "", language: str = "fr", **other: Any) -> Document:
    """A small document: `text` is its title, "summary" and "body" may be given too."""
    wording = Text(text, other.pop("summary", ""), other.pop("body", ""))
    given = {
        "kind": "Practice",
        "commune": "did:a",
        "concepts": (),
        "public": True,
        "stamp": 0,
        "texts": {language: wording},
        **other,
    }
    return Document(uri=uri, language=language, **given)
