"""What every command knows of where it was called: the node's folder, the environment, the person's language.

Light on purpose: `wasl --help` imports this room. Opening the node is `node/cli/opening.py`.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

LANGUAGES = ("fr", "ar", "de", "tr", "en")
LOCAL_FOLDER = "wasl-node"
"""A folder of this name in the working directory is the node, unless --home says otherwise."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """`home`: the node's folder; `chosen`: whether a person named it; `environ`: the process's environment."""

    home: Path
    chosen: bool
    environ: Mapping[str, str]

    @property
    def language(self) -> str:
        """The person's language: of the terminal's locale, else the node's, else English."""
        return _of_locale(self.environ) or self.environ.get("WASL_NODE_LANGUAGE") or _of_node(self.home) or "en"


pass_terminal = click.make_pass_decorator(Terminal)


def default_home(environ: Mapping[str, str]) -> Path:
    """The node's folder when nobody named one: ./wasl-node if it exists, else the platform's folder for user data."""
    local = Path(LOCAL_FOLDER)
    return local if local.is_dir() else data_folder(environ)


def data_folder(environ: Mapping[str, str]) -> Path:
    """The platform's folder for user data. Source: XDG Base Directory Specification; on macOS Apple's guide."""
    given = environ.get("XDG_DATA_HOME", "")
    if Path(given).is_absolute():
        return Path(given) / "wasl"
    base = "~/Library/Application Support/wasl" if sys.platform == "darwin" else "~/.local/share/wasl"
    return Path(base).expanduser()


def _of_locale(environ: Mapping[str, str]) -> str | None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        text = environ.get(name, "")
        if text:
            language = text.partition("_")[0].partition(".")[0].lower()
            return language if language in LANGUAGES else None
    return None


def _of_node(home: Path) -> str | None:
    """The language in wasl.toml, read leniently: an error in that file must not hide the error to be told."""
    try:
        tables = tomllib.loads((home / "wasl.toml").read_text(encoding="utf-8"))
        language = tables["node"]["language"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return language if language in LANGUAGES else None
