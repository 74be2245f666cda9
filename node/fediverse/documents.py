"""What the account says, as Activity Streams 2.0 has it: itself, its practices, what it does, its collections. Pure.

A practice is a Note, whose text servers show whole (an Article is shown as a title and a link), and without `summary`,
which they show as a warning before the text. The first language of `contentMap` is the practice's own: readers are
shown it under that name. Nobody's name is in any of it, and whatever a record says is escaped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from node import prose, speech
from node.fediverse.place import Card, Place
from node.outputs.rows import INVENTED, moment
from node.sentences import N_
from node.store.lives import Life
from node.store.records import Stored
from node.wording import Reading, Translated

ACTIVITY_JSON = "application/activity+json"
STREAMS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{STREAMS}#Public"
SECURITY = "https://w3id.org/security/v1"

_MORE = {
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "discoverable": "http://joinmastodon.org/ns#discoverable",
}

Document = dict[str, Any]

_ABOUT = N_(
    "The good practices of %(name)s, as it publishes them in the Wasl network. "
    "Nobody reads messages to this account: write to the municipality itself."
)


def actor(place: Place, card: Card, did: str, language: str, pem: str) -> Document:
    """The account. `language`: of its name and its description; `pem`: its public key."""
    name = card.names.get(language) or next(iter(card.names.values()), place.name)
    about = speech.translations(language).gettext(_ABOUT) % {"name": name}
    return {
        "@context": [STREAMS, SECURITY, _MORE],
        "id": place.actor,
        "type": "Organization",
        "preferredUsername": place.name,
        "name": prose.upright(name),
        "nameMap": {tongue: prose.upright(text) for tongue, text in card.names.items()},
        "summary": str(Markup("<p>{}</p>").format(prose.upright(about))),
        "url": place.page(did),
        "inbox": place.inbox,
        "outbox": place.outbox,
        "followers": place.followers,
        "manuallyApprovesFollowers": False,
        "discoverable": True,
        "publicKey": {"id": place.key_id, "owner": place.actor, "publicKeyPem": pem},
    }


def note(place: Place, stored: Stored, life: Life, translations: Mapping[str, Translated]) -> Document:
    """A live practice, in its own language and in those into which this node itself has translated it."""
    own = str(stored.body["language"])
    readings = {own: Reading(stored.content, own)}
    readings |= {
        tongue: Reading(stored.content, own, found)
        for tongue, found in sorted(translations.items())
        if found.stored.origin == stored.origin and not found.outdated and tongue != own
    }
    content = {tongue: _content(place, stored, reading, tongue, own) for tongue, reading in readings.items()}
    revised = stored.revision != life.revision
    first = stored.modified if life.name != life.record or not stored.body.get("createdAt") else None
    said: Document = {
        "id": place.note(life.name),
        "type": "Note",
        "attributedTo": place.actor,
        "to": [PUBLIC],
        "cc": [place.followers],
        "url": place.page(stored.origin, stored.record),
        "published": moment(first) if first is not None else str(stored.body["createdAt"]),
        "content": content[own],
        "contentMap": content,
        "nameMap": {tongue: _words(reading, "title") for tongue, reading in readings.items()},
    }
    return said | {"updated": moment(stored.modified)} if revised else said


def tombstone(place: Place, name: str) -> Document:
    """What stands where a practice was."""
    return {"id": place.note(name), "type": "Tombstone", "formerType": "Note"}


def create(place: Place, said: Document) -> Document:
    """A practice is published. Its id is the same whenever it is told."""
    return _activity(place, "Create", f"{said['id']}#create", said, published=said["published"])


def update(place: Place, said: Document, digest: bytes) -> Document:
    """A practice was revised. `digest`: of the revision that counts now."""
    return _activity(place, "Update", f"{said['id']}#update-{digest.hex()[:16]}", said)


def delete(place: Place, name: str) -> Document:
    """A practice was withdrawn or erased, or is no longer public."""
    return _activity(place, "Delete", f"{place.note(name)}#delete", tombstone(place, name))


def accept(place: Place, follower: str, follow: str) -> Document:
    """The answer to a Follow. `follow`: its id."""
    known = hashlib.sha256(follow.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    asked = {"id": follow, "type": "Follow", "actor": follower, "object": place.actor}
    said = {"id": f"{place.actor}#accept-{known}", "type": "Accept", "actor": place.actor, "object": asked}
    return in_context(said | {"to": [follower]})


def collection(address: str, total: int, first: str = "") -> Document:
    """An ordered collection. `first`: its first page; empty where nobody is told what is in it."""
    said = {"id": address, "type": "OrderedCollection", "totalItems": total}
    return in_context(said | ({"first": first} if first else {}))


def page(address: str, of: str, items: Sequence[Document], following: str) -> Document:
    """A page of an ordered collection. `following`: the address of the next one, or empty."""
    inside = [{name: value for name, value in item.items() if name != "@context"} for item in items]
    said = {"id": address, "type": "OrderedCollectionPage", "partOf": of, "orderedItems": inside}
    return in_context(said | ({"next": following} if following else {}))


def in_context(said: Document) -> Document:
    """A document that stands by itself."""
    return {"@context": STREAMS, **said}


def webfinger(place: Place, did: str) -> Document:
    """What RFC 7033 answers about the account."""
    return {
        "subject": f"acct:{place.account}",
        "aliases": [place.actor, place.page(did)],
        "links": [
            {"rel": "self", "type": ACTIVITY_JSON, "href": place.actor},
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": place.page(did)},
        ],
    }


def _activity(place: Place, kind: str, address: str, said: Document, **more: Any) -> Document:
    return in_context(
        {"id": address, "type": kind, "actor": place.actor, "to": [PUBLIC], "cc": [place.followers], **more}
    ) | {"object": said}


def _content(place: Place, stored: Stored, reading: Reading, tongue: str, own: str) -> str:
    link = place.page(stored.origin, stored.record, "" if tongue == own else tongue)
    parts = [Markup("<p><strong>{}</strong></p>").format(_words(reading, "title") or stored.record)]
    lines = prose.plain(_words(reading, "summary")).split("\n")
    parts += [Markup("<p>{}</p>").format(line.strip()) for line in lines if line.strip()]
    if stored.body.get("illustrative") is True:
        parts.append(Markup("<p>{}</p>").format(speech.translations(tongue).gettext(INVENTED)))
    parts.append(Markup('<p><a href="{}">{}</a></p>').format(link, link))
    return str(Markup("").join(parts))


def _words(reading: Reading, path: str) -> str:
    found = reading.at(path)
    return found.text if found else ""
