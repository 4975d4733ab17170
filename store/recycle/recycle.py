"""Recycled leads: who rests, why and until when; and what sales decides about it. Times are journey
time, UTC."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.cadences.planner import ARCHIVED
from domain.contracts.journey import EventCode, JourneyEvent, Phase, journey_id
from domain.refusals import RecycleRefused
from domain.rules.policy import CODE
from domain.sales.recycle import ASKED_FOR, RecycledLead, RecyclePolicy, RecycleStayPlan
from domain.sentences import sentence
from domain.time.window import zone
from store.engine import RowGone
from store.outbox.relay_messages import QueuedMessage, post_all
from store.published.cadence_states import archived_cadences
from store.published.cadences import latest_cadence
from store.published.policies import PolicyMissing, policy

FURTHEST = timedelta(days=5 * 366)
"""How far ahead the day may be on which a lead is to come back."""


def recycled_lead(connection: Connection, lead_id: int, reason: str) -> RecycledLead:
    """The lead as parking for ``reason`` sees it; a cadence that was chosen for its return and is
    archived since counts as none."""
    row = connection.execute(
        text(
            """
            SELECT lead.id, cycle, phase_since, time_zone, country, return_on, return_why,
                CASE WHEN EXISTS (SELECT FROM cadence_state WHERE name = return_cadence
                    AND archived_at IS NOT NULL) THEN '' ELSE return_cadence END AS return_cadence,
                coalesce(account.attributes, '{}') || lead.attributes AS attributes
            FROM lead LEFT JOIN account ON account.id = lead.account_id WHERE lead.id = :id
            """
        ),
        {"id": lead_id},
    ).one()
    return RecycledLead(
        lead_id=row.id,
        reason=reason,
        cycle=row.cycle,
        since=row.phase_since,
        time_zone=row.time_zone,
        country=row.country,
        return_on=row.return_on,
        return_why=row.return_why,
        return_cadence=row.return_cadence,
        attributes=row.attributes,
    )


def with_cadence_in_force(
    connection: Connection,
    rules: RecyclePolicy,
    lead: RecycledLead,
    rest: RecycleStayPlan,
    last: str,
) -> RecycleStayPlan:
    """The stay of a lead that comes back to a cadence which is archived: it gets the policy's
    default cadence. Where that is archived too, or none, a lead that rests for that very reason
    comes back no more.

    Args:
        last: the cadence that the lead was in last, which holds where the stay names none.
    """
    archived = archived_cadences(connection)
    if (rest.cadence or last) not in archived:
        return rest
    other = rules.default.terms(lead.cycle).cadence
    if other and other not in archived:
        return replace(rest, cadence=other)
    return replace(rest, stops=rest.stops or lead.reason == ARCHIVED)


def record_stay(connection: Connection, lead_id: int, rest: RecycleStayPlan) -> None:
    """Keep until when a lead was recycled, for those who look."""
    connection.execute(
        text("UPDATE lead SET recycled_until = :until WHERE id = :id"),
        {"until": None if rest.stops else rest.until, "id": lead_id},
    )


@dataclass(frozen=True)
class ReturningWeek:
    """How many leads come back in the week that begins on ``monday`` (UTC), by reason."""

    monday: date
    leads: int
    reasons: dict[str, int]


def returns_by_week(connection: Connection, now: datetime) -> list[ReturningWeek]:
    """When recycled leads come back if nothing wakes them, by week; those overdue count now."""
    rows = connection.execute(
        text(
            """
            SELECT cast(date_trunc('week', greatest(recycled_until, :now), 'UTC') AT TIME ZONE 'UTC'
                AS date) AS monday, phase_reason AS reason, count(*) AS leads
            FROM lead WHERE phase = :recycle AND recycled_until IS NOT NULL
            GROUP BY 1, 2 ORDER BY 1, 2
            """
        ),
        {"recycle": Phase.RECYCLE, "now": now},
    )
    weeks: dict[date, dict[str, int]] = {}
    for row in rows:
        weeks.setdefault(row.monday, {})[row.reason] = row.leads
    return [
        ReturningWeek(monday, sum(reasons.values()), reasons) for monday, reasons in weeks.items()
    ]


def return_on(
    connection: Connection, lead_id: int, day: date, now: datetime, *, why: str = ASKED_FOR
) -> bool:
    """Set the day on which a lead comes back from recycle, whatever the policy says. A lead that
    is not recycled keeps it for when it is.

    Args:
        day: in the lead's own time zone; it comes back in the morning.
        now: journey time, UTC.
        why: a code; a lead that ``asked_for`` the day is called on it.

    Returns:
        Whether the lead is recycled now.

    Raises:
        RecycleRefused: the day is not to come, or too far away, or ``why`` is no code.
    """
    lead = _locked(connection, lead_id)
    _check_day(lead, day, now)
    if not CODE.fullmatch(why):
        raise RecycleRefused(
            sentence(
                "'{code}' is no code: use lower-case letters, digits and _, such as asked_for or "
                "budget_in_spring.",
                code=why,
            ),
            "why",
        )
    connection.execute(
        text("UPDATE lead SET return_on = :day, return_why = :why WHERE id = :id"),
        {"day": day, "why": why, "id": lead_id},
    )
    return _look_again(connection, lead)


def extend(connection: Connection, lead_id: int, day: date, now: datetime) -> None:
    """Let a recycled lead rest longer than it was to.

    Raises:
        RecycleRefused: it is not recycled, or would rest no longer by that.
    """
    lead = _recycled_now(connection, lead_id)
    until = lead.recycled_until
    if until is not None and not stays_longer(lead, day, now):
        raise RecycleRefused(
            sentence(
                "lead-{lead} rests until {day:%Y-%m-%d} already; choose a later day, or set the "
                "day on which it comes back.",
                lead=lead_id,
                day=until,
            ),
            "until",
        )
    return_on(connection, lead_id, day, now, why="extended")


def stays_longer(lead: RestingLead, day: date, now: datetime) -> bool:
    """Whether a recycled lead would rest longer until this day.

    Raises:
        RecycleRefused: the day is not to come, or too far away.
    """
    if lead.recycled_until and day <= lead.recycled_until.astimezone(zone(lead.time_zone)).date():
        return False
    _check_day(lead, day, now)
    return True


def choose_cadence(connection: Connection, lead_id: int, cadence: str) -> bool:
    """Choose the cadence a lead comes back to; '' for the policy's again.

    Returns:
        Whether the lead is recycled now.

    Raises:
        CadenceMissing: the cadence was never published.
    """
    if cadence:
        latest_cadence(connection, cadence)
    lead = _locked(connection, lead_id)
    connection.execute(
        text("UPDATE lead SET return_cadence = :cadence WHERE id = :id"),
        {"cadence": cadence, "id": lead_id},
    )
    return _look_again(connection, lead)


def reactivate(connection: Connection, lead_id: int) -> None:
    """Bring a recycled lead back now.

    Raises:
        RecycleRefused: it is not recycled.
    """
    _tell(connection, _recycled_now(connection, lead_id), EventCode.REACTIVATED)


def close_out(connection: Connection, lead_id: int) -> None:
    """Let a recycled lead go; should it write or book one day, it comes back all the same.

    Raises:
        RecycleRefused: it is not recycled.
    """
    _tell(connection, _recycled_now(connection, lead_id), EventCode.CLOSED_OUT)


def notify_recycled(connection: Connection, cycles: Mapping[int, int], code: EventCode) -> None:
    """Tell the journeys of leads what was decided.

    Args:
        cycles: lead id → its cycle, in the order in which they are locked.
    """
    post_all(
        connection,
        [
            QueuedMessage(
                key=f"{code}:lead-{lead_id}:{uuid.uuid4()}",
                workflow_id=journey_id(lead_id),
                kind="signal",
                name="engagement",
                payload=asdict(JourneyEvent(code, cycle=cycle)),
            )
            for lead_id, cycle in cycles.items()
        ],
    )


def _tell(connection: Connection, lead: RestingLead, code: EventCode) -> None:
    notify_recycled(connection, {lead.id: lead.cycle}, code)


def contracts_changed(connection: Connection, emails: str) -> None:
    """Have recycled leads look again whose contract's end was written: it may bring them back.

    Args:
        emails: SQL that gives the ``email_key`` and the new ``attributes`` of leads.
    """
    attribute = _contract_attribute(connection)
    if not attribute:
        return
    rows = connection.execute(
        text(
            f"SELECT lead.id, lead.cycle FROM lead JOIN ({emails}) AS said USING (email_key) "
            "WHERE lead.phase = :recycle AND said.attributes ? :attribute ORDER BY lead.id "
            "FOR NO KEY UPDATE OF lead"
        ),
        {"recycle": Phase.RECYCLE, "attribute": attribute},
    )
    notify_recycled(connection, {row.id: row.cycle for row in rows}, EventCode.REPLAN)


def attributes_changed(connection: Connection, said: Mapping[int, Collection[str]]) -> None:
    """As :func:`contracts_changed`, for leads of which these attributes were said.

    Args:
        said: lead id → names of attributes, of the lead or its account.
    """
    if not said:
        return
    attribute = _contract_attribute(connection)
    concerned = [lead_id for lead_id, names in said.items() if attribute in names]
    if not concerned:
        return
    rows = connection.execute(
        text(
            "SELECT id, cycle FROM lead WHERE id = ANY(cast(:ids AS bigint[])) "
            "AND phase = :recycle ORDER BY id FOR NO KEY UPDATE"
        ),
        {"ids": concerned, "recycle": Phase.RECYCLE},
    )
    notify_recycled(connection, {row.id: row.cycle for row in rows}, EventCode.REPLAN)


def _contract_attribute(connection: Connection) -> str:
    """Where the end of a lead's contract with somebody else is kept; '' where it does not count."""
    try:
        contract_end = policy(connection, RecyclePolicy).contract_end
    except PolicyMissing:
        return ""  # Nobody is in the recycle pool yet.
    return contract_end.attribute if contract_end else ""


