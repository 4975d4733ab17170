"""Who of some leads would enter a cadence, who would not and why, and when their first mails would
go. The dry run and the run itself ask the same. Times are journey time, UTC."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.cadences.entry import EntryPace, EntryRules, WhyNot, entries, why_not
from domain.cadences.next_step import Due, NextStep, Position, after_sending, first_step, next_step
from domain.cadences.planner import Kind
from domain.consent.policy import FrequencyCap, room_under
from domain.contracts.journey import EventCode, Phase, Stage
from domain.contracts.waits import Obstacle
from domain.rules.conditions import compile_condition
from domain.rules.facts import prepared
from domain.time.window import begins
from store.consent.consent import consent_policy
from store.journeys.enrollment_candidates import EnrollmentCandidate, candidates
from store.journeys.enrollment_runs import entered_by_day
from store.published.cadences import PublishedCadence

AT_ONCE = 1_000
"""Leads that are read in one statement."""
EXAMPLES = 20
"""Leads that are named for each reason to stay out."""
LOOKS = 30
"""How many obstacles one after the other a first mail is followed past."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class NamedLead:
    """A lead by its id and name."""

    id: int
    name: str


@dataclass(frozen=True)
class StaysOut:
    """Why leads stay out (:class:`domain.cadences.entry.WhyNot`), how many, and some of them."""

    why: str
    leads: int
    examples: Sequence[NamedLead]


@dataclass(frozen=True)
class MailsInHour:
    """How many leads get their first mail in the hour that begins ``at`` (UTC)."""

    at: datetime
    mails: int


@dataclass(frozen=True)
class EnrollmentForecast:
    """What enrolling would do.

    Attributes:
        selected: how many leads were chosen.
        entering: how many enter, the first at ``first_entry`` and the last at ``last_entry`` (None:
            nobody does).
        stays_out: who does not, the commonest reason first.
        replaces: cadence → how many leads are taken out of it.
        at_rest: how many of those that enter are in recycle now.
        first_mails: when first mails go: by the send window in the zone of each lead, frequency
            caps and the send rate.
        without_mail: how many of those that enter do something else first (``task``, ``decide`` a
            branch), or leave at once (``exit``).
        languages: language → how many of those that enter get the cadence's mails in it.
        other_languages: language that some of them speak and the cadence has no mails in → how
            many; they are among those of the language that it falls back to.
    """

    cadence: str
    version: int
    selected: int
    entering: int
    first_entry: datetime | None
    last_entry: datetime | None
    stays_out: Sequence[StaysOut]
    replaces: Mapping[str, int]
    at_rest: int
    first_mails: Sequence[MailsInHour]
    without_mail: Mapping[str, int]
    languages: Mapping[str, int]
    other_languages: Mapping[str, int]


@dataclass(frozen=True)
class Assessed:
    """Who enters and who does not."""

    entering: Sequence[EnrollmentCandidate]
    staying: Mapping[int, WhyNot]
    names: Mapping[int, str]


def assess(
    connection: Connection,
    lead_ids: Sequence[int],
    cadence: PublishedCadence,
    now: datetime,
    *,
    replaces: bool,
    run: int = 0,
) -> Assessed:
    """Look at each of these leads.

    Args:
        replaces: whether leads may be taken out of other cadences.
        run: the run that enrolls them, 0 for one that does not exist yet.
    """
    rules = cadence.cadence.entry_rules
    since = now - max((cap.span for cap in consent_policy(connection).caps), default=HOUR)
    entering: list[EnrollmentCandidate] = []
    staying: dict[int, WhyNot] = dict.fromkeys(lead_ids, WhyNot.GONE)
    names: dict[int, str] = {}
    for begin in range(0, len(lead_ids), AT_ONCE):
        some = lead_ids[begin : begin + AT_ONCE]
        for lead in candidates(
            connection,
            some,
            cadence.name,
            cadence.cadence.topic,
            now,
            mailed_since=since,
            run=run,
        ):
            why = _why_not(lead, cadence.name, rules, now, replaces=replaces)
            if why is None:
                entering.append(lead)
                del staying[lead.lead_id]
            else:
                staying[lead.lead_id] = why
                names[lead.lead_id] = lead.name
    return Assessed(entering, staying, names)


def _why_not(
    lead: EnrollmentCandidate, cadence: str, rules: EntryRules, now: datetime, *, replaces: bool
) -> WhyNot | None:
    why = why_not(lead.standing, cadence, rules, now, replace=replaces)
    if rules.exclude and why in (None, WhyNot.READY):
        excluded = compile_condition(rules.exclude).holds(prepared(lead.facts, now))
        return WhyNot.EXCLUDED if excluded else why
    return why


