"""Recycle policy (``cadences/recycle.yaml``): why a lead came back and which time round it is say
how long it rests, where it goes from there, what wakes it, and when to stop for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from domain.contacts.dates import read_day
from domain.rules.policy import Policy, PolicyFile, mistake
from domain.time.span import Span, SpanField
from domain.time.window import zone

ASKED_FOR = "asked_for"
"""Why a lead comes back that named a day to be called on."""
CONTRACT_END = "contract_end"
MORNING = time(9)
"""When a lead comes back on a day that was agreed, by its own clock."""
SPREAD_MINUTES = 240
"""Leads that were recycled on one day come back spread over so much of the next."""
MORNING_SPREAD_MINUTES = 60
KNOWN_REASONS = frozenset(
    [
        *("exhausted", "no_response", "no_show", "cancelled", "not_worked", "not_a_fit"),
        *("not_interested", "wrong_number", "stalled", "lost", "no_outcome", "churned"),
        *("unsubscribed", "bounced", "moved", "archived"),
    ]
)
"""Why journeys come back, besides the reasons for which sales returns a lead and those with which
a cadence ends."""


@dataclass(frozen=True)
class Terms:
    """How a lead rests: how long, which cadence it comes back to ('' for the one before), and
    whether interest wakes it early. ``stops`` means that it does not come back."""

    wait: Span
    cadence: str
    reactivates_early: bool
    stops: bool = False


def _parse_cycle(value: Any) -> Any:
    if value == "stop":
        return {"stop": True}
    if isinstance(value, str | int | float | bool):
        raise mistake(
            f"'{value}' is neither 'stop' nor what is different in this cycle, such as "
            "{wait: 360 days}"
        )
    return value


class CycleRule(Policy):
    """What is different from this cycle on. ``stop`` alone is short for ``{stop: true}``."""

    wait: SpanField | None = None
    """How long the lead rests."""
    cadence: str | None = None
    """What it comes back to."""
    reactivates_early: bool | None = None
    """Whether interest brings it back before the time is up."""
    stop: bool = False
    """Whether it stays away for good."""


_CycleField = Annotated[
    CycleRule,
    BeforeValidator(_parse_cycle, json_schema_input_type=CycleRule | Literal["stop"]),
]


def _parse_cycles(value: Any) -> Any:
    """``3``, the last cycle that a lead may leave, is short for ``{4: stop}``."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return {value + 1: {"stop": True}}
    if not isinstance(value, dict):
        raise mistake(
            f"'{value}' is no number of cycles. Write the last cycle that a lead may leave "
            "for this reason, such as 3, or what happens in each, such as "
            "{1: {wait: 180 days}, 3: stop}"
        )
    for cycle in value:
        if not str(cycle).isdecimal() or int(cycle) == 0:
            raise mistake(f"'{cycle}' is no cycle. Write a whole number from 1", (str(cycle),))
    return value


def _stop_is_last(cycles: dict[int, Any]) -> dict[int, Any]:
    stops = [cycle for cycle in cycles if cycles[cycle].stop]
    for cycle in sorted(cycles):
        if stops and cycle > min(stops):
            raise mistake(
                f"no lead ever gets to cycle {cycle}: it stops for good in cycle "
                f"{min(stops)}. Delete one of the two",
                (str(cycle),),
            )
    return cycles


class RecycleRule(Policy):
    """What becomes of a lead that came back for one reason."""

    wait: SpanField = Span(90, "day")
    """How long the lead rests."""
    cadence: str = ""
    """What it comes back to; '' for the cadence it was in before."""
    reactivates_early: bool = True
    """Whether interest brings it back before the time is up; a reply or a booking always does."""
    cycles: Annotated[
        dict[int, _CycleField],
        BeforeValidator(_parse_cycles, json_schema_input_type=int | dict[int, _CycleField]),
        AfterValidator(_stop_is_last),
    ] = Field(default_factory=lambda: {4: CycleRule(stop=True)})
    """Cycle → what is different from then on; a cycle that is not named is like the one before. A
    number alone is the last cycle that a lead may leave for this reason: ``3`` is short for
    ``{4: stop}``, and with ``0`` it never comes back."""

    def terms(self, cycle: int) -> Terms:
        """How a lead rests in this cycle (1 is the first)."""
        terms = Terms(self.wait, self.cadence, self.reactivates_early)
        for begin in sorted(self.cycles):
            if begin > cycle:
                break
            change = self.cycles[begin]
            terms = Terms(
                change.wait or terms.wait,
                terms.cadence if change.cadence is None else change.cadence,
                terms.reactivates_early
                if change.reactivates_early is None
                else change.reactivates_early,
                change.stop,
            )
        return terms

    @property
    def never_returns(self) -> bool:
        """Whether it stops in the first cycle already: then no date brings the lead back."""
        return self.terms(1).stops


