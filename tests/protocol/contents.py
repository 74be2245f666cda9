"""The contents that the schema tests share: the vectors, and the demonstration data as contents of records."""

from __future__ import annotations

import copy
import json
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors" / "records"
DEMO = ROOT / "node" / "data" / "demo"
ORIGIN = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
# What a line of the demonstration files holds beside its content: it goes to the envelope.
ENVELOPE = {"id", "type", "node", "version", "language", "illustrative", "licence", "visibility"}
REFERENCES = {"source", "result", "target", "about", "inReplyTo", "references"}


def accepted() -> dict[str, dict[str, Any]]:
    """The valid contents by name: `type`, `language`, `content`. New at each call."""
    return dict(json.loads((VECTORS / "contents-accepted.json").read_text("utf-8")))


def refused() -> list[dict[str, Any]]:
    """The cases that must be refused; see tests/vectors/records/README.md."""
    return list(json.loads((VECTORS / "contents-refused.json").read_text("utf-8")))


def changed(content: dict[str, Any], case: dict[str, Any]) -> dict[str, Any]:
    """A copy of `content` with the one change of a case."""
    fresh = copy.deepcopy(content)
    *way, last = case["at"].split(".")
    place: Any = fresh
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    key = int(last) if isinstance(place, list) else last
    if "set" in case:
        place[key] = case["set"]
    elif "repeat" in case:
        unit, times = case["repeat"]
        place[key] = unit * times
    else:
        del place[key]
    return fresh


def demo(name: str) -> list[tuple[str, dict[str, Any], str]]:
    """Type, content and language of each line of a demonstration file, ids replaced by record URIs."""
    lines = [json.loads(line) for line in (DEMO / name).read_text("utf-8").splitlines()]
    return [(line["type"], _as_content(line), line["language"]) for line in lines]


def _as_content(line: dict[str, Any]) -> dict[str, Any]:
    content = {key: value for key, value in line.items() if key not in ENVELOPE and key != "targetVersion"}
    if line["type"] != "Practice":
        for key in REFERENCES & content.keys():
            content[key] = _as_uri(content[key])
    if line["type"] == "Adaptation":
        content["sourceDigest"] = DIGEST
    if line["type"] == "Translation":
        content["targetDigest"] = DIGEST
    return content


def _as_uri(reference: Any) -> Any:
    if isinstance(reference, list):
        return [_as_uri(one) for one in reference]
    return reference and f"{ORIGIN}/records/{uuid.uuid5(uuid.NAMESPACE_URL, reference)}"
