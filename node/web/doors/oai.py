"""`/oai`: a provider after OAI-PMH 2.0: what libraries and catalogues harvest by. `oai_dc`, sets by commune and topic.

An item's identifier is the URI of its record, the same on every node. What has ended is a deleted record for ever
(`deletedRecord` persistent); its datestamp is when this node heard of the change. A harvester that begins where its
last harvest began misses nothing but what was being written in that very moment: overlap by a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from flask import Blueprint, Response, request
from sqlalchemy import Connection

from node import labels
from node.outputs.rows import moment
from node.store import feed, harvest, log, origins
from node.store.harvest import Harvested, Wanted
from node.web import exporting
from node.web.describing import outward
from node.web.doors import oai_asking, oai_writing
from node.web.doors.facts import facts_of, narrower
from node.web.doors.oai_asking import COMMUNE, OAI_DC, TOPIC, Refused, Request
from node.web.doors.oai_writing import text
from node.web.language import language
from node.web.listing import Who, the_node

PAGE = 100
"""Records, or headers, in one answer."""
FORM_BYTES = 10_000

Verb = Callable[[Connection, Who, ET.Element, Request], None]


def add_to(doors: Blueprint) -> None:
    """Add this door to the blueprint."""
    doors.add_url_rule("/oai", "oai", answer, methods=["GET", "POST"])


def answer() -> Response:
    """The answer to one request. GET and POST, as the protocol asks; errors are 200 and stand in the answer."""
    said: dict[str, str] = {}
    done, problem = None, None
    try:
        asked = oai_asking.read(_arguments())
        said = dict(asked.said)
        done = _carried_out(asked)
    except Refused as error:
        problem = error
    with the_node().database.reading() as connection:
        address = outward(Who(connection), "doors.oai")
    root = oai_writing.frame(address, the_node().now(), said)
    if problem is not None:
        text(root, "error", problem.message, {"code": problem.code})
    elif done is not None:
        root.append(done)
    return Response(oai_writing.document(root), content_type=oai_writing.MIME)


def _arguments() -> list[tuple[str, str]]:
    pairs = list(request.args.items(multi=True))
    if request.method == "POST":
        request.max_content_length = request.max_form_memory_size = FORM_BYTES
        pairs += request.form.items(multi=True)
    return pairs


def _carried_out(asked: Request) -> ET.Element:
    """What the verb answers. Raises `Refused`; `StoreBusy` when other lists are being made."""
    root = ET.Element(asked.verb)
    heavy = asked.verb in ("ListRecords", "ListIdentifiers")
    release = exporting.take_turn() if heavy else None
    try:
        with the_node().database.reading() as connection:
            _VERBS[asked.verb](connection, Who(connection), root, asked)
    finally:
        if release is not None:
            release()
    return root


def _identify(connection: Connection, who: Who, root: ET.Element, _asked: Request) -> None:
    address = outward(who, "doors.oai")
    text(root, "repositoryName", who.name(the_node().did))
    text(root, "baseURL", address)
    text(root, "protocolVersion", "2.0")
    text(root, "adminEmail", _mailbox(who, address))
    text(root, "earliestDatestamp", moment(harvest.earliest(connection)))
    text(root, "deletedRecord", "persistent")
    text(root, "granularity", "YYYY-MM-DDThh:mm:ssZ")


def _mailbox(who: Who, address: str) -> str:
    """The role mailbox on this node's card; the protocol wants one, so else an address that nobody reads."""
    card = who.cards.get(the_node().did)
    contact = str(card.content.get("contact") or "") if card else ""
    return contact or f"noreply@{urlsplit(address).hostname or 'node'}.invalid"


def _formats(connection: Connection, _who: Who, root: ET.Element, asked: Request) -> None:
    if "identifier" in asked.said:
        _known(connection, asked)
    element = ET.SubElement(root, "metadataFormat")
    text(element, "metadataPrefix", OAI_DC)
    text(element, "schema", oai_writing.OAI_DC_SCHEMA)
    text(element, "metadataNamespace", oai_writing.OAI_DC)


def _sets(_connection: Connection, who: Who, root: ET.Element, asked: Request) -> None:
    if "resumptionToken" in asked.said:
        raise Refused("the list of sets is whole: there is no token to go on with", "badResumptionToken")
    _set(root, COMMUNE, "Municipalities and partners")
    for did in sorted(who.cards):
        _set(root, f"{COMMUNE}:{did.removeprefix('did:key:')}", who.name(did))
    _set(root, TOPIC, "Topics")
    for concept in labels.concepts().values():
        if concept.scheme == "topic":
            _set(root, f"{TOPIC}:{concept.id}", labels.concept(concept.id, language()))


def _set(root: ET.Element, spec: str, name: str) -> None:
    element = ET.SubElement(root, "set")
    text(element, "setSpec", spec)
    text(element, "setName", name)


def _record(connection: Connection, who: Who, root: ET.Element, asked: Request) -> None:
    _write(who, root, _known(connection, asked))


def _list(connection: Connection, who: Who, root: ET.Element, asked: Request) -> None:
    epoch = feed.epoch(connection)
    if asked.epoch and (asked.epoch != epoch or asked.after > log.last_seq(connection)):
        raise Refused("this token is from before this node was restored: harvest anew", "badResumptionToken")
    found = harvest.page(connection, _wanted(connection, asked), asked.after, PAGE + 1)
    if not found:
        raise Refused("nothing is listed by these arguments", "noRecordsMatch")
    for one in found[:PAGE]:
        if asked.verb == "ListRecords":
            _write(who, root, one)
        else:
            oai_writing.header(root, one)
    if len(found) > PAGE:
        text(root, "resumptionToken", asked.token(epoch, found[PAGE - 1].seq))
    elif asked.epoch:
        text(root, "resumptionToken", "")


def _wanted(connection: Connection, asked: Request) -> Wanted:
    """What to list. Raises `Refused` where the set is none of this node's."""
    topics = narrower(asked.topic) if asked.topic else []
    if (asked.topic and not topics) or (asked.commune and origins.find(connection, asked.commune) is None):
        raise Refused("there is no such set", "noRecordsMatch")
    return Wanted(asked.since, asked.until, asked.commune or None, topics)


def _known(connection: Connection, asked: Request) -> Harvested:
    found = harvest.one(connection, asked.identifier)
    if found is None:
        raise Refused("no practice of this identifier is known here", "idDoesNotExist")
    return found


def _write(who: Who, root: ET.Element, one: Harvested) -> None:
    oai_writing.record(root, one, facts_of(who, one.stored) if one.stored else None)


_VERBS: dict[str, Verb] = {
    "Identify": _identify,
    "ListMetadataFormats": _formats,
    "ListSets": _sets,
    "ListIdentifiers": _list,
    "ListRecords": _list,
    "GetRecord": _record,
}
