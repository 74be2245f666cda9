"""What we ask of one peer: signed requests, bounded answers, refusals as errors. docs/protocol.md section 6."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from node.assembly import Node
from node.errors import PeerNonsense, PeerRefused
from node.federation import outbound
from node.federation.outbound import Answer
from protocol import http_signature
from protocol.errors import BadMessage
from protocol.limits import MAX_MESSAGE_BYTES, MAX_PAGE_BYTES, MAX_RECONCILE_BYTES
from protocol.signature_base import RequestFacts
from protocol.wire import (
    ChangesPage,
    Digests,
    Hint,
    NodeInfo,
    PeeringAnswer,
    PeeringRequest,
    Piece,
    Problem,
    Told,
    split_lines,
)

Message = TypeVar("Message")

PREFIX = "/federation/v1"
WELL_KNOWN = "/.well-known/wasl"
JSON = "application/json"
LINES = "application/x-ndjson"
BINARY = "application/octet-stream"
PROBLEM = "application/problem+json"


class PeerClient:
    """One peer as this node sees it over the wire. Not thread-safe: one conversation at a time.

    Every method raises `Unreachable`, `PeerRefused` (its `code` is the peer's), `PeerNonsense` or `AddressRefused`.
    """

    def __init__(self, node: Node, url: str, did: str, session: requests.Session) -> None:
        self._node = node
        self._url = outbound.checked_url(url, node.config.sync_private_addresses)
        self._did = did
        self._session = session

    def info(self) -> NodeInfo:
        """Who answers at this address, unsigned on both sides; a node of another protocol version answers too."""
        try:
            answer = self._call("GET", "/node", signed=False)
        except PeerRefused as error:
            if error.status != 404:
                raise
            answer = self._call("GET", WELL_KNOWN, signed=False, prefix="")
        return self._read(NodeInfo.from_bytes, answer, JSON)

    def chain(self, did: str) -> list[bytes]:
        """The cards of any origin that the peer holds, exact bytes, oldest first."""
        answer = self._call("GET", f"/node/{did}/chain", signed=False, most=MAX_PAGE_BYTES)
        return split_lines(self._typed(answer, LINES).body, 1000)

    def changes(self, since: str | None, limit: int) -> ChangesPage:
        """The next page of the peer's feed. Refused with `cursor_reset` when its log is another than it was."""
        query = f"limit={limit}" + (f"&since={since}" if since else "")
        answer = self._call("GET", "/changes", query=query, most=MAX_PAGE_BYTES)
        return self._read(ChangesPage.from_bytes, answer, JSON)

    def fetch(self, digests: Sequence[bytes]) -> list[bytes]:
        """The exact bytes of these revisions; those that the peer has no more are absent."""
        body = Digests(tuple(digests)).to_bytes()
        answer = self._call("POST", "/fetch", body, JSON, most=MAX_PAGE_BYTES)
        return split_lines(self._typed(answer, LINES).body, len(digests))

    def push(self, lines: Iterable[bytes]) -> list[Told]:
        """Give the peer these records; what its door said of each."""
        answer = self._call("POST", "/push", b"\n".join(lines), LINES, most=MAX_PAGE_BYTES)
        try:
            return [Told.from_bytes(line) for line in split_lines(self._typed(answer, LINES).body, 1000)]
        except BadMessage as error:
            raise PeerNonsense(f"the peer's answer breaks the protocol: {error}") from error

    def missing(self, digests: Sequence[bytes]) -> list[bytes]:
        """Those of `digests` that the peer lacks."""
        answer = self._call("POST", "/missing", Digests(tuple(digests)).to_bytes(), JSON)
        return list(self._read(Digests.from_bytes, answer, JSON).digests)

    def reconcile(self, message: bytes) -> bytes:
        """One Negentropy message and its answer."""
        answer = self._call("POST", "/reconcile", message, BINARY, most=MAX_RECONCILE_BYTES)
        return self._typed(answer, BINARY).body

    def piece(self, sha256: bytes, start: int, end: int) -> bytes:
        """Bytes `start` to before `end` of an attachment; no more than asked for, perhaps fewer, never none."""
        more = {"Range": f"bytes={start}-{end - 1}"}
        answer = self._call("GET", f"/attachments/{sha256.hex()}", more=more, most=max(end - start, MAX_MESSAGE_BYTES))
        body = self._typed(answer, BINARY).body
        if len(body) > end - start:
            raise PeerNonsense("the peer gives more of a file than was asked for", "too_large")
        if not body:
            raise PeerNonsense("the peer gives an empty piece of a file", "no_progress")
        return body

    def give(self, sha256: bytes, at: int, piece: bytes) -> Piece:
        """Give the peer a piece of an attachment of ours, or (without bytes) ask whether it wants it."""
        answer = self._call("PUT", f"/attachments/{sha256.hex()}", piece, BINARY, query=f"at={at}")
        return self._read(Piece.from_bytes, answer, JSON)

    def hint(self, seq: int) -> None:
        """Tell the peer that there is something new here."""
        self._call("POST", "/hint", Hint(seq).to_bytes(), JSON)

    def ask(self, request: PeeringRequest) -> PeeringAnswer:
        """Ask to become peers, or ask again how our request stands."""
        answer = self._call("POST", "/peerings", request.to_bytes(), JSON, most=MAX_PAGE_BYTES)
        return self._read(PeeringAnswer.from_bytes, answer, JSON)

    def end(self) -> None:
        """Tell the peer that the peering is over."""
        self._call("DELETE", f"/peerings/{self._node.did}")

    def _call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        kind: str = "",
        *,
        query: str = "",
        more: Mapping[str, str] | None = None,
        signed: bool = True,
        most: int = MAX_MESSAGE_BYTES,
        prefix: str = PREFIX,
    ) -> Answer:
        target = urlsplit(self._url).path + prefix + path
        headers = {"Content-Type": kind} if kind else {}
        if signed:
            facts = RequestFacts(method, target, query, {name.lower(): text for name, text in headers.items()}, body)
            signing = self._node.signing  # once: another may take its place at any moment
            headers |= http_signature.sign_request(
                facts,
                keyid=f"{self._node.did}#{signing.multikey}",
                audience=self._did,
                created=self._node.now(),
                nonce=secrets.token_hex(16),
                private=signing.private,
            )
        headers |= {"Accept-Encoding": outbound.GZIP, **(more or {})}  # not signed: none of them says anything new
        url = self._url + prefix + path + (f"?{query}" if query else "")
        timeout = self._node.config.sync_timeout_s
        answer = outbound.exchange(self._session, method, url, headers, body, timeout, most)
        if answer.status >= 400:
            raise _refusal(answer, self._node.now())
        return answer

    def _typed(self, answer: Answer, kind: str) -> Answer:
        """The answer, if it has exactly the media type that this call gives (attacks A19)."""
        given = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given != kind:
            raise PeerNonsense(f"the peer answers with {given or 'no type'} where {kind} was due", "wrong_type")
        return answer

    def _read(self, reader: Callable[[bytes], Message], answer: Answer, kind: str) -> Message:
        try:
            return reader(self._typed(answer, kind).body)
        except BadMessage as error:
            raise PeerNonsense(f"the peer's answer breaks the protocol: {error}") from error


