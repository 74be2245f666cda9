"""A person at a browser, for tests of pages: keeps cookies, brings the form token and Origin as a browser does.

    amina = Person(app)                       # app: create_app(node)
    amina.sign_in("amina", PASSWORD)          # answers the response; follows nothing
    page = amina.page("/admin/people")        # the text; fails unless it is 200
    amina.post("/admin/people/add", name="k.idrissi", role="editor")     # with Origin and a valid form token

`add_person(node, name, role)` makes an account with PASSWORD. Passwords are hashed cheaply in tests that ask for the
fixture `cheap_passwords` (tests/node/web/conftest.py, tests/node/accounts/conftest.py): `make_cheap(monkeypatch)`.
"""

from __future__ import annotations

import re
from typing import Any

import argon2
from flask import Flask

from node import accounts
from node.accounts import passwords
from node.assembly import Node

PASSWORD = "quatre mots assez longs"
HOST = "localhost"


def make_cheap(monkeypatch: Any) -> None:
    """Argon2id with the least work there is: only for tests."""
    monkeypatch.setattr(passwords, "PARAMETERS", argon2.profiles.CHEAPEST)


def add_person(node: Node, name: str, role: str = accounts.ADMINISTRATOR, **more: Any) -> accounts.User:
    """An account with `PASSWORD`."""
    return accounts.create_user(node, name, role, PASSWORD, actor="test", **more)


def token_in(page: str) -> str:
    """The form token of the first form on a page."""
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found, "no form on this page"
    return found[1]


class Person:
    """One browser. `secure`: whether it comes by https."""

    def __init__(self, app: Flask, *, secure: bool = False, address: str = "192.0.2.7") -> None:
        self.client = app.test_client()
        self.scheme = "https" if secure else "http"
        self.address = address
        self._token_of: dict[str, str] = {}

    def get(self, path: str, **more: Any) -> Any:
        return self._open(path, "GET", **more)

    def page(self, path: str, **more: Any) -> str:
        answer = self.get(path, **more)
        assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("Location"))
        return str(answer.get_data(as_text=True))

    def post(self, path: str, *, token: str | None = None, headers: dict[str, str] | None = None, **form: Any) -> Any:
        """Send a form. `token`: instead of the right one; `headers`: instead of Origin."""
        if headers is None:
            headers = {"Origin": f"{self.scheme}://{HOST}"}
        fields = {"form_token": self.token() if token is None else token, **form}
        return self._open(path, "POST", data=fields, headers=headers)

    def token(self) -> str:
        """The form token of this browser's session, or of the sign-in page before there is one.

        A session keeps one token for all its forms, so it is looked for once.
        """
        cookie = self.cookie()
        if cookie in self._token_of:
            return self._token_of[cookie]
        for path in ("/admin/own", "/admin/sign-in"):
            answer = self.get(path)
            if answer.status_code == 200:
                token = token_in(answer.get_data(as_text=True))
                if path == "/admin/own":
                    self._token_of[self.cookie()] = token
                return token
        raise AssertionError("no page with a form")

    def sign_in(self, name: str, password: str = PASSWORD, code: str = "", **more: Any) -> Any:
        self._token_of.clear()  # the session may have ended meanwhile
        return self.post("/admin/sign-in", name=name, password=password, code=code, **more)

    def cookie(self) -> str:
        """The session token, or empty."""
        name = "__Host-wasl" if self.scheme == "https" else "wasl-session"
        found = self.client.get_cookie(name, HOST)
        return found.value if found else ""

    def _open(self, path: str, method: str, **more: Any) -> Any:
        return self.client.open(
            path,
            method=method,
            base_url=f"{self.scheme}://{HOST}",
            environ_overrides={"REMOTE_ADDR": self.address},
            **more,
        )
