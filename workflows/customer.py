"""Customer: the sale was won. Somebody looks after the customer, and is told when a date nears."""

from __future__ import annotations

import asyncio

from temporalio import workflow

from domain.journey import (
    Code,
    Disposition,
    JourneyResult,
    JourneyState,
    Notice,
    Phase,
    TaskRequest,
    journey_id,
)
from domain.journey_sales import (
    CadenceBesideState,
    CustomerCare,
    DatePassed,
    NextDate,
    TaskBesideState,
)
from workflows import activity_stubs, side_workflows
from workflows.phase import Departure, Journey, end

ASKS = (Code.REPLIED, Code.BOOKED, Code.SCORE_REACHED)
"""Notices that somebody should see to."""
CHURNED = "churned"


@workflow.defn(name=Phase.CUSTOMER)
class Customer(Journey):
    """A lead that bought. One that leaves again is a lead again: it comes to recycle, whose policy
    says when to ask once more."""

    phase = Phase.CUSTOMER

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)
        self.beside: list[side_workflows.Child] = []

    @workflow.run
    async def run(self, state: JourneyState) -> JourneyResult:
        """Look after the customer."""
        return await self.follow(self.story)

    def sold_beside(self) -> None:
        """It is a customer already."""

    @workflow.signal
    async def pause(self) -> None:
        """Freeze the remaining time of whatever the journey waits for, mails and tasks too."""
        self.state.paused = True
        await side_workflows.pass_on(self.beside, "pause")

    @workflow.signal
    async def resume(self) -> None:
        """Go on with the time that was left."""
        self.state.paused = False
        await side_workflows.pass_on(self.beside, "resume")

    async def story(self) -> Departure:
        """Hand the customer over, then wait for one date after the other."""
        if not workflow.patched("after-the-sale"):
            await activity_stubs.enter_phase(self.entry())
            return end("customer", self.state.reason)
        care = await activity_stubs.welcome_customer(self.entry())
        self.assign(care.owner, care.score_band)
        if care.ends:
            return end("customer", self.state.reason)
        self.discard(Code.REPLIED, Code.BOOKED)
        await self.hand_over(care)
        listening = asyncio.create_task(self.listen())
        try:
            return await self.keep()
        finally:
            listening.cancel()
            await side_workflows.pass_on(self.beside, "stop")

    async def hand_over(self, care: CustomerCare) -> None:
        """Open the tasks of the hand-over and begin the mails, all beside each other."""
        lead, sale = self.state.lead_id, care.opportunity_id
        for step in care.tasks:
            task = TaskBesideState(lead, "hand_over", sale, step)
            self.beside.append(await side_workflows.start_task(task, self.own_id(step)))
        if care.cadence:
            key = self.own_id(care.cadence)
            mails = CadenceBesideState(lead, key, care.cadence, self.state.cycle)
            self.beside.append(await side_workflows.start_cadence(mails))
        if self.state.paused:
            await side_workflows.pass_on(self.beside, "pause")

    def own_id(self, name: str) -> str:
        """The workflow id of something beside this journey."""
        return side_workflows.own_id(journey_id(self.state.lead_id), name)

    async def keep(self) -> Departure:
        """Have somebody talk to the customer on each date, until it leaves."""
        while True:
            date = await activity_stubs.next_date(self.state.lead_id)
            await self.rest(
                date.seconds if date.renewal_id else float("inf"),
                details=date.details,
                summary=date.kind or "No date ahead",
            )
            answer = await self.ask(self.task(date))
            if isinstance(answer, Disposition) and answer.code == "lost":
                await activity_stubs.end_care(self.state.lead_id)
                return Departure(Phase.RECYCLE, CHURNED)
            await activity_stubs.date_passed(DatePassed(date.renewal_id, date.on, answer.code))

    def task(self, date: NextDate) -> TaskRequest:
        """The owner's task on a date."""
        return TaskRequest(
            key=f"{workflow.info().run_id}:{workflow.uuid4()}",
            lead_id=self.state.lead_id,
            kind=date.kind,
            step=str(date.renewal_id),
        )

    async def listen(self) -> None:
        """Bring what the customer says to its owner, and end the mails where it ends them."""
        question: side_workflows.Child | None = None
        asked = 0
        while True:
            await workflow.wait_condition(lambda: self.has(*ASKS, *side_workflows.ENDS_MAIL))
            notice = self.take(*ASKS, *side_workflows.ENDS_MAIL)
            if notice is None:
                continue
            self.beside = [child for child in self.beside if not child.done()]
            if notice.code in side_workflows.ENDS_MAIL:
                await side_workflows.pass_on(
                    self.beside, "engagement", Notice(notice.code, notice.ref)
                )
            if notice.code in ASKS and (question is None or question.done()):
                asked += 1
                task = TaskBesideState(self.state.lead_id, "customer_question", step=notice.code)
                question = await side_workflows.start_task(task, self.own_id(f"question-{asked}"))
                self.beside.append(question)
