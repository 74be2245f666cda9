"""Handing messages to an SMTP server (RFC 5321, submission RFC 6409): any, with STARTTLS, TLS, or in the clear.

Every wait has an end. A password goes over TLS only, is read from its file when it is needed, and stands in no
message of an error. Certificates are checked as every browser does.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from node.config import Config
from node.errors import AccountProblem, MailProblem
from node.mailing import wanting

STARTTLS, TLS, CLEAR = "starttls", "tls", "none"


class Post:
    """An open connection to the server. One message after another."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server = server

    def send(self, message: EmailMessage) -> None:
        """Hand a message over. Raises `MailProblem` (`mail_refused`, `mail_unreachable`)."""
        with _translated():
            self._server.send_message(message)


@contextlib.contextmanager
def opened(config: Config) -> Iterator[Post]:
    """A connection, closed at the end. Raises `MailProblem` (`mail_not_set`, `mail_unreachable`, `mail_no_tls`,
    `mail_login`, `mail_password_file`)."""
    if not (config.mail_host and config.mail_sender):
        raise MailProblem("host and sender in [mail] of wasl.toml are not both set", "mail_not_set")
    try:
        wanting.tidy(config.mail_sender)
    except AccountProblem as error:
        raise MailProblem(
            "sender in [mail] of wasl.toml is no address like wasl@example.org", "mail_not_set"
        ) from error
    with _translated():
        server = _connected(config)
    try:
        yield Post(server)
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def _connected(config: Config) -> smtplib.SMTP:
    host, port, wait = config.mail_host, config.mail_port, config.mail_timeout_s
    if config.mail_security == TLS:
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=wait, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(host, port, timeout=wait)
    try:
        if config.mail_security == STARTTLS:
            server.starttls(context=ssl.create_default_context())
        if config.mail_user:
            _sign_in(server, config)
    except BaseException:
        server.close()
        raise
    return server


def _sign_in(server: smtplib.SMTP, config: Config) -> None:
    if config.mail_security == CLEAR:
        raise MailProblem("a password is not sent in the clear: set security in [mail]", "mail_no_tls")
    server.login(config.mail_user, _password(config))


def _password(config: Config) -> str:
    path = config.home / Path(config.mail_password_file)
    try:
        return path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise MailProblem("password_file in [mail] cannot be read", "mail_password_file") from error


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Errors of the mail server as ours. What it said is left out: it may hold an address."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise MailProblem(f"the mail server refuses user or password ({error.smtp_code})", "mail_login") from None
    except (smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
        raise MailProblem(f"no TLS with the mail server: {type(error).__name__}", "mail_no_tls") from None
    except smtplib.SMTPRecipientsRefused:
        raise MailProblem("the mail server refuses the address", "mail_refused") from None
    except smtplib.SMTPResponseException as error:
        raise MailProblem(f"the mail server refuses: {error.smtp_code}", "mail_refused") from None
    except (smtplib.SMTPException, OSError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise MailProblem(f"the mail server does not answer: {reason}", "mail_unreachable") from None
