"""What a record can be narrowed by, read from its content."""

from datetime import date

import pytest

from node.facets import DEAREST, facets_of, time_of


def test_every_facet_of_a_practice_is_read() -> None:
    content = {
        "topics": ["housing", "legal-aid"],
        "targetGroups": ["women"],
        "dimensions": ["transit", "return"],
        "status": "completed",
        "evidenceLevel": "monitored",
        "startDate": "2017-03",
        "budget": {"amount": "320000", "currency": "MAD"},
    }
    assert facets_of("Practice", content, "MA") == {
        "country": ("MA",),
        "topic": ("housing", "legal-aid"),
        "group": ("women",),
        "dimension": ("transit", "return"),
        "status": ("completed",),
        "evidence": ("monitored",),
        "year": ("2017",),
        "cost": ("10000-50000",),
    }


def test_a_practice_without_a_level_reports_itself_and_other_types_have_none() -> None:
    assert facets_of("Practice", {}, None) == {"evidence": ("self-reported",)}
    assert facets_of("Question", {"status": "open"}, "DE") == {"country": ("DE",), "status": ("open",)}


@pytest.mark.parametrize(
    ("outcomes", "level"),
    [
        (["worked"], "replicated"),
        (["failed", "partly"], "replicated"),
        (["failed", "planned"], "monitored"),
        ([], "monitored"),
    ],
)
def test_a_practice_is_replicated_when_an_adaptation_worked(outcomes: list[str], level: str) -> None:
    assert facets_of("Practice", {"evidenceLevel": "monitored"}, None, outcomes)["evidence"] == (level,)


def test_the_country_of_an_event_is_where_it_is_held() -> None:
    assert facets_of("Event", {"location": {"country": "TR"}}, "MA")["country"] == ("TR",)
    assert facets_of("Event", {"location": {"city": "Fès"}}, "MA")["country"] == ("MA",)


@pytest.mark.parametrize(
    ("amount", "currency", "band"),
    [
        ("9999.99", "EUR", "under-10000"),
        ("10000", "EUR", "10000-50000"),
        ("100000", "MAD", "under-10000"),
        ("2000000", "MAD", "50000-250000"),
        ("999999999999999", "TRY", DEAREST),
        ("0", "EUR", "under-10000"),
    ],
)
def test_costs_of_all_currencies_fall_into_the_same_bands(amount: str, currency: str, band: str) -> None:
    assert facets_of("Practice", {"budget": {"amount": amount, "currency": currency}}, None)["cost"] == (band,)


@pytest.mark.parametrize(
    "budget", [None, {}, {"amount": "5"}, {"amount": "5", "currency": "XXX"}, {"amount": "x", "currency": "EUR"}, "5"]
)
def test_what_is_no_known_money_has_no_band(budget: object) -> None:
    assert "cost" not in facets_of("Practice", {"budget": budget}, None)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2019", "2020", (date(2019, 1, 1), date(2020, 12, 31))),
        ("2019-02", "2020-02", (date(2019, 2, 1), date(2020, 2, 29))),
        ("2019-02-03", "2019-02-04T10:00", (date(2019, 2, 3), date(2019, 2, 4))),
        ("2019", None, (date(2019, 1, 1), None)),
        (None, None, (None, None)),
        ("soon", "0000-13", (None, None)),
    ],
)
def test_a_year_is_all_of_it_and_a_month_too(start: str, end: str, days: tuple[date | None, date | None]) -> None:
    assert time_of({"startDate": start, "endDate": end}) == days


def test_content_of_the_wrong_shape_does_no_harm() -> None:
    strange = {"topics": "housing", "targetGroups": [1, None], "status": 7, "startDate": 2019, "location": []}
    assert facets_of("Practice", strange, "MA") == {
        "country": ("MA",),
        "year": ("2019",),
        "evidence": ("self-reported",),
    }
