"""The same documents and words in other engines, in the same run, so that a ratio can be told.

Whoosh as one would use it at first (a stemmed field per language), SQLite's FTS5, and tantivy if it happens to be
installed (it is no dependency of Wasl: `pip install tantivy` for the comparison). Each gets its words as one would
write them: all of them, or a phrase; the best ten, and how many there are. Comes after: `searching`.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from search import Document, Query

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Other:
    """What another engine did: documents a second of the processor (all its threads), and seconds of each query."""

    name: str
    rate: float
    plain: list[float]
    phrases: list[float]


def naive_rate(documents: Iterable[Document]) -> float:
    """Documents a second of the processor: Whoosh with a stemmed title and text per language, in one commit."""
    from whoosh.analysis.analyzers import LanguageAnalyzer, StandardAnalyzer
    from whoosh.fields import ID, KEYWORD, NUMERIC, TEXT, Schema
    from whoosh.index import create_in

    analysers: dict[str, Any] = {language: LanguageAnalyzer(language) for language in ("fr", "ar", "de", "en")}
    analysers["tr"] = StandardAnalyzer()  # Whoosh has no Turkish stemmer
    fields: dict[str, Any] = {"uri": ID(unique=True, stored=True), "stamp": NUMERIC(sortable=True)}
    fields |= {name: KEYWORD(sortable=True) for name in ("language", "commune", "topic")}
    for language, analyser in analysers.items():
        fields |= {f"title_{language}": TEXT(analyser), f"text_{language}": TEXT(analyser)}
    with tempfile.TemporaryDirectory(prefix="wasl-bench-") as folder:
        timed = Timed(documents)
        began = time.process_time()
        writer: Any = create_in(folder, Schema(**fields)).writer()
        for document in timed:
            said: dict[str, Any] = {}
            for language, text in document.texts.items():
                said |= {f"title_{language}": text.title, f"text_{language}": f"{text.summary} {text.body}"}
            writer.add_document(
                uri=document.uri,
                stamp=document.stamp,
                language=document.language,
                commune=document.commune,
                topic=" ".join(document.values("topic")),
                **said,
            )
        writer.commit()
        return timed.count / (time.process_time() - began - timed.spent)


def fts5(documents: Iterable[Document], plain: Sequence[Query], phrases: Sequence[Query]) -> Other:
    """SQLite's full-text index, without stems."""
    with tempfile.TemporaryDirectory(prefix="wasl-bench-") as folder:
        connection = sqlite3.connect(Path(folder) / "fts.sqlite")
        connection.execute(
            "CREATE VIRTUAL TABLE said USING fts5(uri UNINDEXED, title, text, tokenize='unicode61 remove_diacritics 2')"
        )
        timed = Timed(documents)
        began = time.process_time()
        with connection:
            connection.executemany("INSERT INTO said VALUES (?, ?, ?)", map(_columns, timed))
        rate = timed.count / (time.process_time() - began - timed.spent)

        def ask(query: Query) -> object:
            words = _WORD.findall(query.words)
            asked = '"' + " ".join(words) + '"' if '"' in query.words else " ".join(f'"{word}"' for word in words)
            best = "SELECT uri FROM said WHERE said MATCH ? ORDER BY bm25(said, 0, 5.0, 1.0) LIMIT 10"
            total = "SELECT count(*) FROM said WHERE said MATCH ?"
            return connection.execute(best, [asked]).fetchall(), connection.execute(total, [asked]).fetchone()

        found = Other("SQLite FTS5", rate, timings(ask, plain), timings(ask, phrases))
        connection.close()
    return found


def tantivy(documents: Iterable[Document], plain: Sequence[Query], phrases: Sequence[Query]) -> Other | None:
    """tantivy's default analysis; None if it is not installed."""
    try:
        engine: Any = import_module("tantivy")
    except ImportError:
        return None
    builder = engine.SchemaBuilder()
    for field in ("uri", "title", "text"):
        builder.add_text_field(field, stored=field == "uri", tokenizer_name="raw" if field == "uri" else "default")
    with tempfile.TemporaryDirectory(prefix="wasl-bench-") as folder:
        index = engine.Index(builder.build(), path=folder)
        timed = Timed(documents)
        began = time.process_time()
        writer = index.writer()
        for document in timed:
            uri, title, text = _columns(document)
            writer.add_document(engine.Document(uri=uri, title=title, text=text))
        writer.commit()
        writer.wait_merging_threads()
        rate = timed.count / (time.process_time() - began - timed.spent)
        index.reload()
        searcher = index.searcher()

        def ask(query: Query) -> object:
            words = _WORD.findall(query.words)
            asked = '"' + " ".join(words) + '"' if '"' in query.words else " ".join(f"+{word}" for word in words)
            parsed = index.parse_query(asked, ["title", "text"], field_boosts={"title": 5.0})
            return searcher.search(parsed, 10, count=True)

        return Other("tantivy", rate, timings(ask, plain), timings(ask, phrases))


def _columns(document: Document) -> tuple[str, str, str]:
    texts = document.texts.values()
    said = " ".join(f"{text.summary} {text.body}" for text in texts)
    return document.uri, " ".join(text.title for text in texts), said


class Timed:
    """Things as they come, with the seconds of the processor that making them took: those are not the engine's."""

    def __init__(self, things: Iterable[Any]) -> None:
        self._things = things
        self.spent = 0.0
        self.count = 0

    def __iter__(self) -> Iterator[Any]:
        things = iter(self._things)
        while True:
            began = time.process_time()
            thing = next(things, None)
            self.spent += time.process_time() - began
            if thing is None:
                return
            self.count += 1
            yield thing


def timings(ask: Callable[[Any], object], things: Sequence[Any]) -> list[float]:
    """Seconds that each took, ascending."""
    found = []
    for thing in things:
        began = time.perf_counter()
        ask(thing)
        found.append(time.perf_counter() - began)
    return sorted(found)
