"""A server of the fediverse, written from the specifications: it follows a town, and believes nothing that comes.

It shares no code with the node: WebFinger is RFC 7033, accounts and activities are W3C ActivityPub, signatures are
draft-cavage-http-signatures-12, made and verified with `cryptography` alone, against the key that the sender's own
server shows over HTTP. Real sockets on this machine. Each `Server` is a host of its own; `fault` says what goes wrong.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

AS = "https://www.w3.org/ns/activitystreams"
TYPE = "application/activity+json"
LD_TYPE = f'application/ld+json; profile="{AS}"'

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@cache
def key_of(name: str) -> rsa.RSAPrivateKey:
    """A key for each name, made once in a test process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Account:
    """Somebody on such a server. `got`: the activities that came for them, verified, in their order."""

    server: Server
    name: str
    got: list[dict[str, Any]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"{self.server.url}/users/{self.name}"

    @property
    def key_id(self) -> str:
        return f"{self.id}#main-key"

    def document(self) -> dict[str, Any]:
        pem = key_of(self.name).public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )  # fmt: skip
        return {
            "@context": [AS, "https://w3id.org/security/v1"],
            "id": self.id,
            "type": "Person",
            "preferredUsername": self.name,
            "inbox": f"{self.id}/inbox",
            "outbox": f"{self.id}/outbox",
            "endpoints": {"sharedInbox": f"{self.server.url}/inbox"} if self.server.shares else {},
            "publicKey": {"id": self.key_id, "owner": self.id, "publicKeyPem": pem.decode()},
        }

    def follow(self, actor: str, **more: Any) -> dict[str, Any]:
        return {"@context": AS, "id": f"{self.id}#follow/1", "type": "Follow", "actor": self.id, "object": actor} | more

    def undo(self, actor: str) -> dict[str, Any]:
        inner = self.follow(actor)
        inner.pop("@context")
        return {"@context": AS, "id": f"{self.id}#undo/1", "type": "Undo", "actor": self.id, "object": inner}

    def say(self, activity: dict[str, Any], inbox: str, **wrong: Any) -> int:
        """Post an activity, signed by this account; `wrong`: as `signed`. Gives the status of the answer."""
        body = json.dumps(activity).encode()
        return post(inbox, body, signed(key_of(self.name), self.key_id, inbox, body, **wrong))

    def types(self) -> list[str]:
        return [str(one["type"]) for one in self.got]


