"""Following on the pages: buttons for people of the node, feeds for everybody, the inbox, the list."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import library
import pytest
from person import Person, add_person, make_cheap

from node.following import keeping
from node.publish import Statement, publish

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def reader(town: Any, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody with the least role, signed in, before a town with practices."""
    make_cheap(monkeypatch)
    add_person(town.node, "amina", "reader")
    person = Person(town.client.application)
    assert person.sign_in("amina").status_code == 303
    return person


def keep_up(town: Any) -> None:
    while keeping.follow_once(town.node):
        pass


def press(person: Person, path: str, kind: str) -> Any:
    """Press the button that follows this kind of thing on a page."""
    for form in re.findall(r'<form[^>]*action="/admin/following/follow".*?</form>', person.page(path), re.DOTALL):
        fields = {
            name: unescape(value) for name, value in re.findall(r'name="(kind|target|next)" value="([^"]*)"', form)
        }
        if fields["kind"] == kind:
            return person.post("/admin/following/follow", **fields)
    raise AssertionError(f"no button for {kind} on {path}")


def titles(person: Person, path: str = "/admin/following") -> list[str]:
    page = person.page(path)
    found = re.findall(r'<article class="card said.*?<h2[^>]*>(.*?)</h2>', page, re.DOTALL)
    return [unescape(re.sub(r"<[^>]*>", "", one)).strip() for one in found]


def test_practice_commune_and_topic_are_followed_by_a_press_on_their_page(town: Any, reader: Person) -> None:
    practice = town.practices["practice-001"]
    path = town.path("practice-001")
    for place, kind in (
        (path, "practice"),
        (f"/communes/{town.node.did}", "commune"),
        ("/search?topic=health", "topic"),
    ):
        answer = press(reader, place, kind)
        assert (answer.status_code, answer.headers["Location"]) == (303, place)
        assert "/stop" in reader.page(place)
    page = reader.page("/admin/following/list")
    assert f"/practices/{practice.origin}/{practice.record}" in page
    assert f'href="/communes/{town.node.did}"' in page
    assert 'href="/search?topic=health"' in page


def test_stopping_on_the_page_of_a_thing_comes_back_to_it_and_in_the_list_offers_to_undo(
    town: Any, reader: Person
) -> None:
    place = f"/communes/{town.node.did}"
    press(reader, place, "commune")
    stop = re.search(r"/admin/following/\d+/stop", reader.page(place))
    assert stop is not None
    assert reader.post(stop[0], next=place).headers["Location"] == place
    press(reader, place, "commune")
    shown = reader.page(reader.post(stop[0]).headers["Location"])
    undo = re.search(r"/admin/following/\d+/undo", shown)
    assert undo is not None
    assert f'href="{place}"' not in shown
    reader.post(undo[0])
    assert f'href="{place}"' in reader.page("/admin/following/list")


def test_button_leads_to_no_other_website(town: Any, reader: Person) -> None:
    for wanted in ("https://evil.example/", "//evil.example", "/static/x", "javascript:alert(1)"):
        answer = reader.post("/admin/following/follow", kind="topic", target="health", next=wanted)
        assert answer.headers["Location"] == "/admin/following/list"


def test_inbox_says_what_happened_and_why_and_marks_only_what_was_shown(town: Any, reader: Person) -> None:
    assert "/communes" in reader.page("/admin/following"), "an empty one says where to begin"
    press(reader, f"/communes/{town.node.did}", "commune")
    library.say(town.node, "Le premier guichet", topics=["health"])
    keep_up(town)
    page = reader.page("/admin/following")
    assert titles(reader) == ["Le premier guichet"]
    assert "commune Commune de Rabat" in re.sub(r"<[^>]*>", "", page)
    upto = re.search(r'name="upto" value="(\d+)"', page)
    assert upto is not None
    library.say(town.node, "Le second guichet", topics=["health"])
    keep_up(town)
    reader.post("/admin/following/seen", upto=upto[1])
    page = reader.page("/admin/following")
    assert page.count("card said fresh") == 1
    assert titles(reader) == ["Le second guichet", "Le premier guichet"]
    assert re.search(r'href="/admin/following"[^>]*>Suivis <span class="chip">1<', page)


@pytest.mark.parametrize("upto", ["", "-1", "nonsense", "9" * 30, "1e9"])
def test_mark_that_is_no_number_marks_nothing_and_none_marks_the_future(town: Any, reader: Person, upto: str) -> None:
    press(reader, f"/communes/{town.node.did}", "commune")
    assert reader.post("/admin/following/seen", upto=upto).status_code == 303
    reader.post("/admin/following/seen", upto="999999999999")
    library.say(town.node, "Le premier guichet")
    keep_up(town)
    assert reader.page("/admin/following").count("card said fresh") == 1


def test_nobody_reads_marks_or_stops_what_another_follows(town: Any, reader: Person) -> None:
    press(reader, f"/communes/{town.node.did}", "commune")
    library.say(town.node, "Le premier guichet")
    keep_up(town)
    add_person(town.node, "karim", "administrator")
    other = Person(town.client.application)
    other.sign_in("karim")
    assert titles(other) == []
    for act in ("stop", "undo"):
        assert other.post(f"/admin/following/1/{act}").status_code == 404
    other.post("/admin/following/seen", upto="999")
    assert reader.page("/admin/following").count("card said fresh") == 1


