"""Every setting: default, unit, meaning. One TOML file in the node's folder, and the environment over it.

`docs/configuration.md` is generated from the fields below. An unknown key is an error with a suggestion, never
ignored. Keys are files of their own (`node/keys.py`); the one setting that may hold a password is never shown.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node import policy
from node.errors import ConfigProblem

FILE_NAME = "wasl.toml"
DATABASE_URL = "DATABASE_URL"
"""Variable of the environment that stands for WASL_STORE_DATABASE where that is not set: hosts give it this name."""
LANGUAGES = ("fr", "ar", "de", "tr", "en")
"""Languages of the interface, in the order in which they are offered."""

POSTGRES = ("postgresql://", "postgres://")
"""How the address of a database begins."""

_STORE_WAS = "# database: in PostgreSQL when this was written; `wasl migrate-store` moves it there again"

_BUCKET_WAS = "# bucket: one held the files when this was written; `wasl migrate-attachments` moves them there again"
_BUCKET = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_.-]+)*/?", re.ASCII)
"""Scheme, host, bucket, prefix: no name or password, nothing that a path could leave the bucket by."""

_SECURITY = ("starttls", "tls", "none")


def _setting(
    default: Any,
    meaning: str,
    choices: tuple[Any, ...] = (),
    least: int = 0,
    most: int = 2**31,
    secret: bool = False,
    written: bool = True,
) -> Any:
    """`secret`: never shown; `written`: may stand in wasl.toml, not only in the environment."""
    metadata = {"meaning": meaning, "choices": choices, "least": least, "most": most, "secret": secret}
    metadata["written"] = written
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one node. In the file, `web_port` is `port` in the table `[web]`; in the environment,
    `WASL_WEB_PORT`."""

    home: Path

    node_language: str = _setting("fr", "language of messages and pages when a person has chosen none", LANGUAGES)

    web_host: str = _setting("127.0.0.1", "address that the web server listens on; a reverse proxy stands before it")
    web_port: int = _setting(8480, "port that the web server listens on", least=1, most=65535)
    web_threads: int = _setting(8, "requests answered at one time", least=2, most=64)
    web_processes: int = _setting(
        1, "processes that answer requests; one a processor for a node that many people read", least=1, most=16
    )
    web_trusted_proxy: str = _setting("", "address of the reverse proxy whose X-Forwarded headers are believed")
    web_federation: bool = _setting(True, "whether peers are answered; false for a node that only shows pages")

    sync_interval_s: int = _setting(60, "seconds between meetings with a peer when no hint comes", least=1, most=86400)
    sync_reconcile_s: int = _setting(86400, "seconds between full reconciliations with a peer", least=10)
    sync_timeout_s: int = _setting(60, "seconds that one answer of a peer may take in all", least=1, most=3600)
    sync_private_addresses: bool = _setting(False, "whether peers may have private or loopback addresses (the demo)")

    policy_admit: str = _setting(
        "vouched",
        "whose records a new node admits, until `wasl policy set` says otherwise",
        (policy.LISTED, policy.VOUCHED),
    )
    policy_vouches: int = _setting(
        1, "how many admitted nodes must vouch for a node; as above, for a new node", least=1, most=100
    )
    policy_distance: int = _setting(
        4, "how many steps from us a node may be; as above, for a new node", least=1, most=20
    )

    store_database: str = _setting(
        "",
        "address of a PostgreSQL database for everything the node holds, postgresql://…; empty: a file of its own",
        secret=True,
    )

    search_database: str = _setting(
        "",
        "address of a PostgreSQL database for the search index, postgresql://…; empty: a folder of the node's own",
        secret=True,
    )

    limits_origin_mb: int = _setting(512, "megabytes kept of one origin's records", least=1)
    limits_origin_records: int = _setting(200_000, "revisions kept of one origin", least=1)
    limits_origin_daily: int = _setting(
        5_000,
        "new records of one other town in a day; what is beyond is kept and not shown, until somebody looks",
        least=1,
    )
    limits_free_mb: int = _setting(64, "megabytes of disk that are left free: below, the node is read-only", least=0)

    attachments_eager_bytes: int = _setting(
        2 * 2**20, "bytes up to which files of others are fetched unasked; larger ones when somebody asks", most=2**24
    )
    attachments_total_mb: int = _setting(4_096, "megabytes kept of all attachments", least=1)
    attachments_origin_mb: int = _setting(512, "megabytes kept of one other origin's attachments", least=1)

    attachments_bucket: str = _setting(
        "",
        "address of an S3-compatible bucket for the files, https://host/bucket or https://host/bucket/prefix; empty: "
        "the folder attachments/",
    )
    attachments_region: str = _setting("us-east-1", "region of the bucket, as its store names it")
    attachments_ca_file: str = _setting(
        "", "file of the authority behind the bucket's certificate, in the node's folder or a whole path; empty: usual"
    )
    attachments_access_key: str = _setting(
        "", "access key of the bucket, in the environment only; empty: keys/bucket.keys", secret=True, written=False
    )
    attachments_secret_key: str = _setting(
        "", "its secret, in the environment only; empty: keys/bucket.keys", secret=True, written=False
    )

    care_metrics_token: str = _setting(
        "", "token that /metrics asks for; empty: it answers this machine only, not through a proxy", secret=True
    )
    mail_host: str = _setting("", "mail server (SMTP) for the weekly mail; empty: this node sends none")
    mail_port: int = _setting(587, "its port: 587 for starttls, 465 for tls", least=1, most=65535)
    mail_security: str = _setting("starttls", "how the connection is protected; none sends no password", _SECURITY)
    mail_user: str = _setting("", "name with which this node signs in to the mail server; empty: it does not")
    mail_password_file: str = _setting("", "file that holds the password for it, in the node's folder or a whole path")
    mail_sender: str = _setting("", "address from which mails come, such as wasl@example.org")
    mail_links: str = _setting("", "address of this node in the links of mails; empty: the one on its card")
    mail_timeout_s: int = _setting(20, "seconds that one answer of the mail server may take", least=1, most=300)

    activitypub_followers: int = _setting(10_000, "accounts of the fediverse that may follow this node", least=1)
    activitypub_followers_of_host: int = _setting(2_000, "of these, accounts of one server", least=1)
    activitypub_give_up_days: int = _setting(
        14, "days after which followers are forgotten whose server takes nothing", least=1, most=365
    )

    log_level: str = _setting("info", "what is logged", ("debug", "info", "warning", "error"))
    log_format: str = _setting("json", "one JSON object a line, or plain text", ("json", "text"))

    @property
    def file(self) -> Path:
        """The configuration file."""
        return self.home / FILE_NAME

    @property
    def database(self) -> Path:
        """The SQLite file; where `store_database` names a database, there is none."""
        return self.home / "wasl.db"

    @property
    def keys(self) -> Path:
        """The folder of private keys, 0700."""
        return self.home / "keys"

    @property
    def index(self) -> Path:
        """The folder of the search index: a cache, never in a backup."""
        return self.home / "index"

    @property
    def attachments(self) -> Path:
        """The folder of the bytes of attachments, by their hash; where `attachments_bucket` is set, there is none."""
        return self.home / "attachments"

    @property
    def rules(self) -> policy.Rules:
        """The admission policy."""
        return policy.Rules(self.policy_admit, self.policy_vouches, self.policy_distance)

    def with_bucket(self, address: str) -> Config:
        """The same settings with another bucket, or with none. Raises `ConfigProblem` (`bad_bucket`)."""
        _check("attachments_bucket", address)
        return dataclasses.replace(self, attachments_bucket=address)

    @classmethod
    def load(cls, home: Path, environ: Mapping[str, str]) -> Config:
        """Read `home`/wasl.toml, then the environment over it. Raises `ConfigProblem` saying what to change."""
        file = home / FILE_NAME
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise ConfigProblem(
                f"there is no node in {home}: run `wasl init` first, or give --home", "no_node"
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigProblem(f"{file.name} cannot be read: {error}") from error
        return cls.from_text(home, text, environ)

    @classmethod
    def from_text(cls, home: Path, text: str, environ: Mapping[str, str]) -> Config:
        """The settings that `text` (TOML) and `environ` (its WASL_ names) give."""
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigProblem(f"{FILE_NAME} is not TOML: {error}") from error
        values = _from_tables(tables)
        for name, spec in settings().items():
            given = environ.get("WASL_" + name.upper())
            if given is None and name == "store_database":
                given = environ.get(DATABASE_URL)
            if given is not None:
                values[name] = _from_environment(name, given, spec.type)
        for name, value in values.items():
            _check(name, value)
        return cls(home=home, **values)


def settings() -> dict[str, dataclasses.Field[Any]]:
    """Every setting by its field name, in the order of the file; without `home`."""
    return {spec.name: spec for spec in dataclasses.fields(Config) if spec.name != "home"}


def sample(values: Mapping[str, Any]) -> str:
    """A commented wasl.toml: `values` set, every other setting shown at its default behind a `#`."""
    lines = ["# The settings of this Wasl node. docs/configuration.md tells what each means.", ""]
    table = ""
    for name, spec in settings().items():
        if not spec.metadata["written"]:
            continue
        section, _, key = name.partition("_")
        if section != table:
            lines += ([""] if table else []) + [f"[{section}]"]
            table = section
        lines.append(f"# {spec.metadata['meaning']}")
        shown = values.get(name, spec.default)
        written = str(shown).lower() if isinstance(shown, bool) else (f'"{shown}"' if isinstance(shown, str) else shown)
        lines.append(f"{'' if name in values else '# '}{key} = {written}")
    return "\n".join(lines) + "\n"


def without_store(text: str) -> str:
    """The text of a wasl.toml without the addresses of a PostgreSQL store, which may hold a password, and of a bucket.

    Raises `ConfigProblem` where one is written in an uncommon way and cannot be found.
    """
    kept, table = [], ""
    left_out = {"store.database": _STORE_WAS, "attachments.bucket": _BUCKET_WAS}
    for line in text.splitlines():
        if found := re.match(r"\s*\[\s*([\w.]+)\s*\]", line):
            table = found[1]
        place = f"{table}.{line.partition('=')[0].strip()}".lstrip(".")
        kept.append(left_out.get(place, line))
    result = "\n".join(kept) + "\n"
    for place in left_out:
        section, _, key = place.partition(".")
        if tomllib.loads(result).get(section, {}).get(key):
            raise ConfigProblem(f"write `{key}` in a line of its own in the table [{section}]")
    return result


def _from_tables(tables: Mapping[str, Any]) -> dict[str, Any]:
    known = settings()
    values: dict[str, Any] = {}
    for section, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigProblem(f"`{section}` stands outside a table like [web]")
        for key, value in table.items():
            name = f"{section}_{key}"
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean `{near[0].partition('_')[2]}` in [{near[0].partition('_')[0]}]?" if near else ""
                raise ConfigProblem(f"there is no setting `{key}` in [{section}]{hint}", "unknown_setting")
            if not known[name].metadata["written"]:
                raise ConfigProblem(
                    f"`{key}` in [{section}] is a secret: it stands in WASL_{name.upper()}, or in a file in keys/, and "
                    "never in wasl.toml",
                    "secret_in_settings",
                )
            values[name] = value
    return values


def _from_environment(name: str, text: str, kind: Any) -> Any:
    if kind == "bool":
        if text.lower() not in ("true", "false", "1", "0"):
            raise ConfigProblem(f"WASL_{name.upper()} is true or false, not {text!r}")
        return text.lower() in ("true", "1")
    if kind == "int":
        try:
            return int(text)
        except ValueError as error:
            raise ConfigProblem(f"WASL_{name.upper()} is a whole number, not {text!r}") from error
    return text


def _check(name: str, value: Any) -> None:
    spec = settings()[name]
    place = f"`{name.partition('_')[2]}` in [{name.partition('_')[0]}]"
    kinds = {"str": str, "int": int, "bool": bool}
    if type(value) is not kinds[str(spec.type)]:
        raise ConfigProblem(f"{place} is of the wrong kind" + ("" if spec.metadata["secret"] else f": {value!r}"))
    choices = spec.metadata["choices"]
    if choices and value not in choices:
        raise ConfigProblem(f"{place} is one of {', '.join(map(str, choices))}, not {value!r}")
    if name == "store_database" and value and not str(value).startswith(POSTGRES):
        raise ConfigProblem(
            f"{place} (or {DATABASE_URL}) begins with postgresql://; with WASL_STORE_DATABASE set and empty, the node "
            "keeps its file",
            "bad_database",
        )
    if name == "attachments_bucket" and value and not (_BUCKET.fullmatch(str(value)) and "/.." not in str(value)):
        raise ConfigProblem(  # what stands there is not shown: it may hold a password
            f"{place} is https://host/bucket, or https://host/bucket/prefix; keys never stand in it", "bad_bucket"
        )
    if type(value) is int and not spec.metadata["least"] <= value <= spec.metadata["most"]:
        raise ConfigProblem(f"{place} lies between {spec.metadata['least']} and {spec.metadata['most']}, not {value}")
