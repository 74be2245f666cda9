"""What an S3-compatible store answers in XML: its refusals and its lists, doubted.

Plain XML without a document type is read, and nothing else.
"""

from __future__ import annotations

import re
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
        raise BucketAway("what answers at the address of the bucket is no S3-compatible store") from None
    return top, found


def moment_of(text: str) -> float:
    """A moment as a list of S3 writes it, seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()
