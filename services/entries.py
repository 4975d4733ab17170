"""Leads that enter cadences by themselves (``enter_when:``, forms, confirming): a worker looks at
them with the rules by which people enroll. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy import Connection

from crash_points import crash_point
from domain.cadences.entry import EntryPace, WhyNot
from domain.cadences.triggers import OLDEST_EVENT, Way, days_to_read, enters_on
from domain.refusals import CadenceMissing
from domain.rules.conditions import compile_condition
from domain.rules.event_facts import EVENT_FACTS
from domain.rules.facts import prepared
from services.enrollment_forecast import assess, entry_times
from store.journeys import enrollment_entries, enrollment_runs, triggered_entries
from store.journeys.triggered_entries import DueEntry
from store.published.cadence_states import archived_cadences
from store.published.cadences import PublishedCadence, latest_cadence

log = structlog.get_logger()

AT_ONCE = 500
"""What is looked at in one transaction."""
LOOK_AGAIN = timedelta(minutes=5)
"""After which time a lead is looked at again that is about to be somewhere else."""
SOON_ELSEWHERE = (WhyNot.STARTING, WhyNot.IN_RUN)


def look_at_entries(connection: Connection, now: datetime) -> bool:
    """Look at some of what has leads enter cadences: who may gets a turn, and of the others it is
    kept why not. Whether there were any."""
    if not enrollment_entries.is_alone(connection):
        return False
    found = triggered_entries.due_entries(connection, now, AT_ONCE)
    if not found:
        return False
    crash_point("entries.taken")
    enrollment_runs.lock_enrolling(connection)
    archived = archived_cadences(connection)
    wanted: list[DueEntry] = []
    waiting: list[DueEntry] = []
    staying: dict[WhyNot, list[DueEntry]] = {}
    for one in found:
        try:
            if not _holds(one, now):
                continue
        except Exception as error:
            waiting += _wait([one], error)
        else:
            why = _why_not(one, archived, now)
            (staying.setdefault(why, []) if why else wanted).append(one)
    for why, entries in staying.items():
        _leave_out(connection, entries, why, now)
    # Where a form or a write key names one that is not published, it is waited for.
    cadences = _published(connection, {one.cadence for one in wanted})
    waiting += [one for one in wanted if one.cadence not in cadences]
    for published, entries in _by_priority(cadences, wanted):
        try:
            with connection.begin_nested():
                waiting += _enter(connection, published, entries, now)
        except Exception as error:
            waiting += _wait(entries, error)
    crash_point("entries.put_in_run")
    settled = {one.id for one in found} - {one.id for one in waiting}
    triggered_entries.settle(connection, [one for one in found if one.id in settled])
    triggered_entries.look_again(connection, waiting, now + LOOK_AGAIN)
    return True


def look_at_dates(connection: Connection, now: datetime) -> bool:
    """Have leads enter by one trigger whose date it is; whether there was one to look at."""
    trigger = triggered_entries.date_trigger(connection, now)
    if trigger is None:
        return False
    written = triggered_entries.written_dates(connection, trigger.what)
    days = days_to_read(written, trigger.days, now)
    # A date counts once, however many days before or after it leads enter by now.
    apart = timedelta(days=trigger.days)
    entering = {
        lead.id: days[lead.written] - apart
        for lead in triggered_entries.leads_with(connection, trigger.what, days)
        if enters_on(days[lead.written], lead.time_zone, trigger.since, now)
    }
    triggered_entries.note_dates(connection, trigger, entering, now)
    crash_point("entries.dates_noted")
    return True


def _holds(one: DueEntry, now: datetime) -> bool:
    if not one.holds or one.machine:
        return False
    if one.event is None:
        return True
    facts = prepared({"event": one.event}, now)
    return not one.condition or compile_condition(one.condition, EVENT_FACTS).holds(facts)


def _published(connection: Connection, names: Collection[str]) -> dict[str, PublishedCadence]:
    found = {}
    for name in names:
        with suppress(CadenceMissing):
            found[name] = latest_cadence(connection, name)
    return found


def _why_not(one: DueEntry, archived: Collection[str], now: datetime) -> WhyNot | None:
    if one.cadence in archived:
        return WhyNot.ARCHIVED
    # One that was noted in time and is looked at again is late by no fault of its own.
    is_late = one.event is not None and not one.put_off and one.at < now - OLDEST_EVENT
    return WhyNot.TOO_LATE if is_late else None


def _wait(entries: Sequence[DueEntry], error: Exception) -> Sequence[DueEntry]:
    """Have those that fail looked at again, so that the others don't wait for them."""
    log.warning(
        "entries wait",
        cadence=entries[0].cadence,
        entries=[one.id for one in entries],
        reason=type(error).__name__,
    )
    return entries


def _leave_out(
    connection: Connection, entries: Sequence[DueEntry], why: WhyNot, now: datetime
) -> None:
    """Keep why these do not enter: not later either, when a cadence is unarchived, say."""
    for _, some in groupby(sorted(entries, key=_key), key=_key):
        alike = list(some)
        staying = dict.fromkeys((one.lead_id for one in alike), why)
        triggered_entries.put_in_run(connection, alike[0], {}, staying, now)


def _by_priority(
    cadences: Mapping[str, PublishedCadence], entries: Sequence[DueEntry]
) -> list[tuple[PublishedCadence, list[DueEntry]]]:
    """By what has leads enter, cadences with a higher priority first."""
    known = sorted((one for one in entries if one.cadence in cadences), key=_key)
    groups = [(cadences[key[0]], list(some)) for key, some in groupby(known, key=_key)]
    return sorted(groups, key=lambda one: -one[0].cadence.entry_rules.priority)


def _key(one: DueEntry) -> tuple[str, int, str, str]:
    return one.cadence, one.trigger_id or 0, one.way, one.what


def _enter(
    connection: Connection, published: PublishedCadence, entries: Sequence[DueEntry], now: datetime
) -> list[DueEntry]:
    """Give a turn to those of one kind that may enter; those to look at once more."""
    leads = sorted({one.lead_id for one in entries})
    assessed = assess(connection, leads, published, now, replaces=False)
    later = {lead for lead, why in assessed.staying.items() if why in SOON_ELSEWHERE}
    staying = {lead: why for lead, why in assessed.staying.items() if lead not in later}
    if entries[0].way == Way.CONFIRMED:
        # It is where it was to begin already, by what it did before it confirmed.
        staying = {lead: why for lead, why in staying.items() if why != WhyNot.ALREADY_IN}
    times = entry_times(connection, published, len(assessed.entering), EntryPace(), now)
    entering = {lead.lead_id: at for lead, at in zip(assessed.entering, times, strict=True)}
    if entering or staying:
        triggered_entries.put_in_run(connection, entries[0], entering, staying, now)
    return [one for one in entries if one.lead_id in later]
