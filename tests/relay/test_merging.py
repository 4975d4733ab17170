"""Merging two leads: what runs for them in Temporal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.contracts.journey import OpportunityState, opportunity_workflow_id
from store.matching import merged_journeys, merging
from tests.relay.post import Post

pytestmark = pytest.mark.xdist_group("relay")
ENDED, RUNNING = WorkflowExecutionStatus.TERMINATED, WorkflowExecutionStatus.RUNNING


async def test_one_journey_goes_on_with_the_opportunities_of_both(post: Post) -> None:
    """Two journeys would write to one person, or an opportunity would ask for a lead that is
    gone."""
    kept, other = post.lead(), post.lead()
    post.run("UPDATE lead SET phase = 'Opportunity' WHERE id IN (:a, :b)", a=kept, b=other)
    staying, going = await post.recorder(kept), await post.recorder(other)
    opportunity = int(
        post.value(
            "INSERT INTO opportunity (id, key, lead_id, opened_at) "
            "VALUES (:id, 'run', :lead, now()) RETURNING id",
            lead=other,
            id=other,
        )
    )
    first = await post.client.start_workflow(
        "OpportunityStages",
        OpportunityState(opportunity, other),
        id=opportunity_workflow_id(opportunity),
        task_queue="nobody",
    )
    post.tell(other, "replied")
    with post.database.begin() as connection:
        merge = merging.merge(connection, kept, other, {}, by="ops", now=datetime.now(UTC))

    while await post.relay.deliver_due():
        pass
    # A relay that died before it could note the delivery begins again.
    post.run("UPDATE relay_message SET outcome = '', leased_until = NULL WHERE kind = 'merge'")
    while await post.relay.deliver_due():
        pass

    states = [(await one.describe()).status for one in (staying, going)]
    again = await post.client.get_workflow_handle(first.id).describe()
    assert states == [RUNNING, ENDED]
    assert again.run_id != first.first_execution_run_id
    assert again.status == RUNNING
    with post.database.connect() as connection:
        assert merged_journeys.workflows_to_end(connection, merge) == []
    moved = "SELECT name FROM relay_message WHERE workflow_id = :w AND outcome = 'delivered'"
    assert post.value(moved, w=f"lead-{kept}") == "engagement"
    await post.client.get_workflow_handle(first.id).terminate()
