"""A node begins: folder, settings, keys, database, first card. May be interrupted and run again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node import keys, publish
from node.assembly import Clock, Node, open_node, system_clock
from node.config import Config, sample
from node.errors import ConfigProblem
from node.store import notes, origins
from node.store.database import Database
from protocol import didkey
from protocol.card import root_digest


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who the node speaks for. `names`: language -> name; `url`: None when nobody can reach it; `country`: ISO 3166."""

    names: Mapping[str, str]
    country: str
    languages: tuple[str, ...]
    url: str | None = None
    location: Mapping[str, str] | None = None
    contact: str | None = None


def found(
    home: Path,
    organisation: Organisation,
    settings: Mapping[str, Any],
    environ: Mapping[str, str],
    now: Clock = system_clock,
) -> Node:
    """Make a node in `home` and open it.

    `settings`: by field name of `Config`. Raises `ConfigProblem` (`node_exists`) where a node stands already.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = Config.from_text(home, sample(settings), environ)
    database = Database(config.database)
    database.migrate()
    with database.reading() as connection:
        if notes.value(connection, "founded") is not None:
            database.close()
            raise ConfigProblem(f"there is a node in {home} already: give another folder with --home", "node_exists")
    keys.create(config.keys)
    root = keys.read(config.keys / keys.ROOT)
    did = didkey.did_from_public(root.public_key().public_bytes_raw())
    config.file.write_text(sample(settings), encoding="utf-8")
    with database.writing() as connection:
        for name, value in (("epoch", secrets.token_hex(4)), ("did", did)):
            notes.set_value(connection, name, value)
        origins.set_admission(connection, {did: 0})
    database.close()
    node = open_node(home, environ, now)
    publish.publish_card(node, card_content(node, organisation))
    with node.database.writing() as connection:
        notes.set_value(connection, "founded", str(now()))
        notes.act(connection, now(), "cli", "found", did)
    return node


def card_content(node: Node, organisation: Organisation) -> dict[str, Any]:
    """What the first card says: the keys as they stand in the folder, and the organisation."""
    folder = node.config.keys
    content: dict[str, Any] = {
        "root": keys.multikey_of(keys.read(folder / keys.ROOT)),
        "nextRootDigest": root_digest(keys.multikey_of(keys.read(folder / keys.NEXT_ROOT))),
        "keys": [{"key": node.signing.multikey, "state": "active"}],
        "url": organisation.url,
        "names": dict(organisation.names),
        "country": organisation.country,
        "languages": list(organisation.languages),
        "contact": organisation.contact,
    }
    if organisation.location is not None:
        content["location"] = dict(organisation.location)
    return content
