"""Which shelf a node has: its folder, or the bucket that a setting names. The one place that knows both kinds.

Each node has a prefix of its own in the bucket, named by its DID, so that two nodes that are given the same bucket do
not take each other's files away.
"""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from urllib.parse import urlsplit

from node import engines, keys
from node.config import Config
from node.errors import ConfigProblem
from node.shelves.folder import FolderShelf
from node.shelves.shelf import Shelf


def open_shelf(config: Config, did: str) -> Shelf:
    """The shelf of the node `did`; nothing is asked of a bucket yet. Raises `ConfigProblem` (`no_bucket_client`)."""
    if not config.attachments_bucket:
        return FolderShelf(config.attachments)
    require_client(config)
    from node.shelves.bucket import BucketShelf  # only those who have a bucket load its client
    from node.shelves.s3 import Bucket

    parts = urlsplit(config.attachments_bucket)
    name, _, prefix = parts.path.strip("/").partition("/")
    authority = config.home / config.attachments_ca_file if config.attachments_ca_file else None
    bucket = Bucket(
        f"{parts.scheme}://{parts.netloc}/{name}", config.attachments_region, authority, partial(_keys, config)
    )
    return BucketShelf(bucket, f"{prefix}/{engines.schema(did)}/".lstrip("/"))


def require_client(config: Config) -> None:
    """Raises `ConfigProblem` if the files are to be in a bucket and its client is not installed."""
    if config.attachments_bucket and find_spec("requests_aws4auth") is None:
        raise ConfigProblem("`bucket` in [attachments] needs another package: install `wasl[s3]`", "no_bucket_client")


def _keys(config: Config) -> tuple[str, str]:
    """Access key and secret: from the environment, or the file, as it is now. Raises `KeysUnsafe`."""
    given = (config.attachments_access_key, config.attachments_secret_key)
    return given if all(given) else keys.bucket(config.keys)
