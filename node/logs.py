"""Structured logs: one JSON object a line on standard error, or plain text. Control characters never pass.

Never logged: keys, tokens, search words, addresses of readers.
"""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson

_ROOT, _SERVER = "wasl", "waitress"

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""Id of the request that is being answered, in every line that is written meanwhile."""


def get_log(name: str) -> logging.Logger:
    """The log of one room, e.g. `sync`."""
    return logging.getLogger(f"{_ROOT}.{name}")


def start(level: str, form: str) -> None:
    """Send logs to standard error. `level`: debug | info | warning | error; `form`: json | text."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    log = logging.getLogger(_ROOT)
    log.handlers[:] = [handler]
    log.setLevel(level.upper())
    log.propagate = False
    server = logging.getLogger(_SERVER)  # what it says stands in the same lines, but not that it has something to do
    server.handlers[:] = [handler]
    server.propagate = False
    logging.getLogger(f"{_SERVER}.queue").setLevel(logging.ERROR)


def facts(**named: Any) -> dict[str, Any]:
    """For `log.info("met", extra=facts(peer=did, received=3))`: named values beside the message."""
    return {"facts": named}


def _escaped(letter: str) -> str:
    """A letter as it may stand in a JSON string and on a terminal."""
    return letter if letter.isprintable() else json.dumps(letter)[1:-1].replace("\x7f", "\\u007f")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "room": record.name.removeprefix(_ROOT + "."),
            "event": record.getMessage(),
        }
        if REQUEST.get():
            entry["request"] = REQUEST.get()
        entry |= getattr(record, "facts", {})
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        line = orjson.dumps(entry, default=str).decode("utf-8")
        return line if line.isprintable() else "".join(map(_escaped, line))


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        named = " ".join(f"{name}={value}" for name, value in getattr(record, "facts", {}).items())
        line = f"{record.levelname.lower():7} {record.name.removeprefix(_ROOT + '.')}: {record.getMessage()} {named}"
        if record.exc_info:
            line += " | " + self.formatException(record.exc_info)
        return "".join(letter if letter.isprintable() else " " for letter in line)
