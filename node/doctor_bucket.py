"""The doctor's look at the bucket that holds the attachments: is it there, ours to write, and what of erased files?

Nothing is asked where the files lie in a folder. One small object is written beside the files and taken away again,
with its versions: what cannot be taken away could not be erased. Comes from: `node.doctor`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from itertools import islice
from urllib.parse import urlsplit

from node.config import Config
from node.doctor_inside import ATTENTION, BROKEN, FINE, Finding
from node.errors import NodeError
from node.shelves.bucket import BucketShelf
from node.shelves.opening import open_shelf
from node.store import files, notes
from node.store.database import Database

CHECK = "bucket"
SAMPLE = 3
"""Files that are looked for: if none of them is there, it is another bucket."""

_KEYS = "write access key and secret into keys/bucket.keys, a line each, and `chmod 600` it (docs/attachments.md)"
_REMEDIES: Mapping[str, str] = {
    "bucket_refused": "see that the keys are of this bucket, and that they may list, read, write and delete there",
    "bucket_missing": "make the bucket, or correct `bucket` in [attachments] of wasl.toml",
    "bucket_redirects": "write the address that it sends to into `bucket` in [attachments] of wasl.toml",
    "bucket_keeps": "let the keys delete versions (s3:DeleteObjectVersion), or take a bucket without them",
    "bucket_away": "see that the store runs, and that `bucket` in [attachments] of wasl.toml is its address",
    "no_bucket_client": "pip install 'wasl[s3]'",
    **dict.fromkeys(("keys_unsafe", "key_missing", "key_broken"), _KEYS),
}


def bucket(config: Config, database: Database) -> list[Finding]:
    """What the bucket of a node can do; nothing for a node that has none."""
    return list(_examined(config, database)) if config.attachments_bucket else []


def _examined(config: Config, database: Database) -> Iterator[Finding]:
    with database.reading() as connection:
        did = notes.value(connection, "did") or ""
        some = list(islice(sorted(files.held(connection)), SAMPLE))
    host = urlsplit(config.attachments_bucket).hostname or ""
    try:
        shelf = open_shelf(config, did)
        assert isinstance(shelf, BucketShelf)
        probed = shelf.probe()
        there = [sha256 for sha256 in some if shelf.holds(sha256)]
    except NodeError as error:
        yield Finding(CHECK, BROKEN, error.message, _REMEDIES.get(error.code, _REMEDIES["bucket_refused"]))
        return
    said = f"the bucket at {host} can be read, written and emptied"
    if some and not there:
        said = f"none of the files that this node holds lies in the bucket at {host}"
        yield Finding(CHECK, BROKEN, said, "correct `bucket` in wasl.toml, or run `wasl migrate-attachments` before")
    elif probed.versions is None:
        said += "; it does not say whether it keeps older versions, which would outlive an erasure"
        yield Finding(CHECK, ATTENTION, said, "let the keys ask (s3:GetBucketVersioning, s3:ListBucketVersions)")
    else:
        kept = "; it keeps versions, and an erasure takes all of them away" if probed.versions else ""
        yield Finding(CHECK, FINE, said + kept)
    if not probed.encrypted and not _here(host):
        said = f"what goes to {host} is not encrypted on its way"
        yield Finding("bucket/way", ATTENTION, said, "give the bucket an https:// address")


def _here(host: str) -> bool:
    """Whether this name is the machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
