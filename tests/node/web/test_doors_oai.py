"""`/oai` by itself: what OAI-PMH 2.0 says of answers, errors and tokens (tests/vectors/oai-pmh). With a real harvester:
tests/network/test_open_doors.py."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from node.publish import end
from node.store import feed
from node.web.doors import oai, oai_asking

RULES = json.loads((Path(__file__).parents[2] / "vectors/oai-pmh/2.0.json").read_text())
OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
LIST = "verb=ListIdentifiers&metadataPrefix=oai_dc"


def ask(town: Any, query: str) -> ET.Element:
    given = town.get(f"/oai?{query}")
    assert (given.status_code, given.content_type) == (200, "text/xml; charset=utf-8")
    return sound(ET.fromstring(given.get_data()))


def sound(root: ET.Element) -> ET.Element:
    """`root`, whose elements stand where the standard has them and say what it allows."""
    assert root.tag == f"{OAI}OAI-PMH"
    for element in root.iter():
        name = element.tag.removeprefix(OAI)
        below = "".join(f"<{child.tag.rpartition('}')[2]}>" for child in element)
        if (wanted := RULES["elements"].get(name)) is not None:
            form = "".join(f"(?:{_choice(one)}){sign}" for one, sign in map(_sign, wanted))
            assert re.fullmatch(form, below), (name, below)
        if (pattern := RULES["patterns"].get(name)) is not None:
            assert re.fullmatch(pattern, element.text or ""), (name, element.text)
        if element.tag.startswith(DC):
            assert element.tag.removeprefix(DC) in RULES["dublinCore"]
            assert element.text
    return root


def _sign(name: str) -> tuple[str, str]:
    return (name[:-1], name[-1]) if name[-1] in "?+*" else (name, "")


def _choice(names: str) -> str:
    each = "|".join(f"<{name}>" for name in names.split("|"))
    return f"(?:{each})+" if "error" in names else each


def error(root: ET.Element) -> str:
    found = root.find(f"{OAI}error")
    return "" if found is None else found.attrib["code"]


def identifiers(root: ET.Element) -> list[str]:
    return [str(element.text) for element in root.iter(f"{OAI}identifier")]


def test_identify_says_how_the_rest_is_to_be_read(town_to_read: Any) -> None:
    said = {element.tag.removeprefix(OAI): element.text for element in ask(town_to_read, "verb=Identify").iter()}
    assert said["deletedRecord"] == "persistent"
    assert said["granularity"] == "YYYY-MM-DDThh:mm:ssZ"
    assert said["baseURL"] == said["request"] == "http://localhost/oai"
    assert said["adminEmail"] == "noreply@localhost.invalid"


@pytest.mark.parametrize("verb", ["ListMetadataFormats", "ListSets", "ListRecords&metadataPrefix=oai_dc"])
def test_answer_repeats_what_was_asked(town_to_read: Any, verb: str) -> None:
    request = ask(town_to_read, f"verb={verb}").find(f"{OAI}request")
    assert request is not None
    assert request.attrib == dict(pair.split("=") for pair in f"verb={verb}".split("&"))


def test_record_is_named_by_its_uri_and_said_in_dublin_core(town_to_read: Any) -> None:
    envelope = town_to_read.practices["practice-001"]
    root = ask(town_to_read, f"verb=GetRecord&metadataPrefix=oai_dc&identifier={envelope.uri}")
    said: dict[str, list[str]] = {}
    for element in root.iter():
        said.setdefault(element.tag.removeprefix(DC), []).append(element.text or "")
    assert identifiers(root) == [envelope.uri]
    assert said["title"] == [envelope.content["title"]["fr"]]
    assert said["identifier"] == [f"http://localhost{town_to_read.path('practice-001')}", envelope.uri]
    assert said["rights"] == ["https://creativecommons.org/licenses/by/4.0/"]
    assert {"Beschäftigung", "istihdam", "employment", "emploi", "التشغيل"} <= set(said["subject"])
    assert "2015-12/2016-04" in said["coverage"]


def test_invented_practice_says_so_in_its_own_language(town_to_read: Any) -> None:
    def said(name: str) -> str:
        uri = town_to_read.practices[name].uri
        return ET.tostring(ask(town_to_read, f"verb=GetRecord&metadataPrefix=oai_dc&identifier={uri}"), "unicode")

    assert "Données de démonstration" in said("practice-002")
    assert "Demonstrationsdaten" in said("german")
    assert "demonstration data" in said("german")
    assert "demonstration data" not in said("practice-001")


def test_members_record_and_draft_are_unknown(town: Any) -> None:
    content = dict(town.practices["practice-001"].content)
    hidden = town.write(content, visibility="network")
    assert hidden.uri not in identifiers(ask(town, LIST))
    assert error(ask(town, f"verb=GetRecord&metadataPrefix=oai_dc&identifier={hidden.uri}")) == "idDoesNotExist"


@pytest.mark.parametrize("state", ["withdrawn", "erased"])
def test_end_is_a_deleted_record_that_says_nothing_else(town: Any, state: str) -> None:
    envelope = town.practices["practice-002"]
    end(town.node, envelope.uri, state)
    root = ask(town, f"verb=GetRecord&metadataPrefix=oai_dc&identifier={envelope.uri}")
    (header,) = root.iter(f"{OAI}header")
    assert header.attrib == {"status": "deleted"}
    assert root.find(f".//{OAI}metadata") is None
    listed = ask(town, "verb=ListRecords&metadataPrefix=oai_dc")
    assert envelope.uri in identifiers(listed)
    assert envelope.content["title"]["fr"] not in ET.tostring(listed, "unicode")


def test_sets_are_by_commune_and_by_topic_with_all_that_is_narrower(town_to_read: Any) -> None:
    specs = {str(one.text) for one in ask(town_to_read, "verb=ListSets").iter(f"{OAI}setSpec")}
    assert {"commune", "topic", "topic:employment", "topic:economic-integration"} <= specs
    everything = ask(town_to_read, LIST)
    for header in everything.iter(f"{OAI}header"):
        assert {str(one.text) for one in header.iter(f"{OAI}setSpec")} <= specs
    german = town_to_read.practices["german"]
    own = ask(town_to_read, f"{LIST}&set=commune:{german.origin.removeprefix('did:key:')}")
    assert identifiers(own) == [german.uri]
    wide, narrow = (set(identifiers(ask(town_to_read, f"{LIST}&set=topic:{topic}"))) for topic in
                    ("economic-integration", "job-placement"))  # fmt: skip
    assert narrow < wide <= set(identifiers(everything))
    for above in ("commune", "topic"):
        assert identifiers(ask(town_to_read, f"{LIST}&set={above}")) == identifiers(everything)


def test_list_goes_on_by_tokens_to_its_end(town_to_read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = identifiers(ask(town_to_read, LIST))
    monkeypatch.setattr(oai, "PAGE", 3)
    root = ask(town_to_read, LIST)
    found = identifiers(root)
    (token,) = [str(one.text) for one in root.iter(f"{OAI}resumptionToken")]
    root = ask(town_to_read, f"verb=ListIdentifiers&resumptionToken={token}")
    assert found + identifiers(root) == whole
    assert [one.text for one in root.iter(f"{OAI}resumptionToken")] == [None]


def test_token_asks_for_the_same_set_and_span(town_to_read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oai, "PAGE", 1)
    root = ask(town_to_read, f"{LIST}&set=topic:employment&from=2001-01-01&until=2099-12-31")
    (token,) = [str(one.text) for one in root.iter(f"{OAI}resumptionToken")]
    asked = oai_asking.read([("verb", "ListIdentifiers"), ("resumptionToken", token)])
    assert (asked.topic, asked.since) == ("employment", 978307200)
    assert asked.until == oai_asking.read([("verb", "ListIdentifiers"), ("metadataPrefix", "oai_dc"),
                                           ("until", "2099-12-31")]).until  # fmt: skip


def test_day_means_all_of_it(town_to_read: Any) -> None:
    day = str(next(ask(town_to_read, LIST).iter(f"{OAI}datestamp")).text)[:10]
    assert len(identifiers(ask(town_to_read, f"{LIST}&from={day}&until={day}"))) == 4
    assert error(ask(town_to_read, f"{LIST}&from={day}T23:59:59Z&until={day}T23:59:59Z")) == "noRecordsMatch"


def test_post_asks_as_get_does(town_to_read: Any) -> None:
    given = town_to_read.client.post("/oai", data={"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"})
    assert identifiers(sound(ET.fromstring(given.get_data()))) == identifiers(ask(town_to_read, LIST))


def test_large_form_is_refused_before_it_is_read(town_to_read: Any) -> None:
    given = town_to_read.client.post("/oai", data={"verb": "x" * oai.FORM_BYTES})
    assert given.status_code == 413
    assert given.get_json()["code"] == "too_large"


TOKEN = "verb=ListIdentifiers&resumptionToken="
ERRORS = {
    "": "badVerb",
    "verb=": "badVerb",
    "verb=identify": "badVerb",
    "verb=Identify&verb=Identify": "badVerb",
    "verb=%00%FF%EF%BF%BE": "badVerb",
    "verb=Identify&x=1": "badArgument",
    "verb=Identify&metadataPrefix=oai_dc": "badArgument",
    "verb=GetRecord": "badArgument",
    "verb=GetRecord&identifier=x": "badArgument",
    "verb=ListRecords": "badArgument",
    "verb=ListRecords&metadataPrefix=": "cannotDisseminateFormat",
    "verb=ListRecords&metadataPrefix=marc21": "cannotDisseminateFormat",
    "verb=GetRecord&identifier=x&metadataPrefix=marc21": "cannotDisseminateFormat",
    "verb=GetRecord&identifier=x&metadataPrefix=oai_dc": "idDoesNotExist",
    "verb=GetRecord&identifier=%00&metadataPrefix=oai_dc": "idDoesNotExist",
    "verb=ListMetadataFormats&identifier=did:key:x": "idDoesNotExist",
    "verb=ListSets&resumptionToken=1": "badResumptionToken",
    f"{LIST}&metadataPrefix=oai_dc": "badArgument",
    f"{LIST}&from=1&from=2": "badArgument",
    f"{LIST}&from=yesterday": "badArgument",
    f"{LIST}&from=2024-02-30": "badArgument",
    f"{LIST}&from=0000-01-01": "badArgument",
    f"{LIST}&from=%D9%A2%D9%A0%D9%A2%D9%A4-01-01": "badArgument",
    f"{LIST}&from=2024-01-01T25:00:00Z": "badArgument",
    f"{LIST}&from=2024-01-01T00:00:00": "badArgument",
    f"{LIST}&from=2024-01-01&until=2024-01-02T00:00:00Z": "badArgument",
    f"{LIST}&from=2024-01-02&until=2024-01-01": "badArgument",
    f"{LIST}&until=0001-01-01": "noRecordsMatch",
    f"{LIST}&from=9999-12-31": "noRecordsMatch",
    f"{LIST}&set=topic:nothing": "noRecordsMatch",
    f"{LIST}&set=commune:z6Mk{'1' * 44}": "noRecordsMatch",
    f"{LIST}&set=topic:%27%20OR%201=1": "badArgument",
    f"{LIST}&set=": "badArgument",
    f"{LIST}&set={'x' * 5000}": "badArgument",
    f"{LIST}&resumptionToken=x": "badArgument",
    f"{TOKEN}": "badResumptionToken",
    f"{TOKEN}../../etc/passwd": "badResumptionToken",
    f"{TOKEN}ListRecords.00000000.1...": "badResumptionToken",
    f"{TOKEN}ListIdentifiers.00000000.1...": "badResumptionToken",
    f"{TOKEN}ListIdentifiers.00000000.-1...": "badResumptionToken",
    f"{TOKEN}ListIdentifiers.00000000.{'9' * 400}...": "badArgument",
    f"{TOKEN}ListIdentifiers.00000000.1.99999999999999..": "badResumptionToken",
    f"{TOKEN}ListIdentifiers.00000000.1...topic:x:y": "badResumptionToken",
    f"{TOKEN}x&{TOKEN}x": "badVerb",
    "&".join(f"a{number}=1" for number in range(5000)): "badVerb",
}


@pytest.mark.parametrize("query", ERRORS, ids=lambda query: query[:60] or "nothing")
def test_hostile_request_gets_an_error_of_the_protocol(town_to_read: Any, query: str) -> None:
    root = ask(town_to_read, query)
    assert error(root) == ERRORS[query]
    assert error(root) in RULES["errors"]
    request = root.find(f"{OAI}request")
    assert request is not None
    assert ERRORS[query] not in ("badVerb", "badArgument") or request.attrib == {}


def test_forged_token_asks_for_nothing_that_a_new_request_could_not(town_to_read: Any) -> None:
    with town_to_read.node.database.reading() as connection:
        epoch = feed.epoch(connection)
    assert error(ask(town_to_read, f"{TOKEN}ListIdentifiers.{epoch}.{10**14}...")) == "badResumptionToken"
    assert identifiers(ask(town_to_read, f"{TOKEN}ListIdentifiers.{epoch}.0...")) == identifiers(
        ask(town_to_read, LIST)
    )


def test_signs_that_no_xml_may_hold_do_not_break_the_answer(town: Any) -> None:
    content = dict(town.practices["practice-001"].content) | {"title": {"fr": "Titre ]]> & <b> \uffff d'essai"}}
    envelope = town.write(content)
    root = ask(town, f"verb=GetRecord&metadataPrefix=oai_dc&identifier={envelope.uri}")
    assert [one.text for one in root.iter(f"{DC}title")] == ["Titre ]]> & <b> \ufffd d'essai"]
