"""Crossings and alerts: sales hears of a lead when it is ready, once, and right away when it is
hot."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from domain.contracts.journey import TaskRequest
from domain.contracts.tasks import TaskKind, Undone
from domain.tasks.completion import Completion
from store.scoring.engagement import LeadActivity, record
from store.scoring.lead_standing import is_ready_on_entry
from store.scoring.scoring import refresh_fit
from store.tasks import tasks
from tests.support.scored_leads import NOW, Book


def demo(lead: int, at: datetime = NOW, key: str = "demo") -> LeadActivity:
    """The lead asks for a demo: 60 points."""
    return LeadActivity(f"{lead}:{key}", "track", at, lead_id=lead, name="Demo Requested")


def click(lead: int, at: datetime = NOW, key: str = "click") -> LeadActivity:
    """The lead clicks: 10 points."""
    return LeadActivity(f"{lead}:{key}", "click", at, lead_id=lead)


def open_task(book: Book, lead: int, kind: str = "qualify", at: datetime = NOW) -> int:
    """A task that is due in an hour."""
    with book.database.begin() as connection:
        return tasks.open_task(
            connection,
            TaskRequest(f"{lead}:{kind}:{at}", lead, TaskKind(kind)),
            title=kind,
            instructions="",
            dispositions=["accept", "no_answer", "meeting_booked"],
            opened_at=at,
            due=timedelta(hours=1),
            deadline=timedelta(days=1),
            workflow_id=f"lead-{lead}",
            run_id="run",
        ).id


ALERTS = "SELECT count(*) FROM alert"


def test_a_lead_crosses_once_however_many_events_say_so_at_once(book: Book) -> None:
    """Two webhooks at the same moment would give the SDR the lead twice."""
    leads = [book.lead() for _ in range(10)]
    barrier = Barrier(2)

    def work(worker: int) -> None:
        for number, lead in enumerate(leads):
            barrier.wait(30)
            book.record(*[demo(lead, key=f"{worker}:{number}:{place}") for place in range(3)])

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, range(2)))

    for lead in leads:
        assert book.crossings(lead) == [(1, "event")]
        assert book.news(lead) == [("signal", "score_reached", 1)]


def test_crossing_news_and_points_are_kept_together_or_not_at_all(book: Book) -> None:
    """A crossing whose message is lost leaves a ready lead in nurture for ever."""
    lead = book.lead()
    with book.database.connect() as connection, connection.begin() as transaction:
        record(connection, [demo(lead)], NOW)
        for table in ("engagement", "crossing", "relay_message"):
            found = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar()
            assert found == 1, table
        transaction.rollback()
    assert (book.rows(lead), book.crossings(lead), book.news(lead)) == ([], [], [])

    book.record(demo(lead))

    assert book.crossings(lead) == [(1, "event")]


@pytest.mark.parametrize("phase", ["FollowUp", "Meeting", "Opportunity", "Customer"])
def test_a_lead_that_sales_has_already_is_not_handed_over_again(book: Book, phase: str) -> None:
    lead = book.lead(phase=phase, stage="mql")

    book.record(demo(lead), click(lead))

    assert (book.crossings(lead), book.news(lead)) == ([], [])


def test_a_parked_lead_wakes_once_and_crosses_once(book: Book) -> None:
    """Each click of a newsletter would start the next season over."""
    stirs, ready = (book.lead(phase="Recycle", stage="recycled", cycle=2) for _ in range(2))

    for place in range(3):
        book.record(click(stirs, key=f"click{place}"))
        book.record(demo(ready, key=f"demo{place}"))

    assert (book.crossings(stirs), book.news(stirs)) == ([], [("signal", "interest", 2)])
    assert book.crossings(ready) == [(2, "event")]
    assert book.news(ready)[0] == ("signal", "score_reached", 2)
    assert [code for _, code, _ in book.news(ready)].count("score_reached") == 1


def test_a_parked_lead_is_left_alone_by_what_shows_no_interest(book: Book) -> None:
    lead = book.lead(phase="Recycle", stage="recycled")
    kinds = ("open", "page", "auto_reply", "soft_bounce", "resubscribe")

    book.record(
        *[
            LeadActivity(f"{lead}:{kind}", kind, NOW, lead_id=lead, detail={"path": "/careers"})
            for kind in kinds
        ]
    )

    assert book.news(lead) == []


def test_a_parked_lead_comes_back_by_its_own_doing_only(book: Book) -> None:
    """Who said no to the first call would be called again because a provider reported once more
    what had happened before, or that a mail was delivered."""
    lead = book.lead(phase="FollowUp", stage="mql", crossed_cycle=1)
    asked = demo(lead)
    book.record(asked)
    book.run(f"UPDATE lead SET phase = 'Recycle', stage = 'recycled', cycle = 2 WHERE id = {lead}")

    book.record(asked)
    book.record(LeadActivity(f"{lead}:open", "open", NOW, lead_id=lead))
    with book.database.begin() as connection:
        record(connection, [], NOW, delivered={book.touch(lead): lead})
    assert (book.crossings(lead), book.news(lead)) == ([], [])

    book.record(click(lead))
    assert book.crossings(lead) == [(2, "event")]


def test_a_lead_that_was_let_go_comes_back_when_it_asks_for_a_demo(book: Book) -> None:
    """It asks to buy, and nobody would answer, because its journey is over."""
    lead = book.lead(phase="ended", stage="recycled", cycle=3, crossed_cycle=3)

    book.record(demo(lead))
    book.record(demo(lead, key="again"))

    assert book.crossings(lead) == [(4, "event")]
    assert book.news(lead) == [("start_again", "score_reached", 4)]


@pytest.mark.parametrize("stage", ["disqualified", "customer", "known", "engaged"])
def test_who_asks_for_a_demo_begins_anew_however_the_last_journey_ended(
    book: Book, stage: str
) -> None:
    """Whoever asks to buy has changed its mind, or ours: as with a reply, somebody answers."""
    lead = book.lead(phase="ended", stage=stage, title="CTO", fit="A")

    book.record(demo(lead))
    book.record(demo(lead, key="again"))

    assert book.crossings(lead) == [(2, "event")]
    assert book.news(lead) == [("start_again", "score_reached", 2)]


@pytest.mark.parametrize("stage", ["disqualified", "customer", "known"])
def test_a_lead_that_was_turned_down_or_stopped_does_not_come_back_by_reading(
    book: Book, stage: str
) -> None:
    """Points that add up are no request: a person has decided that nobody calls."""
    lead = book.lead(phase="ended", stage=stage, interest=100.0, interest_as_of=NOW)

    book.record(click(lead))

    assert (book.crossings(lead), book.news(lead)) == ([], [])


def test_a_lead_that_was_let_go_does_not_come_back_by_unsubscribing(book: Book) -> None:
    lead = book.lead(phase="ended", stage="recycled", interest=100.0, interest_as_of=NOW)

    book.record(LeadActivity(f"{lead}:no", "unsubscribe", NOW, lead_id=lead))

    assert book.crossings(lead) == []
    assert [kind for kind, _, _ in book.news(lead)] == ["signal"]


def test_a_lead_that_was_never_mailed_and_writes_is_called(book: Book) -> None:
    """Its reply would be told to a journey that there is not."""
    lead = book.lead(phase="")

    book.record(LeadActivity("reply", "reply", NOW, lead_id=lead))

    assert book.news(lead)[0][:2] == ("start", "replied")


def test_a_lead_without_a_journey_begins_with_sales(book: Book) -> None:
    """Whom the tracking API has identified is in no cadence, and would be in nobody's list."""
    lead = book.lead(phase="")

    book.record(demo(lead))

    assert book.news(lead) == [("start", "score_reached", 1)]
    assert book.values("SELECT name FROM relay_message") == ["FollowUp"]


