"""Where a lead stands in its cadence: the enrollment with its lead, and the step it waits for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select, text

from store.consent.consent import CONSENT_VERSION
from store.engine import RowGone
from store.mail.inbound import AWAY_UNTIL
from store.routing.lead_facts import LEAD_COLUMNS, OPTED_OUT, MailLead
from store.tables import Enrollment

_LOAD = text(
    f"""
    SELECT {LEAD_COLUMNS}, lead.phone, {OPTED_OUT},
        lead.interest, lead.interest_as_of, lead.fit, lead.cycle,
        lead.phase_reason, lead.phase,
        nullif(account.do_not_market_until, 'infinity') AS do_not_market_until,
        account.do_not_market_until = 'infinity' AS do_not_market_for_good, enrollment.put_off_from,
        enrollment.step AS planned_step, enrollment.due_at, enrollment.counted_from,
        enrollment.counted_since,
        {AWAY_UNTIL} AS away_until,
        enrollment.id AS enrollment_id, enrollment.cadence_version_id, enrollment.ended_at,
        enrollment.exit_reason, cast(enrollment.xmin AS text) AS version,
        {CONSENT_VERSION} AS consent_version,
        EXISTS (SELECT FROM cadence_version AS version JOIN cadence_state AS state USING (name)
            WHERE version.id = enrollment.cadence_version_id AND paused_at IS NOT NULL) AS paused,
        (SELECT touch.step FROM touch WHERE touch.enrollment_id = enrollment.id
            AND touch.state = 'planned' AND touch.returned_at IS NOT NULL
         ORDER BY touch.id LIMIT 1) AS returned,
        (SELECT touch.step FROM touch WHERE touch.enrollment_id = enrollment.id
            AND starts_with(touch.claim, :turn) AND :turn <> '' LIMIT 1) AS begun
    FROM enrollment
    JOIN lead ON lead.id = enrollment.lead_id
    LEFT JOIN account ON account.id = lead.account_id
    WHERE enrollment.id = :enrollment
    """
)

_REMEMBER = text(
    "UPDATE enrollment SET step = :step, ended_at = cast(:ended AS timestamptz), "
    "due_at = cast(:due AS timestamptz), "
    "put_off_from = coalesce(CASE WHEN step = :step THEN put_off_from END, "
    "cast(:put_off_from AS timestamptz)), "
    "unanswered = unanswered || cast(:unanswered AS jsonb), "
    "counted_from = :counted_from, counted_since = cast(:counted_since AS timestamptz), "
    "exit_reason = :reason "
    # PostgreSQL gives each version of a row the number of the transaction that wrote it.
    "WHERE id = :id AND ended_at IS NULL AND xmin = cast(:version AS xid)"
)

_MEETING_END = text("SELECT starts_at + make_interval(mins => minutes) FROM meeting WHERE id = :id")

_SENT_BEFORE = text(
    """
    SELECT DISTINCT template_version.name FROM touch
    JOIN enrollment ON enrollment.id = touch.enrollment_id
    JOIN template_version ON template_version.id = touch.template_version_id
    WHERE touch.lead_id = :lead AND touch.state = 'sent' AND enrollment.cycle < :cycle
    """
)


@dataclass(frozen=True)
class EnrollmentStep:
    """The step that an enrollment waits for.

    Attributes:
        due_at: journey time, UTC, in ISO 8601; None once the cadence has ended.
        ended_at: journey time, UTC, at which the cadence ended, for ``exit_reason``.
        unanswered: branch → why its condition could not be answered.
        counted_from: the step from whose time the next waits are counted, and since when.
        put_off_from: when (journey time, UTC) a step was due that must wait; None for one that is
            waited for as planned.
    """

    step: str
    due_at: str | None
    ended_at: datetime | None
    exit_reason: str
    unanswered: Mapping[str, str]
    counted_from: str
    counted_since: datetime | None
    put_off_from: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledLead(MailLead):
    """A lead in a cadence, with its enrollment and its account. Times are journey time, UTC.

    Attributes:
        do_not_market_until, do_not_market_for_good: how long sales keeps the account out of
        marketing.
        put_off_from: when the planned step, which had to wait, was due.
        away_until: the day on which the lead is back, as far as it said.
        consent_version: id of the consent policy in force, None for none.
        version: names the enrollment's row as it is now; each change gives it another.
        paused: whether the cadence is.
        returned: the step of a mail that was refused after it had been accepted.
        begun: the step of a mail that an earlier attempt at the same turn has claimed.
    """

    phone: str
    opted_out: bool
    interest: float
    interest_as_of: datetime
    fit: str
    cycle: int
    phase_reason: str
    phase: str
    do_not_market_until: datetime | None
    do_not_market_for_good: bool | None
    put_off_from: datetime | None
    planned_step: str
    due_at: datetime | None
    counted_from: str
    counted_since: datetime | None
    away_until: date | None
    enrollment_id: int
    cadence_version_id: int
    ended_at: datetime | None
    exit_reason: str
    version: str
    consent_version: int | None
    returned: str | None
    begun: str | None
    paused: bool


def load(connection: Connection, enrollment_id: int, turn: str = "") -> EnrolledLead:
    """The enrollment, its lead and its account; ``turn`` is what the claims of all attempts at the
    step begin with.

    Raises:
        RowGone: there is no such enrollment.
    """
    row = connection.execute(_LOAD, {"enrollment": enrollment_id, "turn": turn}).first()
    if row is None:
        raise RowGone(f"There is no enrollment {enrollment_id}.")
    return EnrolledLead(**row._mapping)


def cadence_version_of(connection: Connection, enrollment_id: int) -> int:
    """The id of the cadence version that an enrollment runs."""
    return connection.execute(
        select(Enrollment.cadence_version_id).where(Enrollment.id == enrollment_id)
    ).scalar_one()


def remember(connection: Connection, found: EnrolledLead, step: EnrollmentStep) -> bool:
    """Note what the enrollment waits for, unless it has ended, or is not as it was ``found``.

    Returns:
        Whether it was noted.
    """
    noted = connection.execute(
        _REMEMBER,
        {
            "step": step.step,
            "ended": step.ended_at,
            "due": step.due_at,
            "reason": step.exit_reason,
            "unanswered": json.dumps(dict(step.unanswered)),
            "counted_from": step.counted_from,
            "counted_since": step.counted_since,
            "put_off_from": step.put_off_from,
            "id": found.enrollment_id,
            "version": found.version,
        },
    )
    return noted.rowcount == 1


def sent_before(connection: Connection, lead_id: int, cycle: int) -> frozenset[str]:
    """The templates of the mails that a cycle before this one sent the lead."""
    found = connection.execute(_SENT_BEFORE, {"lead": lead_id, "cycle": cycle})
    return frozenset(found.scalars())


def meeting_end(connection: Connection, meeting_id: int) -> datetime | None:
    """When a meeting ends or has ended, UTC; None when there is no such meeting."""
    return connection.execute(_MEETING_END, {"id": meeting_id}).scalar()
