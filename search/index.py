"""The interface of an index: what the node may ask, whatever keeps the words.

Law: an index is a cache and a follower of the log. It can be thrown away at any time, it knows by itself how far it
has read (`cursor`), and documents and cursor change together or not at all. Three forms: `memory_index` (a dict, the
oracle), `whoosh_index` (a folder) and `postgres_index` (a database); `tests/search/test_contract.py` holds all to the
same facts.
"""

from collections.abc import Iterable
from typing import Protocol

from search.document import Document, Hit, Query, Results, Suggestion
from search.names import Names


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

    def complete(
        self, typed: str, language: str = "", places: Names | None = None, limit: int = 10, public_only: bool = True
    ) -> tuple[Suggestion, ...]:
        """What somebody may be typing: `places`, then concepts, then titles of practices; at most `limit`, at most 20.

        The last word is a beginning, the others are whole; accents, case and script of a name do not matter.
        """

    def suggest(self, query: Query, limit: int = 3) -> tuple[str, ...]:
        """What a query with few results may have meant: other words for `query.words`, each of which finds more."""

    def similar(
        self,
        document: Document,
        language: str = "",
        kinds: tuple[str, ...] = ("Practice",),
        public_only: bool = True,
        limit: int = 10,
    ) -> tuple[Hit, ...]:
        """The documents most like `document`, by its weightiest words and its concepts; never itself.

        It need not be in the index, so that an author can be shown what others wrote before publishing.
        """

    def count(self) -> int:
        """How many documents can be found."""

    def cursor(self) -> int:
        """How far into the log the index is: the follower goes on from here. 0 when new."""

    def purged(self) -> int:
        """How far into the log no word of what was erased is left: in this index, or one beside it that is being built
        or was left. What comes later may be."""

    def tidy(self) -> bool:
        """One bounded step of merging what piled up; False when nothing is left. For moments without other work."""

    def optimise(self) -> None:
        """Merge what piled up, all of it: for the quiet hours."""

    def check(self) -> None:
        """Compare what is on disk with its checksums. Raises IndexBroken. For the quiet hours."""

    def close(self) -> None:
        """Let go of files. The index is not used afterwards."""
