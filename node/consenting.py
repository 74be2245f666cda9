"""Consents: written down, checked against what is to be published, withdrawn. docs/editing.md says it for officers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from node.assembly import Node
from node.drafting_fields import places
from node.drafting_text import clean
from node.errors import NotAllowed
from node.store import consents, notes, records
from node.store.accounts import User
from node.store.consents import Consent
from node.store.drafts import Draft
from node.store.records import Stored

WHAT = ("text", "photo", "voice")
AUDIENCES = ("public", "network", "node")
"""From the widest to the narrowest."""
YEARS_MOST = 5

_HASH = re.compile("[0-9a-f]{64}", re.ASCII)
_LABEL = re.compile(r"[\w-]*[0-9][\w-]*")


@dataclass(frozen=True, slots=True)
class Given:
    """A consent as it was typed. Days YYYY-MM-DD; `subject`: a label with a number in it, no name."""

    what: str
    subject: str
    purposes: str
    audience: str
    languages: str
    given_on: str
    expires_on: str
    guardian: bool = False
    form_hash: str = ""


def record(node: Node, user: User, given: Given) -> Consent:
    """Write a consent down. Raises `NotAllowed` (`consent_incomplete`, `consent_names`, `consent_too_long`)."""
    subject = clean(given.subject, lines=False)[:120]
    purposes, languages = clean(given.purposes)[:2000], clean(given.languages, lines=False)[:120]
    begun, ends = _day(given.given_on), _day(given.expires_on)
    hash_fits = not given.form_hash or _HASH.fullmatch(given.form_hash.strip().lower())
    known = given.what in WHAT and given.audience in AUDIENCES
    if not (known and hash_fits and subject and purposes and languages and begun and ends):
        raise NotAllowed("a consent says what, for whom, why, in which languages, and from when until when",
                         "consent_incomplete")  # fmt: skip
    if not _LABEL.fullmatch(subject):
        raise NotAllowed("a consent has a label such as P-12, never a name", "consent_names")
    if not begun <= ends <= _later(begun) or begun > _today(node):
        raise NotAllowed(f"a consent holds {YEARS_MOST} years at most, from a day that has come", "consent_too_long")
    made = Consent(
        str(uuid.uuid4()), given.what, subject, purposes, given.audience, languages, begun.isoformat(),
        ends.isoformat(), given.guardian, given.form_hash.strip().lower(), None, node.now(),
    )  # fmt: skip
    with node.database.writing() as connection:
        consents.add(connection, made)
        notes.act(connection, node.now(), f"web:{user.name}", "consent_recorded", made.id, made.what)
    return made


def withdraw(node: Node, user: User, consent_id: str) -> Consent:
    """Note that somebody takes a consent back; where it was relied on must then be erased, by a person."""
    with node.database.writing() as connection:
        found = consents.withdraw(connection, consent_id, _today(node).isoformat())
        notes.act(connection, node.now(), f"web:{user.name}", "consent_withdrawn", consent_id)
    return found


def usable(connection: Connection, node: Node, what: str = "text") -> list[Consent]:
    """Consents that can be relied on today."""
    today = _today(node).isoformat()
    return [one for one in consents.everyone(connection) if one.what == what and one.holds(today)]


def lacking(connection: Connection, node: Node, draft: Draft) -> list[tuple[str, str]]:
    """(path, code) of each testimonial without a consent that holds for this audience: `voice_consent_missing`,
    `consent_ended`, `consent_narrow`."""
    paths = [f"testimonials.{place}.consentId" for place in places(draft.fields, "testimonials")]
    found = [(path, gap(connection, node, draft.fields.get(path, ""), draft)) for path in paths]
    return [(path, code) for path, code in found if code]


def gap(connection: Connection, node: Node, consent_id: str, draft: Draft, what: str = "text") -> str:
    """Why a consent does not carry what a draft shows: `voice_consent_missing` (for a `photo`: `consent_missing`),
    `consent_ended`, `consent_narrow`; empty when it does."""
    consent = next((one for one in consents.everyone(connection) if one.id == consent_id), None)
    if consent is None or (what == "photo" and consent.what != what):
        return "consent_missing" if what == "photo" else "voice_consent_missing"
    if not consent.holds(_today(node).isoformat()):
        return "consent_ended"
    wanted = draft.fields.get("_visibility", "public")
    return "consent_narrow" if AUDIENCES.index(consent.audience) > AUDIENCES.index(wanted) else ""


def relying(connection: Connection, node: Node) -> dict[str, list[Stored]]:
    """Our live records by the consents that they name: practices by a voice, attachments by a picture; oldest first."""
    found: dict[str, list[Stored]] = {}
    for one in records.own(connection, node.did):
        for consent_id in _named(one) if one.state == "live" else ():
            found.setdefault(consent_id, []).append(one)
    return found


def _named(stored: Stored) -> set[str]:
    voices = stored.content.get("testimonials")
    listed = [one.get("consentId") for one in voices if isinstance(one, dict)] if isinstance(voices, list) else []
    return {str(name) for name in (*listed, stored.content.get("consentId")) if name}


def with_audience(content: Mapping[str, object], known: Mapping[str, Consent]) -> dict[str, object]:
    """A content whose testimonials say for whom their consent is: with the id, all that travels of it."""
    told = dict(content)
    listed = told.get("testimonials")
    if isinstance(listed, list):
        told["testimonials"] = [
            one | {"audience": known[one["consentId"]].audience} if one.get("consentId") in known else one
            for one in listed
        ]
    return told


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _later(begun: date) -> date:
    try:
        return begun.replace(year=begun.year + YEARS_MOST)
    except ValueError:  # 29 February
        return begun.replace(year=begun.year + YEARS_MOST, day=28)


def _today(node: Node) -> date:
    return datetime.fromtimestamp(node.now(), UTC).date()
