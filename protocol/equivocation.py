"""Two statements that cannot both be meant: one origin, one record, one number, two contents, each signed.

A `Proof` holds the exact bytes of both, and the cards that say whose key signed them; whoever has the file can verify
it, without a node and without a network. It is no verdict: a restored backup and a copied machine make one as well as
bad faith, and so does a thief with the key. Two cards with one number are the same thing for the root key. Law: every
byte of a proof counts, nothing stands in it that is not needed. Format: docs/protocol.md section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from protocol import canonical
from protocol.card import Card, Chain, follows, resolve, verify_card
from protocol.envelope import NODE, Envelope
from protocol.errors import BadMessage, InvalidRecord
from protocol.limits import MAX_CHAIN, MAX_PAGE_BYTES, VERSION
from protocol.record import verify as verify_record

KIND = "equivocation"
BEGINNING = b'{"cards":['
"""How every proof begins, and no record: its first member is another."""


@dataclass(frozen=True, slots=True)
class Proof:
    """`one`, `other`: exact bytes, the lower digest first; `cards`: the chain that vouches for their keys."""

    one: bytes
    other: bytes
    cards: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """The file, in RFC 8785 form."""
        texts = {"one": self.one.decode("utf-8"), "other": self.other.decode("utf-8")}
        cards = [card.decode("utf-8") for card in self.cards]
        return canonical.canonicalise({"cards": cards, "kind": KIND, "wasl": VERSION, **texts})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a file, its shape only. Raises `BadMessage`; a line end behind it does no harm."""
        try:
            told = canonical.parse(data.rstrip(b"\r\n"), MAX_PAGE_BYTES)
        except InvalidRecord as error:
            raise BadMessage(f"this is no proof: {error.message}") from error
        cards = told.pop("cards", None)
        if told.keys() != {"kind", "wasl", "one", "other"} or (told["kind"], told["wasl"]) != (KIND, VERSION):
            raise BadMessage("a proof of a contradiction holds cards, kind, one, other and wasl, and nothing else")
        if type(told["wasl"]) is not int or not isinstance(cards, list) or len(cards) > MAX_CHAIN:
            raise BadMessage("a proof of a contradiction holds a list of cards")
        return cls(_bytes(told["one"]), _bytes(told["other"]), tuple(_bytes(card) for card in cards))


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What a proof shows. `kind`: record | card; `number`: that both bear; `keys`: multikeys that signed them.

    `same_key`: one key has signed both; with two keys the origin has still said both, by two of its keys (for cards:
    the root that the last card committed to wins over the one before it, by whose hand ever).
    """

    origin: str
    uri: str
    number: int
    kind: str
    one: Envelope
    other: Envelope
    keys: tuple[str, str]
    chain: Chain | None

    @property
    def same_key(self) -> bool:
        """True where one key has signed both."""
        return self.keys[0] == self.keys[1]


def make(one: bytes, other: bytes, cards: Sequence[bytes]) -> Proof:
    """The proof of two statements, in its one order. Raises as `verify`: what proves nothing is not made."""
    first, second = sorted((one, other), key=lambda data: Envelope.from_bytes(data).digest)
    proof = Proof(first, second, tuple(cards))
    verify(proof)
    return proof


def verify(proof: Proof) -> Contradiction:
    """Check every signature and every rule; needs nothing but the proof.

    Raises `InvalidRecord` (`no_contradiction`: the two agree, or speak of different things), `BadMessage` (in another
    order, or with cards that are not needed), and what `verify_card` and `record.verify` raise: a key that the cards
    revoke (`key_revoked`) binds its origin to nothing.
    """
    one, other = Envelope.from_bytes(proof.one), Envelope.from_bytes(proof.other)
    same = (one.uri, one.revision) == (other.uri, other.revision)
    if not same or one.digest == other.digest or (one.type == NODE) is not (other.type == NODE):
        raise InvalidRecord("the two do not say different things under one name and number", "no_contradiction")
    if one.digest > other.digest:
        raise BadMessage("the statement with the lower digest comes first")
    chain = _chain(proof.cards, one.origin)
    if one.type == NODE:
        _check_cards(one, other, chain)
    else:
        for envelope in (one, other):
            verify_record(envelope, chain)
    kind = "card" if one.type == NODE else "record"
    return Contradiction(one.origin, one.uri, one.revision, kind, one, other, (one.key, other.key), chain)


def _chain(lines: Sequence[bytes], origin: str) -> Chain | None:
    """The chain that the cards make, which must be all of them, in order."""
    cards = [verify_card(Envelope.from_bytes(line)) for line in lines]
    chain = resolve(cards)
    held = chain.cards if chain is not None else ()
    if [card.envelope.digest for card in held] != [card.envelope.digest for card in cards]:
        raise BadMessage("the cards of a proof are one chain, the first card first")
    if any(card.envelope.origin != origin for card in cards):
        raise BadMessage("the cards of a proof are those of the origin that it is about")
    return chain


def _check_cards(one: Envelope, other: Envelope, chain: Chain | None) -> None:
    """Both are cards that may stand right behind the chain, or first, where there is none."""
    for envelope in (one, other):
        card: Card = verify_card(envelope)
        fits = card.number == 1 if chain is None else follows(card, chain.head)
        if not fits:
            raise InvalidRecord("a card of the two does not follow the cards of the proof", "no_contradiction")


def _bytes(value: Any) -> bytes:
    if not isinstance(value, str):
        raise BadMessage("a proof holds its statements as texts")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:  # canonical.parse refuses lone surrogates; nothing is left to chance
        raise BadMessage("a proof holds its statements as texts") from error
