"""Leads that somebody wants to enroll in a cadence, with all that decides whether they may, and
when their first mail goes. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.cadences.entry import EntryStanding
from domain.contracts.journey import EventCode
from domain.names import full_name
from domain.rules.facts import reach_facts
from domain.scoring.interest import Interest
from domain.scoring.policy import ScoringPolicy
from domain.scoring.standing import at_least, standing_of
from store.consent.confirmations import WAITING
from store.mail.inbound import AWAY_UNTIL
from store.published.policies import policy
from store.routing.lead_facts import OPTED_OUT
from store.scoring.engagement import facts_of_leads
from store.scoring.scoring import points_now

BESIDE = "'^(lead|opportunity)-'"
"""SQL: what the key of an enrollment beside the lead's phase begins with."""

_CANDIDATES = text(
    f"""
    SELECT lead.id, lead.email, lead.first_name, lead.last_name, lead.title, lead.phone,
        lead.country, lead.language, lead.source, lead.stage, lead.attributes, lead.time_zone,
        lead.phase, lead.phase_reason, lead.cycle, lead.fit, lead.interest, lead.interest_as_of,
        coalesce(account.name, '') AS company, {OPTED_OUT}, {WAITING} AS unconfirmed,
        coalesce(account.do_not_market_until > :now, false) AS do_not_market,
        EXISTS (SELECT FROM suppression WHERE email_key = lead.email_key) AS suppressed,
        EXISTS (SELECT FROM topic_opt_out WHERE email_key = lead.email_key AND topic = :topic)
            AS topic_refused,
        EXISTS (SELECT FROM opportunity WHERE lead_id = lead.id AND outcome = '')
            AS opportunity_open,
        lead.phase = '' AND EXISTS (
            SELECT FROM relay_message WHERE key = 'start:lead-' || lead.id) AS starting,
        EXISTS (SELECT FROM enrollment_run_lead AS other WHERE other.lead_id = lead.id
            AND other.run_id <> :run AND other.state IN ('waiting', 'told', 'undoing')) AS in_run,
        coalesce(running.name, '') AS in_cadence, coalesce(running.priority, 0) AS priority,
        before.began AS last_began, coalesce(before.cycle, 0) AS last_cycle,
        {AWAY_UNTIL} AS away_until,
        ARRAY(SELECT coalesce(sent_at, planned_at) FROM touch WHERE lead_id = lead.id
            AND topic <> '' AND state IN ('claimed', 'sending', 'sent', 'unknown')
            AND coalesce(sent_at, planned_at) > :since) AS mailed,
        ARRAY(SELECT DISTINCT template_version.name FROM touch
            JOIN enrollment ON enrollment.id = touch.enrollment_id
            JOIN template_version ON template_version.id = touch.template_version_id
            WHERE touch.lead_id = lead.id AND touch.state = 'sent' AND enrollment.cycle
                < lead.cycle + (lead.phase IN ('Recycle', 'ended'))::int) AS sent
    FROM lead
    LEFT JOIN account ON account.id = lead.account_id
    LEFT JOIN LATERAL (
        SELECT version.name,
            cast(version.definition #>> '{{entry,priority}}' AS integer) AS priority
        FROM enrollment JOIN cadence_version AS version ON version.id = cadence_version_id
        WHERE lead_id = lead.id AND ended_at IS NULL AND NOT key ~ {BESIDE}
        ORDER BY enrollment.id DESC LIMIT 1
    ) AS running ON true
    LEFT JOIN LATERAL (
        SELECT max(started_at) AS began, max(cycle) AS cycle
        FROM enrollment JOIN cadence_version AS version ON version.id = cadence_version_id
        WHERE lead_id = lead.id AND version.name = :cadence AND exit_reason <> :undone
    ) AS before ON true
    WHERE lead.id = ANY(cast(:ids AS bigint[])) AND lead.phase_reason <> 'erased'
    ORDER BY lead.id
    """
)


@dataclass(frozen=True)
class EnrollmentCandidate:
    """A lead as enrolling sees it.

    Attributes:
        standing: what decides whether it may enter.
        facts: what conditions of cadences read.
        away_until: the day on which it is back, as far as it said.
        mailed: when it got mail from marketing lately.
        sent: the templates of cadences that it was sent in a cycle before the one it would be in.
    """

    lead_id: int
    name: str
    time_zone: str
    country: str
    standing: EntryStanding
    facts: Mapping[str, Any]
    away_until: date | None
    mailed: Sequence[datetime]
    sent: frozenset[str]


def candidates(
    connection: Connection,
    lead_ids: Sequence[int],
    cadence: str,
    topic: str,
    now: datetime,
    *,
    mailed_since: datetime,
    run: int = 0,
) -> list[EnrollmentCandidate]:
    """Those of these leads that there are, by id.

    Args:
        mailed_since: as far back as frequency caps look.
        run: the run that enrolls them, 0 for one that does not exist yet.
    """
    rules = policy(connection, ScoringPolicy)
    rows = connection.execute(
        _CANDIDATES,
        {
            "ids": list(lead_ids),
            "cadence": cadence,
            "topic": topic,
            "now": now,
            "since": mailed_since,
            "run": run,
            "undone": EventCode.UNENROLLED,
        },
    ).all()
    engagement = facts_of_leads(connection, [row.id for row in rows])
    found = []
    for row in rows:
        points = points_now(rules, Interest(row.interest, row.interest_as_of), now)
        grade = standing_of(rules, row.fit, points)
        lead = {
            name: getattr(row, name)
            for name in (
                *("first_name", "last_name", "title", "company", "country", "language"),
                *("attributes", "source", "stage"),
            )
        }
        facts = {
            "lead": lead | reach_facts(row.email, row.phone, opted_out=row.opted_out),
            "score": points,
            "fit": grade.grade[0],
            "interest": grade.level,
            "engagement": engagement[row.id],
            "cycle": row.cycle,
            "reason": row.phase_reason,
        }
        standing = EntryStanding(
            phase=row.phase,
            cycle=row.cycle,
            has_address=bool(row.email),
            undone=row.phase_reason == EventCode.UNENROLLED,
            opportunity_open=row.opportunity_open,
            do_not_market=row.do_not_market,
            suppressed=row.suppressed,
            unconfirmed=row.unconfirmed,
            topic_refused=row.topic_refused,
            starting=row.starting,
            in_run=row.in_run,
            cadence=row.in_cadence,
            priority=row.priority,
            last_began=row.last_began,
            last_cycle=row.last_cycle,
            ready=at_least(grade.meaning, "mql"),
        )
        found.append(
            EnrollmentCandidate(
                lead_id=row.id,
                name=full_name(row.first_name, row.last_name) or row.email,
                time_zone=row.time_zone,
                country=row.country,
                standing=standing,
                facts=facts,
                away_until=row.away_until,
                mailed=row.mailed,
                sent=frozenset(row.sent),
            )
        )
    return found
