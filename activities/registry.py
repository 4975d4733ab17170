"""All activities of a worker, by task queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from activities.cadences import CadenceActivities
from activities.phases import PhaseActivities
from activities.resources import Resources
from activities.sales import SalesActivities
from activities.scoring import ScoringActivities
from activities.tasks import TaskActivities

Activities = list[Callable[..., Any]]


def journey_activities(resources: Resources) -> Activities:
    """Those that send nothing, for the queue ``journeys``."""
    phases, tasks = PhaseActivities(resources), TaskActivities(resources)
    cadences, sales = CadenceActivities(resources), SalesActivities(resources)
    scoring = ScoringActivities(resources)
    return [
        phases.enter_phase,
        phases.park,
        phases.end_journey,
        tasks.open_task,
        tasks.await_disposition,
        tasks.close_task,
        cadences.begin_cadence,
        sales.plan_call,
        sales.plan_meeting,
        sales.call_off_meeting,
        sales.open_opportunity,
        sales.advance_opportunity,
        sales.close_opportunity,
        scoring.rescore_leads,
        scoring.escalate_backlog,
    ]


def email_activities(resources: Resources) -> Activities:
    """Those that send, for the queue ``email``."""
    return [CadenceActivities(resources).run_step, SalesActivities(resources).send_one]
