"""What the links of our mails carry: for whom and for what, signed with a secret of this node (HMAC-SHA256).

A token opens one thing: to confirm an address, or to stop the mails to it. It is bound to the address, so it is void
once another stands there, and names nobody.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

from sqlalchemy import Connection

from node.store import mailings, notes
from node.store.mailings import Mailing

CONFIRM, STOP = "confirm", "stop"
CONFIRM_S = 3 * 86400
"""How long an address can be confirmed, seconds."""

_SECRET = "mail_secret"  # noqa: S105  # its name
_TOKEN = re.compile(r"([0-9]{1,12})-([A-Za-z0-9_-]{43})", re.ASCII)


def secret(connection: Connection) -> bytes:
    """The secret of this node, drawn at first use; `connection` must write."""
    held = notes.value(connection, _SECRET)
    if held is None:
        held = secrets.token_hex(32)
        notes.set_value(connection, _SECRET, held)
    return bytes.fromhex(held)


def token(key: bytes, purpose: str, one: Mailing) -> str:
    """The token for a person's mails as they stand. `purpose`: `CONFIRM` or `STOP`."""
    moment = one.asked_at if purpose == CONFIRM else 0
    return f"{one.user_id}-{_sign(key, purpose, one.user_id, one.address, moment)}"


def whose(connection: Connection, purpose: str, text: str, now: int) -> Mailing | None:
    """The mails that a token is for; None when it is void, has expired, or was never given."""
    found, held = _TOKEN.fullmatch(text), notes.value(connection, _SECRET)
    one = mailings.find(connection, int(found[1])) if found and held else None
    if one is None or held is None or not hmac.compare_digest(token(bytes.fromhex(held), purpose, one), text):
        return None
    return None if purpose == CONFIRM and now > one.asked_at + CONFIRM_S else one


def message_id(key: bytes, one: Mailing, seq: int, host: str) -> str:
    """The Message-ID of a person's digest of news up to `seq`: the same however often it is sent."""
    return f"<{_sign(key, 'digest', one.user_id, one.address, seq)}@{host}>"


def _sign(key: bytes, purpose: str, user_id: int, address: str, number: int) -> str:
    said = "\0".join((purpose, str(user_id), address, str(number)))
    mac = hmac.new(key, said.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode("ascii")
