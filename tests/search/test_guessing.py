"""What is offered while somebody types, when a word is misspelt, and beside a practice; on both indexes."""

from dataclasses import replace

import pytest

from search import Document, Index, Query, Text
from search.names import Names
from search.nearness import distance
from tests.search.conftest import Make
from tests.search.corpus import document

PLACES = Names(
    "place",
    {
        "did:fes": [("fr", "Commune de Fès"), ("fr", "Fès"), ("ar", "جماعة فاس"), ("en", "Fez"), ("tr", "Fes")],
        "did:ist": [("tr", "İstanbul"), ("de", "Istanbul")],
        "did:muc": [("de", "München")],
    },
)


def titles(index: Index, typed: str, language: str = "fr", **other: bool) -> list[str]:
    return [each.value for each in index.complete(typed, language, **other) if each.kind == "title"]


@pytest.mark.parametrize("typed", ["fes", "Fès", "FÈ", "fez", "فاس", "commune de f", "فَا"])
def test_a_town_is_found_by_its_name_in_any_script_and_shown_in_the_readers(make: Make, typed: str) -> None:
    found = make([]).complete(typed, "fr", PLACES)[0]
    assert (found.kind, found.value, found.text, found.language) == ("place", "did:fes", "Commune de Fès", "fr")
    assert make([]).complete(typed, "de", PLACES)[0].value == "did:fes"


@pytest.mark.parametrize(("typed", "place"), [("ist", "did:ist"), ("İST", "did:ist"), ("Muenc", "did:muc")])
def test_case_and_umlauts_do_not_matter(make: Make, typed: str, place: str) -> None:
    assert [each.value for each in make([]).complete(typed, "de", PLACES) if each.kind == "place"] == [place]


def test_a_concept_is_offered_by_any_label_under_its_name_in_the_readers_language(make: Make) -> None:
    for typed in ("Kompetenzbil", "bilan de comp", "حصيلة الكف"):
        found = next(each for each in make([]).complete(typed, "en") if each.kind == "concept")
        assert (found.value, found.language) == ("skills-assessment", "en")
        assert "skill" in found.text.lower()


def test_a_title_is_found_by_the_beginning_of_any_word_newest_first(make: Make) -> None:
    index = make(
        [
            document("1", "Le Logement des femmes", stamp=1),
            document("2", "Femmes et logement", stamp=2),
            document("3", "Logement", stamp=3, public=False),
            document("4", "Formation", body="logement", stamp=4),
            document("5", "Logements à louer", stamp=0),
        ]
    )
    assert titles(index, "log") == ["5", "2", "1"]
    assert titles(index, "femmes log") == ["2", "1"]
    assert titles(index, "log fem") == []
    assert titles(index, "logement fem") == ["2", "1"]
    assert titles(index, "log", public_only=False) == ["3", "5", "2", "1"]
    assert titles(index, "") == titles(index, "  ?! ") == []


def test_the_language_of_an_offered_title_is_one_in_which_the_words_stand(make: Make) -> None:
    texts = {"fr": Text("Écoles ouvertes", "", ""), "de": Text("Offene Schulen", "", ""), "en": Text("Écoles", "", "")}
    index = make([document("a", texts=texts)])
    assert [each.language for each in index.complete("schul", "fr") if each.kind == "title"] == ["de"]
    assert [each.language for each in index.complete("eco", "en") if each.kind == "title"] == ["en"]
    assert [each.language for each in index.complete("eco", "tr") if each.kind == "title"] == ["fr"]


def test_a_title_can_be_typed_without_its_accents_article_and_marks(make: Make) -> None:
    index = make(
        [document("a", "تدبير المَدْرَسَة", "ar"), document("d", "Für Flüchtlinge", "de"), document("t", "Çocuk", "tr")]
    )
    assert titles(index, "مدر", "ar") == titles(index, "المدر", "ar") == ["a"]
    assert titles(index, "fluch", "de") == titles(index, "Fluech", "de") == ["d"]
    assert titles(index, "coc", "fr") == ["t"]


