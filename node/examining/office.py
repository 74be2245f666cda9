"""DOCX, ODT and XLSX: an archive of parts, each looked at before it is unfolded, then packed anew.

What is active or comes from elsewhere (macros, OLE, ActiveX, DDE, templates and pictures by address) is refused, not
repaired: a person who sends it should know. What says who wrote it, on which machine, is emptied; pictures inside lose
their notes. Packed anew, nothing stands before, between or behind the parts.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from node.examining import parts as reading
from node.examining.kinds import Cleaned, Unfit
from node.examining.stripping import stripped

MAX_PARTS = 3_000
MAX_UNFOLDED = 80_000_000
"""Bytes of all parts together, unfolded."""
MAX_RATIO = 150
"""How much a part larger than `_RATIO_FROM` may be folded: XML of a real table comes to 40."""

_RATIO_FROM = 1_000_000
_STAMP = (1980, 1, 1, 0, 0, 0)
_NAME = re.compile(r"(?![/\\])(?!.*(?:^|/)\.\.?(?:/|$))(?![A-Za-z]:)[^\x00-\x1f\\<>:\"|?*\x7f]{1,250}")
_ACTIVE_NAME = re.compile(
    r"(?:vba|macro)|/activex/|/embeddings/|oleobject|externallink|/ctrlprops/|/querytables/|connections\.xml"
    r"|customui|/attachedtoolbars|^basic/|^scripts/|^dialogs/|\.(?:exe|dll|js|vbs|jar|class|swf|html?|ps1|bat|cmd|hta|scr)$",
    re.IGNORECASE,
)
_CORE = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<cp:coreProperties xmlns:cp='
    '"http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
)
_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns='
    '"http://schemas.openxmlformats.org/officeDocument/2006/{}-properties"/>'
)
_META = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<office:document-meta xmlns:office='
    '"urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.3"><office:meta/></office:document-meta>'
)
_EMPTIED = {
    "docprops/core.xml": _CORE,
    "docprops/app.xml": _PROPERTIES.format("extended"),
    "docprops/custom.xml": _PROPERTIES.format("custom"),
    "meta.xml": _META,
}
_LEFT_OUT = re.compile(r"docprops/thumbnail\.|thumbnails/|configurations2/|layout-cache$", re.IGNORECASE)
_THUMBNAIL = re.compile(
    rb'<Relationship\b[^>]*/(?:metadata/)?thumbnail"[^>]*/>|<manifest:file-entry\b[^>]*full-path="'
    rb"(?:Thumbnails/|Configurations2/|layout-cache)[^>]*/>"
)
_PEOPLE = re.compile(rb'(\bw(?:15)?:(?:author|initials|userId)=|\bpresence(?:Info)?=)"[^"]*"')
_CREATOR = re.compile(rb"(<(?:dc:creator|meta:creator-initials)>)[^<]*(</)")


def clean(data: bytes, media: str) -> Cleaned:
    """The file packed anew, with its words. Raises `Unfit`: `attachment_active`, `_bomb`, `_damaged`, `_encrypted`."""
    parts: list[tuple[str, bytes]] = []
    words: list[str] = []
    removed: set[str] = set()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name, part in _parts(archive):
                lower = name.lower()
                if _LEFT_OUT.match(lower) or name.endswith("/"):
                    removed.add("thumbnail" if "thumbnail" in lower else "settings")
                    continue
                words += reading.read(name, part)
                made = _cleaned(lower, part)
                if made != part:
                    removed.add("author" if lower.endswith((".xml", ".rels")) else "exif")
                parts.append((name, made))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, RuntimeError) as error:
        raise Unfit("attachment_damaged", "the archive cannot be read to its end") from error
    return Cleaned(media, _packed(parts), "\n".join(words), tuple(sorted(removed)))


def _parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Every part with its name, each judged by the list before it is unfolded. Raises `Unfit`."""
    listed = archive.infolist()
    if len(listed) > MAX_PARTS or sum(info.file_size for info in listed) > MAX_UNFOLDED:
        raise Unfit("attachment_bomb", "the archive unfolds to more than such a file can hold")
    seen: set[str] = set()
    for info in listed:
        _judge(info)
        if info.filename.lower() in seen:
            raise Unfit("attachment_disguised", "two parts of the archive have one name")
        seen.add(info.filename.lower())
        with archive.open(info) as file:
            part = file.read(info.file_size + 1)
        if len(part) != info.file_size:
            raise Unfit("attachment_bomb", "a part of the archive is longer than it says")
        yield info.filename, part


def _judge(info: zipfile.ZipInfo) -> None:
    name = info.filename
    if info.flag_bits & 0x1:
        raise Unfit("attachment_encrypted", "the file is protected by a password")
    if not _NAME.fullmatch(name) or info.orig_filename != name or (info.external_attr >> 16) & 0o170000 == 0o120000:
        raise Unfit("attachment_disguised", "a part of the archive has a name that leads out of it")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Unfit("attachment_damaged", "a part of the archive is folded in an unusual way")
    if info.file_size > _RATIO_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size):
        raise Unfit("attachment_bomb", "a part of the archive unfolds to more than such a part can hold")
    if _ACTIVE_NAME.search(name):
        raise Unfit("attachment_active", f"it holds a macro, a program or another file: {name[:80]}")


def _cleaned(lower: str, part: bytes) -> bytes:
    if lower in _EMPTIED:
        return _EMPTIED[lower].encode()
    if lower.endswith((".rels", "manifest.xml")):
        return _THUMBNAIL.sub(b"", part)
    if lower.endswith(".xml"):
        return _CREATOR.sub(rb"\1\2", _PEOPLE.sub(rb'\1""', part))
    return stripped(part)


def _packed(parts: list[tuple[str, bytes]]) -> bytes:
    """The parts as an archive, always the same bytes for the same parts; an ODT's `mimetype` first and unfolded."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, part in sorted(parts, key=lambda pair: (pair[0] != "mimetype", pair[0] != "[Content_Types].xml")):
            info = zipfile.ZipInfo(name, _STAMP)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(info, part)
    return out.getvalue()
