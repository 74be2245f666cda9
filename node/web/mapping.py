"""Results on a map: for each country a drawing of its communes, the larger the more of their practices were found.

Law: pure, and no tile server: coarse land and borders are shipped (`node/data/outlines.json`), SVG is written by the
template without a script or a style. Every drawing has a table that says the same. Places come from the nodes' cards;
a node that gives none stands in the table only. Degrees are drawn as they are, narrowed by the cosine of the middle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import orjson

WIDTH = 400.0
FONT = 14.0
LARGEST = 18.0
SMALLEST = 5.0

FRAMES = {"MA": (-10.6, 28.9, -0.6, 36.3), "DE": (5.4, 46.9, 15.6, 55.3), "TR": (25.4, 35.4, 45.2, 42.6)}
"""West, south, east, north of the countries of the network; a frame grows with what lies outside of it."""
MARGIN = 1.2
"""Degrees around the communes of any other country."""
TALLEST = 1.25
"""Height of a drawing, at most, in widths."""

_LETTER = 0.56  # width of a letter, in font sizes
_SIDES = (("start", 1.0, 0.35), ("end", -1.0, 0.35), ("middle", 0.0, -0.4), ("middle", 0.0, 1.1))

Frame = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Town:
    """One commune on the map, in degrees. `count`: of its practices that were found."""

    did: str
    name: str
    country: str
    count: int
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class Dot:
    """One commune as drawn. `anchor`, `text_x`, `text_y`: of its name; no name when there is no room for it."""

    town: Town
    x: float
    y: float
    radius: float
    anchor: str
    text_x: float
    text_y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """One country. `land`, `borders`: SVG paths; `total`: practices of its communes."""

    country: str
    width: int
    height: int
    font: float
    land: str
    borders: str
    dots: tuple[Dot, ...]
    total: int


def place_of(location: object) -> tuple[float | None, float | None]:
    """Latitude and longitude of a card; None for what is none."""
    if not isinstance(location, Mapping):
        return None, None
    try:
        lat, lon = float(str(location["lat"])), float(str(location["lon"]))
    except (KeyError, ValueError):
        return None, None
    return (lat, lon) if abs(lat) <= 85 and abs(lon) <= 180 else (None, None)


def drawings(towns: Iterable[Town]) -> list[Drawing]:
    """A drawing for each country with a commune that says where it stands, the one with most practices first."""
    by_country: dict[str, list[Town]] = {}
    for town in towns:
        if town.lat is not None and town.lon is not None and town.count:
            by_country.setdefault(town.country, []).append(town)
    made = [_drawing(country, some) for country, some in by_country.items()]
    return sorted(made, key=lambda drawing: (-drawing.total, drawing.country))


def _drawing(country: str, towns: Sequence[Town]) -> Drawing:
    frame = _frame(country, towns)
    west, south, east, north = frame
    narrow = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / ((east - west) * narrow)
    if (north - south) * scale > TALLEST * WIDTH:
        scale = TALLEST * WIDTH / (north - south)

    def at(lon: float, lat: float) -> tuple[float, float]:
        return round((lon - west) * narrow * scale, 1), round((north - lat) * scale, 1)

    width, height = at(east, south)
    most = max(town.count for town in towns)
    dots: list[Dot] = []
    taken: list[Frame] = []
    spots = sorted(towns, key=lambda town: (-town.count, town.name))
    circles = [(at(town.lon or 0.0, town.lat or 0.0), _radius(town.count, most)) for town in spots]
    taken += [(x - radius, y - radius, x + radius, y + radius) for (x, y), radius in circles]
    for town, ((x, y), radius) in zip(spots, circles, strict=True):
        dots.append(_dot(town, x, y, radius, (width, height), taken))
    return Drawing(
        country=country,
        width=round(width),
        height=round(height),
        font=FONT,
        land="".join(_path(ring, at, True) for ring in _outlines()["land"] if _near(ring, frame)),
        borders="".join(_path(line, at, False) for line in _outlines()["borders"] if _near(line, frame)),
        dots=tuple(dots),
        total=sum(town.count for town in towns),
    )


def _frame(country: str, towns: Sequence[Town]) -> Frame:
    lons, lats = [town.lon or 0.0 for town in towns], [town.lat or 0.0 for town in towns]
    around = (min(lons) - MARGIN, min(lats) - MARGIN, max(lons) + MARGIN, max(lats) + MARGIN)
    if country not in FRAMES:
        return around
    usual, near = FRAMES[country], 0.5
    return (
        min(usual[0], min(lons) - near),
        min(usual[1], min(lats) - near),
        max(usual[2], max(lons) + near),
        max(usual[3], max(lats) + near),
    )


def _radius(count: int, most: int) -> float:
    """The area of a circle grows with the count."""
    return round(max(SMALLEST, LARGEST * math.sqrt(count / most)), 1)


def _dot(town: Town, x: float, y: float, radius: float, size: tuple[float, float], taken: list[Frame]) -> Dot:
    """A circle with its name where there is room: beside it, else over or under it, else nowhere."""
    wide = len(f"{town.name} {town.count}") * _LETTER * FONT
    for anchor, across, down in _SIDES:
        away = 0.0 if across else math.copysign(radius, down)
        text_x, text_y = x + across * (radius + 5), y + down * FONT + away
        left = text_x - (wide if anchor == "end" else wide / 2 if anchor == "middle" else 0)
        box = (left, text_y - FONT, left + wide, text_y + FONT * 0.3)
        inside = box[0] >= 0 and box[1] >= 0 and box[2] <= size[0] and box[3] <= size[1]
        if inside and not any(_over(box, other) for other in taken):
            taken.append(box)
            return Dot(town, x, y, radius, anchor, round(text_x, 1), round(text_y, 1))
    return Dot(town, x, y, radius, "", 0.0, 0.0)


def _over(one: Frame, other: Frame) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _near(line: Sequence[float], frame: Frame) -> bool:
    xs, ys = line[::2], line[1::2]
    return _over((min(xs), min(ys), max(xs), max(ys)), frame)


def _path(line: Sequence[float], at: Callable[[float, float], tuple[float, float]], closed: bool) -> str:
    points = [at(x, y) for x, y in zip(line[::2], line[1::2], strict=True)]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + ("Z" if closed else "")


@cache
def _outlines() -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = orjson.loads(files("node").joinpath("data", "outlines.json").read_bytes())
    return found
