"""The first-run page: where there is no node yet, five questions make one. `wasl init` asks the same at a terminal.

Law: whoever has the code that `wasl serve` printed may make the node, once; nobody else sees more than that there is
none yet. The page writes nothing until all five answers hold. When the node is made it is served at the same address,
and whoever made it is signed in and reads the recovery sheet next.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request, send_from_directory
from werkzeug.wrappers import Response as WerkzeugResponse

from node import accounts, communes, founding, remedies, speech
from node.assembly import Node
from node.config import LANGUAGES, Config
from node.errors import ConfigProblem, NodeError, NotAllowed
from node.federation.outbound import checked_url
from node.founding import Organisation
from node.logs import facts, get_log
from node.web import headers, language, presenting, session

COOKIE = "wasl-setup"
COUNTRIES = ("MA", "DE", "TR", "FR", "BE", "ES", "IT", "NL", "TN", "DZ", "SN", "ML", "GB", "AT", "CH")
"""Offered on the page; `wasl init --country` takes any."""
NEXT = "/admin/keys/sheet"
"""Where the new administrator goes first."""

_log = get_log("first-run")


@dataclass(frozen=True, slots=True)
class Given:
    """The answers as typed, so that nothing is lost when one of them does not hold. The password is not kept."""

    commune: str = ""
    organisation: str = ""
    country: str = "MA"
    url: str = ""
    language: str = "fr"
    name: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the node was not made: code, what happened, what to do."""

    code: str
    sentence: str
    remedy: str


def create_setup_app(home: Path, environ: Mapping[str, str], code: str, enter: Callable[[Node], None]) -> Flask:
    """The application that makes a node in `home`, and hands it to `enter`, which serves it from then on.

    `environ`: settings from the environment (WASL_…) hold here as they do later. `code`: what the visitor must bring.
    """
    app = Flask("node.web", static_folder=None)
    app.debug = False  # whatever FLASK_DEBUG says (attacks E24)
    app.config.update(MAX_CONTENT_LENGTH=65536, MAX_FORM_MEMORY_SIZE=65536, MAX_FORM_PARTS=30)
    language.speak(app)
    presenting.install(app)
    first = _First(home, environ, code, enter)
    pages = Blueprint("pages", __name__, template_folder="templates")
    pages.add_url_rule("/", "home", first.page, methods=["GET", "POST"])
    pages.add_url_rule("/static/<path:name>", "static_file", _static)
    app.register_blueprint(pages)
    app.after_request(language.remember)
    app.after_request(headers.put)
    app.register_error_handler(404, lambda _error: redirect("/"))
    return app


class _First:
    """The one page, and what it knows. A node is made once: of two who press the button, one makes it."""

    def __init__(self, home: Path, environ: Mapping[str, str], code: str, enter: Callable[[Node], None]) -> None:
        self._home, self._environ, self._code, self._enter = home, environ, code, enter
        self._making = threading.Lock()
        self._made = False

    def page(self) -> WerkzeugResponse:
        """The questions; a visitor without the code is told where it stands."""
        brought = request.args.get("code", "")
        if brought and hmac.compare_digest(brought.encode(), self._code.encode()):
            answer: WerkzeugResponse = redirect("/")
            answer.set_cookie(COOKIE, self._code, httponly=True, samesite="Strict", max_age=7200)
            return answer
        if not hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), self._code.encode()):
            return self._show(None, None, 403 if request.method == "POST" else 200)
        given = Given(folder=str(self._home), language=language.language())
        if request.method == "GET":
            return self._show(given, None, 200)
        given = Given(**{name: request.form.get(name, "").strip() for name in Given.__dataclass_fields__})
        try:
            if not hmac.compare_digest(request.form.get("form_token", "").encode(), self._token().encode()):
                raise NotAllowed("the form is not from this page: open it again", "form_expired")
            return self._make(given, request.form.get("password", ""))
        except NodeError as error:
            tongue = language.language()
            sentence = speech.sentence_for(error.code, tongue) or error.message
            trouble = Trouble(error.code, sentence, remedies.remedy_for(error.code, tongue))
            return self._show(given, trouble, 400)

    def _make(self, given: Given, password: str) -> WerkzeugResponse:
        config = Config.from_text(self._home, "", self._environ)
        organisation = organisation_of(given, config.sync_private_addresses)
        home = Path(given.folder)
        if not home.is_absolute():
            raise ConfigProblem("the folder is a whole path, from the root on", "folder_relative")
        accounts.check_new(given.name, password)
        settings: dict[str, Any] = {"node_language": given.language, "web_port": config.web_port}
        if config.web_host != Config.__dataclass_fields__["web_host"].default:
            settings["web_host"] = config.web_host
        with self._making:
            if self._made:
                return redirect("/")
            try:
                node = founding.found(home, organisation, settings, self._environ)
            except OSError as error:
                raise ConfigProblem(f"the folder cannot be used: {error.strerror}", "folder_unusable") from error
            accounts.create_user(node, given.name, "administrator", password, actor="web:first-run")
            self._made = True
            self._enter(node)
        _log.info("a node was made", extra=facts(did=node.did))
        answer = redirect(NEXT)
        session.remember(answer, accounts.sign_in(node, given.name, password, "", request.remote_addr or ""))
        answer.delete_cookie(COOKIE)
        return answer

    def _show(self, given: Given | None, trouble: Trouble | None, status: int) -> Response:
        text = render_template(
            "firstrun.html",
            open=given is not None,
            given=given,
            trouble=trouble,
            token=self._token(),
            communes=communes.COMMUNES,
            countries=COUNTRIES,
        )
        response = make_response(text, status)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _token(self) -> str:
        return hashlib.sha256(b"wasl first-run form " + self._code.encode()).hexdigest()


def organisation_of(given: Given, private: bool) -> Organisation:
    """Who the node speaks for, as answered. Raises `ConfigProblem`, or `AddressRefused` for the address."""
    if given.language not in LANGUAGES:
        raise ConfigProblem("choose one of the languages", "bad_field")
    url = checked_url(given.url, private) if given.url else None
    if given.commune:
        return founding.organisation_for(given.commune, given.language, "MA", url)
    if not given.organisation:
        raise ConfigProblem("say who the node speaks for", "no_organisation")
    if given.country not in COUNTRIES:
        raise ConfigProblem("choose one of the countries", "bad_field")
    return Organisation({given.language: given.organisation}, given.country, (given.language,), url)


def _static(name: str) -> Response:
    return send_from_directory(Path(__file__).parent / "static", name)
