"""The headers that every answer of a node carries, whatever it is about: what a browser may do with it."""

from __future__ import annotations

from flask import Response, request

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}


def put(response: Response) -> Response:
    """Add them, where the answer has not said otherwise."""
    for name, text in _HEADERS.items():
        response.headers.setdefault(name, text)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
