"""How a person completes a task: whether it can be taken, and what it decides. Times are journey
time, UTC."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.contracts.tasks import OUT_FOR_GOOD, Disposition, TaskKind
from domain.refusals import OpportunityRefused, RecycleRefused, TaskOver, TaskRefused
from domain.sales.follow_up import FollowUpPolicy
from domain.sentences import sentence
from domain.tasks.completion import Completion, mistake_in
from domain.tasks.rules import DISPOSITIONS
from store.meetings import meetings, missing_outcomes
from store.opportunities import opportunities
from store.published.policies import policy
from store.recycle import recycle
from store.routing.credits import give_turn_back
from store.sla.task_rows import TaskRow
from store.tables import Assignment, Lead, LeadFeedback


def check(
    connection: Connection, row: TaskRow, completion: Completion, by: str, now: datetime
) -> None:
    """Refuse what can't be taken; ``row`` is that of the task.

    Raises:
        TaskOver: the task is not open any more, or not for ``by``.
        TaskRefused: the completion lacks what its disposition needs, or has what it can't have.
    """
    if instead := _instead(connection, row, by, now):
        raise TaskOver(
            sentence(
                "Task {task} can't be finished any more: {instead}.", task=row.id, instead=instead
            )
        )
    if wrong := mistake_in(completion, TaskKind(row.kind), row.id, row.dispositions):
        raise TaskRefused(wrong.sentence, wrong.field)


def _instead(connection: Connection, row: TaskRow, by: str, now: datetime) -> str:
    """What happened to a task instead of the answer; '' when it can be answered."""
    when = (
        sentence("on {at:%Y-%m-%d at %H:%M} UTC", at=row.completed_at)
        if row.completed_at
        else sentence("already")
    )
    match row.state:
        case "done":
            return sentence(
                "{who} has done it {when} with '{disposition}'",
                who=row.completed_by or sentence("somebody"),
                when=when,
                disposition=row.disposition,
            )
        case "withdrawn":
            why = _gone_on(connection, row)
            return sentence("it was withdrawn {when}, because {why}", when=when, why=why)
        case "expired":
            return sentence(
                "its deadline passed {when}, and the journey went on without an answer", when=when
            )
    if now > row.deadline_at:
        at = row.deadline_at
        return sentence("its deadline passed on {at:%Y-%m-%d at %H:%M} UTC", at=at)
    if row.owner and row.owner != by:
        taken = connection.execute(
            select(Assignment.by, Assignment.cause, Assignment.at)
            .where(
                Assignment.lead_id == row.lead_id,
                Assignment.previous == by,
                Assignment.owner != by,
                Assignment.at >= row.opened_at,
            )
            .order_by(Assignment.id.desc())
            .limit(1)
        ).first()
        if by and taken is not None:
            values = {
                "owner": row.owner,
                "at": taken.at,
                "cause": taken.cause.replace("_", " "),
                "who": taken.by,
            }
            return (
                sentence(
                    "it is {owner}'s since {at:%Y-%m-%d at %H:%M} UTC ({cause}, by {who})", **values
                )
                if taken.by
                else sentence(
                    "it is {owner}'s since {at:%Y-%m-%d at %H:%M} UTC ({cause})", **values
                )
            )
    return ""


def _gone_on(connection: Connection, row: TaskRow) -> str:
    lead = connection.execute(
        select(Lead.phase, Lead.phase_reason, Lead.phase_since).where(Lead.id == row.lead_id)
    ).one()
    if lead.phase_since and lead.phase_since > row.opened_at:
        return sentence(
            "the lead is in {phase} now ({reason})",
            phase=lead.phase,
            reason=lead.phase_reason.replace("_", " "),
        )
    return sentence("the journey was paused or no longer needs it")


def consequences(
    connection: Connection, row: TaskRow, completion: Completion, by: str, now: datetime
) -> tuple[str, int]:
    """Write what the disposition decides besides the task; the reason code and row id that the
    journey needs.

    Raises:
        TaskRefused, MeetingRefused: a time lies in the past, or does not fit.
    """
    disposition, kind = Disposition(completion.disposition), TaskKind(row.kind)
    reason, ref = completion.reason, 0
    if DISPOSITIONS[disposition].books and completion.at is not None:
        moves = row.meeting_id or 0 if disposition == Disposition.RESCHEDULED else 0
        ref = meetings.book_meeting(
            connection,
            lead_id=row.lead_id,
            starts_at=completion.at,
            minutes=30,
            booked_by=row.owner or by,
            at=now,
            notify=False,
            moves=moves,
        )
    elif completion.at is not None and completion.at <= now:
        raise TaskRefused(
            sentence("The time to call back lies in the past; choose a later one."), "at"
        )
    elif kind == TaskKind.QUALIFY and disposition == Disposition.RETURN:
        reason = _return_lead(connection, row, completion.reason, now)
    elif kind == TaskKind.MEETING_OUTCOME and row.meeting_id is not None:
        came = disposition == Disposition.NOT_A_FIT
        if disposition == Disposition.NO_SHOW:
            give_turn_back(connection, row.lead_id, row.owner or by, "no_show")
        meetings.record_outcome(
            connection, row.meeting_id, Disposition.HELD if came else disposition
        )
        missing_outcomes.outcome_reported(connection, row.lead_id, row.meeting_id, now)
    elif kind == TaskKind.OPPORTUNITY and row.opportunity_id is not None:
        _judge_opportunity(connection, row.lead_id, row.opportunity_id, completion, now)
    if kind != TaskKind.QUALIFY and DISPOSITIONS[disposition].needs_reason:
        try:
            reason = opportunities.loss_reason(connection, reason)
        except OpportunityRefused as refusal:
            raise TaskRefused(str(refusal), "reason") from None
    if kind == TaskKind.QUALIFY:
        _feed_back(connection, row, completion, by, now)
    if completion.until is not None:
        if reason.startswith(OUT_FOR_GOOD):
            raise TaskRefused(
                sentence(
                    "A lead that is returned as {reason} does not come back: leave the day out.",
                    reason=completion.reason,
                ),
                "until",
            )
        try:
            recycle.return_on(connection, row.lead_id, completion.until, now)
        except RecycleRefused as refusal:
            raise TaskRefused(str(refusal), "until") from None
    return reason, ref


def _return_lead(connection: Connection, row: TaskRow, reason: str, now: datetime) -> str:
    """Write what the policy makes of a lead that is returned; the way out and ``reason``, as the
    journey takes them."""
    returns = policy(connection, FollowUpPolicy).returns
    if reason not in returns:
        raise TaskRefused(
            sentence(
                "'{reason}' is no reason to return a lead; choose one of {reasons}.",
                reason=reason,
                reasons=list(returns),
            ),
            "reason",
        )
    meant = returns[reason]
    if meant.fit or meant.to == "disqualify":
        give_turn_back(connection, row.lead_id, row.owner, "returned")
    if meant.fit:
        connection.execute(
            update(Lead)
            .where(Lead.id == row.lead_id)
            .values(fit_judged=meant.fit, fit=meant.fit, updated_at=now)
        )
    return f"{meant.to}:{reason}"


def _judge_opportunity(
    connection: Connection, lead_id: int, opportunity: int, completion: Completion, now: datetime
) -> None:
    """Record what the owner of an opportunity knows of it now."""
    opportunities.answer_stall(connection, lead_id, opportunity, now)
    if completion.known:
        opportunities.record_qualification(connection, opportunity, completion.known)
    if completion.disposition == Disposition.LOST:
        opportunities.record_competitor(connection, opportunity, completion.competitor)


def _feed_back(
    connection: Connection, row: TaskRow, completion: Completion, by: str, now: datetime
) -> None:
    """Tell marketing what sales makes of the lead."""
    returned = completion.disposition == Disposition.RETURN
    connection.execute(
        insert(LeadFeedback)
        .values(
            lead_id=row.lead_id,
            task_id=row.id,
            cycle=select(Lead.cycle).where(Lead.id == row.lead_id).scalar_subquery(),
            verdict="returned" if returned else "accepted",
            reason=completion.reason if returned else "",
            by=by,
            at=now,
        )
        .on_conflict_do_nothing(index_elements=["task_id"])
    )
