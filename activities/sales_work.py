"""The work that sales and customers bring: what is asked, of whom, until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

from sqlalchemy import Connection

from activities.work import Work, times
from domain.contracts.journey import EventCode, TaskRequest
from domain.contracts.tasks import TaskKind
from domain.sales.customers import CustomerPolicy
from domain.sales.opportunities import OpportunityPolicy
from domain.time.spans import ClockSpan
from domain.time.window import zone
from store.engine import RowGone
from store.opportunities import customers
from store.opportunities.opportunities import BESIDE
from store.published.policies import policy
from store.sla.business_time import calendar_of, team_of
from store.views.opportunity_list import OpportunityLine, find_opportunity

LATE = timedelta(days=30)
"""How long after its date a renewal or upsell may still be settled."""
ASKED = {
    EventCode.REPLIED: "This customer has written: answer",
    EventCode.BOOKED: "This customer has booked a meeting: prepare it",
    EventCode.SCORE_REACHED: "This customer shows interest in more: ask",
}
DATES = {
    "renewal": "Renew with this customer by {on}",
    "upsell": "Ask this customer what else would help, by {on}",
}


def work_for(connection: Connection, request: TaskRequest) -> Work:
    """What the owner of an opportunity is asked for, or who reviews how it was lost."""
    opportunity = find_opportunity(connection, request.opportunity_id)
    if opportunity is None:
        raise RowGone(f"There is no opportunity {request.opportunity_id}.")
    rules = policy(connection, OpportunityPolicy)
    if request.kind == TaskKind.OPPORTUNITY:
        return replace(_stage(opportunity, rules, request.step), owner=opportunity.owner or None)
    return _loss_review(connection, opportunity, rules)


def customer_work(connection: Connection, request: TaskRequest, now: datetime) -> Work:
    """What a customer's owner is asked for: a hand-over, a question, or a date.

    Args:
        now: journey time, UTC.
    """
    care = customers.care_policy(connection) or CustomerPolicy(policy="customer")
    if request.kind == TaskKind.HAND_OVER:
        return _hand_over(care, request.step)
    if request.kind == TaskKind.CUSTOMER_QUESTION:
        return Work(
            ASKED.get(EventCode(request.step), ASKED[EventCode.REPLIED]),
            "See what it was in the lead's history. End it with done when it is settled.",
            care.question_due,
            times(care.question_due, 10),
        )
    return _date(connection, care, request, now)


def _stage(opportunity: OpportunityLine, rules: OpportunityPolicy, asked: str) -> Work:
    stage = f"{opportunity.stage} of {opportunity.name}" if opportunity.name else opportunity.stage
    expected = rules.expected(opportunity.stage)
    span: ClockSpan = expected
    title, first = f"Move the opportunity on from {stage}", ""
    match asked:
        case "warn":
            span = rules.warned_for or expected
            title = f"The opportunity stands still in {stage}: move it on"
            first = f"It was expected to take {expected}. "
            if rules.help and opportunity.help_offered_at is None:
                first += (
                    f"If it has not moved in {span}, marketing helps with {rules.help.cadence}, "
                    "unless you answer no_help. "
                )
        case "help" if rules.help:
            span = rules.help.lasts
            title = f"Marketing helps with the opportunity in {stage}: move it on"
            first = (
                f"The mails of {rules.help.cadence} go out beside the opportunity until it moves, "
                "the lead replies, or you answer no_help. "
            )
        case "return":
            span = rules.return_within
            title = f"Return the opportunity in {stage}, or say what moves it"
            first = f"Nothing has moved it. Unanswered, it counts as stalled after {span}. "
    offer = ", help" if rules.help and opportunity.help_offered_at is None else ""
    reasons = f": {', '.join(rules.loss_reasons)}" if rules.loss_reasons else ""
    unknown = (
        f"Still unknown: {', '.join(opportunity.missing)} (record with --learned)."
        if opportunity.missing
        else "Budget, authority, need and timeline are known."
    )
    return Work(
        title,
        f"{first}advanced, in_progress{offer}, won, lost (--reason, --competitor), no_outcome or "
        f"return (--reason). Reasons to lose it{reasons or ' are codes such as price'}. {unknown}",
        span,
        span,
        # Those that were opened beside the journey's keep the owner they were opened with.
        (opportunity.owner or None) if opportunity.key.startswith(BESIDE) else None,
    )


def _loss_review(
    connection: Connection, opportunity: OpportunityLine, rules: OpportunityPolicy
) -> Work:
    team = team_of(connection, opportunity.owner)
    review = rules.loss_review
    to = f" to {opportunity.competitor}" if opportunity.competitor else ""
    asked = " ".join(f"{number}. {one}" for number, one in enumerate(review.questions, 1))
    return Work(
        f"Review how opportunity {opportunity.id} was lost",
        f"Lost{to} in {opportunity.stage} because of {opportunity.outcome_reason}. {asked} "
        "Answer in --note.",
        review.due,
        times(review.due, 3),
        (team.manager if team else "") or opportunity.owner or None,
    )


def _hand_over(care: CustomerPolicy, name: str) -> Work:
    task = care.task(name)
    if task is None:
        # Taken out of the policy since: the owner says whether it is still to be done.
        return Work(
            f"Hand the customer over: {name}",
            "The policy does not name this task any more: skip it if nothing is left to do.",
            care.question_due,
            times(care.question_due, 10),
        )
    return Work(task.task, task.instructions, task.due, times(task.due, 3))


def _date(
    connection: Connection, care: CustomerPolicy, request: TaskRequest, now: datetime
) -> Work:
    date = customers.date_of(connection, int(request.step))
    if date is None:
        raise RowGone(f"Renewal {request.step} is gone.")
    calendar = calendar_of(connection, customers.owner_of(connection, request.lead_id))
    at = calendar.next_open(datetime.combine(date.on, time(), zone(calendar.time_zone)))
    due = max(at - now, timedelta(hours=1))
    rule = care.dates.get("renewal" if date.kind == TaskKind.RENEWAL else "upsell")
    endings = {
        TaskKind.RENEWAL: "renewed, or lost (--reason)",
        TaskKind.UPSELL: "done, or not_now",
    }[TaskKind(date.kind)]
    instructions = f"{rule.instructions} " if rule and rule.instructions else ""
    return Work(
        DATES[date.kind].format(on=date.on.isoformat()),
        f"{instructions}End it with {endings}.",
        due,
        due + LATE,
    )
