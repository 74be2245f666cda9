"""The weekly mail: through a real mail server, once a week, to whoever confirmed, until they press one button."""

from __future__ import annotations

import itertools
import mailbox
import re
import threading
from collections.abc import Iterator
from mailbox import Box
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import library
import pytest
from person import Person, add_person, make_cheap
from simulator import Network, Town

from node import accounts, doctor, publish
from node.app import create_app
from node.errors import AccountProblem, MailProblem, NotFound, StoreFull, TooSoon
from node.following import choosing, keeping
from node.indexing import Searcher
from node.mailing import composing, post, sending, wanting, writing
from node.publish import Statement
from node.store import mailings, notes
from node.store.follows import PRACTICE, TOPIC
from node.store.mailings import Mailing
from node.worker import Worker

TOPIC_ID = "employment"
WEEK = wanting.WEEK_S


@pytest.fixture
def box() -> Iterator[Box]:
    with mailbox.serving() as made:
        yield made


@pytest.fixture
def rabat(network: Network, box: Box, monkeypatch: pytest.MonkeyPatch) -> Town:
    make_cheap(monkeypatch)
    return network.found("rabat", **box.settings())


def subscribe(town: Town, box: Box, name: str = "amina", language: str = "fr", address: str = "") -> int:
    """An account that follows a topic and has confirmed its address by the link that came there."""
    user = add_person(town.node, name, "administrator", language=language).id
    choosing.follow(town.node, user, TOPIC, TOPIC_ID)
    wanting.ask(town.node, user, address or f"{name}@example.org", actor="test")
    assert sending.turn(town.node) == 1
    wanting.confirm(town.node, link_in(box).rpartition("/")[2])
    box.letters.clear()
    return user


def link_in(box: Box, room: str = "confirm") -> str:
    found = re.search(rf"https://\S+/mail/{room}/\S+", box.letters[-1].text())
    assert found is not None
    return found[0]


def say(town: Town, title: str = "Le guichet des mères", **more: Any) -> Any:
    made = library.say(town.node, title, topics=[TOPIC_ID], **more)
    while keeping.follow_once(town.node):
        pass
    return made


def mailing(town: Town, user: int) -> Mailing | None:
    with town.node.database.reading() as connection:
        return mailings.find(connection, user)


def pass_a_week(network: Network) -> None:
    network.clock.seconds += WEEK


def test_address_is_confirmed_by_the_link_and_the_digest_comes_after_a_week(
    network: Network, rabat: Town, box: Box
) -> None:
    user = add_person(rabat.node, "amina", "reader", language="fr").id
    choosing.follow(rabat.node, user, TOPIC, TOPIC_ID)
    wanting.ask(rabat.node, user, " amina@Example.ORG ", actor="test")
    say(rabat)
    pass_a_week(network)
    assert sending.turn(rabat.node) == 1, "the mail that asks, and no digest to an address that nobody confirmed"
    (letter,) = box.letters
    assert letter.to == ["amina@example.org"]
    assert letter.message["Subject"] == "Confirmez votre adresse"
    assert "guichet" not in letter.text() + letter.text("html")
    network.clock.seconds += 4 * 86400
    with pytest.raises(NotFound):
        wanting.confirm(rabat.node, link_in(box).rpartition("/")[2])
    wanting.ask(rabat.node, user, "amina@example.org", actor="test")
    sending.turn(rabat.node)
    wanting.confirm(rabat.node, link_in(box).rpartition("/")[2])
    say(rabat, "Encore un guichet")
    assert sending.turn(rabat.node) == 0
    pass_a_week(network)
    assert sending.turn(rabat.node) == 1
    letter = box.letters[-1]
    assert letter.message["Subject"] == "Wasl : 1 nouveauté pour vous"
    assert letter.message["From"].addresses[0].addr_spec == "wasl@rabat.example"
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert "Encore un guichet" in letter.text()
    assert "https://rabat.example/practices/" in letter.text()


def test_digest_comes_once_a_week_at_most_and_never_empty(network: Network, rabat: Town, box: Box) -> None:
    user = subscribe(rabat, box)
    pass_a_week(network)
    assert sending.turn(rabat.node) == 0
    assert box.letters == []
    say(rabat)
    network.clock.seconds += WEEK - 10
    assert sending.turn(rabat.node) == 0
    network.clock.seconds += 10
    assert sending.turn(rabat.node) == 1
    say(rabat, "Un autre guichet")
    for _ in range(6):
        network.clock.seconds += 86400
        assert sending.turn(rabat.node) == 0
    network.clock.seconds += 86400
    assert sending.turn(rabat.node) == 1
    first, second = (letter.text() for letter in box.letters)
    assert "Le guichet des mères" in first
    assert "Un autre guichet" not in first
    assert "Le guichet des mères" not in second
    assert "Un autre guichet" in second
    say(rabat, "Le troisième guichet")
    choosing.seen(rabat.node, user, 10**9)
    pass_a_week(network)
    assert sending.turn(rabat.node) == 0, "what was read on the page is not mailed"


