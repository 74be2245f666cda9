"""Two texts word by word: what stayed, what went, what came. Pure; for people, so whole words and no letters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, GONE, COME = "same", "gone", "come"

_WORDS = re.compile(r"\S+\s*|\s+")
_WORDS_MOST = 4000


@dataclass(frozen=True, slots=True)
class Changed:
    """A field whose text differs. `pieces`: (same | gone | come, text)."""

    path: str
    pieces: tuple[tuple[str, str], ...]


def pieces(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """The texts as pieces in reading order. Texts of more than 4,000 words are shown whole, one after the other."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) > _WORDS_MOST or len(new) > _WORDS_MOST:
        return ((GONE, before), (COME, after))
    found: list[tuple[str, str]] = []
    for word, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if word == "equal":
            found.append((SAME, "".join(new[j1:j2])))
            continue
        found += [(kind, text) for kind, text in ((GONE, "".join(old[i1:i2])), (COME, "".join(new[j1:j2]))) if text]
    return tuple(found)


def between(before: Mapping[str, str], after: Mapping[str, str]) -> list[Changed]:
    """The fields that differ, in the order of `after`, then those that are gone."""
    paths = [*after, *(path for path in before if path not in after)]
    return [
        Changed(path, pieces(before.get(path, ""), after.get(path, "")))
        for path in paths
        if before.get(path, "") != after.get(path, "")
    ]
