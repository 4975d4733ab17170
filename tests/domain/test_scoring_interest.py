"""Interest: webhooks arrive late, twice and in any order, and the score must not tell."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.scoring.interest import (
    NOTHING,
    Interest,
    InterestEvent,
    Scored,
    Worth,
    cap_of,
    counted,
    score,
    total,
    worth_of,
)
from domain.scoring.policy import ScoringPolicy
from tests.support.scoring_policy import simple_scoring

HALF_LIFE = timedelta(days=21)
START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""


def rules(*interest: dict[str, object]) -> ScoringPolicy:
    """A policy with these interest rules."""
    plain = simple_scoring(click=1).model_dump(mode="json", by_alias=True)
    return ScoringPolicy.model_validate(plain | {"interest": interest, "half_life": "21 days"})


CAPPED = rules(
    {"rule": "open", "on": "open", "points": 1, "at_most": "2 per week"},
    {"rule": "click", "on": "click", "points": 10, "at_most": "3 per day"},
    {"rule": "jobs", "on": "page", "points": -10, "at_most": "1 per month"},
    {"rule": "reply", "on": "reply", "points": 40},
)

times = st.integers(0, 60 * 24 * 40).map(lambda minutes: START + timedelta(minutes=minutes))
points = st.tuples(times, st.integers(-100, 100))


def scored(key: str, kind: str, at: datetime, machine: str = "") -> Scored:
    """An event as it is kept."""
    worth = worth_of(CAPPED, InterestEvent(kind), at)
    return Scored(key, at, worth.rule, worth.points, worth.period, machine)


# Few times, so that many events share one.
events = st.builds(
    scored,
    st.uuids().map(str),
    st.sampled_from(["open", "click", "page", "reply", "bounce"]),
    st.one_of(times, st.integers(0, 3).map(lambda day: START + timedelta(days=day))),
    st.sampled_from(["", "", "", "scanner", "privacy_proxy"]),
)
histories = st.lists(events, max_size=40)


def test_days_are_counted_from_the_day_of_the_event() -> None:
    """Scored anew a year later, or reported late, the same event would be worth something else."""
    renewal = {"rule": "soon", "on": "track", "points": 9}
    soon = rules(renewal | {"if": "daysUntil(event.properties.renewal) < 30"})
    event = InterestEvent("track", properties={"renewal": "2026-03-20"})

    assert worth_of(soon, event, START).points == 9
    assert worth_of(soon, event, START - timedelta(days=60)).points == 0
    assert worth_of(soon, event, datetime(2026, 2, 19, 3, tzinfo=timezone(timedelta(hours=9)))) == (
        worth_of(soon, event, datetime(2026, 2, 18, 18, tzinfo=UTC))
    )


@given(st.lists(points, max_size=30), st.randoms())
def test_decay_does_not_depend_on_the_order_of_events(
    happened: list[tuple[datetime, int]], chance: random.Random
) -> None:
    """Late webhooks must leave the score that timely ones would."""
    shuffled = chance.sample(happened, len(happened))
    first, second = NOTHING, NOTHING
    for at, worth in happened:
        first = first.plus(worth, at, HALF_LIFE)
    for at, worth in shuffled:
        second = second.plus(worth, at, HALF_LIFE)

    assert first.as_of == second.as_of == max([NOTHING.as_of, *(at for at, _ in happened)])
    assert first.value == pytest.approx(second.value, abs=1e-9)


@given(st.lists(points, max_size=30), st.lists(st.integers(0, 3), min_size=30, max_size=30))
def test_decay_does_not_depend_on_the_grouping_of_events(
    happened: list[tuple[datetime, int]], groups: list[int]
) -> None:
    """A batch of 100 events is summed before it is added to the lead."""
    now = START + timedelta(days=60)
    parts = [NOTHING] * 4
    for (at, worth), group in zip(happened, groups, strict=False):
        parts[group] = parts[group].plus(worth, at, HALF_LIFE)
    whole = NOTHING
    for part in parts:
        whole = whole.plus(part.value, part.as_of, HALF_LIFE)

    exact = sum(worth * 0.5 ** ((now - at) / HALF_LIFE) for at, worth in happened)
    assert whole.at(now, HALF_LIFE) == pytest.approx(exact, abs=1e-9)


@given(histories, st.data())
def test_caps_do_not_depend_on_arrival_or_duplicates(
    history: list[Scored], data: st.DataObject
) -> None:
    """A provider that sends again in another order must not change who is called."""
    again = data.draw(st.lists(st.sampled_from(history), max_size=20)) if history else []
    shuffled = data.draw(st.permutations([*history, *again]))

    assert counted(CAPPED, shuffled) == counted(CAPPED, history)
    assert total(CAPPED, shuffled) == total(CAPPED, history)


@given(histories)
def test_what_counts_stays_within_the_cap_and_holds_the_earliest(history: list[Scored]) -> None:
    """Else one busy afternoon, or a mail scanner, makes a lead look decided."""
    given_points = counted(CAPPED, history)

    assert given_points.keys() == {event.key for event in history}
    assert all(given_points[event.key] == 0 for event in history if event.machine)
    human = [event for event in history if not event.machine]
    for event in human:
        cap = cap_of(CAPPED, event.rule)
        place = [e for e in human if (e.rule, e.period) == (event.rule, event.period)]
        before = sum((e.at, e.key) < (event.at, event.key) for e in place)
        counts = cap is None or before < cap
        assert given_points[event.key] == (event.worth if counts else 0)


@given(histories, st.lists(st.booleans(), min_size=40, max_size=40))
def test_merging_two_histories_is_having_known_the_lead_from_the_start(
    history: list[Scored], anonymous: list[bool]
) -> None:
    """A visitor who turns out to be a lead counts neither twice nor around the caps."""
    visitor = [event for event, apart in zip(history, anonymous, strict=False) if apart]
    lead = [event for event, apart in zip(history, anonymous, strict=False) if not apart]
    merged = total(CAPPED, [*lead, *visitor])
    known = total(CAPPED, history)

    assert counted(CAPPED, [*visitor, *lead]) == counted(CAPPED, history)
    assert merged == known


@given(histories)
def test_events_one_by_one_give_what_recomputing_gives(history: list[Scored]) -> None:
    """The lead's page adds up line by line to the score that is kept."""
    interest = NOTHING
    for key, worth in counted(CAPPED, history).items():
        at = next(event.at for event in history if event.key == key)
        interest = interest.plus(worth, at, HALF_LIFE)

    assert interest.value == pytest.approx(total(CAPPED, history).value, abs=1e-9)


