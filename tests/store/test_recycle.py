"""Recycled leads as sales sees them: who rests, until when, and what can be done about it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from domain.checking.policies import read_policy
from domain.contracts.journey import PhaseEntry
from domain.identities import TrackedCompany, TrackingCall
from domain.lead_files.columns import recognise
from domain.lead_files.row import RowReader
from domain.refusals import CadenceMissing, RecycleRefused
from domain.sales.recycle import RecyclePolicy, stay_of
from store.access.write_keys import WriteKeySource
from store.imports.lead_import import merge, prepare, stage
from store.journeys import journeys
from store.published.cadence_states import set_archived
from store.published.policies import policy, publish_policy
from store.recycle import recycle
from store.recycle.recycle_pool import PoolFilter, pool_page
from store.tracking.visitors import record_batch
from tests.support.scored_leads import NOW, Book

RULES = """\
policy: recycle
default: {wait: 90 days, cadence: back}
reasons: {lost: {wait: 180 days}}
contract_end: {attribute: contract_end, before: 60 days}
"""


def park(book: Book, reason: str = "lost", **columns: object) -> int:
    """Make a lead and park it as its journey would; returns its id."""
    lead = book.lead(phase="FollowUp", **columns)
    entry = PhaseEntry(lead, f"run-{lead}", "Recycle", "recycled", reason, 1)
    with book.database.begin() as connection:
        rules, problems = read_policy(RULES, "recycle.yaml")
        assert rules is not None, problems
        publish_policy(connection, RULES, rules)
        journeys.record_entry(connection, entry, NOW)
        seen = recycle.recycled_lead(connection, lead, reason)
        rest = stay_of(policy(connection, RecyclePolicy), seen)
        recycle.record_stay(connection, lead, rest)
    return lead


def told(book: Book, lead: int) -> list[str]:
    """What the lead's journey is told, save what parking told it."""
    return [code for _, code, _ in book.news(lead)]


def test_the_list_says_who_rests_why_and_until_when(book: Book) -> None:
    lost, silent = park(book), park(book, "no_response")
    book.lead(phase="Nurture")

    with book.database.connect() as connection:
        everybody = pool_page(connection, NOW, PoolFilter())
        only = pool_page(connection, NOW, PoolFilter(reason="lost"))

    assert [line.id for line in everybody] == [silent, lost]
    (line,) = only
    assert (line.id, line.reason, line.since) == (lost, "lost", NOW)
    assert line.until
    assert timedelta(days=180) <= line.until - NOW < timedelta(days=181)


def test_the_forecast_counts_returns_by_week_and_reason(book: Book) -> None:
    """Marketing plans content, sales plans people, by who comes back when."""
    for reason in ("lost", "no_response", "no_response"):
        park(book, reason)

    with book.database.connect() as connection:
        now, later = (
            recycle.returns_by_week(connection, at) for at in (NOW, NOW + timedelta(days=400))
        )

    assert [(week.leads, week.reasons) for week in now] == [
        (2, {"no_response": 2}),
        (1, {"lost": 1}),
    ]
    assert all(week.monday.weekday() == 0 for week in now)
    assert [week.leads for week in later] == [3]


def test_a_day_is_kept_for_a_lead_that_is_not_parked_and_told_to_one_that_is(book: Book) -> None:
    recycled, called = park(book), book.lead(phase="FollowUp")
    day = date(2026, 9, 1)

    with book.database.begin() as connection:
        assert recycle.return_on(connection, recycled, day, NOW)
        assert not recycle.return_on(connection, called, day, NOW)

    assert (told(book, recycled), told(book, called)) == (["replan"], [])
    assert book.values("SELECT return_on FROM lead ORDER BY id") == [day, day]


@pytest.mark.parametrize(
    ("day", "why", "sentence"),
    [
        (NOW.date(), "asked_for", "choose a day after 2026-05-06"),
        (date(2036, 1, 1), "asked_for", "more than five years away"),
        (date(2026, 9, 1), "she said so", "is no code"),
    ],
)
def test_a_day_that_will_not_do_is_refused(book: Book, day: date, why: str, sentence: str) -> None:
    lead = park(book)

    with book.database.begin() as connection, pytest.raises(RecycleRefused, match=sentence):
        recycle.return_on(connection, lead, day, NOW, why=why)


