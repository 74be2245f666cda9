"""Requests that two servers could read differently, refused before anything is made of them (attacks D16).

A proxy and the server behind it may disagree where a request ends (two ways to say its length) or whom it is for (two
hosts). waitress follows RFC 9112 and picks one reading; here the other one is an error: 400, and the connection ends.
Nothing that a browser, a peer or the proxies of docs/guides send is of this kind. Put into place by `serving`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import BaseWSGIServer

_HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?", re.ASCII)
"""A name or address, perhaps with a port. Two Host headers arrive here as one with a comma."""
_TWO_LENGTHS = "Content-Length and Transfer-Encoding in one request"


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """waitress's parser, which is asked once more when it has read the head of a request."""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError(_TWO_LENGTHS)
        if self.version == "1.0" and "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("Transfer-Encoding in a request of HTTP/1.0")
        host = self.headers.get("HOST")
        if host is None and self.version != "1.0":
            raise ParsingError("Host is missing")
        if host is not None and not _HOST.fullmatch(host):
            raise ParsingError("Host is not one host")
        if self.proxy_netloc:
            raise ParsingError("this server is no proxy")


class _Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = _Parser


def insist(listening: Iterable[object]) -> None:
    """Let these servers of waitress (among other things of its map) refuse what could be read in two ways."""
    for server in listening:
        if isinstance(server, BaseWSGIServer):
            server.channel_class = _Channel