def test_a_lead_that_is_ready_before_its_journey_began_crosses_once(book: Book) -> None:
    """Its start waits for the relay; the journey finds the lead ready when it begins."""
    lead = book.lead(phase="")
    book.run(
        "INSERT INTO relay_message (key, workflow_id, kind, name) "
        "VALUES (:workflow_key, :workflow, 'start', 'Nurture')",
        workflow_key=f"start:lead-{lead}",
        workflow=f"lead-{lead}",
    )

    book.record(demo(lead))
    with book.database.begin() as connection:
        ready = [is_ready_on_entry(connection, lead, NOW) for _ in range(2)]

    assert ready == [True, True]
    assert book.crossings(lead) == [(1, "event")]
    assert len(book.news(lead)) == 1


def test_a_lead_that_does_not_fit_is_never_handed_over(book: Book) -> None:
    lead = book.lead(fit="D")

    book.record(*[demo(lead, key=f"demo{place}") for place in range(5)])

    assert book.crossings(lead) == []
    assert book.stage(lead) == "engaged"


def test_who_turns_out_to_fit_crosses_by_it_but_not_in_an_import(book: Book) -> None:
    """A promotion to CTO makes an engaged lead ready; a list of 10,000 must not all be called."""
    leads = [book.lead(fit="D", title="CTO") for _ in range(2)]
    for lead in leads:
        book.record(demo(lead))
        assert book.crossings(lead) == []

    with book.database.begin() as connection:
        assert refresh_fit(connection, leads[:1], NOW, escalate=False) == 0
        assert refresh_fit(connection, leads[1:], NOW) == 1
        assert refresh_fit(connection, leads[1:], NOW) == 0

    assert [book.crossings(lead) for lead in leads] == [[], [(1, "fit")]]
    assert book.values("SELECT fit FROM lead ORDER BY id") == ["A", "A"]


