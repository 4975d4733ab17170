"""Customer: the opportunity was won. Somebody looks after the customer, and is told when a date
nears."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError

from domain.contracts.journey import (
    EventCode,
    JourneyEvent,
    JourneyResult,
    JourneyState,
    Phase,
    TaskRequest,
)
from domain.contracts.journey_sales import (
    CustomerCare,
    DatePassed,
    EndCare,
    FindNextDate,
    NextDate,
    SideCadenceState,
    StandaloneTaskState,
    WelcomeCustomer,
)
from domain.contracts.tasks import Disposition, TaskKind, TaskResult
from workflows import activity_stubs, side_workflows
from workflows.phase import JourneyPhase
from workflows.side_workflows import ENDS_MAIL
from workflows.transition import Transition, end

ASKS = (EventCode.REPLIED, EventCode.BOOKED, EventCode.SCORE_REACHED)
"""Events that somebody should see to."""
CHURNED = "churned"


@workflow.defn(name=Phase.CUSTOMER)
class CustomerPhase(JourneyPhase):
    """A lead that bought. One that leaves again is a lead again: it comes to recycle, whose policy
    says when to ask once more."""

    phase = Phase.CUSTOMER
    renewable = True

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)
        self.kept = False
        """Whether the story is over, and nobody listens any more."""

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """Look after the customer."""
        return await self.follow(self.story)

    def won_elsewhere(self) -> None:
        """It is a customer already."""

    async def story(self) -> Transition:
        """Hand the customer over, then wait for one date after the other."""
        if not self.state.entered:
            care = await activity_stubs.welcome_customer(WelcomeCustomer(self.entry()))
            self.assign(care.owner, care.score_band)
            if care.ends:
                return end("customer", self.state.reason)
            self.discard(EventCode.REPLIED, EventCode.BOOKED)
            await self.hand_over(care)
        listening, keeping = asyncio.create_task(self.listen()), asyncio.create_task(self.keep())
        await workflow.wait([listening, keeping], return_when=asyncio.FIRST_COMPLETED)
        self.kept = True
        # What it has begun to hear is seen to; and if it died, so does the journey, for all to see.
        await listening
        return await keeping

    async def hand_over(self, care: CustomerCare) -> None:
        """Open the tasks of the hand-over and begin the mails, all beside each other."""
        lead, opportunity = self.state.lead_id, care.opportunity_id
        for step in care.tasks:
            task = StandaloneTaskState(lead, TaskKind.HAND_OVER, opportunity, step)
            await self.open_task(task, step)
        if care.cadence:
            key = self.side_id(care.cadence)
            mails = SideCadenceState(lead, key, care.cadence, self.state.cycle)
            await side_workflows.start_cadence(mails)
            await self.accompany(key)

    async def open_task(self, task: StandaloneTaskState, name: str) -> None:
        """Open a task beside this journey."""
        workflow_id = self.side_id(name)
        await side_workflows.start_task(task, workflow_id)
        await self.accompany(workflow_id)

    async def keep(self) -> Transition:
        """Have somebody talk to the customer on each date, until it leaves."""
        while True:
            date = await activity_stubs.next_date(FindNextDate(self.state.lead_id))
            await self.rest(
                date.seconds if date.renewal_id else float("inf"),
                wait=date.wait,
                summary=date.kind or "No date ahead",
            )
            result = await self.ask(self.task(date))
            if not isinstance(result, TaskResult):
                continue
            if result.disposition == Disposition.LOST:
                await activity_stubs.end_care(EndCare(self.state.lead_id))
                return Transition(Phase.RECYCLE, CHURNED)
            await activity_stubs.date_passed(
                DatePassed(date.renewal_id, date.on, result.disposition)
            )

    def task(self, date: NextDate) -> TaskRequest:
        """The owner's task on a date."""
        return TaskRequest(
            key=f"{workflow.info().run_id}:{workflow.uuid4()}",
            lead_id=self.state.lead_id,
            kind=TaskKind(date.kind),
            step=str(date.renewal_id),
        )

    async def listen(self) -> None:
        """Hear one event after the other until the story is over."""
        while True:
            await workflow.wait_condition(lambda: self.kept or self.has(*ASKS, *ENDS_MAIL))
            if self.kept:
                return
            if event := self.consume(*ASKS, *ENDS_MAIL):
                await self.hear(event)

    async def hear(self, event: JourneyEvent) -> None:
        """Bring what the customer says to its owner, and end the mails where it ends them."""
        if event.code in ENDS_MAIL:
            await self.notify("engagement", JourneyEvent(event.code, event.ref))
        if event.code in ASKS:
            question = StandaloneTaskState(
                self.state.lead_id, TaskKind.CUSTOMER_QUESTION, step=event.code
            )
            # Who still has a question to see to sees to this, too.
            with suppress(WorkflowAlreadyStartedError):
                await self.open_task(question, "question")
