"""Which kind of file some bytes are, by the bytes alone; whatever could be taken for two kinds is none.

Strict on purpose, and our own: a library that guesses says what bytes *look like*; here it is asked whether a browser,
an archiver or a shell could read them as anything else. Source of the attacks: polyglots such as GIFAR and PDF+HTML.
"""

from __future__ import annotations

import re
import unicodedata

from node.examining.kinds import KINDS, UNDECLARED, Kind, Unfit, by_extension, by_media

HEAD = 1024
"""Bytes in which browsers look for what a file is (WHATWG MIME Sniffing reads 1445 at most)."""
TAIL = 1024
"""Bytes that may follow the end mark of a PDF, if they are white space."""

_MARKUP = re.compile(
    rb"<\s*(?:!doctype|!--|html|head|body|script|svg|iframe|object|embed|style|title|meta|link|table|img|div|font)\b"
    rb"|<\?(?:xml|php|=)|javascript:|%!ps",
    re.IGNORECASE,
)
_NO_TABLE = (b"#!", b"MZ", b"GIF8", b"{\\rtf", b"From ", b"{", b"[")
_FORMULA_AFTER = re.compile(r"[(|!]")
_BAD_IN_CSV = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_ZIP_END = b"PK\x05\x06"
_SCRIPTS = frozenset((
    "exe", "com", "bat", "cmd", "ps1", "vbs", "js", "jse", "wsf", "hta", "scr", "pif", "jar", "msi", "lnk", "sh",
    "php", "phtml", "asp", "aspx", "jsp", "cgi", "py", "html", "htm", "xhtml", "svg", "xml", "swf",
))  # fmt: skip
"""Endings that some program runs; nothing that has one of them in its name is taken."""


def sniff(data: bytes) -> Kind:
    """The kind of `data`. Raises `Unfit`: `attachment_empty`, `attachment_type`, `attachment_disguised`."""
    if not data:
        raise Unfit("attachment_empty", "the file is empty")
    if data.startswith(b"%PDF-"):
        _only_pdf(data)
        return by_media("application/pdf")
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    if data.startswith(b"\xff\xd8\xff"):
        return _picture(data, "image/jpeg")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _picture(data, "image/png")
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _picture(data, "image/webp")
    if _is_text(data):
        return by_media("text/csv")
    raise Unfit("attachment_type", "the bytes are of no kind that is taken")


def agree(kind: Kind, filename: str, declared: str) -> None:
    """Return if name and declared type say what the bytes say. Raises `Unfit`: `attachment_type` or `_disguised`."""
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") for letter in filename):
        raise Unfit(
            "attachment_disguised", "the name holds signs that cannot be seen, such as one that turns text round"
        )
    endings = re.split(r"[/\\]", filename)[-1].lower().split(".")[1:]
    if not endings or not endings[-1].strip():
        raise Unfit("attachment_disguised", "the name has no ending that says what the file is")
    ours = by_extension(endings[-1])
    if ours is None:
        raise Unfit("attachment_type", f"files that end in .{endings[-1][:10]} are not taken")
    if ours != kind or _SCRIPTS & {ending.strip() for ending in endings}:
        raise Unfit("attachment_disguised", f"its name says {ours.extensions[0]}, its bytes say {kind.extensions[0]}")
    said = declared.partition(";")[0].strip().lower()
    if said not in (*UNDECLARED, kind.media, *kind.declared):
        raise Unfit("attachment_disguised", f"it was sent as {said[:60]}, its bytes say {kind.media}")


def has_formula(cell: str) -> bool:
    """Whether a spreadsheet would run this cell of a CSV: it begins like a formula and calls something."""
    text = cell.lstrip(" \t\r\n\ufeff'\"")
    return text[:1] in ("=", "+", "-", "@") and _FORMULA_AFTER.search(text) is not None


def decoded(data: bytes, language: str) -> str:
    """The text of a CSV: UTF-8, UTF-16 with its mark, or what Excel writes in this language. Raises `Unfit`."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        tries = ["utf-16"]
    else:
        tries = ["utf-8-sig", {"tr": "cp1254", "ar": "cp1256"}.get(language[:2], "cp1252")]
    for encoding in tries:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _BAD_IN_CSV.search(text):
            return text
        break
    raise Unfit("attachment_type", "the bytes are of no kind that is taken: no text either")


def _is_text(data: bytes) -> bool:
    """True for what a CSV may be. Markup, programs and archives that are text at their beginning are none."""
    head = data[: 4 * HEAD]
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    narrow = head.replace(b"\x00", b"") if wide else head
    if _MARKUP.search(narrow) or narrow.lstrip().startswith(_NO_TABLE):
        raise Unfit("attachment_type", "the bytes are markup or a program, not a table")
    if b"%PDF-" in narrow or _ZIP_END in data:
        raise Unfit("attachment_disguised", "a table that is also a document or an archive")
    return wide or not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", data)


def _only_pdf(data: bytes) -> None:
    """A PDF begins at the first byte and ends with its mark; nothing else is in front, behind, or in sight."""
    end = data.rfind(b"%%EOF")
    if end < 0:
        raise Unfit("attachment_damaged", "the end of the PDF is missing")
    if data[end + 5 :].strip(b"\r\n\t \x00") or len(data) - end > TAIL:
        raise Unfit("attachment_disguised", "something follows the end of the PDF")
    if _MARKUP.search(data[:HEAD].partition(b"<?xpacket")[0]):
        raise Unfit("attachment_disguised", "a PDF that is also a web page")
    if _ends_as_zip(data):
        raise Unfit("attachment_disguised", "a PDF that is also an archive")


def _picture(data: bytes, media: str) -> Kind:
    """Pictures are made anew from their points, so that markup in them is lost; but who hides an archive is refused."""
    if _ends_as_zip(data):
        raise Unfit("attachment_disguised", "a picture that is also an archive")
    if b"%PDF-" in data[:HEAD]:  # programs look for its beginning so far into a file
        raise Unfit("attachment_disguised", "a picture that is also a PDF")
    return by_media(media)


def _ends_as_zip(data: bytes) -> bool:
    """Whether an archiver would find an archive's end: a ZIP is read from behind, up to 64 KiB before the end."""
    at = data.rfind(_ZIP_END, max(0, len(data) - 66_000))
    return at >= 0 and b"PK\x01\x02" in data


def _office(data: bytes) -> Kind:
    """Which office file a ZIP is, by the names that stand in it; `office.clean` looks inside."""
    end = data.rfind(_ZIP_END)
    if end < 0 or len(data) - end != 22:
        raise Unfit("attachment_disguised", "something follows the end of the archive, or the end is missing")
    size, start = (int.from_bytes(data[end + at : end + at + 4], "little") for at in (12, 16))
    if start + size != end:
        raise Unfit("attachment_disguised", "something stands in front of the archive, or it says less than it holds")
    names = data[start:end]
    if b"mimetypeapplication/vnd.oasis.opendocument.text" in data[:120]:
        return by_media("application/vnd.oasis.opendocument.text")
    if b"[Content_Types].xml" in names:
        for kind in KINDS:
            main = {"docx": b"word/document.xml", "xlsx": b"xl/workbook.xml"}.get(kind.extensions[0])
            if main is not None and main in names:
                return kind
    raise Unfit("attachment_type", "an archive that is no document, text or table")
