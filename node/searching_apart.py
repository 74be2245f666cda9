"""Finding organisations by words: an index in memory of those that the store holds, made when it is first asked.

Apart from the index of the node, because what is in that one decides how rare a word is: cards full of topics would
change the order of practices. Organisations are few, so nothing is kept on disk and nothing must be built anew after an
update. Used by: `wasl search --type Organisation`.
"""

from __future__ import annotations

from node import organisations
from node.documents import APART, document_of
from node.indexing import Searcher, vocabulary
from node.store import chains, log
from node.store.records import OURSELVES
from search.index import Index
from search.memory_index import MemoryIndex


class ApartSearcher(Searcher):
    """As `Searcher`, of the types in `documents.APART` only: the `organisations.MOST` that came last."""

    def _open(self) -> Index:
        with self._lock:
            if self._index is None:
                self._index = self._made()
            return self._index

    def _made(self) -> Index:
        index = MemoryIndex(vocabulary())
        with self._node.database.reading() as connection:
            cards = chains.head_cards(connection)
            held = organisations.known(connection, OURSELVES)
            documents = [document_of(connection, one, cards, APART) for one in held]
            index.apply([one for one in documents if one is not None], cursor=log.last_seq(connection))
        return index
