"""The shared base of all phases: one inbox, one way to rest, one way to move on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar, NoReturn

from temporalio import workflow

from domain.journey import (
    ENDED,
    IN_SALES,
    STAGE_OF_PHASE,
    Code,
    Disposition,
    EndJourney,
    JourneyResult,
    JourneyState,
    Notice,
    Phase,
    PhaseEntry,
    Stage,
    TaskRequest,
)
from domain.search_attributes import NONE, OWNER, SCORE_BAND, search_attributes
from domain.sentences import sentence
from workflows import activity_stubs, human_task

REMEMBERED_MESSAGES = 20
STIRRINGS = (Code.SCORE_REACHED, Code.REPLIED, Code.INTEREST)
"""Notices that bring a lead to sales. While sales works the lead they are sales' to answer."""
ORDERS_TO_MARKETING = (Code.WOKEN, Code.RETIRED, Code.PLAY)
"""What sales asks for a lead that is with marketing; void once the lead is with sales itself."""


@dataclass(frozen=True)
class Departure:
    """Where a phase ends: in another phase, or (``phase`` None) with an ``outcome`` for good."""

    phase: Phase | None
    reason: str
    outcome: str = ""
    cadence: str = ""
    meeting_id: int = 0
    next_cycle: bool = False


def end(outcome: str, reason: str) -> Departure:
    """The end of the journey."""
    return Departure(None, reason, outcome)


class Redirected(Exception):
    """An operator stopped the journey or moved it to another phase."""

    def __init__(self, departure: Departure) -> None:
        super().__init__(departure.reason)
        self.departure = departure