def signed(
    key: rsa.RSAPrivateKey, key_id: str, url: str, body: bytes, *, now: float | None = None, digest: str = "",
    covered: str = "(request-target) host date digest", algorithm: str = "rsa-sha256",
) -> dict[str, str]:  # fmt: skip
    """The headers of a signed POST. What a test wants wrong is given: another key, time, digest, or less covered."""
    parts = urllib.parse.urlsplit(url)
    hashed = digest or "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
    values = {
        "(request-target)": f"post {parts.path}", "host": parts.netloc, "digest": hashed,
        "date": formatdate(time.time() if now is None else now, usegmt=True),
    }  # fmt: skip
    text = "\n".join(f"{name}: {values[name]}" for name in covered.split())
    made = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    field_ = f'keyId="{key_id}",algorithm="{algorithm}",headers="{covered}",signature="{made}"'
    return {"Date": values["date"], "Digest": hashed, "Signature": field_, "Content-Type": TYPE}


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """POST and give the status."""
    asked = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with _opener.open(asked, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def get(url: str, accept: str = LD_TYPE) -> tuple[int, str, Any]:
    """Status, media type and JSON of an address."""
    asked = urllib.request.Request(url, headers={"Accept": accept})
    try:
        with _opener.open(asked, timeout=20) as answer:
            status, kind, data = answer.status, answer.headers.get("Content-Type", ""), answer.read()
    except urllib.error.HTTPError as error:
        status, kind, data = error.code, error.headers.get("Content-Type", ""), error.read()
    return int(status), kind, json.loads(data) if "json" in kind else None


def finger(base: str, account: str) -> str:
    """The actor that WebFinger names for acct:… at `base`."""
    status, kind, said = get(f"{base}/.well-known/webfinger?resource=acct:{account}", "application/jrd+json")
    assert (status, kind) == (200, "application/jrd+json"), (status, kind, said)
    assert said["subject"] == f"acct:{account}"
    (link,) = [one["href"] for one in said["links"] if one["rel"] == "self" and one["type"] == TYPE]
    return str(link)


class Server:
    """One host. `shares`: it has one inbox for all; `fault`: what goes wrong now; `asked`: paths of GETs."""

    def __init__(self, *names: str, shares: bool = True, clock: Callable[[], float] = time.time) -> None:
        self.shares, self.clock = shares, clock
        self.fault = ""
        self.asked: list[str] = []
        self.refused: list[str] = []
        self.arrived = threading.Event()
        self.let_go = threading.Event()
        self.deliveries: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._show(self)

            def do_POST(self) -> None:
                outer._take(self)

            def log_message(self, *_words: Any) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_facts: Any) -> None:
                pass  # the other side went away: that is what some tests are about

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self.accounts = {name: Account(self, name) for name in names}
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _show(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        name = handler.path.removeprefix("/users/")
        if self.fault == "slow":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\n\r\n")
            while not self.let_go.wait(0.1):
                handler.wfile.write(b" ")
        elif self.fault.startswith("redirect:"):
            _answer(handler, 302, b"", Location=self.fault.removeprefix("redirect:"))
        elif self.fault == "down-for-questions":
            _answer(handler, 503, b"")
        elif self.fault == "gone" or name not in self.accounts:
            _answer(handler, 410 if self.fault == "gone" else 404, b"{}")
        elif self.fault == "endless":
            _answer(handler, 200, json.dumps(self.accounts[name].document() | {"x": "x" * 10**6}).encode())
        elif self.fault == "deep":
            _answer(handler, 200, b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
        else:
            _answer(handler, 200, json.dumps(self.accounts[name].document()).encode())

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.arrived.set()
        if self.fault == "hold":
            self.let_go.wait(60)
        if self.fault in ("down", "gone"):
            _answer(handler, 503 if self.fault == "down" else 410, b"")
            return
        why = self._doubt(handler, body)
        if why:
            self.refused.append(why)
            _answer(handler, 401, b"")
            return
        said = json.loads(body)
        self.deliveries.append(str(said["id"]))
        name = handler.path.removeprefix("/users/").partition("/")[0]
        for account in [self.accounts[name]] if name in self.accounts else self.accounts.values():
            account.got.append(said)
        _answer(handler, 202, b"")

    def _doubt(self, handler: BaseHTTPRequestHandler, body: bytes) -> str:
        """Why this request is not believed; empty when it is."""
        headers = {name.lower(): text for name, text in handler.headers.items()}
        hashed = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        if headers.get("digest") != hashed:
            return "digest"
        if abs(parsedate_to_datetime(headers["date"]).timestamp() - self.clock()) > 60:
            return "date"
        if headers.get("content-type") != TYPE:
            return "type"
        given = dict(re.findall(r'([a-zA-Z]+)="([^"]*)"', headers.get("signature", "")))
        names = given["headers"].split()
        if not {"(request-target)", "host", "date", "digest"} <= set(names):
            return "covered"
        headers["(request-target)"] = f"post {handler.path}"
        if headers["host"] != self.host:
            return "host"
        actor = str(json.loads(body)["actor"])
        status, kind, shown = get(given["keyId"].partition("#")[0])
        if status != 200 or kind != TYPE or shown["id"] != actor or shown["publicKey"]["id"] != given["keyId"]:
            return "key"
        public = serialization.load_pem_public_key(shown["publicKey"]["publicKeyPem"].encode())
        assert isinstance(public, rsa.RSAPublicKey)
        text = "\n".join(f"{name}: {headers[name]}" for name in names).encode()
        try:
            public.verify(base64.b64decode(given["signature"]), text, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return "signature"
        return ""


def _answer(handler: BaseHTTPRequestHandler, status: int, data: bytes, **more: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", TYPE)
    for name, text in more.items():
        handler.send_header(name, text)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)
