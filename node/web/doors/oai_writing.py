"""OAI-PMH answers as XML: the frame that all share, headers, records, and a practice as Dublin Core (`oai_dc`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET

from node import labels
from node.outputs.rows import moment
from node.outputs.xml_text import fit
from node.store.harvest import Harvested
from node.web.doors.facts import Facts, wider
from node.web.doors.oai_asking import COMMUNE, TOPIC

OAI = "http://www.openarchives.org/OAI/2.0/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
OAI_DC_SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
MIME = "text/xml; charset=utf-8"

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TYPE = "good practice"
_TYPE_INVENTED = "demonstration data"


def frame(address: str, now: int, said: Mapping[str, str]) -> ET.Element:
    """What stands around every answer. `said`: the arguments, if they could be read."""
    root = ET.Element(
        "OAI-PMH",
        {
            "xmlns": OAI,
            "xmlns:xsi": _XSI,
            "xsi:schemaLocation": f"{OAI} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd",
        },
    )
    text(root, "responseDate", moment(now))
    text(root, "request", address, {name: fit(value) for name, value in said.items()})
    return root


def document(root: ET.Element) -> bytes:
    """The bytes of an answer."""
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def text(parent: ET.Element, name: str, words: str, attributes: Mapping[str, str] | None = None) -> None:
    """Add an element that holds a text."""
    ET.SubElement(parent, name, dict(attributes or {})).text = fit(words)


def header(parent: ET.Element, one: Harvested) -> None:
    """Add the header of a practice: its id, when it changed here, whether it has ended, and its sets."""
    ended = one.stored is None
    element = ET.SubElement(parent, "header", {"status": "deleted"} if ended else {})
    text(element, "identifier", one.uri)
    text(element, "datestamp", moment(one.stamp))
    text(element, "setSpec", f"{COMMUNE}:{one.uri.partition('/')[0].removeprefix('did:key:')}")
    for topic in wider(one.stored.content.get("topics", [])) if one.stored else ():
        text(element, "setSpec", f"{TOPIC}:{topic}")


def record(parent: ET.Element, one: Harvested, facts: Facts | None) -> None:
    """Add a record. `facts`: None once it has ended: then there is a header and nothing else."""
    element = ET.SubElement(parent, "record")
    header(element, one)
    if facts is not None:
        _dublin_core(ET.SubElement(element, "metadata"), facts)


def _dublin_core(parent: ET.Element, facts: Facts) -> None:
    root = ET.SubElement(
        parent,
        "oai_dc:dc",
        {
            "xmlns:oai_dc": OAI_DC,
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
            "xsi:schemaLocation": f"{OAI_DC} {OAI_DC_SCHEMA}",
        },
    )
    own = {_XML_LANG: facts.language}
    text(root, "dc:title", facts.title, own)
    text(root, "dc:creator", facts.author, own)
    for topic in facts.topics:
        _subject(root, topic)
    if facts.invented:
        text(root, "dc:description", facts.invented, own)
    text(root, "dc:description", facts.summary, own)
    text(root, "dc:publisher", facts.author, own)
    text(root, "dc:date", facts.modified[:10])
    _each(root, "dc:type", ["Text", _TYPE, *([_TYPE_INVENTED] if facts.invented else [])])
    text(root, "dc:format", "text/html")
    _each(root, "dc:identifier", [facts.page, facts.uri])
    text(root, "dc:language", facts.language)
    for place in facts.places:
        text(root, "dc:coverage", place, own)
    if facts.start:
        text(root, "dc:coverage", facts.covers)
    if facts.licence:
        text(root, "dc:rights", facts.licence)


def _subject(root: ET.Element, topic: str) -> None:
    """A topic by its names in the five languages; by its id where the vocabulary does not know it."""
    known = labels.concepts().get(topic)
    if known is None:
        text(root, "dc:subject", topic)
        return
    for language, label in known.labels.items():
        text(root, "dc:subject", label, {_XML_LANG: language})


def _each(root: ET.Element, name: str, values: Iterable[str]) -> None:
    for value in values:
        text(root, name, value)
