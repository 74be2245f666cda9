"""The picture of the network as plain numbers: this node in the middle, the others on rings by how near they are.

Law: pure. A `standing.Picture` goes in, places and lines come out; the template `picture.html` writes the SVG, without
a script, a style attribute or a measured font. The same picture gives the same drawing, whatever the order of its
nodes. There is a wide one for screens and a tall one for telephones, of which the style sheet shows one. Every picture
has a table twin on its page, which says the same in words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from node.standing import Picture, PictureEdge, PictureNode

LETTERS = 15
"""Letters on one line of a name; two lines at most."""
SHARED = 3
"""So many names that begin with the same words are shown without them: Fès, not Commune de Fès."""

TURNS = (0.0, 0.35, -0.35, 0.7, -0.7)
"""How far a ring may be turned away from where its nodes want to stand, radians: as fits best between the names."""

_OUTSIDE = 10_000
_OURSELVES, _OTHER = 15.0, 9.0
_LETTER = 0.56
"""Width of a letter, in font sizes."""


@dataclass(frozen=True, slots=True)
class Form:
    """Measures of a drawing, in its units. `across`, `down`: how rings are stretched; `first`, `between`: radii;
    `room`: along a ring for a node and its name; `shown`: width in pixels on which letters have `letter` pixels;
    `guess`: about how large letters become, in units."""

    name: str
    across: float
    down: float
    first: float
    between: float
    room: float
    shown: float
    letter: float
    guess: float


WIDE = Form("wide", 1.18, 0.82, 128.0, 100.0, 84.0, 840.0, 13.5, 13.5)
TALL = Form("tall", 0.74, 1.12, 104.0, 90.0, 66.0, 350.0, 11.5, 17.0)


@dataclass(frozen=True, slots=True)
class Spot:
    """One node. `lines`: its name, broken; `label_y`: baseline of the first line."""

    node: PictureNode
    x: float
    y: float
    radius: float
    lines: tuple[str, ...]
    label_y: float


@dataclass(frozen=True, slots=True)
class Line:
    """One edge, shortened so that it touches the circles. `path`: of SVG; `both`: the vouch is mutual."""

    kind: str
    tone: str
    both: bool
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the template needs. `box`: viewBox; `rings`: half axes of the ellipses around the middle (0, 0); `font`,
    `line`: size of letters and distance of lines, in units."""

    form: str
    box: str
    width: int
    height: int
    font: float
    line: float
    rings: tuple[tuple[float, float], ...]
    lines: tuple[Line, ...]
    spots: tuple[Spot, ...]


def public(picture: Picture) -> Picture:
    """The picture as everybody may see it: admitted nodes only, and nothing of how a peering fares."""
    nodes = tuple(replace(node, tone="good") for node in picture.nodes if node.distance is not None)
    shown = {node.did for node in nodes}
    edges = tuple(replace(edge, tone="good") for edge in picture.edges if {edge.one, edge.other} <= shown)
    return Picture(nodes, edges)


def both(picture: Picture) -> tuple[Drawing, Drawing]:
    """The wide and the tall drawing."""
    return draw(picture, WIDE), draw(picture, TALL)


def draw(picture: Picture, form: Form = WIDE) -> Drawing:
    """One drawing of a picture. Letters grow with it, so that they can be read when it is shown smaller."""
    rings = _rings(picture.nodes)
    names = short_names(picture.nodes)
    places, radii = _places(picture, rings, form, names)
    font = 13.5
    for _ in range(3):
        spots = [_spot(node, *places[node.did], names[node.did], font) for nodes in rings.values() for node in nodes]
        box = _box(spots, font)
        font = min(26.0, max(13.5, form.letter * box[2] / form.shown))
    by_did = {spot.node.did: spot for spot in spots}
    lines = [
        _line(edge, (by_did[edge.one], by_did[edge.other]))
        for edge in sorted(picture.edges, key=lambda edge: (edge.kind == "peering", edge.one, edge.other))
        if edge.one in by_did and edge.other in by_did
    ]
    return Drawing(
        form=form.name,
        box=" ".join(f"{value:.0f}" for value in box),
        width=math.ceil(box[2]),
        height=math.ceil(box[3]),
        font=round(font, 1),
        line=round(_line_of(font), 1),
        rings=tuple((round(radius * form.across, 1), round(radius * form.down, 1)) for radius in radii),
        lines=tuple(lines),
        spots=tuple(spots),
    )


