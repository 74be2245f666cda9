"""Searches that a person keeps: saved, renamed, deleted, brought back; nobody else sees or touches them."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import simulator
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from person import Person, add_person, make_cheap

from node.errors import NotAllowed, NotFound
from node.store import accounts, searches, tables
from node.store.database import Database

NOW = 1_790_000_000


@pytest.fixture
def reader(town: Any, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody with the least role, signed in, before a town with practices."""
    make_cheap(monkeypatch)
    add_person(town.node, "amina", "reader")
    person = Person(town.client.application)
    assert person.sign_in("amina").status_code == 303
    return person


def saved(person: Person) -> list[tuple[str, str]]:
    """(name, address) of the searches on the page."""
    page = person.page("/admin/searches")
    found = re.findall(r'<h2><a href="(/search[^"]*)"><bdi>([^<]*)', page)
    return [(unescape(name), unescape(path)) for path, name in found]


def number(person: Person) -> int:
    found = re.search(r"/admin/searches/(\d+)/delete", person.page("/admin/searches"))
    assert found is not None
    return int(found[1])


def test_search_is_saved_from_its_page_and_found_again(reader: Person) -> None:
    page = reader.page("/search?q=bilan&topic=employment")
    kept = re.search(r'name="search" value="([^"]+)"', page)
    assert kept is not None
    answer = reader.post("/admin/searches/keep", search=unescape(kept[1]), name="Mes bilans")
    assert answer.status_code == 303
    assert saved(reader) == [("Mes bilans", "/search?q=bilan&topic=employment")]
    assert "/feed.atom?q=bilan&amp;topic=employment" in reader.page("/admin/searches")


def test_short_address_leads_to_the_list(reader: Person) -> None:
    answer = reader.get("/searches")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/searches")


def test_search_without_a_name_gets_one_from_what_it_asks(reader: Person) -> None:
    reader.post("/admin/searches/keep", search="q=bilan&country=MA&page=7", name=" ")
    ((name, path),) = saved(reader)
    assert name.startswith("bilan, ")
    assert path == "/search?q=bilan&country=MA"


def test_saved_search_is_renamed_deleted_and_brought_back(reader: Person) -> None:
    reader.post("/admin/searches/keep", search="topic=health", name="Santé")
    one = number(reader)
    reader.post(f"/admin/searches/{one}/name", name="Santé publique")
    assert [name for name, _ in saved(reader)] == ["Santé publique"]
    answer = reader.post(f"/admin/searches/{one}/delete")
    page = reader.page(answer.headers["Location"])
    assert f"/admin/searches/{one}/undo" in page
    assert saved(reader) == []
    reader.post(f"/admin/searches/{one}/undo")
    assert [name for name, _ in saved(reader)] == ["Santé publique"]


def test_same_search_is_kept_once_under_its_last_name(reader: Person) -> None:
    for name in ("one", "two"):
        reader.post("/admin/searches/keep", search="topic=health", name=name)
    assert saved(reader) == [("two", "/search?topic=health")]


def test_nobody_sees_or_touches_what_another_has_saved(town: Any, reader: Person) -> None:
    reader.post("/admin/searches/keep", search="topic=health", name="Santé")
    one = number(reader)
    add_person(town.node, "karim", "administrator")
    other = Person(town.client.application)
    other.sign_in("karim")
    assert saved(other) == []
    for act in ("name", "delete", "undo"):
        assert other.post(f"/admin/searches/{one}/{act}", name="x").status_code == 404
    assert [name for name, _ in saved(reader)] == ["Santé"]


def test_nobody_signed_in_sees_no_list_and_no_form(town: Any, reader: Person) -> None:
    stranger = Person(town.client.application)
    assert stranger.get("/admin/searches").status_code == 303
    page = stranger.page("/search?q=bilan")
    assert 'name="search" value' not in page
    assert "/admin/sign-in?next=/search?q%3Dbilan" in page


def test_form_of_another_website_saves_nothing(reader: Person) -> None:
    answer = reader.post("/admin/searches/keep", headers={"Origin": "https://evil.example"}, search="q=x", name="x")
    assert answer.status_code == 403
    assert saved(reader) == []


@pytest.mark.parametrize("text", ['"><script>alert(1)</script>', "x" * 30_000, "\x00\u202e", "&&&==&q", "%ff%fe"])
def test_hostile_name_or_search_is_text(reader: Person, text: str) -> None:
    answer = reader.post("/admin/searches/keep", search=f"q={text}", name=text)
    assert answer.status_code == 303
    page = reader.page("/admin/searches")
    assert "<script>alert" not in page
    assert len(page) < 60_000


@pytest.fixture
def store(tmp_path: Path) -> Any:
    database = Database(simulator.prepared(tmp_path / "node") / "wasl.db")
    yield database
    database.close()


def test_one_person_saves_no_more_than_is_allowed(store: Database) -> None:
    with store.writing() as connection:
        user = accounts.add_user(connection, "amina", "reader", "x", None, NOW)
        for place in range(searches.MOST):
            searches.add(connection, user.id, f"{place}", f"q={place}", NOW)
        with pytest.raises(NotAllowed) as refused:
            searches.add(connection, user.id, "more", "q=more", NOW)
    assert refused.value.code == "too_many_searches"


def test_deletion_is_forgotten_after_a_week(store: Database) -> None:
    with store.writing() as connection:
        user = accounts.add_user(connection, "amina", "reader", "x", None, NOW)
        old, new = (searches.add(connection, user.id, name, f"q={name}", NOW) for name in ("old", "new"))
        searches.remove(connection, user.id, old.id, NOW)
        searches.remove(connection, user.id, new.id, NOW + searches.UNDO_S + 1)
        with pytest.raises(NotFound):
            searches.bring_back(connection, user.id, old.id)
        searches.bring_back(connection, user.id, new.id)
        assert [search.name for search in searches.of(connection, user.id)] == ["new"]


def test_database_of_the_version_before_gets_its_table_and_loses_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "old.db")
    config = Config()
    config.set_main_option("script_location", str(Path(tables.__file__).parent / "migrations"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        user = accounts.add_user(connection, "amina", "reader", "x", None, NOW)
    database.migrate()
    with database.writing() as connection:
        assert accounts.get_user(connection, "amina").user == user
        assert searches.add(connection, user.id, "x", "q=x", NOW).name == "x"
        context = MigrationContext.configure(connection)
        assert [each for each in compare_metadata(context, tables.metadata) if "searches" in str(each)] == []
    database.close()
