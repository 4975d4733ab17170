"""Leads that something has enter a cadence: whichever it is, they keep to its rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from domain.cadences.entry import WhyNot
from domain.cadences.triggers import OLDEST_EVENT, Way
from services.enrollment_forecast import Assessed, assess
from store.consent.confirmations import confirm
from store.journeys import enrollment_entries
from store.published.cadence_states import set_archived
from store.published.cadences import PublishedCadence
from store.recycle.recycle import recycled_lead
from tests.services.entering import TRIGGERS, Door, cadence_text, door

__all__ = ["door"]  # A fixture.

WAYS = [Way.SEGMENT, Way.EVENT, Way.FORM, Way.DATE, Way.CONFIRMED]


def spring(door: Door, way: Way, entry: str = "") -> None:
    """Publish the cadence with this way into it."""
    triggers = [TRIGGERS[way]] if way in TRIGGERS else []
    door.publish(cadence_text("spring", *triggers, entry=entry))


@pytest.mark.parametrize("way", WAYS)
def test_a_lead_enters_once_by_what_happens(door: Door, way: Way) -> None:
    """Marketing's cadence would wait for leads for ever, or write to them twice."""
    spring(door, way)
    lead = door.lead()
    door.happens(way, lead)
    for _ in range(2):
        door.works()

    assert door.became() == {lead: ["told"]}
    assert door.book.value("SELECT count(*) FROM relay_message WHERE name = 'engagement'") == 1
    assert door.book.value("SELECT count(*) FROM entry_due") == 0
    assert door.book.value("SELECT way FROM enrollment_run") == way


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("entry", "how", "why"),
    [
        ("", "UPDATE lead SET phase = 'FollowUp'", "with_sales"),
        (
            "",
            "INSERT INTO suppression (email_key, reason, at) "
            "SELECT email_key, 'unsubscribed', now() FROM lead",
            "suppressed",
        ),
        ('exclude: lead.title == "student"', "UPDATE lead SET title = 'student'", "excluded"),
        (
            "re_entry: never",
            "INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at, ended_at)"
            " SELECT 'before', lead.id, version.id, 1, '2026-01-01', '2026-02-01' "
            "FROM lead, cadence_version AS version WHERE name = 'spring'",
            "re_entry",
        ),
    ],
)
def test_each_way_in_keeps_to_the_rules(
    door: Door, way: Way, entry: str, how: str, why: str
) -> None:
    """Who must not be enrolled by hand would be by a trigger; and nobody would know why not."""
    spring(door, way, entry)
    lead = door.lead()
    door.run(how)
    door.happens(way, lead)
    door.works()

    assert door.became() == {lead: [why]}


@pytest.mark.parametrize("way", WAYS)
def test_nobody_enters_what_is_archived_nor_later(door: Door, way: Way) -> None:
    """Who came while it was over would get its mails the day somebody unarchives it."""
    spring(door, way)
    lead = door.lead()
    with door.database.begin() as connection:
        set_archived(connection, "spring", "Clara", door.now, takes_out=False)
    door.happens(way, lead)
    door.works()
    assert door.became() == {lead: ["archived"]}
    assert door.book.value("SELECT count(*) FROM entry_due") == 0

    with door.database.begin() as connection:
        set_archived(connection, "spring", "Clara", None)
    door.now += timedelta(hours=1)
    door.works()
    assert door.became() == {lead: ["archived"]}


