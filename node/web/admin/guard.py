"""What stands before every administration page: who may see it, and that a form comes from a page of ours.

Each view says for whom it is, `@needs(role)`; one that says nothing is answered to nobody. A POST must come from our
own origin (Sec-Fetch-Site, else Origin; neither is a refusal) and carry the form token of its session. Redirects lead
to pages of this node only (attacks E12, E16).
"""

from __future__ import annotations

import functools
import hmac
import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, g, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from node import accounts
from node.accounts import SignedIn
from node.errors import NotAllowed
from node.store import chains
from node.web import session
from node.web.admin import keeping
from node.web.listing import the_node
from node.web.session import forget, remember, signed_in

__all__ = ["NOBODY", "actor", "forget", "local_path", "needs", "notice", "person", "remember", "role_of", "signed_in"]

NOBODY = "nobody"
"""For views that anybody may see: signing in."""

FORM_BYTES = 1_000_000
"""Bytes of a form that brings no file."""

MENU = ("overview", "drafts", "inbox", "following", "exchange", "published", "consents", "peers", "joining", "policies",
        "aside", "hidden", "acts", "keys", "state", "fediverse", "people", "upload", "searches", "own")  # fmt: skip
"""Endpoints of the side menu, in order; one that does not exist is left out."""

_FORM_COOKIE, _SECURE_FORM_COOKIE = "wasl-form", "__Host-wasl-form"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_WITH_A_PASSWORD_TO_CHANGE = frozenset({"admin.own", "admin.own_password", "admin.sign_out"})

View = Callable[..., Any]


def stand_before(admin: Blueprint) -> None:
    """Guard every view of `admin`."""
    admin.before_request(_declared)
    admin.after_request(_private)


def install(app: Flask) -> None:
    """Give the templates of `app` what forms and the frame of the administration need."""
    known = (form_token, signed_in, notices)
    app.jinja_env.globals.update({function.__name__: function for function in known})
    app.jinja_env.globals.update(admin_menu=menu, accounts_exist=_accounts_exist)


def needs(role: str, *, keeps: bool = False, takes: int = FORM_BYTES) -> Callable[[View], View]:
    """Declare for whom a view is: one of `accounts.ROLES`, or `NOBODY`. Others are sent to sign in, or refused.

    `keeps`: what a form brings comes along through signing in, where the session has ended (`keeping.py`); `takes`:
    bytes of a form at most (more is refused before a byte is read).
    """
    assert role == NOBODY or role in accounts.ROLES

    def declare(view: View) -> View:
        @functools.wraps(view)
        def guarded(**arguments: Any) -> Any:
            elsewhere = _elsewhere(role, keeps=keeps and request.method == "POST")
            return view(**arguments) if elsewhere is None else elsewhere

        guarded.__dict__["needs"] = role
        guarded.__dict__["takes"] = takes
        return guarded

    return declare


def role_of(view: View) -> str | None:
    """What `needs` declared; None for a view that says nothing."""
    declared: str | None = view.__dict__.get("needs")
    return declared


def person() -> SignedIn:
    """Who is signed in, in a view that needs a role."""
    found = signed_in()
    if found is None:
        raise NotAllowed("nobody is signed in", "not_allowed")
    return found


def actor() -> str:
    """Who acts, for the audit log."""
    return person().actor


def notice(kind: str, text: str) -> None:
    """Say something on the next page of this session, once. `kind`: `good` or `trouble`."""
    found = signed_in()
    if found is not None:
        accounts.keep_notice(the_node(), found, kind, str(text))
        g.pop("signed_in", None)


def notices() -> list[tuple[str, str]]:
    """What waits to be said; it is not said again."""
    found = signed_in()
    return accounts.take_notices(the_node(), found) if found is not None and found.said else []


def form_token() -> Markup:
    """The hidden field that every form carries."""
    return Markup('<input type="hidden" name="form_token" value="{}">').format(_expected() or _new_form_token())


