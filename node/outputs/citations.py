"""How a practice is cited: as a line to copy, and as BibTeX, RIS and CSL-JSON for programs that keep references.

A citation names one revision: its permanent id is the URI of the record, its digest says which words were read. The
forms escape what a record says, each in its own way: a title never becomes a field of the form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

FORMS = {
    "bib": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "json": "application/vnd.citationstyles.csl+json",
}
"""Endings of the files, and their media types."""

_TEX = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    sign: f"\\{sign}" for sign in "#$%&_"
}
_SPACES = re.compile(r"[\s\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Citation:
    """What is cited. `address`: where this revision can be read; `modified`: seconds since 1970; `language`: of the
    title; `note`: what a reader of the citation must know, such as that the practice is invented; may be empty."""

    author: str
    title: str
    uri: str
    digest: str
    revision: int
    modified: int
    address: str
    language: str
    licence: str
    note: str = ""

    @property
    def day(self) -> datetime:
        """The day that the author gave to this revision."""
        return datetime.fromtimestamp(self.modified, UTC)

    @property
    def key(self) -> str:
        """A short name for this revision, of ASCII letters and digits."""
        return f"wasl{self.day.year}{self.digest[:8]}"


def write(form: str, citation: Citation) -> bytes:
    """The citation as a file. `form`: one of `FORMS`."""
    return _WRITERS[form](citation)


def _bibtex(cited: Citation) -> bytes:
    fields = {
        "author": "{" + _tex(cited.author) + "}",
        "title": "{" + _tex(cited.title) + "}",
        "year": str(cited.day.year),
        "month": str(cited.day.month),
        "version": str(cited.revision),
        "language": _tex(cited.language),
        "url": cited.address.replace("{", "%7B").replace("}", "%7D"),
        "note": _tex("; ".join(part for part in (cited.uri, cited.note) if part)),
        "copyright": _tex(cited.licence),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{cited.key},\n{lines}}}\n".encode()


def _ris(cited: Citation) -> bytes:
    lines = [
        ("TY", "ELEC"),
        ("AU", cited.author),
        ("TI", cited.title),
        ("PY", str(cited.day.year)),
        ("DA", f"{cited.day:%Y/%m/%d}"),
        ("ET", str(cited.revision)),
        ("LA", cited.language),
        ("UR", cited.address),
        ("ID", cited.key),
        ("AN", cited.uri),
        ("N1", cited.note),
        ("C1", cited.licence),
        ("ER", ""),
    ]
    # one line a field: a line break in a title must not begin another field
    return "".join(f"{tag}  - {_line(value)}\r\n" for tag, value in lines if value or tag == "ER").encode()


def _csl(cited: Citation) -> bytes:
    entry = {
        "id": cited.key,
        "type": "webpage",
        "title": cited.title,
        "author": [{"literal": cited.author}],
        "issued": {"date-parts": [[cited.day.year, cited.day.month, cited.day.day]]},
        "version": str(cited.revision),
        "language": cited.language,
        "URL": cited.address,
        "number": cited.uri,
    }
    if cited.note:
        entry["note"] = cited.note
    return orjson.dumps([entry], option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in _line(text))


def _line(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


_WRITERS = {"bib": _bibtex, "ris": _ris, "json": _csl}
