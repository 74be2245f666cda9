"""What keeps the words: Whoosh in a folder, or PostgreSQL if a setting says so. The one place that knows both.

Law: either is loaded only when it is asked for. Each node has a schema of its own in the database, named by its DID, so
that two nodes that are given the same one do not take each other's index for theirs. Goes to: `indexing`, `doctor`.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from importlib.util import find_spec

from node.config import Config
from node.errors import ConfigProblem
from search.document import Document
from search.index import Index
from search.vocabulary import Vocabulary


def open_index(config: Config, did: str, vocabulary: Vocabulary) -> Index:
    """The index of the node `did`. Raises `SearchError`, and `ConfigProblem` (`no_driver`)."""
    if config.search_database:
        require_driver(config)
        from search.postgres_index import PostgresIndex

        return PostgresIndex(config.search_database, vocabulary, schema(did))
    from search.whoosh_index import WhooshIndex  # Whoosh is heavy: only those who search load it

    return WhooshIndex(config.index, vocabulary)


def build_index(config: Config, did: str, vocabulary: Vocabulary, documents: Iterable[Document], cursor: int) -> None:
    """Build the index anew beside the old one and swap. Raises as `open_index` does."""
    if config.search_database:
        require_driver(config)
        from search import postgres_index

        postgres_index.rebuild(config.search_database, vocabulary, documents, cursor, schema=schema(did))
    else:
        from search import whoosh_index

        whoosh_index.rebuild(config.index, vocabulary, documents, cursor)


def schema(did: str) -> str:
    """The schema of a node's index in the database."""
    return f"wasl_{sha256(did.encode()).hexdigest()[:16]}"


def require_driver(config: Config) -> None:
    """Raises `ConfigProblem` if the index is to be in PostgreSQL and its driver is not installed."""
    if config.search_database and find_spec("psycopg") is None:
        raise ConfigProblem(
            "`database` in [search] needs the driver of PostgreSQL: install `wasl[postgres]`", "no_driver"
        )
