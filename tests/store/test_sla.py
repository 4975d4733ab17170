"""The SLA in the store: what a rep, a manager or marketing would hold against the figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.contracts.journey import Phase
from domain.refusals import TaskOver
from domain.tasks.completion import Completion
from store.routing import routing
from store.scoring.scoring import refresh_fit
from store.sla.due_times import recount_due
from store.sla.sla_recount import recount
from store.tasks import tasks
from store.views.lead_timeline import history
from store.views.sla_figures import figures
from tests.store.test_crossing import demo
from tests.support.sales_floor import FRIDAY, SLA, TEAM, Floor, at
from tests.support.scored_leads import NOW, Book

TWO_TEAMS = """\
policy: team
teams:
  - {team: korea, calendar: {time_zone: Asia/Seoul, hours: {mon-fri: "09:00-18:00"}}}
  - {team: world, calendar: {time_zone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}}}
reps:
  - {code: rep-3, name: Seo Jiwoo, email: jiwoo@perennial.example, team: korea}
  - {code: rep-1, name: Hana Lindqvist, email: hana@perennial.example, team: world}
  - {code: rep-2, name: Jonas Adeyemi, email: jonas@perennial.example, team: world}
routing:
  - {rule: all, to: world}
"""
"""At noon in London the first team is in bed."""
CLOCKS = "SELECT promise, owner, state FROM sla_clock ORDER BY id"
ACTIONS = "SELECT action, pilot, detail FROM sla_action ORDER BY id"


def test_the_hour_to_answer_goes_on_after_the_weekend_in_which_the_clocks_change(
    floor: Floor,
) -> None:
    """Counted by UTC, the rep would have an hour more, or be late while asleep."""
    task = floor.opens(floor.lead(), FRIDAY)

    due = at("03-30", "09:30")
    assert floor.rows("SELECT due_at FROM sla_clock") == [(due,)]
    assert floor.rows("SELECT due_at, due_in FROM task") == [(due, "60 business minutes")]
    floor.answers(task, "accept", due)
    assert floor.rows(CLOCKS)[0] == ("accept", "rep-1", "met")


def test_holidays_are_none_of_the_first_week(floor: Floor) -> None:
    task = floor.opens(floor.lead(), at("04-02", "10:00"))

    floor.answers(task, "accept", at("04-02", "10:10"))

    # The 3rd and 6th are Easter's.
    assert floor.rows("SELECT promise, due_at FROM sla_clock WHERE state = 'running'") == [
        ("first_week", at("04-13", "10:10")),
        ("return", at("04-20", "10:10")),
    ]


def test_a_breach_reminds_then_reassigns_then_tells_the_manager_each_once(floor: Floor) -> None:
    """Else a lead waits for ever for somebody who does not come, or the manager gets ten mails."""
    lead = floor.lead()
    task = floor.opens(lead, FRIDAY)
    due = at("03-30", "09:30")

    assert floor.minds(task, FRIDAY).look_at == due
    looks = [floor.minds(task, now).look_at for now in (due, due)]
    assert looks == [at("03-30", "10:00")] * 2
    assert floor.rows(ACTIONS) == [("breach", False, ""), ("remind", False, "rep-1")]
    assert floor.rows("SELECT kind, owner FROM alert") == [("sla_reminder", "rep-1")]

    # The colleague has an hour of her own; the manager hears of the first breach all the same.
    assert floor.minds(task, at("03-30", "10:00")).look_at == at("03-30", "11:00")
    assert floor.rows(CLOCKS) == [("accept", "rep-1", "breached"), ("accept", "rep-2", "running")]
    assert floor.rows("SELECT owner, due_at FROM task") == [("rep-2", at("03-30", "11:00"))]
    assert floor.value("SELECT cause FROM assignment ORDER BY id DESC LIMIT 1") == "sla"

    for clock in ("11:00", "11:30", "13:30", "13:30", "16:00"):
        floor.minds(task, at("03-30", clock))
    assert floor.value("SELECT owner FROM lead WHERE id = :id", id=lead) == "rep-2"
    done = floor.rows(
        "SELECT sla_clock.owner, action, detail FROM sla_action "
        "JOIN sla_clock ON sla_clock.id = clock_id ORDER BY sla_action.id"
    )
    assert done == [
        ("rep-1", "breach", ""),
        ("rep-1", "remind", "rep-1"),
        ("rep-1", "reassign", "rep-2"),
        ("rep-2", "breach", ""),
        ("rep-2", "remind", "rep-2"),
        ("rep-2", "reassign", ""),
        ("rep-1", "tell_manager", "boss"),
        ("rep-2", "tell_manager", "boss"),
    ]
    assert floor.minds(task, at("03-30", "16:00")).look_at == floor.value(
        "SELECT deadline_at FROM task"
    )


def test_a_pilot_measures_and_leaves_everybody_alone(floor: Floor) -> None:
    floor.publish(SLA.replace("pilot: false", "pilot: true"))
    task = floor.opens(floor.lead(), FRIDAY)

    floor.minds(task, at("03-30", "15:00"))

    assert floor.rows(ACTIONS) == [
        ("breach", True, ""),
        ("remind", True, ""),
        ("reassign", True, ""),
        ("tell_manager", True, ""),
    ]
    assert floor.rows("SELECT count(*) FROM alert") == [(0,)]
    assert floor.value("SELECT owner FROM task") == "rep-1"


def test_a_pause_takes_nothing_from_the_time_that_was_promised(floor: Floor) -> None:
    """The rep would come back to a lead that is late already, or to a whole new hour."""
    lead = floor.lead()
    first = floor.opens(lead, at("03-26", "10:00"))
    root = floor.value("SELECT key FROM task").rsplit(":", 1)[0]
    floor.withdraws(first, at("03-26", "10:40"))
    floor.holds(lead, True, at("03-26", "10:40"))
    floor.holds(lead, True, at("03-26", "10:41"))
    assert floor.rows(CLOCKS) == [("accept", "rep-1", "paused")]

    floor.holds(lead, False, at("03-30", "12:00"))
    second = floor.opens(lead, at("03-30", "12:00"), key=root)

    assert floor.rows("SELECT task_id, state, due_at FROM sla_clock") == [
        (second, "running", at("03-30", "12:20"))
    ]
    assert floor.value("SELECT due_at FROM task WHERE id = :id", id=second) == at("03-30", "12:20")
    floor.answers(second, "accept", at("03-30", "12:20"))
    assert floor.rows(CLOCKS)[0] == ("accept", "rep-1", "met")
    with floor.database.connect() as connection:
        assert figures(connection, 2026, 3, at("03-31", "12:00")).minutes_to_answer == 60


def test_a_hot_lead_has_five_minutes_of_working_time(floor: Floor) -> None:
    hot = floor.lead()
    floor.value(
        "INSERT INTO alert (key, kind, lead_id, raised_at, due_at) "
        "VALUES ('hot', 'hot_lead', :lead, :at, :due) RETURNING id",
        lead=hot,
        at=at("03-27", "16:57"),
        due=at("03-30", "09:02"),
    )

    task = floor.opens(hot, at("03-27", "16:57"))

    assert floor.rows("SELECT promise, due_at FROM sla_clock") == [
        ("accept_hot", at("03-30", "09:02"))
    ]
    assert floor.minds(task, at("03-30", "09:02")).done[:2] == (
        "accept_hot breached",
        "remind rep-1",
    )


def test_a_lead_that_turns_hot_on_the_list_has_five_minutes_from_then(floor: Floor) -> None:
    task = floor.opens(floor.lead(), at("03-26", "10:00"))
    floor.value("UPDATE task SET hot = true RETURNING id")

    assert floor.minds(task, at("03-26", "10:10")).look_at == at("03-26", "10:15")
    assert floor.rows(CLOCKS) == [("accept", "rep-1", "void"), ("accept_hot", "rep-1", "running")]


def test_another_calendar_moves_what_is_due_and_wakes_who_waits(floor: Floor) -> None:
    """A bank holiday that is entered late would make everybody's leads late."""
    floor.opens(floor.lead(), FRIDAY)
    floor.publish(
        TEAM.replace("holidays: DE", "holidays: DE, extra_holidays: {2026-03-30: Moving day}")
    )

    with floor.database.begin() as connection:
        recount(connection, None, FRIDAY)

    assert floor.rows("SELECT due_at FROM sla_clock") == [(at("03-31", "09:30"),)]
    assert floor.rows(
        "SELECT name, payload->>'code' FROM relay_message WHERE key LIKE 'promised-anew:%'"
    ) == [("engagement", "replan")]


