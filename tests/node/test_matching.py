"""Offers and what is sought meet: the same topic first, then what lies above or below it, and always both ways."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from node import labels
from node.matching import REASONS, Match, Party, Reason, compared, matches, nearness, reasons

ABOVE = {"job-placement": "employment", "employment": "economic-integration", "housing": "social-integration"}
NEAR = nearness(ABOVE.get)
TOPICS = ("job-placement", "employment", "economic-integration", "housing", "social-integration", "unknown-to-us")
topics = st.lists(st.sampled_from(TOPICS), max_size=12).map(tuple)
names = st.frozensets(st.sampled_from(("amal", "umut", "hoffnung", "espoir")), min_size=1, max_size=2)


@st.composite
def parties(draw: st.DrawFn) -> list[Party]:
    count = draw(st.integers(0, 8))
    return [Party(f"uri-{number}", draw(names), draw(topics), draw(topics)) for number in range(count)]


def party(uri: str, offers: tuple[str, ...] = (), seeks: tuple[str, ...] = ()) -> Party:
    return Party(uri, frozenset({uri}), offers, seeks)


def turned(match: Match, one: Party) -> Match:
    """What the other says of the same two."""
    return Match(one.uri, match.takes, match.gives)


@given(parties())
def test_what_one_says_of_the_other_the_other_says_of_the_one(known: list[Party]) -> None:
    for one in known:
        for other in known:
            found = compared(one, other, NEAR)
            assert compared(other, one, NEAR) == (turned(found, one) if found else None)


@given(parties())
def test_nobody_matches_itself_or_another_card_of_its_own_house(known: list[Party]) -> None:
    by_uri = {one.uri: one for one in known}
    for one in known:
        for match in matches(one, known, NEAR, 100):
            assert match.other != one.uri
            assert not by_uri[match.other].names & one.names


@given(parties(), st.randoms(use_true_random=False), st.integers(0, 5))
def test_order_does_not_depend_on_the_order_in_which_they_came_and_no_more_come_than_asked_for(
    known: list[Party], chance: object, most: int
) -> None:
    for one in known:
        found = matches(one, known, NEAR, most)
        shuffled = list(known)
        chance.shuffle(shuffled)  # type: ignore[attr-defined]
        assert matches(one, shuffled, NEAR, most) == found
        assert len(found) <= most
        assert matches(one, known, NEAR, 100)[:most] == found


@given(topics, topics)
def test_each_reason_names_rows_that_meet_and_each_topic_is_met_once(offers: tuple[str], seeks: tuple[str]) -> None:
    found = reasons(offers, seeks, NEAR)
    assert len(found) <= REASONS
    assert [one.steps for one in found] == sorted(one.steps for one in found)
    assert len({one.sought for one in found}) == len(found)
    for one in found:
        assert (offers[one.offer], seeks[one.seek]) == (one.offered, one.sought)
        assert NEAR(one.offered, one.sought) == one.steps


def test_the_same_topic_stands_before_the_one_below_it_and_that_before_the_one_two_below() -> None:
    one = party("one", seeks=("economic-integration",))
    others = [
        party("far", ("job-placement",)),
        party("near", ("employment",)),
        party("same", ("economic-integration",)),
    ]
    found = matches(one, [*others, party("none", ("housing",))], NEAR, 10)
    assert [(match.other, match.takes[0].steps) for match in found] == [("same", 0), ("near", 1), ("far", 2)]


def test_two_topics_below_one_do_not_meet() -> None:
    near = nearness({"language-learning": "education", "adult-literacy": "education"}.get)
    assert near("language-learning", "adult-literacy") is None
    assert near("education", "adult-literacy") == 1
    assert near("adult-literacy", "education") == 1


def test_a_topic_that_the_vocabulary_does_not_know_meets_itself_only() -> None:
    found = reasons(("made-up-elsewhere",), ("made-up-elsewhere", "housing"), NEAR)
    assert found == (Reason(0, 0, "made-up-elsewhere", "made-up-elsewhere", 0),)


def test_a_vocabulary_that_goes_in_a_circle_ends() -> None:
    near = nearness({"a": "b", "b": "c", "c": "a"}.get)
    assert near("a", "b") == near("b", "a") == 1
    assert near("a", "d") is None


def test_every_topic_of_the_vocabulary_meets_those_above_it() -> None:
    known = labels.concepts()
    near = nearness(lambda one: known[one].broader)
    for name, concept in known.items():
        above = concept.broader
        while above is not None:
            assert near(name, above) is not None
            above = known[above].broader
