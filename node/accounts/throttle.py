"""How often signing in may be tried: pauses that grow and end, counted in the database, so that a restart helps nobody.

An attempt is counted three times before the password is looked at: for this name from this address, for the address,
and for the name from anywhere. Each count has attempts that are free, then pauses: 15 s, 30 s, 60 s, … up to its
longest. What is tried during a pause is refused unread and prolongs nothing. Law: nobody is locked out for ever. A name
that is attacked from everywhere pauses for a minute at most, and not at all for an address from which it has signed in
during the last 30 days. Unknown names are counted like known ones.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from sqlalchemy import Connection

from node.errors import TooSoon
from node.store import accounts
from node.store.accounts import Attempts

FIRST_PAUSE_S = 15
FORGOTTEN_S = 86_400
"""A day after the last attempt a count begins anew."""
KNOWN_S = 30 * 86_400
"""How long an address counts as one from which a name signs in."""
MOST_ROWS = 20_000
"""Counts kept, about 2 MB: beyond it the oldest go."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One count: attempts that are free in a day, and its longest pause."""

    free: int
    longest_s: int


HERE = Rule(free=5, longest_s=900)
"""A name from one address."""
ADDRESS = Rule(free=30, longest_s=900)
"""An address, whatever the name: a town hall may have one for all."""
NAME = Rule(free=30, longest_s=60)
"""A name, from anywhere."""


def enter(connection: Connection, now: int, name: str, address: str) -> bool:
    """Count an attempt, before it is looked at. True when it is the one with which pauses begin for this name.

    `address`: of the caller, or empty when it is not known. Raises `TooSoon`: then nothing was counted.
    """
    counted = _keys(name, address)
    found = {key: _fresh(accounts.find_attempts(connection, key), now) for key in counted}
    known = bool(address) and _fresh(accounts.find_attempts(connection, _known(name, address)), now) is not None
    wait = max(_wait(rule, found[key], now) for key, rule in counted.items() if not (known and rule is NAME))
    if wait:
        raise TooSoon(f"tried too often: try again in {wait} seconds", wait)
    for key in counted:
        before = found[key]
        accounts.set_attempts(connection, key, (before.failures if before else 0) + 1, now)
    accounts.sweep_attempts(connection, now - FORGOTTEN_S, now - KNOWN_S, MOST_ROWS)
    return _is_notable(found[_here(name, address)], found[_key("name", name)])


def give_back(connection: Connection, now: int, name: str, address: str) -> None:
    """Take back the count of an attempt that was no failure: the password was right, and the second code is missing."""
    for key in _keys(name, address):
        found = accounts.find_attempts(connection, key)
        if found and found.failures > 1:
            accounts.set_attempts(connection, key, found.failures - 1, now)
        elif found:
            accounts.forget_attempts(connection, [key])


def succeeded(connection: Connection, now: int, name: str, address: str) -> None:
    """The person has signed in: this address is known for the name, and the attempt is no failure of any other."""
    give_back(connection, now, name, address)
    accounts.forget_attempts(connection, [_here(name, address)])
    if address:
        accounts.set_attempts(connection, _known(name, address), 0, now)


def forget_name(connection: Connection, name: str) -> None:
    """Begin anew with a name from anywhere: an administrator has given it another password."""
    accounts.forget_attempts(connection, [_key("name", name)])


def _is_notable(here: Attempts | None, name: Attempts | None) -> bool:
    """Whether this attempt is the last free one. Once a name is attacked from everywhere, no address is notable."""
    from_here, from_anywhere = (one.failures + 1 if one else 1 for one in (here, name))
    return from_anywhere == NAME.free or (from_here == HERE.free and from_anywhere < NAME.free)


def _wait(rule: Rule, found: Attempts | None, now: int) -> int:
    """Seconds until the next attempt is looked at; 0: now."""
    if found is None or found.failures < rule.free:
        return 0
    pause = min(FIRST_PAUSE_S << min(found.failures - rule.free, 20), rule.longest_s)
    return min(max(0, found.last_at + pause - now), rule.longest_s)  # a clock set back prolongs no pause


def _fresh(found: Attempts | None, now: int) -> Attempts | None:
    keep_s = KNOWN_S if found and found.failures == 0 else FORGOTTEN_S
    return found if found and found.last_at > now - keep_s else None


def _keys(name: str, address: str) -> dict[str, Rule]:
    keys = {_here(name, address): HERE, _key("name", name): NAME}
    return keys | {_key("address", _network(address)): ADDRESS} if address else keys


def _here(name: str, address: str) -> str:
    return _key("here", name, _network(address))


def _known(name: str, address: str) -> str:
    return _key("known", name, _network(address))


def _key(*parts: str) -> str:
    """A hash: a stranger may have typed anything where a name belongs, and an address is personal."""
    return hashlib.sha256("\n".join(("wasl attempts", *parts)).encode("utf-8", "surrogatepass")).hexdigest()


def _network(address: str) -> str:
    """The address; of IPv6 the /64, which one caller has whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
