"""Readers: a process of its own that asks a node for pages, over connections that are kept, at a rate that is given.

`python -m node.bench.reading PORT KIND RATE CONNECTIONS SECONDS SEED`. KIND: `pages` (a small set of addresses, as most
readers ask for them; every second time with the ETag of the last answer) or `searches` (`SEARCHED` different ones, the
n-th as often as 1/n: what people ask for is asked for again, and half of it hardly ever). `fresh`: those that this
process had not asked for before. Prints one JSON object. Comes beside `loading`.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from urllib.parse import quote

from node.bench.searching_corpus import queries

PAGES, SEARCHES = "pages", "searches"
SEARCHED = 5_000
_FINE = (200, 304)

Address = Callable[[], str]


@dataclass(slots=True)
class Read:
    """What one or more connections have seen. `took`: seconds of each answer, to its last byte."""

    took: list[float] = field(default_factory=list)
    unchanged: int = 0
    asked: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)


class Reader:
    """One connection. `address`: gives what to ask for next; `every_s`: between two requests."""

    def __init__(self, port: int, address: Address, every_s: float, read: Read) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._address, self._every_s, self._read = address, every_s, read
        self._tags: dict[str, str] = {}
        self._again = False

    def read_for(self, seconds: float) -> None:
        """Ask until the time is over. Whoever is late asks at once, and does not make up for more than that."""
        until = time.monotonic() + seconds
        due = time.monotonic()
        while (now := time.monotonic()) < until:
            if due > now:
                time.sleep(due - now)
            due = max(due, now - self._every_s) + self._every_s
            self._ask(self._address())
        self._connection.close()

    def _ask(self, path: str) -> None:
        self._again = not self._again
        tag = self._tags.get(path) if self._again else None
        self._read.asked.add(path)
        began = time.perf_counter()
        try:
            self._connection.request("GET", path, headers={"If-None-Match": tag} if tag else {})
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._read.failures.append(type(error).__name__)
            self._connection.close()
            return
        self._read.took.append(time.perf_counter() - began)
        self._read.unchanged += answer.status == 304
        if answer.status not in _FINE:
            self._read.failures.append(str(answer.status))
        if answer.headers["ETag"]:
            self._tags[path] = answer.headers["ETag"]


def addresses(port: int, kind: str, chance: random.Random) -> Address:
    """What readers of this kind ask for."""
    if kind == SEARCHES:
        sums = list(accumulate(1 / rank for rank in range(1, SEARCHED + 1)))
        known = [f"/search?q={quote(query.words)}&lang={query.language}" for query in queries(SEARCHED, "plain")]
        return lambda: chance.choices(known, cum_weights=sums)[0]
    known = ["/", "/communes", "/about", *_practices(port)]
    return lambda: chance.choice(known)


def _practices(port: int) -> list[str]:
    """The newest practices, as the list shows them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/search?sort=newest")
    page = connection.getresponse().read().decode("utf-8")
    connection.close()
    found = {part.partition('"')[0] for part in page.split('href="')[1:]}
    return sorted(path for path in found if path.startswith("/practices/did:key:") and path.count("/") == 3)


def main() -> None:
    """See the top of the file."""
    port, kind, rate, connections, seconds, seed = sys.argv[1:7]
    chance, read = random.Random(int(seed)), Read()  # noqa: S311
    address = addresses(int(port), kind, chance)
    every_s = int(connections) / float(rate)
    threads = [
        threading.Thread(target=Reader(int(port), address, every_s, read).read_for, args=(float(seconds),))
        for _ in range(int(connections))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = sorted(read.took)
    print(
        json.dumps(
            {
                "rate": len(took) / float(seconds),
                "p50_ms": took[len(took) // 2] * 1e3,
                "p95_ms": took[int(len(took) * 0.95)] * 1e3,
                "unchanged": read.unchanged,
                "fresh": len(read.asked) / max(1, len(took)),
                "failures": read.failures,
            }
        )
    )


if __name__ == "__main__":
    main()