def _refusal(answer: Answer, now: int) -> PeerRefused:
    """The peer's refusal as an error, or what a proxy or captcha before it said, told apart by the media type.

    What a peer says of its own trouble (5xx) is never mistaken for a trouble of ours, whatever its code.
    """
    retry = _retry_after(answer.headers.get("retry-after", ""), now)
    if answer.headers.get("content-type", "").partition(";")[0] == PROBLEM:
        try:
            problem = Problem.from_bytes(answer.body)
        except BadMessage:
            return PeerRefused("the peer refused and gave no readable reason", None, answer.status, retry)
        if answer.status >= 500:
            told = f"the peer has a problem of its own, {problem.code}: {problem.detail}"
            return PeerRefused(told, "peer_trouble", answer.status, retry, problem.time)
        return PeerRefused(problem.detail, problem.code, answer.status, retry, problem.time)
    told = f"something before the peer answered with HTTP {answer.status}"
    if answer.status in (502, 503, 504):
        return PeerRefused(told, "peer_down", answer.status, retry)
    if answer.status == 429:
        return PeerRefused(told, "too_many_requests", answer.status, retry)
    return PeerRefused(told, "not_wasl", answer.status, retry)


def _retry_after(text: str, now: int) -> int | None:
    """Seconds to wait, at most an hour, of a Retry-After field (RFC 9110, 10.2.3): a number or a date."""
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), 3600)
    try:
        return max(0, min(int(parsedate_to_datetime(text).timestamp()) - now, 3600))
    except (ValueError, TypeError, OverflowError):
        return None
