"""What all phases of a journey share: how one is entered, left, and moved by an operator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import ClassVar, NoReturn

from temporalio import workflow

from domain.contracts.journey import (
    ENDED,
    IN_SALES,
    STAGE_OF_PHASE,
    EndJourney,
    EventCode,
    JourneyEvent,
    JourneyResult,
    JourneyState,
    Phase,
    PhaseEntry,
    Stage,
    journey_id,
)
from domain.contracts.search_attributes import NONE, OWNER, SCORE_BAND, search_attributes
from domain.contracts.waits import JourneyStatus, Wait, WaitKind
from domain.sentences import sentence
from workflows import activity_stubs, side_workflows
from workflows.transition import OperatorOverride, Transition
from workflows.waiting import HistoryFull, Inbox

INTEREST_SHOWN = (EventCode.SCORE_REACHED, EventCode.REPLIED, EventCode.INTEREST)
"""Events that bring a lead to sales. While sales works the lead they are sales' to answer."""
ORDERS_TO_MARKETING = (
    EventCode.REACTIVATED,
    EventCode.CLOSED_OUT,
    EventCode.PLAY,
    EventCode.ENROLLED,
)
"""What people ask for a lead that is with marketing; void once the lead is with sales itself."""


class JourneyPhase(Inbox):
    """One phase of a lead's journey; each adds its story."""

    phase: ClassVar[Phase]
    state: JourneyState

    def __init__(self, state: JourneyState) -> None:
        super().__init__(state)
        self.entered = state.entered or workflow.info().run_id

    @workflow.signal
    def opportunity(self, event: JourneyEvent) -> None:
        """An opportunity was closed."""
        self.receive(event)

    @workflow.signal
    async def pause(self) -> None:
        """Freeze the remaining time of whatever the journey waits for, and of what runs beside."""
        self.state.paused = True
        await self.notify("pause")

    @workflow.signal
    async def resume(self) -> None:
        """Go on with the time that was left."""
        self.state.paused = False
        await self.notify("resume")

    @workflow.update
    def move_to(self, phase: str) -> str:
        """Leave for ``phase`` now, whatever the journey waits for.

        Returns:
            The phase it leaves.
        """
        self.order = Transition(Phase(phase), "moved")
        return self.phase

    @move_to.validator
    def _check_move(self, phase: str) -> None:
        allowed = [p.value for p in Phase]
        if phase not in allowed:
            raise ValueError(f"There is no phase {phase!r}; choose one of {', '.join(allowed)}.")
        if phase == Phase.MEETING and not self.state.meeting_id:
            raise ValueError(sentence("This lead has no meeting to move to; book one first."))
        if phase == Phase.NURTURE and not self.state.cadence:
            raise ValueError(
                sentence("This lead has no cadence to go back to; move it to Recycle.")
            )

    @workflow.query
    def status(self) -> JourneyStatus:
        """Why the lead is here and what happens next, as in the current details."""
        return JourneyStatus(self.phase, self.state.reason, self.wait, self.state.paused)

    async def follow(self, story: Callable[[], Awaitable[Transition]]) -> JourneyResult:
        """Run the story of this phase and then go where it leads."""
        self.set_details(Wait(WaitKind.ENTERING, facts={"phase": self.phase}))
        self.discard(EventCode.REPLAN)
        try:
            transition = await story()
        except OperatorOverride as override:
            transition = override.transition
        except HistoryFull:
            await workflow.wait_condition(workflow.all_handlers_finished)
            if self.order is None:
                self._go_on_in_a_new_run()
            transition = self.order
        await self.leave(transition)
        await workflow.wait_condition(workflow.all_handlers_finished)
        # An order that came during the last activity of the story.
        transition = self.order or transition
        if transition.phase is not None:
            self._continue_in(transition, transition.phase)
        await self._end(transition)
        return JourneyResult(transition.outcome, transition.reason)

    async def leave(self, transition: Transition) -> None:
        """End what runs beside this phase."""
        await self.notify("stop")

    async def accompany(self, workflow_id: str) -> None:
        """Have what runs under this id hear of pauses and of what the lead does, from now on."""
        if workflow_id not in self.state.side_workflows:
            self.state.side_workflows.append(workflow_id)
        if self.state.paused:
            await side_workflows.notify(workflow_id, "pause")

    async def notify(self, signal: str, *events: JourneyEvent) -> None:
        """Tell what runs beside this phase what the phase was told."""
        for workflow_id in list(self.state.side_workflows):
            await side_workflows.notify(workflow_id, signal, *events)

    def side_id(self, name: str) -> str:
        """A workflow id beside this journey that no other entry into a phase uses: what was told
        to stop may still be stopping."""
        return f"{journey_id(self.state.lead_id)}-{name}-{self.entered}"

    def receive(self, event: JourneyEvent) -> None:
        """Accept an event once. One of a later cycle came before its cycle was taken back."""
        super().receive(replace(event, cycle=min(event.cycle, self.state.cycle)))

    def accept(self, event: JourneyEvent) -> None:
        """Take over a new owner, leave when another opportunity was won, keep all else."""
        match event.code:
            case EventCode.ASSIGNED:
                self.assign(event.reason, self.state.score_band)
                self.replan()
            case EventCode.WON:
                self.won_elsewhere()
            case _:
                super().accept(event)

    def assign(self, owner: str, score_band: str) -> None:
        """Take over what the entry into a phase of sales found, or who owns the lead now. A lead
        gets its owner after the attributes of the run were set: without this, nobody finds it by
        its owner."""
        if (owner, score_band) == (self.state.owner, self.state.score_band):
            return
        self.state.owner, self.state.score_band = owner, score_band
        workflow.upsert_search_attributes(
            [OWNER.value_set(owner or NONE), SCORE_BAND.value_set(score_band or NONE)]
        )

    def won_elsewhere(self) -> None:
        """An opportunity beside the journey's own was won: leave for the customer phase, as an
        operator's move does."""
        self.order = Transition(Phase.CUSTOMER, EventCode.WON)

    def entry(self, stage: Stage | None = None) -> PhaseEntry:
        """The record of entering this phase."""
        return PhaseEntry(
            lead_id=self.state.lead_id,
            key=self.entered,
            phase=self.phase,
            stage=stage or STAGE_OF_PHASE[self.phase],
            reason=self.state.reason,
            cycle=self.state.cycle,
            owner=self.state.owner,
        )

    async def _end(self, transition: Transition) -> None:
        entry = replace(
            self.entry(),
            key=f"{self.entered}:end",
            phase=ENDED,
            stage=Stage.DISQUALIFIED if transition.outcome == "disqualified" else "",
            reason=transition.reason,
        )
        await activity_stubs.end_journey(EndJourney(entry, transition.outcome))
        ending: dict[str, int | str] = {"outcome": transition.outcome, "reason": transition.reason}
        self.set_details(Wait(WaitKind.ENDED, facts=ending))

    def _go_on_in_a_new_run(self) -> NoReturn:
        state = replace(self.state, entered=self.entered)
        workflow.continue_as_new(state, search_attributes=search_attributes(state))

    def _continue_in(self, transition: Transition, phase: Phase) -> NoReturn:
        cycle = transition.cycle or self.state.cycle + transition.next_cycle
        if self.phase in IN_SALES:
            # Left in the inbox, they would wake the lead as soon as it is recycled.
            self.discard(*INTEREST_SHOWN, *ORDERS_TO_MARKETING, EventCode.HOT)
        state = replace(
            self.state,
            cycle=cycle,
            reason=transition.reason,
            cadence=transition.cadence or self.state.cadence,
            stage=STAGE_OF_PHASE[phase],
            meeting_id=transition.meeting_id
            or (0 if transition.next_cycle else self.state.meeting_id),
            inbox=[n for n in self._of_no_later_cycle(cycle) if n.cycle in (0, cycle)],
            entered="",
            side_workflows=[],
            from_sales=self.phase in IN_SALES,
        )
        workflow.continue_as_new(
            workflow=phase.value, args=[state], search_attributes=search_attributes(state)
        )

    def _of_no_later_cycle(self, cycle: int) -> list[JourneyEvent]:
        """What nobody has used yet; what came in a cycle that is taken back is of the one before,
        which goes on."""
        return [replace(one, cycle=min(one.cycle, cycle)) for one in self.state.inbox]
