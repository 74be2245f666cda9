"""A PDF written anew from its pages: older versions, notes about its author and loose objects stay behind.

What acts (JavaScript, launching, forms that send, files within the file, films) is refused. Pictures inside lose their
EXIF. Its words are taken out page by page, up to a limit. pypdf is pure Python: it may be slow, so `process` ends it.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.errors import LimitReachedError, PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from node.examining.kinds import Cleaned, Unfit
from node.examining.stripping import stripped

MAX_PAGES = 500
MAX_OBJECTS = 200_000
MAX_WORDS = 150_000
"""Characters of text after which no further page is read."""

_ACTIVE_KEYS = frozenset(
    {"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/RichMedia", "/XFA", "/AA", "/RichMediaContent"}
)
_ACTIVE_ACTS = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition", "/Movie", "/Sound",
     "/RichMediaExecute", "/GoTo3DView"}
)  # fmt: skip
_ACTIVE_KINDS = frozenset({"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D", "/EmbeddedFile"})
_NOTES = ("/Metadata", "/PieceInfo", "/LastModified")
_LINK = re.compile(r"(?:https?|mailto|tel):|#|(?![a-z][a-z0-9+.-]*:|[\\/]{2})", re.IGNORECASE)
"""A link that a person may follow: to the web, or without a scheme, as Word writes www.example.org."""


def clean(data: bytes, media: str) -> Cleaned:
    """The PDF anew, with its words. Raises `Unfit`: `attachment_active`, `_bomb`, `_damaged`, `_encrypted`."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        return _clean(data, media)
    except (PyPdfError, RecursionError, AttributeError, KeyError, TypeError, ValueError, IndexError, OSError) as error:
        raise Unfit("attachment_damaged", "the PDF cannot be read to its end") from error


def _clean(data: bytes, media: str) -> Cleaned:
    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unfit("attachment_encrypted", "the PDF is protected by a password")
    if not 1 <= len(reader.pages) <= MAX_PAGES:
        raise Unfit("attachment_bomb" if len(reader.pages) else "attachment_damaged", f"1 to {MAX_PAGES} pages")
    removed = {"author"} if reader.metadata or reader.xmp_metadata else set()
    writer = PdfWriter(clone_from=reader)
    writer.metadata = None
    for part in _everything(writer.root_object):
        if isinstance(part, DictionaryObject):
            _refuse_active(part)
            removed |= _without_notes(part)
    out = io.BytesIO()
    writer.write(out)
    return Cleaned(media, out.getvalue(), _words(reader), tuple(sorted(removed)))


def _everything(root: Any) -> Iterator[Any]:
    """Every object that the document reaches, once, without recursion."""
    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [root]
    count = 0
    while waiting:
        part = waiting.pop()
        if isinstance(part, IndirectObject):
            if (part.idnum, part.generation) in seen:
                continue
            seen.add((part.idnum, part.generation))
            part = part.get_object()
        count += 1
        if count > MAX_OBJECTS:
            raise Unfit("attachment_bomb", "the PDF has more objects than such a file can hold")
        if isinstance(part, DictionaryObject):
            waiting += [part.raw_get(key) for key in part]
        elif isinstance(part, ArrayObject):
            waiting += list(part)
        yield part


def _refuse_active(part: DictionaryObject) -> None:
    act, kind = part.get("/S"), part.get("/Subtype")
    if (
        _ACTIVE_KEYS & part.keys()
        or act in _ACTIVE_ACTS
        or kind in _ACTIVE_KINDS
        or part.get("/Type") == "/EmbeddedFile"
    ):
        raise Unfit("attachment_active", "the PDF holds a script, a film, another file, or something that sends")
    if act == "/URI" and not _LINK.match(str(part.get("/URI", "")).strip()):
        raise Unfit("attachment_active", "a link of the PDF leads to something that is no web page")


def _without_notes(part: DictionaryObject) -> set[str]:
    removed = set()
    for key in _NOTES:
        if key in part:
            del part[key]
            removed.add("author")
    if "/T" in part and part.get("/Subtype") not in (None, "/Widget"):  # who wrote a remark on the margin
        del part["/T"]
        removed.add("author")
    if isinstance(part, StreamObject) and part.get("/Filter") in ("/DCTDecode", [NameObject("/DCTDecode")]):
        plain = stripped(part._data)  # a JPEG as it was put in; `get_data` would decode it
        if plain != part._data:
            part._data = plain
            removed.add("exif")
    return removed


def _words(reader: PdfReader) -> str:
    found: list[str] = []
    size = 0
    for page in reader.pages:
        if size > MAX_WORDS:
            break
        try:
            text = page.extract_text()
        except (LimitReachedError, MemoryError) as error:
            raise Unfit("attachment_bomb", "a page of the PDF unfolds to more than a page can hold") from error
        except Exception:  # noqa: BLE001, S112  # a font that is broken: the page is shown all the same, and not found
            continue
        found.append(text)
        size += len(text)
    return "\n".join(found)