def test_a_lead_given_to_a_colleague_begins_anew_and_its_taker_is_not_blamed(floor: Floor) -> None:
    lead = floor.lead()
    task = floor.opens(lead, at("03-26", "10:00"))

    with floor.database.begin() as connection:
        routing.reassign(connection, [lead], "rep-2", "boss", at("03-26", "10:50"))

    assert floor.rows("SELECT owner, state, due_at FROM sla_clock ORDER BY id") == [
        ("rep-1", "void", at("03-26", "11:00")),
        ("rep-2", "running", at("03-26", "11:50")),
    ]
    floor.answers(task, "accept", at("03-26", "11:40"), by="rep-2")
    assert floor.rows(CLOCKS)[1] == ("accept", "rep-2", "met")


def test_a_lead_that_waits_for_a_rep_is_marketing_s_until_it_has_one(floor: Floor) -> None:
    lead = floor.lead(owner="")
    floor.crosses(lead, at("03-26", "09:00"))
    floor.opens(lead, at("03-26", "09:05"))
    assert floor.rows(CLOCKS) == [("hand_over", "", "running")]

    with floor.database.begin() as connection:
        routing.drain_unassigned(connection, at("03-26", "14:00"))

    owner = floor.value("SELECT owner FROM lead")
    assert floor.rows(CLOCKS) == [("hand_over", owner, "breached"), ("accept", owner, "running")]


