"""A mail that a colleague wrote to one lead: what crosses Temporal to send it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.contracts.journey import journey_id

WRITTEN_MAIL_WORKFLOW = "WrittenMail"
"""Workflow type that sends one; one run per mail."""
WRITTEN_MAIL_STEP = "written-mail"
"""What its touch calls the step."""


@dataclass(frozen=True)
class SendWrittenMail:
    """Send the mail with this number."""

    lead_id: int
    mail_id: int

    @property
    def key(self) -> str:
        """Of the mail, in the ledger."""
        return f"written-{self.mail_id}"

    @property
    def workflow_id(self) -> str:
        """It ends with the journey when a person is erased."""
        return f"{journey_id(self.lead_id)}-mail-{self.mail_id}"
