"""The passage shown under a hit."""

import random
import unicodedata

from search import Document, Query, Vocabulary
from search.snippet import snippet


def shown(fragments: list[tuple[str, bool]]) -> str:
    return "".join(f"[{text}]" if marked else text for text, marked in fragments)


def plain(fragments: list[tuple[str, bool]]) -> str:
    return "".join(text for text, _ in fragments)


def test_matching_words_are_marked_in_any_form() -> None:
    assert shown(snippet("Des bilans de compétences.", "compétence", "fr")) == "Des bilans de [compétences]."
    assert shown(snippet("İstanbul'da bir kurs.", Query("istanbul"), "tr")) == "[İstanbul'da] bir kurs."
    assert shown(snippet("Die Straßen der Stadt", "strasse", "de")) == "Die [Straßen] der Stadt"
    assert shown(snippet("في المَدْرَسَةِ الجماعية", "مدرسة", "ar")) == "في [المَدْرَسَةِ] الجماعية"
    assert shown(snippet("L’emploi des jeunes", "emplois", "fr")) == "[L’emploi] des jeunes"


def test_the_passage_with_most_of_the_words_is_chosen() -> None:
    text = "un emploi. " + "rien de tel. " * 60 + "la formation et l'emploi. " + "encore rien. " * 60
    assert "[formation] et [l'emploi]" in shown(snippet(text, "emploi formation", "fr"))


def test_the_beginning_is_shown_when_nothing_matches() -> None:
    assert plain(snippet("Un deux trois quatre cinq", "rien", "fr", width=16)) == "Un deux …"


def test_it_is_never_wider_than_asked_and_never_cuts_a_word(demo: list[Document]) -> None:
    chance = random.Random(3)
    for document in demo:
        for language, wording in document.texts.items():
            text = unicodedata.normalize(chance.choice(["NFC", "NFD"]), f"{wording.summary}\n{wording.body}")  # type: ignore[arg-type]
            width = chance.randint(20, 300)
            result = snippet(text, " ".join(chance.sample(text.split(), 3)), language, width)
            assert len(plain(result)) <= width
            inside = plain(result).removeprefix("… ").removesuffix(" …")
            start = " ".join(text.split()).find(inside)
            assert start >= 0
            whole = " ".join(text.split())
            around = whole[start - 1 : start] + whole[start + len(inside) : start + len(inside) + 1]
            assert not any(letter.isalnum() or unicodedata.combining(letter) for letter in around)


def test_no_marked_piece_begins_with_a_mark(demo: list[Document]) -> None:
    text = unicodedata.normalize("NFD", "Évaluation régularisée après déménagement")
    for piece, _ in snippet(text, "evaluation apres", "fr"):
        assert not unicodedata.combining(piece[0])


def test_strange_texts_are_answered() -> None:
    assert snippet("", "a", "fr") == []
    assert snippet("x" * 1000, "x", "fr") == []
    assert snippet("\ud800 \x00 ...", "a", "fr") == []
    assert plain(snippet("mot " * 100_000, "mot", "xx")).count("mot") > 10


def test_text_is_not_escaped_here() -> None:
    assert shown(snippet("<b>Emploi</b> & co", "emploi", "fr")) == "<b>[Emploi]</b> & co"


def test_what_means_the_same_in_another_language_is_marked(vocabulary: Vocabulary) -> None:
    text = "La commune ouvre une blanchisserie et des cours de langue pour les femmes."
    marked = [piece for piece, is_match in snippet(text, Query("Wäscherei", "de"), "fr", 240, vocabulary) if is_match]
    assert marked == ["blanchisserie"]
    marked = [piece for piece, is_match in snippet(text, Query("Sprachkurs", "de"), "fr", 240, vocabulary) if is_match]
    assert marked == ["cours", "de", "langue"]
    assert not any(is_match for _, is_match in snippet(text, Query("Wäscherei", "de"), "fr", 240))


def test_the_parts_of_a_compound_are_marked_where_they_are_said(vocabulary: Vocabulary) -> None:
    text = "Une coopérative de la cuisine."
    found = snippet(text, Query("Küchengenossenschaft", "de"), "fr", 240, vocabulary)
    assert [piece for piece, is_match in found if is_match] == ["coopérative", "cuisine"]
