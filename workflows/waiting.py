"""How a workflow waits for a lead: one inbox, one way to rest, one way to ask a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from temporalio import workflow

from domain.contracts.journey import EventCode, InboxState, JourneyEvent, TaskRequest
from domain.contracts.tasks import TaskResult
from domain.contracts.waits import STARTING, Wait, WaitKind
from workflows import human_task
from workflows.transition import OperatorOverride, Transition, end

REMEMBERED_MESSAGES = 20


class HistoryFull(Exception):
    """The run has grown so long that the story is to go on in a new one."""


class Inbox:
    """Takes what the relay and operators say, and waits for it; a workflow adds its story."""

    renewable: ClassVar[bool] = False
    """Whether the story can go on from the state alone, in a new run."""

    def __init__(self, state: InboxState) -> None:
        self.state = state
        self.order: Transition | None = None
        self.wait = STARTING
        self.turn = 0
        """How often this run has asked for a step: a cadence may be entered twice in it."""

    @workflow.signal
    def engagement(self, event: JourneyEvent) -> None:
        """The lead did something that changes its plan."""
        self.receive(event)

    @workflow.signal
    def meeting(self, event: JourneyEvent) -> None:
        """A meeting was booked, moved or cancelled."""
        self.receive(event)

    @workflow.signal
    async def pause(self) -> None:
        """Freeze the remaining time of whatever is waited for."""
        self.state.paused = True

    @workflow.signal
    async def resume(self) -> None:
        """Go on with the time that was left."""
        self.state.paused = False

    @workflow.signal
    def replan(self) -> None:
        """A calendar or the lead's time zone changed: look at the plan again."""
        self.state.inbox.append(JourneyEvent(EventCode.REPLAN))

    @workflow.signal
    def stop(self) -> None:
        """End here."""
        self.order = end("stopped", "stopped")

    def receive(self, event: JourneyEvent) -> None:
        """Accept an event, once however often the relay brings it."""
        if event.message:
            if event.message in self.state.seen:
                return
            self.state.seen = [*self.state.seen, event.message][-REMEMBERED_MESSAGES:]
        self.accept(event)

    def accept(self, event: JourneyEvent) -> None:
        """Do with a new event what is to be done at once: most are kept for who waits for it."""
        self.state.inbox.append(event)

    async def rest(
        self, seconds: float, *, wait: Wait, summary: str, wake: tuple[str, ...] = ()
    ) -> JourneyEvent | None:
        """Wait ``seconds`` of unpaused time, or for ever when they are infinite.

        Returns:
            The event in ``wake`` that ended the rest, None when time ran out.

        Raises:
            OperatorOverride: an operator's order came first.
            HistoryFull: the story is renewable, and to go on in a new run.
        """
        left = seconds
        while True:
            await self.unpaused()
            if event := self.consume(*wake):
                return event
            if left <= 0:
                return None
            if self.outgrown:
                raise HistoryFull
            self.set_details(wait)
            started = workflow.now()
            try:
                await workflow.wait_condition(
                    lambda: self.interrupted or self.outgrown or self.has(*wake),
                    timeout=None if left == float("inf") else timedelta(seconds=left),
                    timeout_summary=summary,
                )
            except TimeoutError:
                return None
            left -= (workflow.now() - started).total_seconds()

    async def ask(
        self, request: TaskRequest, wake: tuple[str, ...] = ()
    ) -> TaskResult | JourneyEvent:
        """Have a person do ``request``; an event in ``wake`` makes the work unnecessary.

        Raises:
            OperatorOverride: an operator's order came first; the task is withdrawn.
        """
        seconds_left = 0.0
        while True:
            await self.unpaused()
            if event := self.consume(*wake):
                return event
            result = await human_task.perform(
                replace(
                    request,
                    key=f"{request.key}:{workflow.uuid4()}",
                    seconds_left=seconds_left,
                ),
                interrupted=lambda: self.interrupted or self.has(*wake),
                set_details=self.set_details,
                changed=lambda: self.has(EventCode.REPLAN),
                looked=lambda: self.discard(EventCode.REPLAN),
            )
            if isinstance(result, TaskResult):
                return result
            seconds_left = result.seconds_left

    async def unpaused(self) -> None:
        """Wait while paused.

        Raises:
            OperatorOverride: an operator's order is pending.
        """
        if self.state.paused and self.order is None:
            self.set_details(Wait(WaitKind.PAUSED))
            await workflow.wait_condition(lambda: not self.state.paused or self.order is not None)
        if self.order is not None:
            raise OperatorOverride(self.order)

    @property
    def interrupted(self) -> bool:
        """Whether an operator wants something other than waiting."""
        return self.state.paused or self.order is not None

    @property
    def outgrown(self) -> bool:
        """Whether the server suggests to go on in a new run, and the story can."""
        return self.renewable and workflow.info().is_continue_as_new_suggested()

    def has(self, *codes: str) -> bool:
        """Whether an event of this cycle with one of ``codes`` is in the inbox."""
        return any(self._concerns(event, codes) for event in self.state.inbox)

    def consume(self, *codes: str) -> JourneyEvent | None:
        """Remove and return the first such event."""
        for event in self.state.inbox:
            if self._concerns(event, codes):
                self.state.inbox.remove(event)
                return event
        return None

    def discard(self, *codes: str) -> None:
        """Drop events that have become pointless."""
        while self.consume(*codes):
            pass

    def set_details(self, wait: Wait) -> None:
        """Say what the workflow waits for, to who asks it and in the UI."""
        self.wait = wait
        workflow.set_current_details(str(wait))

    def _concerns(self, event: JourneyEvent, codes: tuple[str, ...]) -> bool:
        return event.code in codes and event.cycle in (0, self.state.cycle)
