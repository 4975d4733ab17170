"""The journeys whose histories are kept: one per phase and per arrow that matters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from domain.checking.policies import read_policy
from domain.contracts import journey
from domain.contracts.journey import JOURNEY_QUEUE, EventCode, JourneyEvent, Phase
from domain.contracts.sales_sweep import SALES_SWEEP, SALES_SWEEP_ID, SalesSweepState
from domain.contracts.webhooks import WEBHOOK_WORKFLOW, webhook_workflow_id
from settings import ROOT
from store.outbox.outgoing import add_endpoint, announce
from store.published.policies import publish_policy
from tests.replay.call_scenarios import CALLS
from tests.replay.meeting_scenarios import MEETINGS
from tests.replay.notification_scenarios import NOTIFICATIONS
from tests.replay.rescore_scenario import rescore
from tests.replay.sale_scenarios import SKIPPING, WAITING
from tests.replay.written_mail_scenario import MAILS
from tests.support.personal_words import NOTE, TELL_TALE
from tests.support.workflow_world import World, says, says_in

Handle = WorkflowHandle[Any, Any]
Story = Callable[[World], Awaitable[Handle]]


@dataclass(frozen=True)
class Scenario:
    """How to come by one history. ``time_factor`` compresses spans that the time-skipping server
    has to sit through, because a person is being waited for."""

    story: Story
    time_factor: float = 1.0
    ends: bool = True
    """Whether the run comes to an end by itself."""


async def nurture_exhausted(here: World) -> Handle:
    """Every mail, no answer."""
    return await here.start(Phase.NURTURE, here.lead(**TELL_TALE), cadence="welcome-nurture")


async def nurtured(here: World) -> tuple[Handle, int]:
    """A journey in Nurture whose first mail has gone out."""
    lead = here.lead(**TELL_TALE)
    handle = await here.start(Phase.NURTURE, lead, cadence="welcome-nurture")
    await here.reaches("SELECT phase FROM lead", "Nurture")
    await here.environment.sleep(timedelta(days=3))
    await here.reaches("SELECT count(*) FROM touch WHERE state = 'sent'", 1)
    return handle, lead


async def nurture_escalated(here: World) -> Handle:
    """The score crosses the threshold."""
    handle, lead = await nurtured(here)
    await here.does(lead, "form")
    return handle


async def nurture_unsubscribed(here: World) -> Handle:
    """The lead wants no more mail."""
    handle, lead = await nurtured(here)
    await here.does(lead, "unsubscribe")
    return handle


async def nurture_booked(here: World) -> Handle:
    """The lead books through the link in a mail."""
    handle, lead = await nurtured(here)
    await here.books(lead, timedelta(days=4))
    return handle


async def nurture_task(here: World) -> Handle:
    """A click takes the branch with a task for the SDR."""
    here.person.will("cadence", says("done", note=NOTE))
    handle, lead = await nurtured(here)
    await here.does(lead, "click")
    return handle


async def nurture_paused_and_resumed(here: World) -> Handle:
    """A pause in the middle of a wait."""
    handle, _ = await nurtured(here)
    await handle.signal("pause")
    await here.environment.sleep(timedelta(days=30))
    await handle.signal("resume")
    return handle


async def nurture_replanned(here: World) -> Handle:
    """A calendar changed while the next step was waited for."""
    handle, _ = await nurtured(here)
    await handle.signal("replan")
    return handle


async def nurture_stopped(here: World) -> Handle:
    """An operator ends the journey."""
    handle, _ = await nurtured(here)
    await handle.signal("stop")
    return handle


async def follow_up_unanswered(here: World) -> Handle:
    """Every call attempt, and the mails between them."""
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("no_answer"), says("left_voicemail"), says("busy"))
    return await here.start(Phase.FOLLOW_UP, here.lead(**TELL_TALE), reason="score_reached")


async def follow_up_call_back(here: World) -> Handle:
    """The lead names a time to be called."""
    here.person.will("qualify", says("accept"))
    here.person.will("call", says_in("call_back", timedelta(days=20)), says("not_interested"))
    return await here.start(Phase.FOLLOW_UP, here.lead(**TELL_TALE), reason="replied")


async def follow_up_booked(here: World) -> Handle:
    """A call that ends with an appointment."""
    here.person.will("qualify", says("accept"))
    here.person.will("call", says("no_answer"), says_in("meeting_booked", timedelta(days=3)))
    return await here.start(Phase.FOLLOW_UP, here.lead(**TELL_TALE), reason="score_reached")


async def follow_up_disqualified(here: World) -> Handle:
    """The SDR returns the lead for good."""
    here.person.will("qualify", says("return", reason="competitor"))
    return await here.start(Phase.FOLLOW_UP, here.lead(**TELL_TALE), reason="score_reached")


async def follow_up_returned(here: World) -> Handle:
    """The SDR returns the lead to marketing."""
    here.person.will("qualify", says("return", reason="too_early"))
    return await here.start(Phase.FOLLOW_UP, here.lead(**TELL_TALE), reason="score_reached")


async def follow_up_breached(here: World) -> Handle:
    """Nobody answers in time: the SLA reminds, reassigns, and tells the manager."""
    promises = (ROOT / "cadences" / "sla.yaml").read_text(encoding="utf-8")
    promises = promises.replace("business minutes", "minutes").replace("business hours", "hours")
    policy, _ = read_policy(promises, "sla.yaml")
    assert policy is not None
    with here.database.begin() as connection:
        publish_policy(connection, promises, policy)
    handle = await here.start(Phase.FOLLOW_UP, here.lead(**TELL_TALE), reason="score_reached")
    await here.reaches("SELECT count(*) > 0 FROM sla_action WHERE action = 'tell_manager'", True)
    await handle.signal("pause")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 0)
    await handle.signal("resume")
    return handle


async def follow_up_task_open(here: World) -> tuple[Handle, int]:
    """A journey whose SDR has not looked at the lead yet."""
    lead = here.lead(**TELL_TALE)
    handle = await here.start(Phase.FOLLOW_UP, lead, reason="score_reached")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    return handle, lead


async def follow_up_task_withdrawn(here: World) -> Handle:
    """The lead books while the SDR is still to look at it."""
    handle, lead = await follow_up_task_open(here)
    await here.books(lead, timedelta(days=2))
    return handle


async def follow_up_moved(here: World) -> Handle:
    """An operator moves the lead to another phase."""
    handle, _ = await follow_up_task_open(here)
    await handle.execute_update("move_to", "Recycle")
    return handle


async def follow_up_paused_and_resumed(here: World) -> Handle:
    """A pause takes the task off the list, a resume brings it back."""
    handle, _ = await follow_up_task_open(here)
    await handle.signal("pause")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 0)
    here.person.will("qualify", says("return", reason="too_early"))
    await handle.signal("resume")
    return handle


async def follow_up_not_worked(here: World) -> Handle:
    """Nobody looks at the lead before the deadline."""
    lead = here.lead(**TELL_TALE)
    return await here.start(Phase.FOLLOW_UP, lead, reason="score_reached")


async def met(here: World) -> tuple[Handle, int]:
    """A journey in Meeting whose confirmation has gone out."""
    lead = here.lead(**TELL_TALE)
    meeting = await here.books(lead, timedelta(days=3))
    handle = await here.start(Phase.MEETING, lead, meeting_id=meeting, reason="booked")
    await here.reaches("SELECT count(*) FROM touch", 1)
    return handle, lead


async def meeting_held(here: World) -> Handle:
    """Confirmation, reminders, held."""
    here.person.will("meeting_outcome", says("held", note=NOTE))
    return (await met(here))[0]


async def meeting_no_show_rebooked(here: World) -> Handle:
    """A lead that did not come takes another time."""
    here.person.will("meeting_outcome", says("no_show"), says("held"))
    handle, lead = await met(here)
    await here.environment.sleep(timedelta(days=3, hours=1))
    await here.reaches("SELECT count(*) FROM touch WHERE step = 'email-no-show-1-rebook'", 1)
    await here.books(lead, timedelta(days=2))
    return handle


async def meeting_no_show_replied(here: World) -> Handle:
    """The lead did not come, and answers the recovery mail."""
    here.person.will("meeting_outcome", says("no_show"))
    handle, lead = await met(here)
    await here.environment.sleep(timedelta(days=3, hours=1))
    await here.reaches("SELECT count(*) FROM touch WHERE step = 'email-no-show-1-rebook'", 1)
    await here.does(lead, "reply")
    return handle


async def meeting_no_show_reported(here: World) -> Handle:
    """A calendar service saw nobody come, takes it back, and the rep says what was."""
    here.person.will("meeting_outcome", says("held"))
    handle, _ = await met(here)
    await here.environment.sleep(timedelta(days=3, minutes=20))
    await here.hears_of_no_show()
    await here.reaches("SELECT count(*) FROM touch WHERE step = 'email-no-show-1-rebook'", 1)
    await here.hears_of_no_show(missed=False)
    return handle


async def meeting_no_show(here: World) -> Handle:
    """A lead that did not come and does not answer."""
    here.person.will("meeting_outcome", says("no_show"))
    return (await met(here))[0]


async def meeting_outcome_unknown(here: World) -> Handle:
    """Nobody says how the meeting went."""
    lead = here.lead(**TELL_TALE)
    meeting = await here.has_meeting(lead)
    return await here.start(Phase.MEETING, lead, meeting_id=meeting, reason="booked")


async def meeting_cancelled(here: World) -> Handle:
    """The lead cancels and takes no other time."""
    handle, _ = await met(here)
    await here.cancels()
    return handle


async def meeting_moved(here: World) -> Handle:
    """The lead moves the meeting."""
    here.person.will("meeting_outcome", says("held"))
    handle, lead = await met(here)
    await here.books(lead, timedelta(days=6))
    return handle


async def sold(here: World) -> Handle:
    """A journey in Opportunity whose sale has been closed."""
    lead = here.lead(**TELL_TALE, owner="rep-1")
    handle = await here.start(Phase.OPPORTUNITY, lead, reason="held")
    await here.reaches("SELECT outcome <> '' FROM opportunity", True)
    await here.deliver()
    return handle


async def opportunity_won(here: World) -> Handle:
    """The journey's half of an opportunity that is won."""
    here.person.will("opportunity", says("advanced", budget="40k"), says("won"))
    return await sold(here)