def test_the_first_week_is_kept_with_the_last_call_and_work_keeps_the_return(floor: Floor) -> None:
    lead = floor.lead()
    floor.answers(floor.opens(lead, at("03-26", "10:00")), "accept", at("03-26", "10:05"))

    states = []
    for day in ("03-26", "03-27"):
        call = floor.opens(lead, at(day, "11:00"), "call")
        floor.answers(call, "no_answer", at(day, "11:30"))
        states.append(dict(floor.rows("SELECT promise, state FROM sla_clock")))

    assert [(one["first_week"], one["return"]) for one in states] == [
        ("running", "met"),
        ("met", "met"),
    ]


def test_a_lead_that_moves_on_owes_nobody_anything(floor: Floor) -> None:
    """Each lead that books by itself would be a breach of the rep who had nothing to do."""
    lead = floor.lead()
    floor.opens(lead, at("03-26", "10:00"))

    floor.enters(lead, Phase.MEETING, at("03-26", "10:30"))

    assert floor.rows(CLOCKS) == [("accept", "rep-1", "void")]


def test_a_return_is_feedback_and_corrects_the_fit_for_good(floor: Floor) -> None:
    """The rules would call a student an A again with the next import."""
    lead = floor.lead(fit="A", title="Director")
    task = floor.opens(lead, at("03-26", "10:00"))

    floor.answers(task, "return", at("03-26", "10:05"), reason="student")
    with floor.database.begin() as connection:
        refresh_fit(connection, [lead], at("03-27", "10:00"))

    assert floor.rows("SELECT fit, fit_judged FROM lead") == [("D", "D")]
    assert floor.rows("SELECT verdict, reason, by, cycle FROM lead_feedback") == [
        ("returned", "student", "rep-1", 1)
    ]
    with floor.database.connect() as connection:
        found = figures(connection, 2026, 3, at("03-31", "12:00"))
    assert found.verdicts == {"student": 1}
    assert [(one.owner, one.promise, one.percent) for one in found.kept if one.owner] == [
        ("rep-1", "accept", 100.0)
    ]


def done(floor: Floor, task: int) -> None:
    """A colleague was faster."""
    floor.answers(task, "accept", at("03-26", "10:05"), by="rep-2")


def withdrawn(floor: Floor, task: int) -> None:
    """The lead booked by itself."""
    floor.withdraws(task, at("03-26", "10:05"))
    floor.value(
        "UPDATE lead SET phase = 'Meeting', phase_reason = 'booked', phase_since = :at "
        "RETURNING id",
        at=at("03-26", "10:05"),
    )


