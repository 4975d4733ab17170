"""Who is in a segment after whatever happened, and after whatever died."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from store.segments.membership import (
    changes_waiting,
    judge_all,
    judge_all_again,
    judge_changed,
    keep_sizes,
)
from store.views.segments import segment_named
from tests.store.segments.world import (
    CONDITIONS,
    Chance,
    by_sql,
    holding,
    judge,
    members,
    publish,
    recomputed,
)
from tests.support.scored_leads import NOW, Book

KOREAN, FEW_CLICKS = 'lead.country == "KR"', "engagement.clicks >= 2"


@pytest.mark.parametrize("seed", range(4))
def test_members_after_random_events_are_those_of_a_recomputation(book: Book, seed: int) -> None:
    """A mail would go to who left a segment, or not to who joined it."""
    world = Chance(book, seed)
    publish(book, CONDITIONS)
    for turn in range(60):
        world.something()
        if turn % 11 == 0:
            judge(book, slice_of=4)
    judge(book)

    assert members(book) == recomputed(book, CONDITIONS)


@pytest.mark.parametrize("seed", range(3))
def test_sql_says_what_the_condition_says(book: Book, seed: int) -> None:
    """Who counts a condition before publishing it would be told another number."""
    world = Chance(book, seed)
    for _ in range(50):
        world.something()
    asked_one_by_one = set()

    with book.database.connect() as connection:
        for one in CONDITIONS:
            said = by_sql(connection, one)
            if said is None:
                asked_one_by_one.add(one)
            else:
                assert {lead for lead, holds in said.items() if holds} == holding(connection, one)

    assert len(asked_one_by_one) == 5


def test_a_change_nobody_asks_about_costs_nothing(book: Book) -> None:
    """Each event of each lead would wait to be judged by segments that it can't concern."""
    lead = book.lead()
    publish(book, [KOREAN])
    judge(book)

    book.run("UPDATE lead SET cycle = 2, interest = 5 WHERE id = :id", id=lead)
    with book.database.connect() as connection:
        assert changes_waiting(connection, 10) == 0
    book.run("UPDATE lead SET country = 'KR' WHERE id = :id", id=lead)
    with book.database.connect() as connection:
        assert changes_waiting(connection, 10) == 1
    judge(book)
    assert members(book) == {KOREAN: {lead}}


def test_who_can_not_be_judged_is_no_member_and_counted(book: Book) -> None:
    """A marketer would wonder where half of the list is."""
    large = book.lead(attributes='{"size": "80"}')
    book.lead(attributes='{"size": "many"}')
    book.lead()
    when = "number(lead.attributes.size) > 50"
    publish(book, [when])
    judge(book)

    with book.database.connect() as connection:
        found = segment_named(connection, "s0")

    assert members(book) == {when: {large}}
    assert found is not None
    assert (found.state, found.members, found.judged, found.unjudged) == ("ready", 1, 3, 2)


def test_a_judgement_that_died_is_made_again(book: Book) -> None:
    """A lead would stay out of a segment until something else happens to it."""
    lead = book.lead()
    publish(book, [KOREAN])
    judge(book)
    book.run("UPDATE lead SET country = 'KR' WHERE id = :id", id=lead)

    with book.database.connect() as connection:
        assert judge_changed(connection, NOW).leads == 1
        connection.rollback()

    assert members(book) == {KOREAN: set()}
    judge(book)
    assert members(book) == {KOREAN: {lead}}


def test_a_change_that_began_before_the_segment_was_there_is_not_lost(book: Book) -> None:
    """It writes nothing down, because nobody asks yet, and is seen by nobody who judges."""
    lead = book.lead()
    with book.database.connect() as slow:
        slow.execute(text("UPDATE lead SET country = 'KR' WHERE id = :id"), {"id": lead})
        publish(book, [KOREAN])
        judge(book)
        assert members(book) == {KOREAN: set()}
        slow.commit()
    judge(book)

    assert members(book) == {KOREAN: {lead}}


def test_one_judges_at_a_time(book: Book) -> None:
    """What was read earlier would be written over what was read later."""
    lead = book.lead()
    publish(book, [KOREAN])
    judge(book)
    book.run("UPDATE lead SET country = 'KR' WHERE id = :id", id=lead)
    with book.database.begin() as first:
        judge_changed(first, NOW)
        with book.database.begin() as second:
            assert judge_changed(second, NOW).taken == 0
            assert not judge_all(second, NOW)

    assert members(book) == {KOREAN: {lead}}


def test_another_condition_while_all_are_judged_begins_anew(book: Book) -> None:
    """The leads before the place where the judging was would be judged by the old one."""
    here = book.lead(country="US")
    book.lead(country="KR")
    publish(book, [KOREAN])
    with book.database.begin() as connection:
        judge_all(connection, NOW, most=1)
    publish(book, ['lead.country == "US"'])
    judge(book, slice_of=1)

    assert members(book) == {'lead.country == "US"': {here}}


def test_publishing_waits_for_the_judging_of_a_moment(book: Book) -> None:
    """A judgement by the old condition would be written after the new one was published."""
    book.lead()
    publish(book, [KOREAN])
    done = threading.Event()

    def publishing() -> None:
        publish(book, ['lead.country == "US"'])
        done.set()

    with book.database.begin() as connection:
        judge_all(connection, NOW)
        thread = threading.Thread(target=publishing)
        thread.start()
        assert not done.wait(0.3)
    thread.join()

    with book.database.connect() as connection:
        found = segment_named(connection, "s0")
    assert found is not None
    assert found.state == "waiting"


def test_a_segment_that_is_no_more_takes_its_members_along(book: Book) -> None:
    """They would be counted for ever."""
    book.lead(country="KR")
    publish(book, [KOREAN, FEW_CLICKS])
    judge(book)
    publish(book, [KOREAN])

    assert set(members(book)) == {KOREAN}


def test_time_alone_makes_members_and_ends_it(book: Book) -> None:
    """Who has gone quiet would be found only when something happens to them."""
    old = "daysSince(lead.phase_since) >= 5"
    lead = book.lead(phase_since=NOW)
    publish(book, [old, KOREAN])
    judge(book)
    assert members(book)[old] == set()
    with book.database.connect() as connection:
        before = segment_named(connection, "s1")

    judge(book, NOW + timedelta(days=5))

    assert members(book)[old] == {lead}
    with book.database.connect() as connection:
        assert segment_named(connection, "s1") == before


def test_new_rules_of_scoring_judge_who_asks_about_the_score(book: Book) -> None:
    """An interest of 2 would be that of the rules of last month."""
    publish(book, ["interest == 2", KOREAN])
    judge(book)
    with book.database.begin() as connection:
        judge_all_again(connection, "score")
    with book.database.connect() as connection:
        states = [segment_named(connection, name) for name in ("s0", "s1")]

    assert [one and one.state for one in states] == ["waiting", "ready"]


def test_each_day_has_a_size(book: Book) -> None:
    """Nobody could tell whether a segment grows."""
    book.lead(country="KR")
    publish(book, [KOREAN])
    judge(book)
    with book.database.begin() as connection:
        keep_sizes(connection, NOW + timedelta(days=1))
        keep_sizes(connection, NOW + timedelta(days=1))
    with book.database.connect() as connection:
        found = segment_named(connection, "s0")

    assert found is not None
    assert [(one.day.day, one.members) for one in found.sizes] == [(7, 1), (6, 1)]