def test_one_cadence_that_fails_keeps_nobody_out_of_the_others(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would enter any cadence until somebody mends data by hand."""
    broken = cadence_text("broken", "form: guide", entry="priority: 1")
    door.publish(cadence_text("spring", "form: guide"), broken)
    lead = door.lead()
    door.happens(Way.FORM, lead)
    with monkeypatch.context() as failing:
        failing.setattr("services.entries.assess", fails_for("broken"))
        door.works()
    assert door.became() == {lead: ["told"]}
    assert door.became("broken") == {}

    door.begins(lead, "spring")
    door.now += timedelta(minutes=6)
    door.works()
    assert door.became("broken") == {lead: ["told"]}, "it is looked at again"


def fails_for(cadence: str) -> Callable[..., Assessed]:
    """Who may enter, but for one cadence of which a statement fails."""

    def failing(
        connection: Connection, leads: list[int], published: PublishedCadence, *more: Any, **by: Any
    ) -> Assessed:
        if published.cadence.name == cadence:
            connection.execute(text("SELECT 1 / 0"))
        return assess(connection, leads, published, *more, **by)

    return failing


def test_what_was_noted_in_time_is_not_late(door: Door) -> None:
    """A lead that is elsewhere for some days would be forgotten; one that clicked before a
    standstill of a week would get the mails for it, and nobody would know why another did not."""
    spring(door, Way.EVENT)
    early, late = door.lead(phase=""), door.lead()
    door.happens(Way.EVENT, early)
    door.run(
        "INSERT INTO enrollment_run (cadence, selected, replaces, by, at) "
        "VALUES ('other', 1, false, 'Clara', now()); "
        "INSERT INTO enrollment_run_lead (run_id, lead_id, state) "
        "SELECT max(id), :id, 'told' FROM enrollment_run",
        id=early,
    )
    door.works()
    door.happens(Way.EVENT, late)
    door.now += OLDEST_EVENT + timedelta(hours=1)
    door.run("UPDATE enrollment_run_lead SET state = 'dropped'; UPDATE lead SET phase = 'Recycle'")
    door.works()

    assert door.became() == {early: ["told"], late: ["too_late"]}


def test_who_was_told_before_the_archive_did_not_enter(door: Door) -> None:
    """The next run's enrollment would be written into this run too, and undoing this one would
    take the lead out of another cadence."""
    spring(door, Way.EVENT)
    lead = door.lead()
    door.happens(Way.EVENT, lead)
    door.works()
    with door.database.begin() as connection:
        enrollment_entries.begin(connection, lead, door.now)
        enrollment_entries.stay_out(connection, lead, WhyNot.ARCHIVED)

    assert door.became() == {lead: ["archived"]}
    assert door.book.value("SELECT count(entered_at) FROM enrollment_run_lead") == 0


def test_nobody_comes_back_to_what_is_archived(door: Door) -> None:
    """A lead for which a rep had chosen it would go there and back until its cycles are used up."""
    spring(door, Way.EVENT)
    lead = door.lead(phase_since=door.now, return_cadence="spring")
    with door.database.begin() as connection:
        assert recycled_lead(connection, lead, "lost").return_cadence == "spring"
        set_archived(connection, "spring", "Clara", door.now, takes_out=True)
        assert recycled_lead(connection, lead, "lost").return_cadence == ""


@pytest.mark.parametrize("way", WAYS)
def test_the_daily_cap_counts_whoever_came_whichever_way(door: Door, way: Way) -> None:
    """Two hundred leads a day would be two hundred by each way: more than sales can call."""
    spring(door, way, "daily_cap: 2")
    by_file, first, second = door.lead(), door.lead(), door.lead()
    door.begins(by_file, "spring")
    for lead in (first, second):
        door.happens(way, lead)
    door.works()
    waits = {lead: ["waiting"] for lead in (second,)}
    assert door.became() == {first: ["told"]} | waits

    door.begins(first, "spring")
    door.now += timedelta(days=1)
    door.works()
    assert door.became()[second] == ["told"]


def test_who_is_in_the_segment_when_the_cadence_is_published_stays_out(door: Door) -> None:
    """Forty thousand leads would get a mail the moment a marketer tries a trigger."""
    door.lead(country="KR")
    after = door.lead()
    door.judge()
    spring(door, Way.SEGMENT)
    door.happens(Way.SEGMENT, after)
    door.works()

    assert door.became() == {after: ["told"]}


def test_those_in_it_enter_if_the_cadence_says_so(door: Door) -> None:
    """A campaign for a list that there is would begin with nobody."""
    before, after = door.lead(country="KR"), door.lead()
    door.judge()
    text = cadence_text("spring", "segment: korea, those_in_it: true")
    door.publish(text)
    door.publish(text.replace("Call", "Call them"))
    door.happens(Way.SEGMENT, after)
    door.works()

    assert door.became() == {before: ["told"], after: ["told"]}


@pytest.mark.parametrize(("those", "enter"), [("", False), (", those_in_it: true", True)])
def test_whom_another_condition_finds_is_in_the_segment_already(
    door: Door, those: str, enter: bool
) -> None:
    """A correction of a condition would have everybody enter whom it finds at once."""
    door.publish(cadence_text("spring", f"segment: korea{those}"))
    lead = door.lead(country="JP")
    door.judge()
    door.publish(
        segments="policy: segments\nsegments:\n"
        '  - {name: korea, title: Korea, when: lead.country == "JP"}\n'
    )
    door.judge()
    door.works()
    assert door.became() == ({lead: ["told"]} if enter else {})

    other = door.lead(country="JP")
    door.judge()
    door.works()
    assert door.became()[other] == ["told"], "who joins later enters"


def test_only_events_that_the_condition_is_about_have_a_lead_enter(door: Door) -> None:
    """A visitor who looks at a page would get the mails for those who began a trial; so would one
    whose events come from an archive, and those of before."""
    old = door.now - timedelta(days=1)
    lead = door.lead()
    spring(door, Way.EVENT)
    door.does(lead, "Looked")
    door.does(lead, "Trial Started", at=old)
    door.now += timedelta(days=10)
    door.does(lead, "Trial Started", at=door.now - timedelta(days=4))
    door.works()
    assert door.became() == {lead: ["too_late"]}

    door.does(lead, "Trial Started")
    door.run("UPDATE engagement SET machine = 'scanner'")
    door.works()
    assert door.became() == {lead: ["too_late"]}


def test_what_a_visitor_did_counts_when_it_is_known_whose_it_was(door: Door) -> None:
    """Who begins a trial and gives an address in the next form would not enter."""
    spring(door, Way.EVENT)
    lead = door.lead()
    door.run("INSERT INTO visitor (first_seen_at, last_seen_at) VALUES (:now, :now)", now=door.now)
    door.run(
        "INSERT INTO engagement (key, visitor_id, kind, name, at) "
        "VALUES ('v', 1, 'track', 'Trial Started', :now)",
        now=door.now,
    )
    door.works()
    assert door.became() == {}
    door.run("UPDATE engagement SET lead_id = :lead", lead=lead)
    door.works()

    assert door.became() == {lead: ["told"]}


def test_who_confirms_enters_by_no_segment_that_it_has_left(door: Door) -> None:
    """A lead would get the mails for what no longer holds, a year after."""
    spring(door, Way.SEGMENT)
    lead = door.lead()
    door.run(
        "INSERT INTO write_key (name, key_hash) VALUES ('site', 'x'); "
        "INSERT INTO confirmation (lead_id, write_key_id, cadence, brought_at) "
        "SELECT :id, id, '', :now FROM write_key WHERE name = 'site'",
        id=lead,
        now=door.now,
    )
    door.happens(Way.SEGMENT, lead)
    door.works()
    assert door.became() == {lead: ["unconfirmed"]}
    door.run("UPDATE lead SET country = 'GB'")
    door.judge()

    with door.database.begin() as connection:
        confirm(connection, [lead], door.now)
    door.works()
    assert door.became() == {lead: ["unconfirmed"]}


def test_who_has_to_confirm_enters_then(door: Door) -> None:
    """Double opt-in would end the way into the cadence: whoever confirms would hear nothing."""
    spring(door, Way.FORM)
    lead = door.lead(phase="")
    door.run("INSERT INTO write_key (name, key_hash) VALUES ('site', 'x')")
    door.run(
        "INSERT INTO confirmation (lead_id, write_key_id, cadence, brought_at) "
        "VALUES (:id, 1, '', :now)",
        id=lead,
        now=door.now,
    )
    door.happens(Way.FORM, lead)
    door.works()
    assert door.became() == {lead: ["unconfirmed"]}

    with door.database.begin() as connection:
        confirm(connection, [lead], door.now)
    door.works()
    assert door.became() == {lead: ["told"]}


def test_the_better_cadence_comes_first_and_takes_over(door: Door) -> None:
    """Of two cadences that a lead enters at once the worse would send its first mail; and who is
    in a worse one would never get the better one. One of the same priority takes nobody."""
    door.publish(
        cadence_text("spring", "form: guide", entry="priority: 1"),
        cadence_text("better", "segment: korea", "form: guide", entry="priority: 5"),
        cadence_text("same", 'event: track, where: event.name == "Trial Started"'),
        cadence_text("now"),
    )
    lead, in_it = door.lead(), door.lead()
    door.begins(in_it, "now")
    door.happens(Way.FORM, lead)
    door.happens(Way.SEGMENT, in_it)
    door.happens(Way.EVENT, in_it)
    door.works()

    assert door.became("better") == {lead: ["told"], in_it: ["told"]}
    assert door.became("spring") == {}, "it is looked at again"
    door.begins(lead, "better")
    door.now += timedelta(minutes=6)
    door.works()
    assert door.became("spring") == {lead: ["better_cadence"]}


def test_who_is_in_a_cadence_of_the_same_priority_stays_there(door: Door) -> None:
    """A lead would go to and fro between cadences, and end none."""
    door.publish(cadence_text("spring", "form: guide"), cadence_text("now"))
    lead = door.lead()
    door.begins(lead, "now")
    door.happens(Way.FORM, lead)
    door.works()

    assert door.became() == {lead: ["other_cadence"]}


def test_who_stayed_out_is_looked_at_as_often_as_something_happens(door: Door) -> None:
    """Who sales gave back at noon would be kept out by what it did in the morning."""
    spring(door, Way.FORM)
    lead = door.lead(phase="FollowUp")
    door.happens(Way.FORM, lead)
    door.works()
    assert door.became() == {lead: ["with_sales"]}
    door.run("UPDATE lead SET phase = 'Recycle'")
    door.happens(Way.FORM, lead)
    door.works()

    assert door.became() == {lead: ["told"]}
    assert door.book.value("SELECT selected FROM enrollment_run") == 1


def test_who_waits_has_a_turn_by_what_is_said_otherwise_now(door: Door) -> None:
    """Marketing corrects a condition, and who came the minute before is forgotten."""
    spring(door, Way.EVENT)
    first, other = door.lead(), door.lead()
    door.does(first, "Trial Started")
    door.does(other, "Trial Begun")
    said = 'event: track, where: event.name == "Trial Started" && event.kind == "track"'
    door.publish(cadence_text("spring", said))
    door.works()

    assert door.became() == {first: ["told"]}


def test_a_date_that_counted_counts_no_more_when_the_days_are_others(door: Door) -> None:
    """A lead would get the mails for its renewal a second time."""
    spring(door, Way.DATE)
    lead = door.lead()
    door.happens(Way.DATE, lead)
    door.works()
    assert door.became() == {lead: ["told"]}
    door.begins(lead, "spring")
    door.rests(lead)

    door.publish(cadence_text("spring", "date: renewal, days_before: 6"))
    door.now += timedelta(days=1)
    door.works()
    assert door.became() == {lead: ["entered"]}


def test_what_is_published_no_more_has_nobody_enter(door: Door) -> None:
    """Marketing takes the trigger out, and leads still come."""
    spring(door, Way.FORM)
    lead = door.lead()
    door.happens(Way.FORM, lead)
    door.publish(cadence_text("spring"))
    door.happens(Way.FORM, lead)
    door.works()

    assert door.became() == {}


@pytest.mark.parametrize(
    ("zone", "renewal", "at", "enters"),
    [
        ("Pacific/Auckland", "2027-03-08", "2027-02-28T10:59", False),
        ("Pacific/Auckland", "2027-03-08", "2027-02-28T11:01", True),
        ("America/Los_Angeles", "2027-03-08", "2027-03-01T07:59", False),
        ("America/Los_Angeles", "2027-03-08", "2027-03-01T08:01", True),
        # The day on which clocks go forward has 23 hours.
        ("America/New_York", "2027-03-21", "2027-03-14T04:59", False),
        ("America/New_York", "2027-03-21", "2027-03-14T05:01", True),
        ("America/New_York", "2027-03-22", "2027-03-15T03:59", False),
        ("America/New_York", "2027-03-22", "2027-03-15T04:01", True),
        # Seven days before 7 March is 29 February in a leap year, and 28 in another.
        ("UTC", "2028-03-07", "2028-02-28T23:59", False),
        ("UTC", "2028-03-07", "2028-02-29T00:01", True),
        ("UTC", "2027-03-07", "2027-02-28T00:01", True),
        ("UTC", "30 Jun 2027", "2027-06-23T00:01", True),
        ("UTC", "not known", "2027-06-23T00:01", False),
    ],
)
def test_a_date_comes_by_the_calendar_where_the_lead_is(
    door: Door, zone: str, renewal: str, at: str, enters: bool
) -> None:
    """A renewal's mails would come a day early or late."""
    door.now = datetime.fromisoformat(at).replace(tzinfo=UTC) - timedelta(days=30)
    spring(door, Way.DATE)
    lead = door.lead(time_zone=zone)
    door.run(
        "UPDATE lead SET attributes = jsonb_build_object('renewal', cast(:day AS text))",
        day=renewal,
    )
    door.now += timedelta(days=30)
    door.works()

    assert door.became() == ({lead: ["told"]} if enters else {})


def test_each_date_has_a_lead_enter_once_and_another_date_once_more(door: Door) -> None:
    """A lead would begin anew each hour of its day; or next year's renewal would be forgotten."""
    spring(door, Way.DATE)
    lead = door.lead()
    door.happens(Way.DATE, lead)
    door.works()
    door.begins(lead, "spring")
    door.rests(lead)
    for _ in range(30):
        door.now += timedelta(hours=1)
        door.works()
    assert door.became() == {lead: ["entered"]}

    door.has_date(lead, date(2027, 5, 20))
    door.now = datetime(2027, 5, 13, 1, tzinfo=UTC)
    door.works()
    assert door.became() == {lead: ["entered", "told"]}


def test_a_day_on_which_no_worker_ran_is_made_up_for_and_old_ones_are_not(door: Door) -> None:
    """A weekend without workers would cost a renewal its mails; a file of old renewals would have
    everybody enter."""
    spring(door, Way.DATE)
    missed, old = door.lead(), door.lead()
    door.has_date(missed, door.now.date() + timedelta(days=10))
    door.has_date(old, door.now.date() + timedelta(days=1))
    door.now += timedelta(days=4, hours=20)
    door.works()

    assert door.became() == {missed: ["told"]}
