"""The recovery sheet as a person holds it: words, QR code, who the node is, whom to call, what to do in an emergency.

One `Sheet`, three forms: a page for A4 (`as_html`, and `node/web/templates/sheet.html` on the web), and lines for a
terminal (`node/cli/sheets.py`). Law: whoever holds a `Sheet` holds the node's identity; it is made when a person asks,
shown once, and goes into no log, audit or backup of its own. The words themselves: `node/recovery.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from babel import dates
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from node import recovery, speech
from node.assembly import Node
from node.config import LANGUAGES
from node.errors import NotFound
from node.store import chains, peers
from node.store.peers import ACTIVE, PAUSED
from protocol import fingerprint

PEERS_MOST = 12
"""Peers named on a sheet: any one of them can give a lost node back what it published."""


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """One of the nodes to turn to. `name`: what it calls itself; `url`: None where nobody can reach it."""

    did: str
    name: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on a recovery sheet. `words`: eighteen; `fingerprint`: eight; `made_at`: seconds since 1970;
    `qr`: an SVG; `qr_text`: what it says; `direction`: ltr | rtl."""

    did: str
    names: Mapping[str, str]
    name: str
    url: str | None
    language: str
    direction: str
    words: tuple[str, ...]
    fingerprint: tuple[str, ...]
    peers: tuple[KnownPeer, ...]
    made_at: int
    qr_text: str
    qr: str

    @property
    def made_on(self) -> str:
        """The day on which it was made, in its language."""
        day = datetime.fromtimestamp(self.made_at, UTC)
        return str(dates.format_date(day, "long", locale=speech.LOCALES[self.language]))


def sheet_of(node: Node, seed: bytes, language: str) -> Sheet:
    """The sheet of this node in one of `LANGUAGES` (else in its own). `seed`: of `keyring.seed_here`, or as typed."""
    language = language if language in LANGUAGES else node.config.node_language
    with node.database.reading() as connection:
        chain = chains.chain_of(connection, node.did)
        known = []
        for peer in peers.everyone(connection, ACTIVE, PAUSED)[:PEERS_MOST]:
            other = chains.chain_of(connection, peer.did)
            known.append(KnownPeer(peer.did, other.head.name(language) if other else "", peer.url))
    if chain is None:
        raise NotFound("this node's card is missing: `wasl doctor` says more", "card_missing")
    text = recovery.qr_text(seed, node.did)
    return Sheet(
        did=node.did,
        names=dict(chain.head.content["names"]),
        name=chain.head.name(language),
        url=chain.head.url,
        language=language,
        direction="rtl" if language == "ar" else "ltr",
        words=recovery.words(seed, language),
        fingerprint=fingerprint.words(node.did, language),
        peers=tuple(known),
        made_at=node.now(),
        qr_text=text,
        qr=recovery.qr_svg(text),
    )


def as_html(sheet: Sheet) -> str:
    """The sheet as one A4 page that needs no other file: to be printed, and then deleted."""
    style = files("node").joinpath("web", "static", "sheet.css").read_text(encoding="utf-8")
    template = _pages().get_template("sheet.html")
    said = speech.translations(sheet.language).gettext
    return template.render(
        sheet=sheet, style=style, _=lambda text, **named: said(text) % named if named else said(text)
    )


@cache
def _pages() -> Environment:
    folder = str(files("node").joinpath("web", "templates"))
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
