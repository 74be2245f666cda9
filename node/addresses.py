"""A node's web address as a person types and reads it: names that are not written in Latin letters, and look-alikes.

On the wire a host name is ASCII (`xn--…`, RFC 3492). A person sees both forms, and a warning where letters of several
scripts stand in one name: `rаbat.ma` with a Cyrillic а is another machine than `rabat.ma`. The warning decides
nothing: who a node is, the fingerprint words say (attacks D12). Pure; called by `introducing`, `diagnosis`, `standing`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from node.errors import AddressRefused

FOREIGN, MIXED = "foreign_letters", "mixed_letters"

_LOOK_LATIN = frozenset("асеорхуіјѕһӏԁԛԝґɡοαν")
"""Letters of other scripts that look like Latin ones in most fonts: a name of nothing else is a disguise."""
_DEVIATING = frozenset("ßς\u200c\u200d")
"""Characters that IDNA 2003 and 2008 turn into different names: not guessed here."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host name. `ascii`: as on the wire; `shown`: as it is meant to be read; `warning`: "" or one of this module."""

    ascii: str
    shown: str
    warning: str


def ascii_address(text: str) -> str:
    """The address with its host name in ASCII: what a connection is made to. Raises `AddressRefused` (`bad_url`)."""
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
        if text.isascii():
            return text.strip()
        if not host.isascii():
            host = _ascii(host)
    except ValueError as error:
        raise AddressRefused("this is no web address", "bad_url") from error
    if "@" in parts.netloc:
        raise AddressRefused("a peer's address is https://host, perhaps with a port and a path", "bad_url")
    return urlunsplit((parts.scheme, host + (f":{port}" if port else ""), parts.path, parts.query, parts.fragment))


def host_of(url: str) -> Host:
    """The host of an address in both forms, and whether its letters deserve a second look."""
    try:
        name = (urlsplit(url).hostname or "").casefold()
    except ValueError:
        return Host(url, url, "")
    try:
        wire = name if name.isascii() else _ascii(name)
    except AddressRefused:
        wire = name
    shown = ".".join(_shown(label) for label in wire.split("."))
    return Host(wire, shown, max((_warning(label) for label in shown.split(".")), key=_WEIGHT.__getitem__))


_WEIGHT = {"": 0, FOREIGN: 1, MIXED: 2}


def _ascii(host: str) -> str:
    if _DEVIATING & set(host):
        raise AddressRefused("write this host name in its form that begins with xn--", "bad_url")
    try:
        return host.encode("idna").decode("ascii").casefold()
    except UnicodeError as error:
        raise AddressRefused("this host name has characters that no host name may have", "bad_url") from error


def _shown(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        shown = label.encode("ascii").decode("idna")
        usable = shown.encode("idna").decode("ascii") == label and all(map(_harmless, shown))
    except UnicodeError:
        return label
    return shown if usable else label


def _harmless(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMN" or letter == "-"


def _warning(label: str) -> str:
    if label.isascii():
        return ""
    scripts = {unicodedata.name(letter, "?").partition(" ")[0] for letter in label if letter.isalpha()}
    disguised = all(letter in _LOOK_LATIN or not letter.isalpha() for letter in label)
    return MIXED if len(scripts) > 1 or disguised else FOREIGN
