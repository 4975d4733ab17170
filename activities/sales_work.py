"""The work that sales and customers bring: what is asked, of whom, until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

from sqlalchemy import Connection

from activities.work import Work, times
from domain.contracts.journey import TaskRequest
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
        return Work(care.question_due, times(care.question_due, 10), {"case": request.step})
    return _date(connection, care, request, now)


def _stage(opportunity: OpportunityLine, rules: OpportunityPolicy, asked: str) -> Work:
    expected = rules.expected(opportunity.stage)
    span: ClockSpan = expected
    facts = {"stage": opportunity.stage, "case": asked}
    match asked:
        case "warn":
            span = rules.warned_for or expected
            facts["span"] = str(expected)
            if rules.help and opportunity.help_offered_at is None:
                facts["help_after"] = str(span)
        case "help" if rules.help:
            span = rules.help.lasts
        case "return":
            span = rules.return_within
            facts["span"] = str(span)
    # Those that were opened beside the journey's keep the owner they were opened with.
    owner = (opportunity.owner or None) if opportunity.key.startswith(BESIDE) else None
    return Work(span, span, facts, owner=owner)


def _loss_review(
    connection: Connection, opportunity: OpportunityLine, rules: OpportunityPolicy
) -> Work:
    team = team_of(connection, opportunity.owner)
    review = rules.loss_review
    return Work(
        review.due,
        times(review.due, 3),
        {
            "stage": opportunity.stage,
            "reason": opportunity.outcome_reason,
            "competitor": opportunity.competitor,
            "questions": review.questions,
        },
        owner=(team.manager if team else "") or opportunity.owner or None,
    )


def _hand_over(care: CustomerPolicy, name: str) -> Work:
    task = care.task(name)
    if task is None:
        # Taken out of the policy since: the owner says whether it is still to be done.
        return Work(care.question_due, times(care.question_due, 10), {"case": "gone"})
    return Work(task.due, times(task.due, 3), title=task.task, instructions=task.instructions)


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
    return Work(
        due,
        due + LATE,
        {"on": date.on.isoformat()},
        instructions=rule.instructions if rule else "",
    )
