"""The policies marketing and sales agree on, as they are written in ``cadences/``.

Each file names its policy in the key ``policy``. Spans are journey time unless a calendar is
named; points are points.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.authoring.yaml_source import SourceProblem, validate
from domain.brand.policy import BrandPolicy
from domain.checking.sales_lint import lint_team
from domain.consent.policy import ConsentPolicy
from domain.forms.policy import FormsPolicy
from domain.meetings.places import usable_place
from domain.rules.policy import PolicyFile, mistake
from domain.sales.content import ContentPolicy
from domain.sales.customers import CustomerPolicy
from domain.sales.follow_up import FollowUpPolicy
from domain.sales.opportunities import OpportunityPolicy
from domain.sales.recycle import RecyclePolicy
from domain.sales.sla import SlaPolicy
from domain.sales.team import TeamPolicy
from domain.scoring.policy import ScoringPolicy
from domain.segments.policy import SegmentsPolicy
from domain.sending.policy import SendingPolicy
from domain.time.span import Span, SpanField


def _checked_place(value: str) -> str:
    if value and not usable_place(value):
        raise mistake(
            f"'{value}' is no place to meet. Write an address that begins https://, a phone number "
            "or a room"
        )
    return value


class MeetingPolicy(PolicyFile):
    """Reminders before an appointment and persistence after a missed one."""

    policy: Literal["meeting"]
    reminders: list[SpanField]
    """How long before the start each reminder goes."""
    outcome_due: SpanField = Span(15, "minute")
    """How soon after its end the rep is to say how the appointment went."""
    outcome_deadline: SpanField
    """How long the rep has each of the three times that the outcome is asked for: after the first
    the rep is reminded, after the second the manager hears of it, after the third it counts as
    unknown."""
    reschedule_attempts: int = Field(ge=0)
    """How many times a lead that missed a meeting is asked for another."""
    recovery_cadence: str
    """After a meeting that the lead missed."""
    cancelled_cadence: str = ""
    """After a meeting that the lead called off: '' to let it rest at once. One that we called off
    is followed by a call."""
    place: Annotated[str, AfterValidator(_checked_place)] = ""
    """Where meetings take place whose rep has no place of the own: an https address of video calls,
    in which {meeting} becomes a code of its own for each; a phone number; a room. Without one the
    rep calls the lead."""


POLICIES: dict[str, type[PolicyFile]] = {
    kind.name(): kind
    for kind in (
        ScoringPolicy,
        ConsentPolicy,
        TeamPolicy,
        SlaPolicy,
        FollowUpPolicy,
        MeetingPolicy,
        OpportunityPolicy,
        CustomerPolicy,
        RecyclePolicy,
        ContentPolicy,
        SegmentsPolicy,
        FormsPolicy,
        BrandPolicy,
        SendingPolicy,
    )
}


def policy_name(text: str) -> str | None:
    """The policy a YAML file names in its key ``policy``; None when it is no policy file."""
    match = re.search(r"^policy:\s*[\"']?([\w-]+)", text, re.MULTILINE)
    return match[1] if match else None


def read_policy(text: str, file: str) -> tuple[PolicyFile | None, list[SourceProblem]]:
    """Read a policy file; the problems name file, line and column."""
    name = policy_name(text)
    if name not in POLICIES:
        known = ", ".join(sorted(POLICIES))
        return None, [
            SourceProblem(file, 1, 1, f"there is no policy '{name}'; write one of: {known}")
        ]
    if name == "team":
        return lint_team(text, file)
    return validate(POLICIES[name], text, file)
