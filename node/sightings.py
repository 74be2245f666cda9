"""Records signed as ours that we did not write: somebody else uses our key, or this machine forgot what it wrote.

A peer brings such a record while we are not recovering: it is remembered, the node's state becomes `doubled`, and
nothing more is published until a person has decided. There are three explanations, and each leads to another act: this
machine was rolled back to an old copy; a second machine has the same key; the key was stolen. The record itself came in
by the door as it must: validity depends on bytes and cards. Called by `intake`; decided from pages and `wasl recover`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from node import filing, speech
from node.assembly import Node
from node.errors import NotAllowed
from node.logs import facts, get_log
from node.sentences import N_
from node.store import chains, copies, drafts, erasing, notes, origins, records
from node.store import sightings as store
from node.store.sightings import FORGED, OURS
from protocol.envelope import Envelope

DOUBLED = "doubled"
ROLLED_BACK, OTHER_MACHINE = copies.ROLLED_BACK, copies.OTHER_MACHINE

_NEW = ("accepted", "fork")
_log = get_log("sightings")

_EXPLANATIONS: dict[str, tuple[str, str, str, str]] = {
    ROLLED_BACK: (
        N_("This machine was put back to an older copy"),
        N_("Its folder or its virtual machine was restored from a copy or a snapshot, without `wasl restore`."),
        N_("Yes, it was put back: take our records back"),
        N_("The node takes back from its peers what it had published, and publishes again when all is here."),
    ),
    OTHER_MACHINE: (
        N_("A second machine runs as this node"),
        N_("The folder or the virtual machine was copied, and both run. Stop the other machine first, for good."),
        N_("The other machine is stopped: go on here"),
        N_("The node takes over what the other machine has published, and publishes again when all is here."),
    ),
    FORGED: (
        N_("Somebody has stolen the key"),
        N_("Neither of the two is true, or a record says what nobody here has written."),
        N_("These records are forged"),
        N_(
            "Nothing is published until you revoke the key: our own records are then signed anew, forged ones are void."
        ),
    ),
}
"""Title, when it is so, what the button says, what happens next."""

_UNDECIDED = N_("Records that this node did not write are signed with its key. Nothing is published until you decide.")
_REVOKE = N_(
    "You have decided that these records are forged. Revoke the stolen key now: nothing is published until then."
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One revision signed as ours. `key`: that signed it; `via`: who brought it; `verdict`: "", ours or forged."""

    digest: bytes
    uri: str
    revision: int
    type: str
    via: str
    via_name: str | None
    at: int
    verdict: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One of the three. `act`: what a person who believes it presses; `then`: what happens."""

    word: str
    title: str
    sentence: str
    act: str
    then: str


@dataclass(frozen=True, slots=True)
class Doubled:
    """The state of a node whose key is used elsewhere. `word`: undecided | revoke (the key must be revoked now)."""

    word: str
    sentence: str
    since: int
    records: tuple[Seen, ...]
    explanations: tuple[Explanation, ...]


def seen(connection: Connection, node: Node, said: Sequence[tuple[Envelope, str]], via: str) -> None:
    """The door has said a verdict of each of these revisions signed as ours that a peer brought. Same transaction.

    What comes late to a node that had lost it (claimed to be older than its restore) is its own, and only noted. A
    stale one counts if its number was given twice: of others nobody can tell whether they were ever ours.
    """
    said = [(envelope, verdict) for envelope, verdict in said if verdict != "duplicate"]
    if not said or via == node.did or notes.value(connection, "state") == "recovering":
        return
    restored = int(notes.value(connection, copies.RESTORED_AT) or 0)
    for envelope, verdict in said:
        twice = store.known_number(connection, node.did, envelope.record, envelope.revision, envelope.digest)
        if (verdict in _NEW or twice == "held") and (verdict != "accepted" or twice != "emptied"):
            _note(connection, node, envelope, via, late=envelope.modified <= restored)


def _note(connection: Connection, node: Node, envelope: Envelope, via: str, *, late: bool) -> None:
    state = notes.value(connection, "state")
    decided = state == DOUBLED and "" not in store.counts(connection)
    said = OURS if late else FORGED if decided else ""
    facts_of = (envelope.record, envelope.revision, envelope.type, via)
    fresh = store.add(connection, store.Sighting(envelope.digest, *facts_of, node.now(), said))
    if fresh and late:
        _log.info("a record of ours came back late", extra=facts(uri=envelope.uri, peer=via))
    elif fresh:
        _log.error("signed as ours, not written here", extra=facts(uri=envelope.uri, peer=via, code=DOUBLED))
        if state != DOUBLED:
            notes.set_value(connection, "state", DOUBLED)
            notes.act(connection, node.now(), "system", "doubled", envelope.uri, f"brought by {via}")


def doubted(connection: Connection, digests: Sequence[bytes]) -> set[bytes]:
    """Erasures signed as ours that nobody has decided to be ours: they hide, and nothing is forgotten for them yet.

    This machine may be the last that has the text: if the key was stolen, it comes back from here once that is revoked.
    """
    return store.not_ours(connection, digests)


def status(node: Node, language: str | None = None) -> Doubled | None:
    """What there is to decide, and the three explanations; None while nothing is."""
    with node.database.reading() as connection:
        if notes.value(connection, "state") != DOUBLED:
            return None
        undecided = "" in store.counts(connection)
    say = speech.translations(language or node.config.node_language).gettext
    records = [one for one in listing(node, 500, language) if one.verdict == ("" if undecided else FORGED)]
    return Doubled(
        word="undecided" if undecided else "revoke",
        sentence=say(_UNDECIDED if undecided else _REVOKE),
        since=min((one.at for one in records), default=node.now()),
        records=tuple(records),
        explanations=tuple(
            Explanation(word, *(say(text) for text in texts)) for word, texts in _EXPLANATIONS.items() if undecided
        ),
    )


def listing(node: Node, limit: int = 100, language: str | None = None) -> list[Seen]:
    """Everything that was ever sighted, undecided first, then the newest."""
    spoken = language or node.config.node_language
    found = []
    with node.database.reading() as connection:
        names: dict[str, str | None] = {}
        for one in store.listing(connection, limit):
            if one.via not in names:
                chain = chains.chain_of(connection, one.via) if one.via.startswith("did:") else None
                names[one.via] = chain.head.name(spoken) if chain else None
            uri, key = f"{node.did}/records/{one.record}", store.key_of(connection, one.digest)
            facts_of = (uri, one.revision, one.type, one.via, names[one.via], one.at, one.verdict, key)
            found.append(Seen(one.digest, *facts_of))
    return found


def decide(node: Node, word: str, *, actor: str) -> None:
    """Say which of the three explanations is true: rolled_back | other_machine | forged. Written into the audit log.

    The first two make those records ours and the node `recovering`: what it lacks comes back before it publishes, so
    that nothing forks. `forged` leaves it `doubled` until `keyring.revoke_signing` has put another key in place. A
    person may still change from `forged` to the others until then. Raises `NotAllowed`: `not_doubled`, `bad_decision`.
    """
    if word not in _EXPLANATIONS:
        raise NotAllowed(f"decide one of {', '.join(_EXPLANATIONS)}", "bad_decision")
    now = node.now()
    with node.database.writing() as connection:
        if notes.value(connection, "state") != DOUBLED:
            raise NotAllowed("there is nothing to decide: no record was signed as ours elsewhere", "not_doubled")
        if word == FORGED:
            count = store.settle(connection, FORGED)
        else:
            count = store.settle(connection, OURS) + store.think_again(connection)
            _carry_out_erasures(connection, node)
            copies.begin_recovering(connection, now, word)
        notes.act(connection, now, actor, "decide", node.did, f"{word}: {count} records")
    erasing.forget(node.database)
    filing.look_again(node)
    _log.warning("decided about records signed as ours", extra=facts(decision=word, records=count, actor=actor))


def _carry_out_erasures(connection: Connection, node: Node) -> None:
    """Forget what erasures of ours end that were doubted until now (`doubted`)."""
    for ended in records.own(connection, node.did):
        if ended.state == "erased":
            erasing.erase(connection, origins.ensure(connection, node.did), ended.uri, node.now())
            drafts.forget_record(connection, ended.record, ended.uri)
