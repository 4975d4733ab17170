"""The facts, made again for each lead of which something changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, text

from domain.contracts.journey import EventCode
from domain.figures.funnel import MOST_BEHIND
from domain.figures.stages import FUNNEL, STAGES, WON

BATCH = 2_000
"""Changes whose leads' facts are made at a time, in some seconds at most."""
AT_A_LOOK = 500
"""Changes that whoever looks at figures waits for; all others are made in the background."""

_SEGMENT = "coalesce(nullif(account.attributes->>'segment', ''), lead.attributes->>'segment', '')"
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('figures'))")
_TAKE = text(
    """
    WITH due AS (
        DELETE FROM figures_due WHERE id <= (
            SELECT max(id) FROM (SELECT id FROM figures_due ORDER BY id LIMIT :most) AS first)
        RETURNING about
    )
    SELECT DISTINCT about FROM due
    """
)
_BEHIND = text(
    """
    SELECT CASE WHEN count(*) > :most THEN count(*) ELSE count(DISTINCT about) END
    FROM (SELECT about FROM figures_due LIMIT :most + 1) AS first
    """
)


def _position(column: str) -> str:
    whens = " ".join(f"WHEN '{stage}' THEN {n}" for n, stage in enumerate(STAGES))
    return f"CASE {column} {whens} END"


# An enrollment by hand that was undone, and the way back, count as if they had not been.
_HAPPENED = f"""
    moved.reason <> '{EventCode.UNENROLLED}'
    AND NOT EXISTS (SELECT FROM enrollment WHERE enrollment.lead_id = moved.lead_id
        AND exit_reason = '{EventCode.UNENROLLED}' AND starts_with(key, moved.key || ':'))
    AND NOT EXISTS (SELECT FROM enrollment_run_lead AS one WHERE one.lead_id = moved.lead_id
        AND one.state IN ('undoing', 'undone') AND one.left_phase = moved.phase
        AND one.left_reason = moved.reason AND one.left_cycle = moved.cycle
        AND one.undone_at <= moved.at)
"""


