"""Promises that fall due while no task waits for a person: the sales sweep looks, and alerts
close."""

from __future__ import annotations

from domain.contracts.journey import Phase
from store.routing import routing
from store.sla.sla_recount import recount
from store.views.sla_figures import figures
from tests.support.sales_floor import SLA, Floor, at

CLOCKS = "SELECT promise, owner, state FROM sla_clock ORDER BY id"
ACTIONS = "SELECT action, detail FROM sla_action ORDER BY id"
ALERTS = "SELECT kind, owner FROM alert WHERE answered_at IS NULL ORDER BY id"


def accepted(floor: Floor) -> int:
    """A lead that rep-1 accepted on Thursday, the 26th, at ten: the first week ends on the 2nd."""
    lead = floor.lead()
    floor.answers(floor.opens(lead, at("03-26", "09:50")), "accept", at("03-26", "10:00"))
    return lead


def test_a_lead_whose_journey_is_held_up_is_late_in_time_for_the_manager_to_hear(
    floor: Floor,
) -> None:
    """Temporal is away or the journey paused: no task opens, and nobody would miss the lead."""
    lead = floor.lead(owner="", phase="Nurture")
    floor.crosses(lead, at("03-26", "09:00"))

    floor.desk_looks(at("03-26", "12:59"))
    assert floor.rows(CLOCKS) == [("hand_over", "", "running")]
    floor.desk_looks(at("03-26", "13:00"))
    assert floor.rows(ACTIONS) == [("breach", "")]
    for _ in range(2):
        floor.desk_looks(at("03-26", "17:00"))
    assert floor.rows(ACTIONS) == [("breach", ""), ("tell_manager", "boss")]
    assert floor.rows(ALERTS) == [("sla_breach", "boss")]

    with floor.database.connect() as connection:
        assert figures(connection, 2026, 3, at("03-27", "09:00")).delivered == 0
    floor.enters(lead, Phase.FOLLOW_UP, at("03-27", "09:00"))
    floor.opens(lead, at("03-27", "09:00"))
    owner = floor.value("SELECT owner FROM lead")
    assert floor.rows(CLOCKS)[0] == ("hand_over", owner, "breached")
    assert floor.rows(ALERTS) == []
    with floor.database.connect() as connection:
        assert figures(connection, 2026, 3, at("03-27", "10:00")).delivered == 1


def test_marketing_is_not_late_with_a_lead_that_comes_in_time_or_goes_another_way(
    floor: Floor,
) -> None:
    """Rest on the way does not end the promise; a booking does, and so does another cycle."""
    books, rests, crosses_again = (floor.lead(owner="", phase="Nurture") for _ in range(3))
    for lead in (books, rests, crosses_again):
        floor.crosses(lead, at("03-26", "09:00"))

    floor.enters(books, Phase.MEETING, at("03-26", "10:00"))
    for lead in (rests, crosses_again):
        floor.enters(lead, Phase.RECYCLE, at("03-26", "10:00"))
    floor.enters(crosses_again, Phase.NURTURE, at("03-26", "10:00"), cycle=2)
    floor.enters(rests, Phase.FOLLOW_UP, at("03-26", "11:00"), cycle=2)
    floor.opens(rests, at("03-26", "11:00"))

    states = floor.rows(
        "SELECT lead_id, state FROM sla_clock WHERE promise = 'hand_over' ORDER BY lead_id"
    )
    assert states == [(books, "void"), (rests, "met"), (crosses_again, "void")]