def test_a_hot_lead_raises_one_alert_a_day_that_is_due_in_five_minutes(book: Book) -> None:
    """An SDR who is alerted at each click stops looking at alerts."""
    lead = book.lead(fit="A", owner="rep-2")
    book.record(demo(lead))
    book.record(click(lead, NOW + timedelta(hours=1)), now=NOW + timedelta(hours=1))
    assert book.value(ALERTS) == 1
    assert book.value("SELECT due_at FROM alert") == NOW + timedelta(minutes=5)
    assert book.value("SELECT owner FROM alert") == "rep-2"
    assert book.value("SELECT hot FROM crossing") is True

    book.run("UPDATE lead SET phase = 'FollowUp'")
    tomorrow = NOW + timedelta(days=1)
    book.record(demo(lead, tomorrow, "tomorrow"), now=tomorrow)

    assert book.value(ALERTS) == 2


@pytest.mark.parametrize(
    ("fit", "minutes", "alerts"), [("A", 14, 1), ("A", 16, 0), ("C", 0, 0), ("D", 0, 0)]
)
def test_only_a_fresh_answer_of_a_lead_that_fits_well_is_hot(
    book: Book, fit: str, minutes: int, alerts: int
) -> None:
    lead = book.lead(fit=fit)

    book.record(
        demo(lead, NOW - timedelta(minutes=minutes), "a"),
        demo(lead, NOW - timedelta(minutes=minutes), "b"),
    )

    assert book.value(ALERTS) == alerts


@pytest.mark.parametrize("phase", ["Meeting", "Opportunity", "Customer"])
@pytest.mark.parametrize("crossed", [0, 1])
def test_a_lead_in_a_sale_raises_no_alert_that_nobody_can_answer(
    book: Book, phase: str, crossed: int
) -> None:
    """A click on the link of its own meeting would be an alert, with no task to answer it."""
    lead = book.lead(fit="A", phase=phase, crossed_cycle=crossed)

    book.record(demo(lead))

    assert book.value(ALERTS) == 0


