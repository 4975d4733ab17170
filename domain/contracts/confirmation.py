"""Addresses that confirm themselves: what crosses Temporal to ask one."""

from __future__ import annotations

from dataclasses import dataclass

from domain.contracts.journey import journey_id

CONFIRMATION_WORKFLOW = "Confirmation"
"""Workflow type that sends the mail which asks; one run per mail."""
CONFIRMATION_MAIL = "address-confirmation"
"""Template of that mail."""


@dataclass(frozen=True)
class AskToConfirm:
    """Ask a lead for the ``number``-th time whether the address is its own."""

    lead_id: int
    number: int

    @property
    def key(self) -> str:
        """Of the mail, in the ledger."""
        return f"confirmation-{self.lead_id}:{self.number}"

    @property
    def workflow_id(self) -> str:
        """It ends with the journey when a person is erased."""
        return f"{journey_id(self.lead_id)}-confirmation-{self.number}"
