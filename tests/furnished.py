"""A town in which every page has something to show: for tests that look at all of them.

Rabat with peers in many states (tests/desk.py), practices with answers and files, a fork, drafts at every stage,
consents, saved searches, an invitation; and Salé, which a copy of it has doubled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from desk import Desk, busy_town, doubled, twin_of
from editing import WHOLE, attach, begin, decide, submit, write
from flask import Flask
from papers import pdf, picture
from person import Person, add_person
from simulator import Network, Town

from node import consenting, hiding, indexing, intake
from node.assembly import Node
from node.consenting import Given
from node.demo.story import lines
from node.errors import NodeError
from node.fediverse import place
from node.following import keeping
from node.mailing import tokens
from node.publish import Statement, publish
from node.store import accounts, mailings, quarantine, records, subscribers
from node.store.records import OURSELVES
from node.transfer import demo_lines
from node.web.admin.revoking import Run
from protocol.envelope import Envelope
from protocol.errors import FieldProblem
from protocol.record import seal
from tests.protocol.contents import accepted

PAPER = pdf("Guide du conseiller, 2016")
KINDS = ("Adaptation", "Question", "Answer", "Event", "Organisation")
DECIDED: dict[str, tuple[str, ...] | None] = {
    "published": ("approve", "publish"), "draft": None, "submitted": (), "approved": ("approve",),
}  # fmt: skip
"""Drafts by what they are called here: how a colleague has decided; None where it was not asked."""


@dataclass
class Furnished:
    """A town, its application, and by name what stands in the addresses of its pages."""

    desk: Desk
    app: Flask
    known: dict[str, Any] = field(default_factory=dict)


def rabat(network: Network) -> Furnished:
    """Everything but the states in which a node stands still."""
    desk, towns = busy_town(network)
    made = Furnished(desk, desk.person.client.application)
    town = desk.town
    known = made.known
    known |= {"me": town.did, **{name: other.did for name, other in towns.items()}}
    practice = _practices(town)[0]
    known |= {"practice": practice.record, "digest": practice.digest.hex(), "uri": practice.uri}
    known["theirs"], known["question"], unseen = _of_others(towns["fes"])
    known["their_question"] = known["question"].rpartition("/")[2]
    known |= _talk(town, practice)
    _contradiction(network, town, towns["fes"], known)
    add_person(town.node, "samira", "editor")
    samira = Person(made.app)
    assert samira.sign_in("samira").status_code == 303
    _consents(town.node)
    _drafts(made, samira)
    _afterwards(made, samira)
    _answering(made, samira)
    desk.person.post("/admin/searches/keep", search="/search?q=bilan&topic=employment", name="Les bilans")
    desk.post("/join/invite", label="Oujda", hours="24")
    _followed(town.node)
    with town.node.database.reading() as connection:
        aside = quarantine.listing(connection, limit=50)
    known["aside"] = next(one.id for one in aside if one.data is not None)
    known["fork"] = _fork(network, town)
    hiding.hide(town.node, "web:karima", unseen, "Donne les noms de personnes accueillies.")
    _following(made, known)
    made.app.extensions["wasl-revoking"] = Run(3, 10, NodeError("stopped", "internal_error"), ended=True)
    while indexing.follow_once(town.node, made.app.extensions["wasl-searcher"]):
        pass
    return made


def sale(network: Network) -> Furnished:
    """A node that a copy has doubled: somebody must decide."""
    desk, _rabat = doubled(network)
    return Furnished(desk, desk.person.client.application)


def _practices(town: Town) -> list[Envelope]:
    """Six practices, and what the demonstration data say about them alone."""
    uris: dict[str, str] = {}
    digests: dict[str, str] = {}
    made: list[Envelope] = []
    for line in lines():
        if line["type"] == "Practice" and len(made) >= 6:
            continue
        try:
            said = demo_lines.statement(line, uris.get, digests.get)
        except FieldProblem:
            continue  # about one that is not here
        made.append(publish(town.node, said))
        uris[line["id"]], digests[made[-1].uri] = made[-1].uri, made[-1].digest.hex()
    return made


def _of_others(other: Town) -> tuple[str, str, str]:
    """The URIs of a practice and of a question about it, of another town; and of a practice to be hidden here. It
    introduces an organisation, too."""
    practice, disliked = [line for line in lines() if line["type"] == "Practice"][:2]
    question = next(line for line in lines() if line["type"] == "Question")
    first = publish(other.node, demo_lines.statement(practice, lambda _name: None, lambda _uri: None))
    asked = publish(other.node, demo_lines.statement(question, lambda _name: first.uri, lambda _uri: None))
    unseen = publish(other.node, demo_lines.statement(disliked, lambda _name: None, lambda _uri: None))
    content = {"legalName": {"de": "Sprachbrücke"}, "stakeholderType": "civil-society"}
    content |= {"offers": [{"topic": "skills-assessment"}], "seeks": [{"topic": "local-governance"}]}
    publish(other.node, Statement("Organisation", content, "de"))
    return first.uri, asked.uri, unseen.uri


def _talk(town: Town, practice: Envelope) -> dict[str, str]:
    """Of Rabat's own: a question with an accepted answer, both translated, a past meeting and one to come, and an
    organisation."""

    def say(type_: str, **content: Any) -> Envelope:
        return publish(town.node, Statement(type_, content, "fr"))

    words = {"title": {"fr": "Qui forme les conseillers ?"}, "text": {"fr": "Qui forme les *conseillers*, et où ?"}}
    asked = say("Question", about=practice.uri, topics=["employment"], addressedTo=[town.did], **words)
    answer = say("Answer", inReplyTo=asked.uri, text={"ar": "تكوّنهم الجهة."}, references=[practice.uri])
    say("Acknowledgement", about=answer.uri, aboutDigest=answer.digest.hex())
    for one, fields in ((asked, {"title": "من يكوّن المستشارين؟"}), (answer, {"text": "La région les forme."})):
        to, from_ = ("ar", "fr") if one is asked else ("fr", "ar")
        said = {"target": one.uri, "targetDigest": one.digest.hex(), "from": from_, "to": to, "fields": fields}
        say("Translation", method="machine", translator="Service", **said)
    where = {"name": {"fr": "Maison communale"}, "city": "Rabat", "country": "MA", "onlineUrl": "https://example.org/a"}
    meeting = {"name": {"fr": "Rencontre de Rabat"}, "timeZone": "Africa/Casablanca", "location": where}
    meeting |= {"topics": ["employment"], "languages": ["fr", "ar"], "practicesPresented": [practice.uri]}
    advice = [{"fr": "Donner aux communes un accès au registre."}, {"fr": "Former.\n\nPuis évaluer."}]
    event = say("Event", startDate="2016-10-12", endDate="2016-10-14", recommendations=advice, **meeting)
    coming = say(
        "Event",
        startDate="2027-05-12T09:00",
        endDate="2027-05-12T17:30",
        registration="rencontre@rabat.example",
        **meeting,
    )
    digest = event.digest.hex()
    house = say("Organisation", **accepted()["organisation-full"]["content"])
    return {"asked": asked.record, "event": event.record, "event_digest": digest, "to_come": coming.record} | {
        "organisation": house.record
    }


def _contradiction(network: Network, town: Town, other: Town, known: dict[str, Any]) -> None:
    """The other has signed two contents under one number."""
    said = other.publish(text="one")
    network.meet(town, other)
    body = {name: value for name, value in said.body.items() if name != "proof"}
    body |= {"content": {"text": "two"}, "nonce": "00" * 16}
    intake.admit(town.node, seal(body, other.node.signing.private, said.body["modifiedAt"]), other.did)
    known["contradiction"] = said.uri


def _consents(node: Node) -> None:
    """One that holds, and one that has ended."""
    with node.database.reading() as connection:
        user = accounts.get_user(connection, "samira").user
    for label, ends in (("P-12", "2027-01-01"), ("P-13", "2026-02-01")):
        consenting.record(node, user, Given("photo", label, "La page", "public", "fr", "2026-01-01", ends))


def _drafts(made: Furnished, samira: Person) -> None:
    """With two files each: one that is being written, with a remark; one that waits; one approved; one published."""
    amina = made.desk.person
    unfit = {"results": f"{WHOLE['results']} fatou@example.org", "steps.0.text": "Former"}
    for name, decisions in DECIDED.items():
        draft = begin(samira)
        fields = WHOLE | (unfit if decisions is None else {})
        assert attach(samira, draft, PAPER, "g.pdf", "Le guide", **fields).status_code == 303
        photo = attach(samira, draft, picture(), "p.jpg", "Le guichet", alt="Deux tables", persons="no")
        assert photo.status_code == 303
        made.known[name] = draft.rpartition("/")[2]
        if decisions is None:
            amina.post(f"{draft}/act/remark", field="results", text="Combien de femmes ?")
            made.known["waiting"] = _in(samira.page(draft), r"/files/(\d+)")
            continue
        submit(samira, draft)
        for word in decisions:
            assert decide(amina, draft, word).status_code == 303
        if "publish" in decisions:
            made.known["record"] = _in(samira.page(f"{draft}/review"), r"/practices/did:key:[^/]+/([0-9a-f-]+)")


def _afterwards(made: Furnished, samira: Person) -> None:
    """Of the published practice: one file erased, one that stays; a translation that is being written."""
    amina, record = made.desk.person, made.known["record"]
    path = f"/published/{record}"
    files = re.findall(r"sure/file\?file=([0-9a-f-]+)", made.desk.page(path))
    made.desk.post(f"{path}/sure/file", file=files[0], typed="erase")
    (made.known["file"],) = re.findall(r"sure/file\?file=([0-9a-f-]+)", made.desk.page(path))
    practice = amina.page(f"/practices/{made.known['me']}/{record}")
    made.known["sha256"] = _in(practice, r"/attachments/([0-9a-f]{64})")
    uri = f"{made.known['me']}/records/{record}"
    begun = samira.post("/admin/translate/begin", uri=uri, language="ar").headers["Location"]
    write(samira, begun, title="تقييم الكفاءات")
    made.known["translation"] = begun.rpartition("/")[2]


def _answering(made: Furnished, samira: Person) -> None:
    """A draft of each kind that answers a practice, and one of a meeting."""
    for kind in KINDS:
        about = "" if kind in ("Event", "Organisation") else made.known["question" if kind == "Answer" else "theirs"]
        begun = samira.post("/admin/drafts/reply", kind=kind, uri=about, language="fr")
        made.known[kind] = _in(begun.headers["Location"], r"/drafts/(\d+)$")


def _following(made: Furnished, known: dict[str, Any]) -> None:
    """Amina follows a town, a topic and a practice, of which there is news; her address waits to be confirmed."""
    node, amina = made.desk.town.node, made.desk.person
    wanted = (("commune", known["me"]), ("topic", "employment"), ("practice", known["uri"]), ("topic", "health"))
    for kind, target in wanted:
        amina.post("/admin/following/follow", kind=kind, target=target)
    for line in [line for line in lines() if line["type"] == "Practice"][6:9]:
        said = demo_lines.statement(line, lambda _name: None, lambda _uri: None)
        publish(node, said)
    stopped = amina.post("/admin/following/4/stop")
    known["stopped"] = _in(stopped.headers["Location"], r"gone=(\d+)")
    with node.database.writing() as connection:
        user = accounts.get_user(connection, "amina").user
        mailings.ask(connection, user.id, "amina@rabat.example", 0, node.now())
        waiting = mailings.find(connection, user.id)
        assert waiting is not None
        known["confirm"] = tokens.token(tokens.secret(connection), tokens.CONFIRM, waiting)
    while keeping.follow_once(node):
        pass


def _in(page: str, pattern: str) -> str:
    found = re.search(pattern, page)
    assert found, pattern
    return found[1]


def _followed(node: Node) -> None:
    """People of two servers follow the town; one server takes nothing; a third is blocked."""
    place.switch_on(node, "rabat", actor="test")
    now = node.now()
    with node.database.writing() as connection:
        for name in ("mastodon.example", "gotosocial.example"):
            inbox = f"https://{name}/inbox"
            more = {"own_inbox": inbox, "inbox": inbox, "follow": f"https://{name}/1", "seq": 0}
            subscribers.add(connection, f"https://{name}/users/amal", name, now, **more)
        subscribers.note(connection, 1, told_at=now - 60)
        subscribers.note(connection, 2, failing_since=now - 7_200, failures=3, error_code="unreachable")
    place.block(node, "spam.example", actor="test")


def _fork(network: Network, town: Town) -> str:
    """A practice of which a copy of this machine has signed another next revision. Returns its UUID."""
    line = next(line for line in lines() if line["type"] == "Practice")
    said = demo_lines.statement(line, lambda _name: None, lambda _uri: None)
    first = publish(town.node, said)
    twin = twin_of(network, town, "twin-of-rabat")
    for name, node in (("a", town.node), ("b", twin.node)):
        more = dict(said.content) | {"sustainability": {"fr": f"Version {name} de la suite."}}
        publish(node, Statement("Practice", more, "fr"), first.record)
    with twin.node.database.reading() as connection:
        other = records.get(connection, first.uri, OURSELVES)
    assert other is not None
    intake.admit(town.node, other.data)
    twin.node.close()
    return first.record
