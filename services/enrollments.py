"""Enrolling leads in a cadence by hand: tried first, then begun at a pace, and undone before the
first touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy import Connection

from crash_points import crash_point
from domain.access import Action
from domain.cadences.entry import EntryPace, WhyNot
from domain.refusals import CadenceArchived, Conflict, Invalid
from domain.sentences import sentence
from services.access import changes, found
from services.context import Context
from services.enrollment_forecast import (
    Assessed,
    EnrollmentForecast,
    assess,
    entry_times,
    forecast,
)
from store.access.api_tokens import Caller
from store.bounded import allow_long_work
from store.journeys import enrollment_entries, enrollment_runs
from store.journeys.enrollment_runs import EnrollmentRunLine, NewRun, UndoneRun
from store.published.cadences import PublishedCadence, latest_cadence
from store.views.lead_search import LeadFilter, lead_ids

MOST = 50_000
"""Leads of one run."""
FASTEST = 1_000_000
"""Leads that enter in an hour or a day, by a pace."""
TOLD_AT_ONCE = 200
"""Leads whose journeys are told in one transaction."""


@dataclass(frozen=True)
class LeadsByIds:
    """Leads by their ids."""

    ids: Sequence[int]


@dataclass(frozen=True)
class LeadsByFilter:
    """All leads that a list shows with these filters."""

    wanted: LeadFilter


Selection = LeadsByIds | LeadsByFilter


@dataclass(frozen=True)
class Enrolling:
    """Which leads are to enter, and how.

    Attributes:
        replaces: whether leads may be taken out of another cadence of no higher priority.
        per_hour, per_day: how many enter in an hour or a day; None in both: all at once.
        reason: why, in words, for who reads it on the page of a lead.
        key: what the program that asks calls the run: asked again with the same, it is one run.
    """

    leads: Selection
    replaces: bool = False
    per_hour: int | None = None
    per_day: int | None = None
    reason: str = ""
    key: str = ""

    @property
    def pace(self) -> EntryPace:
        """How fast."""
        return EntryPace(self.per_hour, self.per_day)


def selected_leads(connection: Connection, leads: Selection, now: datetime) -> list[int]:
    """The ids of the leads that are meant, each once, in order.

    Raises:
        Invalid: there are none, or more than a run may have.
    """
    match leads:
        case LeadsByIds(ids):
            chosen = sorted(set(ids))
        case LeadsByFilter(wanted):
            chosen = lead_ids(connection, now, wanted, MOST + 1)
        case _:
            assert_never(leads)
    if not chosen:
        raise Invalid(sentence("No lead is like that: choose others."), "leads")
    if len(chosen) > MOST:
        raise Invalid(
            sentence(
                "More than {most} leads are like that, which is more than one run may have: narrow "
                "the list.",
                most=f"{MOST:,}",
            ),
            "leads",
        )
    return chosen


def dry_run(
    connection: Connection, context: Context, cadence: str, asked: Enrolling
) -> EnrollmentForecast:
    """What enrolling these leads now would do; nothing happens.

    Raises:
        CadenceMissing: it is not published.
        Invalid: no leads are meant, or too many.
    """
    _check(asked)
    now = context.clock.now()
    allow_long_work(connection)
    published = latest_cadence(connection, cadence)
    leads, assessed = _assessed(connection, published, asked, now)
    return forecast(
        connection,
        published,
        assessed,
        asked.pace,
        now,
        selected=len(leads),
        mails_per_second=context.settings.send_rate_per_second,
    )


@changes(
    Action.ENROLL,
    "POST /cadences/{cadence}/enrollments",
    keep=("replaces", "per_hour", "per_day"),
)
def enroll(context: Context, caller: Caller, cadence: str, asked: Enrolling) -> EnrollmentRunLine:
    """Enroll those of these leads that may enter the cadence; the run as it begins. What a dry run
    says beforehand is what it does.

    Raises:
        CadenceMissing: it is not published.
        Invalid: no leads are meant, or too many.
        Conflict: none of them may enter, or another run has the key.
    """
    _check(asked)
    now = context.clock.now()
    with context.database.begin() as connection:
        allow_long_work(connection)
        enrollment_runs.lock_enrolling(connection)
        if asked.key and (known := enrollment_runs.run_with_key(connection, asked.key)):
            return _same_run(connection, known, cadence)
        published = latest_cadence(connection, cadence)
        leads, assessed = _assessed(connection, published, asked, now)
        if not assessed.entering:
            raise Conflict(
                sentence("None of these leads may enter {cadence}.", cadence=cadence), "leads"
            )
        times = entry_times(connection, published, len(assessed.entering), asked.pace, now)
        new = NewRun(
            key=asked.key or None,
            cadence=cadence,
            replaces=asked.replaces,
            per_hour=asked.per_hour,
            per_day=asked.per_day,
            reason=asked.reason.strip(),
            by=caller.by,
            entering={lead.lead_id: at for lead, at in zip(assessed.entering, times, strict=True)},
            staying=assessed.staying,
            selected=len(leads),
        )
        return _run(connection, enrollment_runs.create_run(connection, new, now))


@changes(Action.ENROLL, "DELETE /enrollments/{run_id}")
def undo(context: Context, caller: Caller, run_id: int) -> UndoneRun:
    """Take a run back: leads that have not entered don't, and those that have and were not touched
    go back where they were. Leads that got a mail or a task of the cadence stay in it.

    Raises:
        Missing: there is no such run.
        Conflict: there is nothing left to take back.
    """
    now = context.clock.now()
    with context.database.begin() as connection:
        allow_long_work(connection)
        run = _run(connection, run_id)
        if not enrollment_runs.untouched(connection, run_id):
            raise Conflict(
                sentence("The run was undone already.")
                if run.undone_at
                else sentence(
                    "Every lead of the run has been touched, or has gone on: none goes back."
                )
            )
        return enrollment_runs.undo(connection, run_id, caller.by, now)


def enter_due(connection: Connection, now: datetime, late: timedelta) -> bool:
    """Have some leads of a run enter whose time has come; whether there were any. Each is looked at
    once more: what has happened since the run began may keep it out, and who would be one more than
    the cadence takes in a day enters on the next.

    Args:
        late: a run with a pace that is so late (no worker ran) goes on at its pace from now on.
    """
    if not enrollment_entries.is_alone(connection):
        return False
    enrollment_entries.look_again(connection, now)
    due = enrollment_entries.due_leads(connection, now, TOLD_AT_ONCE, late)
    if due is None:
        return False
    try:
        published = latest_cadence(connection, due.cadence)
    except CadenceArchived:
        archived = dict.fromkeys(due.leads, WhyNot.ARCHIVED)
        enrollment_entries.leave_out(connection, due.run, archived)
        return True
    assessed = assess(connection, due.leads, published, now, replaces=due.replaces, run=due.run)
    enrollment_entries.leave_out(connection, due.run, assessed.staying)
    entering = [lead.lead_id for lead in assessed.entering]
    room = len(entering)
    if cap := published.cadence.entry_rules.daily_cap:
        room = max(0, cap - enrollment_entries.entered_today(connection, due.cadence, now))
    enrollment_entries.tell(connection, due.run, due.cadence, entering[:room])
    crash_point("entries.told")
    if entering[room:]:
        enrollment_entries.put_off(connection, due, entering[room:], now)
    return True


def _check(asked: Enrolling) -> None:
    for field, number in (("per_hour", asked.per_hour), ("per_day", asked.per_day)):
        if number is not None and not 1 <= number <= FASTEST:
            raise Invalid(
                sentence("Say how many enter: a number from 1 to {most}.", most=f"{FASTEST:,}"),
                field,
            )
    if asked.per_hour and asked.per_day:
        raise Invalid(sentence("Say how many an hour or how many a day, not both."), "per_day")


def _assessed(
    connection: Connection, published: PublishedCadence, asked: Enrolling, now: datetime
) -> tuple[list[int], Assessed]:
    leads = selected_leads(connection, asked.leads, now)
    return leads, assess(connection, leads, published, now, replaces=asked.replaces)


def _same_run(connection: Connection, known: int, cadence: str) -> EnrollmentRunLine:
    run = _run(connection, known)
    if run.cadence != cadence:
        raise Conflict(
            sentence(
                "Another run, into {cadence}, has this key: give each run a key of its own.",
                cadence=run.cadence,
            ),
            "key",
        )
    return run


def _run(connection: Connection, run_id: int) -> EnrollmentRunLine:
    return found(
        enrollment_runs.find_run(connection, run_id),
        sentence("There is no enrollment run {run}.", run=run_id),
    )
