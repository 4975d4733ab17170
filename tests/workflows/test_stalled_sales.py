"""Sales that stand still, are lost, or run side by side: what each of them would lose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NoReturn

import pytest
from sqlalchemy import text
from temporalio import activity

from domain.contracts.journey import Phase
from domain.refusals import TaskRefused
from domain.tasks.completion import Completion
from store.opportunities.opportunities import open_beside
from store.tasks import tasks
from store.views.opportunity_list import OpportunityFilter, list_opportunities
from tests.support import customer_policies
from tests.support.workflow_world import World, says, world

JOURNEY_SECONDS_PER_SECOND = 1_000_000.0


def keeps_silent(_now: datetime) -> NoReturn:
    """A person who does nothing."""
    activity.raise_complete_async()


@pytest.fixture
async def hurried(published_url: str) -> AsyncIterator[World]:
    """A world in which eleven journey days are a second: a task that waits stops the clock that
    skips ahead."""
    async with world(published_url, JOURNEY_SECONDS_PER_SECOND) as ready:
        customer_policies.team(ready)
        customer_policies.helpful(ready)
        yield ready


async def test_a_stalled_sale_is_warned_of_helped_and_returned(hurried: World) -> None:
    """Its owner would hear of it too late, or marketing would wait until it is dead."""
    silent = [keeps_silent] * 3
    hurried.person.will("opportunity", *silent, says("return", reason="no_budget"))
    lead = hurried.lead(owner="rep-1")
    handle = await hurried.start(Phase.OPPORTUNITY, lead, reason="held")

    await hurried.reaches("SELECT outcome FROM opportunity", "stalled")
    await hurried.deliver()
    ending = await hurried.ending(handle)

    assert (ending.phase, ending.reason) == (Phase.RECYCLE, "stalled")
    cases = hurried.values("SELECT facts->>'case' FROM task ORDER BY id")
    assert cases == ["", "warn", "help", "return"]
    assert hurried.values("SELECT kind FROM alert WHERE owner = 'rep-1'") == ["stalled"] * 3
    assert hurried.value("SELECT count(*) FROM alert WHERE answered_at IS NULL") == 0
    mails = hurried.values("SELECT step FROM touch WHERE state = 'sent' ORDER BY id")
    assert mails == [
        "email-midfunnel-1-case-on-a-page",
        "email-midfunnel-2-what-goes-wrong",
        "email-midfunnel-3-where-it-stands",
    ]
    # It never left the opportunity for the mails.
    await hurried.reaches("SELECT phase FROM lead", "Recycle")
    assert hurried.values("SELECT phase FROM stage_transition ORDER BY id")[:2] == [
        "Opportunity",
        "Recycle",
    ]
    assert hurried.value("SELECT outcome_reason FROM opportunity") == "no_budget"


async def test_a_reply_ends_marketing_s_help_at_once(hurried: World) -> None:
    """A lead that has just answered would get a mail that asks whether it is still there."""
    hurried.person.will("opportunity", says("help"), keeps_silent)
    lead = hurried.lead(owner="rep-1")
    await hurried.start(Phase.OPPORTUNITY, lead, reason="held")
    await hurried.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 1)

    await hurried.does(lead, "reply")

    await hurried.reaches("SELECT exit_reason FROM enrollment", "replied")
    # The owner's task to read the reply, beside the opportunity's, is done once it is open.
    await hurried.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)


async def test_help_is_not_forced_on_an_owner_who_refuses_it(hurried: World) -> None:
    hurried.person.will(
        "opportunity", keeps_silent, says("no_help"), keeps_silent, keeps_silent, keeps_silent
    )
    await hurried.start(Phase.OPPORTUNITY, hurried.lead(owner="rep-1"), reason="held")

    await hurried.reaches("SELECT outcome FROM opportunity", "stalled")

    assert hurried.value("SELECT count(*) FROM enrollment") == 0
    assert hurried.value("SELECT help_offered_at FROM opportunity") is None


async def test_a_lost_sale_says_to_whom_and_is_reviewed_by_the_manager(here: World) -> None:
    """The next sale would be lost the same way; and the lead does not wait for the review."""
    customer_policies.team(here)
    customer_policies.helpful(here)
    here.person.will(
        "opportunity",
        lambda _now: Completion(disposition="lost", reason="price", competitor="acme_tools"),
    )
    handle = await here.start(Phase.OPPORTUNITY, here.lead(owner="rep-1"), reason="held")
    await here.reaches("SELECT outcome FROM opportunity", "lost")
    await here.deliver()

    assert (await here.ending(handle)).reason == "lost"
    await here.reaches("SELECT owner FROM task WHERE kind = 'loss_review'", "mgr-1")
    assert here.value("SELECT competitor FROM opportunity") == "acme_tools"
    facts = here.value("SELECT facts FROM task WHERE kind = 'loss_review'")
    assert (facts["competitor"], facts["reason"]) == ("acme_tools", "price")
    assert "What did we not know?" in facts["questions"]
    assert here.value("SELECT due_in FROM task WHERE kind = 'loss_review'") == "3 business days"


def test_reasons_and_competitors_are_codes_that_the_policy_knows(here: World) -> None:
    customer_policies.helpful(here)
    lead = here.lead()
    with here.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO opportunity (key, lead_id, opened_at) VALUES ('a', :lead, now());"
                "INSERT INTO task (key, lead_id, opportunity_id, kind, title, dispositions, state,"
                " opened_at, due_at, deadline_at) SELECT 'a', :lead, id, 'opportunity', '', "
                """'["lost", "won"]', 'open', now(), now(), now() + interval '1 day' """
                "FROM opportunity"
            ),
            {"lead": lead},
        )
    task = here.value("SELECT id FROM task")
    now = datetime.now().astimezone()
    for answer, sentence in (
        (Completion(disposition="lost", reason="weather"), "choose one of price, no_budget"),
        (
            Completion(disposition="lost", reason="price", competitor="Acme Ltd."),
            "no code of a comp",
        ),
        (Completion(disposition="won", competitor="acme"), "takes no competitor"),
        (Completion(disposition="lost", reason="competitor"), "Lost to which competitor"),
    ):
        with (
            here.database.begin() as connection,
            pytest.raises(TaskRefused, match=sentence),
        ):
            tasks.complete_task(connection, task, answer, "rep-1", now)


async def finish(here: World, opportunity_id: int, disposition: str, reason: str = "") -> None:
    """Do the open task of an opportunity."""
    task = here.value(
        "SELECT id FROM task WHERE state = 'open' AND opportunity_id = :id", id=opportunity_id
    )
    with here.database.begin() as connection:
        answer = Completion(disposition=disposition, reason=reason)
        tasks.complete_task(connection, task, answer, "rep-1", await here.now())
    await here.deliver()
    await here.reaches(
        "SELECT outcome <> '' FROM opportunity WHERE id = :i", True, i=opportunity_id
    )
    await here.deliver()


async def test_two_sales_of_one_account_move_side_by_side(here: World) -> None:
    """The second would end the first's phase, or vanish with it."""
    customer_policies.helpful(here)
    with here.database.begin() as connection:
        account = connection.execute(
            text("INSERT INTO account (name, name_key) VALUES ('Ada & Co', 'ada') RETURNING id")
        ).scalar_one()
    lead = here.lead(owner="rep-1", account_id=account)
    handle = await here.start(Phase.OPPORTUNITY, lead, reason="held")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    with here.database.begin() as connection:
        second = open_beside(connection, lead_id=lead, name="Depot 2", at=await here.now())
    await here.deliver()
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 2)
    first = here.value("SELECT min(id) FROM opportunity")

    await finish(here, second, "lost", "price")

    assert here.value("SELECT phase FROM lead") == "Opportunity"
    with here.database.connect() as connection:
        shown = list_opportunities(
            connection, await here.now(), OpportunityFilter(state="any", account="ada & co")
        )
        still_open = list_opportunities(connection, await here.now(), OpportunityFilter())
    assert [(one.id, one.name, one.outcome) for one in shown] == [
        (second, "Depot 2", "lost"),
        (first, "", ""),
    ]
    assert [one.id for one in still_open] == [first]
    assert still_open[0].missing == ["budget", "authority", "need", "timeline"]

    await finish(here, first, "won")

    assert (await here.ending(handle)).phase == Phase.CUSTOMER
