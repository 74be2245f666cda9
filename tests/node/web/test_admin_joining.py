"""Connecting two nodes by the pages: one press each by invitation, after a look at an address, and by file."""

from __future__ import annotations

import io
import re
from html import unescape

from desk import Desk, desk_of, texts
from simulator import Network

from node.store import peers
from node.store.peers import ACTIVE, REQUESTED


def test_two_nodes_federate_by_one_press_each(network: Network, cheap: None) -> None:
    rabat, sale = desk_of(network.found("rabat")), desk_of(network.found("sale"))
    assert "/admin/join/invite" in rabat.page("/overview"), "the first page of a new node leads"
    given = rabat.post("/join/invite")
    link = re.search(r"<textarea[^>]*>([^<]+)</textarea>", given.get_data(as_text=True))
    assert given.status_code == 200
    assert link
    assert "no-store" in given.headers["Cache-Control"]
    assert unescape(link[1]) not in rabat.page("/join"), "it is shown once"
    assert unescape(link[1]).rpartition(".")[2] not in str(rabat.acts())
    assert 'name="target"' in sale.page("/overview")
    answer = sale.post("/join/follow", target=unescape(link[1]))
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(rabat.town.did)
    assert (sale.state_of(rabat.town), rabat.state_of(sale.town)) == (ACTIVE, ACTIVE)
    said = sale.town.publish(text="x")
    network.settle()
    assert rabat.town.get(said.uri) is not None
    assert "used by" in texts(rabat.page("/join"))


def test_invitation_is_used_once_and_can_be_withdrawn(network: Network, cheap: None) -> None:
    rabat, sale = desk_of(network.found("rabat")), desk_of(network.found("sale"))
    rabat.post("/join/invite", label="<b>Salé</b>", hours="24")
    page = rabat.page("/join")
    assert "&lt;b&gt;Salé" in page
    path = re.search(r"/admin(/join/invitations/[0-9a-f]+/revoke)", page)
    assert path
    rabat.post(path[1])
    assert "withdrawn" in texts(rabat.page("/join"))
    assert {act for _, act, _ in rabat.acts()} >= {"invite", "revoke_invitation"}
    wrong = sale.post("/join/follow", target=f"{rabat.town.url}#wasl-invite={rabat.town.did}.{'0' * 32}")
    assert wrong.status_code == 400
    assert "invitation_unknown" in wrong.get_data(as_text=True)


def test_what_cannot_be_followed_is_told_beside_the_field(rabat: Desk) -> None:
    for target, code in (
        ("https://nobody.example", "unreachable"),
        ("rabat", "bad_url"),
        ("https://rabat.example", "own_address"),
    ):
        answer = rabat.post("/join/follow", target=target)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 400, target
        assert re.search(rf'id="target-wrong".*{code}', page, re.S), target
        assert f'value="{target}"' in page, "nothing that was typed is lost"
        assert 'aria-describedby="target-wrong' in page
    assert rabat.post("/join/follow", target="").status_code == 400


def test_address_shows_who_answers_before_anything_is_asked(network: Network, cheap: None) -> None:
    rabat, sale = desk_of(network.found("rabat")), desk_of(network.found("sale"))
    looked = sale.post("/join/follow", target=rabat.town.url)
    text = texts(looked.get_data(as_text=True))
    assert looked.status_code == 200
    assert "Is this the node that you mean?" in text
    assert "Rabat" in text
    with sale.town.node.database.reading() as connection:
        assert peers.find(connection, rabat.town.did) is None, "looking writes nothing"
    sale.post("/join/ask", target=rabat.town.url, checked="", vouch="1", note="from the workshop")
    assert sale.state_of(rabat.town) == REQUESTED
    assert "from the workshop" in rabat.page("/join")
    rabat.post(f"/peers/{sale.town.did}/accept", checked="telephone", vouch="1")
    network.meet(sale.town, rabat.town)
    assert (sale.state_of(rabat.town), rabat.state_of(sale.town)) == (ACTIVE, ACTIVE)


def test_cards_are_exchanged_as_files(network: Network, cheap: None) -> None:
    rabat, sale = desk_of(network.found("rabat")), desk_of(network.found("sale", reachable=False))
    assert "Nobody can reach this node" in sale.page("/join"), "no invitation from a node that nobody reaches"
    for here, there in ((rabat, sale), (sale, rabat)):
        data = there.person.get("/admin/join/our-cards").get_data()
        shown = here.post("/join/file", cards=(io.BytesIO(data), "their.cards.jsonl")).get_data(as_text=True)
        hidden = re.search(r'name="data" value="([^"]+)"', shown)
        assert hidden
        refused = here.post("/join/file/add", data=hidden[1], checked="", vouch="1")
        assert refused.status_code == 400, "a file proves nothing without the words"
        assert here.post("/join/file/add", data=hidden[1], checked="telephone", vouch="1").status_code == 303
    network.meet(sale.town, rabat.town)
    assert (sale.state_of(rabat.town), rabat.state_of(sale.town)) == (ACTIVE, ACTIVE)
    for bad in (b"", b"nonsense", b"{}" * 252_000):
        assert rabat.post("/join/file", cards=(io.BytesIO(bad), "x.jsonl")).status_code in (400, 413)
