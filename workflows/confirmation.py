"""One mail that asks whether an address is its reader's own."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.confirmation import CONFIRMATION_WORKFLOW, AskToConfirm
from workflows import activity_stubs


@workflow.defn(name=CONFIRMATION_WORKFLOW)
class ConfirmationWorkflow:
    """Sends the mail; what the reader does about it comes through the web app."""

    @workflow.run
    async def run(self, request: AskToConfirm) -> None:
        """Ask, once."""
        await activity_stubs.ask_to_confirm(request)