def test_one_press_stops_the_mails_without_signing_in_and_forgets_the_address(
    network: Network, rabat: Town, box: Box
) -> None:
    user = subscribe(rabat, box)
    say(rabat)
    pass_a_week(network)
    sending.turn(rabat.node)
    message = box.letters[-1].message
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(r"<(https://\S+)>", message["List-Unsubscribe"])
    assert link is not None
    assert link[1] == link_in(box, "stop")
    client, path = create_app(rabat.node).test_client(), urlsplit(link[1]).path
    assert client.get(path).status_code == 200
    assert mailing(rabat, user) is not None, "looking stops nothing"
    one_click = {"data": {"List-Unsubscribe": "One-Click"}, "headers": {"Origin": "https://mail.example"}}
    for _ in range(2):
        assert client.post(path, **one_click).status_code == 200
    assert mailing(rabat, user) is None
    say(rabat, "Un autre guichet")
    pass_a_week(network)
    assert sending.turn(rabat.node) == 0
    with rabat.node.database.reading() as connection:
        acts = [(act.actor, act.act, act.detail) for act in notes.acts(connection)]
    assert ("mail", "mail_stopped", "") in acts
    assert rabat.node.config.database.read_bytes().count(b"amina@example.org") == 0


@pytest.mark.both_stores
def test_killed_between_sent_and_noted_sends_that_one_again_and_mailboxes_know_it(
    network: Network, rabat: Town, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(rabat, box)
    say(rabat)
    pass_a_week(network)
    with monkeypatch.context() as patch:
        patch.setattr(mailings, "mailed", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            sending.turn(rabat.node)
    say(rabat, "Arrivé entre les deux")
    assert sending.turn(rabat.node) == 0, "another worker waits until the lease is over"
    network.clock.seconds += sending.LEASE_S
    assert sending.turn(rabat.node) == 1
    first, second = box.letters
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert "Arrivé entre les deux" not in second.text()
    network.clock.seconds += sending.LEASE_S
    assert sending.turn(rabat.node) == 0
    pass_a_week(network)
    assert sending.turn(rabat.node) == 1
    assert box.letters[-1].message["Message-ID"] != first.message["Message-ID"]
    assert "Arrivé entre les deux" in box.letters[-1].text()


def test_server_that_fails_is_tried_later_and_later_and_nothing_is_lost(
    network: Network, rabat: Town, box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    user = subscribe(rabat, box)
    say(rabat)
    pass_a_week(network)
    box.refuses = True
    tries = []
    for _ in range(40):
        before = mailing(rabat, user)
        sending.turn(rabat.node)
        after = mailing(rabat, user)
        assert before is not None
        assert after is not None
        if after.failures > before.failures:
            tries.append(network.clock.seconds)
        network.clock.seconds += 900
    assert [(later - sooner) // 900 for sooner, later in itertools.pairwise(tries)] == [1, 2, 4, 8, 16]
    failing = mailing(rabat, user)
    assert failing is not None
    assert failing.error_code == "mail_refused"
    assert "example.org" not in caplog.text
    box.refuses = False
    network.clock.seconds += sending.LONGEST_WAIT_S
    assert sending.turn(rabat.node) == 1
    assert "Le guichet des mères" in box.letters[-1].text()


def test_server_that_says_nothing_is_asked_once_in_a_turn_for_as_long_as_is_set(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_cheap(monkeypatch)
    with mailbox.serving() as box:
        town = network.found("rabat", **box.settings(mail_timeout_s=1))
        users = [subscribe(town, box, name) for name in ("amina", "karim", "leila")]
        say(town)
        pass_a_week(network)
        opened = []
        really = post.smtplib.SMTP
        monkeypatch.setattr(post.smtplib, "SMTP", lambda *some, **more: opened.append(1) or really(*some, **more))
        box.sleeps = True
        assert sending.turn(town.node) == 0
        assert len(opened) == 1
        assert {held.error_code for user in users if (held := mailing(town, user))} == {"mail_unreachable"}


def test_what_cannot_be_written_for_one_person_keeps_no_other_from_theirs(
    network: Network, rabat: Town, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(rabat, box, "amina")
    subscribe(rabat, box, "karim")
    say(rabat)
    pass_a_week(network)
    really = composing.compose

    def broken(connection: Any, node: Any, user: Any, upto: Any = None) -> Any:
        if user.name == "amina":
            raise ValueError("a record that nobody has foreseen")
        return really(connection, node, user, upto)

    monkeypatch.setattr(composing, "compose", broken)
    assert sending.turn(rabat.node) == 1
    assert box.letters[-1].to == ["karim@example.org"]
    assert sending.turn(rabat.node) == 0


HOSTILE = "Titre\u202e évil <script>alert(1)</script> & \u2066x"


def test_hostile_titles_are_one_line_of_text_and_escaped(network: Network, rabat: Town, box: Box) -> None:
    subscribe(rabat, box)
    say(rabat, HOSTILE, visibility="public")
    pass_a_week(network)
    sending.turn(rabat.node)
    (letter,) = box.letters
    text, page = letter.text(), letter.text("html")
    assert "\u202e" not in text + page
    assert "\u2066" not in text + page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert sorted({name for name in letter.message if name.startswith("X-")}) == []
    assert letter.to == ["amina@example.org"]


@pytest.mark.parametrize("text", ["a\r\nBcc: x@y.z", "a\u2028b\u2029c\x85d", "\x00\x1b[31m", "a\u200db\u061c"])
def test_texts_of_records_stand_on_one_line_of_a_mail(text: str) -> None:
    from node.following import words

    assert "\n" not in words.line(text)
    assert len(words.line(text).splitlines()) == 1
    assert words.line("a\u200db") == "a\u200db", "what joins letters stays"


def test_arabic_mail_reads_right_to_left_and_words_of_others_in_their_own_direction(
    network: Network, rabat: Town, box: Box
) -> None:
    subscribe(rabat, box, language="ar")
    say(rabat)
    pass_a_week(network)
    sending.turn(rabat.node)
    (letter,) = box.letters
    page = letter.text("html")
    assert '<html lang="ar" dir="rtl">' in page
    assert '<body lang="ar" dir="rtl">' in page
    assert '<strong lang="fr" dir="ltr">Le guichet des mères</strong>' in page
    assert letter.message["Content-Language"] == "ar"
    assert "لأنكم" in letter.text() or "لأنك" in letter.text()
    assert "<img" not in page
    assert letter.data.isascii()
    assert "http://" not in page


def test_what_is_invented_says_so_in_a_mail(network: Network, rabat: Town, box: Box) -> None:
    subscribe(rabat, box, language="en")
    library.fill(rabat.node, 12)
    while keeping.follow_once(rabat.node):
        pass
    pass_a_week(network)
    sending.turn(rabat.node)
    assert "New practice · Demonstration data: " in box.letters[-1].text()
    assert "New practice · Demonstration data: " in box.letters[-1].text("html")


def test_record_of_the_network_is_counted_in_a_mail_and_not_told(network: Network, rabat: Town, box: Box) -> None:
    subscribe(rabat, box, language="en")
    say(rabat, "Entre nous seulement", visibility="network")
    pass_a_week(network)
    sending.turn(rabat.node)
    text = box.letters[-1].text()
    assert "Entre nous" not in text + box.letters[-1].text("html")
    assert "1 that only members of the network see" in text


def test_title_of_a_followed_practice_for_the_network_is_in_no_mail(network: Network, rabat: Town, box: Box) -> None:
    user = subscribe(rabat, box, language="en")
    secret = say(rabat, "Entre nous seulement", visibility="network")
    choosing.follow(rabat.node, user, PRACTICE, secret.uri)
    said = {"title": {"fr": "Qui forme ici ?"}, "text": {"fr": "Qui forme les conseillers ?"}, "about": secret.uri}
    publish.publish(rabat.node, Statement("Question", said, "fr"))
    while keeping.follow_once(rabat.node):
        pass
    pass_a_week(network)
    assert sending.turn(rabat.node) == 1
    letter = box.letters[-1]
    assert "Qui forme ici ?" in letter.text()
    assert "Entre nous" not in letter.text() + letter.text("html")


def test_disabled_account_gets_nothing_and_its_address_is_gone(network: Network, rabat: Town, box: Box) -> None:
    user = subscribe(rabat, box)
    add_person(rabat.node, "karim", "administrator")
    say(rabat)
    accounts.disable(rabat.node, "amina", actor="test")
    pass_a_week(network)
    assert sending.turn(rabat.node) == 0
    assert mailing(rabat, user) is None
    rabat.node.database.forget()
    assert b"amina@example.org" not in rabat.node.config.database.read_bytes()


@pytest.mark.parametrize(
    "address",
    ["", "amina", "@example.org", "a@b@c", "a b@example.org", "a@example.org\r\nBcc: x@y.z", "a@example.org, b@x.y",
     "<a@example.org>", "é@example.org", "a@exa mple.org", "a@-x.org", "a\x00@example.org", '"a\n"@example.org',
     "a@" + "x" * 260 + ".org", "a@" + ".".join(["x" * 60] * 5), "a@ex\u202eample.org", "a@\u2028x.org"],
)  # fmt: skip
def test_what_is_no_address_or_would_be_more_than_one_is_refused(address: str) -> None:
    with pytest.raises(AccountProblem):
        wanting.tidy(address)


def test_host_in_other_letters_is_kept_in_ascii() -> None:
    assert wanting.tidy("info@Köln.example") == "info@xn--kln-sna.example"


def test_nobody_bothers_others_by_way_of_this_node(network: Network, rabat: Town, box: Box) -> None:
    user = add_person(rabat.node, "amina", "reader").id
    for number in range(wanting.ASKED_MOST):
        wanting.ask(rabat.node, user, f"v{number}@example.org", actor="test")
    with pytest.raises(TooSoon):
        wanting.ask(rabat.node, user, "another@example.org", actor="test")
    assert sending.turn(rabat.node) == 1, "only the last address is asked"
    network.clock.seconds += 86400
    wanting.ask(rabat.node, user, "another@example.org", actor="test")


def test_links_of_one_purpose_open_nothing_else_and_are_void_for_another_address(
    network: Network, rabat: Town, box: Box
) -> None:
    user = add_person(rabat.node, "amina", "reader").id
    wanting.ask(rabat.node, user, "amina@example.org", actor="test")
    sending.turn(rabat.node)
    token = link_in(box).rpartition("/")[2]
    wanting.stop_by_link(rabat.node, token)
    assert mailing(rabat, user) is not None
    wanting.ask(rabat.node, user, "other@example.org", actor="test")
    for wrong in (token, token[:-1], token + "A", f"{user}-{'A' * 43}", "", "999-" + token[2:], "é" * 50):
        with pytest.raises(NotFound):
            wanting.confirm(rabat.node, wrong)


def test_looking_at_the_link_confirms_nothing_and_a_void_link_is_404(rabat: Town, box: Box) -> None:
    user = add_person(rabat.node, "amina", "reader").id
    wanting.ask(rabat.node, user, "amina@example.org", actor="test")
    sending.turn(rabat.node)
    client, path = create_app(rabat.node).test_client(), urlsplit(link_in(box)).path
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    held = mailing(rabat, user)
    assert held is not None
    assert held.confirmed_at is None
    for _ in range(2):
        assert client.post(path).status_code == 200
    held = mailing(rabat, user)
    assert held is not None
    assert held.confirmed_at is not None
    for method in (client.get, client.post):
        assert method("/mail/confirm/1-nonsense").status_code == 404


def test_token_of_a_link_stands_in_no_log_when_the_disk_is_full(
    rabat: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any) -> None:
        raise StoreFull("the disk is full")

    monkeypatch.setattr(wanting, "stop_by_link", full)
    client = create_app(rabat.node).test_client()
    assert client.post(f"/mail/stop/1-{'A' * 43}").status_code == 507
    assert "/mail/stop/<token>" in str([vars(record) for record in caplog.records])
    assert "AAAAAAA" not in str([vars(record) for record in caplog.records])


def test_password_goes_over_tls_only_and_comes_from_its_file(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_cheap(monkeypatch)
    with mailbox.serving(tmp_path, password="geheim") as box:
        settings = box.settings(mail_user="wasl", mail_password_file=str(tmp_path / "password"))
        town = network.found("rabat", **settings)
        with pytest.raises(MailProblem, match="TLS") as refused, post.opened(town.node.config):
            pass
        assert refused.value.code == "mail_no_tls", "the certificate is of nobody whom this machine trusts"
        monkeypatch.setenv("SSL_CERT_FILE", box.trust)
        with pytest.raises(MailProblem) as refused, post.opened(town.node.config):
            pass
        assert refused.value.code == "mail_password_file"
        (tmp_path / "password").write_text("wrong\n")
        with pytest.raises(MailProblem) as refused, post.opened(town.node.config):
            pass
        assert refused.value.code == "mail_login"
        assert "geheim" not in str(refused.value)
        (tmp_path / "password").write_text("geheim\n")
        subscribe(town, box)
        say(town)
        pass_a_week(network)
        assert sending.turn(town.node) == 1
        assert box.letters[-1].user == "wasl"
        assert "geheim" not in caplog.text


def test_sender_that_is_no_address_is_said_so_and_sends_nothing(network: Network, box: Box) -> None:
    town = network.found("rabat", **box.settings(mail_sender="Wasl <wasl@rabat.example>"))
    with pytest.raises(MailProblem, match="no address"), post.opened(town.node.config):
        pass


def test_password_is_never_sent_in_the_clear(network: Network, box: Box) -> None:
    town = network.found("rabat", **box.settings(mail_user="wasl", mail_password_file="x"))
    with pytest.raises(MailProblem) as refused, post.opened(town.node.config):
        pass
    assert refused.value.code == "mail_no_tls"


def test_node_without_an_address_sends_no_mail_whose_links_lead_nowhere(
    network: Network, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_cheap(monkeypatch)
    town = network.found("rabat", reachable=False, **box.settings())
    user = add_person(town.node, "amina", "reader").id
    wanting.ask(town.node, user, "amina@example.org", actor="test")
    assert sending.turn(town.node) == 0
    held = mailing(town, user)
    assert held is not None
    assert held.error_code == "mail_no_address"


def test_doctor_says_when_mails_are_wanted_and_cannot_go_out(network: Network, rabat: Town, box: Box) -> None:
    def found(**environ: str) -> list[tuple[str, str]]:
        every = doctor.examine(rabat.node.config.home, environ, network.clock())
        return [(one.state, one.sentence) for one in every if one.check == "mail"]

    subscribe(rabat, box)
    assert found() == [(doctor.FINE, "the mail server answers; 1 people get the weekly mail")]
    ((state, sentence),) = found(WASL_MAIL_HOST="")
    assert (state, "not both set" in sentence) == (doctor.ATTENTION, True)
    ((state, sentence),) = found(WASL_MAIL_PORT="1")
    assert (state, "does not answer" in sentence) == (doctor.ATTENTION, True)


def test_node_on_which_nobody_wants_mails_is_told_nothing_of_them(network: Network) -> None:
    town = network.found("rabat")
    assert [one for one in doctor.examine(town.node.config.home, {}, network.clock()) if one.check == "mail"] == []


def test_many_news_are_counted_and_the_newest_told(
    network: Network, rabat: Town, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(rabat, box, language="en")
    monkeypatch.setattr(composing, "PIECES_MOST", 2)
    for number in range(5):
        say(rabat, f"Guichet numéro {number}")
    pass_a_week(network)
    sending.turn(rabat.node)
    text = box.letters[-1].text()
    assert "numéro 4" in text
    assert "numéro 2" not in text
    assert "And 3 more." in text
    assert box.letters[-1].message["Subject"].startswith("Wasl: 5 ")


def test_worker_sends_what_is_due_and_goes_on_with_its_other_work_while_the_server_sleeps(
    network: Network, rabat: Town, box: Box
) -> None:
    subscribe(rabat, box)
    say(rabat)
    pass_a_week(network)
    box.sleeps = True
    searcher = Searcher(rabat.node)
    worker = Worker(rabat.node, searcher)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        made = library.say(rabat.node, "Pendant ce temps")
        waiting = threading.Event()
        for _ in range(200):
            with rabat.node.database.reading() as connection:
                done = notes.cursor(connection, keeping.FOLLOWER)
            stored = rabat.get(made.uri)
            assert stored is not None
            if done >= stored.seq:
                break
            waiting.wait(0.02)
        else:
            pytest.fail("the worker stood still")
    finally:
        box.sleeps = False
        box.closing.set()
        worker.stop()
        thread.join()
        searcher.forget()


def test_person_signed_in_asks_and_stops_on_the_page(rabat: Town, box: Box) -> None:
    add_person(rabat.node, "amina", "reader")
    person = Person(create_app(rabat.node))
    person.sign_in("amina")
    answer = person.post("/admin/following/mail", address="nonsense")
    assert answer.status_code == 400
    assert "address-wrong" in answer.get_data(as_text=True)
    assert person.post("/admin/following/mail", address="amina@example.org").status_code == 303
    assert "amina@example.org" in person.page("/admin/following/list")
    sending.turn(rabat.node)
    wanting.confirm(rabat.node, link_in(box).rpartition("/")[2])
    assert "amina@example.org" in person.page("/admin/following/list")
    person.post("/admin/following/mail/off")
    assert "amina@example.org" not in person.page("/admin/following/list")


def test_writing_a_digest_by_hand_needs_no_server(network: Network) -> None:
    digest = composing.Digest("tr", "Rabat", "https://rabat.example", (), 0, 3, 9)
    assert "3" in writing.subject(digest)
    assert "https://rabat.example/admin/following" in writing.digest_text(digest, "")
