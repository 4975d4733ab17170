"""The mail that asks to confirm, whose history is kept."""

from __future__ import annotations

from typing import Any

from temporalio.client import WorkflowHandle

from domain.contracts.confirmation import CONFIRMATION_WORKFLOW, AskToConfirm
from domain.contracts.journey import JOURNEY_QUEUE
from store.access.write_keys import create_write_key, find_source
from store.consent.confirmations import ask, await_confirmation
from tests.support.personal_words import TELL_TALE
from tests.support.workflow_world import World


async def confirmation(here: World) -> WorkflowHandle[Any, Any]:
    """An address that a browser brought is asked."""
    lead = here.lead(**TELL_TALE)
    now = await here.now()
    with here.database.begin() as connection:
        source = find_source(connection, create_write_key(connection, "site", "welcome") or "")
        assert source
        await_confirmation(connection, [lead], source, now)
        ask(connection, source.id, now, [lead])
    asking = AskToConfirm(lead, 1)
    return await here.client.start_workflow(
        CONFIRMATION_WORKFLOW, asking, id=asking.workflow_id, task_queue=JOURNEY_QUEUE
    )