_REACHED = ", ".join(
    f"min(at) FILTER (WHERE position BETWEEN {n} AND {WON}) AS {stage}_at"
    for n, stage in enumerate(FUNNEL)
)
# A stage is implied where nothing says that it was entered when it was first reached.
_IMPLIED = " + ".join(
    f"CASE WHEN min(at) FILTER (WHERE position BETWEEN {n} AND {WON}) "
    f"IS DISTINCT FROM min(at) FILTER (WHERE position = {n}) THEN {1 << n} ELSE 0 END"
    for n in range(len(FUNNEL))
)
_TIMES = ", ".join(f"{stage}_at" for stage in FUNNEL)
_SET = ", ".join(
    f"{name} = excluded.{name}"
    for name in (
        *(f"{stage}_at" for stage in FUNNEL),
        *("implied", "stage", "stage_since", "next_cycle", "next_cycle_at"),
        *("outcome", "outcome_at", "outcome_reason"),
        *("source", "campaign", "cadence", "segment", "owner", "country"),
    )
)
_UNITS = f"""
    WITH entered AS (
        SELECT id, lead_id, cycle, at, reason, phase, {_position("to_stage")} AS position
        FROM stage_transition AS moved WHERE lead_id = ANY(:leads) AND {_HAPPENED}
    ), reached AS (
        SELECT lead_id, cycle, min(at) AS began_at, {_REACHED}, ({_IMPLIED})::smallint AS implied,
            (array_agg(position ORDER BY at DESC, id DESC))[1] AS stage,
            (array_agg(at ORDER BY at DESC, id DESC))[1] AS stage_since,
            (array_agg(reason ORDER BY at DESC, id DESC))[1] AS reason,
            (array_agg(phase ORDER BY at DESC, id DESC))[1] AS phase
        FROM entered GROUP BY lead_id, cycle
    ), lasting AS (
        SELECT *, lead(began_at) OVER next AS over_at, lead(cycle) OVER next AS next_cycle,
            lead(coalesce(known_at, stage_since)) OVER next AS next_cycle_at
        FROM reached WINDOW next AS (PARTITION BY lead_id ORDER BY cycle)
    ), ended AS (
        SELECT *, CASE WHEN customer_at IS NOT NULL THEN 'won'
            WHEN stage = {STAGES.index("disqualified")} THEN 'disqualified'
            WHEN stage = {STAGES.index("recycled")} AND reason = 'lost' THEN 'lost'
            WHEN stage = {STAGES.index("recycled")} THEN 'recycled'
            WHEN phase = 'ended' OR over_at IS NOT NULL THEN 'ended' ELSE '' END AS outcome
        FROM lasting
    )
    INSERT INTO funnel_unit (lead_id, cycle, {_TIMES}, implied, stage, stage_since,
        next_cycle, next_cycle_at, outcome, outcome_at, outcome_reason,
        source, campaign, cadence, segment, owner, country)
    SELECT ended.lead_id, ended.cycle, {_TIMES}, implied, ended.stage, stage_since,
        next_cycle, next_cycle_at, outcome,
        CASE outcome WHEN 'won' THEN customer_at WHEN '' THEN NULL ELSE stage_since END,
        CASE WHEN outcome IN ('', 'won') THEN '' ELSE reason END,
        lead.source, coalesce(came.campaign, ''), coalesce(first.name, ''), {_SEGMENT},
        CASE WHEN over_at IS NULL THEN lead.owner ELSE coalesce(had.owner, '') END, lead.country
    FROM ended JOIN lead ON lead.id = ended.lead_id LEFT JOIN account ON account.id = account_id
    LEFT JOIN LATERAL (
        SELECT cadence_version.name FROM enrollment
        JOIN cadence_version ON cadence_version.id = cadence_version_id
        WHERE enrollment.lead_id = ended.lead_id AND enrollment.cycle = ended.cycle
            AND exit_reason <> '{EventCode.UNENROLLED}'
        ORDER BY started_at, enrollment.id LIMIT 1
    ) AS first ON true
    LEFT JOIN LATERAL (
        -- What came after the hand-over to sales did not bring it about.
        SELECT campaign FROM campaign_touch
        WHERE campaign_touch.lead_id = ended.lead_id AND at <= coalesce(mql_at, 'infinity')
        ORDER BY at, id LIMIT 1
    ) AS came ON true
    LEFT JOIN LATERAL (
        SELECT assignment.owner FROM assignment
        WHERE assignment.lead_id = ended.lead_id AND at < over_at
        ORDER BY at DESC, assignment.id DESC LIMIT 1
    ) AS had ON over_at IS NOT NULL
    ON CONFLICT (lead_id, cycle) DO UPDATE SET {_SET}
"""
_GONE = f"""
    DELETE FROM funnel_unit WHERE lead_id = ANY(:leads) AND NOT EXISTS (
        SELECT FROM stage_transition AS moved JOIN lead ON lead.id = moved.lead_id
        WHERE moved.lead_id = funnel_unit.lead_id AND moved.cycle = funnel_unit.cycle
            AND {_HAPPENED})
"""
_NO_MOVES = "DELETE FROM funnel_move WHERE unit_id = ANY(:units)"
# A unit's cycle is over where the next begins. What enters the same stage again has not moved.
_MOVES = f"""
    WITH entered AS (
        SELECT lead_id, cycle, id, at, position,
            lag(position) OVER (PARTITION BY lead_id, cycle ORDER BY at, id) AS before,
            lead(cycle) OVER (PARTITION BY lead_id ORDER BY cycle, at, id) AS next_cycle,
            lead(at) OVER (PARTITION BY lead_id ORDER BY cycle, at, id) AS next_at
        FROM stage_transition AS moved,
            LATERAL (SELECT ({_position("to_stage")})::smallint) AS at_stage (position)
        WHERE lead_id = ANY(:leads) AND {_HAPPENED}
    ), moved AS (
        SELECT lead_id, cycle, id, at, before AS from_stage, position AS to_stage FROM entered
        WHERE before IS DISTINCT FROM position
        UNION ALL
        SELECT lead_id, cycle, id + 1, next_at, position, NULL FROM entered
        WHERE next_cycle > cycle
    )
    INSERT INTO funnel_move (unit_id, number, at, from_stage, to_stage, cycle)
    SELECT unit.id, row_number() OVER (PARTITION BY unit.id ORDER BY moved.at, moved.id),
        moved.at, from_stage, to_stage, unit.cycle
    FROM moved JOIN funnel_unit AS unit USING (lead_id, cycle)
"""
_NO_PASSAGES = "DELETE FROM funnel_passage WHERE unit_id = ANY(:units)"
_ROWS = ", ".join(
    f"({n}, {stage}_at, {f'{FUNNEL[n + 1]}_at' if n < WON else 'NULL'}, "
    f"{f'{FUNNEL[n - 1]}_at' if n else 'NULL'})"
    for n, stage in enumerate(FUNNEL)
)
_PASSAGES = f"""
    INSERT INTO funnel_passage (unit_id, stage, at, implied, next_seconds, timed_next,
        before_seconds, timed_before, won_seconds, timed_won, cycle, imported,
        source, campaign, cadence, segment, owner, country)
    SELECT id, reached.stage, at, implied & (1 << reached.stage) <> 0,
        extract(epoch FROM next_at - at),
        next_at IS NOT NULL AND implied & (3 << reached.stage) = 0,
        extract(epoch FROM at - before_at),
        before_at IS NOT NULL AND implied & ((3 << reached.stage) >> 1) = 0,
        CASE WHEN reached.stage < {WON} THEN extract(epoch FROM customer_at - at) END,
        reached.stage < {WON} AND customer_at IS NOT NULL
            AND implied & ((1 << reached.stage) | {1 << WON}) = 0,
        cycle, lead_id IS NULL, source, campaign, cadence, segment, owner, country
    FROM funnel_unit, LATERAL (VALUES {_ROWS}) AS reached (stage, at, next_at, before_at)
    WHERE id = ANY(:units) AND at IS NOT NULL
"""


