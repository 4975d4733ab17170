"""What a person answers to a task: whether it can be taken, and what it decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.checking.policies import NEEDS_REASON, NEEDS_TIME
from domain.rules.policy import CODE
from domain.sales.follow_up import FollowUpPolicy
from domain.sentences import sentence
from store.meetings import meetings, missing_outcomes
from store.opportunities import opportunities
from store.published.policies import policy
from store.recycle import recycle
from store.sla.task_rows import TaskRow
from store.tables import Assignment, Lead, LeadFeedback

MAY_RETURN_ON_A_DAY = ("return", "lost", "not_interested")
"""Dispositions that may say when the lead comes back (``until``)."""


class TaskRefused(Exception):
    """A disposition that cannot be taken; the sentence says what to do instead.

    ``field`` is what is wrong in the answer: disposition, at, reason, learned, competitor, until,
    '' where it is none of them.
    """

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class TaskOver(TaskRefused):
    """The task is done, withdrawn, expired, or somebody else's; the sentence says what happened
    instead, who did it and when."""


@dataclass(frozen=True)
class Answer:
    """What a person entered with a disposition.

    ``at`` is a journey time (UTC) for dispositions that need one, ``reason`` a code for those
    that need one, ``competitor`` the code of whom a customer went to; ``note`` stays in the
    database.
    """

    disposition: str
    by: str
    at: datetime | None = None
    reason: str = ""
    note: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    competitor: str = ""
    until: date | None = None
    """The day on which a lead that goes back to marketing wants to hear from us, in its own time
    zone."""


def check(connection: Connection, row: TaskRow, answer: Answer, now: datetime) -> None:
    """Refuse what can't be taken; ``row`` is that of the task.

    Raises:
        TaskOver: the task is not open any more, or not for the one who answers.
        TaskRefused: the answer lacks what its disposition needs, or has what it can't have.
    """
    if instead := _instead(connection, row, answer.by, now):
        raise TaskOver(
            sentence(
                "Task {task} can't be finished any more: {instead}.", task=row.id, instead=instead
            )
        )
    if answer.disposition not in row.dispositions:
        raise TaskRefused(
            sentence(
                "Task {task} cannot end with '{disposition}'; choose one of {dispositions}.",
                task=row.id,
                disposition=answer.disposition,
                dispositions=row.dispositions,
            ),
            "disposition",
        )
    if answer.disposition in NEEDS_TIME and answer.at is None:
        raise TaskRefused(
            sentence("'{disposition}' needs a time: say when.", disposition=answer.disposition),
            "at",
        )
    if answer.disposition in NEEDS_REASON and not answer.reason:
        raise TaskRefused(
            sentence(
                "'{disposition}' needs a reason: give its code.", disposition=answer.disposition
            ),
            "reason",
        )
    if answer.at is not None and answer.disposition not in NEEDS_TIME:
        raise TaskRefused(
            sentence(
                "'{disposition}' takes no time: leave it out.", disposition=answer.disposition
            ),
            "at",
        )
    if answer.until is not None and answer.disposition not in MAY_RETURN_ON_A_DAY:
        raise TaskRefused(
            sentence(
                "'{disposition}' does not send the lead to rest: leave the day out.",
                disposition=answer.disposition,
            ),
            "until",
        )
    if answer.extra and row.kind != "opportunity":
        raise TaskRefused(
            sentence(
                "Budget, authority, need and timeline are recorded with opportunity tasks only: "
                "leave them out, or put them into the note."
            ),
            "learned",
        )
    if answer.competitor and answer.disposition != "lost":
        raise TaskRefused(
            sentence(
                "'{disposition}' takes no competitor: leave it out, or end the task with lost.",
                disposition=answer.disposition,
            ),
            "competitor",
        )
    if answer.competitor and not CODE.fullmatch(answer.competitor):
        raise TaskRefused(
            sentence(
                "'{code}' is no code of a competitor: use lower-case letters, digits and _, such "
                "as acme, and put the rest into the note.",
                code=answer.competitor,
            ),
            "competitor",
        )
    if (answer.disposition, answer.reason, answer.competitor) == ("lost", "competitor", ""):
        raise TaskRefused(
            sentence("Lost to which competitor? Give its code, such as acme."), "competitor"
        )
    if answer.reason and not CODE.fullmatch(answer.reason):
        raise TaskRefused(
            sentence(
                "'{code}' is no reason code: use lower-case letters, digits and _, such as price "
                "or no_budget, and put the rest into the note.",
                code=answer.reason,
            ),
            "reason",
        )


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
    connection: Connection, row: TaskRow, answer: Answer, now: datetime
) -> tuple[str, int]:
    """Write what the disposition decides besides the task; the reason code and row id that the
    journey needs."""
    reason, ref = answer.reason, 0
    if answer.disposition in ("meeting_booked", "rescheduled") and answer.at is not None:
        ref = meetings.book_meeting(
            connection,
            lead_id=row.lead_id,
            starts_at=answer.at,
            minutes=30,
            booked_by=row.owner or answer.by,
            at=now,
            notify=False,
            moves=row.meeting_id or 0 if answer.disposition == "rescheduled" else 0,
        )
    elif answer.disposition == "call_back" and answer.at is not None and answer.at <= now:
        raise TaskRefused(
            sentence("The time to call back lies in the past; choose a later one."), "at"
        )
    elif row.kind == "qualify" and answer.disposition == "return":
        returns = policy(connection, FollowUpPolicy).returns
        if answer.reason not in returns:
            raise TaskRefused(
                sentence(
                    "'{reason}' is no reason to return a lead; choose one of {reasons}.",
                    reason=answer.reason,
                    reasons=list(returns),
                ),
                "reason",
            )
        meant = returns[answer.reason]
        reason = f"{meant.to}:{answer.reason}"
        if meant.fit:
            connection.execute(
                update(Lead)
                .where(Lead.id == row.lead_id)
                .values(fit_judged=meant.fit, fit=meant.fit, updated_at=now)
            )
    elif row.kind == "meeting_outcome" and row.meeting_id is not None:
        outcome = "held" if answer.disposition == "not_a_fit" else answer.disposition
        meetings.record_outcome(connection, row.meeting_id, outcome)
        missing_outcomes.outcome_told(connection, row.lead_id, row.meeting_id, now)
    elif row.kind == "opportunity" and row.opportunity_id is not None:
        _judge_sale(connection, row.lead_id, row.opportunity_id, answer, now)
    if row.kind == "qualify":
        _feed_back(connection, row, answer, now)
    if answer.until is not None:
        if reason.startswith("disqualify:"):
            raise TaskRefused(
                sentence(
                    "A lead that is returned as {reason} does not come back: leave the day out.",
                    reason=answer.reason,
                ),
                "until",
            )
        try:
            recycle.return_on(connection, row.lead_id, answer.until, now)
        except recycle.RecycleRefused as refusal:
            raise TaskRefused(str(refusal), "until") from None
    return reason, ref


def _judge_sale(
    connection: Connection, lead_id: int, sale: int, answer: Answer, now: datetime
) -> None:
    """Record what the owner of a sale knows of it now."""
    opportunities.answer_stall(connection, lead_id, sale, now)
    if answer.extra:
        opportunities.record_qualification(connection, sale, answer.extra)
    if answer.disposition == "lost":
        try:
            opportunities.record_loss(
                connection,
                sale,
                reason=answer.reason,
                competitor=answer.competitor,
            )
        except opportunities.OpportunityRefused as refusal:
            raise TaskRefused(str(refusal), "reason") from None


def _feed_back(connection: Connection, row: TaskRow, answer: Answer, now: datetime) -> None:
    """Tell marketing what sales makes of the lead."""
    connection.execute(
        insert(LeadFeedback)
        .values(
            lead_id=row.lead_id,
            task_id=row.id,
            cycle=select(Lead.cycle).where(Lead.id == row.lead_id).scalar_subquery(),
            verdict="returned" if answer.disposition == "return" else "accepted",
            reason=answer.reason if answer.disposition == "return" else "",
            by=answer.by,
            at=now,
        )
        .on_conflict_do_nothing(index_elements=["task_id"])
    )
