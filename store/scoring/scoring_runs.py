"""Scoring runs: all leads counted anew by newly published rules, as far as each run has come. Times
are journey time, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.rescoring import rescore_workflow_id
from domain.scoring.policy import ScoringPolicy
from store.outbox.relay_messages import post
from store.published.policies import policy
from store.scoring import sales_pace
from store.scoring.lead_standing import follow, lock_leads
from store.scoring.scoring import page_of_leads, rescore

SLICE = 500
"""Leads counted in one transaction."""


@dataclass(frozen=True)
class ScoringRunLine:
    """One run. Times are journey time, UTC; ``superseded`` is whether newer rules are out."""

    id: int
    version: int
    leads: int
    rescored: int
    escalated: int
    last_lead_id: int
    started_at: datetime
    rescored_at: datetime | None
    finished_at: datetime | None
    superseded: bool


_RUN = """
    SELECT scoring_run.id, policy_version.version, leads, rescored, escalated, last_lead_id,
        started_at, rescored_at, finished_at,
        EXISTS (SELECT FROM policy_version AS newer WHERE newer.name = policy_version.name
                AND newer.version > policy_version.version) AS superseded
    FROM scoring_run JOIN policy_version ON policy_version.id = scoring_run.policy_version_id
"""


def begin_run(connection: Connection, policy_version_id: int, now: datetime) -> int | None:
    """Queue the counting of all leads by this version of the rules.

    Returns:
        The run's id, None when there are no leads.
    """
    run_id: int | None = connection.execute(
        text(
            """
            INSERT INTO scoring_run (policy_version_id, leads, started_at)
            SELECT :version, count(*), :at FROM lead HAVING count(*) > 0
            RETURNING id
            """
        ),
        {"version": policy_version_id, "at": now},
    ).scalar()
    if run_id is not None:
        workflow_id = rescore_workflow_id(run_id)
        post(
            connection,
            key=workflow_id,
            workflow_id=workflow_id,
            kind="rescore",
            payload={"run_id": run_id},
        )
    return run_id


def scoring_run(connection: Connection, run_id: int) -> ScoringRunLine:
    """The run with this id.

    Raises:
        sqlalchemy.exc.NoResultFound: there is none.
    """
    row = connection.execute(text(f"{_RUN} WHERE scoring_run.id = :id"), {"id": run_id}).one()
    return ScoringRunLine(**row._mapping)


def lock_run(connection: Connection, run_id: int) -> ScoringRunLine:
    """The run with this id, held against another worker that takes it for its own.

    Raises:
        sqlalchemy.exc.NoResultFound: there is none.
    """
    connection.execute(
        text("SELECT FROM scoring_run WHERE id = :id FOR UPDATE"), {"id": run_id}
    ).one()
    return scoring_run(connection, run_id)


def newest_run(connection: Connection) -> ScoringRunLine | None:
    """The run that was begun last, or None."""
    row = connection.execute(text(f"{_RUN} ORDER BY scoring_run.id DESC LIMIT 1")).first()
    return ScoringRunLine(**row._mapping) if row else None


def rescore_slice(connection: Connection, run: ScoringRunLine, now: datetime) -> ScoringRunLine:
    """Count the run's next leads.

    Args:
        now: journey time, UTC.
    """
    ids = page_of_leads(connection, run.last_lead_id, SLICE)
    if ids:
        rescore(connection, ids, now)
    connection.execute(
        text(
            """
            UPDATE scoring_run SET rescored = rescored + :more, last_lead_id = :last,
                rescored_at = cast(:ended AS timestamptz)
            WHERE id = :id
            """
        ),
        {
            "more": len(ids),
            "last": ids[-1] if ids else run.last_lead_id,
            "ended": now if len(ids) < SLICE else None,
            "id": run.id,
        },
    )
    return scoring_run(connection, run.id)


def escalate(connection: Connection, run: ScoringRunLine, at_most: int, now: datetime) -> int:
    """Hand over the most interested of those whom the rules made ready.

    Returns:
        How many more wait.
    """
    crossed = hand_over(connection, at_most, now, cause="rules")
    connection.execute(
        text("UPDATE scoring_run SET escalated = escalated + :more WHERE id = :id"),
        {"more": crossed, "id": run.id},
    )
    return waiting(connection, now)


def hand_over(connection: Connection, at_most: int, now: datetime, *, cause: str) -> int:
    """Hand ready leads over to sales, the most interested and best fitting first.

    Args:
        now: journey time, UTC.
        cause: kept with the crossings.

    Returns:
        How many crossed.

    Raises:
        PolicyMissing: no scoring policy is published.
    """
    rules = policy(connection, ScoringPolicy)
    chosen = connection.execute(
        text(
            f"SELECT lead.id {sales_pace.BACKLOG} "
            "ORDER BY remaining DESC, lead.fit_points DESC, lead.id LIMIT :at_most"
        ),
        sales_pace.backlog_values(rules, now) | {"at_most": at_most},
    ).scalars()
    leads = lock_leads(connection, list(chosen))
    return follow(connection, rules, leads, [], now, cause=cause)


def waiting(connection: Connection, now: datetime) -> int:
    """How many leads in nurture are ready by the rules of now, and not yet handed to sales.

    Args:
        now: journey time, UTC.

    Raises:
        PolicyMissing: no scoring policy is published.
    """
    return sales_pace.waiting(connection, policy(connection, ScoringPolicy), now)


def finish_run(connection: Connection, run_id: int, now: datetime) -> None:
    """Note that the run is over."""
    connection.execute(
        text("UPDATE scoring_run SET finished_at = :at WHERE id = :id AND finished_at IS NULL"),
        {"at": now, "id": run_id},
    )
