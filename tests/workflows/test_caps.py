"""Frequency caps in a journey: a mail over a cap is late, not lost, and so are those behind it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from domain.consent.policy import ConsentPolicy, FrequencyCap
from domain.contracts.journey import Phase
from domain.contracts.waits import JourneyStatus
from domain.waits import said_of
from store.published.policies import publish_policy
from tests.support.workflow_world import World


async def test_a_capped_touch_goes_at_the_next_slot_and_the_rest_behind_it(here: World) -> None:
    """Sales wrote to the lead this week: marketing's first mail waits until a week has passed and
    the window is open, and the cadence goes on from there."""
    lead = here.lead()
    now = await here.now()
    with here.database.begin() as connection:
        rules = ConsentPolicy(policy="consent", caps=(FrequencyCap(1, "week"),))
        publish_policy(connection, "one a week", rules)
        connection.execute(
            text(
                "INSERT INTO touch (key, lead_id, step, topic, channel, state, planned_at, sent_at)"
                " VALUES ('earlier:1', :lead, 'call', 'sales', 'outbox', 'sent', :at, :at)"
            ),
            {"lead": lead, "at": now},
        )
    handle = await here.start(Phase.NURTURE, lead, cadence="welcome-nurture")
    await here.reaches("SELECT phase FROM lead", "Nurture")
    await here.environment.sleep(timedelta(days=6))
    assert here.value("SELECT count(*) FROM outbox_message") == 0
    status = await handle.query("status", result_type=JourneyStatus)
    assert "because this lead has had its mail of the week" in said_of(status.wait)

    ending = await here.ending(handle)

    assert ending.reason == "exhausted"
    assert here.values("SELECT step FROM touch WHERE step <> 'call' ORDER BY sent_at") == [
        "email-welcome-1-checklist",
        "email-welcome-2-three-numbers",
        "email-welcome-3-phone",
    ]
    too_soon = (
        "SELECT count(*) FROM (SELECT sent_at - lag(sent_at) OVER (ORDER BY sent_at) AS pause "
        "FROM touch) AS one WHERE pause < interval '168 hours'"
    )
    assert here.value(too_soon) == 0
    outside = (
        "SELECT count(*) FROM touch WHERE step <> 'call' AND ("
        "extract(isodow FROM sent_at AT TIME ZONE 'Europe/London') > 5 OR "
        "extract(hour FROM sent_at AT TIME ZONE 'Europe/London') NOT BETWEEN 9 AND 16)"
    )
    assert here.value(outside) == 0
    assert here.value("SELECT max(sent_at) - min(sent_at) < interval '40 days' FROM touch")
