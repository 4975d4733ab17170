"""No personal data in what a real server keeps of a journey, failures included."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from domain.contracts.journey import journey_id
from domain.tasks.completion import Completion
from store.tasks import tasks
from tests.production.conftest import Deployment
from tests.support.history_scan import in_history, personal_data
from tests.support.personal_words import NOTE, TELL_TALE

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def kept(client: Client, workflow_id: str, tell_tales: list[str]) -> list[str]:
    """Personal data in every run of a journey and in its description now (pending activities with
    their last failure, search attributes, memo)."""
    found = []
    async for run in client.list_workflows(f"WorkflowId = '{workflow_id}'"):
        handle: WorkflowHandle = client.get_workflow_handle(run.id, run_id=run.run_id)  # type: ignore[type-arg]
        found += in_history(await handle.fetch_history(), tell_tales)
        pending = (await handle.describe()).raw_description
        found += personal_data(
            [
                pending.workflow_execution_info,
                *(p.last_failure for p in pending.pending_activities),
            ],
            tell_tales,
        )
    return found


def tell_tales(deployment: Deployment) -> list[str]:
    """The lead's own fields, a person's note, and the subjects of all mails."""
    with deployment.database.connect() as connection:
        subjects = connection.execute(text("SELECT subject FROM outbox_message")).scalars()
        return [*TELL_TALE.values(), NOTE, *subjects]


async def test_a_journey_that_is_mailed_and_called_leaves_ids_and_codes_only(
    deployment: Deployment,
) -> None:
    lead = deployment.lead(**TELL_TALE)
    # A cadence whose window is always open: its first mail goes out at once.
    deployment.start(lead, cadence="no-show-recovery")
    await deployment.waits(lead, "Waiting to send step 2")
    journey = deployment.client.get_workflow_handle(journey_id(lead))
    await journey.execute_update("move_to", "FollowUp")
    await deployment.waits(lead, "Waiting for ")
    with deployment.database.begin() as connection:
        task = connection.execute(text("SELECT id FROM task WHERE state = 'open'")).scalar_one()
        tasks.complete_task(
            connection, task, Completion(disposition="accept", note=NOTE), "rep-1", NOW
        )
    await deployment.waits(lead, "Waiting to call")
    await journey.signal("stop")
    await deployment.waits(lead, "Ended: stopped")

    assert await kept(deployment.client, journey_id(lead), tell_tales(deployment)) == []


async def test_a_failure_in_the_database_leaves_no_parameters(deployment: Deployment) -> None:
    """A driver's error comes with the whole statement, the mail in it."""
    with deployment.database.begin() as connection:
        connection.execute(text("ALTER TABLE outbox_message RENAME TO gone"))
    lead = deployment.lead(**TELL_TALE)
    deployment.start(lead, cadence="no-show-recovery")
    handle = deployment.client.get_workflow_handle(journey_id(lead))

    async def failing() -> bool:
        try:
            described = (await handle.describe()).raw_description
        except RPCError:
            return False
        return "SQLSTATE" in str([one.last_failure for one in described.pending_activities])

    await deployment.until("a failure of run_step", failing)
    assert await kept(deployment.client, journey_id(lead), list(TELL_TALE.values())) == []
