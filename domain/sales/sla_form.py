"""``sla.yaml`` as a form: its promises as people change them, and the file with what they
changed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.sales.sla import SlaPolicy
from domain.time.spans import ClockSpan

UNITS = (
    *("business minutes", "business hours", "business days"),
    *("minutes", "hours", "days", "weeks"),
)
"""Units of a span, as the form offers them."""
SPANS = {
    "hand_over_within": "marketing",
    "accept_within": "sales",
    "accept_hot_within": "sales",
    "first_week": "sales",
    "return_within": "sales",
}
"""Field that holds a span → the side that promises it."""


@dataclass(frozen=True)
class SpanRow:
    """A span: how many of which of :data:`UNITS`."""

    amount: int
    unit: str

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.removesuffix('s') if self.amount == 1 else self.unit}"


@dataclass(frozen=True)
class BreachRow:
    """What happens so long after a promise was due: remind, reassign, tell_manager."""

    after: SpanRow
    do: str


@dataclass
class SlaForm:
    """What the form shows of an SLA, which is all of it."""

    pilot: bool
    mqls_a_month: int
    calls_in_first_week: int
    spans: dict[str, SpanRow]
    on_breach: list[BreachRow]


def form_of(policy: SlaPolicy) -> SlaForm:
    """An SLA as the form shows it."""
    sides: Mapping[str, Any] = {"marketing": policy.marketing, "sales": policy.sales}
    return SlaForm(
        pilot=policy.pilot,
        mqls_a_month=policy.marketing.mqls_a_month,
        calls_in_first_week=policy.sales.calls_in_first_week,
        spans={name: _span(getattr(sides[side], name)) for name, side in SPANS.items()},
        on_breach=[BreachRow(_span(one.after), one.do) for one in policy.on_breach],
    )


def with_form(data: Mapping[str, Any], before: SlaForm, after: SlaForm) -> dict[str, Any]:
    """The plain data of the file with what differs between two states of the form.

    Args:
        data: as :func:`domain.authoring.yaml_source.read` gives it; it is not changed.
    """
    made: dict[str, Any] = copy.deepcopy(dict(data))
    if before.pilot != after.pilot:
        made["pilot"] = after.pilot
    if before.mqls_a_month != after.mqls_a_month:
        made["marketing"]["mqls_a_month"] = after.mqls_a_month
    if before.calls_in_first_week != after.calls_in_first_week:
        made["sales"]["calls_in_first_week"] = after.calls_in_first_week
    for name, side in SPANS.items():
        if before.spans[name] != after.spans[name]:
            made[side][name] = str(after.spans[name])
    if before.on_breach != after.on_breach:
        made["on_breach"] = [{"after": str(one.after), "do": one.do} for one in after.on_breach]
    return made


def _span(span: ClockSpan) -> SpanRow:
    amount, unit = str(span).split(" ", 1)
    return SpanRow(int(amount), unit if unit.endswith("s") else f"{unit}s")
