"""To want the weekly mail, confirm the address, stop it. An address that nobody has confirmed gets one mail only."""

from __future__ import annotations

import re

from sqlalchemy import Connection

from node.assembly import Node
from node.errors import AccountProblem, MailProblem, NotFound, TooSoon
from node.mailing import tokens
from node.store import accounts, log, mailings, notes
from node.store.mailings import Mailing

WEEK_S = 7 * 86400
ASKED_MOST = 5
"""Mails that ask to confirm, for one person in a day: nobody bothers others by way of this node."""

_DAY_S = 86400
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@(?:{_LABEL}\.)*{_LABEL}", re.ASCII)
"""As HTML says what an address is (WHATWG, valid e-mail address): no sign in it can end a header or name a second."""


def tidy(text: str) -> str:
    """An address as it is kept, its host in ASCII. Raises `AccountProblem` (`mail_address_wrong`)."""
    name, _, host = text.strip().rpartition("@")
    try:
        address = f"{name}@{host.encode('idna').decode('ascii').lower()}"
    except UnicodeError:
        address = ""
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise AccountProblem("this is no e-mail address: write one like name@example.org", "mail_address_wrong")
    return address


def ask(node: Node, user_id: int, text: str, *, actor: str) -> Mailing:
    """Want the mails at this address: a mail with a link is sent there first, by the worker.

    Raises `AccountProblem` (`mail_address_wrong`), `TooSoon`, `MailProblem` (`mail_not_set`).
    """
    if not node.config.mail_host:
        raise MailProblem("no mail server is set for this node", "mail_not_set")
    address, now = tidy(text), node.now()
    with node.database.writing() as connection:
        _count(connection, user_id, now)
        tokens.secret(connection)
        mailings.ask(connection, user_id, address, log.last_seq(connection), now)
        notes.act(connection, now, actor, "mail_asked")
        one = mailings.find(connection, user_id)
    assert one is not None
    return one


def confirm(node: Node, token: str) -> None:
    """The address of a token gets mails from now on, the first in a week. Raises `NotFound` (`mail_link_void`)."""
    with node.database.writing() as connection:
        one = tokens.whose(connection, tokens.CONFIRM, token, node.now())
        if one is None:
            raise NotFound("this link is void: ask for a new one on the page Following", "mail_link_void")
        if one.confirmed_at is None:
            mailings.confirm(connection, one.user_id, node.now(), node.now() + WEEK_S)
            notes.act(connection, node.now(), "mail", "mail_confirmed")


def may_confirm(node: Node, token: str) -> bool:
    """Whether this link still confirms an address."""
    with node.database.reading() as connection:
        return tokens.whose(connection, tokens.CONFIRM, token, node.now()) is not None


def stop(node: Node, user_id: int, *, actor: str) -> None:
    """No more mails; the address is forgotten. Nothing happens when there was none."""
    with node.database.writing() as connection:
        if mailings.erase(connection, user_id):
            notes.act(connection, node.now(), actor, "mail_stopped")


def stop_by_link(node: Node, token: str) -> None:
    """As `stop`, for whoever holds the link of a mail; a link that is void stops nothing, and says nothing."""
    with node.database.writing() as connection:
        one = tokens.whose(connection, tokens.STOP, token, node.now())
        if one is not None and mailings.erase(connection, one.user_id):
            notes.act(connection, node.now(), "mail", "mail_stopped")


def _count(connection: Connection, user_id: int, now: int) -> None:
    name = f"mail:{user_id}"
    before = accounts.find_attempts(connection, name)
    times = before.failures if before is not None and now - before.last_at < _DAY_S else 0
    if before is not None and times >= ASKED_MOST:
        wait = before.last_at + _DAY_S - now
        raise TooSoon(f"tried too often: try again in {wait} seconds", wait)
    accounts.set_attempts(connection, name, times + 1, now)
