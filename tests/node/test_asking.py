"""What a reader asks, as an address says it, and days as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from node import asking, dates, labels
from node.asking import Asked
from node.errors import NotFound, Unclear


def read(*pairs: tuple[str, str]) -> Asked:
    return asking.read(pairs, labels.known)


@pytest.mark.parametrize(
    ("typed", "tidy"),
    [
        ("2015", "2015"),
        ("2015-12", "2015-12"),
        ("12/2015", "2015-12"),
        ("2015-2-1", "2015-02-01"),
        ("31.12.2015", "2015-12-31"),
        ("٣١/١٢/٢٠١٥", "2015-12-31"),
        (" 2015 / 6 ", "2015-06"),
    ],
)
def test_day_is_read_as_people_write_it(typed: str, tidy: str) -> None:
    assert dates.tidy(typed) == tidy


@pytest.mark.parametrize("typed", ["", "15", "soon", "2015-13", "30.02.2015", "20155", "2015-1-1-1", "1815", "²⁰¹⁵"])
def test_what_is_no_day_is_refused_with_its_code(typed: str) -> None:
    with pytest.raises(Unclear) as refused:
        dates.tidy(typed)
    assert refused.value.code == "bad_date"


def test_month_ends_on_its_last_day() -> None:
    assert dates.last_day("2016-02") == date(2016, 2, 29)
    assert dates.last_day("2016") == date(2016, 12, 31)
    assert dates.first_day("2016") == date(2016, 1, 1)


def test_equal_questions_have_equal_addresses() -> None:
    one = read(("topic", "housing"), ("q", " du  travail "), ("country", "MA"), ("page", "1"), ("sort", "best"))
    other = read(("country", "MA"), ("q", "du travail"), ("view", "list"), ("topic", "housing"), ("topic", "housing"))
    assert one.address() == other.address() == "q=du+travail&topic=housing&country=MA"
    assert asking.read_address(one.address(), labels.known) == one


def test_unknown_values_and_parameters_are_left_out() -> None:
    asked = read(
        ("topic", "women"), ("status", "topic"), ("country", "XXL"), ("sort", "price"), ("view", "cube"), ("x", "y")
    )
    assert asked == Asked()


def test_question_is_bounded() -> None:
    asked = read(*[("year", str(1000 + number)) for number in range(900)], ("q", "x" * 30_000))
    assert sum(map(len, asked.chosen.values())) == asking.VALUES_MOST
    assert len(asked.words) == asking.WORDS_MOST


def test_date_that_cannot_be_read_is_kept_and_told_and_does_not_narrow() -> None:
    asked = read(("since", "yesterday"), ("until", "2019"))
    assert asked.problems == {"since": "bad_date"}
    assert asked.since == "yesterday"
    query = asked.query("fr")
    assert (query.since, query.until) == (None, date(2019, 12, 31))


def test_end_before_the_beginning_is_told() -> None:
    assert read(("since", "2020"), ("until", "2019")).problems == {"until": "dates_crossed"}
    assert read(("since", "2019"), ("until", "2019")).problems == {}


def test_taking_one_value_away_leaves_the_others_and_goes_to_the_first_page() -> None:
    asked = read(("topic", "housing"), ("topic", "health"), ("country", "MA"), ("page", "3"))
    assert asked.without("topic", "health").pairs() == [("topic", "housing"), ("country", "MA")]
    assert asked.without("topic").pairs() == [("country", "MA")]
    assert asked.widest().pairs() == []


@pytest.mark.parametrize(
    ("facet", "typed", "value"),
    [
        ("topic", "Beschäftigung", "employment"),
        ("topic", "تعلم اللغة", "language-learning"),
        ("topic", "LOGEMENT", "housing"),
        ("group", "kadınlar", "women"),
        ("country", "Maroc", "MA"),
        ("country", "turkiye", "TR"),
        ("language", "Arabisch", "ar"),
        ("cost", "under-10000", "under-10000"),
        ("year", "2019", "2019"),
    ],
)
def test_value_is_meant_by_its_id_or_its_name_in_any_language(facet: str, typed: str, value: str) -> None:
    assert labels.meant(facet, typed) == value


def test_value_that_nobody_knows_is_not_found_and_the_message_lists_what_there_is() -> None:
    with pytest.raises(NotFound) as missing:
        labels.meant("status", "nearly")
    assert missing.value.code == "unknown_value"
    assert "completed" in missing.value.message


@pytest.mark.parametrize("language", ["fr", "ar", "de", "tr", "en"])
def test_bands_of_cost_are_said_in_every_language(language: str) -> None:
    said = [labels.cost(band, language) for band in ("under-10000", "10000-50000", "50000-250000", "over-250000")]
    assert len(set(said)) == 4
    assert all("000" in each and "%(" not in each for each in said)
