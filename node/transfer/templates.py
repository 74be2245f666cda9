"""Tables to fill in: the headings in one language, and nothing else; and practices as such a table."""

from __future__ import annotations

from node.outputs import csv_file, ods_file
from node.transfer import headings, table

FORMS = ("csv", "ods")


def write(form: str, language: str) -> bytes:
    """An empty table. `form`: one of `FORMS`."""
    heads = [headings.said(name, language) for name in table.COLUMNS]
    if form == "csv":
        return csv_file.table([heads])
    with ods_file.table(heads, [], language) as file:
        return file.read()