def local_path(wanted: str) -> str | None:
    """`wanted` when it is the path of a page of this node, else None. Nothing but our own routes comes out."""
    if not wanted.startswith("/") or len(wanted) > 2000 or re.search(r"[\x00-\x20\x7f\\]", wanted):
        return None
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or parts.path.startswith("//"):
        return None
    try:
        endpoint, _ = current_app.url_map.bind("localhost").match(parts.path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    page = str(endpoint).partition(".")[0] in ("admin", "pages") and endpoint != "pages.static_file"
    return parts._replace(fragment="").geturl() if page else None


def home() -> str:
    """The first page of the menu that the person may see."""
    return next((path for _, path, _ in menu()), url_for("pages.home"))


def menu() -> list[tuple[str, str, str]]:
    """(word, path, aria-current) of the pages that exist and that the person may see."""
    found = signed_in()
    if found is None:
        return []
    shown = []
    for word in MENU:
        view = current_app.view_functions.get(f"admin.{word}")
        if view is not None and _may(found, role_of(view) or ""):
            path = url_for(f"admin.{word}")
            inside = path != url_for("admin.home") and request.path.startswith(path + "/")
            shown.append((word, path, "page" if request.path == path else "true" if inside else ""))
    return shown


def _elsewhere(role: str, *, keeps: bool = False) -> Response | None:
    """What is answered instead of the view, None to go on. Raises `NotAllowed`."""
    posted = request.method not in ("GET", "HEAD", "OPTIONS")
    if posted and not _from_here():
        raise NotAllowed("the form was sent from another website", "foreign_form")
    found = signed_in()
    if role != NOBODY:
        if found is None:
            if keeps and keeping.worth_keeping():
                return _sign_in_again()
            return redirect(url_for("admin.sign_in", next=_here()), 303)
        if found.user.must_change and request.endpoint not in _WITH_A_PASSWORD_TO_CHANGE:
            return redirect(url_for("admin.own"), 303)
        if not _may(found, role):
            raise NotAllowed("your role does not allow this", "role_missing")
    if posted and not _token_fits():
        if keeps and keeping.worth_keeping():
            return keeping.once_more(keeping.page_of_draft(), keeping.packed(), 403, "form_expired")
        raise NotAllowed("the form has expired, or is not from this page: open the page again", "form_expired")
    return None


def _sign_in_again() -> Response:
    """The sign-in page, which carries what was written."""
    page = render_template(
        "admin/signin.html", wanted=keeping.page_of_draft(), kept=keeping.packed(), name="", code="", sentence="",
        out=False, wait=0,
    )  # fmt: skip
    return make_response(page, 401)


def _may(found: SignedIn, role: str) -> bool:
    return role == NOBODY or accounts.may(found.user.role, role)


def _from_here() -> bool:
    """Whether the browser says that the form stood on a page of ours. Absent headers are a no."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("Origin", ""))
    if origin.scheme not in ("http", "https") or not origin.netloc:
        return False
    return origin.netloc == request.host or origin.netloc == _public_host()


def _public_host() -> str:
    """Host and port of the address on our card: behind a proxy that passes on another Host, forms come from there."""
    node = the_node()
    with node.database.reading() as connection:
        card = chains.head_cards(connection).get(node.did)
    return urlsplit(card.url).netloc if card and card.url else ""


def _token_fits() -> bool:
    expected, given = _expected(), request.form.get("form_token", "")
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))


def _expected() -> str:
    """The token that forms of this request's session carry; before signing in, the one in a cookie of its own."""
    found = signed_in()
    if found is not None:
        return found.form_token
    given = request.cookies.get(_form_cookie(), "")
    return given if _TOKEN.fullmatch(given) else ""


def _new_form_token() -> str:
    if "form_token" not in g:
        g.form_token = secrets.token_urlsafe(32)
    return str(g.form_token)


def _form_cookie() -> str:
    return _SECURE_FORM_COOKIE if request.is_secure else _FORM_COOKIE


def _declared() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or role_of(view) is None:
        raise NotAllowed("this page does not say for whom it is", "not_allowed")
    request.max_content_length = view.__dict__["takes"]


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-store"
    if "form_token" in g:
        response.set_cookie(
            _form_cookie(), g.form_token, path="/", secure=request.is_secure, httponly=True, samesite="Strict"
        )
    return response


def _here() -> str | None:
    """Where to go on after signing in: this page, if it can be asked for."""
    path = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return local_path(path)


def _accounts_exist() -> bool:
    if "accounts_exist" not in g:
        g.accounts_exist = session.signed_in() is not None or accounts.anybody(the_node())
    return bool(g.accounts_exist)
