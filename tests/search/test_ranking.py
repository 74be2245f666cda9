"""How many words are enough, and what the reader's language decides."""

from collections.abc import Callable

from search.ranking import LESSER, OWN_LANGUAGE, TITLE, TRANSLATED, for_reader, in_field, needed


def having(*counts: int) -> Callable[[int], int]:
    """Documents with at least one, two … of the words."""
    return lambda number: counts[number - 1] if number <= len(counts) else 0


def test_three_of_five_words_are_enough() -> None:
    many = having(9, 9, 9, 9, 9, 9, 9, 9, 9, 9)
    assert [needed(words, many) for words in range(1, 11)] == [1, 2, 2, 3, 3, 4, 5, 5, 6, 6]


def test_half_of_the_words_will_do_while_few_documents_have_enough_but_never_one_of_two() -> None:
    assert needed(4, having(9, 9, 2)) == 2
    assert needed(5, having(9, 9, 2)) == 3  # half of five is three
    assert needed(2, having(9, 1)) == 2
    assert needed(3, having(9, 1)) == 2


def test_when_none_has_enough_those_with_most_are_found() -> None:
    assert needed(5, having(4)) == needed(2, having(4)) == 1
    assert needed(3, having()) == needed(0, having()) == 1


def test_no_body_however_stuffed_is_worth_a_word_in_a_title() -> None:
    assert in_field(10**9, 10, 10.0) < TITLE * in_field(1.0, 10, 10.0)


def test_the_readers_language_weighs_less_than_anything_else() -> None:
    assert for_reader("de", "de", ("de",)) == OWN_LANGUAGE
    assert for_reader("de", "fr", ("fr", "de")) == TRANSLATED
    assert for_reader("de", "fr", ("fr", "de"), ("de",)) == LESSER
    assert for_reader("", "fr", ("fr",)) == for_reader("ar", "fr", ("fr", "de"), ("de",)) == 1.0
