"""A CSV as text: decoded, looked through for cells that a spreadsheet would run, written again as UTF-8."""

from __future__ import annotations

import csv
import io

from node.examining.kinds import Cleaned, Unfit
from node.examining.sniffing import decoded, has_formula

MAX_CELL = 32_767
"""Characters of one cell, as in a spreadsheet."""


def clean(data: bytes, media: str, language: str) -> Cleaned:
    """The table in UTF-8. Raises `Unfit`: `attachment_formula`, `attachment_damaged`, `attachment_type`."""
    text = decoded(data, language)
    csv.field_size_limit(MAX_CELL)
    first = text[:4096].split("\n", 1)[0]
    separator = max(",;\t|", key=first.count)
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 1):
            if any(has_formula(cell) for cell in row):
                raise Unfit("attachment_formula", f"a cell of line {number} begins like a formula")
    except csv.Error as error:
        raise Unfit("attachment_damaged", "the table cannot be read to its end") from error
    return Cleaned(media, text.encode("utf-8"), text.replace(separator, " "))
