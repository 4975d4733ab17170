"""One mail that a colleague wrote to one lead."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.written_mail import WRITTEN_MAIL_WORKFLOW, SendWrittenMail
from workflows import activity_stubs


@workflow.defn(name=WRITTEN_MAIL_WORKFLOW)
class WrittenMailWorkflow:
    """Sends the mail, whatever the lead's journey does meanwhile."""

    @workflow.run
    async def run(self, request: SendWrittenMail) -> None:
        """Send it, once."""
        await activity_stubs.send_written_mail(request)
