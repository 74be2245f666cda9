"""A node begins: folder, settings, recovery sheet, keys, database, first card. May be interrupted and run again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node import communes, keys, publish, recovery
from node.assembly import Clock, Node, open_node, system_clock
from node.config import Config, sample
from node.errors import ConfigProblem
from node.store import notes, origins
from node.store.database import open_store
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


def organisation_for(
    name: str, language: str, country: str = "MA", url: str | None = None, contact: str | None = None
) -> Organisation:
    """One of the ten communes by its id, number or any of its names; else whoever bears `name`, as given.

    `language`: in which `name` is written, and the node's own. Raises `ConfigProblem` (`bad_field`) for a country that
    is no ISO 3166 code of two letters.
    """
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise ConfigProblem("a country is an ISO 3166 code of two letters, such as MA", "bad_field")
    commune = communes.find(name)
    if commune is None:
        return Organisation({language: name}, country.upper(), (language,), url, None, contact)
    languages = ("fr", "ar") if language in ("fr", "ar") else ("fr", "ar", language)
    place = {"lat": commune.lat, "lon": commune.lon}
    return Organisation(commune.names, "MA", languages, url, place, contact)


def found(
    home: Path,
    organisation: Organisation,
    settings: Mapping[str, Any],
    environ: Mapping[str, str],
    now: Clock = system_clock,
    *,
    actor: str = "cli",
    seed: bytes | None = None,
) -> Node:
    """Make a node in `home` and open it. Its recovery sheet stands in `keys/` until it is detached.

    `settings`: by field name of `Config`; `seed`: a sheet that exists already, else one is drawn. Raises
    `ConfigProblem` (`node_exists`) where a node stands already.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = Config.from_text(home, sample(settings), environ)
    database = open_store(config)
    database.migrate()
    with database.reading() as connection:
        if notes.value(connection, "founded") is not None:
            database.close()
            raise ConfigProblem(f"there is a node in {home} already: give another folder with --home", "node_exists")
    _make_keys(config.keys, seed)
    did = didkey.PREFIX + _roots(config.keys)[0]
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
        notes.act(connection, now(), actor, "found", did)
    return node


def card_content(node: Node, organisation: Organisation) -> dict[str, Any]:
    """What the first card says: the keys as they stand in the folder, and the organisation."""
    root, next_root = _roots(node.config.keys)
    content: dict[str, Any] = {
        "root": root,
        "nextRootDigest": root_digest(next_root),
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


def _make_keys(folder: Path, seed: bytes | None) -> None:
    if seed is not None and keys.seed(folder) is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys.write_seed(folder, seed)
    keys.create(folder)


def _roots(folder: Path) -> tuple[str, str]:
    """The public halves of the first root and of the one that the first card commits to."""
    seed = keys.seed(folder)
    if seed is not None:
        return recovery.root_name(seed, 1), recovery.root_name(seed, 2)
    root, next_root = (keys.read(folder / name) for name in (keys.ROOT, keys.NEXT_ROOT))  # begun by version 0.1
    return keys.multikey_of(root), keys.multikey_of(next_root)
