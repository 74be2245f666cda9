"""What an S3-compatible store answers in XML: its refusals and its lists, doubted.

Plain XML without a document type is read, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.parsers import expat

from node.errors import BucketAway

_CODE = re.compile(r"[A-Za-z0-9]{1,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Item:
    """One name in the bucket. `at`: when it was written, seconds since 1970."""

    name: str
    size: int
    at: float


def code_of(body: bytes) -> str:
    """The code of a refusal, where it is one of S3."""
    try:
        code = read(body)[0].get("Code", "")
    except BucketAway:
        return ""
    return code if _CODE.fullmatch(code) else ""


def read(body: bytes) -> tuple[dict[str, str], list[tuple[str, dict[str, str]]]]:
    """An answer in XML: the plain elements of its root (its own name under ""), and its other elements with theirs.

    Raises `BucketAway` for what is no XML, or has a document type.
    """
    top: dict[str, str] = {}
    found: list[tuple[str, dict[str, str]]] = []
    path: list[str] = []
    text: list[str] = []

    def begin(name: str, _attributes: dict[str, str]) -> None:
        path.append(name.rpartition(" ")[2])
        text.clear()
        if len(path) == 1:
            top[""] = path[0]
        elif len(path) == 2:
            found.append((path[1], {}))

    def end(_name: str) -> None:
        said = "".join(text)
        if len(path) == 2 and not found[-1][1]:
            top[path[1]] = said
            found.pop()
        elif len(path) == 3:
            found[-1][1][path[2]] = said
        path.pop()
        text.clear()

    def refuse(*_declared: object) -> None:
        raise ValueError

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text.append, refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError):
        raise no_store() from None
    return top, found


def item_of(said: Mapping[str, str]) -> Item:
    """One entry of a list. Raises `BucketAway` where something in it is missing or cannot be."""
    try:
        item = Item(said["Key"], int(said["Size"]), datetime.fromisoformat(said["LastModified"]).timestamp())
    except (KeyError, ValueError, OverflowError):
        raise no_store() from None
    if item.size < 0:
        raise no_store()
    return item


def version_of(said: Mapping[str, str]) -> tuple[str, str]:
    """Name and version of one entry of a list of versions. Raises `BucketAway` where one is missing."""
    if not said.get("Key") or not said.get("VersionId"):
        raise no_store()
    return said["Key"], said["VersionId"]


def next_page(before: Mapping[str, str], **words: str | None) -> dict[str, str]:
    """What to ask for the next part of a list. Raises `BucketAway` where that is the part which was just read."""
    more = {name.replace("_", "-"): word for name, word in words.items() if word}
    if not more or more == before:
        raise no_store()
    return more


def no_store() -> BucketAway:
    """What is raised of an answer that no sound store gives."""
    return BucketAway("what answers at the address of the bucket is no S3-compatible store")
