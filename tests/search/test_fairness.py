"""The first page belongs to no single origin, while others have nearly as much to say. Attack F8."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import Query, Vocabulary
from search.fairness import MOST, NEAR, PAGE, WINDOW, Standing, applies, fair
from search.plan import plan


def of(*told: tuple[str, float]) -> list[Standing]:
    return [Standing(origin, score) for origin, score in told]


def origins(standings: list[Standing]) -> list[str]:
    return [standings[place].origin for place in fair(standings)]


def test_f8_one_origin_has_at_most_five_of_the_first_ten_while_others_come_near() -> None:
    spam = [("spam", 10.0 - n / 100) for n in range(30)]
    others = [(f"town{n}", 8.0 - n / 100) for n in range(20)]
    first = origins(of(*spam, *others))[:PAGE]
    assert first == ["spam"] * MOST + [f"town{n}" for n in range(PAGE - MOST)]


def test_others_that_are_worth_much_less_are_not_put_before() -> None:
    standings = of(*[("expert", 10.0)] * 12, *[(f"town{n}", NEAR * 10.0 - 0.1) for n in range(9)])
    assert fair(standings) == list(range(21))


def test_what_is_fair_already_keeps_its_order() -> None:
    standings = of(*((f"town{n % 3}", 10.0 - n) for n in range(10)))
    assert fair(standings) == list(range(10))


def test_two_stuffed_origins_leave_no_room_only_for_each_other() -> None:
    standings = of(*((f"spam{n % 2}", 9.0) for n in range(40)), ("town", 8.0))
    assert Counter(origins(standings)[:PAGE]) == {"spam0": 5, "spam1": 5}  # ten of many names: see docs/search.md


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, WINDOW, WINDOW + 50])
def test_nothing_is_lost_and_nothing_is_doubled(count: int) -> None:
    chance = random.Random(count)
    scores = sorted((chance.uniform(1, 10) for _ in range(count)), reverse=True)
    standings = of(*((chance.choice("aaaab"), score) for score in scores))
    assert sorted(fair(standings)) == list(range(count))


@given(st.lists(st.tuples(st.sampled_from("aaabc"), st.integers(1, 50)), max_size=150), st.integers(0, 50))
def test_every_page_is_cut_from_the_same_order(told: list[tuple[str, int]], more: int) -> None:
    """Page 12 asks for more hits than page 1: what was on page 1 must not change by that."""
    standings = of(*sorted(((origin, float(score)) for origin, score in told), key=lambda each: -each[1]))
    whole = fair(standings)
    assert fair(standings[: WINDOW + more]) == whole[: WINDOW + more]
    kept = [place for place in whole if place not in whole[:PAGE]]
    assert kept == sorted(kept)  # behind the first page the order of worth holds


@given(st.lists(st.tuples(st.sampled_from("aab"), st.floats(0.1, 10)), max_size=60))
def test_an_origin_over_its_share_is_there_because_nobody_came_near(told: list[tuple[str, float]]) -> None:
    standings = of(*sorted(told, key=lambda each: -each[1]))
    order = fair(standings)
    count = Counter[str]()
    for number, place in enumerate(order[:PAGE]):
        each = standings[place]
        if count[each.origin] >= MOST:
            later = [standings[other] for other in order[number + 1 :]]
            assert not [one for one in later if count[one.origin] < MOST and one.score >= NEAR * each.score]
        count[each.origin] += 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query("emploi"), True),
        (Query("emploi", filters={"topic": ("housing",)}), True),
        (Query("emploi", filters={"commune": ("did:a",)}), False),
        (Query("emploi", sort="newest"), False),
        (Query("emploi", sort="title"), False),
        (Query(""), False),
    ],
)
def test_the_cap_belongs_to_words_ordered_by_worth(vocabulary: Vocabulary, query: Query, expected: bool) -> None:
    assert applies(query, plan(query, vocabulary)) is expected
