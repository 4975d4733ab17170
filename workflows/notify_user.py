"""Brings one user, by one way, what waits for them: at once, within their hours, and again where an
address fails."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow

from domain.contracts.notifications import NOTIFY_WORKFLOW, NotifyUser
from workflows import activity_stubs


@workflow.defn(name=NOTIFY_WORKFLOW)
class NotifyUserWorkflow:
    """What is told stays in the database."""

    def __init__(self) -> None:
        self._news = False

    @workflow.signal
    def news(self) -> None:
        """Something more waits."""
        self._news = True

    @workflow.run
    async def run(self, request: NotifyUser) -> None:
        """Bring it until nothing waits any more."""
        while not workflow.info().is_continue_as_new_suggested():
            self._news = False
            told = await activity_stubs.notify_user(request)
            workflow.set_current_details(told.details)
            if told.over and not self._news:
                return
            if told.seconds:
                await self._rest(told.seconds)
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(request)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._news,
                timeout=timedelta(seconds=seconds),
                timeout_summary="Until it may be told",
            )
