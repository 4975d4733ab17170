"""Sales: what is known of them, and the policy on their stages (``cadences/opportunity.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.rules.policy import CODE, Policy, PolicyFile, first_double, mistake
from domain.tasks.completion import Learned
from domain.time.span import Span
from domain.time.spans import ClockSpan, ClockSpanField

QUALIFICATION = tuple(Learned.model_fields)
"""What an opportunity has to know of the buyer."""


OTHER = "other"
UNLISTED = ("competitor", OTHER)
"""Why opportunities are lost or returned where the policy lists no reasons."""


def missing(qualification: Mapping[str, object]) -> list[str]:
    """Which of budget, authority, need and timeline are not recorded, in that order."""
    return [name for name in QUALIFICATION if not str(qualification.get(name) or "").strip()]


def _codes(values: tuple[str, ...]) -> tuple[str, ...]:
    for position, value in enumerate(values):
        if not CODE.fullmatch(value):
            raise mistake(
                f"'{value}' can't be a reason. Use lower-case letters, digits and _, such as "
                "no_budget",
                (position,),
            )
    if double := first_double(values):
        position, value = double
        raise mistake(f"the reason '{value}' is here twice. Delete one", (position,))
    return values


def _told_apart(stages: list[OpportunityStage]) -> list[OpportunityStage]:
    if double := first_double(stage.name for stage in stages):
        position, name = double
        raise mistake(
            f"there is a stage '{name}' above already, and no opportunity would ever leave it. "
            "Choose another name",
            (position, "name"),
        )
    return stages


class OpportunityStage(Policy):
    """One stage of an opportunity and how long it is expected to take."""

    name: str
    """What people call it."""
    expected: ClockSpanField
    """How long it is expected to take. Business time is that of the owner's team, here and in the
    spans that follow."""


class MarketingHelp(Policy):
    """The mails that run beside an opportunity that stands still."""

    cadence: str
    """Their cadence."""
    lasts: ClockSpanField
    """How long the help may take to move the opportunity."""


class LossReview(Policy):
    """What is asked after a lost opportunity."""

    due: ClockSpanField = ClockSpan(Span(5, "business day"), business=True)
    """How soon it is to be done."""
    questions: tuple[str, ...] = (
        "When did we last think that we would win, and what changed then?",
        "Which of budget, authority, need and timeline did we not know?",
        "What would we do differently, and who should hear of it?",
    )
    """What its owner is asked."""


class OpportunityPolicy(PolicyFile):
    """The stages of an opportunity, and what is done about one that stands still."""

    policy: Literal["opportunity"]
    stages: Annotated[list[OpportunityStage], AfterValidator(_told_apart)] = Field(min_length=1)
    """In the order in which an opportunity goes through them."""
    stall_warnings: int = Field(ge=0)
    """How many times in a row a stage may run over before more is done than to warn."""
    warned_for: ClockSpanField | None = None
    """How long the owner has after a warning; as long again as the stage without it."""
    help: MarketingHelp | None = None
    """What marketing does, once in an opportunity, after the warnings."""
    return_within: ClockSpanField = ClockSpan(Span(1, "week"))
    """How long the owner has to return an opportunity that nothing moved; then it counts as
    stalled."""
    loss_reasons: Annotated[tuple[str, ...], AfterValidator(_codes)] = ()
    """Codes of why opportunities are lost or returned; without any, competitor and other."""
    loss_review: LossReview = LossReview()
    """The task that a lost opportunity brings."""

    def expected(self, stage: str) -> ClockSpan:
        """How long ``stage`` is expected to take; of one that is gone, the last."""
        spans = {one.name: one.expected for one in self.stages}
        return spans.get(stage, self.stages[-1].expected)
