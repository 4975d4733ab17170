"""New scoring rules, from their publishing to the last lead that they made ready."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from domain.contracts.journey import Phase
from domain.contracts.rescoring import rescore_workflow_id
from store.published.policies import publish_policy
from store.scoring import scoring_runs
from store.scoring.engagement import record_engagement
from store.scoring.scoring_runs import begin_run
from tests.support.scoring_policy import simple_scoring
from tests.support.workflow_world import World

PORTION = 3
"""Leads that go to sales at once: a twelfth of the 30 an hour of the default, rounded up."""
PAUSE = timedelta(minutes=5)
CROSSED = "SELECT count(*) FROM crossing WHERE cause = 'rules'"
FINISHED = "SELECT finished_at IS NOT NULL FROM scoring_run WHERE id = :run"


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices that a few leads fill."""
    monkeypatch.setattr(scoring_runs, "SLICE", 3)


async def nurtured(here: World, number: int) -> list[int]:
    """Leads in nurture that clicked once, and have no journey that would answer."""
    now = await here.now()
    leads = [
        here.lead(email=f"{place}@x.example", email_key=f"{place}@x.example", phase="Nurture")
        for place in range(number)
    ]
    with here.database.begin() as connection:
        for lead in leads:
            record_engagement(connection, lead_id=lead, kind="click", at=now, key=f"{lead}:click")
    return leads


def publishes(here: World, now: datetime, **points: int) -> int:
    """Marketing publishes rules by which a click is worth ``click`` points; returns the run."""
    rules = simple_scoring(**points)
    with here.database.begin() as connection:
        publish_policy(connection, repr(rules), rules)
        version = connection.execute(
            text("SELECT max(id) FROM policy_version WHERE name = 'scoring'")
        ).scalar_one()
        run = begin_run(connection, version, now)
    assert run
    return run


async def test_all_are_counted_and_those_who_are_ready_go_to_sales_a_few_at_a_time(
    here: World,
) -> None:
    """Each SDR would find a hundred leads on the list, and answer none of them in time."""
    leads = await nurtured(here, 8)
    began = await here.now()
    run = publishes(here, began, click=30)
    assert here.value(CROSSED) == 0

    await here.deliver()
    await here.reaches(CROSSED, PORTION)
    assert here.value("SELECT rescored FROM scoring_run") == len(leads)
    assert here.value("SELECT rescored_at IS NOT NULL FROM scoring_run") is True
    assert here.value("SELECT min(interest) FROM lead") == 30
    handle = here.client.get_workflow_handle(rescore_workflow_id(run))
    await here.environment.sleep(PAUSE)
    await here.reaches(CROSSED, 2 * PORTION)
    assert here.value(FINISHED, run=run) is False
    await here.environment.sleep(PAUSE)
    await here.reaches(CROSSED, len(leads))
    await here.reaches(FINISHED, True, run=run)

    assert here.value("SELECT escalated FROM scoring_run") == len(leads)
    await handle.result()
    assert here.value("SELECT max(at) - min(at) FROM crossing") >= 2 * PAUSE


async def test_a_lead_in_nurture_leaves_for_sales_by_new_rules(here: World) -> None:
    """The rules say it is ready, and it would get newsletters until it clicks again."""
    lead = here.lead()
    handle = await here.start(Phase.NURTURE, lead, cadence="welcome-nurture")
    await here.reaches("SELECT phase FROM lead", "Nurture")
    await here.does(lead, "click")

    publishes(here, await here.now(), click=40)
    await here.deliver()
    await here.reaches(CROSSED, 1)
    await here.deliver()
    ending = await here.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.FOLLOW_UP, "score_reached")


async def test_newer_rules_stop_the_run_of_older_ones(here: World) -> None:
    """Leads would go to sales by rules that marketing has taken back already."""
    await nurtured(here, 8)
    older = publishes(here, await here.now(), click=30)
    await here.deliver()
    await here.reaches(CROSSED, PORTION)

    newer = publishes(here, await here.now(), click=2)
    await here.deliver()
    await here.reaches(FINISHED, True, run=newer)
    await here.environment.sleep(PAUSE)
    await here.reaches(FINISHED, True, run=older)

    assert here.value(CROSSED) == PORTION
    assert here.value("SELECT max(interest) FROM lead") == 2


async def test_a_run_that_is_delivered_twice_counts_once(here: World) -> None:
    """A relay that died before it noted the delivery brings it again."""
    leads = await nurtured(here, 4)
    run = publishes(here, await here.now(), click=5)
    await here.deliver()
    await here.reaches(FINISHED, True, run=run)
    with here.database.begin() as connection:
        connection.execute(text("UPDATE relay_message SET outcome = '' WHERE kind = 'rescore'"))

    await here.deliver()

    assert here.values("SELECT outcome FROM relay_message") == ["delivered"]
    assert here.value("SELECT rescored FROM scoring_run") == len(leads)
