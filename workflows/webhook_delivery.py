"""One event for one endpoint: tried until it is delivered, or given up after three days."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from temporalio import workflow

from domain.contracts.webhooks import PAUSES, WEBHOOK_WORKFLOW, WebhookAttempt
from workflows import activity_stubs


@workflow.defn(name=WEBHOOK_WORKFLOW)
class WebhookDeliveryWorkflow:
    """The attempts of one delivery. The event itself stays in the database."""

    def __init__(self) -> None:
        self._asked = False

    @workflow.run
    async def run(self, delivery_id: int) -> None:
        """Try at once, then after each pause of the schedule."""
        pauses = list(PAUSES)
        while True:
            self._asked = False
            attempt = WebhookAttempt(delivery_id, last=not pauses)
            attempted = await activity_stubs.send_webhook(attempt)
            workflow.set_current_details(attempted.details)
            # Somebody may have asked for it again while it went out.
            if attempted.over and not self._asked:
                return
            if not attempted.over:
                await self._rest(pauses.pop(0))

    @workflow.signal
    def send(self) -> None:
        """Try now: it is new, or somebody wants it sent again."""
        self._asked = True

    async def _rest(self, pause: timedelta) -> None:
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._asked, timeout=pause, timeout_summary="Next attempt"
            )