class RestingLead(NamedTuple):
    """A lead as what is decided about its rest sees it."""

    id: int
    phase: str
    cycle: int
    time_zone: str
    recycled_until: datetime | None


def lock_leads(connection: Connection, lead_ids: Collection[int]) -> list[RestingLead]:
    """These leads, locked: a parking that is under way either sees what is written now, or is told
    to look again."""
    rows = connection.execute(
        text(
            "SELECT id, phase, cycle, time_zone, recycled_until FROM lead "
            "WHERE id = ANY(cast(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE"
        ),
        {"ids": list(lead_ids)},
    )
    return [RestingLead(*row) for row in rows]


def _locked(connection: Connection, lead_id: int) -> RestingLead:
    for lead in lock_leads(connection, [lead_id]):
        return lead
    raise RowGone(f"There is no lead {lead_id}.")


def _check_day(lead: RestingLead, day: date, now: datetime) -> None:
    """Refuse a day that is not to come for a lead, or too far away."""
    today = now.astimezone(zone(lead.time_zone)).date()
    if day <= today:
        raise RecycleRefused(
            sentence(
                "{day} is not to come for this lead; choose a day after {today}.",
                day=day,
                today=today,
            ),
            "until",
        )
    if day > today + FURTHEST:
        raise RecycleRefused(
            sentence("{day} is more than five years away; choose an earlier day.", day=day), "until"
        )


def _recycled_now(connection: Connection, lead_id: int) -> RestingLead:
    lead = _locked(connection, lead_id)
    if lead.phase != Phase.RECYCLE:
        raise RecycleRefused(
            sentence(
                "lead-{lead} is not recycled: its phase is '{phase}'.",
                lead=lead_id,
                phase=lead.phase or sentence("not started"),
            )
        )
    return lead


def _look_again(connection: Connection, lead: RestingLead) -> bool:
    if lead.phase != Phase.RECYCLE:
        return False
    _tell(connection, lead, EventCode.REPLAN)
    return True
