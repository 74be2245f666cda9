"""One bucket of an S3-compatible store: the few requests that a shelf needs, signed (Signature V4), bounded, doubted.

Law: no redirect is followed, no answer is longer or later than its limit, and an answer counts as "not there" only in
the words of an S3 store: a proxy that says 404 of everything must not make files look lost. Whoever waits for a bucket
that is away keeps others waiting, so after a failure nobody asks for `REST_S`. What the store says in words is never
repeated (it may name a key); its code is. Keys are read anew for each request: from the environment, or `keys/`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests_aws4auth import AWS4Auth
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from node.errors import BucketAway, BucketProblem, StoreFull
from node.shelves.answers import Item, code_of, item_of, next_page, no_store, read, version_of

CONNECT_S, SILENT_S, ANSWER_S = 3, 10, 60
"""How long a connection, the next bytes, and a whole request with its answer may take, seconds."""
REST_S = 10
"""How long after a failure nobody asks, seconds: pages are served meanwhile, without waiting."""
LISTING_BYTES = 4 * 2**20
"""The longest list of a thousand names that is read."""
PAGES_MOST = 10_000
"""The longest list that is read, thousands of names."""
NULL = "null"
"""The version of what was written while the bucket kept none."""

_PIECE = 1 << 14
_FULL = frozenset({"QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"})
_NEVER = frozenset({"NotImplemented", "UnsupportedOperation"})
_UNKNOWN = _NEVER | {"MethodNotAllowed", "AccessDenied"}


@dataclass(frozen=True, slots=True)
class Answer:
    """`code`: what the store says in XML of a refusal; empty for an answer that is none of S3."""

    status: int
    body: bytes
    code: str
    headers: Any


class Bucket:
    """One bucket (thread-safe). `address`: https://host/bucket; `keys`: gives access key and secret."""

    def __init__(self, address: str, region: str, authority: Path | None, keys: Callable[[], tuple[str, str]]) -> None:
        self._address, self._region, self._keys = address.rstrip("/"), region, keys
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Accept-Encoding"] = "identity"
        self._verify = str(authority) if authority else True
        again = Retry(total=1, redirect=0, status=0, other=0, allowed_methods=None)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=64, max_retries=again))
        self._away_until = 0.0
        self._lock = threading.Lock()

    @property
    def host(self) -> str:
        """The name of the machine that is asked, for people."""
        return urlsplit(self._address).hostname or ""

    @property
    def encrypted(self) -> bool:
        """Whether the way there is."""
        return self._address.startswith("https://")

    def get(self, name: str, most: int) -> bytes | None:
        """The bytes of this name, None when there are none. Of more than `most` bytes, one more than that is read."""
        answer = self._ask("GET", name, most=most)
        if answer.status == 404 and answer.code == "NoSuchKey":
            return None
        self._expect(answer, 200)
        return answer.body

    def put(self, name: str, data: bytes) -> None:
        """Keep these bytes under this name, whole or not at all: the request is signed with their hash."""
        self._expect(self._ask("PUT", name, data=data), 200, 201, 204)

    def delete(self, name: str, version: str | None = None) -> bool:
        """Take away this name, or one version of it. True when the bucket kept the bytes as an older version."""
        answer = self._ask("DELETE", name, {"versionId": version} if version else {})
        if not (answer.status == 404 and answer.code in ("NoSuchKey", "NoSuchVersion")):
            self._expect(answer, 200, 204)
        return version is None and answer.headers.get("x-amz-delete-marker", "").lower() == "true"

    def items(self, prefix: str) -> Iterator[Item]:
        """Everything whose name begins so. A store may list more than was asked for: that is left out."""
        more: dict[str, str] = {}
        for _ in range(PAGES_MOST):
            words = {"list-type": "2", "prefix": prefix, **more}
            top, found = self._listed(self._ask("GET", "", words, most=LISTING_BYTES), "ListBucketResult")
            for tag, said in found:
                if tag == "Contents" and (item := item_of(said)).name.startswith(prefix):
                    yield item
            if top.get("IsTruncated") != "true":
                return
            more = next_page(more, continuation_token=top.get("NextContinuationToken"))
        raise no_store()

    def versions(self, prefix: str) -> list[tuple[str, str]] | None:
        """(name, version) of all that begins so, marks of deletion too; None where the store has no such list, or does
        not show it to us."""
        found: list[tuple[str, str]] = []
        more: dict[str, str] = {}
        for _ in range(PAGES_MOST):
            answer = self._ask("GET", "", {"versions": "", "prefix": prefix, **more}, most=LISTING_BYTES)
            if answer.code in _UNKNOWN:
                return None
            top, said = self._listed(answer, "ListVersionsResult", "ListBucketResult")
            if top[""] != "ListVersionsResult":  # whoever does not know the question may list what is there now
                return None
            found += [version_of(one) for tag, one in said if tag in ("Version", "DeleteMarker")]
            if top.get("IsTruncated") != "true":
                return found
            key, version = top.get("NextKeyMarker"), top.get("NextVersionIdMarker")
            more = next_page(more, key_marker=key, version_id_marker=version)
        raise no_store()

    def keeps_versions(self) -> bool | None:
        """Whether what is deleted or replaced is kept, or was once; None where the store does not say.

        A store that does not know what versions are keeps none.
        """
        answer = self._ask("GET", "", {"versioning": ""}, most=LISTING_BYTES)
        if answer.code in _UNKNOWN:
            return False if answer.code in _NEVER else None
        self._expect(answer, 200)
        top, _ = read(answer.body)
        return bool(top.get("Status")) if top[""] == "VersioningConfiguration" else None

    def _listed(self, answer: Answer, *roots: str) -> tuple[dict[str, str], list[tuple[str, dict[str, str]]]]:
        self._expect(answer, 200)
        top, found = read(answer.body)
        if top[""] not in roots:
            raise no_store()
        return top, found

    def _ask(
        self, method: str, name: str, words: dict[str, str] | None = None, data: bytes | None = None, most: int = 0
    ) -> Answer:
        """One request. Raises `BucketAway` when no whole answer comes in time."""
        if time.monotonic() < self._away_until:
            raise BucketAway("the bucket with the files does not answer; it is tried again in a moment")
        access, secret = self._keys()
        url = f"{self._address}/{quote(name, safe='/-_.~')}" + (
            f"?{urlencode(words, quote_via=quote)}" if words else ""
        )
        signed = AWS4Auth(access, secret, self._region, "s3")  # one a request: it is not thread-safe over midnight
        ends = time.monotonic() + ANSWER_S
        try:
            request = self._session.prepare_request(requests.Request(method, url, data=data, auth=signed))
            if data:  # signed and measured by now
                request.body = _Pieces(data, ends)  # type: ignore[assignment]
            # not by the session: that reads the whole body of a redirect, however long, before it does not follow it
            with self._session.get_adapter(url).send(
                request, stream=True, timeout=(CONNECT_S, SILENT_S), verify=self._verify
            ) as response:
                if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
                    raise self._away("what answers for it packs the files")
                body = _bounded(response, most if response.status_code == 200 else LISTING_BYTES, ends)
                code = code_of(body) if response.status_code >= 300 else ""
                return Answer(response.status_code, body, code, response.headers)
        except requests.exceptions.SSLError:
            raise self._away("its certificate is refused") from None
        except requests.exceptions.Timeout:
            raise self._away("no answer in time") from None
        except (requests.RequestException, HTTPError, OSError) as error:  # the middle one: while a body is read
            raise self._away(type(error).__name__) from None

    def _expect(self, answer: Answer, *good: int) -> None:
        """Raise what a refusal means."""
        if answer.status in good:
            return
        said = answer.code or f"HTTP {answer.status}"
        if 300 <= answer.status < 400:
            raise BucketProblem(
                f"the bucket at {self.host} sends us elsewhere, where we do not go", "bucket_redirects", said
            )
        if answer.status == 507 or answer.code in _FULL:
            raise StoreFull(f"the bucket at {self.host} takes no more ({said})")
        if answer.code == "NoSuchBucket":
            raise BucketProblem(f"there is no such bucket at {self.host}", "bucket_missing", said)
        if answer.status in (401, 403):
            raise BucketProblem(f"the bucket at {self.host} refuses us ({said})", "bucket_refused", said)
        if answer.status >= 500 or answer.code in ("", "SlowDown", "TooManyRequests"):
            raise self._away(said)
        raise BucketProblem(f"the bucket at {self.host} does not do what was asked ({said})", said=said)

    def _away(self, why: str) -> BucketAway:
        with self._lock:
            self._away_until = time.monotonic() + REST_S
        return BucketAway(f"the bucket with the files does not answer ({why}); it is tried again")


class _Pieces:
    """Bytes that are sent piece by piece: each has `CONNECT_S`, and all have until `ends`.

    Sent in one, a whole file would have no longer than a connection may take.
    """

    def __init__(self, data: bytes, ends: float) -> None:
        self._data, self._ends = data, ends

    def __iter__(self) -> Iterator[bytes]:
        for at in range(0, len(self._data), _PIECE):
            if time.monotonic() > self._ends:
                raise requests.exceptions.Timeout
            yield self._data[at : at + _PIECE]


def _bounded(response: requests.Response, most: int, ends: float) -> bytes:
    """The body, one byte more than `most` at most. Raises `requests.Timeout` when that is not here at `ends`."""
    body = bytearray()
    while piece := response.raw.read1(1 << 16):  # what has come: a full piece may never
        body += piece
        if len(body) > most:
            return bytes(body[: most + 1])
        if time.monotonic() > ends:
            raise requests.exceptions.Timeout
    return bytes(body)
