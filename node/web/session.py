"""Who asks: the session cookie, and what it makes of an answer. Knows no page.

Under https the cookie is `__Host-wasl` (Secure, this host only, no domain: RFC 6265bis section 4.1.3.2), and no other
is believed; over plain http, at the machine itself or in a closed network, it is `wasl-session`. Law: an answer to a
request that carries one is kept by nobody (attacks E20), public pages too: they may say more to an administrator.
"""

from __future__ import annotations

import ipaddress

from flask import Flask, g, request
from werkzeug.wrappers import Response

from node import accounts
from node.accounts import SignedIn
from node.web.listing import the_node

SECURE_COOKIE, PLAIN_COOKIE = "__Host-wasl", "wasl-session"
_STATIC = ("pages.static_file", "pages.favicon")
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")


def install(app: Flask) -> None:
    """Keep answers to whoever is signed in out of every cache."""
    app.after_request(keep_back)


def signed_in() -> SignedIn | None:
    """Who is signed in in this request, read once."""
    if "signed_in" not in g:
        token = token_given()
        g.signed_in = accounts.session_of(the_node(), token) if token else None
    found: SignedIn | None = g.signed_in
    return found


def administrator() -> bool:
    """Whether an administrator asks, who has no password to change first."""
    found = signed_in()
    return found is not None and found.user.role == accounts.ADMINISTRATOR and not found.user.must_change


def token_given() -> str:
    """The session token that the request carries, or empty."""
    return request.cookies.get(_cookie(), "")[:200]


def remember(response: Response, token: str) -> None:
    """Give the browser a new session. It forgets it when it is closed; the server ends it earlier."""
    response.set_cookie(_cookie(), token, path="/", secure=request.is_secure, httponly=True, samesite="Lax")
    response.headers["Cache-Control"] = "private, no-store"
    g.pop("signed_in", None)


def forget(response: Response) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(_cookie(), path="/", secure=request.is_secure, httponly=True, samesite="Lax")
    g.pop("signed_in", None)


def caller() -> str:
    """The address of whoever asks; empty when it is the address of a proxy that this node was not told of."""
    address = request.remote_addr or ""
    try:
        own = ipaddress.ip_address(address).is_loopback
    except ValueError:
        return ""
    return "" if own and any(name in request.headers for name in _FORWARDED) else address


def keep_back(response: Response) -> Response:
    """No cache keeps what was answered to a request with a session, whether or not the session still lives."""
    if request.endpoint in _STATIC:
        return response
    if SECURE_COOKIE in request.cookies or PLAIN_COOKIE in request.cookies:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def _cookie() -> str:
    return SECURE_COOKIE if request.is_secure else PLAIN_COOKIE