def broken(name: str) -> tuple[str, ...]:
    """A name on one or two lines of about `LETTERS`; the rest of a longer one is left out."""
    words, lines = name.split(), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > LETTERS:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    if len(lines) > 2:
        lines = [lines[0], " ".join(lines[1:])]
    return tuple(line if len(line) <= LETTERS + 2 else f"{line[: LETTERS + 1].rstrip()}…" for line in lines)


def short_names(nodes: Iterable[PictureNode]) -> dict[str, str]:
    """What stands beside each node, by DID: its name, without the first words that many names share."""
    names = {node.did: node.name for node in nodes}
    split = [name.split() for name in names.values()]
    starts = Counter(tuple(words[:count]) for words in split for count in (1, 2) if len(words) > count)
    for start, times in sorted(starts.items(), key=lambda item: -len(item[0])):
        if times >= SHARED and any(len(word) > 2 for word in start):
            prefix = " ".join(start) + " "
            names = {did: name.removeprefix(prefix) for did, name in names.items()}
    return names


def _rings(nodes: Iterable[PictureNode]) -> dict[int, list[PictureNode]]:
    """Nodes by steps from us; those that are not admitted stand outside of all others."""
    rings: dict[int, list[PictureNode]] = {}
    for node in sorted(nodes, key=lambda node: (node.name.casefold(), node.did)):
        rings.setdefault(_OUTSIDE if node.distance is None else node.distance, []).append(node)
    return dict(sorted(rings.items()))


def _places(
    picture: Picture, rings: Mapping[int, list[PictureNode]], form: Form, names: Mapping[str, str]
) -> tuple[dict[str, tuple[float, float]], list[float]]:
    """Where each node stands, and the radii: each ring is turned towards those whom its nodes hang on, and then a
    little, so that no name stands in the way of another."""
    near: dict[str, set[str]] = {}
    for edge in picture.edges:
        near.setdefault(edge.one, set()).add(edge.other)
        near.setdefault(edge.other, set()).add(edge.one)
    places: dict[str, tuple[float, float]] = {}
    angles: dict[str, float] = {}
    radii: list[float] = []
    taken: list[tuple[float, float, float, float]] = []
    for steps, nodes in rings.items():
        if steps == 0:
            places |= {node.did: (0.0, 0.0) for node in nodes}
            taken += [_taken(node, (0.0, 0.0), names[node.did], form) for node in nodes]
            continue
        least = radii[-1] + form.between if radii else form.first
        radii.append(max(least, len(nodes) * form.room / math.tau))
        wanted = {node.did: _mean([angles[did] for did in near.get(node.did, ()) if did in angles]) for node in nodes}
        order = sorted(nodes, key=lambda node: (wanted[node.did] is None, wanted[node.did] or 0.0))
        spread = _spread(order, wanted)
        tried: list[tuple[int, int, float, dict[str, tuple[float, float]]]] = []
        for turn in TURNS:
            here = {node.did: _at(angle + turn, radii[-1], form) for node, angle in zip(order, spread, strict=True)}
            taken += [_taken(node, here[node.did], names[node.did], form) for node in order]
            tried.append((_overlaps(taken, len(order)), len(tried), turn, here))
            del taken[-len(order) :]
        _, _, turn, here = min(tried, key=lambda one: one[:2])
        places |= here
        angles |= {node.did: angle + turn for node, angle in zip(order, spread, strict=True)}
        taken += [_taken(node, here[node.did], names[node.did], form) for node in order]
    return places, radii


def _at(angle: float, radius: float, form: Form) -> tuple[float, float]:
    return round(radius * form.across * math.cos(angle), 1), round(radius * form.down * math.sin(angle), 1)


