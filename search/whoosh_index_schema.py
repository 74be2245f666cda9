"""What Whoosh is given to keep: four fields, and one packed row per document.

Law: Whoosh gets finished forms, never text, and never analyses anything: neither its analysers nor its query parser
are used. Text stays in the database. Changing anything here, or how words are formed, raises `SCHEMA_VERSION`, which
makes every older index outdated. Comes from: `analysis`. Goes to: `whoosh_index_writing`; read in `_reading`.
"""

import json
from array import array
from collections.abc import Generator, Iterable, Mapping
from typing import Any

from whoosh.analysis.analyzers import IDAnalyzer
from whoosh.columns import VarBytesColumn
from whoosh.fields import COLUMN, FieldType, Schema
from whoosh.formats import Existence, Format

from search.analysis import Analysed, Posting

SCHEMA_VERSION = 1

TITLE, TEXT, CONCEPTS, ROW = "title", "text", "concepts", "row"
"""Field names: forms of the titles, forms of summaries and bodies, concepts, and the packed row."""

CURSOR_KIND = "\x00cursor"
"""Kind of the one document that is none: its row carries the log cursor, which so changes with the others."""


class Places(Format):
    """A posting value that is the places of a form as unsigned 32-bit numbers, without the pickle Whoosh would make."""

    posting_size = -1

    def decode_positions(self, value: bytes) -> list[int]:
        """The places, ascending."""
        return array("I", value).tolist()


class Forms(FieldType):
    """A field of finished forms with a weight and places: given as a mapping form -> `Posting`."""

    def __init__(self) -> None:
        analyser: Any = IDAnalyzer()  # which is never used
        super().__init__(Places(), analyser)

    def index(
        self, value: Mapping[str, Posting], **_: Any
    ) -> Generator[tuple[bytes, int, float | int, bytes], Any, None]:
        """(form, count, weight, places) of each form, as Whoosh's writer expects it."""
        for form, posting in value.items():
            yield form.encode(), 1, posting.weight, posting.places.tobytes()


class Marks(FieldType):
    """A field of names that a document has or has not: given as strings."""

    def __init__(self) -> None:
        analyser: Any = IDAnalyzer()
        super().__init__(Existence(), analyser)

    def index(self, value: Iterable[str], **_: Any) -> Generator[tuple[bytes, int, float | int, bytes], Any, None]:
        """(name, 1, 1.0, nothing) of each name."""
        for name in value:
            yield name.encode(), 1, 1.0, b""


def schema() -> Schema:
    """The schema of every index. Always passed to Whoosh, so that it never loads one from a file."""
    return Schema(**{TITLE: Forms(), TEXT: Forms(), CONCEPTS: Marks(), ROW: COLUMN(VarBytesColumn())})  # type: ignore[no-untyped-call]


def own(concept: str) -> str:
    """Name under which a document's own concept is kept."""
    return f"={concept}"


def broader(concept: str) -> str:
    """Name under which a concept broader than a document's own is kept."""
    return f"<{concept}"


def fields(each: Analysed) -> dict[str, Any]:
    """The values of a document for `IndexWriter.add_document`."""
    document = each.document
    marks = [own(concept) for concept in sorted(each.concepts)]
    marks += [broader(concept) for concept in sorted(each.narrower_than)]
    row = (
        document.uri,
        document.kind,
        document.language,
        document.commune,
        int(document.public),
        document.stamp,
        each.title_length,
        each.text_length,
        " ".join(each.languages),
    )
    return {TITLE: each.title, TEXT: each.text, CONCEPTS: marks, ROW: json.dumps(row).encode()}


def cursor_fields(cursor: int) -> dict[str, Any]:
    """The values of the document that carries the log cursor."""
    return {ROW: json.dumps(("", CURSOR_KIND, "", "", 0, cursor, 0, 0, "")).encode()}


def row(value: bytes) -> tuple[str, str, str, str, int, int, int, int, str]:
    """A packed row read back: uri, kind, language, commune, public, stamp or cursor, lengths, languages of the texts.

    Raises ValueError if it is none.
    """
    uri, kind, language, commune, public, stamp, title, text, languages = json.loads(value)
    return uri, kind, language, commune, public, stamp, title, text, languages
