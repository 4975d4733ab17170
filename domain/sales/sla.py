"""The SLA: what marketing and sales promise each other, and what follows a breach.

``cadences/sla.yaml`` says it; :func:`promised` gives the instants for one promise to one lead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

from pydantic import Field, field_validator

from domain.rules.policy import Policy, PolicyFile, mistake
from domain.time.business_time import BusinessCalendar
from domain.time.spans import ClockSpan, ClockSpanField, DelayField, Pause

Promise = Literal["hand_over", "accept", "accept_hot", "first_week", "return"]
"""hand_over: marketing brings a lead that crossed to sales. accept, accept_hot: sales accepts or
returns it. first_week: sales makes its calls. return: sales gives back what it won't work."""
ActionName = Literal["remind", "reassign", "tell_manager"]


class MarketingSla(Policy):
    """What marketing promises sales."""

    mqls_a_month: int = Field(ge=0)
    """Leads handed over in a calendar month."""
    hand_over_within: ClockSpanField
    """From crossing to the task in a rep's list."""


class SalesSla(Policy):
    """What sales promises marketing. Each span runs from when the rep was given the lead."""

    accept_within: ClockSpanField
    """Until a lead is accepted or returned."""
    accept_hot_within: ClockSpanField
    """The same for a hot lead."""
    calls_in_first_week: int = Field(ge=0)
    """How many calls sales makes in the first week."""
    first_week: ClockSpanField
    """How long the first week is."""
    return_within: ClockSpanField
    """Until a lead that won't be worked is returned."""


class BreachAction(Policy):
    """What happens some time after a promise was broken."""

    after: DelayField
    """How long after the promise was due."""
    do: ActionName
    """Remind the rep, give the lead to another, or tell the manager."""


class SlaPolicy(PolicyFile):
    """Both sides' promises and what follows a breach."""

    policy: Literal["sla"]
    pilot: bool
    """Measure and record only: a breach has no actions."""
    marketing: MarketingSla
    """What marketing promises."""
    sales: SalesSla
    """What sales promises."""
    on_breach: tuple[BreachAction, ...] = ()
    """What happens when a promise is broken, in the order of time."""

    @field_validator("on_breach")
    @classmethod
    def _come_in_order(cls, actions: tuple[BreachAction, ...]) -> tuple[BreachAction, ...]:
        timed = [entry for entry in enumerate(actions) if entry[1].after.span is not None]
        for position, action in timed:
            if action.after.business != timed[0][1].after.business:
                raise mistake(
                    f"'{action.after}' can't be put in order with '{timed[0][1].after}': one runs "
                    "in business time. Write both with 'business', or neither",
                    (position, "after"),
                )
        for position, (earlier, action) in enumerate(pairwise(actions), 1):
            if action.after.length < earlier.after.length:
                raise mistake(
                    "this comes after the action before it, yet earlier: "
                    f"'{action.after}' is less than '{earlier.after}'. Put the actions in the "
                    "order of their time",
                    (position, "after"),
                )
            if action in actions[:position]:
                raise mistake(
                    f"'{action.do}' is here twice for the same time. Delete one", (position, "do")
                )
        return actions

    def within(self, promise: Promise) -> ClockSpan:
        """How long the promise gives."""
        return {
            "hand_over": self.marketing.hand_over_within,
            "accept": self.sales.accept_within,
            "accept_hot": self.sales.accept_hot_within,
            "first_week": self.sales.first_week,
            "return": self.sales.return_within,
        }[promise]


@dataclass(frozen=True)
class DueAction:
    """One action after a breach and the instant (UTC) it comes."""

    do: ActionName
    at: datetime


@dataclass(frozen=True)
class Promised:
    """A promise with its clock. Kept by ``due_at`` (UTC), that instant included, it has no
    actions."""

    promise: Promise
    started_at: datetime
    due_at: datetime
    actions: tuple[DueAction, ...]


def promised(
    policy: SlaPolicy,
    promise: Promise,
    started_at: datetime,
    calendar: BusinessCalendar,
    pauses: Sequence[Pause] = (),
) -> Promised:
    """When a promise given at ``started_at`` is due, and when each action on its breach comes.

    ``calendar`` is that of the team that keeps it. ``pauses`` of the journey, in order and each
    at an end, stop the clock. Reckon anew when the calendar changes; a lead that is reassigned
    begins anew with its new rep. In pilot mode there are no actions.

    Raises:
        CalendarShut: the calendar has not so much business time.
    """
    due_at = policy.within(promise).after(started_at, calendar, pauses)
    actions: list[DueAction] = []
    for action in () if policy.pilot else policy.on_breach:
        at = action.after.after(due_at, calendar, pauses)
        # Hours and working days follow one another as they are listed, however long a day is.
        actions.append(DueAction(action.do, max([at, *(before.at for before in actions)])))
    return Promised(promise, started_at, due_at, tuple(actions))
