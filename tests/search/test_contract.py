"""What every index does, whatever keeps the words: each test runs on the one in memory and on the one on disk."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from search import Document, Index, Query, Text
from tests.search.conftest import Make
from tests.search.corpus import document


def uris(index: Index, words: str, language: str = "fr", **other: object) -> list[str]:
    return [hit.uri for hit in index.find(Query(words, language, **other)).hits]  # type: ignore[arg-type]


def test_a_new_index_is_empty_and_at_the_beginning_of_the_log(make: Make) -> None:
    index = make([])
    assert (index.count(), index.cursor()) == (0, 0)
    results = index.find(Query("emploi", "fr"))
    assert (results.hits, results.total, results.facets, results.complete) == ((), 0, {}, True)
    assert index.find(Query("")).total == 0


def test_documents_are_found_by_title_summary_and_body_in_that_order(make: Make) -> None:
    index = make(
        [
            document("body", "Rien ici", body="le logement"),
            document("title", "Le logement", body="rien ici"),
            document("summary", "Rien ici", summary="le logement"),
            document("other", "Rien du tout"),
        ]
    )
    assert uris(index, "logement") == ["title", "summary", "body"]


def test_a_document_put_again_is_replaced(make: Make) -> None:
    index = make([document("a", "ancien titre"), document("b", "ancien titre")])
    index.put([document("a", "nouveau titre")])
    assert index.count() == 2
    assert uris(index, "ancien") == ["b"]
    assert uris(index, "nouveau") == ["a"]


def test_the_last_of_two_documents_of_one_uri_counts(make: Make) -> None:
    index = make([document("a", "premier"), document("a", "second")])
    assert (index.count(), uris(index, "premier"), uris(index, "second")) == (1, [], ["a"])


def test_dropped_documents_are_not_found_and_unknown_ones_do_no_harm(make: Make) -> None:
    index = make([document("a", "titre"), document("b", "titre")])
    index.drop(["a", "unknown"])
    assert (index.count(), uris(index, "titre")) == (1, ["b"])
    index.put([document("a", "titre")])
    assert sorted(uris(index, "titre")) == ["a", "b"]


def test_a_uri_put_and_dropped_at_once_ends_dropped(make: Make) -> None:
    index = make([document("a", "ancien")])
    index.apply([document("a", "titre"), document("b", "titre")], drops=["a"])
    assert uris(index, "titre") == ["b"]
    assert index.count() == 1


def test_the_cursor_moves_only_when_it_is_given(make: Make) -> None:
    index = make([])
    index.apply([document("a", "titre")], cursor=12)
    index.put([document("b", "titre")])
    index.drop(["b"])
    index.purge(["a"])
    index.optimise()
    assert (index.count(), index.cursor(), index.purged()) == (0, 12, 12)
    index.apply(cursor=7)
    assert (index.cursor(), index.purged()) == (7, 7)


def test_the_cursor_is_no_document(make: Make) -> None:
    index = make([document("a", "titre")])
    for cursor in range(3):
        index.apply(cursor=cursor)
    assert index.find(Query("", kinds=(), public_only=False)).total == index.count() == 1


def test_three_of_five_words_must_be_there_and_if_nothing_has_them_those_with_most_are_found(make: Make) -> None:
    index = make([document("both", "alpha beta"), document("one", "alpha"), document("other", "beta gamma")])
    assert uris(index, "alpha beta") == ["both"]
    assert uris(index, "beta alpha delta") == ["both"]  # no document has delta: it is not asked for
    assert uris(index, "alpha beta gamma") == ["both", "other"] or uris(index, "alpha beta gamma") == ["other", "both"]
    assert index.find(Query("alpha gamma delta", "fr")).total == 3


def test_a_misspelt_word_that_no_document_has_is_taken_for_the_nearest_word_of_the_labels(make: Make) -> None:
    index = make([document("a", "Le logement"), document("b", "Le sport")])
    results = index.find(Query("logemnt", "fr"))
    assert ([hit.uri for hit in results.hits], results.instead, results.concepts) == (
        ["a"],
        ("logement",),
        ("housing",),
    )
    assert index.find(Query("bicyclete", "fr")).instead == ()  # no document has the right word either
    index.put([document("c", "logemnt")])
    assert (uris(index, "logemnt"), index.find(Query("logemnt", "fr")).instead) == (["c"], ())


def test_a_word_is_found_by_what_means_the_same_in_another_language_after_itself(make: Make) -> None:
    index = make([document("fr", "La blanchisserie"), document("de", "Die Wäscherei", "de"), document("no", "Mots")])
    assert uris(index, "Wäscherei", "de") == ["de", "fr"]
    assert set(uris(index, "مصبنة", "ar")) == {"de", "fr"}


def test_a_german_compound_is_found_by_its_parts_in_any_language(make: Make) -> None:
    index = make(
        [
            document("fr", "La coopérative de la cuisine"),
            document("de", "Eine Genossenschaft der Küche", "de"),
            document("half", "La cuisine"),
            document("whole", "Küchengenossenschaft", "de"),
        ]
    )
    assert uris(index, "Küchengenossenschaft", "de")[0] == "whole"
    assert set(uris(index, "Küchengenossenschaften", "de")) == {"whole", "de", "fr"}
    assert set(uris(index, "Genossenschaft", "de")) >= {"whole", "de", "fr"}


def test_the_names_of_the_town_and_its_country_find_its_practices(make: Make) -> None:
    names = (("fr", "Commune de Fès"), ("ar", "جماعة فاس"), ("de", "Marokko"))
    index = make([document("a", "Le sport", names=names), document("b", "Le sport")])
    assert uris(index, "sport Marokko", "de") == uris(index, "رياضة فاس", "ar") == ["a"]


def test_a_phrase_matches_its_words_in_order_across_stop_words_and_stems(make: Make) -> None:
    index = make(
        [
            document("phrase", "Les bilans de compétences locaux"),
            document("apart", "Des compétences sans bilan"),
            document("edge", "bilan", summary="bilan", body="compétences"),
        ]
    )
    assert uris(index, '"bilan de compétences"') == ["phrase"]
    assert uris(index, "« bilans de compétence »") == ["phrase"]
    assert uris(index, '"compétences bilan"') == []
    assert set(uris(index, "bilan compétences")) == {"phrase", "apart", "edge"}


def test_an_arabic_phrase_is_found_with_and_without_vowel_marks(make: Make) -> None:
    index = make([document("a", "تدبير المَدْرَسَةِ الجَماعية", "ar"), document("b", "الجماعية مدرسة", "ar")])
    assert uris(index, '"المدرسة الجماعية"', "ar") == ["a"]


def test_a_phrase_does_not_run_from_one_language_into_the_next(make: Make) -> None:
    texts = {"fr": Text("alpha", "", ""), "de": Text("beta", "", "")}
    index = make([document("a", texts=texts)])
    assert uris(index, '"alpha beta"') == []
    assert uris(index, "alpha beta") == ["a"]


def test_what_is_not_public_is_found_only_when_asked_for(make: Make) -> None:
    index = make([document("a", "titre"), document("b", "titre", public=False)])
    assert uris(index, "titre") == ["a"]
    assert sorted(uris(index, "titre", public_only=False)) == ["a", "b"]
    assert index.find(Query("titre", "fr", facets=("language",))).facets == {"language": {"fr": 1}}
    assert index.count() == 2


def test_only_the_kinds_asked_for_are_found(make: Make) -> None:
    index = make(
        [document("a", "titre"), document("q", "titre", kind="Question"), document("e", "titre", kind="Event")]
    )
    assert uris(index, "titre") == ["a"]
    assert sorted(uris(index, "titre", kinds=("Question", "Event"))) == ["e", "q"]
    assert len(uris(index, "titre", kinds=())) == 3


def test_without_words_everything_is_found_newest_first(make: Make) -> None:
    index = make([document("old", stamp=1), document("new", stamp=3), document("b", stamp=2), document("a", stamp=2)])
    assert uris(index, "") == uris(index, "  ") == ["new", "a", "b", "old"]
    assert uris(index, "", offset=1, limit=2) == ["a", "b"]


def test_words_that_say_nothing_find_nothing(make: Make) -> None:
    index = make([document("a", "titre")])
    assert index.find(Query("??? !!!", "fr")).total == 0


def test_facets_are_counted_under_the_other_filters(make: Make) -> None:
    index = make(
        [
            document("1", "titre", "fr", commune="did:a"),
            document("2", "titre", "fr", commune="did:b"),
            document("3", "titre", "de", commune="did:b"),
            document("4", "autre", "de", commune="did:b"),
            document("5", "titre", "ar", commune="did:c", public=False),
        ]
    )

    def counted(**filters: tuple[str, ...]) -> tuple[int, dict[str, int], dict[str, int]]:
        found = index.find(Query("titre", "fr", filters, facets=("language", "commune")))
        return found.total, dict(found.facets["language"]), dict(found.facets["commune"])

    assert counted() == (3, {"fr": 2, "de": 1}, {"did:b": 2, "did:a": 1})
    assert counted(language=("de",)) == (1, {"fr": 2, "de": 1}, {"did:b": 1})
    assert counted(language=("de",), commune=("did:a",)) == (0, {"fr": 1}, {"did:b": 1})


def test_facets_come_most_frequent_first(make: Make) -> None:
    index = make(
        [document(str(n), "titre", "de" if n % 3 else "ar") for n in range(9)] + [document("f", "titre", "fr")]
    )
    found = index.find(Query("", facets=("language",)))
    assert list(found.facets["language"]) == ["de", "ar", "fr"]


def test_the_language_filter_is_of_the_original_and_every_translation_is_searched(make: Make) -> None:
    texts = {"fr": Text("logement", "", ""), "de": Text("Wohnraum", "", "")}
    index = make([document("a", texts=texts)])
    assert uris(index, "Wohnraum", "de") == ["a"]
    assert uris(index, "Wohnraum", "de", filters={"language": ("de",)}) == []
    assert uris(index, "Wohnraum", "de", filters={"language": ("fr",)}) == ["a"]


def test_the_text_to_show_is_the_readers_then_the_matching_one_then_the_original(make: Make) -> None:
    texts = {"fr": Text("logement", "", ""), "de": Text("Wohnraum", "", ""), "tr": Text("konut", "", "")}
    index = make([document("a", texts=texts, concepts=("sport",))])

    def language(words: str, reader: str) -> str:
        return index.find(Query(words, reader)).hits[0].language

    assert language("logement", "tr") == "tr"
    assert language("Wohnraum", "en") == language("Wohnraum", "") == "de"
    assert language("spor", "") == language("football", "en") == language("", "en") == "fr"


def test_the_readers_language_decides_between_equals(make: Make) -> None:
    one = {"de": Text("Kino Verein", "", "")}
    index = make(
        [
            document("d", "Kino Verein", "de"),
            document("e", "Kino Verein", "en"),
            document("f", language="fr", texts={"fr": Text("Kino Verein", "", ""), **one}),
        ]
    )
    assert uris(index, "Kino", "de")[0] == "d"
    assert uris(index, "Kino", "en")[0] == "e"
    assert uris(index, "Kino", "de").index("f") < uris(index, "Kino", "de").index("e")


def test_a_concept_is_found_in_any_language_and_says_so(make: Make) -> None:
    index = make([document("a", "Titre", concepts=("skills-assessment",)), document("b", "Titre")])
    for words, reader in [("Kompetenzbilanz", "de"), ("حصيلة الكفاءات", "ar"), ("beceri profili çıkarma", "tr")]:
        results = index.find(Query(words, reader))
        assert [hit.uri for hit in results.hits] == ["a"]
        assert results.hits[0].concepts == results.concepts == ("skills-assessment",)


def test_narrower_concepts_are_found_behind_the_one_asked_for(make: Make) -> None:
    index = make(
        [document("narrow", concepts=("apprenticeship",)), document("exact", concepts=("vocational-training",))]
    )
    results = index.find(Query("mesleki eğitim", "tr"))
    assert [hit.uri for hit in results.hits] == ["exact", "narrow"]
    assert results.hits[1].concepts == ("vocational-training",)
    assert "exact" not in uris(index, "apprenticeship", "en")


def test_one_word_of_a_label_does_not_mean_the_concept(make: Make) -> None:
    index = make([document("a", concepts=("residence-permit",)), document("b", body="un séjour")])
    assert uris(index, "séjour") == ["b"]
    assert uris(index, "titre de séjour")[0] == "a"


def test_no_stuffed_body_outranks_a_title(make: Make) -> None:
    index = make(
        [
            document("spam", "Autre chose", body="logement " * 500),
            document("honest", "Le logement", body="des mots " * 250),
        ]
    )
    assert uris(index, "logement") == ["honest", "spam"]


def test_documents_without_texts_or_with_strange_ones_can_be_put(make: Make) -> None:
    index = make(
        [
            document("none", texts={}),
            document("other", texts={"zgh": Text("ⵜⴰⵡⵓⵔⵉ", "", "")}, language="fr"),
            document("strange", "\ud800 \x00 mot", body="(" * 5000 + "y" * 30_000, concepts=("unknown concept",)),
        ]
    )
    assert index.count() == 3
    assert uris(index, "ⵜⴰⵡⵓⵔⵉ") == ["other"]
    assert uris(index, "mot") == ["strange"]
    assert len(uris(index, "")) == 3


def test_nothing_changes_when_the_documents_cannot_be_read(make: Make) -> None:
    index = make([document("a", "titre")])

    def broken() -> Document:
        raise RuntimeError("the store is away")

    with pytest.raises(RuntimeError, match="store"):
        index.apply((broken() for _ in range(1)), drops=["a"], cursor=9)
    assert (uris(index, "titre"), index.cursor()) == (["a"], 0)
    index.put([document("b", "titre")])
    assert index.count() == 2


def test_many_threads_find_while_one_puts(make: Make) -> None:
    index = make([document("a", "titre commun")])

    def look(_: int) -> int:
        return index.find(Query("titre commun", "fr", limit=100)).total

    with ThreadPoolExecutor(4) as pool:
        looks = pool.map(look, range(200))
        for number in range(12):
            index.apply([document(f"b{number}", "titre commun")], cursor=number)
        seen = list(looks)
    assert set(seen) <= set(range(1, 14))
    assert look(0) == 13


def test_a_machines_or_an_outdated_translation_ranks_lower(make: Make) -> None:
    texts = {"fr": Text("Cinéma", "", ""), "tr": Text("Sinema", "", "")}
    index = make(
        [document(uri, texts=texts, lesser=("tr",) if uri == "a" else ()) for uri in ("a", "b")]
        + [document("c", "Sinema", "tr"), document("d", texts={"fr": texts["fr"], "de": texts["tr"]})]
    )
    assert uris(index, "sinema", "tr") == ["c", "b", "d", "a"]
    assert uris(index, "sinema", "ar")[:2] == ["a", "b"]


def test_f8_one_origin_has_at_most_half_of_the_first_page_while_others_come_near(make: Make) -> None:
    loud = [document(f"a{n}", "Le logement", commune="did:a") for n in range(12)]
    others = [document(f"b{n}", "Le logement", body="des mots " * 9, commune=f"did:{n}") for n in range(6)]
    index = make(loud + others)
    first = uris(index, "logement")
    assert sum(uri.startswith("a") for uri in first) == 5
    assert first + uris(index, "logement", offset=10) == uris(index, "logement", limit=20)
    assert len(set(uris(index, "logement", limit=20))) == 18
    assert all(uri.startswith("a") for uri in uris(index, "logement", filters={"commune": ("did:a",)}))