def test_inbox_has_pages(town: Any, reader: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from node.web.admin import following

    monkeypatch.setattr(following, "PER_PAGE", 2)
    press(reader, f"/communes/{town.node.did}", "commune")
    for number in range(5):
        library.say(town.node, f"Guichet numéro {number}")
    keep_up(town)
    seen, path = list[str](), "/admin/following"
    for _ in range(3):
        seen += titles(reader, path)
        older = re.search(r'class="more" href="(/admin/following\?before=[^"]+)"', reader.page(path))
        path = unescape(older[1]) if older else ""
    assert seen == [f"Guichet numéro {number}" for number in range(4, -1, -1)]
    assert path == ""
    assert reader.get("/admin/following?before=nonsense").status_code == 200


def test_saved_search_tells_of_new_ones_when_asked_to(town: Any, reader: Person) -> None:
    reader.post("/admin/searches/keep", search="q=trampoline", name="Trampolines", follow="1")
    assert "/stop" in reader.page("/admin/searches")
    library.say(town.node, "Un trampoline communal")
    keep_up(town)
    assert titles(reader) == ["Un trampoline communal"]
    assert "Trampolines" in reader.page("/admin/following")
    number = re.search(r"/admin/searches/(\d+)/delete", reader.page("/admin/searches"))
    assert number is not None
    reader.post(f"/admin/searches/{number[1]}/delete")
    assert titles(reader) == []
    reader.post(f"/admin/searches/{number[1]}/undo")
    assert titles(reader) == ["Un trampoline communal"]


def test_members_read_what_is_for_the_network_and_no_feed_has_it(town: Any, reader: Person) -> None:
    press(reader, "/search?topic=health", "topic")
    target = town.practices["practice-001"]
    press(reader, town.path("practice-001"), "practice")
    library.say(town.node, "Entre nous seulement", topics=["health"], visibility="network")
    words = {"title": {"fr": "Une question entre nous ?"}, "text": {"fr": "Une question entre nous ?"}}
    publish(town.node, Statement("Question", words | {"about": target.uri}, "fr", "network"))
    keep_up(town)
    town.index()
    assert titles(reader) == ["Une question entre nous ?", "Entre nous seulement"]
    for person in (town, reader):
        for path in (
            "/feed.atom?topic=health",
            f"{town.path('practice-001')}/feed.atom",
            f"{town.path('practice-001')}/feed.json",
        ):
            assert "entre nous" not in person.page(path).casefold()


def test_feed_of_a_practice_has_it_and_what_was_said_about_it(town: Any) -> None:
    path = f"{town.path('practice-001')}/feed.atom?lang=en"
    answer = town.get(path)
    assert answer.mimetype == "application/atom+xml"
    root = ET.fromstring(answer.get_data())
    said = [entry.findtext(f"{ATOM}title", "").partition(":")[0] for entry in root.findall(f"{ATOM}entry")]
    assert {"New practice", "Translated into German", "Question", "Answer", "A town did this too"} <= set(said)
    links = [entry.find(f"{ATOM}link").attrib["href"] for entry in root.findall(f"{ATOM}entry")]  # type: ignore[union-attr]
    assert all(link.startswith("http") for link in links)
    again = town.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    feed = json.loads(town.page(path.replace(".atom", ".json")))
    assert [item["id"] for item in feed["items"]] == [
        entry.findtext(f"{ATOM}id") for entry in root.findall(f"{ATOM}entry")
    ]


def test_feed_of_what_is_no_practice_or_has_ended_is_refused(town: Any) -> None:
    assert town.get("/practices/did:key:zNobody/x/feed.atom").status_code == 404
    from node import publish as publishing

    practice = town.practices["practice-002"]
    publishing.end(town.node, practice.uri, "erased")
    assert town.get(f"{town.path('practice-002')}/feed.json").status_code == 410


def test_nobody_signed_in_sees_feeds_and_no_button(town: Any) -> None:
    for path in (f"/communes/{town.node.did}", town.path("practice-001"), "/search?topic=health"):
        page = town.page(path)
        assert "/admin/following" not in page
        assert "feed.atom" in page
        assert "feed.json" in page


def test_form_of_another_website_follows_nothing(reader: Person) -> None:
    foreign = {"Origin": "https://evil.example"}
    assert reader.post("/admin/following/follow", headers=foreign, kind="topic", target="health").status_code == 403
    assert reader.post("/admin/following/follow", kind="topic", target="nonsense").status_code == 404


def test_hostile_title_is_text_in_the_inbox_and_the_list(town: Any, reader: Person) -> None:
    made = library.say(town.node, 'Titre "><script>alert(1)</script>\u202e')
    reader.post("/admin/following/follow", kind="practice", target=made.uri)
    content = dict(made.body["content"])
    publish(town.node, Statement("Practice", content, "fr"), made.record)
    keep_up(town)
    for path in ("/admin/following", "/admin/following/list"):
        page = reader.page(path)
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "&lt;script&gt;" in page


def test_node_without_a_mail_server_says_so_and_asks_for_no_address(reader: Person) -> None:
    page = reader.page("/admin/following/list")
    assert 'name="address"' not in page
    answer = reader.post("/admin/following/mail", address="amina@example.org")
    assert answer.status_code == 503