def test_a_hot_lead_s_task_is_opened_hot_and_due_with_the_alert(book: Book) -> None:
    lead = book.lead(fit="A")
    book.record(demo(lead))

    task = open_task(book, lead, at=NOW + timedelta(seconds=2))

    assert book.value("SELECT hot FROM task WHERE id = :id", id=task) is True
    assert book.value("SELECT due_at FROM task") == NOW + timedelta(minutes=5)
    other = book.lead()
    open_task(book, other)
    assert book.value("SELECT hot FROM task WHERE lead_id = :lead", lead=other) is False


@pytest.mark.parametrize("kind", ["qualify", "call"])
def test_a_lead_on_the_list_that_clicks_now_moves_to_the_top(book: Book, kind: str) -> None:
    lead = book.lead(fit="A", phase="FollowUp", crossed_cycle=1)
    task = open_task(book, lead, kind)
    other = open_task(book, lead, "cadence")
    later = NOW + timedelta(minutes=10)

    book.record(demo(lead, later), now=later)

    assert book.value("SELECT hot FROM task WHERE id = :id", id=task) is True
    due = book.value("SELECT due_at FROM task WHERE id = :id", id=task)
    assert due == later + timedelta(minutes=5)
    assert book.value("SELECT hot FROM task WHERE id = :id", id=other) is False


def does(book: Book, task: int) -> None:
    """An SDR does the task."""
    with book.database.begin() as connection:
        tasks.complete_task(connection, task, Completion(disposition="accept"), "rep-1", NOW)


def withdraws(book: Book, task: int) -> None:
    """The journey no longer needs the task."""
    with book.database.begin() as connection:
        tasks.close_task(connection, task, Undone.WITHDRAWN, NOW)


@pytest.mark.parametrize("ends", [does, withdraws])
def test_the_end_of_the_task_answers_the_alert(
    book: Book, ends: Callable[[Book, int], None]
) -> None:
    """The alert would go on ringing after the call, and count as missed."""
    lead = book.lead(fit="A")
    book.record(demo(lead))
    task = open_task(book, lead)
    assert book.value("SELECT answered_at FROM alert") is None

    ends(book, task)

    assert book.value("SELECT answered_at FROM alert") == NOW
    open_task(book, lead, "call")
    assert book.values("SELECT hot FROM task ORDER BY id") == [True, False]


def test_a_lead_that_is_hot_while_its_task_is_being_done_holds_nobody_up(book: Book) -> None:
    """The SDR books the meeting on the phone, the lead clicks: one of the two would be refused."""
    lead = book.lead(fit="A", phase="FollowUp", crossed_cycle=1)
    task = open_task(book, lead, "call")
    with ThreadPoolExecutor(1) as threads, book.database.connect() as sdr, sdr.begin():
        sdr.execute(text("SELECT FROM task WHERE id = :id FOR UPDATE"), {"id": task})
        recorded = threads.submit(book.record, demo(lead))
        assert recorded.result(timeout=20)
        booked = Completion(disposition="meeting_booked", at=NOW + timedelta(days=1))
        tasks.complete_task(sdr, task, booked, "rep-1", NOW)

    assert book.value("SELECT state FROM task") == "done"


def test_an_alert_that_is_raised_while_the_task_is_opened_reaches_it(book: Book) -> None:
    """Each would miss the other, and the hottest lead stand at the end of the list."""
    lead = book.lead(fit="A")
    with ThreadPoolExecutor(1) as threads:
        with book.database.connect() as event, event.begin():
            record(event, [demo(lead)], NOW)
            opened = threads.submit(open_task, book, lead)
            with pytest.raises(TimeoutError):
                opened.result(timeout=0.5)
        opened.result(timeout=20)

    assert book.value("SELECT hot FROM task") is True
