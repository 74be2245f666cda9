"""A mail server for tests: a real one behind a real socket, small, that keeps what it is given and can be told to fail.

    with mailbox.serving() as box:
        settings = box.settings()            # for a node: mail_host, mail_port, …
        box.letters[0].message["Subject"]    # what came, parsed

`refuses` answers 550 to recipients, `drops` hangs up after a message was taken and before it says so, `sleeps` says
nothing at all. With `tls`, STARTTLS with a certificate that `trust` is the path of, and AUTH PLAIN behind it.
"""

from __future__ import annotations

import base64
import datetime
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Letter:
    """A message that came. `to`: recipients of its envelope; `data`: its bytes; `user`: who was signed in, or empty."""

    to: list[str]
    data: bytes
    user: str

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.data, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def text(self, kind: str = "plain") -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content())


@dataclass
class Box:
    port: int = 0
    letters: list[Letter] = field(default_factory=list)
    refuses: bool = False
    drops: bool = False
    sleeps: bool = False
    password: str = ""
    tls: ssl.SSLContext | None = None
    trust: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    def settings(self, **more: Any) -> dict[str, Any]:
        return {
            "mail_host": "127.0.0.1", "mail_port": self.port, "mail_security": "starttls" if self.tls else "none",
            "mail_sender": "wasl@rabat.example", "mail_timeout_s": 5,
        } | more  # fmt: skip


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.box: Box = self.server.box  # type: ignore[attr-defined]
        self.user, self.to = "", list[str]()
        self.secure = False
        if self.box.sleeps:
            self.box.closing.wait(30)
            return
        self.say("220 mailbox")
        while line := self.rfile.readline(2000):
            if not self.answer(line.decode("ascii").strip()):
                return

    def finish(self) -> None:
        super().finish()
        if self.secure:
            self.request.close()

    def say(self, text: str) -> None:
        self.wfile.write(text.encode("ascii") + b"\r\n")

    def answer(self, line: str) -> bool:
        verb = line.partition(" ")[0].upper()
        if verb == "EHLO":
            more = [] if self.box.tls is None else ["AUTH PLAIN"] if self.secure else ["STARTTLS"]
            lines = ["mailbox", "8BITMIME", *more]
            self.wfile.write(b"".join(f"250{' ' if one is lines[-1] else '-'}{one}\r\n".encode() for one in lines))
        elif verb == "STARTTLS" and self.box.tls is not None:
            self.say("220 go on")
            self.request = self.box.tls.wrap_socket(self.request, server_side=True)
            self.connection, self.secure = self.request, True
            self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)
        elif verb == "AUTH":
            _, user, password = base64.b64decode(line.rsplit(maxsplit=1)[-1]).decode().split("\0")
            self.user = user if password == self.box.password else ""
            self.say("235 welcome" if self.user else f"535 not {user}")
        elif verb == "RCPT":
            self.to.append(line.partition("<")[2].partition(">")[0])
            self.say("550 nobody here" if self.box.refuses else "250 yes")
        elif verb == "DATA":
            return self.take()
        else:
            self.say("221 bye" if verb == "QUIT" else "250 yes")
            return verb != "QUIT"
        return True

    def take(self) -> bool:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.box.letters.append(Letter(self.to, b"".join(lines), self.user))
        self.to = []
        if self.box.drops:
            return False
        self.say("250 kept")
        return True


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is none of our business."""


@contextmanager
def serving(folder: Path | None = None, **more: Any) -> Iterator[Box]:
    """A box behind a socket of this machine. `folder`: where its certificate is written; then it speaks TLS."""
    box = Box(**more)
    if folder is not None:
        box.trust = str(_certificate(folder))
        box.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        box.tls.load_cert_chain(box.trust)
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.box = box  # type: ignore[attr-defined]
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield box
        finally:
            box.closing.set()
            server.shutdown()
            thread.join()


def _certificate(folder: Path) -> Path:
    """A key and a certificate for this machine, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()) + made.public_bytes(pem))
    return path
