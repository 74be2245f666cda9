"""`wasl bench`: what is promised, measured on this machine, each figure beside its bound, in one run.

The rooms: `making` (records in quantity), `pulling` (two node processes over loopback), `spreading` with `graphs`
and `weighing` (a record over a thousand simulated nodes), `measures` (the rest). docs/benchmarks.md tells how. Beside
them, `scaling` (a million records, `make bench-scale`) has no bounds and a table of its own (docs/scale.md).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `least`: more is better; `promised`: False for an ambition, which fails nothing."""

    name: str
    measured: float
    unit: str
    bound: float
    least: bool = False
    promised: bool = True

    @property
    def ratio(self) -> float:
        """How many times better than the bound."""
        if self.least:
            return self.measured / self.bound
        return self.bound / self.measured if self.measured else float("inf")


def run_bench(only: str | None = None, as_json: bool = False, large: bool = False) -> int:
    """Take the measurements, or the one named `only`.

    `large`: with 100,000 documents or records where that takes minutes. Returns 0 when every promised bound is kept,
    1 otherwise, 2 for a wrong name.
    """
    from node.bench import (  # heavy: nobody else needs them
        loading,
        measures,
        pulling,
        searching,
        searching_pages,
        spreading,
    )

    rooms: dict[str, Callable[[], list[Figure]]] = {
        "pull": pulling.measure,
        "reconcile": measures.reconcile,
        "start": measures.start,
        "news": measures.news,
        "spread": spreading.measure,
        "search": lambda: searching.measure(large),
        "pages": searching_pages.measure,
        "load": lambda: loading.measure(large),
    }
    if only is not None and only not in rooms:
        print(f"there is no measurement {only!r}: {', '.join(rooms)}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name, measure in rooms.items():
        if only in (None, name):
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            figures += measure()
    if as_json:
        print(orjson.dumps([asdict(figure) | {"ratio": round(figure.ratio, 2)} for figure in figures]).decode("utf-8"))
    else:
        print(f"{'figure':58} {'measured':>12} {'bound':>12} {'ratio':>7}")
        for figure in figures:
            mark = "ok" if figure.ratio >= 1 else "MISSED" if figure.promised else "(ambition)"
            bound = ("≥ " if figure.least else "≤ ") + f"{figure.bound:g}"
            print(f"{figure.name:58} {figure.measured:9.4g} {figure.unit:>2} {bound:>12} {figure.ratio:6.2f}x {mark}")
    return 0 if all(figure.ratio >= 1 for figure in figures if figure.promised) else 1
