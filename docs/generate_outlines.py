"""Write node/data/outlines.json, the coarse land and borders behind the map of results.

`python docs/generate_outlines.py COUNTRIES LAND` takes countries-50m.json and land-50m.json of the npm package
world-atlas 2.0.2 (ISC), which are Natural Earth's data (public domain, naturalearthdata.com) as TopoJSON. Kept is what
lies around Morocco, Germany and Turkey, to about five kilometres. Of borders only those of these three are drawn, and
none whose course is disputed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

BOX = (-19.0, 27.0, 47.0, 56.5)  # west, south, east, north
WANTED = {"504", "276", "792"}
DISPUTED = {"732"}
TOLERANCE = 0.045  # degrees
SMALLEST = 0.06  # square degrees of an island
TARGET = Path(__file__).parent.parent / "node" / "data" / "outlines.json"

Point = tuple[float, float]


def arcs_of(topology: dict[str, Any]) -> list[list[Point]]:
    """The arcs of a TopoJSON in degrees. Source: TopoJSON format specification, section 2.1.3."""
    (wide, high), (left, low) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for across, up in arc:
            x, y = x + across, y + up
            line.append((x * wide + left, y * high + low))
        found.append(line)
    return found


def simple(line: list[Point]) -> list[Point]:
    """Without the points that lie within `TOLERANCE` of the line through the others (Douglas and Peucker)."""
    if len(line) < 3:
        return line
    (ax, ay), (bx, by) = line[0], line[-1]
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
    far, place = 0.0, 0
    for at, (x, y) in enumerate(line[1:-1], 1):
        if length:
            away = abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length
        else:
            away = ((x - ax) ** 2 + (y - ay) ** 2) ** 0.5
        if away > far:
            far, place = away, at
    if far <= TOLERANCE:
        return [line[0], line[-1]]
    return simple(line[: place + 1])[:-1] + simple(line[place:])


def clipped(ring: list[Point]) -> list[Point]:
    """The part of a ring inside `BOX` (Sutherland and Hodgman)."""
    for axis, edge, sign in ((0, BOX[0], 1), (1, BOX[1], 1), (0, BOX[2], -1), (1, BOX[3], -1)):
        given, ring = ring, []
        for one, other in zip(given, given[1:] + given[:1], strict=True):
            inside, next_inside = sign * (one[axis] - edge) >= 0, sign * (other[axis] - edge) >= 0
            if inside:
                ring.append(one)
            if inside != next_inside:
                part = (edge - one[axis]) / (other[axis] - one[axis])
                ring.append((one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1])))
    return ring


def area(ring: list[Point]) -> float:
    """Square degrees."""
    return abs(sum(x * b - a * y for (x, y), (a, b) in zip(ring, ring[1:] + ring[:1], strict=True))) / 2


def flat(line: list[Point]) -> list[float]:
    """x, y, x, y … to a hundredth of a degree."""
    return [round(value, 2) for point in line for value in point]


def land(topology: dict[str, Any]) -> list[list[float]]:
    """Rings of land and of lakes."""
    arcs = arcs_of(topology)
    rings = []
    for polygon in (polygon for part in topology["objects"]["land"]["geometries"] for polygon in part["arcs"]):
        for numbers in polygon:
            ring = [
                point for number in numbers for point in (arcs[number] if number >= 0 else arcs[~number][::-1])[:-1]
            ]
            kept = clipped(ring)
            if len(kept) > 3 and area(kept) > SMALLEST:
                rings.append(flat(simple([*kept, kept[0]])[:-1]))
    return rings


def borders(topology: dict[str, Any]) -> list[list[float]]:
    """Lines between two countries of which one is wanted and none disputed."""
    sides: dict[int, set[str]] = {}
    for country in topology["objects"]["countries"]["geometries"]:
        polygons = [country["arcs"]] if country["type"] == "Polygon" else country.get("arcs", [])
        for number in (number for polygon in polygons for ring in polygon for number in ring):
            sides.setdefault(number if number >= 0 else ~number, set()).add(str(country.get("id")))
    shared = {number for number, those in sides.items() if len(those) == 2 and those & WANTED and not those & DISPUTED}
    arcs = arcs_of(topology)
    return [flat(simple(arcs[number])) for number in sorted(shared)]


def main() -> int:
    """Write the file. Returns the exit code."""
    countries, coast = (json.loads(Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:3])
    sys.setrecursionlimit(100_000)
    made = {
        "source": "Natural Earth 1:50m (public domain), by world-atlas 2.0.2; docs/generate_outlines.py",
        "land": land(coast),
        "borders": borders(countries),
    }
    TARGET.write_text(json.dumps(made, separators=(",", ":")) + "\n", encoding="utf-8")
    print(TARGET.stat().st_size, Counter({name: len(made[name]) for name in ("land", "borders")}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
