"""The interface of an index: what the node may ask, whatever keeps the words.

Law: an index is a cache and a follower of the log. It can be thrown away at any time, it knows by itself how far it
has read (`cursor`), and documents and cursor change together or not at all. Two forms: `memory_index` (a dict, the
oracle) and `whoosh_index` (a folder); `tests/search/test_contract.py` holds both to the same facts.
"""

from collections.abc import Iterable
from typing import Protocol

from search.document import Document, Query, Results


class Index(Protocol):
    """Where documents are put and found. Safe to share between threads."""

    def apply(
        self,
        documents: Iterable[Document] = (),
        drops: Iterable[str] = (),
        cursor: int | None = None,
        purge: bool = False,
    ) -> None:
        """Put, drop and move the cursor, in one commit that is on disk when this returns.

        The last document of a URI counts; a URI in both arguments ends dropped. `cursor` None leaves it where it is.
        `purge`: the words of the dropped and replaced documents are gone from the disk too, not only from the answers.
        """

    def put(self, documents: Iterable[Document]) -> None:
        """Add or replace documents; the cursor stays."""

    def drop(self, uris: Iterable[str]) -> None:
        """Stop finding these documents; unknown URIs are fine; the cursor stays."""

    def purge(self, uris: Iterable[str]) -> None:
        """Drop them and rewrite what held their words, earlier revisions too: for erasure."""

    def find(self, query: Query) -> Results:
        """Answer from the latest commit, of any process. Never raises for what is in the query."""

    def count(self) -> int:
        """How many documents can be found."""

    def cursor(self) -> int:
        """How far into the log the index is: the follower goes on from here. 0 when new."""

    def optimise(self) -> None:
        """Merge what piled up: for the quiet hours."""

    def close(self) -> None:
        """Let go of files. The index is not used afterwards."""
