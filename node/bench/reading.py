"""Readers: wrk asks a node for pages, over connections that are kept, at a rate that is given (`reading.lua`).

Two kinds: `pages` (a small set of addresses, as most readers ask for them) and `searches` (`SEARCHED` different ones,
the n-th as often as 1/n: what people ask for is asked for again, and half of it hardly ever). Comes beside `loading`.
"""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

from node.bench.searching_corpus import queries

PAGES, SEARCHES = "pages", "searches"
SEARCHED = 5_000
WRK = "wrk"
"""The program that asks. Source: its documentation, github.com/wg/wrk."""

_SCRIPT = Path(__file__).with_name("reading.lua")
_HOST = "127.0.0.1"


def is_here() -> bool:
    """Whether this machine can read so."""
    return shutil.which(WRK) is not None


class Readers:
    """Readers of one kind, who are reading now. `rate`: requests a second of all `connections`; `place`: a folder for
    the list of what they ask for."""

    def __init__(
        self, port: int, kind: str, rate: int, connections: int, *, seconds: int, seed: int, place: Path
    ) -> None:
        asked = place / f"{kind}.txt"
        asked.write_text("".join(f"{path}\n" for path in _paths(port, kind)), encoding="ascii")
        every_ms = 1_000 * connections / rate
        wrk = [WRK, f"-t{connections}", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", str(_SCRIPT)]
        drawn = [str(asked), str(every_ms), str(seed), "falling" if kind == SEARCHES else "even"]
        self._child = subprocess.Popen(
            [*wrk, f"http://{_HOST}:{port}/", "--", *drawn], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def seen(self) -> dict[str, Any]:
        """What they have seen, when they have ended: `rate`, `p50_ms`, `p95_ms`, `unchanged`, `failures` (a number)."""
        said = self._child.communicate()[0].decode("utf-8", "replace")
        if self._child.returncode:
            raise AssertionError(f"wrk ended with {self._child.returncode}: {said}")
        found: dict[str, Any] = json.loads(said.rstrip().rpartition("\n")[2])
        return found


def page(port: int, path: str) -> str:
    """One page of the node."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode("utf-8")
    finally:
        connection.close()


def _paths(port: int, kind: str) -> list[str]:
    """What readers of this kind ask for."""
    if kind == SEARCHES:
        return [f"/search?q={quote(query.words)}&lang={query.language}" for query in queries(SEARCHED, "plain")]
    found = {part.partition('"')[0] for part in page(port, "/search?sort=newest").split('href="')[1:]}
    newest = (path for path in found if path.startswith("/practices/did:key:") and path.count("/") == 3)
    return ["/", "/communes", "/about", *sorted(newest)]