async def opportunity_lost(here: World) -> Handle:
    """The journey's half of an opportunity that is lost."""
    here.person.will("opportunity", says("lost", reason="price", note=NOTE))
    return await sold(here)


async def opportunity_moved(here: World) -> Handle:
    """An operator takes the lead out of an opportunity."""
    lead = here.lead(**TELL_TALE)
    handle = await here.start(Phase.OPPORTUNITY, lead, reason="held", cadence="welcome-nurture")
    await here.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    await handle.execute_update("move_to", "Nurture")
    return handle


async def stages(here: World) -> Handle:
    """The workflow of the opportunity itself."""
    number = here.value("SELECT max(id) FROM opportunity")
    return here.client.get_workflow_handle(journey.opportunity_workflow_id(number))


async def opportunity_stages_won(here: World) -> Handle:
    """An opportunity from its first stage to its win."""
    await opportunity_won(here)
    return await stages(here)


async def opportunity_stages_stalled(here: World) -> Handle:
    """An opportunity that nobody moves on."""
    await sold(here)
    return await stages(here)


async def opportunity_stages_stopped(here: World) -> Handle:
    """An opportunity whose lead was moved elsewhere."""
    await opportunity_moved(here)
    await here.reaches("SELECT outcome FROM opportunity", "no_outcome")
    return await stages(here)


