"""What can go wrong in search, and what to do about it. A bad query is never an error: it finds nothing.

SearchError
├── IndexBroken      the folder cannot be trusted: rebuild it from the store
│     index_missing    there is no index yet, or its folder is gone
│     index_outdated   made by another schema, Whoosh, stemmer or vocabulary
│     index_damaged    truncated, zeroed, unreadable, or failing its checksum
├── IndexBusy        somebody else is writing or rebuilding: try again later (index_busy)
│   └── IndexClosed    another thread has let go of it: open it again
└── IndexAway        the database that keeps the index does not answer: try again later (index_away)
"""

from typing import ClassVar


class SearchError(Exception):
    """Anything search refuses. `code` is stable, for machines and docs; the message is for a person."""

    code: str = "search_error"


class IndexBroken(SearchError):
    """The index cannot be used: build a new one from the store (`search.whoosh_index.rebuild`)."""

    codes: ClassVar[tuple[str, ...]] = ("index_missing", "index_outdated", "index_damaged")

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message}. Rebuild the search index from the store.")
        self.code = code


class IndexBusy(SearchError):
    """Another process is writing to this index, or rebuilding it. Nothing was changed; try again later."""

    code = "index_busy"


class IndexClosed(IndexBusy):
    """This index was closed, by another thread perhaps. Nothing was changed; open the index again."""


class IndexAway(SearchError):
    """The database of the index cannot be reached, or does not let us in. Nothing was changed; try again later.

    `reason`: PostgreSQL's SQLSTATE or the name of an error; never an address, a name or a password.
    """

    code = "index_away"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the database of the search index does not answer ({reason})")
        self.reason = reason
