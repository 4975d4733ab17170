"""Journeys and sales of which Temporal and the database tell different things, or that failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from typing import Any

from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
)
from temporalio.service import RPCError, RPCStatusCode

from domain.contracts.journey import journey_id, opportunity_workflow_id, wait_id
from domain.contracts.waits import JourneyStatus
from tests.faults.campaign.facts import Found
from tests.support.deployment import Deployment

SETTLING_SECONDS = 90.0
"""How long a journey that is moving may differ from what the database says of it."""


def stuck(here: Deployment, resumed: Collection[str]) -> Found:
    """What stands still that should move.

    Args:
        resumed: ids of leads that were paused and resumed.
    """
    until = time.monotonic() + SETTLING_SECONDS
    while any((found := asyncio.run(_differing(here, resumed))).values()):
        if time.monotonic() > until:
            break
        time.sleep(2)
    return found


async def _differing(here: Deployment, resumed: Collection[str]) -> Found:
    client = await Client.connect(here.stack.temporal.address)
    broken = await client.count_workflows(
        "ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut', 'Canceled')"
    )
    leads = [
        wrong
        for lead in here.rows("SELECT id, phase FROM lead ORDER BY id")
        if (wrong := await _journey(here, client, lead, paused=str(lead.id) in resumed))
    ]
    sales = [
        wrong
        for sale in here.rows("SELECT id, outcome FROM opportunity ORDER BY id")
        if (wrong := await _sale(client, sale))
    ]
    return {
        "leads stuck": leads,
        "sales stuck": sales,
        "workflows failed": [f"{broken.count}"] if broken.count else [],
    }


async def _journey(here: Deployment, client: Client, lead: Any, *, paused: bool) -> str:
    """What is wrong with a lead's journey, '' if nothing is."""
    handle = client.get_workflow_handle(journey_id(lead.id))
    run = await _described(handle)
    if run is None:
        # Somebody whose only booking was refused has none.
        starts = here.value(
            f"SELECT count(*) FROM relay_message WHERE workflow_id = '{journey_id(lead.id)}'"
        )
        return f"lead {lead.id}: has no journey" if starts or lead.phase else ""
    waits = {one.activity_id for one in run.raw_description.pending_activities}
    tasks = here.rows(f"SELECT id FROM task WHERE state = 'open' AND lead_id = {lead.id}")
    running = run.status == WorkflowExecutionStatus.RUNNING
    if running != (lead.phase != "ended") or (running and run.workflow_type != lead.phase):
        return f"lead {lead.id}: {lead.phase}, but {run.workflow_type} {run.status}"
    lost = {one for one in waits if one.startswith("task-")} - {wait_id(one.id) for one in tasks}
    if lost:
        return f"lead {lead.id}: waits for {sorted(lost)}, which nobody has to do"
    return await _pause(handle, lead) if paused and running else ""


async def _pause(handle: WorkflowHandle[Any, Any], lead: Any) -> str:
    try:
        status = await handle.query("status", result_type=JourneyStatus)
    except RPCError as error:
        return f"lead {lead.id}: can't be asked whether it is paused ({error.status.name})"
    return f"lead {lead.id}: is paused, and was told to go on" if status.paused else ""


async def _sale(client: Client, sale: Any) -> str:
    run = await _described(client.get_workflow_handle(opportunity_workflow_id(sale.id)))
    running = run is not None and run.status == WorkflowExecutionStatus.RUNNING
    if run is None or running == bool(sale.outcome):
        return f"sale {sale.id}: '{sale.outcome}', but {run.status if run else 'no workflow'}"
    return ""


async def _described(handle: WorkflowHandle[Any, Any]) -> WorkflowExecutionDescription | None:
    """None: there is no such workflow."""
    try:
        return await handle.describe()
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return None