async def customer(here: World) -> Handle:
    """The end that everybody hopes for."""
    return await here.start(Phase.CUSTOMER, here.lead(**TELL_TALE), reason="won")


async def recycle_timer(here: World) -> Handle:
    """A recycled lead comes back when its time is over."""
    return await here.start(Phase.RECYCLE, here.lead(**TELL_TALE), reason="lost")


async def recycled(here: World) -> tuple[Handle, int]:
    """A journey at rest."""
    lead = here.lead(**TELL_TALE)
    handle = await here.start(Phase.RECYCLE, lead, reason="lost")
    await here.reaches("SELECT phase FROM lead", "Recycle")
    return handle, lead


async def recycle_reactivated(here: World) -> Handle:
    """A click wakes a recycled lead."""
    handle, lead = await recycled(here)
    await here.does(lead, "click")
    return handle


async def recycle_replied(here: World) -> Handle:
    """A recycled lead writes back."""
    handle, lead = await recycled(here)
    await here.does(lead, "reply")
    return handle


async def recycle_booked(here: World) -> Handle:
    """A recycled lead takes an appointment."""
    handle, lead = await recycled(here)
    await here.books(lead, timedelta(days=2))
    return handle


async def recycle_paused_and_resumed(here: World) -> Handle:
    """A pause freezes the time that is left."""
    handle, _ = await recycled(here)
    await here.environment.sleep(timedelta(days=10))
    await handle.signal("pause")
    await here.environment.sleep(timedelta(days=100))
    await handle.signal("resume")
    return handle


