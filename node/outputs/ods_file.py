"""Rows as an OpenDocument spreadsheet (ISO/IEC 26300, version 1.3): one table of texts, the smallest valid file.

Written here because no light library that is kept writes it: docs/decisions/0001-dependencies.md. Every cell is a
string, so nothing is computed; from right to left in Arabic. The parts are written a row at a time.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO
from xml.sax.saxutils import escape

from node.outputs.rows import Row, cells, heads

MIME = "application/vnd.oasis.opendocument.spreadsheet"
IN_MEMORY = 2_000_000
"""Bytes of a file that are kept in memory; a larger one goes through the disk."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WHEN = (1980, 1, 1, 0, 0, 0)
_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" office:version="1.3"'
)
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MANIFEST = (
    f'{_XML}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
    f'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:version="1.3" '
    f'manifest:media-type="{MIME}"/><manifest:file-entry manifest:full-path="content.xml" '
    f'manifest:media-type="text/xml"/></manifest:manifest>'
)


def write(rows: Iterable[Row], language: str) -> IO[bytes]:
    """The file, open at its beginning; whoever gets it closes it."""
    return table(heads(language), (cells(row, language) for row in rows), language)


def table(columns: list[str], rows: Iterable[Iterable[str]], language: str) -> IO[bytes]:
    """Any rows of texts below their headings, as `write`."""
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(zipfile.ZipInfo("mimetype", _WHEN), MIME, zipfile.ZIP_STORED)  # first and stored: part 2, 3.3
        package.writestr(zipfile.ZipInfo("META-INF/manifest.xml", _WHEN), _MANIFEST, zipfile.ZIP_DEFLATED)
        part = zipfile.ZipInfo("content.xml", _WHEN)
        part.compress_type = zipfile.ZIP_DEFLATED
        with package.open(part, "w", force_zip64=True) as content:
            for text in _content(columns, rows, language):
                content.write(text.encode("utf-8", "replace"))
    file.seek(0)
    return file


def _content(columns: list[str], rows: Iterable[Iterable[str]], language: str) -> Iterator[str]:
    turned = ' style:writing-mode="rl-tb"' if language == "ar" else ""
    yield (
        f"{_XML}<office:document-content {_NAMES}><office:automatic-styles>"
        f'<style:style style:name="sheet" style:family="table"><style:table-properties table:display="true"{turned}/>'
        f'</style:style><style:style style:name="head" style:family="table-cell"><style:text-properties '
        f'fo:font-weight="bold"/></style:style></office:automatic-styles><office:body><office:spreadsheet>'
        f'<table:table table:name="Wasl" table:style-name="sheet">'
        f'<table:table-column table:number-columns-repeated="{len(columns)}"/><table:table-header-rows>'
    )
    yield _row(columns, ' table:style-name="head"')
    yield "</table:table-header-rows>"
    for row in rows:
        yield _row(row)
    yield "</table:table></office:spreadsheet></office:body></office:document-content>"


def _row(texts: Iterable[str], style: str = "") -> str:
    return f"<table:table-row>{''.join(_cell(text, style) for text in texts)}</table:table-row>"


def _cell(text: str, style: str) -> str:
    lines = _NOT_XML.sub("\ufffd", text).splitlines() or [""]
    paragraphs = "".join(f"<text:p>{escape(line)}</text:p>" for line in lines)
    return f'<table:table-cell office:value-type="string"{style}>{paragraphs}</table:table-cell>'