def reassigned(floor: Floor, task: int) -> None:
    """The manager gave it to a colleague."""
    lead = floor.value("SELECT lead_id FROM task WHERE id = :id", id=task)
    with floor.database.begin() as connection:
        routing.reassign(connection, [lead], "rep-2", "boss", at("03-26", "10:05"))


def overdue(floor: Floor, task: int) -> None:
    """The deadline has passed, and the journey has yet to notice."""
    floor.value(
        "UPDATE task SET deadline_at = :at WHERE id = :id RETURNING id",
        at=at("03-26", "10:05"),
        id=task,
    )


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (done, "rep-2 has done it on 2026-03-26 at 09:05 UTC with 'accept'"),
        (withdrawn, "withdrawn on 2026-03-26 at 09:05 UTC, because the lead is in Meeting now"),
        (reassigned, r"it is rep-2's since 2026-03-26 at 09:05 UTC \(reassigned, by boss\)"),
        (overdue, "its deadline passed on 2026-03-26 at 09:05 UTC"),
    ],
)
def test_a_disposition_that_comes_too_late_is_told_what_happened_and_kept(
    floor: Floor, before: Any, sentence: str
) -> None:
    lead = floor.lead()
    task = floor.opens(lead, at("03-26", "10:00"))
    before(floor, task)
    late = Completion(disposition="return", reason="too_early", note="asks again in May")

    with pytest.raises(TaskOver, match=sentence), floor.database.begin() as connection:
        tasks.complete_task(connection, task, late, "rep-1", at("03-26", "10:10"))
    with floor.database.begin() as connection:
        assert tasks.keep_refused(connection, task, late, "rep-1", at("03-26", "10:10"))

    with floor.database.connect() as connection:
        kept = [line for line in history(connection, lead) if line.what == "refused"]
    assert [(line.at, line.detail) for line in kept] == [
        (
            at("03-26", "10:10"),
            f"qualify {task} · return · too_early · by rep-1 · asks again in May",
        )
    ]


@pytest.mark.parametrize("minutes", [5, 12])
def test_a_hot_lead_of_nobody_has_one_deadline_that_of_the_team_it_is_routed_to(
    book: Book, minutes: int
) -> None:
    """Counted while the first team sleeps, the list would show a calm hour, and the rep would lose
    the lead after five minutes."""
    floor = Floor(book.database)
    floor.publish(TWO_TEAMS)
    floor.publish(SLA.replace("accept_hot_within: 5", f"accept_hot_within: {minutes}"))
    lead = book.lead(fit="A", country="DE")
    dues = (
        "SELECT task.due_at, alert.due_at, sla_clock.due_at FROM task "
        "JOIN alert USING (lead_id) JOIN sla_clock ON sla_clock.task_id = task.id "
        "WHERE promise = 'accept_hot' AND sla_clock.ended_at IS NULL"
    )

    book.record(demo(lead))
    assert floor.rows("SELECT owner, due_at FROM alert") == [("", NOW + timedelta(minutes=5))]
    with book.database.begin() as connection:
        assert routing.assign(connection, lead, NOW) == "rep-1"
    floor.opens(lead, NOW)

    promised = timedelta(minutes=minutes)
    assert floor.rows(dues) == [(NOW + promised,) * 3]
    with book.database.begin() as connection:
        routing.reassign(connection, [lead], "rep-2", "boss", NOW + timedelta(minutes=4))
    assert floor.rows(dues) == [(NOW + timedelta(minutes=4) + promised,) * 3]
    assert floor.rows("SELECT owner FROM alert") == [("rep-2",)]


def test_a_task_is_due_when_the_sla_says_whatever_the_follow_up_s_span_is(floor: Floor) -> None:
    """Two policies would show two deadlines, and the rep is measured by the other one."""
    floor.publish(SLA.replace("accept_within: 60", "accept_within: 45"))
    floor.opens(floor.lead(), at("03-26", "10:00"))
    due = "SELECT task.due_at, sla_clock.due_at FROM task JOIN sla_clock ON task_id = task.id"
    assert floor.rows(due) == [(at("03-26", "10:45"),) * 2]

    floor.publish(TEAM.replace('mon-fri: "09:00-17:00"', 'mon-fri: "10:30-17:00"'))
    with floor.database.begin() as connection:
        recount_due(connection, None, at("03-26", "10:05"))

    assert floor.rows(due) == [(at("03-26", "11:15"),) * 2]