async def recycle_closed_out(here: World) -> Handle:
    """A lead after its last cycle."""
    return await here.start(Phase.RECYCLE, here.lead(**TELL_TALE), reason="exhausted", cycle=4)


async def nurture_play(here: World) -> Handle:
    """Sales starts a play for a lead that is with marketing."""
    handle, _ = await nurtured(here)
    await handle.signal("engagement", {"code": "play", "cycle": 1, "reason": "recycle-reentry"})
    return handle


async def recycle_until(here: World) -> Handle:
    """A recycled lead asks to be called on a day, is paused for a while, and names another day."""
    handle, lead = await recycled(here)
    day = (await here.now()).date()
    await here.returns_on(lead, day + timedelta(days=100))
    await handle.signal("pause")
    await handle.signal("resume")
    await handle.signal("replan")
    await here.returns_on(lead, day + timedelta(days=20))
    return handle


async def recycle_let_go(here: World) -> Handle:
    """Sales lets a recycled lead go."""
    handle, _ = await recycled(here)
    await handle.signal("engagement", {"code": "closed_out", "cycle": 1})
    return handle


async def webhook_given_up(here: World) -> Handle:
    """An event that cannot be delivered is sent again by hand, and given up in the end."""
    # Nobody is asked: a private address is refused.
    meeting = await here.has_meeting(here.lead(**TELL_TALE))
    with here.database.begin() as connection:
        add_endpoint(connection, "https://127.0.0.1/quuxcorp", [])
        announce(connection, "meeting.booked", meeting)
    delivery = here.value("SELECT id FROM webhook_delivery")
    handle = await here.client.start_workflow(
        WEBHOOK_WORKFLOW, delivery, id=webhook_workflow_id(delivery), task_queue=JOURNEY_QUEUE
    )
    await here.reaches("SELECT attempts FROM webhook_delivery", 1)
    await handle.signal("send")
    return handle


async def sales_sweep(here: World) -> Handle:
    """Rounds, and news of a team that was published."""
    handle = await here.client.start_workflow(
        SALES_SWEEP, SalesSweepState(), id=SALES_SWEEP_ID, task_queue=JOURNEY_QUEUE
    )
    await here.environment.sleep(timedelta(minutes=12))
    await handle.signal("team_changed", JourneyEvent(EventCode.REPLAN))
    await here.environment.sleep(timedelta(minutes=12))
    return handle


# Compressed, weeks of waiting for a person pass in a second or two.
COMPRESSED = 1_000_000.0

SCENARIOS: dict[str, Scenario] = (
    {
        story.__name__: Scenario(story)
        for story in (
            nurture_exhausted,
            nurture_escalated,
            nurture_unsubscribed,
            nurture_booked,
            nurture_task,
            nurture_paused_and_resumed,
            nurture_replanned,
            nurture_stopped,
            follow_up_unanswered,
            follow_up_call_back,
            follow_up_booked,
            follow_up_disqualified,
            follow_up_returned,
            follow_up_task_withdrawn,
            follow_up_moved,
            follow_up_paused_and_resumed,
            meeting_held,
            meeting_no_show_rebooked,
            meeting_no_show_replied,
            meeting_no_show_reported,
            meeting_no_show,
            meeting_cancelled,
            meeting_moved,
            opportunity_won,
            opportunity_lost,
            opportunity_moved,
            opportunity_stages_won,
            opportunity_stages_stopped,
            customer,
            recycle_timer,
            recycle_reactivated,
            recycle_replied,
            recycle_booked,
            recycle_paused_and_resumed,
            recycle_closed_out,
            nurture_play,
            recycle_until,
            recycle_let_go,
            webhook_given_up,
            rescore,
            *MAILS,
            *NOTIFICATIONS,
            *SKIPPING,
            *CALLS,
            *MEETINGS,
        )
    }
    | {
        story.__name__: Scenario(story, COMPRESSED)
        for story in (
            follow_up_not_worked,
            meeting_outcome_unknown,
            opportunity_stages_stalled,
            *WAITING,
        )
    }
    | {"sales_sweep": Scenario(sales_sweep, ends=False)}
    | {"follow_up_breached": Scenario(follow_up_breached, 20_000.0)}
)
