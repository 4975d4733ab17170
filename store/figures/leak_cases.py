"""The cases of each leak as SQL, one row for each: what is counted of them, and listed of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from domain.contracts.journey import Phase
from domain.contracts.tasks import Disposition
from domain.figures.funnel import Question
from domain.figures.leaks import ANSWER_WITHIN, GOES_ON_WITHIN, BookedAhead, FirstResponse
from domain.figures.periods import midnight, today_in
from domain.figures.speed import ATTEMPTED_BY
from domain.figures.stages import FUNNEL, WON
from store.figures.funnel import Split, in_period

LOST_OUTCOMES = "('lost', 'recycled', 'disqualified', 'ended')"
"""Outcomes for SQL; literals, so that the index of what was lost is used."""


class Cases(NamedTuple):
    """A statement whose rows are cases, each with ``lead_id`` and ``value``, and its values."""

    sql: str
    values: Mapping[str, object]


def standing(question: Question, limits: Mapping[int, float], fold: Sequence[str] = ()) -> Cases:
    """Open units of leads: their ``stage``, the seconds they have stood there, and whether that is
    ``overdue``."""
    split = Split(question, "facts", list(fold))
    sql = f"""
        SELECT facts.lead_id, {split.value} AS value, facts.stage,
            extract(epoch FROM :as_of - facts.stage_since) AS waited,
            extract(epoch FROM :as_of - facts.stage_since)
                > (cast(:limits AS float8[]))[facts.stage + 1] AS overdue
        FROM funnel_unit AS facts{split.join}
        WHERE facts.outcome = '' AND facts.lead_id IS NOT NULL AND facts.stage < {WON}{split.where}
    """
    by_stage = [limits.get(place, float("inf")) for place in range(WON)]
    return Cases(sql, {**split.values, "as_of": question.now, "limits": by_stage})


_FURTHEST = " ".join(
    f"WHEN facts.{stage}_at IS NOT NULL THEN {place}"
    for place, stage in reversed(list(enumerate(FUNNEL)))
)


def lost(question: Question, fold: Sequence[str] = ()) -> Cases:
    """Units of leads that were lost in the period, by the furthest ``stage`` that they reached."""
    split = Split(question, "facts", list(fold))
    sql = f"""
        SELECT facts.lead_id, {split.value} AS value,
            CASE {_FURTHEST} ELSE 0 END AS stage
        FROM funnel_unit AS facts{split.join}
        WHERE facts.outcome IN {LOST_OUTCOMES} AND facts.lead_id IS NOT NULL
            AND facts.outcome_at >= :start AND facts.outcome_at < :end{split.where}
    """
    return Cases(sql, {**split.values, **in_period(question)})


def handed_over(question: Question, fold: Sequence[str] = ()) -> Cases:
    """Leads that crossed in the period, with their first ``response``, whether they were ``tried``
    at all, whether the unit is ``open``, ``mature`` enough to have gone on, and ``went_on``.

    What people did before the crossing, or in a later cycle, was no answer to it. The limit is
    what was promised about its acceptance first, else :data:`ANSWER_WITHIN`.
    """
    split = Split(question, "facts", list(fold))
    sql = f"""
        SELECT lead_id, value, outcome = '' AS open, at <= :mature AS mature,
            coalesce(sal_at <= at + :goes_on, false) AS went_on, tried_at IS NOT NULL AS tried,
            CASE WHEN sal_at < coalesce(tried_at, 'infinity') THEN '{FirstResponse.BY_ITSELF}'
                WHEN tried_at <= limit_at THEN '{FirstResponse.IN_TIME}'
                WHEN tried_at IS NOT NULL THEN '{FirstResponse.LATE}'
                WHEN limit_at < :as_of THEN '{FirstResponse.UNTRIED}'
                ELSE '{FirstResponse.NOT_DUE}' END AS response
        FROM (
            SELECT facts.lead_id, {split.value} AS value, facts.outcome, facts.sal_at, crossing.at,
                coalesce(promised.due_at, crossing.at + :answer_within) AS limit_at,
                least(
                    (SELECT min(completed_at) FROM task
                    WHERE task.lead_id = crossing.lead_id AND kind = ANY(:kinds)
                        AND state = 'done' AND disposition <> :skipped
                        AND completed_at >= crossing.at AND completed_at < over.at),
                    (SELECT min(note.at) FROM lead_note AS note
                    WHERE note.lead_id = crossing.lead_id AND kind IN ('call', 'mail')
                        AND direction = 'out' AND note.at >= crossing.at AND note.at < over.at),
                    (SELECT min(mail.at) FROM written_mail AS mail
                    WHERE mail.lead_id = crossing.lead_id
                        AND mail.at >= crossing.at AND mail.at < over.at)
                ) AS tried_at
            FROM crossing JOIN funnel_unit AS facts USING (lead_id, cycle){split.join}
            CROSS JOIN LATERAL (SELECT coalesce(facts.next_cycle_at, 'infinity') AS at) AS over
            LEFT JOIN LATERAL (
                SELECT due_at FROM sla_clock AS clock WHERE clock.lead_id = crossing.lead_id
                    AND promise IN ('accept', 'accept_hot') AND started_at >= crossing.at
                    AND started_at < over.at
                ORDER BY started_at, clock.id LIMIT 1
            ) AS promised ON true
            WHERE crossing.at >= :start AND crossing.at < :end{split.where}
            -- So that attempts are looked for once, and not wherever they are asked about above.
            OFFSET 0
        ) AS crossed
    """
    given = {
        "as_of": question.now,
        "mature": question.now - GOES_ON_WITHIN,
        "goes_on": GOES_ON_WITHIN,
        "answer_within": ANSWER_WITHIN,
        "kinds": list(ATTEMPTED_BY),
        "skipped": Disposition.SKIPPED,
    }
    return Cases(sql, {**split.values, **in_period(question), **given})


def settings(question: Question, fold: Sequence[str] = ()) -> Cases:
    """Appointments of the period, as they were set, that the lead kept or missed: how far
    ``ahead``, whether ``reminded``, ``missed``, ``rebooked`` after that, and ``recovered``.

    One that was moved before it began, or called off, is none.
    """
    split = Split(question, "facts", list(fold))
    sql = f"""
        SELECT meeting.lead_id, coalesce({split.value}, '') AS value,
            CASE WHEN days.ahead < 1 THEN '{BookedAhead.SAME_DAY}'
                WHEN days.ahead < 3 THEN '{BookedAhead.NEXT_DAYS}'
                WHEN days.ahead < 8 THEN '{BookedAhead.WEEK}'
                ELSE '{BookedAhead.LONGER}' END AS ahead,
            EXISTS (
                SELECT FROM touch WHERE touch.lead_id = meeting.lead_id AND touch.state = 'sent'
                    AND starts_with(touch.key, 'meeting-' || meeting.id || '-'
                        || setting.attempt || '\\:reminder-')
            ) AS reminded,
            setting.state = 'no_show' AS missed,
            setting.state = 'no_show' AND EXISTS ({_AFTER}) AS rebooked,
            setting.state = 'no_show' AND EXISTS ({_AFTER} AND later.state = 'held') AS recovered
        FROM meeting_setting AS setting JOIN meeting ON meeting.id = setting.meeting_id
        LEFT JOIN funnel_unit AS facts
            ON facts.lead_id = meeting.lead_id AND facts.cycle = meeting.cycle{split.join}
        CROSS JOIN LATERAL (
            SELECT cast(setting.starts_at AT TIME ZONE :zone AS date)
                - cast(setting.set_at AT TIME ZONE :zone AS date) AS ahead
        ) AS days
        WHERE setting.starts_at >= :start AND setting.starts_at < :end
            AND setting.state IN ('held', 'no_show'){split.where}
    """
    zone = question.period.time_zone
    return Cases(sql, {**split.values, **in_period(question), "zone": zone})


_AFTER = """
    SELECT FROM meeting AS other JOIN meeting_setting AS later ON later.meeting_id = other.id
    WHERE other.lead_id = meeting.lead_id AND other.cycle = meeting.cycle
        AND later.set_at >= setting.starts_at
"""


def resting(question: Question, fold: Sequence[str] = ()) -> Cases:
    """Recycled leads whose day, of the company's calendar, is over; and the seconds since they were
    to come back."""
    split = Split(question, "facts", list(fold))
    zone = question.period.time_zone
    sql = f"""
        SELECT lead.id AS lead_id, {split.value} AS value,
            extract(epoch FROM :as_of - lead.recycled_until) AS overdue_for
        FROM lead JOIN funnel_unit AS facts
            ON facts.lead_id = lead.id AND facts.cycle = lead.cycle{split.join}
        WHERE lead.phase = '{Phase.RECYCLE}' AND lead.recycled_until < :today{split.where}
    """
    today = midnight(today_in(zone, question.now), zone)
    return Cases(sql, {**split.values, "as_of": question.now, "today": today})
