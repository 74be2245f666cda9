"""Find records by words, in five languages and across them. Knows text, not signatures, not rows, not Flask.

The law of this folder: it takes plain `Document`s and gives plain `Hit`s; an index is a cache that can be thrown away
and is rebuilt from the store, never taken from a backup or a stranger (Whoosh loads pickles).
"""

from search.document import Document, Hit, Query, Results, Suggestion, Text
from search.errors import IndexBroken, IndexBusy, SearchError
from search.index import Index
from search.memory_index import MemoryIndex
from search.names import Names
from search.vocabulary import Vocabulary

__all__ = [
    "Document",
    "Hit",
    "Index",
    "IndexBroken",
    "IndexBusy",
    "MemoryIndex",
    "Names",
    "Query",
    "Results",
    "SearchError",
    "Suggestion",
    "Text",
    "Vocabulary",
]
