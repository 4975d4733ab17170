"""What somebody enters for a task before it is confirmed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from domain.checking.policies import NEEDS_REASON, NEEDS_TIME
from web.api.tasks import Completion, Learned
from web.console.words import N_

COMES_BACK = ("return", "lost", "not_interested")
"""Dispositions that may say when the lead comes back."""
ASKED = {
    "budget": N_("Budget"),
    "authority": N_("Authority"),
    "need": N_("Need"),
    "timeline": N_("Timeline"),
}
"""What is to be known of a sale."""


@dataclass
class Typed:
    """What somebody has entered for a task so far; it outlives a look at another task."""

    disposition: str = ""
    at: datetime | None = None
    reason: str = ""
    note: str = ""
    learned: dict[str, str] = field(default_factory=dict)
    competitor: str = ""
    until: date | None = None

    @classmethod
    def of(cls, answer: Completion) -> Typed:
        """What was confirmed and taken back."""
        learned = answer.learned.model_dump(exclude_none=True) if answer.learned else {}
        return cls(
            answer.disposition,
            answer.at,
            answer.reason,
            answer.note,
            learned,
            answer.competitor,
            answer.until,
        )

    def completion(self) -> Completion:
        """The answer to confirm: only what the chosen disposition takes."""
        takes_reason = self.disposition in NEEDS_REASON
        return Completion(
            disposition=self.disposition,
            at=self.at if self.disposition in NEEDS_TIME else None,
            reason=self.reason if takes_reason else "",
            note=self.note.strip(),
            learned=Learned(**self.learned) if any(self.learned.values()) else None,
            competitor=self.competitor if self.disposition == "lost" else "",
            until=self.until if self.disposition in COMES_BACK else None,
        )


def note_of(task_id: int) -> str:
    """Under which name the browser keeps the note of a task that is not done yet."""
    return f"note-{task_id}"
