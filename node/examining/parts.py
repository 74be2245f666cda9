"""The XML parts of an office file: whether one of them acts or fetches, and the words that a reader sees.

Read with expat as a stream, without a tree, and never with a document type: entities are how a few bytes become
millions, and how a file reads other files. Names are compared without prefixes, which a writer may choose freely.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from node.examining.kinds import Unfit

_XML = (".xml", ".rels", ".vml", ".rdf", ".svg")
_READ = re.compile(
    r"word/(?:document|footnotes|endnotes|header\d*|footer\d*)\.xml|xl/sharedstrings\.xml|xl/worksheets/[^/]+\.xml"
    r"|content\.xml"
)
_OUTSIDE = re.compile(
    r"(?:https?|ftp|file|smb|data|javascript|vbscript|mhtml|ms-[a-z-]+):|\\\\|//|\.\./", re.IGNORECASE
)
_LINK = re.compile(r"(?:https?://|mailto:|tel:|#)", re.IGNORECASE)
_FIELD = re.compile(r"\b(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|MACROBUTTON|DATABASE)\b", re.IGNORECASE)
_CALL = re.compile(r"\b(?:WEBSERVICE|RTD|CALL|REGISTER|EXEC|DDE)\s*\(|\|'", re.IGNORECASE)
_ACTS = {
    "": {"script", "event-listener", "object-ole", "applet", "plugin", "floating-frame", "dde-connection", "oleobject",
         "dde-connection-decl", "dde-source", "execute-macro", "altchunk", "ddelink", "webpublishobject"},
    "wordprocessingml": {"object", "control"},
    "spreadsheetml": {"control", "oleobjects"},
}  # fmt: skip
"""Elements that act, by a word of their namespace; those under "" whatever it is."""
_WORDS = {"t", "p", "h", "span", "a"}
_BREAKS = {"p", "h", "tab", "br", "si", "is", "line-break", "s"}


def read(name: str, part: bytes) -> list[str]:
    """The paragraphs of one part, none for parts that hold no words of the text.

    Raises `Unfit`: `attachment_active` (it does more than say and show), `attachment_damaged`.
    """
    if not name.lower().endswith(_XML):
        return []
    reader = _Reader(_READ.fullmatch(name.lower()) is not None)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.starts, reader.ends
    parser.CharacterDataHandler = reader.says
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse_entities
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise Unfit("attachment_damaged", "a part of the file is no XML") from error
    lines = (" ".join(line.split()) for line in "".join(reader.found).split("\n"))
    return [line for line in lines if line]


class _Reader:
    """Follows one part from its first element to its last. `found`: what a reader sees, with line breaks.

    `wanted`: whether this part holds words of the text at all.
    """

    def __init__(self, wanted: bool) -> None:
        self.found: list[str] = []
        self._wanted = wanted
        self._within: list[str] = []
        self._field = ""

    def starts(self, element: str, attributes: dict[str, str]) -> None:
        space, _, name = element.lower().rpartition(" ")
        self._within.append(name)
        if any(name in names for word, names in _ACTS.items() if word in space):
            raise Unfit("attachment_active", f"it holds something that acts: {name[:60]}")
        plain = {key.rpartition(" ")[2]: value.strip() for key, value in attributes.items()}
        if name == "relationship":
            _refuse_outside(plain)
        elif "macroenabled" in plain.get("ContentType", "").lower():
            raise Unfit("attachment_active", "it is a file with macros")
        elif name != "a" and _OUTSIDE.match(plain.get("href", "")):
            raise Unfit("attachment_active", "it fetches something from elsewhere when it is opened")

    def says(self, text: str) -> None:
        last = self._within[-1]
        if last == "instrtext":  # a field's words may be cut into pieces
            self._field = (self._field + text)[-400:]
        if _FIELD.search(self._field) or (last == "f" and _CALL.search(text)):
            raise Unfit("attachment_active", "it holds a field or a formula that calls a program or an address")
        if self._wanted and last in _WORDS:
            self.found.append(text)

    def ends(self, _element: str) -> None:
        if self._within.pop() in _BREAKS:
            self.found.append("\n")


def _refuse_outside(attributes: dict[str, str]) -> None:
    """A relationship that leads out of the file is a link that a person clicks, or it is refused."""
    target, kind = attributes.get("Target", ""), attributes.get("Type", "").rpartition("/")[2].lower()
    outside = attributes.get("TargetMode", "").lower() == "external"
    if (outside or (_OUTSIDE.match(target) and not target.startswith("../"))) and not (
        kind == "hyperlink" and _LINK.match(target)
    ):
        raise Unfit("attachment_active", "it fetches something from elsewhere when it is opened")


def _refuse_entities(*_words: object) -> None:
    raise Unfit("attachment_active", "a part of the file defines entities of its own")
