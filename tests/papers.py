"""Files to attach, made from nothing: good ones of each kind, and the parts that hostile ones are made of."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from PIL import Image

CONTENT_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ODF = "urn:oasis:names:tc:opendocument:xmlns"


def pdf(*lines: str, catalog: str = "", objects: Mapping[int, bytes] | None = None, info: str = "") -> bytes:
    """A PDF of one page with these lines (Latin letters). `catalog`: more of the catalogue; `objects`: from 10 on."""
    text = b"BT /F1 12 Tf 50 700 Td 14 TL " + b"".join(
        b"(" + line.encode("latin-1").replace(b"(", b"\\(").replace(b")", b"\\)") + b") Tj T* " for line in lines
    )
    parts = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        4: b"<< /Length %d >>\nstream\n%sET\nendstream" % (len(text) + 2, text),
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        6: f"<< /Author (Amina El Idrissi) /Creator (Bureau 12) {info} >>".encode(),
        **(objects or {}),
    }
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), {}
    for number, part in sorted(parts.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(out)
    out += b"xref\n"
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (max(places) + 1, start)
    return bytes(out)


def packed(parts: Mapping[str, str | bytes], first: Mapping[str, str | bytes] | None = None) -> bytes:
    """An archive of these parts; `first` stand before them, not folded."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in (first or {}).items():
            archive.writestr(zipfile.ZipInfo(name), part)
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def docx(*lines: str, **parts: str | bytes) -> bytes:
    """A text of these paragraphs. `parts`: more parts by name, `_` for `/` and `__` for `.`."""
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    core = "<cp:coreProperties xmlns:cp='c' xmlns:dc='d'><dc:creator>Amina El Idrissi</dc:creator></cp:coreProperties>"
    return packed(
        {
            "[Content_Types].xml": CONTENT_TYPES,
            "_rels/.rels": f'<Relationships xmlns="{RELS}"/>',
            "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
            "docProps/core.xml": core,
        }
        | {name.replace("__", ".").replace("_", "/"): part for name, part in parts.items()}
    )


def xlsx(*cells: str, formula: str = "1+1", **parts: str | bytes) -> bytes:
    """A table of one column."""
    shared = "".join(f"<si><t>{cell}</t></si>" for cell in cells)
    return packed(
        {
            "[Content_Types].xml": CONTENT_TYPES,
            "xl/workbook.xml": f'<workbook xmlns="{S}"/>',
            "xl/sharedStrings.xml": f'<sst xmlns="{S}">{shared}</sst>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{S}"><sheetData><row><c><f>{formula}</f></c></row>'
            "</sheetData></worksheet>",
        }
        | {name.replace("__", ".").replace("_", "/"): part for name, part in parts.items()}
    )


def odt(*lines: str, more: str = "", **parts: str | bytes) -> bytes:
    """An OpenDocument text of these paragraphs. `more`: further elements of its body."""
    body = "".join(f"<text:p>{line}</text:p>" for line in lines)
    spaces = " ".join(f'xmlns:{name}="{ODF}:{name}:1.0"' for name in ("office", "text", "draw", "script"))
    content = (
        f'<office:document-content {spaces} xmlns:xlink="http://www.w3.org/1999/xlink"><office:scripts/>'
        f"<office:body><office:text>{body}{more}</office:text></office:body></office:document-content>"
    )
    meta = (
        f'<office:document-meta {spaces} xmlns:dc="d"><dc:creator>Amina El Idrissi</dc:creator></office:document-meta>'
    )
    named = {name.replace("__", ".").replace("_", "/"): part for name, part in parts.items()}
    return packed(
        {"content.xml": content, "meta.xml": meta} | named,
        {"mimetype": "application/vnd.oasis.opendocument.text"},
    )


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), *, notes: bool = True, turn: int = 1) -> bytes:
    """A photograph whose camera wrote where, when and with what it was taken (unless not `notes`)."""
    image = Image.radial_gradient("L").resize(size).convert("RGB")
    exif = Image.Exif()
    if notes:
        exif[0x010F], exif[0x0110], exif[0x0132] = "Appareil4711", "Modele4711", "2026:01:02 03:04:05"
        exif[0x0112] = turn
        place = exif.get_ifd(0x8825)
        place[1], place[2], place[3], place[4] = "N", (34.0, 1.0, 15.5), "W", (6.0, 50.0, 31.2)
    more = {"comment": b"Commentaire4711"} if kind == "JPEG" and notes else {}
    out = io.BytesIO()
    image.save(out, kind, exif=exif, **more)
    return out.getvalue()
