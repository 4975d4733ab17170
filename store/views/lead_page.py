"""One lead as its page shows it: who, where, what is scheduled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.contracts.journey import Phase
from domain.names import full_name
from store.consent.consent import consent_of
from store.published.policies import PolicyMissing
from store.scoring.campaign_touches import FirstAndLast, first_and_last
from store.scoring.scoring import Explanation, explain
from store.views.segments import segment_titles, segments_of


@dataclass(frozen=True)
class Scheduled:
    """Something to come. ``kind`` is step, task, meeting, return, renewal or upsell; ``at`` is
    journey time (UTC), None when nobody knows; ``what`` is a code or a name, ``ref`` its id."""

    kind: str
    at: datetime | date | None
    what: str
    owner: str
    ref: int
    put_off: bool
    """Whether it waits because its account is do-not-market."""


@dataclass(frozen=True)
class EnrolledBy:
    """Who enrolled a lead in a cadence, and why in their words; or what had it enter
    (``domain.cadences.triggers.Way``)."""

    run: int
    cadence: str
    by: str
    why: str
    way: str
    what: str


@dataclass(frozen=True)
class LeadView:
    """A lead, where it stands and why, what mail it gets, and what is to come."""

    id: int
    name: str
    email: str
    phone: str
    title: str
    country: str
    language: str
    time_zone: str
    source: str
    account_id: int | None
    company: str
    do_not_market: bool
    """Whether its account is not marketed to."""
    stage: str
    phase: str
    phase_reason: str
    phase_since: datetime | None
    cycle: int
    owner: str
    owner_name: str
    return_cadence: str
    suppressed: str
    """Why the address gets no mail; '' when it does."""
    refused: tuple[str, ...]
    """Topics it does not want to hear of."""
    attributes: Mapping[str, Any]
    score: Explanation | None
    """None while no scoring policy is published."""
    scheduled: tuple[Scheduled, ...]
    came_by: FirstAndLast
    """The campaigns of its first and its last touch."""
    segments: Mapping[str, str]
    """Name → title of those that it is in."""
    enrolled: EnrolledBy | None
    """How it came into the cadence that it is in, if somebody enrolled it."""


_LEAD = text(
    """
    SELECT lead.id, lead.first_name, lead.last_name, lead.email, lead.email_key, lead.phone,
        lead.title, lead.country, lead.language, lead.time_zone, lead.source, lead.account_id,
        coalesce(account.name, '') AS company,
        coalesce(account.do_not_market_until > :now, false) AS do_not_market,
        lead.stage, lead.phase, lead.phase_reason, lead.phase_since, lead.cycle, lead.owner,
        coalesce(rep.name, '') AS owner_name, lead.return_cadence, lead.attributes
    FROM lead LEFT JOIN account ON account.id = lead.account_id
    LEFT JOIN rep ON rep.code = lead.owner
    WHERE lead.id = :lead
    """
)
_ENROLLED = text(
    """
    SELECT run.id, run.cadence, run.by, run.reason, run.way, run.what
    FROM enrollment_run_lead AS one JOIN enrollment_run AS run ON run.id = one.run_id
    JOIN enrollment ON enrollment.id = one.enrollment_id
    WHERE one.lead_id = :lead AND one.state = 'entered' AND enrollment.ended_at IS NULL
    ORDER BY run.id DESC LIMIT 1
    """
)
_SCHEDULED = text(
    """
    SELECT 'step' AS kind, enrollment.due_at AS at, cast(NULL AS date) AS on_day,
        version.name AS what, '' AS owner,
        enrollment.id AS ref,
        enrollment.put_off_from IS NOT NULL
            AND coalesce(account.do_not_market_until > :now, false) AS put_off
    FROM enrollment
    JOIN cadence_version AS version ON version.id = enrollment.cadence_version_id
    JOIN lead ON lead.id = enrollment.lead_id
    LEFT JOIN account ON account.id = lead.account_id
    WHERE enrollment.lead_id = :lead AND enrollment.ended_at IS NULL
        AND (enrollment.step <> '' OR enrollment.due_at IS NOT NULL)
    UNION ALL
    SELECT 'task', due_at, NULL, kind, owner, id, false
    FROM task WHERE lead_id = :lead AND state = 'open'
    UNION ALL
    SELECT 'meeting', starts_at, NULL, '', owner, id, false
    FROM meeting WHERE lead_id = :lead AND state = 'booked' AND starts_at > :now
    UNION ALL
    SELECT 'return', recycled_until, NULL, return_cadence, '', id, false
    FROM lead WHERE id = :lead AND phase = :recycle AND recycled_until IS NOT NULL
    UNION ALL
    SELECT kind, NULL, "on", kind, '', id, false
    FROM renewal WHERE lead_id = :lead AND "on" >= cast(:now AS date)
    ORDER BY at NULLS LAST, on_day, ref
    """
)


def lead_view(connection: Connection, lead_id: int, now: datetime) -> LeadView | None:
    """The lead as it is at ``now`` (journey time, UTC); None when there is none."""
    row = connection.execute(_LEAD, {"lead": lead_id, "now": now}).first()
    if row is None:
        return None
    values = dict(row._mapping)
    consent = consent_of(connection, values.pop("email_key"))
    name = full_name(values.pop("first_name"), values.pop("last_name"))
    try:
        score = explain(connection, lead_id, now)
    except PolicyMissing:
        score = None
    titles = segment_titles(connection)
    scheduled = connection.execute(
        _SCHEDULED, {"lead": lead_id, "now": now, "recycle": Phase.RECYCLE}
    )
    enrolled = connection.execute(_ENROLLED, {"lead": lead_id}).first()
    return LeadView(
        **values,
        enrolled=None if enrolled is None else EnrolledBy(*enrolled),
        name=name or row.email,
        suppressed=consent.suppressed,
        refused=tuple(sorted(consent.refused)),
        score=score,
        came_by=first_and_last(connection, lead_id),
        segments={name: titles.get(name, name) for name in segments_of(connection, lead_id)},
        scheduled=tuple(
            Scheduled(one.kind, one.at or one.on_day, one.what, one.owner, one.ref, one.put_off)
            for one in scheduled
        ),
    )
