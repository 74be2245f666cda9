"""The worker: a loop over rows. It keeps the followers going and meets the peers that are due.

State is in the database; a worker may be killed at any moment and another takes over. Each peer is met in a thread of
its own, with a lease, so that one slow or hostile peer stops nobody else; the index is kept in one, too. Followers
here: the search index, the hints to peers ("there is news"), what waits for a card or a vouch, the receipts that answer
an erasure, the files that attachments name, which are fetched beside all this, the inboxes of the fediverse, what
people follow, and the mails that come of it, sent in a thread too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from sqlalchemy import Connection

from node import drafting_files, filing, holding, indexing, intake, publish, recovering, soundness
from node.assembly import Node
from node.errors import NodeError, StoreFull
from node.federation import outbound
from node.federation.client import PeerClient
from node.federation.headsets import HeadSets
from node.fediverse.courier import Courier
from node.fetching import Fetcher
from node.following import keeping
from node.holding import Leases
from node.indexing import Searcher
from node.logs import facts, get_log
from node.mailing import sending
from node.store import chains, erasing, log, notes, peers, records
from node.store.peers import ACTIVE, Peer
from node.store.records import OURSELVES
from node.sync import Outcome, meet
from protocol.envelope import NODE
from protocol.errors import ProtocolError
from search.errors import SearchError

PEERS_AT_ONCE = 8
FILES_AT_ONCE = 4
"""Attachments that come or go at one time, each with another peer."""
SWEEP_S = 6 * 3_600
"""How often the shelf of attachments is compared with what is said to be in it, seconds."""
TICK_S = 0.25
"""How long the worker sleeps when nobody wakes it, seconds."""
HEARTBEAT_S = 10
REST_S = 5
"""How long a step that failed rests, seconds."""

_log = get_log("worker")


class Worker:
    """One worker of one node. `run` blocks; `wake` and `stop` may be called from any thread.

    `told`: hears the DID of a peer whenever the meeting with it has got on; `alive`: is called at every sign of life.
    """

    def __init__(
        self,
        node: Node,
        searcher: Searcher | None = None,
        sets: HeadSets | None = None,
        told: Callable[[str], None] = lambda did: None,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._node = node
        self._told, self._alive = told, alive
        self._searcher = searcher or Searcher(node)
        self._sets = sets or HeadSets(node.database)
        self._leases = Leases(node, holding.owner(f"{id(self):x}"))
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._under_way: dict[str, Future[Outcome]] = {}
        self._hinting: dict[str, Future[None]] = {}
        self._keeping: Future[None] | None = None
        self._mailing: Future[None] | None = None
        self._beat_at = self._swept_at = 0
        self._fetcher = Fetcher(node)
        self._courier = Courier(node, self.wake, self._stopping.is_set)
        self._tried = 0
        self._resting: dict[str, int] = {}

    def wake(self) -> None:
        """There is something to do: do not sleep on."""
        self._awake.set()

    def stop(self) -> None:
        """Finish what is under way and return from `run`."""
        self._stopping.set()
        self._awake.set()

    def run(self) -> None:
        """Work until `stop`."""
        with (
            ThreadPoolExecutor(PEERS_AT_ONCE, "peer") as pool,
            ThreadPoolExecutor(PEERS_AT_ONCE, "hint") as hints,
            ThreadPoolExecutor(1, "index") as keeper,
            ThreadPoolExecutor(FILES_AT_ONCE, "file") as files,
            self._courier,
            ThreadPoolExecutor(1, "mail") as mailer,
        ):
            while not self._stopping.is_set():
                self._turn(pool, hints, keeper, files)
                if self._mailing is None or self._mailing.done():
                    self._mailing = mailer.submit(self._mail)
                self._awake.wait(TICK_S)
                self._awake.clear()

    def run_until_idle(self) -> list[Outcome]:
        """Meet every active peer once, now, and bring the followers up to date: for the terminal and for tests."""
        with self._node.database.reading() as connection:
            everyone = [
                peer for peer in peers.everyone(connection, peers.REQUESTED, ACTIVE) if self._ours_to_meet(peer)
            ]
        outcomes = [self._meet(peer) for peer in everyone]
        self.follow()
        return [outcome for outcome in outcomes if outcome is not None]

    def follow(self) -> None:
        """Bring index and receipts up to date."""
        while indexing.follow_once(self._node, self._searcher):
            pass
        while self._try_waiting():
            pass
        while filing.follow(self._node):
            pass
        while self._answer_erasures():
            pass
        while keeping.follow_once(self._node):
            pass
        erasing.forget_owed(self._node.database)

    def _guarded(self, name: str, act: Callable[[], bool]) -> bool:
        """One step of a turn. An error is logged, ends neither turn nor worker, and lets the step rest a while."""
        if 0 < self._resting.get(name, 0) - self._node.now() <= REST_S:  # more: the clock was set back meanwhile
            return False
        try:
            return act()
        except StoreFull as error:
            _log.error("read-only: the disk is full", extra=facts(reason=error.message))
        except (NodeError, ProtocolError, SearchError) as error:
            _log.error("step failed", extra=facts(step=name, code=error.code, reason=str(error)))
        except OSError as error:
            _log.error("step failed", extra=facts(step=name, reason=error.strerror or type(error).__name__))
        except Exception:  # noqa: BLE001
            _log.exception("step failed", extra=facts(step=name))
        self._resting[name] = self._node.now() + REST_S
        return False

    def _turn(
        self, pool: ThreadPoolExecutor, hints: ThreadPoolExecutor, keeper: ThreadPoolExecutor, files: ThreadPoolExecutor
    ) -> None:
        """Do a little of everything that is due."""
        self._guarded("leases", self._leases.settle)
        self._guarded("hints", lambda: self._send_hints(hints))
        self._guarded("peers", lambda: self._meet_due(pool))
        self._guarded("beat", self._show_life)
        if self._keeping is None or self._keeping.done():
            self._keeping = keeper.submit(self._keep_index)
        self._guarded("waiting", self._try_waiting)
        self._guarded("filing", lambda: filing.follow(self._node))
        self._guarded("fetching", lambda: self._fetcher.turn(files))
        self._guarded("receipts", self._answer_erasures)
        self._guarded("fediverse", self._courier.turn)
        self._guarded("following", lambda: keeping.follow_once(self._node))
        self._guarded("enclosed", lambda: drafting_files.catch_up(self._node))

    def _keep_index(self) -> None:
        """Bring the index up to date; when it is, tend it. In a thread of its own: a rebuild may take minutes."""
        more = True
        while more and not self._stopping.is_set():
            more = self._guarded("index", lambda: indexing.follow_once(self._node, self._searcher) > 0)
        if not self._stopping.is_set():
            self._guarded("tend", lambda: indexing.tend(self._node, self._searcher))
            self._guarded("soundness", lambda: soundness.look_daily(self._node))

    def _mail(self) -> None:
        """Send the mails that are due. In a thread of its own: a mail server may be slow."""
        self._guarded("mail", lambda: sending.turn(self._node, self._stopping.is_set) > 0)

    def _meet_due(self, pool: ThreadPoolExecutor) -> bool:
        if not self._leases.begun:  # the database is away
            return False
        with self._node.database.reading() as connection:
            due = peers.due(connection, self._node.now())
        for peer in due:
            if peer.did not in self._under_way or self._under_way[peer.did].done():
                self._under_way[peer.did] = pool.submit(self._meet_and_wake, peer)
        return False

    def _show_life(self) -> bool:
        now = self._node.now()
        if not 0 <= now - self._beat_at < HEARTBEAT_S:  # below 0: the clock was set back
            self._beat_at = now
            self._alive()  # first: a full disk or a server that is away does not go away by starting this one anew
            with self._node.database.writing() as connection:
                notes.set_value(connection, "worker_beat", str(now))
            recovering.settle(self._node)
            self._guarded("files", self._tidy_files)
            erasing.forget_owed(self._node.database)
        return False

    def _tidy_files(self) -> bool:
        """Bytes that nobody needs any more; and shelf and rows compared. A step of its own: a bucket may be away."""
        try:
            filing.drop_loose(self._node)
        finally:  # a file that cannot be taken away
            now = self._node.now()
            if not 0 <= now - self._swept_at < SWEEP_S:
                filing.sweep(self._node)
                self._swept_at = now
        return False

    def _meet_and_wake(self, peer: Peer) -> Outcome:
        outcome = self._meet(peer)
        self.wake()
        return outcome or Outcome(peer.did)

    def _meet(self, peer: Peer) -> Outcome | None:
        if (held := self._leases.take(peer.did)) is None:
            return None
        again = True
        try:
            with outbound.open_session(self._node.config.sync_private_addresses) as session:
                outcome = meet(self._node, held, session, self._sets, lambda: self._beat(peer.did))
            again = not outcome.written
            return outcome
        except Exception as error:  # noqa: BLE001
            _log.exception("meeting broke", extra=facts(peer=peer.did))
            with self._node.database.writing() as connection:
                peers.note(connection, peer.did, error_code="internal_error", error=type(error).__name__)
                peers.note(connection, peer.did, failures=held.failures + 1, next_at=self._node.now() + 60)
            again = False
            return Outcome(peer.did, error_code="internal_error", error="a fault of this node: see its log")
        finally:
            self._leases.give_back(peer.did, again=again)

    def _beat(self, did: str) -> None:
        self._told(did)
        self._leases.prolong(did)

    def _send_hints(self, pool: ThreadPoolExecutor) -> bool:
        """Tell peers that can be reached that the log has grown; a node that none can reach meets them itself."""
        node = self._node
        with node.database.reading() as connection:
            seen, last = notes.cursor(connection, "hints"), log.last_seq(connection)
            if seen >= last:
                return False
            news = log.entries_after(connection, seen, 500)
            brought = {entry.via for entry in news} | ({None} if news[-1].seq < last else set())
            chain = chains.chain_of(connection, node.did)
            active = peers.everyone(connection, ACTIVE)
        reachable = chain is not None and chain.head.url is not None
        with node.database.writing() as connection:
            notes.set_cursor(connection, "hints", last, node.now())
            for peer in active:
                if not reachable and brought != {peer.did}:
                    peers.hurry(connection, peer.did, node.now())
        for peer in active if reachable else []:
            idle = peer.did not in self._hinting or self._hinting[peer.did].done()
            if peer.url is not None and brought != {peer.did} and peer.failures == 0 and idle:
                self._hinting[peer.did] = pool.submit(self._hint, peer, last)
        if not reachable:
            self.wake()
        return False

    def _hint(self, peer: Peer, seq: int) -> None:
        try:
            with outbound.open_session(self._node.config.sync_private_addresses) as session:
                PeerClient(self._node, peer.url or "", peer.did, session).hint(seq)
        except NodeError as error:
            _log.debug("hint not delivered", extra=facts(peer=peer.did, code=error.code))

    def _try_waiting(self) -> bool:
        """Try again what waits for an origin whose admission or cards have changed.

        The door does so itself, right after the change; whoever was killed between the two left it to us.
        """
        node = self._node
        with node.database.reading() as connection:
            seen = max(self._tried, notes.cursor(connection, "waiting"))
            entries = log.entries_after(connection, seen, 500)
        changed = {entry.did for entry in entries if entry.kind == "admission" or entry.type == NODE}
        if changed:  # the cursor is written for these only: reading the others again costs little
            intake.reconsider(node, changed)
            with node.database.writing() as connection:
                notes.set_cursor(connection, "waiting", entries[-1].seq, node.now())
        if entries:
            self._tried = entries[-1].seq
        return bool(entries)

    def _answer_erasures(self) -> bool:
        """Publish a receipt for each erasure of another origin that this node has carried out."""
        node = self._node
        with node.database.reading() as connection:
            seen, last = notes.cursor(connection, "receipts"), log.last_seq(connection)
            if seen >= last or notes.value(connection, "state"):  # nothing is published: later
                return False
            upto = notes.cursor(connection, filing.FOLLOWER)  # a receipt says that bytes of attachments are gone too
            entries = [entry for entry in log.entries_after(connection, seen, 500) if entry.seq <= upto]
            if not entries:
                return False
            owed = [
                entry
                for entry in entries
                if entry.erased and entry.did != node.did and not self._has_receipt(connection, entry.uri)
            ]
        purged = self._searcher.purged() if owed else 0  # and that no index has its words, whoever is building one
        if waiting := [entry.seq for entry in owed if entry.seq > purged]:
            entries, owed = ([entry for entry in some if entry.seq < waiting[0]] for some in (entries, owed))
            if not entries:
                return False
        for entry in owed:
            if entry.digest is not None:
                content = {"target": entry.uri, "targetDigest": entry.digest.hex(), "state": "erased"}
                receipt = publish.Statement("Receipt", content, node.config.node_language)
                publish.publish_once(node, receipt, partial(self._has_receipt, uri=entry.uri))
        with node.database.writing() as connection:
            notes.set_cursor(connection, "receipts", entries[-1].seq, node.now())
        return True

    def _has_receipt(self, connection: Connection, uri: str) -> bool:
        given = records.about(connection, uri, OURSELVES, ["Receipt"])
        return any(receipt.origin == self._node.did for receipt in given)

    def _ours_to_meet(self, peer: Peer) -> bool:
        return peer.url is not None and (peer.state == ACTIVE or peer.asked_by == "us")