def test_a_first_week_without_calls_breaks_when_it_ends_and_not_at_the_next_task(
    floor: Floor,
) -> None:
    """The next call may be planned for a week later, and the lead cools down until then."""
    lead = accepted(floor)

    floor.desk_looks(at("04-02", "09:59"))
    assert floor.rows(ACTIONS) == []
    said = floor.desk_looks(at("04-02", "10:00"))

    assert "steps taken about broken promises: 2" in said
    assert floor.rows(ACTIONS) == [("breach", ""), ("remind", "rep-1")]
    assert floor.rows(ALERTS) == [("sla_reminder", "rep-1")]
    floor.desk_looks(at("04-02", "10:30"))
    assert floor.value("SELECT owner FROM lead WHERE id = :id", id=lead) == "rep-2"
    # The colleague has a week of her own, and the reminder is off the list of who had the lead.
    assert floor.rows(CLOCKS)[-2:] == [
        ("first_week", "rep-2", "running"),
        ("return", "rep-2", "running"),
    ]
    assert floor.rows(ALERTS) == []
    # The next call is planned in the calendar of who makes it.
    assert floor.value("SELECT count(*) FROM relay_message WHERE key LIKE 'assigned:%'") == 1


def test_a_pause_between_two_calls_breaks_no_promise(floor: Floor) -> None:
    lead = accepted(floor)
    floor.holds(lead, True, at("03-27", "10:00"))

    floor.desk_looks(at("04-30", "10:00"))

    assert floor.rows(ACTIONS) == []


def test_new_promises_count_for_leads_that_reps_have_already(floor: Floor) -> None:
    """A manager who gives everybody a longer week would still see them late by the old one."""
    for _ in range(2):
        called = accepted(floor)
    call = floor.opens(called, at("03-26", "11:00"), "call")
    floor.answers(call, "no_answer", at("03-26", "11:30"))

    longer = SLA.replace("first_week: 5", "first_week: 6")
    floor.publish(longer.replace("calls_in_first_week: 2", "calls_in_first_week: 1"))
    assert (
        floor.value("SELECT name FROM relay_message WHERE key = 'sales-sweep:sla-2'")
        == "team_changed"
    )
    with floor.database.begin() as connection:
        recount(connection, None, at("03-27", "09:00"))

    # Easter is in between.
    assert floor.rows(
        "SELECT state, due_at FROM sla_clock WHERE promise = 'first_week' ORDER BY id"
    ) == [("running", at("04-07", "10:00")), ("met", at("04-02", "10:00"))]


def test_what_a_rep_and_a_manager_were_told_is_off_their_lists_when_it_is_done(
    floor: Floor,
) -> None:
    """Lists of things that were done long ago are not read."""
    task = floor.opens(floor.lead(), at("03-26", "10:00"))
    for clock in ("11:00", "11:30", "12:30", "15:00"):
        floor.minds(task, at("03-26", clock))
    assert sorted(floor.rows(ALERTS)) == [("sla_breach", "boss"), ("sla_reminder", "rep-2")]

    floor.answers(task, "accept", at("03-26", "15:10"), by="rep-2")

    assert floor.rows(ALERTS) == []


def test_a_call_leaves_the_alert_about_a_sale_that_stands_still(floor: Floor) -> None:
    """The owner would never hear of it again."""
    lead = floor.lead()
    floor.value(
        "INSERT INTO alert (key, kind, lead_id, owner, raised_at, due_at) VALUES "
        "('stalled:opportunity-1:x', 'stalled', :lead, 'rep-1', now(), now()) RETURNING id",
        lead=lead,
    )
    call = floor.opens(lead, at("03-26", "11:00"), "call")
    floor.answers(call, "no_answer", at("03-26", "11:30"))

    assert floor.rows(ALERTS) == [("stalled", "rep-1")]


def test_the_manager_s_own_hand_takes_the_reminder_from_the_rep(floor: Floor) -> None:
    lead = floor.lead()
    task = floor.opens(lead, at("03-26", "10:00"))
    floor.minds(task, at("03-26", "11:00"))
    assert floor.rows(ALERTS) == [("sla_reminder", "rep-1")]

    with floor.database.begin() as connection:
        routing.reassign(connection, [lead], "rep-2", "boss", at("03-26", "11:10"))

    assert floor.rows(ALERTS) == []
