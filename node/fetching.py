"""Bytes of attachments from peers: small ones unasked, larger ones when somebody asks, from whoever has them.

One file at a time from each peer, in pieces, each under the deadline of every answer; what has come stays, so a try
goes on where the last one ended. A peer that has not the bytes, or gives others, is passed over for a while, and the
next one is asked. A node that nobody can reach gives its own files to the peers that it meets. State is in the
database; what a process remembers of its peers' answers may be lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

import requests

from node import filing, receiving
from node.assembly import Node
from node.errors import BucketProblem, NodeError, NotFound, PeerProblem, PeerRefused, StoreBusy
from node.federation import outbound
from node.federation.client import PeerClient
from node.logs import facts, get_log
from node.store import chains, files, peers
from node.store.files import HELD, WANTED, File
from node.store.peers import ACTIVE, Peer
from node.store.records import MEMBERS
from protocol.limits import MAX_PIECE_BYTES

FILE_S = 600
"""How long one try of one file may take, seconds: a megabyte in a minute is a poor link."""
ASK_AGAIN_S = (5, 30, 300, 1_800, 3_600)
"""How long after a first, second … try in vain of every peer it is tried again, seconds."""
BUCKET_S = 60
"""How long a file waits whose bucket does not answer, seconds."""
NO_ROOM_S = 3_600
"""How long a file waits that there is no room for, seconds."""
OFFERS_EVERY_S = 5
"""How often a node that nobody can reach looks whether it owes a peer a file, seconds."""
OFFER_AGAIN_S = 3_600
"""How long after a peer did not want a file of ours it is offered again, seconds."""

_log = get_log("files")


@dataclass(slots=True)
class Fetcher:
    """What one process fetches and gives. `turn` starts what is due and returns at once; called by the worker."""

    node: Node
    _busy: dict[str, Future[None]] = field(default_factory=dict)
    _claimed: set[bytes] = field(default_factory=set)
    _passed_over: dict[bytes, set[str]] = field(default_factory=dict)
    _offered: dict[tuple[bytes, str], int] = field(default_factory=dict)
    _offer_at: int = 0

    def turn(self, pool: Executor) -> bool:
        """Start what is due with the peers that are free. Always False: the worker need not hurry."""
        node, now = self.node, self.node.now()
        with node.database.reading() as connection:
            wanted = files.due(connection, now, node.config.attachments_eager_bytes)
            if not wanted and now < self._offer_at:
                return False
            active = [peer for peer in peers.everyone(connection, ACTIVE) if peer.url is not None]
            chain = chains.chain_of(connection, node.did)
        for file in wanted:
            if file.sha256 not in self._claimed:
                self._start(pool, file, active)
        if now >= self._offer_at:
            self._offer_at = now + OFFERS_EVERY_S
            if chain is not None and chain.head.url is None:
                self._offer(pool, active)
        return False

    def _start(self, pool: Executor, file: File, active: list[Peer]) -> None:
        """Have one peer asked for this file, or write down that it must wait."""
        code = receiving.refusal_of_room(self.node, file)
        if code is not None:
            _put_off(self.node, file, code, NO_ROOM_S)
            return
        passed = self._passed_over.setdefault(file.sha256, set())
        rest = [peer for peer in active if peer.did not in passed]
        if not rest:
            self._passed_over.pop(file.sha256)
            code = "attachment_not_here" if active else "attachment_no_peer"
            _put_off(self.node, file, code, ASK_AGAIN_S[min(file.tries, len(ASK_AGAIN_S) - 1)])
            return
        free = [peer for peer in rest if self._is_free(peer.did)]
        if free:
            peer = _nearest(self.node, file, free)
            self._claimed.add(file.sha256)
            self._busy[peer.did] = pool.submit(self._try, peer, file)

    def _try(self, peer: Peer, file: File) -> None:
        try:
            code = bring(self.node, peer, file)
            if code is None:
                self._passed_over.pop(file.sha256, None)
            else:
                self._passed_over.setdefault(file.sha256, set()).add(peer.did)
        except (BucketProblem, StoreBusy) as error:  # no fault of the peer
            _put_off(self.node, file, error.code, BUCKET_S)
        except Exception:  # noqa: BLE001
            _log.exception("fetching broke", extra=facts(peer=peer.did))
            self._passed_over.setdefault(file.sha256, set()).add(peer.did)
        finally:
            self._claimed.discard(file.sha256)

    def _offer(self, pool: Executor, active: list[Peer]) -> None:
        """Give our own files to peers that want them and cannot ask us for them."""
        now = self.node.now()
        with self.node.database.reading() as connection:
            ours = [
                file
                for file, uris in files.everything(connection)
                if file.state == HELD and any(uri.startswith(f"{self.node.did}/") for uri in uris)
            ]
        for peer in active:
            owed = [file for file in ours if self._offered.get((file.sha256, peer.did), 0) <= now]
            if owed and self._is_free(peer.did):
                self._busy[peer.did] = pool.submit(self._give, peer, owed[:20])

    def _give(self, peer: Peer, owed: list[File]) -> None:
        with outbound.open_session(self.node.config.sync_private_addresses) as session:
            for file in owed:
                state = self._given(peer, file, session)
                wait = 10**9 if state == HELD else ASK_AGAIN_S[0] if state == "unknown_attachment" else OFFER_AGAIN_S
                self._offered[file.sha256, peer.did] = self.node.now() + wait

    def _given(self, peer: Peer, file: File, session: requests.Session) -> str:
        try:
            return give(self.node, peer, file, session)
        except BucketProblem as error:
            return error.code

    def _is_free(self, did: str) -> bool:
        return did not in self._busy or self._busy[did].done()


def bring_now(node: Node, sha256: bytes, told: Callable[[str, str], None] = lambda did, code: None) -> bytes:
    """The bytes, fetched at once from whichever peer has them if they are not here. `told`: hears who had not, and why.

    Raises `NotFound`: `unknown_attachment` (no live record names them), `attachment_not_here`, `attachment_quota`.
    """
    data = filing.read(node, sha256)
    if data is not None:
        return data
    receiving.ask_for(node, sha256)
    with node.database.reading() as connection:
        file = files.get(connection, sha256)
        active = [peer for peer in peers.everyone(connection, ACTIVE) if peer.url is not None]
    if file is None or file.state not in (WANTED, HELD):
        raise NotFound("no live record names these bytes, or they are not what it says", "unknown_attachment")
    if receiving.refusal_of_room(node, file) == "attachment_quota":
        raise NotFound("there is no room for these bytes", "attachment_quota")
    while active:
        peer = _nearest(node, file, active)
        active.remove(peer)
        code = bring(node, peer, file)
        data = filing.read(node, sha256)
        if data is not None:
            return data
        told(peer.did, code or "attachment_not_here")
    raise NotFound("no peer that answers has these bytes now; they are asked for", "attachment_not_here")


def bring(node: Node, peer: Peer, file: File) -> str | None:
    """Fetch one file from one peer, going on where the last try with it ended. Returns None, or why it is not here.

    Raises `BucketProblem`, `StoreBusy` where the bytes cannot be put down.
    """
    ends = time.monotonic() + FILE_S
    came = filing.shelf_of(node).came(file.sha256, peer.did)
    code: str | None = None
    try:
        with outbound.open_session(node.config.sync_private_addresses) as session:
            client = PeerClient(node, peer.url or "", peer.did, session)
            while came < file.size:
                if time.monotonic() > ends:
                    return _note(node, peer, file, "timeout")
                piece = client.piece(file.sha256, came, min(file.size, came + MAX_PIECE_BYTES))
                came = receiving.add(node, file, peer.did, came, piece)
    except PeerRefused as error:
        longer = error.code == "bad_range"  # the peer's file is shorter than the record says
        code = receiving.complete(node, file, peer.did) if longer and came else error.code
    except (BucketProblem, StoreBusy):
        raise
    except NodeError as error:
        code = error.code
    return _note(node, peer, file, code) if code else receiving.complete(node, file, peer.did)


def give(node: Node, peer: Peer, file: File, session: requests.Session) -> str:
    """Give one file of ours to a peer that cannot reach us. Returns `held`, or why the peer has it not."""
    data = filing.read(node, file.sha256)
    if data is None:
        return "attachment_not_here"
    client = PeerClient(node, peer.url or "", peer.did, session)
    ends = time.monotonic() + FILE_S
    try:
        told = client.give(file.sha256, 0, b"")
        while told.state == WANTED and told.have < len(data) and time.monotonic() < ends:
            before = told.have
            told = client.give(file.sha256, before, data[before : before + MAX_PIECE_BYTES])
            if told.state == WANTED and told.have <= before:
                return "no_progress"
    except PeerProblem as error:
        return error.code
    return told.state


def _note(node: Node, peer: Peer, file: File, code: str) -> str:
    _log.info("not given", extra=facts(sha256=file.sha256.hex(), peer=peer.did, code=code))
    return code


def _put_off(node: Node, file: File, code: str, wait_s: int) -> None:
    now = node.now()
    with node.database.writing() as connection:
        files.tried(connection, file.sha256, code, now, now + wait_s)


def _nearest(node: Node, file: File, among: list[Peer]) -> Peer:
    """Whom to ask first: the origin itself, then who brought us its record, then anybody that answered last time."""
    with node.database.reading() as connection:
        origins = files.origins_of(connection, file.sha256)
        brought = {stored.via for stored in files.shown(connection, file.sha256, MEMBERS)}
    return min(among, key=lambda peer: (peer.did not in origins, peer.did not in brought, peer.failures > 0))