def _taken(node: PictureNode, place: tuple[float, float], name: str, form: Form) -> tuple[float, float, float, float]:
    """The rectangle that a node and its name take: left, top, right, bottom."""
    return _frame(_spot(node, *place, name, form.guess), form.guess)


def _overlaps(taken: list[tuple[float, float, float, float]], last: int) -> int:
    """How often one of the `last` rectangles lies over another."""
    found = 0
    for place in range(len(taken) - last, len(taken)):
        left, top, right, bottom = taken[place]
        found += sum(
            left < other[2] and other[0] < right and top < other[3] and other[1] < bottom for other in taken[:place]
        )
    return found


def _spread(order: list[PictureNode], wanted: Mapping[str, float | None]) -> list[float]:
    """Angles at equal distances, turned so that as many as possible stand where they want to."""
    step = math.tau / len(order)
    pulls = [angle - place * step for place, node in enumerate(order) if (angle := wanted[node.did]) is not None]
    start = _mean(pulls)
    if start is None:
        start = 0.6 if len(order) < 3 else step / 2 - math.pi / 2  # names stand beside each other least
    return [start + place * step for place in range(len(order))]


def _mean(angles: list[float]) -> float | None:
    """The middle of some directions; None when they point nowhere together."""
    x, y = sum(map(math.cos, angles)), sum(map(math.sin, angles))
    return math.atan2(y, x) % math.tau if math.hypot(x, y) > 1e-6 else None


def _spot(node: PictureNode, x: float, y: float, name: str, font: float) -> Spot:
    radius = _OURSELVES if node.ours else _OTHER
    lines = broken(name)
    above = y < -1 and not node.ours
    label_y = y - radius - 8 - _line_of(font) * (len(lines) - 1) if above else y + radius + 4 + font
    return Spot(node, x, y, radius, lines, round(label_y, 1))


def _line_of(font: float) -> float:
    return font * 1.2


def _box(spots: Iterable[Spot], font: float) -> tuple[float, float, float, float]:
    """The rectangle that holds every circle and name, with a margin: x, y, width, height."""
    left = top = right = bottom = 0.0
    for spot in spots:
        frame = _frame(spot, font)
        left, top = min(left, frame[0]), min(top, frame[1])
        right, bottom = max(right, frame[2]), max(bottom, frame[3])
    return left - 12, top - 8, right - left + 24, bottom - top + 16


def _frame(spot: Spot, font: float) -> tuple[float, float, float, float]:
    """The rectangle around one circle and its name: left, top, right, bottom."""
    half = max([spot.radius, *(len(line) * _LETTER * font / 2 for line in spot.lines)])
    top = min(spot.label_y - _line_of(font), spot.y - spot.radius)
    bottom = max(spot.label_y + _line_of(font) * (len(spot.lines) - 1) + 5, spot.y + spot.radius)
    return spot.x - half, top, spot.x + half, bottom


def _line(edge: PictureEdge, ends: tuple[Spot, Spot]) -> Line:
    """An edge from circle to circle: a peering is straight, a vouch bends to its own side."""
    one, other = ends
    across, down = other.x - one.x, other.y - one.y
    length = math.hypot(across, down) or 1.0
    along = (across / length, down / length)
    bend = min(26.0, length * 0.12) if edge.kind == "vouch" else 0.0
    start, end = _off(one, along, 3.0), _off(other, (-along[0], -along[1]), 7.0 if bend else 3.0)
    middle = ((start[0] + end[0]) / 2 - along[1] * bend, (start[1] + end[1]) / 2 + along[0] * bend)
    curve = f"Q{middle[0]:.1f} {middle[1]:.1f} " if bend else "L"
    return Line(edge.kind, edge.tone, edge.both, f"M{start[0]:.1f} {start[1]:.1f}{curve}{end[0]:.1f} {end[1]:.1f}")


def _off(spot: Spot, direction: tuple[float, float], gap: float) -> tuple[float, float]:
    return spot.x + direction[0] * (spot.radius + gap), spot.y + direction[1] * (spot.radius + gap)
