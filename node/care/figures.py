"""What Prometheus reads: what the node holds and how far it is, asked when it is scraped; and requests, counted.

Names and units follow the conventions of Prometheus (base units, `_total` for counters). Labels have few values: routes
by their name in the code, never an address, a word or a DID.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter as Counts
from collections.abc import Iterator
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from node.assembly import Node
from node.beside import FIGURES
from node.followers import FOLLOWERS
from node.indexing import Searcher
from node.store import files, log, notes, origins, peers, quarantine, records
from node.store.records import HELD
from protocol.schemas import KNOWN_TYPES
from search.errors import SearchError

BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0)

OTHER = "other"
"""The label of every type that this version does not know: its name is a word of whoever sent it."""

Metric = GaugeMetricFamily


class Figures:
    """The figures of one process; requests are those of all processes on its sockets. Thread-safe."""

    def __init__(self, node: Node, searcher: Searcher) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Held(node, searcher))
        counted = None if FIGURES in os.environ else self._registry
        if counted is None:
            MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]  # reads what each process has counted
        else:
            ProcessCollector(registry=counted)
        self._requests = Counter(
            "wasl_http_requests", "Requests answered", ("method", "route", "status"), registry=counted
        )
        self._remembered = Counter(
            "wasl_pages_remembered", "Of these, pages that were given again", ("route",), registry=counted
        )
        self._seconds = Histogram(
            "wasl_http_request_seconds", "Time to an answer", ("room",), registry=counted, buckets=BUCKETS
        )

    def answered(self, method: str, route: str, status: int, seconds: float, *, again: bool) -> None:
        """One request was answered. `route`: name of the view, `none` where there is none; `again`: remembered."""
        self._requests.labels(method, route, str(status)).inc()
        if again:
            self._remembered.labels(route).inc()
        self._seconds.labels(route.partition(".")[0]).observe(seconds)

    def text(self) -> bytes:
        """Everything, in the text format of Prometheus. Raises what the database raises."""
        return bytes(generate_latest(self._registry))


class _Held(Collector):
    """What the database and the disk say, at the moment of a scrape."""

    def __init__(self, node: Node, searcher: Searcher) -> None:
        self._node, self._searcher = node, searcher

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        node, now = self._node, self._node.now()
        yield _labelled("wasl_build", "Version that runs", "version", {version("wasl"): 1})
        yield _one("wasl_disk_free_bytes", "Room on the disk of the node", shutil.disk_usage(node.config.home).free)
        with node.database.reading() as connection:
            yield from self._of_store(connection, now)

    def _of_store(self, connection: Connection, now: int) -> Iterator[Metric]:
        last = log.last_seq(connection)
        counted: Counts[str] = Counts()
        for (_did, type_), count in records.counts(connection, HELD).items():
            counted[type_ if type_ in KNOWN_TYPES else OTHER] += count
        yield _one("wasl_log_entries", "Entries of the log", last)
        yield _labelled("wasl_records", "Live records held, by type", "type", counted)
        admitted = sum(origin.admitted for origin in origins.everyone(connection).values())
        yield _one("wasl_origins_admitted", "Nodes whose records are admitted", admitted)
        everyone = peers.everyone(connection)
        yield _labelled("wasl_peers", "Peers, by state", "state", Counts(peer.state for peer in everyone))
        failing = sum(peer.state == peers.ACTIVE and peer.failures > 0 for peer in everyone)
        yield _one("wasl_peers_failing", "Active peers whose last meeting failed", failing)
        yield _labelled("wasl_quarantine", "What lies aside, by state", "state", quarantine.counts(connection))
        lag = {name: last - notes.cursor(connection, name) for name in FOLLOWERS}
        yield _labelled(
            "wasl_follower_lag_entries", "Entries of the log not followed yet", "follower", lag | self._index(last)
        )
        yield _one("wasl_attachments_bytes", "Bytes of attachments held", files.taken(connection))
        for name, note, meaning in (
            ("wasl_worker_beat_age_seconds", "worker_beat", "Since the worker's last sign of life"),
            ("wasl_backup_age_seconds", "backup_at", "Since the last backup"),
        ):
            at = notes.value(connection, note)
            if at is not None:
                yield _one(name, meaning, max(0, now - int(at)))

    def _index(self, last: int) -> dict[str, int]:
        try:
            return {"index": last - self._searcher.asked(lambda index: index.cursor())}
        except SearchError:
            return {}


def _one(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value)


def _labelled(name: str, meaning: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for word, value in sorted(values.items()):
        family.add_metric([word], value)
    return family