def test_at_most_as_many_as_asked_are_offered_of_all_kinds_together(make: Make) -> None:
    index = make([document(str(n), f"Formation {n}", stamp=n) for n in range(30)])
    for limit in (0, 1, 3, 10):
        found = index.complete("f", "fr", PLACES, limit)
        assert len(found) == min(limit, len(found)) <= limit
    found = index.complete("f", "fr", PLACES, 10)
    assert len(found) == 10
    assert {each.kind for each in found} == {"place", "concept", "title"}
    assert len(index.complete("f", "fr", limit=10**6)) <= 20


def test_a_misspelt_word_is_corrected_from_the_index_and_the_labels(make: Make) -> None:
    index = make([document(str(n), "Gestion des déchets", summary="médiathèque") for n in range(3)])
    assert index.suggest(Query("dechts", "fr")) == ("déchets",)
    assert index.suggest(Query("la gestionn des mediateque", "fr"))[0] == "la gestion des médiathèque"
    index.put([document("h", "x", concepts=("housing",))])
    assert "logement" in index.suggest(Query("logemnt", "fr"))


def test_nothing_is_suggested_for_what_is_found_often_or_short_or_like_nothing(make: Make) -> None:
    index = make([document(str(n), "déchets dechet") for n in range(6)])
    assert index.suggest(Query("déchets", "fr")) == ()
    for words in ("", "de", "2019", "xyzxyzxyz", "???"):
        assert index.suggest(Query(words, "fr")) == ()


def test_a_word_of_what_is_not_public_is_suggested_to_members_only(make: Make) -> None:
    index = make([document("a", "Gnougnou", public=False)])
    assert index.suggest(Query("gnougno", "fr")) == ()
    assert index.suggest(Query("gnougno", "fr", public_only=False)) == ("gnougnou",)
    index.drop(["a"])
    assert index.suggest(Query("gnougno", "fr", public_only=False)) == ()


def test_what_is_like_a_practice_shares_its_rare_words_and_concepts(make: Make) -> None:
    others = [document(f"o{n}", f"thème {n}", body="mot commun") for n in range(50)]
    own = document("own", "Jardins potagers", body="mot commun compost", concepts=("housing",))
    index = make(
        [
            *others,
            own,
            document("garden", "Un jardin potager", body="mot commun"),
            document("concept", "Autre chose", concepts=("housing",)),
            document("hidden", "Jardins potagers", public=False),
        ]
    )
    found = [hit.uri for hit in index.similar(own, "fr")]
    assert set(found) == {"garden", "concept"}
    assert index.similar(replace(own, uri="draft"), "fr")[0].uri == "own"
    assert "hidden" in [hit.uri for hit in index.similar(own, "fr", public_only=False)]
    assert index.similar(own, "fr", kinds=("Event",)) == ()
    assert len(index.similar(own, "fr", limit=1)) == 1


def test_like_nothing_is_like_nothing(make: Make) -> None:
    index = make([document("a", "titre")])
    assert index.similar(document("b", ""), "fr") == ()
    assert make([]).similar(document("b", "titre"), "fr") == ()


def test_practices_of_the_demonstration_are_like_those_of_their_kind(demo_index: Index, demo: list[Document]) -> None:
    by_uri = {each.uri: each for each in demo}
    microcredit_business = ("practice-036", "practice-030", "practice-058")  # the last one in Turkish
    language_courses = ("practice-010", "practice-054")
    for uri, *expected in (microcredit_business, language_courses):
        assert {hit.uri for hit in demo_index.similar(by_uri[uri], "fr", limit=5)} >= set(expected)


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("a", "a", 0),
        ("ab", "ba", 1),
        ("abc", "abd", 1),
        ("abcd", "abd", 1),
        ("abcd", "badc", 2),
        ("abc", "xyz", 3),
        ("", "ab", 2),
    ],
)
def test_a_swap_of_neighbours_is_one_edit(one: str, other: str, edits: int) -> None:
    assert distance(one, other, 2) == edits
    assert distance(other, one, 2) == edits
