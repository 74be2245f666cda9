"""What `fuzzing` tries: everything that reads what strangers write, each with valid inputs to begin with.

Those that are signed are changed in their fields and signed again, so that the change is seen by what comes after the
signature. The nodes are real, in a folder that is gone afterwards.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from node import addresses, intake, inviting, prose, scrutiny
from node.assembly import Node
from node.bench import making
from node.bench.fuzzing import Target
from node.bench.fuzzing_changes import json_changed, object_in, odd, repacked, with_content
from node.bench.searching_hostile import hostile
from node.examining import sniffing
from node.federation import outbound
from node.fediverse import signatures
from node.indexing import vocabulary
from node.store import chains
from node.transfer import markdown_file, table, templates
from protocol import canonical, didkey, equivocation, http_signature, moment, negentropy, proof, wire
from protocol.cursor import Cursor
from protocol.limits import RECONCILE_FRAME
from protocol.record import seal
from protocol.signature_base import RequestFacts
from search.document import Query
from search.plan import plan

NOW = int(time.time())
_NODES = (("ours", 8960), ("theirs", 8961))
"""Names, and ports on their cards; nobody listens there."""


@contextmanager
def opened() -> Iterator[list[Target]]:
    """Every target, and the nodes that some of them need."""
    with tempfile.TemporaryDirectory(prefix="wasl-fuzz-") as folder:
        ours, theirs = (making.make_node(Path(folder) / name, name, port) for name, port in _NODES)
        try:
            making.befriend(ours, theirs)
            yield [*_records(ours, theirs), *_messages(ours, theirs), *_requests(ours, theirs), *_typed(), *_given()]
        finally:
            ours.close()
            theirs.close()


def _records(ours: Node, theirs: Node) -> list[Target]:
    """The door, for bytes of any kind and for records that are rightly signed and say odd things."""
    lines = list(making.signed(theirs, 6, 1))
    with theirs.database.reading() as connection:
        cards = chains.cards_of(connection, theirs.did)
        chain = chains.held_chain(connection, theirs.did)
    whole = _demonstrated(theirs)

    def again(data: bytes, chance: random.Random) -> bytes:
        body = object_in(data)
        if not body:
            return data
        body.pop("proof", None)
        mutated = odd(body, chance)
        try:
            return seal(mutated, theirs.signing.private, moment.to_text(NOW))
        except Exception:  # noqa: BLE001
            return data  # what has no canonical form cannot be signed

    def verified(data: bytes) -> object:
        line = scrutiny.read(data)
        if line.envelope is not None:
            known = {line.claim.origin: chain if line.claim.origin == theirs.did else None}  # as the door gives them
            scrutiny.verify_all([line], known, theirs.did, NOW)
        return line.verdict

    def proven(data: bytes) -> object:
        proof.verify_parsed(canonical.parse(data), didkey.public_key(theirs.signing.multikey))
        return None

    return [
        Target("record", verified, [*lines, *whole, *cards], again),
        Target("door", lambda data: intake.admit_many(ours, [data], theirs.did), [*lines, *whole, *cards], again),
        Target("proof", proven, [*lines, *cards]),
        Target("canonical", canonical.parse, [*lines[:2], *whole, *cards]),
    ]


def _messages(ours: Node, theirs: Node) -> list[Target]:
    """What peers say to each other, by kind."""
    lines = list(making.signed(theirs, 3, 2))
    digests = [f"{number:064x}" for number in range(5)]
    change = wire.Change(3, digests[0], theirs.did, "00000000-0000-4000-8000-000000000001", 1, "Practice")
    cursor = Cursor("af98ba3b", 5, "9f3a975a2b122cfb").to_text()
    with theirs.database.reading() as connection:
        cards = tuple(chains.cards_of(connection, theirs.did))
    said: dict[str, tuple[Any, Any]] = {
        "changes": (wire.ChangesPage, wire.ChangesPage((change,), cursor, False, 9, NOW)),
        "digests": (wire.Digests, wire.Digests(tuple(bytes.fromhex(one) for one in digests))),
        "told": (wire.Told, wire.Told(bytes(32), "refused", "bad_proof")),
        "hint": (wire.Hint, wire.Hint(9)),
        "node": (wire.NodeInfo, wire.NodeInfo(ours.did, "wasl 1", (1,), {"record_bytes": 1}, cursor, 3, NOW)),
        "peering": (wire.PeeringRequest, wire.PeeringRequest(cards, "note", "")),
        "problem": (wire.Problem, wire.Problem(400, "bad_request", "no", NOW)),
    }
    targets = [
        Target(f"message {name}", kind.from_bytes, [example.to_bytes()], json_changed)
        for name, (kind, example) in said.items()
    ]
    items = negentropy.ItemSet()
    for number in range(3_000):
        items.add(NOW + number // 3, number.to_bytes(32, "big"))
    other = negentropy.ItemSet()
    for number in range(0, 3_000, 7):
        other.add(NOW + number // 3, (number + number % 2).to_bytes(32, "big"))
    first = negentropy.Initiator(other).initiate()
    second = negentropy.respond(items, first, RECONCILE_FRAME)

    def asked(data: bytes) -> object:
        return negentropy.respond(items, data, RECONCILE_FRAME)

    def answered(data: bytes) -> object:
        talk = negentropy.Initiator(other)
        talk.initiate()
        return talk.reconcile(data)

    body = {name: value for name, value in orjson.loads(lines[0]).items() if name != "proof"} | {"nonce": "0" * 32}
    other_line = seal(body, theirs.signing.private, moment.to_text(NOW))
    contradiction = equivocation.make(lines[0], other_line, cards).to_bytes()
    return [
        *targets,
        Target("reconcile", asked, [first, second]),
        Target("reconciled", answered, [second, first]),
        Target("cursor", lambda data: Cursor.from_text(data.decode("utf-8", "replace")), [cursor.encode()]),
        Target("lines", lambda data: wire.split_lines(data, 500), [b"\n".join(lines), b"{}\n{}\n"]),
        Target(
            "contradiction",
            lambda data: equivocation.verify(equivocation.Proof.from_bytes(data)),
            [contradiction],
            json_changed,
        ),
        Target("cards", lambda data: chains.brought(wire.split_lines(data, 500)), [b"\n".join(cards)]),
    ]


def _requests(ours: Node, theirs: Node) -> list[Target]:
    """Header fields of signed requests, ours and those of the fediverse: one to a line."""
    facts = RequestFacts("POST", "/federation/v1/fetch", "", {"content-type": "application/json"}, b"{}")
    signed = http_signature.sign_request(
        facts, keyid=f"{theirs.did}#{theirs.signing.multikey}", audience=ours.did, created=NOW, nonce="0" * 32,
        private=theirs.signing.private,
    )  # fmt: skip
    key = didkey.public_key(theirs.signing.multikey)

    def checked(data: bytes) -> object:
        given = RequestFacts(facts.method, facts.path, facts.query, _fields(data), facts.body)
        return http_signature.check_request(given, ours.did, NOW, lambda _keyid: key)

    def of_the_fediverse(data: bytes) -> object:
        return signatures.read("POST", "/ap/inbox", "rabat.example", _fields(data), b"{}", NOW)

    fields = "\n".join(f"{name.lower()}: {text}" for name, text in [*facts.headers.items(), *signed.items()]).encode()
    theirs_fields = (
        b"host: rabat.example\ndate: "
        + formatdate(NOW, usegmt=True).encode()
        + b"\ndigest: "
        + signatures.digest_of(b"{}").encode()
        + b'\nsignature: keyId="https://a.example/u#key",algorithm="rsa-sha256",'
        b'headers="(request-target) host date digest",signature="AAAA"'
    )
    return [Target("request", checked, [fields]), Target("fediverse", of_the_fediverse, [theirs_fields])]


def _typed() -> list[Target]:
    """What people type: queries, addresses, invitations, long texts."""
    known = vocabulary()

    def planned(data: bytes) -> object:
        words = data.decode("utf-8", "surrogateescape")
        return plan(Query(words, ("fr", "ar", "de", "tr", "en", "")[len(data) % 6]), known)

    def address(data: bytes) -> object:
        text = data.decode("utf-8", "replace")
        addresses.host_of(text)
        return outbound.checked_url(addresses.ascii_address(text), private=False)

    link = (
        b"https://rabat.example#wasl-invite=did:key:z6MkoQw6Y4FtE5iFSXqf9BsTNUUPd5aWhszK2bed8rUeZrRR.AbCdEfGhIjKlMnOp"
    )
    text = b'# Title\n\n* one\n* [two](https://a.example "x")\n\n> quoted `code` **bold**\n\n1. three\n\n| a |\n|---|\n'
    words = [typed.encode("utf-8", "surrogateescape")[:2_000] for typed in hostile().values() if typed.isprintable()]
    return [
        Target("query", planned, [*words[:40], b"accueil des migrants", b'"aide au retour" Schulen']),
        Target("address", address, [b"https://rabat.example:8443/wasl", "https://r\u00e4bat.example".encode()]),
        Target("invitation", lambda data: inviting.target_of(data.decode("utf-8", "replace")), [link]),
        Target("prose", lambda data: prose.html(data.decode("utf-8", "replace")), [text]),
    ]


def _given() -> list[Target]:
    """Files that people bring: tables, Markdown, anything to be attached."""
    csv, ods = (templates.write(form, "fr") for form in ("csv", "ods"))
    row = "title;summary;language\nUn titre assez long;Un résumé assez long pour être pris;fr\n".encode()
    page = b"+++\nlanguage = 'fr'\ntopics = ['housing']\n+++\n## Title\n\nA title.\n\n## Challenge\n\nAnother.\n"
    return [
        Target("table", lambda data: table.read(data, "fr", NOW), [csv, row]),
        Target("spreadsheet", lambda data: table.read(data, "fr", NOW), [ods, _filled(ods)], repacked),
        Target("markdown", markdown_file.read, [page]),
        Target("attachment", sniffing.sniff, [ods, row, b"%PDF-1.7\n%%EOF\n", b"\x89PNG\r\n\x1a\n" + bytes(40)]),
    ]


def _filled(ods: bytes) -> bytes:
    """The template with a row in it."""
    row = b"</table:table-row><table:table-row><table:table-cell>"
    row += b"<text:p>Un titre</text:p></table:table-cell></table:table-row>"
    return with_content(ods, lambda content: content.replace(b"</table:table-row>", row, 1))


def _demonstrated(node: Node) -> list[bytes]:
    """One record of each kind of the demonstration data, signed by this node: they use most fields there are."""
    chance = random.Random(1)  # noqa: S311
    found = []
    for name in ("practices", "adaptations", "translations", "questions_answers"):
        text = files("node").joinpath("data", "demo", f"{name}.jsonl").read_text(encoding="utf-8")
        said = orjson.loads(text.splitlines()[0])
        body = making.practice(node.did, 1, NOW, chance)
        extra = {key: value for key, value in said.items() if key not in ("id", "type", "node", "version", "about")}
        body |= {"type": said.get("type", "Practice"), "language": said.get("language", "fr"), "content": extra}
        found.append(seal(body, node.signing.private, moment.to_text(NOW)))
    return found


def _fields(data: bytes) -> dict[str, str]:
    pairs = (line.partition(": ") for line in data.decode("latin-1").split("\n"))
    return {name.lower(): text for name, _, text in pairs}
