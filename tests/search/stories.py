"""Documents, changes and queries that hypothesis makes up, for the tests that compare one index with another."""

from datetime import date

from hypothesis import strategies as st

from search import Document, Query, Text
from search.document import FACETS, SORTS
from tests.search import corpus

VOCABULARY = corpus.vocabulary()
LANGUAGES = ["fr", "ar", "de", "tr", "en", "zgh"]
_SAID = """
emploi emplois l'emploi logement Müller Mueller muller Straße Strassen İstanbul'da istanbul ISPARTA ısparta çocuk
المدرسة مدرسة المدارس وبالمدرسة الجماعة جماعة housing houses house women women's Frauen kadın kadınlar femmes
Kompetenzbilanz bilan compétences competences kompetenzbilanz de la et und ve في logemant logment Frauem ⵜⴰⵡⵓⵔⵉ 2019 a
"""
WORDS = _SAID.split()
CONCEPTS = ["housing", "employment", "job-placement", "women", "skills-assessment", "children", "unaccompanied-minors"]
DAYS = st.one_of(st.none(), st.dates(date(2015, 1, 1), date(2015, 3, 1)))


def said(most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(WORDS), max_size=most).map(" ".join)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    language = draw(st.sampled_from(LANGUAGES))
    others = draw(st.lists(st.sampled_from(LANGUAGES), max_size=2))
    texts = {other: Text(draw(said(4)), draw(said(4)), draw(said(8))) for other in [language, *others]}
    if draw(st.integers(0, 15)) == 0:
        del texts[language]
    values = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True).map(tuple)
    facets = {name: draw(values) for name in ("status", "year", "country", "group")}
    concepts = tuple(draw(st.lists(st.sampled_from(CONCEPTS), max_size=3, unique=True)))
    return Document(
        uri=f"did:x/{draw(st.integers(0, 25))}",
        kind=draw(st.sampled_from(["Practice", "Practice", "Practice", "Event"])),
        language=language,
        commune=draw(st.sampled_from(["did:a", "did:b"])),
        texts=texts,
        concepts=concepts,
        public=draw(st.integers(0, 5)) > 0,
        stamp=draw(st.integers(-2, 4)),
        facets={**facets, "topic": concepts},
        start=draw(DAYS),
        end=draw(DAYS),
    )


@st.composite
def queries(draw: st.DrawFn) -> Query:
    loose, phrase = draw(said(4)), draw(said(3))
    asked = draw(st.sampled_from(["", loose, f'"{phrase}"', f'{loose} "{phrase}"', f"{loose} unbekannt"]))
    filters = {
        "status": draw(st.sampled_from([(), (), ("a", "b")])),
        "topic": draw(st.sampled_from([(), (), ("employment",), ("housing", "women")])),
        "language": draw(st.sampled_from([(), (), ("fr", "de", "ar")])),
        draw(st.sampled_from([*FACETS, "nonsense"])): draw(st.sampled_from([(), (), (), ("did:a",), ("a",)])),
    }
    return Query(
        asked,
        draw(st.sampled_from(["", *LANGUAGES])),
        filters,
        since=draw(st.one_of(st.none(), DAYS)),
        until=draw(st.one_of(st.none(), DAYS)),
        sort=draw(st.sampled_from([*SORTS, "nonsense"])),
        facets=tuple(draw(st.lists(st.sampled_from([*FACETS, "nonsense"]), max_size=4))),
        kinds=draw(st.sampled_from([("Practice",), (), ("Event", "Practice")])),
        public_only=draw(st.booleans()),
        offset=draw(st.sampled_from([0, 0, 1, 5])),
        limit=draw(st.sampled_from([0, 1, 3, 100])),
    )


@st.composite
def changes(draw: st.DrawFn) -> tuple[list[Document], list[str], bool]:
    drops = [f"did:x/{number}" for number in draw(st.lists(st.integers(0, 25), max_size=4))]
    return draw(st.lists(documents(), min_size=1, max_size=8)), drops, draw(st.booleans())


Change = tuple[list[Document], list[str], bool]
"""Documents put, URIs dropped, and whether what goes is erased."""

HISTORIES = st.lists(changes(), min_size=1, max_size=5)
QUERIES = st.lists(queries(), min_size=1, max_size=8)
TYPED = st.lists(st.tuples(said(3), st.integers(0, 20), st.sampled_from(["", *LANGUAGES])), min_size=1)
DRAFTS = st.lists(documents(), min_size=1, max_size=4)
READERS = st.sampled_from(["", *LANGUAGES])
