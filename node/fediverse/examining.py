"""Who said it, and what follows: what came into the inbox, examined by the worker, one thing of each host at a time.

The actor's own server is asked for its key, once in a while; a stranger that cannot be known is remembered as such, so
that it costs one question and not one for each thing it says. Killed anywhere, the same thing is examined again.
"""

from __future__ import annotations

from sqlalchemy import Connection

from node.assembly import Node
from node.errors import PeerProblem
from node.fediverse import asking, signatures
from node.fediverse.place import Place, blocked, is_blocked, place_of
from node.logs import facts, get_log
from node.store import heard, log, subscribers
from node.store.heard import DELETE, FOLLOW, Actor, Heard

FRESH_S = 86_400
"""How long what a server said of an actor is believed without asking again, seconds."""
AGAIN_S = 300
"""How long after asking a signature that does not fit, or an actor that is not there, is no reason to ask, seconds."""
TRIES = 6
"""How often a server is asked that does not answer; then what was said in its name is forgotten."""

_log = get_log("fediverse")


def examine(node: Node, said: Heard) -> None:
    """Find out who said this and do what follows from it, or put it off."""
    with node.database.reading() as connection:
        place = place_of(connection, node)
        closed = is_blocked(said.host, blocked(connection))
    actor: Actor | None = None
    if place is not None and not closed:
        try:
            actor = _actor(node, place, said)
        except PeerProblem as error:
            _put_off(node, said, error)
            return
    with node.database.writing() as connection:
        if not heard.done(connection, said):
            return  # another worker was faster
        if actor is None or not _said_by(actor, said):
            _log.info("not believed", extra=facts(kind=said.kind, host=said.host))
        elif said.kind == FOLLOW:
            _follow(connection, node, said, actor)
        else:
            heard.drop_earlier(connection, said)
            subscribers.remove(connection, said.actor)
            heard.forget(connection, said.actor)
            _log.info("a follower left", extra=facts(host=said.host))


def _follow(connection: Connection, node: Node, said: Heard, actor: Actor) -> None:
    """Let the actor follow, if there is room."""
    full = subscribers.count(connection) >= node.config.activitypub_followers
    crowded = subscribers.count(connection, said.host) >= node.config.activitypub_followers_of_host
    if (full or crowded) and subscribers.find(connection, said.actor) is None:
        _log.warning("no room for another follower", extra=facts(host=said.host))
        return
    subscribers.add(
        connection,
        said.actor,
        said.host,
        node.now(),
        own_inbox=actor.inbox,
        inbox=actor.shared_inbox or actor.inbox,
        follow=said.activity,
        seq=log.last_seq(connection),
    )
    _log.info("a new follower", extra=facts(host=said.host))


def _actor(node: Node, place: Place, said: Heard) -> Actor:
    """What is known of the actor: as remembered, or as its server says now. Raises `PeerProblem`."""
    with node.database.reading() as connection:
        known = heard.known(connection, said.actor)
    age = node.now() - known.at if known is not None else FRESH_S
    if known is not None and (0 <= age < AGAIN_S or (0 <= age < FRESH_S and _by(known, said))):
        return known
    try:
        found = asking.look_up(node, place, said.actor)
    except PeerProblem:
        if known is not None and said.kind != FOLLOW and _by(known, said):
            return known  # whoever leaves may go, even when the server is down
        raise
    if found.code != "not_found" or known is None or known.code is not None:
        with node.database.writing() as connection:
            heard.remember(connection, found)
    return found


def _said_by(actor: Actor, said: Heard) -> bool:
    """Whether the actor said it. A deleted account shows no key any more: that its server knows it not is enough."""
    return _by(actor, said) or (said.kind == DELETE and actor.code == "not_found")


def _by(actor: Actor, said: Heard) -> bool:
    """Whether this actor signed it, with the key that its server shows."""
    known = actor.code is None and actor.key_id == said.key_id
    return known and signatures.fits(actor.key, said.base, said.signature)


def _put_off(node: Node, said: Heard, error: PeerProblem) -> None:
    with node.database.writing() as connection:
        if said.tries + 1 >= TRIES:
            heard.done(connection, said)
        else:
            heard.put_off(connection, said, node.now() + 60 * 2**said.tries)
    _log.info("a server does not answer", extra=facts(host=said.host, code=error.code))
