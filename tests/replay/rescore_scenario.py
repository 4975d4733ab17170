"""The scoring run whose history is kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from temporalio.client import WorkflowHandle

from domain.contracts.journey import JOURNEY_QUEUE, Phase
from domain.contracts.rescoring import RESCORE_WORKFLOW, RescoreRequest, rescore_workflow_id
from store.published.policies import publish_policy
from store.scoring.engagement import record_engagement
from store.scoring.scoring_runs import begin_run
from tests.support.personal_words import TELL_TALE
from tests.support.scoring_policy import simple_scoring
from tests.support.workflow_world import World

Handle = WorkflowHandle[Any, Any]


async def rescore(here: World) -> Handle:
    """New scoring rules make more leads ready than sales gets at once."""
    now = await here.now()
    rules = simple_scoring(click=30)
    leads = [
        here.lead(**TELL_TALE | {"email_key": f"{place}@quuxcorp.example", "phase": Phase.NURTURE})
        for place in range(5)
    ]
    with here.database.begin() as connection:
        for lead in leads:
            record_engagement(connection, lead_id=lead, kind="click", at=now, key=f"click:{lead}")
        publish_policy(connection, repr(rules), rules)
        version = connection.execute(
            text("SELECT max(id) FROM policy_version WHERE name = 'scoring'")
        ).scalar_one()
        run = begin_run(connection, version, now)
    assert run
    return await here.client.start_workflow(
        RESCORE_WORKFLOW,
        RescoreRequest(run),
        id=rescore_workflow_id(run),
        task_queue=JOURNEY_QUEUE,
    )
