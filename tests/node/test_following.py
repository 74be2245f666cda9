"""Following: what of the log is news for whom, in any order of arriving and reading, and what leaves no trace."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import library
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from person import add_person, make_cheap
from simulator import Network, Town

from node import accounts, hiding, labels, publish
from node.assembly import Node
from node.errors import NotAllowed, NotFound
from node.following import choosing, keeping, matching, paths, reading
from node.publish import Statement
from node.store import accounts as people
from node.store import follows, log, records, searches, tables
from node.store.database import Database
from node.store.follows import COMMUNE, PRACTICE, SEARCH, TOPIC
from node.store.records import MEMBERS, PUBLIC

NARROW, BROAD = next(
    (one.id, one.broader) for one in labels.concepts().values() if one.scheme == "topic" and one.broader
)
OTHER = next(
    one.id for one in labels.concepts().values()
    if one.scheme == "topic" and one.id not in (NARROW, BROAD) and one.broader is None
)  # fmt: skip


@pytest.fixture
def rabat(network: Network, monkeypatch: pytest.MonkeyPatch) -> Town:
    make_cheap(monkeypatch)
    return network.found("rabat")


@pytest.fixture
def amina(rabat: Town) -> int:
    return add_person(rabat.node, "amina", "reader", language="fr").id


def keep_up(node: Node) -> None:
    while keeping.follow_once(node):
        pass


def news(node: Node, user: int, audience: str = MEMBERS) -> list[reading.Piece]:
    keep_up(node)
    with node.database.reading() as connection:
        mine = reading.named(connection, follows.of(connection, user), "fr")
        return reading.pieces(connection, follows.newest(connection, user, audience, 500), mine, "fr", audience)


def told(node: Node, user: int, audience: str = MEMBERS) -> list[tuple[str, str]]:
    return [(one.word, one.title_text) for one in news(node, user, audience)]


def unread(node: Node, user: int) -> int:
    keep_up(node)
    with node.database.reading() as connection:
        return reading.unread(connection, user, 500)


def ask(node: Node, about: str | None = None, title: str = "Qui forme ici ?", **more: Any) -> Any:
    content = {"title": {"fr": title}, "text": {"fr": "Qui forme les conseillers ?"}} | more
    return publish.publish(node, Statement("Question", content | ({"about": about} if about else {}), "fr"))


def answer(node: Node, uri: str) -> Any:
    return publish.publish(node, Statement("Answer", {"inReplyTo": uri, "text": {"fr": "La région."}}, "fr"))


def adapt(node: Node, source: Any, **more: Any) -> Any:
    changes = {"fr": "Nous avons changé les heures et le lieu, faute de place."}
    content = {"source": source.uri, "sourceDigest": source.digest.hex(), "fidelity": "adapted", "outcome": "planned"}
    return publish.publish(node, Statement("Adaptation", content | {"changes": changes} | more, "fr"))


def save(node: Node, user: int, address: str, name: str = "Mes bilans") -> str:
    with node.database.writing() as connection:
        return str(searches.add(connection, user, name, address, node.now()).id)


def test_topic_tells_of_practices_under_narrower_topics_and_of_nothing_else(rabat: Town, amina: int) -> None:
    choosing.follow(rabat.node, amina, TOPIC, str(BROAD))
    library.say(rabat.node, "Le narrow", topics=[NARROW])
    library.say(rabat.node, "Autre chose", topics=[OTHER])
    assert told(rabat.node, amina) == [("new", "Le narrow")]
    (piece,) = news(rabat.node, amina)
    assert [(one.follow.kind, one.follow.target) for one in piece.why] == [(TOPIC, BROAD)]


def test_topic_tells_of_what_is_said_about_its_practices(rabat: Town, amina: int) -> None:
    practice = library.say(rabat.node, "Le guichet", topics=[NARROW])
    choosing.follow(rabat.node, amina, TOPIC, NARROW)
    question = ask(rabat.node, practice.uri)
    answer(rabat.node, question.uri)
    ask(rabat.node, None, "Une question sur le sujet ?", topics=[NARROW])
    assert [word for word, _ in told(rabat.node, amina)] == ["Question", "Answer", "Question"]


def test_topic_tells_of_organisations_that_offer_or_seek_it(rabat: Town, amina: int) -> None:
    choosing.follow(rabat.node, amina, TOPIC, str(BROAD))
    for name, side, topic in (("Amal", "offers", NARROW), ("Pont", "seeks", BROAD), ("Autre", "offers", OTHER)):
        content = {"legalName": {"fr": name}, "stakeholderType": "civil-society", side: [{"topic": topic}]}
        publish.publish(rabat.node, Statement("Organisation", content, "fr"))
    assert sorted(told(rabat.node, amina)) == [("Organisation", "Amal"), ("Organisation", "Pont")]


def test_commune_tells_of_all_that_it_says_and_of_no_other(network: Network, rabat: Town, amina: int) -> None:
    fes = network.found("fes")
    network.befriend(rabat, fes)
    network.settle()
    choosing.follow(rabat.node, amina, COMMUNE, fes.did)
    library.say(fes.node, "Venu de Fès")
    library.say(rabat.node, "Venu de Rabat")
    ask(fes.node)
    network.settle()
    assert sorted(told(rabat.node, amina)) == [("Question", "Qui forme ici ?"), ("new", "Venu de Fès")]


def test_practice_tells_of_revisions_questions_answers_adaptations_and_translations(rabat: Town, amina: int) -> None:
    practice = library.say(rabat.node, "Le guichet")
    choosing.follow(rabat.node, amina, PRACTICE, practice.uri)
    question = ask(rabat.node, practice.uri)
    answer(rabat.node, question.uri)
    adapt(rabat.node, practice)
    library.translate(rabat.node, practice, "ar", title="الشباك")
    content = dict(practice.body["content"]) | {"title": {"fr": "Le guichet unique"}}
    publish.publish(rabat.node, Statement("Practice", content, "fr"), practice.record)
    words = [word for word, _ in told(rabat.node, amina)]
    assert words == ["changed", "Translation", "Adaptation", "Answer", "Question"]
    assert told(rabat.node, amina)[1] == ("Translation", "الشباك")


def test_practice_tells_of_what_came_of_it(rabat: Town, amina: int) -> None:
    first = library.say(rabat.node, "La source même")
    choosing.follow(rabat.node, amina, PRACTICE, first.uri)
    second = library.say(rabat.node, "La suite donnée")
    assert told(rabat.node, amina) == []
    adapt(rabat.node, first, result=second.uri)
    assert ("new", "La suite donnée") in told(rabat.node, amina)
    adapt(rabat.node, second)
    assert [word for word, _ in told(rabat.node, amina)] == ["Adaptation", "new", "Adaptation"] or [
        word for word, _ in told(rabat.node, amina)
    ] == ["Adaptation", "Adaptation", "new"]


def test_search_tells_of_new_finds_only_and_never_of_misspelt_words(rabat: Town, amina: int) -> None:
    library.say(rabat.node, "Un trampoline ancien")
    for address in ("q=trampoline", "q=trampolyne"):
        choosing.follow(rabat.node, amina, SEARCH, save(rabat.node, amina, address, address))
    library.say(rabat.node, "Un trampoline nouveau")
    library.say(rabat.node, "Un jardin partagé")
    found = news(rabat.node, amina)
    assert [one.title_text for one in found] == ["Un trampoline nouveau"]
    assert [why.label.text for why in found[0].why] == ["q=trampoline"]


def test_search_tells_of_a_practice_that_it_finds_only_once_translated(rabat: Town, amina: int) -> None:
    number = save(rabat.node, amina, "q=%22Wohnberatung%20Nordstadt%22")
    practice = library.say(rabat.node, "Le guichet")
    choosing.follow(rabat.node, amina, SEARCH, number)
    library.translate(rabat.node, practice, "de", title="Wohnberatung Nordstadt")
    assert told(rabat.node, amina) == [("new", "Le guichet")]
    library.translate(rabat.node, practice, "tr", title="Danışma")
    assert told(rabat.node, amina) == [("new", "Le guichet")]


def test_what_came_before_following_is_no_news_even_when_revised_later(rabat: Town, amina: int) -> None:
    practice = library.say(rabat.node, "Le guichet", topics=[NARROW])
    ask(rabat.node, practice.uri)
    choosing.follow(rabat.node, amina, TOPIC, NARROW)
    assert told(rabat.node, amina) == []
    content = dict(practice.body["content"]) | {"title": {"fr": "Le guichet unique"}}
    publish.publish(rabat.node, Statement("Practice", content, "fr"), practice.record)
    assert told(rabat.node, amina) == [("changed", "Le guichet unique")]


@pytest.mark.both_stores
def test_answer_that_came_before_its_question_is_news_and_unread_when_the_question_comes(
    network: Network, rabat: Town, amina: int
) -> None:
    fes, sale = network.found("fes"), network.found("sale")
    practice = library.say(rabat.node, "Le guichet", topics=[NARROW])
    choosing.follow(rabat.node, amina, PRACTICE, practice.uri)
    question = ask(fes.node, practice.uri)
    reply = answer(sale.node, question.uri)
    network.befriend(rabat, sale)
    network.meet(rabat, sale)
    assert rabat.get(reply.uri) is not None
    assert told(rabat.node, amina) == []
    with rabat.node.database.reading() as connection:
        last = log.last_seq(connection)
    choosing.seen(rabat.node, amina, last)
    network.befriend(rabat, fes)
    network.meet(rabat, fes)
    assert sorted(word for word, _ in told(rabat.node, amina)) == ["Answer", "Question"]
    assert unread(rabat.node, amina) == 2


@pytest.mark.both_stores
def test_erased_and_withdrawn_records_are_news_no_more(rabat: Town, amina: int) -> None:
    choosing.follow(rabat.node, amina, TOPIC, NARROW)
    one, other = (library.say(rabat.node, name, topics=[NARROW]) for name in ("La première", "La seconde"))
    assert len(told(rabat.node, amina)) == 2
    publish.end(rabat.node, one.uri, "erased")
    publish.end(rabat.node, other.uri, "withdrawn")
    assert told(rabat.node, amina) == []
    assert unread(rabat.node, amina) == 0


def test_record_that_is_hidden_here_is_no_news_until_it_is_shown_again(
    network: Network, rabat: Town, amina: int
) -> None:
    fes = network.found("fes")
    network.befriend(rabat, fes)
    choosing.follow(rabat.node, amina, TOPIC, NARROW)
    made = library.say(fes.node, "Venu de Fès", topics=[NARROW])
    network.settle()
    hiding.hide(rabat.node, "test", made.uri, "à voir")
    assert told(rabat.node, amina) == []
    assert unread(rabat.node, amina) == 0
    hiding.show(rabat.node, "test", made.uri)
    assert told(rabat.node, amina) == [("new", "Venu de Fès")]


@pytest.mark.both_stores
@pytest.mark.parametrize("how", ["withdrawn", "hidden", "narrowed"])
def test_translation_of_what_is_not_shown_is_no_news(network: Network, rabat: Town, amina: int, how: str) -> None:
    fes = network.found("fes")
    network.befriend(rabat, fes)
    made = library.say(fes.node, "Venu de Fès")
    network.settle()
    choosing.follow(rabat.node, amina, PRACTICE, made.uri)
    library.translate(rabat.node, made, "ar", title="من فاس")
    assert told(rabat.node, amina, PUBLIC) == [("Translation", "من فاس")]
    if how == "withdrawn":
        publish.end(fes.node, made.uri, "withdrawn")
    elif how == "hidden":
        hiding.hide(rabat.node, "test", made.uri, "à voir")
    else:
        publish.publish(fes.node, Statement("Practice", made.body["content"], "fr", "network"), made.record)
    network.settle()
    assert told(rabat.node, amina, PUBLIC) == []
    assert ("Translation", "من فاس") in told(rabat.node, amina) or how != "narrowed"
    assert unread(rabat.node, amina) == (2 if how == "narrowed" else 0)


def test_record_of_the_network_is_news_for_members_and_not_for_the_public(rabat: Town, amina: int) -> None:
    choosing.follow(rabat.node, amina, TOPIC, NARROW)
    library.say(rabat.node, "Entre nous", topics=[NARROW], visibility="network")
    library.say(rabat.node, "Ici seulement", topics=[NARROW], visibility="node")
    assert told(rabat.node, amina) == [("new", "Entre nous")]
    assert told(rabat.node, amina, PUBLIC) == []
    assert news(rabat.node, amina)[0].path == ""


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_missed_and_nothing_told_twice_however_publishing_reading_and_keeping_up_interleave(
    rabat: Town, amina: int, seed: int
) -> None:
    """Also across stopping and undoing, and with a follower that was killed and reads again."""
    dice = random.Random(seed)
    number = choosing.follow(rabat.node, amina, TOPIC, NARROW)
    choosing.follow(rabat.node, amina, COMMUNE, rabat.did)
    published, seen, stopped = set[str](), list[str](), False
    counter = itertools.count()
    for _ in range(30):
        act = dice.choice(("publish", "publish", "see", "keep up", "stop", "kill"))
        if act == "publish":
            published.add(library.say(rabat.node, f"Titre numéro {next(counter)}", topics=[NARROW]).uri)
        elif act == "keep up":
            keeping.follow_once(rabat.node)
        elif act == "stop":
            (choosing.undo if stopped else choosing.stop)(rabat.node, amina, number)
            stopped = not stopped
        elif act == "kill":
            _back_to(rabat.node, dice.randrange(5))
        else:
            seen += _look_and_mark(rabat.node, amina)
    keep_up(rabat.node)
    seen += _look_and_mark(rabat.node, amina)
    assert sorted(seen) == sorted(published)


def _look_and_mark(node: Node, user: int) -> list[str]:
    """What is unread on the page, as it stands; then all that was shown is marked as read."""
    with node.database.reading() as connection:
        shown = follows.newest(connection, user, MEMBERS, 500)
        read_to = follows.seen(connection, user)
        held = records.at(connection, [one.seq for one in shown], MEMBERS)
    if shown:
        choosing.seen(node, user, shown[0].at)
    return [held[one.seq].uri for one in shown if one.at > read_to]


def _back_to(node: Node, steps: int) -> None:
    """The follower was killed before its cursor was written; the news were."""
    from node.store import notes

    with node.database.writing() as connection:
        before = notes.cursor(connection, keeping.FOLLOWER)
        notes.set_cursor(connection, keeping.FOLLOWER, max(0, before - steps), node.now())


@pytest.mark.both_stores
def test_pages_of_news_have_each_once_while_more_arrives(rabat: Town, amina: int) -> None:
    choosing.follow(rabat.node, amina, TOPIC, NARROW)
    for number in range(7):
        library.say(rabat.node, f"Titre numéro {number}", topics=[NARROW])
    keep_up(rabat.node)
    found, before = list[int](), None
    while True:
        with rabat.node.database.reading() as connection:
            page = follows.newest(connection, amina, MEMBERS, 3, before=before)
        if not page:
            break
        found += [one.seq for one in page]
        before = (page[-1].at, page[-1].seq)
        library.say(rabat.node, "Pendant ce temps", topics=[NARROW])
        keep_up(rabat.node)
    assert len(found) == len(set(found)) == 7


@pytest.mark.both_stores
def test_stopping_can_be_undone_for_a_week_and_misses_nothing(network: Network, rabat: Town, amina: int) -> None:
    number = choosing.follow(rabat.node, amina, TOPIC, NARROW)
    choosing.stop(rabat.node, amina, number)
    library.say(rabat.node, "Pendant la pause", topics=[NARROW])
    assert told(rabat.node, amina) == []
    choosing.undo(rabat.node, amina, number)
    assert told(rabat.node, amina) == [("new", "Pendant la pause")]
    choosing.stop(rabat.node, amina, number)
    network.clock.seconds += follows.UNDO_S + 1
    library.say(rabat.node, "Bien plus tard", topics=[OTHER])
    keep_up(rabat.node)
    with pytest.raises(NotFound, match="nothing under this number"):
        choosing.undo(rabat.node, amina, number)
    assert _rows(rabat.node) == {"follows": 0, "news": 0, "news_seen": 0, "mailings": 0}


def test_disabled_account_leaves_nothing_of_what_it_followed(rabat: Town, amina: int) -> None:
    add_person(rabat.node, "karim", "administrator")
    choosing.follow(rabat.node, amina, TOPIC, NARROW)
    library.say(rabat.node, "La première", topics=[NARROW])
    assert unread(rabat.node, amina) == 1
    choosing.seen(rabat.node, amina, 10**9)
    accounts.disable(rabat.node, "amina", actor="test")
    assert _rows(rabat.node) == {"follows": 0, "news": 0, "news_seen": 0, "mailings": 0}


def _rows(node: Node) -> dict[str, int]:
    with node.database.reading() as connection:
        count = "SELECT count(*) FROM {}"
        return {
            name: connection.exec_driver_sql(count.format(name)).scalar_one()
            for name in ("follows", "news", "news_seen", "mailings")
        }


def test_one_person_follows_no_more_than_is_allowed_and_the_same_once(rabat: Town, amina: int) -> None:
    first = choosing.follow(rabat.node, amina, TOPIC, NARROW)
    assert choosing.follow(rabat.node, amina, TOPIC, NARROW) == first
    with rabat.node.database.writing() as connection:
        for number in range(follows.MOST - 1):
            follows.add(connection, amina, TOPIC, f"t{number}", 0, 0)
    with pytest.raises(NotAllowed, match="stop following one first"):
        choosing.follow(rabat.node, amina, COMMUNE, rabat.did)


@pytest.mark.parametrize(
    ("kind", "target"),
    [(TOPIC, "nonsense"), (TOPIC, "Q1' OR 1=1"), (COMMUNE, "did:key:zNobody"), (PRACTICE, "x/records/y"),
     (SEARCH, "1"), (SEARCH, "-1"), ("everything", "")],
)  # fmt: skip
def test_what_is_not_here_cannot_be_followed(rabat: Town, amina: int, kind: str, target: str) -> None:
    with pytest.raises(NotFound):
        choosing.follow(rabat.node, amina, kind, target)


def test_search_of_another_cannot_be_followed(rabat: Town, amina: int) -> None:
    karim = add_person(rabat.node, "karim", "reader").id
    with pytest.raises(NotFound):
        choosing.follow(rabat.node, karim, SEARCH, save(rabat.node, amina, "q=bilan"))


@pytest.mark.both_stores
def test_only_the_newest_news_of_a_follow_are_remembered(
    rabat: Town, amina: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follows, "NEWS_MOST", 3)
    choosing.follow(rabat.node, amina, TOPIC, NARROW)
    for number in range(6):
        library.say(rabat.node, f"Titre numéro {number}", topics=[NARROW])
    assert [title for _, title in told(rabat.node, amina)] == ["Titre numéro 5", "Titre numéro 4", "Titre numéro 3"]


def test_topics_that_are_broader_than_themselves_end_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    circle = {
        name: labels.Concept(name, "topic", other, {}, {}) for name, other in (("a", "b"), ("b", "c"), ("c", "a"))
    }
    monkeypatch.setattr(labels, "concepts", lambda: circle)
    assert matching.with_broader(["a"]) == {"a", "b", "c"}


def test_without_follows_the_log_is_passed_over_unread(rabat: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    library.say(rabat.node, "La première")
    monkeypatch.setattr(matching, "concerns", lambda *_: pytest.fail("an entry was looked at"))
    assert not keeping.follow_once(rabat.node)
    assert not keeping.follow_once(rabat.node)


def test_database_of_the_version_before_gets_the_tables_and_loses_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "old.db")
    config = Config()
    config.set_main_option("script_location", str(Path(tables.__file__).parent / "migrations"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        user = people.add_user(connection, "amina", "reader", "x", None, 0)
    database.migrate()
    with database.writing() as connection:
        assert people.get_user(connection, "amina").user == user
        follows.add(connection, user.id, TOPIC, NARROW, 0, 0)
        context = MigrationContext.configure(connection)
        names = ("follows", "news", "mailings")
        found = [str(each) for each in compare_metadata(context, tables.metadata)]
        assert [each for each in found if any(name in each for name in names)] == []
    database.close()


def test_paths_of_news_are_those_of_the_pages(rabat: Town, amina: int) -> None:
    from node.app import create_app

    practice = library.say(rabat.node, "Le guichet")
    choosing.follow(rabat.node, amina, PRACTICE, practice.uri)
    question = ask(rabat.node, practice.uri)
    answer(rabat.node, question.uri)
    adapt(rabat.node, practice)
    library.translate(rabat.node, practice, "ar", title="الشباك")
    app = create_app(rabat.node)
    client = app.test_client()
    found = [paths.of_follow(PRACTICE, practice.uri), paths.of_follow(COMMUNE, rabat.did)]
    found += [paths.of_follow(TOPIC, NARROW), *(piece.path for piece in news(rabat.node, amina))]
    assert len(found) == 7
    for path in found:
        reply = client.get(path)
        assert reply.status_code == 200, path
        anchor = path.partition("#")[2]
        assert not anchor or f'id="{anchor}"' in reply.get_data(as_text=True), path
    app.extensions["wasl-searcher"].forget()