class ContractEnd(Policy):
    """Where the end of a lead's contract with somebody else is kept, and how long before that day
    it is to be talked to."""

    attribute: str = Field(min_length=1)
    """A column of the import (of the lead, else of its account) with dates like 2027-03-31."""
    before: SpanField = Span(60, "day")
    """How long before that day the lead comes back."""


class RecyclePolicy(PolicyFile):
    """How long a lead rests, by why it came back, and what it comes back to."""

    policy: Literal["recycle"]
    reasons: dict[str, RecycleRule]
    """Why leads come back (a code: of a journey, of ``returns`` in follow-up.yaml, of an ``exit``
    in a cadence) → what becomes of them."""
    default: RecycleRule
    """For every other reason."""
    contract_end: ContractEnd | None = None
    """Leads that have a contract with somebody else come back before it ends, whatever their
    reason says. A day that a person set goes before both."""

    def rule(self, reason: str) -> RecycleRule:
        """The rule for ``reason``, or the default."""
        return self.reasons.get(reason, self.default)


@dataclass(frozen=True)
class RecycledLead:
    """A lead as parking sees it. ``attributes`` are the lead's over its account's; ``since`` is
    journey time, UTC; ``return_on`` a day that somebody set."""

    lead_id: int
    reason: str
    cycle: int
    since: datetime
    time_zone: str
    country: str
    return_on: date | None
    return_why: str
    return_cadence: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class RecycleStayPlan:
    """How a lead rests: until when (UTC), why until then ('' for the policy's wait), what it comes
    back to; ``stops`` if it does not come back."""

    until: datetime
    why: str
    cadence: str
    reactivates_early: bool
    stops: bool


def stay_of(policy: RecyclePolicy, lead: RecycledLead) -> RecycleStayPlan:
    """How long the lead rests and where it goes then.

    A day that somebody set goes before the end of its contract, and both before the policy's
    wait; a day that was over when the lead was recycled does not count. A day that was set also
    brings back a lead whose last cycle this was, but nothing brings one back for whose reason
    there is no way out at all (``cycles: 0``).
    """
    rule = policy.rule(lead.reason)
    terms = rule.terms(lead.cycle)
    cadence = lead.return_cadence or terms.cadence
    until, why = _agreed(policy, lead)
    if until is None:
        until = terms.wait.after(lead.since, lead.time_zone, lead.country)
        until += timedelta(minutes=lead.lead_id * 7 % SPREAD_MINUTES)
    overrides = why not in ("", CONTRACT_END) and not rule.never_returns
    return RecycleStayPlan(
        until, why, cadence, terms.reactivates_early, terms.stops and not overrides
    )


def _agreed(policy: RecyclePolicy, lead: RecycledLead) -> tuple[datetime | None, str]:
    if lead.return_on and (at := _morning(lead, lead.return_on)) > lead.since:
        return at, lead.return_why or ASKED_FOR
    if policy.contract_end:
        day = read_day(str(lead.attributes.get(policy.contract_end.attribute, "")))
        if day:
            before = day - policy.contract_end.before.length
            if (at := _morning(lead, before)) > lead.since:
                return at, CONTRACT_END
    return None, ""


def _morning(lead: RecycledLead, day: date) -> datetime:
    local = datetime.combine(day, MORNING, zone(lead.time_zone))
    return local.astimezone(UTC) + timedelta(minutes=lead.lead_id * 7 % MORNING_SPREAD_MINUTES)
