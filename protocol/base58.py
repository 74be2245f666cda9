"""Bytes as text that people can read aloud: base58btc, with the multibase prefix `z`.

Keys, identities (`did:key:z6Mk…`) and signatures (`proofValue`) are written this way. Law of this room: one
text per bytes and one bytes per text, so that no second spelling of a key or a signature exists; and bounded
work, because decoding base58 costs the square of its length.

On the line: below `protocol.didkey` and `protocol.proof`. Source of the alphabet and of `z`: W3C Controlled
Identifiers 1.0, section 2.4 (Multibase), after draft-msporny-base58.
"""

from __future__ import annotations

from typing import Final

from protocol.errors import BadKey

ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
MAX_LENGTH: Final = 128  # characters after the `z`; a signature takes 88

_NO_DIGIT: Final = 255
_DIGITS: Final = bytes(ALPHABET.find(chr(i)) if chr(i) in ALPHABET else _NO_DIGIT for i in range(256))
_PAIRS: Final = tuple(left + right for left in ALPHABET for right in ALPHABET)
_BASE: Final = 58


def encode(data: bytes) -> str:
    """Base58btc text of `data`, without prefix. Each leading zero byte is one leading `1`."""
    number = int.from_bytes(data, "big")
    pairs: list[str] = []
    while number:
        number, remainder = divmod(number, _BASE * _BASE)  # two digits at a time: half as many long divisions
        pairs.append(_PAIRS[remainder])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(pairs)).lstrip("1")


def decode(text: str) -> bytes:
    """The bytes that base58btc `text` (no prefix) stands for. `BadKey` if not base58, over 128 digits."""
    if len(text) > MAX_LENGTH:
        raise BadKey(f"base58 text longer than {MAX_LENGTH} characters")
    if not text.isascii():
        raise BadKey("a character that is not base58")
    digits = text.encode("ascii").translate(_DIGITS)
    if _NO_DIGIT in digits:
        raise BadKey("a character that is not base58")
    number = 0
    for digit in digits:
        number = number * _BASE + digit
    zeros = len(digits) - len(digits.lstrip(b"\0"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def to_multibase(data: bytes) -> str:
    """`z` and the base58btc text of `data`."""
    return "z" + encode(data)


def from_multibase(text: str) -> bytes:
    """The bytes of a `z…` text. Raises `BadKey` for another prefix, another alphabet or too long a text."""
    if not text.startswith("z"):
        raise BadKey("not a multibase text in base58btc (it would begin with z)")
    return decode(text[1:])
