"""A cadence paused, resumed and archived while leads are in it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from cli.connect import Terminal, operator
from domain.contracts.journey import Phase
from domain.contracts.waits import JourneyStatus, Obstacle
from services import cadences, publishing
from tests.support.workflow_world import World, says
from tests.workflows.enrolling import nurtured

CADENCE = "welcome-nurture"
SENT = "SELECT step FROM touch WHERE state = 'sent' ORDER BY id"
PLANNED = "SELECT step FROM enrollment WHERE ended_at IS NULL"
WHERE = "SELECT phase || ' ' || phase_reason FROM lead WHERE id = :id"


async def told(here: World) -> None:
    """Have the leads in cadences hear of what has changed."""
    more = True
    while more:
        with here.database.begin() as connection:
            more = cadences.tell_some(connection, await here.now())
    await here.deliver()


async def test_a_paused_cadence_touches_nobody_and_goes_on_where_it_was(here: World) -> None:
    """The offer is withdrawn for some weeks: a mail that goes all the same embarrasses everybody,
    and so does a lead that never hears again of us."""
    context = Terminal(here.settings, here.database)
    lead = here.lead()
    handle = await here.start(Phase.NURTURE, lead, cadence=CADENCE)
    await here.reaches("SELECT count(*) FROM enrollment", 1)
    cadences.pause(context, operator(), CADENCE)
    await told(here)

    await here.environment.sleep(timedelta(days=30))
    await here.reaches("SELECT put_off_from IS NOT NULL FROM enrollment", True)
    status = await handle.query("status", result_type=JourneyStatus)
    assert here.values(SENT) == []
    assert status.wait.because == Obstacle.CADENCE_PAUSED

    cadences.resume(context, operator(), CADENCE)
    await told(here)
    await here.environment.sleep(timedelta(days=8))

    assert here.values(SENT)[0] == "email-welcome-1-checklist"
    assert here.value("SELECT put_off_from FROM enrollment") is None


async def test_a_reply_counts_while_a_cadence_is_paused(here: World) -> None:
    """Whoever answers an earlier mail would wait for weeks for a call."""
    here.person.will("call", says("no_answer"))
    lead = here.lead()
    await here.start(Phase.NURTURE, lead, cadence=CADENCE)
    await here.reaches("SELECT count(*) FROM enrollment", 1)
    cadences.pause(Terminal(here.settings, here.database), operator(), CADENCE)
    await told(here)

    await here.does(lead, "reply")
    await here.deliver()

    await here.reaches(WHERE, "FollowUp replied", id=lead)


async def test_a_task_that_was_planned_does_not_open_while_its_cadence_is_paused(
    here: World,
) -> None:
    """Reps would be asked to call about an offer that is withdrawn: a task that is planned opens
    without asking anybody."""
    text = "cadence: ring\nsteps:\n  - wait: 3 days\n  - task: {title: Ring, kind: call}\n"
    context = Terminal(here.settings, here.database)
    publishing.publish(
        context,
        operator(),
        ["ring.yaml"],
        partial(publishing.check_texts, files={"ring.yaml": text}),
    )
    here.person.will("cadence", says("done"))
    lead = here.lead()
    await nurtured(here, lead, "ring")
    await here.reaches(PLANNED, "task-ring")
    cadences.pause(context, operator(), "ring")
    await told(here)
    await here.environment.sleep(timedelta(days=20))
    assert here.values("SELECT id FROM task") == []

    cadences.resume(context, operator(), "ring")
    await told(here)
    await here.environment.sleep(timedelta(days=5))

    await here.reaches("SELECT count(*) FROM task", 1)


async def test_nobody_enters_an_archived_cadence_and_who_is_in_it_is_taken_out(
    here: World,
) -> None:
    """A lead that a program sends into it all the same would wait there for ever, its journey
    failing; and those who were to leave would be mailed on."""
    context = Terminal(here.settings, here.database)
    inside = here.lead(email="a@in.example", email_key="a@in.example")
    await nurtured(here, inside)
    cadences.archive(context, operator(), CADENCE, take_out=True)
    await told(here)
    late = here.lead(email="b@out.example", email_key="b@out.example")
    await here.start(Phase.NURTURE, late, cadence=CADENCE)

    await here.reaches(WHERE, "Recycle archived", id=inside)
    await here.reaches(WHERE, "Recycle archived", id=late)
    assert here.values("SELECT exit_reason FROM enrollment") == ["archived"]
    assert here.values(SENT) == []
    assert here.value("SELECT told_to FROM cadence_state") is None
