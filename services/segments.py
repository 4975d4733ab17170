"""Counting what a condition holds for, published or not, for all that look at it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from domain.refusals import Invalid
from domain.segments.policy import SegmentCondition
from services.access import sees_customers, team_of
from services.context import Context
from store.access.api_tokens import Caller
from store.segments.answers import compiled
from store.segments.counting import SegmentCount, count_members
from store.segments.lead_facts import seen
from store.views.segments import SampledLead, sampled_leads

_CONDITION: TypeAdapter[str] = TypeAdapter(SegmentCondition)


@dataclass(frozen=True)
class SegmentPreview:
    """How many of the leads that the caller sees a condition holds for, and some of them."""

    count: SegmentCount
    sample: list[SampledLead]


def preview(connection: Connection, context: Context, caller: Caller, when: str) -> SegmentPreview:
    """Count for how many of the leads that the caller sees a condition holds; an estimate where
    that would take long.

    Raises:
        Invalid: the condition is wrong; the sentence says what.
    """
    try:
        _CONDITION.validate_python(when)
    except ValidationError as wrong:
        detail = wrong.errors()[0]
        raise Invalid(detail.get("ctx", {}).get("message", detail["msg"]), "when") from None
    among = seen(team_of(caller), customers=sees_customers(caller))
    counted = count_members(connection, compiled(when), context.clock.now(), among=among)
    return SegmentPreview(counted, sampled_leads(connection, counted.sample))