class Journey:
    """Signals, rest and hand-over; each phase adds its story."""

    phase: ClassVar[Phase]

    def __init__(self, state: JourneyState) -> None:
        self.state = state
        self.order: Departure | None = None
        self.waiting_for: str = sentence("Starting")

    @workflow.signal
    def engagement(self, notice: Notice) -> None:
        """The lead did something that changes its plan."""
        self._receive(notice)

    @workflow.signal
    def meeting(self, notice: Notice) -> None:
        """A meeting was booked, moved or cancelled."""
        self._receive(notice)

    @workflow.signal
    def deal(self, notice: Notice) -> None:
        """An opportunity was closed."""
        self._receive(notice)

    @workflow.signal
    async def pause(self) -> None:
        """Freeze the remaining time of whatever the journey waits for."""
        self.state.paused = True

    @workflow.signal
    async def resume(self) -> None:
        """Go on with the time that was left."""
        self.state.paused = False

    @workflow.signal
    def replan(self) -> None:
        """A calendar or the lead's time zone changed: look at the plan again."""
        self.state.inbox.append(Notice(Code.REPLAN))

    @workflow.signal
    def stop(self) -> None:
        """End the journey here."""
        self.order = end("stopped", "stopped")

    @workflow.update
    def move_to(self, phase: str) -> str:
        """Leave for ``phase`` now, whatever the journey waits for.

        Returns:
            The phase it leaves.
        """
        self.order = Departure(Phase(phase), "moved")
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
    def status(self) -> dict[str, str]:
        """Why the lead is here and what happens next, as in the current details."""
        return {
            "phase": self.phase,
            "reason": self.state.reason,
            "waiting_for": self.waiting_for,
            "paused": str(self.state.paused).lower(),
        }

    async def follow(self, story: Callable[[], Awaitable[Departure]]) -> JourneyResult:
        """Run the story of this phase and then go where it leads."""
        self.tell(sentence("Entering {phase}", phase=self.phase))
        self.discard(Code.REPLAN)
        try:
            departure = await story()
        except Redirected as redirected:
            departure = redirected.departure
        await workflow.wait_condition(workflow.all_handlers_finished)
        # An order that came during the last activity of the story.
        departure = self.order or departure
        if departure.phase is not None:
            self._continue_in(departure, departure.phase)
        await self._end(departure)
        return JourneyResult(departure.outcome, departure.reason)

    async def rest(
        self, seconds: float, *, details: str, summary: str, wake: tuple[str, ...] = ()
    ) -> Notice | None:
        """Wait ``seconds`` of unpaused time, or for ever when they are infinite.

        Returns:
            The notice in ``wake`` that ended the rest, None when time ran out.

        Raises:
            Redirected: an operator's order came first.
        """
        left = seconds
        while True:
            await self.unpaused()
            if notice := self.take(*wake):
                return notice
            if left <= 0:
                return None
            self.tell(details)
            started = workflow.now()
            try:
                await workflow.wait_condition(
                    lambda: self.interrupted or self.has(*wake),
                    timeout=None if left == float("inf") else timedelta(seconds=left),
                    timeout_summary=summary,
                )
            except TimeoutError:
                return None
            left -= (workflow.now() - started).total_seconds()

    async def ask(self, request: TaskRequest, wake: tuple[str, ...] = ()) -> Disposition | Notice:
        """Have a person do ``request``; a notice in ``wake`` makes the work unnecessary.

        Raises:
            Redirected: an operator's order came first; the task is withdrawn.
        """
        seconds_left = 0.0
        while True:
            await self.unpaused()
            if notice := self.take(*wake):
                return notice
            answer = await human_task.perform(
                replace(
                    request,
                    key=f"{request.key}:{workflow.uuid4()}",
                    seconds_left=seconds_left,
                ),
                lambda: self.interrupted or self.has(*wake),
                self.tell,
                lambda: self.take(Code.REPLAN) is not None,
            )
            if isinstance(answer, Disposition):
                return answer
            seconds_left = answer.seconds_left

    async def unpaused(self) -> None:
        """Wait while the journey is paused.

        Raises:
            Redirected: an operator's order is pending.
        """
        if self.state.paused and self.order is None:
            self.tell(
                sentence("Paused by an operator; resume to go on with the time that was left")
            )
            await workflow.wait_condition(lambda: not self.state.paused or self.order is not None)
        if self.order is not None:
            raise Redirected(self.order)

    @property
    def interrupted(self) -> bool:
        """Whether an operator wants something other than waiting."""
        return self.state.paused or self.order is not None

    def has(self, *codes: str) -> bool:
        """Whether a notice of this cycle with one of ``codes`` is in the inbox."""
        return any(self._concerns(notice, codes) for notice in self.state.inbox)

    def take(self, *codes: str) -> Notice | None:
        """Remove and return the first such notice."""
        for notice in self.state.inbox:
            if self._concerns(notice, codes):
                self.state.inbox.remove(notice)
                return notice
        return None

    def discard(self, *codes: str) -> None:
        """Drop notices that this phase has made pointless."""
        while self.take(*codes):
            pass

    def tell(self, what: str) -> None:
        """Say in the UI why the lead is here, what happens next and when."""
        self.waiting_for = what
        workflow.set_current_details(what)

    def assign(self, owner: str, score_band: str) -> None:
        """Take over what the entry into a phase of sales found, or who owns the lead now. A lead
        gets its owner after the attributes of the run were set: without this, nobody finds it by
        its owner."""
        if (owner, score_band) == (self.state.owner, self.state.score_band):
            return
        self.state.owner, self.state.score_band = owner, score_band
        workflow.upsert_search_attributes(
            [
                OWNER.value_set(owner or NONE),
                SCORE_BAND.value_set(score_band or NONE),
            ]
        )

    def entry(self, stage: Stage | None = None) -> PhaseEntry:
        """The record of entering this phase."""
        return PhaseEntry(
            lead_id=self.state.lead_id,
            key=workflow.info().run_id,
            phase=self.phase,
            stage=stage or STAGE_OF_PHASE[self.phase],
            reason=self.state.reason,
            cycle=self.state.cycle,
            owner=self.state.owner,
        )

    def sold_beside(self) -> None:
        """A sale beside the journey was won: leave for the customer phase, as an operator's move
        does."""
        self.order = Departure(Phase.CUSTOMER, Code.WON)

    def _receive(self, notice: Notice) -> None:
        if notice.message:
            if notice.message in self.state.seen:
                return
            self.state.seen = [*self.state.seen, notice.message][-REMEMBERED_MESSAGES:]
        if notice.code == Code.ASSIGNED:
            self.assign(notice.reason, self.state.score_band)
            notice = Notice(Code.REPLAN)
        if notice.code == Code.WON:
            self.sold_beside()
            return
        self.state.inbox.append(notice)

    def _concerns(self, notice: Notice, codes: tuple[str, ...]) -> bool:
        return notice.code in codes and notice.cycle in (0, self.state.cycle)

    async def _end(self, departure: Departure) -> None:
        entry = replace(
            self.entry(),
            key=f"{workflow.info().run_id}:end",
            phase=ENDED,
            stage=Stage.DISQUALIFIED if departure.outcome == "disqualified" else "",
            reason=departure.reason,
        )
        await activity_stubs.end_journey(EndJourney(entry, departure.outcome))
        self.tell(
            sentence(
                "Ended: {outcome} ({reason})", outcome=departure.outcome, reason=departure.reason
            )
        )

    def _continue_in(self, departure: Departure, phase: Phase) -> NoReturn:
        cycle = self.state.cycle + departure.next_cycle
        if self.phase in IN_SALES:
            # Left in the inbox, they would wake the lead as soon as it is parked.
            self.discard(*STIRRINGS, *ORDERS_TO_MARKETING, Code.HOT)
        state = replace(
            self.state,
            cycle=cycle,
            reason=departure.reason,
            cadence=departure.cadence or self.state.cadence,
            stage=STAGE_OF_PHASE[phase],
            meeting_id=departure.meeting_id
            or (0 if departure.next_cycle else self.state.meeting_id),
            inbox=[n for n in self.state.inbox if n.cycle in (0, cycle)],
        )
        workflow.continue_as_new(
            workflow=phase.value, args=[state], search_attributes=search_attributes(state)
        )
