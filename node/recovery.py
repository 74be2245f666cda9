"""The recovery sheet: eighteen words from which a node's root keys are made, and nothing else is needed.

A sheet holds a seed of 16 bytes drawn at random, and two check bytes. Written as words (the lists of the fingerprint
words, line n the same thing in five languages) or as the text in a QR code. The check bytes are a Reed-Solomon code:
one wrong word, two wrong words, or two words swapped are always noticed, and a single wrong word is found by its place;
of anything else one in 65,536 passes. Pure but for `segno`, which draws. Why so: docs/decisions/0007-recovery-sheet.md.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from node.errors import SheetWrong
from protocol import didkey, fingerprint

SEED_BYTES = 16
"""128 bits: as many as an Ed25519 key resists."""
WORDS = 18
"""16 bytes of the seed and 2 that check them, a word each."""
ROOTS_MOST = 64
"""How far `number_of` looks. A node uses roots 1 and 2 of a sheet; a new sheet is drawn when they are used up."""

_MARK = "WASL-RECOVERY-1:"
_INFO = b"wasl-1 root key "
_CHECK = (0x57, 0x41)
"""What the two sums over all bytes must give: not zero, or one word eighteen times would be a sheet."""
_ROOMY = re.compile(r"[\W\d_]+")
_CODE = re.compile(_MARK + r"([0-9A-F]{36})(?::(did:key:[1-9A-HJ-NP-Za-km-z]+))?", re.ASCII | re.IGNORECASE)
_FOLDED = str.maketrans({"ı": "i", "ـ": None, "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي"})


def words(seed: bytes, language: str) -> tuple[str, ...]:
    """The eighteen words of a seed, in one of `fingerprint.LANGUAGES`."""
    listed = fingerprint.word_list(language)
    return tuple(listed[place] for place in _with_check(seed))


def seed_from(text: str) -> bytes:
    """The seed that words in any of the five languages, or the text of the QR code, stand for.

    Letter case, accents, vowel signs, tatweel, hyphens, numbers before the words and line breaks do not matter. Raises
    `SheetWrong` (`sheet_wrong`), with the place of an unknown or wrong word, from 1, and the words nearest to it.
    """
    code = _CODE.search(text)
    if code is not None:
        return _checked(bytes.fromhex(code[1]), ())
    if _MARK.casefold() in text.casefold():
        raise SheetWrong("the text of the QR code is not whole: scan it again, or type the words")
    given = _split(text)
    known = _places()
    for place, word in enumerate(given, 1):
        if _folded(word) not in known:
            near = _nearest(_folded(word), given)
            raise SheetWrong(f"word {place}, “{word[:40]}”, is on no list: perhaps {' or '.join(near)}", place, near)
    if len(given) != WORDS:
        raise SheetWrong(f"a sheet has {WORDS} words; these are {len(given)}")
    return _checked(bytes(known[_folded(word)] for word in given), given)


def count(text: str) -> int:
    """How many words stand in `text`, right or wrong."""
    return len(_split(text))


def did_in(text: str) -> str | None:
    """The DID that stands in the text of a QR code beside the seed; None in words, or where it was left out."""
    code = _CODE.search(text)
    return code[2] if code is not None else None


def root_key(seed: bytes, number: int = 1) -> Ed25519PrivateKey:
    """The root key of this number, from 1: HKDF-SHA-256 (RFC 5869), no salt. Our choice, not the protocol's."""
    made = HKDF(SHA256(), 32, None, _INFO + str(number).encode("ascii")).derive(seed)
    return Ed25519PrivateKey.from_private_bytes(made)


def root_name(seed: bytes, number: int = 1) -> str:
    """The public half of a root key, as cards name it."""
    return didkey.multikey(root_key(seed, number).public_key().public_bytes_raw())


def number_of(seed: bytes, root: str) -> int | None:
    """Which root key of this seed a card names (multikey), or None when it is of another sheet."""
    return next((number for number in range(1, ROOTS_MOST + 1) if root_name(seed, number) == root), None)


def first_did(seed: bytes) -> str:
    """The DID of a node founded with this sheet. A node that was given a new sheet since keeps its older DID."""
    return didkey.PREFIX + root_name(seed)


def qr_text(seed: bytes, did: str = "") -> str:
    """What the QR code says: the seed with its check bytes as hex digits, and the node's DID."""
    return _MARK + _with_check(seed).hex().upper() + (f":{did}" if did else "")


def qr_svg(text: str) -> str:
    """A QR code as SVG to stand inside a page: black on white in every colour scheme, no style attribute, no script."""
    drawn = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(
        drawn, kind="svg", xmldecl=False, svgns=True, nl=False, omitsize=True, border=4, light="#fff", svgclass="qr"
    )
    return drawn.getvalue().decode("utf-8")