def refresh(connection: Connection, *, most: int | None = None) -> int:
    """Make the facts of leads again of which something changed, unless another process does so at
    this moment; the oldest changes first.

    Args:
        most: at most of so many changes; None for all.

    Returns:
        Of how many leads they were made; 0 when there is nothing to do, or another process does it.
    """
    if not connection.scalar(_LOCK):
        return 0
    done = 0
    while leads := connection.scalars(_TAKE, {"most": most or BATCH}).all():
        remake(connection, leads)
        done += len(leads)
        if most is not None:
            break
    return done


def sort_in_memory(connection: Connection) -> None:
    """Until the end of the transaction, sort and join what figures are counted from without the
    disk: of a million leads that takes a quarter less."""
    connection.execute(text("SET LOCAL work_mem = '64MB'"))


def leads_behind(connection: Connection, most: int = MOST_BEHIND) -> int:
    """Of how many leads something changed that the facts do not say yet; one more than ``most``
    where there are more changes than that, which nobody waits to have counted."""
    return cast(int, connection.scalar(_BEHIND, {"most": most}))


def last_change(connection: Connection) -> int:
    """The newest change of which no facts are made yet, for :func:`is_due`; 0 for none."""
    return cast(int, connection.scalar(text("SELECT coalesce(max(id), 0) FROM figures_due")))


def is_due(connection: Connection, change: int) -> bool:
    """Whether this change waits, or an earlier one."""
    earlier = text("SELECT EXISTS (SELECT FROM figures_due WHERE id <= :change)")
    return cast(bool, connection.scalar(earlier, {"change": change}))


def remake(connection: Connection, leads: Sequence[int]) -> None:
    """Make the facts of these leads again from their rows; those of leads that are gone go."""
    about = {"leads": list(leads)}
    connection.execute(text(_GONE), about)
    units = connection.scalars(text(f"{_UNITS} RETURNING id"), about).all()
    connection.execute(text(_NO_MOVES), {"units": units})
    connection.execute(text(_MOVES), about)
    remake_passages(connection, units)


def remake_passages(connection: Connection, units: Sequence[int]) -> None:
    """Write anew when these units entered which stage."""
    connection.execute(text(_NO_PASSAGES), {"units": list(units)})
    connection.execute(text(_PASSAGES), {"units": list(units)})
