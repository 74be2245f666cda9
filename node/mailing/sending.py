"""Whose turn it is: mails that ask to confirm, and digests, a few at a time, each tried again later and later.

Law: a person gets one digest in a week at most. Its extent is written down before it is sent and its Message-ID follows
from that; who is killed between *sent* and *noted* sends that one again, and mailboxes know it. An empty one is not
sent. The worker runs this in a thread of its own: a slow server holds up nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from sqlalchemy import Connection

from node.assembly import Node
from node.errors import MailProblem
from node.following import keeping
from node.logs import facts, get_log
from node.mailing import composing, post, tokens, writing
from node.mailing.wanting import WEEK_S
from node.store import accounts, chains, mailings, notes
from node.store.mailings import Mailing

AT_ONCE = 10
"""Mails of each kind in one turn."""
LEASE_S = 900
"""For how long one worker takes a mail, seconds: then another tries."""
FIRST_WAIT_S, LONGEST_WAIT_S = 900, 86_400
"""After a failure it is tried again in a quarter of an hour, then in twice that, a day at most."""
ASKED_MOST = 8
"""How often a mail that asks to confirm is tried: some two days."""

_log = get_log("mail")


def turn(node: Node, stopping: Callable[[], bool] = lambda: False) -> int:
    """Send what is due. Returns how many mails were sent."""
    now = node.now()
    with node.database.reading() as connection:
        asking, due = mailings.to_ask(connection, now, AT_ONCE), mailings.due(connection, now, AT_ONCE)
    if not (asking or due):
        return 0
    sent = 0
    with ExitStack() as stack:
        way = _Way(node, stack)
        for one, act in [*((one, _ask) for one in asking), *((one, _send) for one in due)]:
            if stopping():
                break
            sent += _tried(node, way, one, act)
    return sent


def send_early(node: Node, names: list[str]) -> int:
    """Send the digests of these people now, before their week is over. Raises `MailProblem`."""
    sent = 0
    with ExitStack() as stack:
        way = _Way(node, stack)
        with node.database.reading() as connection:
            wanted = {accounts.get_user(connection, name).user.id for name in names}
            those = [one for one in mailings.confirmed(connection) if one.user_id in wanted]
        for one in those:
            sent += _send(node, way, one)
    return sent


class _Way:
    """The connection to the mail server, opened when the first mail needs it. A server that is away is asked once."""

    def __init__(self, node: Node, stack: ExitStack) -> None:
        self._node, self._stack = node, stack
        self._post: post.Post | None = None
        self._away: MailProblem | None = None

    def open(self) -> post.Post:
        if self._away is not None:
            raise self._away
        if self._post is None:
            try:
                self._post = self._stack.enter_context(post.opened(self._node.config))
            except MailProblem as error:
                self._away = error
                raise
        return self._post

    def again(self) -> None:
        """The next mail begins with a new connection."""
        self._post = None


def _tried(node: Node, way: _Way, one: Mailing, act: Callable[[Node, _Way, Mailing], bool]) -> int:
    """Do it; a failure is written down, with when it is tried again."""
    try:
        return int(act(node, way, one))
    except MailProblem as error:
        code = error.code
        _log.warning("mail not sent", extra=facts(user=one.user_id, code=code, reason=error.message))
    except Exception:  # noqa: BLE001  # what cannot be written for one person must not keep the others from theirs
        code = "internal_error"
        _log.exception("mail not written", extra=facts(user=one.user_id))
    way.again()
    wait = min(FIRST_WAIT_S * 2 ** min(one.failures, 10), LONGEST_WAIT_S)
    over = one.confirmed_at is None and one.failures + 1 >= ASKED_MOST
    with node.database.writing() as connection:
        mailings.failed(connection, one, code, None if over else node.now() + wait)
    return 0


def _ask(node: Node, way: _Way, one: Mailing) -> bool:
    """Send the mail that asks to confirm. False when somebody else does."""
    with node.database.writing() as connection:
        if not mailings.claim_asking(connection, one, node.now() + LEASE_S):
            return False
        key, root = tokens.secret(connection), _links(connection, node)
        user = accounts.find_number(connection, one.user_id)
        card = chains.head_cards(connection).get(node.did)
    language = (user.language if user is not None else None) or node.config.node_language
    name = card.name(language) if card is not None else "Wasl"
    link = f"{root}/mail/confirm/{tokens.token(key, tokens.CONFIRM, one)}"
    server, sender = way.open(), node.config.mail_sender
    server.send(writing.confirm_message(name, language, sender, one.address, link, one.asked_at))
    with node.database.writing() as connection:
        mailings.asked(connection, one)
    return True


def _send(node: Node, way: _Way, one: Mailing) -> bool:
    """Send a digest. False when there is nothing to say, or somebody else sends it."""
    with node.database.writing() as connection:
        upto = notes.cursor(connection, keeping.FOLLOWER)
        if not mailings.claim(connection, one, upto, node.now() + LEASE_S):
            return False
        key, root = tokens.secret(connection), _links(connection, node)
        user = accounts.find_number(connection, one.user_id)
        claimed = mailings.find(connection, one.user_id)
        if user is None or claimed is None or claimed.pending_seq is None:
            return False
        upto = claimed.pending_seq
        digest = composing.compose(connection, node, user, upto)
    if digest.total:
        stop = f"{root}/mail/stop/{tokens.token(key, tokens.STOP, one)}"
        server, sender = way.open(), node.config.mail_sender
        message_id = tokens.message_id(key, one, upto, sender.rpartition("@")[2])
        server.send(writing.digest_message(digest, sender, one.address, stop, message_id, node.now()))
    with node.database.writing() as connection:
        now = node.now()
        mailings.mailed(connection, one, upto, now + WEEK_S, now if digest.total else None)
    return bool(digest.total)


def _links(connection: Connection, node: Node) -> str:
    """The address of this node for links. Raises `MailProblem` (`mail_no_address`)."""
    root = composing.root(connection, node)
    if not root:
        raise MailProblem("this node has no address that a link in a mail could begin with", "mail_no_address")
    return root
