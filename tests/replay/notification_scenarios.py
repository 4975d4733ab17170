"""Colleagues who are told something, and the figures of a day, whose histories are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from domain.access import Role
from domain.contracts.daily_figures import DAILY_FIGURES, DAILY_FIGURES_ID
from domain.contracts.journey import JOURNEY_QUEUE
from domain.contracts.notifications import (
    ESCALATION_WORKFLOW,
    NOTIFY_WORKFLOW,
    EscalateAlert,
    NotifyUser,
)
from domain.notifications.hours import WorkingHours
from domain.notifications.kinds import NotificationKind, NotifyBy
from store.access.users import add_user
from store.alerts import NewAlert, raise_alerts
from store.notifications import choices
from tests.support.lead_histories import add_lead
from tests.support.personal_words import TELL_TALE
from tests.support.workflow_world import World

Handle = WorkflowHandle[Any, Any]


async def notify_user(here: World) -> Handle:
    """A rep is told of a hot lead by mail, outside of the hours and when they have begun."""
    user = await _hot_lead(here, mail=True)
    request = NotifyUser(user, NotifyBy.MAIL)
    return await here.client.start_workflow(
        NOTIFY_WORKFLOW, request, id=request.workflow_id, task_queue=JOURNEY_QUEUE
    )


async def escalation(here: World) -> Handle:
    """Nobody answers a hot lead, and its manager is told."""
    await _hot_lead(here, mail=False)
    request = EscalateAlert(1)
    return await here.client.start_workflow(
        ESCALATION_WORKFLOW, request, id=request.workflow_id, task_queue=JOURNEY_QUEUE
    )


async def _hot_lead(here: World, *, mail: bool) -> int:
    now = await here.now()
    lead = here.lead(**TELL_TALE, owner="rep-1")
    with here.database.begin() as connection:
        user = add_user(connection, "wilhelmina@quuxcorp.example", "Wilhelmina", Role.SDR, "rep-1")
        if mail:
            begins = (now + timedelta(hours=2)).time().replace(microsecond=0)
            ends = (now + timedelta(hours=8)).time().replace(microsecond=0)
            hours = WorkingHours("UTC", begins=begins, ends=ends)
            chosen = {NotifyBy.MAIL: [NotificationKind.HOT_LEAD]}
            choices.choose(connection, user, chosen, hours)
        raise_alerts(connection, [NewAlert("hot:1", "hot_lead", "rep-1", now, lead)], now)
    return user


async def daily_figures(here: World) -> Handle:
    """A day is kept, and the digests of the week go out."""
    with here.database.begin() as connection:
        add_lead(connection, [(1, "known", 0)], **TELL_TALE)
    return await here.client.start_workflow(
        DAILY_FIGURES, id=DAILY_FIGURES_ID, task_queue=JOURNEY_QUEUE
    )


NOTIFICATIONS = (notify_user, escalation, daily_figures)
