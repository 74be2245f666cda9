"""The picture of the network and the timeline: pure drawings, the same whatever the order, each within its frame."""

from __future__ import annotations

import random

import pytest

from node.standing import Picture, PictureEdge, PictureNode
from node.store.peers import Round
from node.web import picture
from node.web.admin import timeline

NOW = 1_770_000_000


def network(towns: int, seed: int = 1) -> Picture:
    """A node with peers, nodes further away, one that asks, and vouches among them."""
    chance = random.Random(seed)
    names = ["Rabat", *(f"Commune de Ville-{number} sur une très longue rivière" for number in range(1, towns))]
    nodes = [
        PictureNode(
            f"did:{place}",
            name,
            "MA",
            0 if place == 0 else chance.choice([1, 1, 2, 3, None]),
            "well",
            "good",
            1,
            2,
            place == 0,
        )
        for place, name in enumerate(names)
    ]
    edges = [PictureEdge("did:0", node.did, "peering", True, "well", "good") for node in nodes if node.distance == 1]
    edges += [
        PictureEdge(one.did, other.did, "vouch", chance.random() < 0.5, "", "good")
        for one in nodes for other in nodes if one is not other and chance.random() < 0.1
    ]  # fmt: skip
    return Picture(tuple(nodes), tuple(edges))


@pytest.mark.parametrize("towns", [1, 2, 3, 12, 60])
@pytest.mark.parametrize("form", [picture.WIDE, picture.TALL])
def test_every_node_and_name_stands_within_the_frame(towns: int, form: picture.Form) -> None:
    found = picture.draw(network(towns), form)
    left, top, width, height = map(float, found.box.split())
    assert len(found.spots) == towns
    for spot in found.spots:
        half = max(len(line) for line in spot.lines) * found.font * 0.5 / 2
        assert left <= spot.x - half
        assert spot.x + half <= left + width
        assert top <= min(spot.y - spot.radius, spot.label_y - found.font)
        assert max(spot.y + spot.radius, spot.label_y + found.line * (len(spot.lines) - 1)) <= top + height
        assert len(spot.lines) <= 2
    places = [(spot.x, spot.y) for spot in found.spots]
    assert len(set(places)) == len(places), "no two nodes stand in one place"
    assert places[0] == (0.0, 0.0), "this node stands in the middle"


def test_same_picture_gives_the_same_drawing() -> None:
    given = network(12)
    nodes, edges = list(given.nodes), list(given.edges)
    random.Random(3).shuffle(nodes)
    random.Random(4).shuffle(edges)
    assert picture.draw(Picture(tuple(nodes), tuple(edges))) == picture.draw(given)


def test_names_that_begin_alike_are_shown_without_their_beginning() -> None:
    names = ["Commune de Rabat", "Commune de Fès", "Commune de Béni Mellal", "ISG Deutschland"]
    nodes = [PictureNode(f"did:{name}", name, "", 1, "", "good", 0, 0, False) for name in names]
    assert list(picture.short_names(nodes).values()) == ["Rabat", "Fès", "Béni Mellal", "ISG Deutschland"]
    assert list(picture.short_names(nodes[:2]).values()) == names[:2]


def test_public_picture_shows_admitted_nodes_and_no_trouble() -> None:
    nodes = (
        PictureNode("did:us", "Us", "", 0, "ourselves", "good", 0, 0, True),
        PictureNode("did:peer", "Peer", "", 1, "altering", "trouble", 0, 0, False),
        PictureNode("did:asks", "Asks", "", None, "waiting_for_us", "waiting", 0, 0, False),
    )
    edges = (
        PictureEdge("did:us", "did:peer", "peering", True, "altering", "trouble"),
        PictureEdge("did:asks", "did:us", "vouch", False, "", "good"),
    )
    shown = picture.public(Picture(nodes, edges))
    assert [node.did for node in shown.nodes] == ["did:us", "did:peer"]
    assert [(edge.other, edge.tone) for edge in shown.edges] == [("did:peer", "good")]


def meeting(ago_s: int, received: int = 0, refused: int = 0, code: str | None = None) -> Round:
    return Round(0, "did:x", NOW - ago_s, 5, received, 0, refused, False, code)


def test_timeline_puts_meetings_into_their_slots_in_the_direction_of_reading() -> None:
    rounds = [meeting(60, 10), meeting(120, 1, 2), meeting(3 * 86_400, code="unreachable"), meeting(30 * 86_400, 99)]
    found, mirrored = timeline.strip(rounds, NOW), timeline.strip(rounds, NOW, right_to_left=True)
    assert len(found.days) == timeline.DAYS
    assert [(bar.received, bar.refusals, bar.failures) for bar in found.bars] == [(0, 0, 1), (11, 2, 0)]
    assert [bar.failed for bar in found.bars] == [True, False]
    assert found.bars[0].x < found.bars[1].x
    assert mirrored.bars[0].x > mirrored.bars[1].x
    assert all(0 <= bar.came + bar.refused <= timeline.HEIGHT for bar in found.bars)
    assert not timeline.strip([], NOW).met
