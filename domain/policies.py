"""The policies marketing and sales agree on, as they are written in ``cadences/``.

Each file names its policy in the key ``policy``. Spans are journey time unless a calendar is
named; points are points.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, model_validator

from domain.cadences.span import Span, SpanField
from domain.cadences.window import SendWindow
from domain.cadences.yaml_source import Problem, validate
from domain.consent import ConsentPolicy
from domain.policy import Policy
from domain.scoring.policy import ScoringPolicy


class Rep(Policy):
    """A person of the sales team. Only ``code`` enters Temporal."""

    code: str = Field(pattern=r"^[a-z0-9-]+$")
    name: str
    email: str


class TeamPolicy(Policy):
    """Who works the tasks."""

    policy: Literal["team"]
    reps: list[Rep] = Field(min_length=1)


class FollowUpPolicy(Policy):
    """What sales promises to do with a lead it was handed."""

    policy: Literal["follow-up"]
    calling_hours: SendWindow
    """In the lead's own time zone."""
    qualify_due: SpanField
    qualify_deadline: SpanField
    hot_due: SpanField = Span(5, "minute")
    """How soon a lead that shows interest right now gets its answer."""
    call_due: SpanField
    call_deadline: SpanField
    gaps: list[SpanField] = Field(min_length=1)
    """Time before each call attempt; their number is the number of attempts."""
    email_after: list[int] = Field(default_factory=list)
    """The unanswered attempts that are followed by the mail ``follow-up-after-call``."""
    returns: dict[str, Literal["recycle", "disqualify"]]
    """Reason code of a returned lead → where it goes."""

    @model_validator(mode="after")
    def _emails_follow_attempts(self) -> FollowUpPolicy:
        for attempt in self.email_after:
            if not 1 <= attempt <= len(self.gaps):
                raise ValueError(
                    f"email_after names attempt {attempt}, but there are {len(self.gaps)} "
                    "gaps and so as many attempts"
                )
        return self


class MeetingPolicy(Policy):
    """Reminders before an appointment and persistence after a missed one."""

    policy: Literal["meeting"]
    reminders: list[SpanField]
    """How long before the start each reminder goes."""
    outcome_deadline: SpanField
    reschedule_attempts: int = Field(ge=0)
    recovery_cadence: str


class OpportunityStage(Policy):
    """One stage of a sale and how long it is expected to take."""

    name: str
    expected: SpanField


class OpportunityPolicy(Policy):
    """The stages of a sale and when it counts as stalled."""

    policy: Literal["opportunity"]
    stages: list[OpportunityStage] = Field(min_length=1)
    stall_warnings: int = Field(ge=0)
    """How many times a stage may run over before the opportunity counts as stalled."""


class RecycleRule(Policy):
    """What becomes of a lead that came back for one reason."""

    wait: SpanField = Span(90, "day")
    cadence: str = ""
    wakes_early: bool = True
    cycles: int = Field(default=3, ge=0)
    """The last cycle this reason may lead out of; 0 ends the journey here."""


class RecyclePolicy(Policy):
    """Reason → how long a lead rests and where it comes back."""

    policy: Literal["recycle"]
    reasons: dict[str, RecycleRule]
    default: RecycleRule

    def rule(self, reason: str) -> RecycleRule:
        """The rule for ``reason``, or the default."""
        return self.reasons.get(reason, self.default)


POLICIES: dict[str, type[Policy]] = {
    "scoring": ScoringPolicy,
    "consent": ConsentPolicy,
    "team": TeamPolicy,
    "follow-up": FollowUpPolicy,
    "meeting": MeetingPolicy,
    "opportunity": OpportunityPolicy,
    "recycle": RecyclePolicy,
}


DISPOSITIONS: dict[str, list[str]] = {
    "qualify": ["accept", "return"],
    "call": [
        "meeting_booked",
        "connected",
        "call_back",
        "left_voicemail",
        "no_answer",
        "busy",
        "wrong_number",
        "not_interested",
        "unqualified",
    ],
    "cadence": ["done", "meeting_booked", "not_interested", "skipped"],
    "meeting_outcome": ["held", "not_a_fit", "no_show", "cancelled", "rescheduled"],
    "opportunity": ["advanced", "in_progress", "won", "lost", "no_outcome"],
}
"""Task kind → the dispositions it may end with."""

NEEDS_TIME = {"meeting_booked", "call_back", "rescheduled"}
"""Dispositions that carry a time (``at``)."""

NEEDS_REASON = {"return", "lost"}
"""Dispositions that carry a reason code."""


def policy_name(text: str) -> str | None:
    """The policy a YAML file names in its key ``policy``; None when it is no policy file."""
    match = re.search(r"^policy:\s*[\"']?([\w-]+)", text, re.MULTILINE)
    return match[1] if match else None


def read_policy(text: str, file: str) -> tuple[Policy | None, list[Problem]]:
    """Read a policy file; the problems name file, line and column."""
    name = policy_name(text)
    if name not in POLICIES:
        known = ", ".join(sorted(POLICIES))
        return None, [Problem(file, 1, 1, f"there is no policy '{name}'; write one of: {known}")]
    return validate(POLICIES[name], text, file)
