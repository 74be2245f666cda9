"""What Whoosh is given to keep: five fields of keys, and one row per document.

Law: Whoosh gets finished forms, never text, and never analyses anything: neither its analysers nor its query parser
are used. Text stays in the database. Changing anything here, or how words are formed, raises `SCHEMA_VERSION`, which
makes every older index outdated. Comes from: `analysis`. Goes to: `whoosh_index_writing`; read in `_reading`.
"""

from array import array
from typing import Any

from whoosh.analysis.analyzers import IDAnalyzer
from whoosh.fields import COLUMN, FieldType, Schema
from whoosh.formats import Format

from search.analysis import Parts
from search.document import FACETS
from search.whoosh_index_rows import ALWAYS, NEVER, Row, RowsColumn, days

SCHEMA_VERSION = 3

CONCEPTS, NAMES, TEXT, TITLE, WORDS, ROW = "concepts", "names", "text", "title", "words", "row"
"""Field names: concepts; spellings of titles; terms of summaries and bodies, of titles; spellings of summaries."""

FIELDS = (CONCEPTS, NAMES, TEXT, TITLE, WORDS)
"""Those with terms, in the order in which Whoosh writes them."""

CURSOR_KIND = "\x00cursor"
"""Kind of the one document that is none: its row carries the log cursor, which so changes with the others."""


class Keys(Format):
    """What is kept of a posting: a weight or not, places (unsigned 32-bit numbers) or not."""

    posting_size = -1

    def __init__(self, weighted: bool, placed: bool) -> None:
        super().__init__()
        self.weighted, self.placed = weighted, placed

    def decode_positions(self, value: bytes) -> list[int]:
        """The places, ascending."""
        return array("I", value).tolist()


def _field(weighted: bool = False, placed: bool = False) -> FieldType:
    analyser: Any = IDAnalyzer()  # which is never used
    return FieldType(Keys(weighted, placed), analyser)


def schema() -> Schema:
    """The schema of every index. Always passed to Whoosh, so that it never loads one from a file."""
    return Schema(
        **{
            CONCEPTS: _field(),
            NAMES: _field(placed=True),
            TEXT: _field(weighted=True, placed=True),
            TITLE: _field(weighted=True, placed=True),
            WORDS: _field(),
            ROW: COLUMN(RowsColumn()),
        }
    )


def own(concept: str) -> str:
    """Name under which a document's own concept is kept."""
    return f"={concept}"


def broader(concept: str) -> str:
    """Name under which a concept broader than a document's own is kept."""
    return f"<{concept}"


def key(name: str) -> bytes:
    """A form, a spelling or a concept as it stands in the file."""
    return name.encode("utf-8", "surrogatepass")


def marks(parts: Parts) -> list[str]:
    """The names of the concepts of a document."""
    return [own(each) for each in sorted(parts.concepts)] + [broader(each) for each in sorted(parts.narrower_than)]


def row(parts: Parts) -> Row:
    """The row of a document."""
    document = parts.document
    start, end = days(document.start, document.end)
    return Row(
        uri=document.uri,
        kind=document.kind,
        texts=parts.languages,
        facets=tuple(parts.facets[facet] for facet in FACETS),
        public=document.public,
        stamp=document.stamp,
        start=start,
        end=end,
        title_length=parts.title_length,
        text_length=parts.text_length,
        title_keys=parts.title_keys,
        lesser=tuple(sorted(document.lesser)),
    )


def cursor_row(cursor: int) -> Row:
    """The row of the document that carries the log cursor."""
    return Row("", CURSOR_KIND, (), ((),) * len(FACETS), False, cursor, NEVER, ALWAYS, 0, 0, (), ())
