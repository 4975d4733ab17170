"""All activities of a worker, by task queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from activities.cadences import CadenceActivities
from activities.calls import CallActivities
from activities.confirmations import ConfirmationActivities
from activities.customers import CustomerActivities
from activities.daily_figures import DailyFiguresActivities
from activities.meetings import MeetingActivities
from activities.notifications import NotificationActivities
from activities.opportunities import OpportunityActivities
from activities.phases import PhaseActivities
from activities.resources import Resources
from activities.sales import SalesActivities
from activities.sales_sweep import SalesSweepActivities
from activities.scoring import ScoringActivities
from activities.sla import SlaActivities
from activities.tasks import TaskActivities
from activities.webhooks import WebhookActivities
from activities.written_mails import WrittenMailActivities

Activities = list[Callable[..., Any]]


def journey_activities(resources: Resources) -> Activities:
    """Those that send nothing, for the queue ``journeys``."""
    phases, tasks = PhaseActivities(resources), TaskActivities(resources)
    cadences = CadenceActivities(resources)
    scoring, calls = ScoringActivities(resources), CallActivities(resources)
    meetings = MeetingActivities(resources)
    opportunities, customers = OpportunityActivities(resources), CustomerActivities(resources)
    promises, figures = SlaActivities(resources), DailyFiguresActivities(resources)
    return [
        phases.enter_phase,
        phases.enter_recycle,
        phases.end_journey,
        tasks.open_task,
        tasks.await_disposition,
        tasks.close_task,
        promises.enforce_promises,
        promises.pause_sla_clocks,
        cadences.begin_cadence,
        cadences.find_way_back,
        cadences.leave_cadence,
        cadences.run_step,
        calls.plan_next_call,
        meetings.plan_meeting,
        meetings.call_off_meeting,
        meetings.next_meeting,
        meetings.outcome_is_missing,
        opportunities.open_opportunity,
        opportunities.advance_opportunity,
        opportunities.opportunity_stands_still,
        opportunities.close_opportunity,
        customers.welcome_customer,
        customers.next_date,
        customers.date_passed,
        customers.end_care,
        scoring.rescore_leads,
        scoring.escalate_backlog,
        SalesSweepActivities(resources).sweep_sales,
        NotificationActivities(resources).escalate_alert,
        figures.keep_figures,
        figures.tell_figures,
    ]


def email_activities(resources: Resources) -> Activities:
    """Those that send, for the queue ``email``."""
    return [
        CadenceActivities(resources).run_step,
        SalesActivities(resources).send_one,
        ConfirmationActivities(resources).ask_to_confirm,
        WrittenMailActivities(resources).send_written_mail,
    ]


def webhook_activities(resources: Resources) -> Activities:
    """Those that wait for other companies' servers, for the queue ``webhooks``: no colleague waits
    behind the mails of a campaign."""
    return [
        WebhookActivities(resources).send_webhook,
        NotificationActivities(resources).notify_user,
    ]