def test_points_given_by_hand_and_by_retired_rules_count_in_full() -> None:
    """A person's judgement has no rule, and so no cap."""
    by_hand = Scored("a", START, "", 25, None, "")
    retired = Scored("b", START, "a rule of last year", 5, START, "")

    assert counted(CAPPED, [by_hand, retired]) == {"a": 25, "b": 5}


def test_the_first_rule_that_fits_gives_its_points() -> None:
    """The special stands above the general: prices are not just another page."""
    policy = rules(
        {"rule": "demo", "on": "track", "if": 'event.name == "Demo Requested"', "points": 60},
        {"rule": "prices", "on": "page", "if": 'event.path.startsWith("/pr")', "points": 12},
        {"rule": "big", "on": ["page", "track"], "if": "event.properties.seats > 50", "points": 7},
        {"rule": "looked", "on": "page", "points": 1},
    )

    def rule_for(event: InterestEvent) -> str:
        return worth_of(policy, event, START).rule

    assert rule_for(InterestEvent("track", name="Demo Requested")) == "demo"
    assert rule_for(InterestEvent("track", name="Signed In")) == ""
    assert rule_for(InterestEvent("page", path="/pricing", properties={"seats": 90})) == "prices"
    assert rule_for(InterestEvent("page", path="/blog", properties={"seats": 90})) == "big"
    assert rule_for(InterestEvent("page", path="/blog", properties={"seats": "many"})) == "looked"
    assert rule_for(InterestEvent("page", path="/blog")) == "looked"
    assert rule_for(InterestEvent("click", path="/pricing")) == ""
    assert worth_of(policy, InterestEvent("click"), START) == Worth("", 0, None)


@pytest.mark.parametrize("odd", [10**40, "\ud800", "\x00", object(), {"deep": [{1: None}]}])
def test_an_odd_property_does_not_hide_the_others(odd: object) -> None:
    """One strange value that a site sends along must not cost the lead its points."""
    policy = rules(
        {"rule": "pro", "on": "track", "if": 'event.properties.plan == "pro"', "points": 3}
    )

    event = InterestEvent("track", properties={"odd": odd, "plan": "pro"})

    assert worth_of(policy, event, START).points == 3


@pytest.mark.parametrize(
    ("per", "first"),
    [("day", "2026-05-03"), ("week", "2026-04-27"), ("month", "2026-05-01")],
)
def test_a_caps_period_is_a_calendar_one_in_utc(per: str, first: str) -> None:
    """Sunday 23:30 in UTC is Monday in Seoul: all see the same week."""
    policy = rules({"rule": "click", "on": "click", "points": 1, "at_most": f"1 per {per}"})
    at = datetime(2026, 5, 3, 23, 30, tzinfo=UTC)

    for same in (at, at.astimezone(timezone(timedelta(hours=9)))):
        worth = worth_of(policy, InterestEvent("click"), same)
        assert worth.period == datetime.fromisoformat(f"{first}T00:00:00+00:00")


def test_half_is_left_after_a_half_life_and_the_future_counts_in_full() -> None:
    """A clock that is a minute ahead must not make points grow."""
    interest = Interest(40.0, START)

    assert interest.at(START + HALF_LIFE, HALF_LIFE) == 20
    assert interest.at(START - HALF_LIFE, HALF_LIFE) == 40
    assert interest.at(datetime(9999, 1, 1, tzinfo=UTC), timedelta(minutes=1)) == 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [(29.5, 30), (29.4999999999, 30), (29.49, 29), (30.0, 30), (-0.4, 0), (-50.0, 0), (0.5, 1)],
)
def test_the_score_is_rounded_half_up_and_never_below_nothing(value: float, shown: int) -> None:
    """The lead's page, the crossing and the SDR all show the same whole number."""
    assert score(value) == shown