def entry_times(
    connection: Connection, cadence: PublishedCadence, leads: int, pace: EntryPace, now: datetime
) -> list[datetime]:
    """When so many leads enter, one after the other."""
    cap = cadence.cadence.entry_rules.daily_cap
    entered = entered_by_day(connection, cadence.name, now) if cap else {}
    return list(itertools.islice(entries(now, pace, cap, entered), leads))


def forecast(
    connection: Connection,
    cadence: PublishedCadence,
    assessed: Assessed,
    pace: EntryPace,
    now: datetime,
    *,
    selected: int,
    mails_per_second: float,
) -> EnrollmentForecast:
    """What enrolling those that may enter would do."""
    caps = consent_policy(connection).caps
    times = entry_times(connection, cadence, len(assessed.entering), pace, now)
    hours: Counter[datetime] = Counter()
    others: Counter[str] = Counter()
    for lead, at in zip(assessed.entering, times, strict=True):
        kind, due = first_touch(cadence, lead, at, caps)
        if kind == "send":
            hours[due.replace(minute=0, second=0, microsecond=0)] += 1
        else:
            others[kind] += 1
    written = [_language(cadence, lead) for lead in assessed.entering] if cadence.templates else []
    standings = [lead.standing for lead in assessed.entering]
    return EnrollmentForecast(
        cadence=cadence.name,
        version=cadence.version,
        selected=selected,
        entering=len(times),
        first_entry=times[0] if times else None,
        last_entry=times[-1] if times else None,
        stays_out=_reasons(assessed),
        replaces=dict(Counter(one.cadence for one in standings if one.cadence).most_common()),
        at_rest=sum(one.phase == Phase.RECYCLE for one in standings),
        first_mails=_at_the_rate(hours, max(1, int(mails_per_second * HOUR.total_seconds()))),
        without_mail=dict(others),
        languages=dict(Counter(one for one, _own in written).most_common()),
        other_languages=dict(
            Counter(own for one, own in written if own and own != one).most_common()
        ),
    )


def _language(cadence: PublishedCadence, lead: EnrollmentCandidate) -> tuple[str, str]:
    """The language that a lead's mails are in, and the lead's own."""
    own = str(lead.facts["lead"]["language"])
    spoken = {one for languages in cadence.templates.values() for one in languages}
    return own if own in spoken else cadence.cadence.fallback_language, own


def first_touch(
    cadence: PublishedCadence,
    lead: EnrollmentCandidate,
    enters: datetime,
    caps: Sequence[FrequencyCap],
) -> tuple[Kind, datetime]:
    """What a lead that enters gets first, and when, as its journey will decide it."""
    stage = lead.facts["lead"]["stage"]
    known = {"stage": stage if stage == Stage.ENGAGED else Stage.KNOWN}
    position = Position(
        cadence.cadence,
        {
            **lead.facts,
            "lead": lead.facts["lead"] | known,
            "cycle": lead.standing.next_cycle,
            "reason": EventCode.ENROLLED,
        },
        lead.time_zone,
        lead.country,
        back_at=begins(lead.away_until, lead.time_zone) if lead.away_until else None,
        sent_before=lead.sent,
    )
    step: NextStep = first_step(position, enters)
    for _ in range(LOOKS):
        move = step.move
        if move.kind != "send":
            break
        step = next_step(position, Due(move.step, move.due), move.due, late=HOUR)
        if not step.sends:
            continue
        room = room_under(caps, lead.mailed, step.now)
        if room is None:
            return "send", step.now
        step = after_sending(position, step, obstacle=Obstacle.CAPPED, until=room.at)
    return step.move.kind, step.move.due


def _reasons(assessed: Assessed) -> list[StaysOut]:
    by_reason: dict[WhyNot, list[int]] = {}
    for lead_id, why in assessed.staying.items():
        by_reason.setdefault(why, []).append(lead_id)
    return [
        StaysOut(
            why,
            len(leads),
            [NamedLead(one, assessed.names.get(one, "")) for one in leads[:EXAMPLES]],
        )
        for why, leads in sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def _at_the_rate(hours: Mapping[datetime, int], most: int) -> list[MailsInHour]:
    """No more than ``most`` in an hour; the others in the next."""
    found: list[MailsInHour] = []
    waiting, hour = 0, min(hours, default=None)
    left = dict(hours)
    while hour is not None and (waiting or left):
        waiting += left.pop(hour, 0)
        if goes := min(waiting, most):
            found.append(MailsInHour(hour, goes))
        waiting -= goes
        hour = hour + HOUR if waiting or not left else min(left)
    return found