def qr_blocks(text: str) -> str:
    """A QR code in half blocks for a terminal, whatever its colours: lines without ANSI codes, light on dark."""
    rows = [list(row) for row in segno.make(text, error="l", micro=False).matrix_iter(border=4)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(_BLOCKS[up, down] for up, down in zip(*pair, strict=True)) for pair in pairs)


_BLOCKS = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
"""A light module is a drawn block: right on dark terminals, and inverted on light ones, which scanners read too."""


def _with_check(seed: bytes) -> bytes:
    """The seed and the two bytes that bring both sums to `_CHECK`. Solved in GF(256), docs/decisions/0007."""
    if len(seed) != SEED_BYTES:
        raise SheetWrong(f"a seed has {SEED_BYTES} bytes")
    plain, weighted = _sums(seed)
    plain ^= _CHECK[0]
    weighted ^= _CHECK[1]
    first, second = _power(SEED_BYTES), _power(SEED_BYTES + 1)
    one = _times(weighted ^ _times(second, plain), _inverse(first ^ second))
    return seed + bytes((one, one ^ plain))


def _checked(held: bytes, given: Sequence[str]) -> bytes:
    """The seed in eighteen bytes whose check fits. `given`: the words as typed, for the error."""
    plain, weighted = (found ^ due for found, due in zip(_sums(held), _CHECK, strict=True))
    if not plain and not weighted:
        return held[:SEED_BYTES]
    place = next((place for place in range(WORDS) if plain and _times(_power(place), plain) == weighted), None)
    if place is None or not given:
        raise SheetWrong("words are wrong or in another order: compare each with the sheet, from the first on")
    listed = fingerprint.word_list(_language(given))
    meant = listed[held[place] ^ plain]
    raise SheetWrong(
        f"a word is wrong. If it is only one, it is word {place + 1}, “{given[place]}”: compare it with the sheet",
        place + 1,
        (meant,),
    )


def _sums(held: bytes) -> tuple[int, int]:
    """The sum of the bytes, and the sum of each times a power of 2 by its place, in GF(256)."""
    plain = weighted = 0
    for place, byte in enumerate(held):
        plain ^= byte
        weighted ^= _times(_power(place), byte)
    return plain, weighted


def _times(one: int, other: int) -> int:
    """The product in GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1, the field of QR codes and of Reed-Solomon on disks."""
    product = 0
    while other:
        if other & 1:
            product ^= one
        one = (one << 1) ^ (0x11D if one & 0x80 else 0)
        other >>= 1
    return product


@cache
def _power(place: int) -> int:
    """2 to the power of `place`: 255 different values."""
    return 1 if place == 0 else _times(2, _power(place - 1))


def _inverse(value: int) -> int:
    return next(other for other in range(1, 256) if _times(value, other) == 1)


@cache
def _places() -> dict[str, int]:
    """Folded word -> byte, of all five lists at once: a word that stands in two of them stands at one place."""
    found: dict[str, int] = {}
    for language in fingerprint.LANGUAGES:
        for place, word in enumerate(fingerprint.word_list(language)):
            for written in _spellings(word):
                if found.setdefault(written, place) != place:
                    raise AssertionError(f"{word} stands at two places")
    return found


def _spellings(word: str) -> Iterable[str]:
    """A word folded, and as it is typed where there are no umlauts: ä as ae."""
    yield _folded(word)
    plain = unicodedata.normalize("NFC", word).casefold()
    yield _folded(plain.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue"))


def _split(text: str) -> list[str]:
    return [word for word in _ROOMY.split(_without_marks(text)) if word]


def _without_marks(text: str) -> str:
    """`text` without accents, vowel signs, tatweel, zero-width characters and direction marks."""
    loose = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in loose if unicodedata.category(letter) not in ("Mn", "Cf") and letter != "ـ")


def _folded(word: str) -> str:
    return _without_marks(_without_marks(word).casefold()).translate(_FOLDED)


def _language(given: Iterable[str]) -> str:
    """The language in which most of these words stand."""
    typed = {_folded(word) for word in given}
    counted = {
        language: len(typed & {_folded(word) for word in fingerprint.word_list(language)})
        for language in fingerprint.LANGUAGES
    }
    return max(counted, key=lambda language: counted[language])


def _nearest(word: str, given: Iterable[str]) -> tuple[str, ...]:
    """The words of the sheet's language that a mistyped one is nearest to: one, or several that are equally near."""
    listed = fingerprint.word_list(_language(given))
    far = {meant: _distance(word, _folded(meant)) for meant in listed}
    least = min(far.values())
    return tuple(meant for meant in listed if far[meant] == least)[:3]


def _distance(one: str, other: str) -> int:
    """Letters to insert, drop or change to come from one word to the other (Levenshtein). `one` may be long: cut."""
    one = one[:40]
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, against in enumerate(other, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != against)))
        before = now
    return before[-1]
