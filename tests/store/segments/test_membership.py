"""Who is in a segment after whatever happened, and after whatever died."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import text

from domain.rules.segment_facts import FactRead
from store.segments import lead_facts, membership
from store.segments.lead_facts import EVERYBODY, Selection, rules_now, these
from store.segments.membership import (
    changes_waiting,
    judge_all,
    judge_all_again,
    judge_changed,
    keep_sizes,
    publish_segments,
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
    segments_of,
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


def test_one_segment_that_fails_stops_no_other(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """All segments would stand still until somebody finds the one that the database can't answer;
    and of that one the page says that nobody is in it, which mails by it have to go by."""
    korean = book.lead(country="KR")
    again = book.lead()
    publish(book, [KOREAN, "cycle == 1"])
    judge(book)
    with monkeypatch.context() as broken:
        broken.setitem(cast(dict[str, str], lead_facts._PLAIN), "cycle", "1 / (lead.id - lead.id)")
        book.run("UPDATE lead SET country = 'KR', cycle = 1 WHERE id = :id", id=again)
        judge(book)
        assert members(book) == {KOREAN: {korean, again}, "cycle == 1": {korean, again}}
        book.run("UPDATE lead SET cycle = 2 WHERE id = :id", id=korean)
        judge(book)
        assert members(book) == {KOREAN: {korean, again}, "cycle == 1": set()}
        publish(book, ["cycle == 1", KOREAN])
        judge(book)
        with book.database.connect() as connection:
            found = segment_named(connection, "s0")
        assert members(book) == {KOREAN: {korean, again}, "cycle == 1": set()}
        assert found is not None
        assert (found.state, found.fails, found.unjudged) == ("ready", True, 2)

    judge(book, NOW + timedelta(hours=2))

    with book.database.connect() as connection:
        found = segment_named(connection, "s0")
    assert members(book) == {KOREAN: {korean, again}, "cycle == 1": {again}}
    assert found is not None
    assert not found.fails


def test_so_many_days_ago_that_they_are_no_whole_number_of_the_database(book: Book) -> None:
    """One segment with a nought too many would be answered by an error."""
    book.lead()
    ages = ["daysSince(lead.created) > 3000000000", "daysSince(lead.created) < 3000000000"]
    publish(book, ages)
    judge(book)

    assert [len(members(book)[one]) for one in ages] == [0, 1]
    with book.database.connect() as connection:
        found = segment_named(connection, "s0")
    assert found is not None
    assert not found.fails


def test_segments_may_ask_for_more_than_a_query_has_columns(book: Book) -> None:
    """A few hundred segments about attributes and pages would stop all judging."""
    lead = book.lead(attributes='{"a3_2": "x"}')
    conditions = [
        " || ".join(f'lead.attributes.a{n}_{m} == "x"' for m in range(34)) for n in range(50)
    ]
    publish(book, conditions)
    judge(book)

    assert {one: found for one, found in members(book).items() if found} == {conditions[3]: {lead}}


def test_many_segments_that_are_asked_lead_by_lead_take_fewer_leads_at_a_time(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever publishes meanwhile would wait minutes for the judging of a moment, and fail."""
    for _ in range(5):
        book.lead()
    publish(book, ["lead.title == lead.company", "lead.title != lead.company"])
    monkeypatch.setattr(membership, "ONE_BY_ONE", 4)
    with book.database.begin() as connection:
        judge_all(connection, NOW)
        found = segment_named(connection, "s0")

    assert found is not None
    assert found.judged == 2


def test_a_judging_that_takes_too_long_goes_on_with_fewer_leads(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As above, where texts of which each lead has its own are asked about."""
    leads = {book.lead(title=f"CTO {n}") for n in range(5)}
    when = 'lead.title.matches("^C")'
    publish(book, [when])
    monkeypatch.setattr(membership, "SECONDS", 0)
    monkeypatch.setattr(membership, "ONE_BY_ONE", 3)
    with book.database.begin() as connection:
        judge_all(connection, NOW)
        found = segment_named(connection, "s0")
    assert found is not None
    assert found.judged == 3
    judge(book)
    book.run("UPDATE lead SET title = 'no ' || title")
    with book.database.begin() as connection:
        changed = judge_changed(connection, NOW)

    assert (changed.taken, changed.more) == (3, True)
    assert len(members(book)[when] & leads) == 2
    judge(book)
    assert members(book)[when] == set()


def test_publishing_waits_longer_than_for_other_locks(book: Book) -> None:
    """A busy hour of judging would refuse what somebody publishes."""
    failed: list[Exception] = []

    def publishing() -> None:
        try:
            with book.database.begin() as connection:
                connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
                publish_segments(connection, segments_of([KOREAN]))
                left = connection.scalar(text("SELECT current_setting('lock_timeout')"))
                assert left == "100ms"
        except Exception as error:
            failed.append(error)

    publish(book, [FEW_CLICKS])
    with book.database.begin() as connection:
        judge_all(connection, NOW)
        thread = threading.Thread(target=publishing)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join()

    assert failed == []


def test_opportunities_of_accounts_are_counted_for_few_leads_only(book: Book) -> None:
    """One lead that changed would have those of all companies counted."""
    with book.database.connect() as connection:
        rules = rules_now(connection, NOW)
    read = [FactRead("opportunity.open_at_account")]

    assert "account_id IN (SELECT account_id FROM lead" in Selection(read, these([1]), rules).sql
    assert "account_id IN (SELECT" not in Selection(read, EVERYBODY, rules).sql