def test_what_is_asked_of_a_lead_that_does_not_rest_is_refused(book: Book) -> None:
    """Sales would wait for a lead that nobody brings back."""
    called, resting = book.lead(phase="FollowUp"), park(book)

    with book.database.begin() as connection:
        with pytest.raises(RecycleRefused, match="is not recycled: its phase is 'FollowUp'"):
            recycle.reactivate(connection, called)
        with pytest.raises(RecycleRefused, match="rests until 2026-11-02 already"):
            recycle.extend(connection, resting, date(2026, 6, 1), NOW)
        with pytest.raises(CadenceMissing, match="nowhere is not published"):
            recycle.choose_cadence(connection, resting, "nowhere")
        recycle.extend(connection, resting, date(2027, 1, 1), NOW)
        recycle.reactivate(connection, resting)
        recycle.close_out(connection, resting)

    assert told(book, resting) == ["replan", "reactivated", "closed_out"]


def test_an_import_that_brings_a_contract_s_end_wakes_the_plan(book: Book) -> None:
    """The contract would be renewed before anybody talks to the lead."""
    lead, other = park(book), park(book)
    with book.database.begin() as connection:
        addresses = connection.execute(
            text("SELECT email FROM lead ORDER BY id = :lead DESC"), {"lead": lead}
        ).scalars()
        reader = RowReader(recognise(["email", "contract_end"]))
        rows = zip(addresses, ("2026-09-30", ""), strict=True)
        prepare(connection)
        stage(connection, [*enumerate((reader.read([*row]) for row in rows), start=2)])
        merge(connection)

    assert (told(book, lead), told(book, other)) == (["replan"], [])
    assert returns(book, lead) == ("contract_end", date(2026, 8, 1))


def returns(book: Book, lead: int) -> tuple[str, date]:
    """Why the lead comes back, and when."""
    with book.database.connect() as connection:
        seen = recycle.recycled_lead(connection, lead, "lost")
        rest = stay_of(policy(connection, RecyclePolicy), seen)
    return rest.why, rest.until.date()


def test_a_call_that_brings_a_contract_s_end_wakes_the_plan(book: Book) -> None:
    """The app knows first that a trial with somebody else ends sooner; of the lead or of its
    company."""
    lead, colleague, other = park(book), park(book), park(book)

    def address(of: int) -> dict[str, str]:
        email = str(book.value("SELECT email FROM lead WHERE id = :id", id=of))
        return {"email": email, "email_key": email}

    def said(who: int, **attributes: str) -> TrackingCall:
        facts = {**address(who), "attributes": attributes}
        return TrackingCall("identify", f"{who}", NOW, user_id=f"u{who}", facts=facts)

    company = TrackedCompany("g1", "Ally", "", {"contract_end": "2026-10-31"})
    batch = [
        said(lead, contract_end="2026-09-30"),
        said(colleague, plan="pro"),
        said(other, plan="pro"),
    ]
    record_batch(book.database, batch, WriteKeySource(1, "app", "", "server"), NOW)
    assert [told(book, one) for one in (lead, colleague, other)] == [["replan"], [], []]
    group = TrackingCall("group", "g", NOW, user_id=f"u{colleague}", group=company)
    record_batch(book.database, [group], WriteKeySource(1, "app", "", "server"), NOW)

    assert [told(book, one) for one in (lead, colleague, other)] == [["replan"], ["replan"], []]
    assert returns(book, lead) == ("contract_end", date(2026, 8, 1))
    assert returns(book, colleague) == ("contract_end", date(2026, 9, 1))


@pytest.mark.parametrize(
    ("archived", "reason", "cadence", "stops"),
    [
        (["before"], "archived", "back", False),
        (["before", "back"], "archived", "", True),
        (["before", "back"], "lost", "", False),
        (["back"], "archived", "", False),
    ],
)
def test_nobody_rests_for_a_cadence_that_is_archived(
    book: Book, archived: list[str], reason: str, cadence: str, *, stops: bool
) -> None:
    """A lead that goes back to the cadence it was in would rest and return until its cycles are
    used up, and hear of nobody."""
    rules, problems = read_policy(
        "policy: recycle\ndefault: {wait: 90 days, cadence: back}\n"
        "reasons: {archived: {cadence: ''}, lost: {cadence: ''}}\n",
        "recycle.yaml",
    )
    assert isinstance(rules, RecyclePolicy), problems
    lead = book.lead(phase="Recycle", phase_since=NOW)
    with book.database.begin() as connection:
        for name in archived:
            set_archived(connection, name, "mei", NOW)
        seen = recycle.recycled_lead(connection, lead, reason)
        planned = stay_of(rules, seen)
        rest = recycle.with_cadence_in_force(connection, rules, seen, planned, "before")
    assert (rest.cadence, rest.stops) == (cadence, stops)
