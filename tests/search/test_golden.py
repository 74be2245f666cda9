"""What a reader of the demonstration data finds: at least five queries in each language, many across languages."""

import pytest

from search import Document, Index, Query

# language of the reader, words, the record that must be among the first three
GOLDEN = [
    ("fr", "bilans de compétences", "practice-001"),
    ("fr", "l'emploi", "practice-002"),
    ("fr", "microcrédit pour femmes", "practice-036"),
    ("fr", "apprentissage de la langue pour les femmes", "practice-010"),
    ("fr", "acte de naissance des enfants", "practice-026"),
    ("fr", "accueil des étudiants étrangers", "practice-008"),  # in English
    ("fr", "monitoring de l'intégration", "practice-045"),  # in German
    ("fr", "coopérative de femmes", "practice-053"),  # in Turkish
    ("ar", "حَصِيلَة الكَفَاءَات", "practice-001"),  # with vowel marks; in French
    ("ar", "العنف ضد النساء", "practice-029"),
    ("ar", "القروض الصغرى للنساء", "practice-036"),  # in French
    ("ar", "سكن اللاجئين", "practice-019"),  # in French
    ("ar", "التكوين المهني للشباب", "practice-016"),  # in French
    ("ar", "تعاونية النساء", "practice-053"),  # in Turkish, translated
    ("ar", "مواكبة العائدين", "practice-028"),
    ("de", "Kompetenzbilanz", "practice-001"),  # in French
    ("de", "Sprachkurse für Frauen", "practice-054"),  # in Turkish
    ("de", "Dolmetscher Aufenthaltstitel", "practice-005"),  # in French, of Rabat
    ("de", "psychosoziale Beratung für Geflüchtete", "practice-007"),  # in French, of Rabat
    ("de", "Ausländerbeirat", "practice-040"),
    ("de", "Wohnungssuche fuer Fluechtlinge", "practice-041"),
    ("de", "Gewalt gegen Frauen", "practice-029"),  # in Arabic
    ("de", "Anerkennung auslaendischer Abschluesse", "practice-038"),
    ("tr", "kadına yönelik şiddet", "practice-029"),  # in Arabic
    ("tr", "adli yardım sığınmacılar", "practice-022"),  # in Arabic
    ("tr", "göçmen kadınlar için kooperatif", "practice-053"),
    ("tr", "beceri değerlendirmesi", "practice-001"),  # in French, translated
    ("tr", "TÜRKÇE KURSU", "practice-054"),
    ("tr", "mikrokredi", "practice-036"),  # in French
    ("en", "skills assessment", "practice-001"),  # in French, translated
    ("en", "birth certificate", "practice-026"),  # in French, translated
    ("en", "women's cooperatives", "practice-035"),  # in Arabic
    ("en", "housing for refugees", "practice-041"),  # in German
    ("en", "football", "practice-021"),
    ("en", "coding school", "practice-047"),
    ("en", "unaccompanied minors", "practice-020"),  # in French
]


@pytest.mark.parametrize(("language", "words", "expected"), GOLDEN)
def test_the_expected_practice_is_among_the_first_three(
    demo_index: Index, language: str, words: str, expected: str
) -> None:
    assert expected in [hit.uri for hit in demo_index.find(Query(words, language)).hits[:3]]


@pytest.mark.parametrize(
    ("language", "words", "first"),
    [
        ("de", "Kompetenzbilanz", "practice-001"),
        ("de", "psychosoziale Beratung für Geflüchtete", "practice-007"),
        ("de", "Dolmetscher Aufenthaltstitel", "practice-005"),
        ("tr", "kadına yönelik şiddet", "practice-029"),
        ("ar", "القروض الصغرى للنساء", "practice-036"),
        ("en", "birth certificate", "practice-026"),
        ("fr", "bilans de compétences", "practice-001"),
    ],
)
def test_these_find_it_first(demo_index: Index, language: str, words: str, first: str) -> None:
    assert demo_index.find(Query(words, language)).hits[0].uri == first


def test_the_german_word_finds_the_french_record_in_its_german_words(demo_index: Index) -> None:
    """User story 4: the query finds a record of another language, and says by which concept."""
    results = demo_index.find(Query("Kompetenzbilanz", "de", facets=("language",)))
    assert results.concepts == ("skills-assessment",)
    assert (results.hits[0].language, results.hits[0].concepts) == ("de", ("skills-assessment",))
    assert set(results.facets["language"]) >= {"fr", "de", "tr"}


def test_everything_is_there_newest_first(demo_index: Index, demo: list[Document]) -> None:
    results = demo_index.find(Query("", facets=("language", "commune")))
    assert results.total == demo_index.count() == len(demo) == 60
    assert results.facets["language"]["fr"] == 24
    assert sum(results.facets["commune"].values()) == 60
    stamps = {document.uri: document.stamp for document in demo}
    assert stamps[results.hits[0].uri] == max(stamps.values())


def test_a_commune_can_be_chosen_and_the_others_are_still_counted(demo_index: Index) -> None:
    free = demo_index.find(Query("Aufenthaltstitel", "de", facets=("commune",)))
    rabat = demo_index.find(Query("Aufenthaltstitel", "de", {"commune": ("did:rabat",)}, facets=("commune",)))
    assert 0 < rabat.total == free.facets["commune"]["did:rabat"] < free.total
    assert rabat.facets == free.facets
