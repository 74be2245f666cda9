"""The first-run page: whoever has the code makes the node, once; nobody else sees more than that there is none."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from node import accounts
from node.assembly import Node
from node.store import chains
from node.web.firstrun import create_setup_app

CODE = "right-code-12"
ANSWERS = {
    "commune": "tiznit",
    "organisation": "",
    "country": "MA",
    "url": "",
    "language": "ar",
    "name": "amina",
    "password": "quatre mots qui vont ensemble",
}


class Fresh:
    """A folder without a node, its page, and what was made of it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.made: list[Node] = []
        self.client: FlaskClient = create_setup_app(home, {}, CODE, self.made.append).test_client()

    def open(self, code: str = CODE) -> str:
        self.client.get(f"/?code={code}")
        return self.client.get("/?lang=fr").text

    def answer(self, **changes: str) -> tuple[int, str, str]:
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.open())
        form = ANSWERS | {"folder": str(self.home), "form_token": found.group(1) if found else ""} | changes
        said = self.client.post("/", data=form)
        return said.status_code, said.headers.get("Location", ""), said.text


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Fresh]:
    made = Fresh(tmp_path / "node")
    yield made
    for node in made.made:
        node.close()


def test_visitor_without_the_code_sees_no_form_and_can_send_none(fresh: Fresh) -> None:
    for code in ("", "wrong", CODE[:-1], "é" * 12):
        assert "<form" not in fresh.open(code)
    assert fresh.client.post("/", data=ANSWERS | {"folder": str(fresh.home)}).status_code == 403
    assert not fresh.home.exists()


def test_five_answers_make_the_node_and_sign_the_administrator_in(fresh: Fresh) -> None:
    status, there, _ = fresh.answer()
    assert (status, there) == (302, "/admin/keys/sheet")
    (node,) = fresh.made
    with node.database.reading() as connection:
        chain = chains.chain_of(connection, node.did)
    assert chain is not None
    assert chain.head.name("ar") == "جماعة تيزنيت"
    assert chain.head.url is None
    assert node.config.node_language == "ar"
    assert [(user.name, user.role) for user in accounts.everyone(node)] == [("amina", accounts.ADMINISTRATOR)]
    assert fresh.client.get_cookie("wasl-session") is not None
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (fresh.home / "keys").iterdir())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"commune": "", "organisation": ""}, "no_organisation"),
        ({"commune": "", "organisation": "Ville", "country": "XX"}, "bad_field"),
        ({"url": "http://tiznit.example"}, "bad_url"),
        ({"url": "https://"}, "bad_url"),
        ({"language": "xx"}, "bad_field"),
        ({"name": "A B"}, "name_wrong"),
        ({"password": "short"}, "password_short"),
        ({"password": "motdepasse123"}, "password_common"),
        ({"folder": "relative/folder"}, "folder_relative"),
        ({"folder": "/proc/nothing/here"}, "folder_unusable"),
        ({"form_token": "0" * 64}, "form_expired"),
    ],
)
def test_wrong_answer_is_named_and_the_others_are_kept(fresh: Fresh, changes: dict[str, str], code: str) -> None:
    status, _, page = fresh.answer(**changes)
    assert status == 400
    assert f">{code}<" in page
    assert 'value="amina"' in page or "name" in changes
    assert ANSWERS["password"] not in page, "a password is never sent back"
    assert not fresh.made


def test_code_makes_one_node_and_no_second(fresh: Fresh) -> None:
    assert fresh.answer()[0] == 302
    assert fresh.answer()[0] == 302
    assert len(fresh.made) == 1


def test_hostile_answers_are_text(fresh: Fresh) -> None:
    _, _, page = fresh.answer(commune="", organisation="<script>alert(1)</script>", url="javascript:1")
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_page_speaks_five_languages_and_needs_no_script(fresh: Fresh) -> None:
    fresh.open()
    for language in ("fr", "ar", "de", "tr", "en"):
        answer = fresh.client.get(f"/?lang={language}")
        assert f'lang="{language}"' in answer.text
        assert "<script" not in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
