"""The search attributes of a journey: one list for the workflows that set them and for the
servers that must know them (an unregistered one fails the start of a workflow)."""

from __future__ import annotations

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from domain.contracts.journey import JourneyState

LEAD_STAGE = SearchAttributeKey.for_keyword("LeadStage")
PHASE_REASON = SearchAttributeKey.for_keyword("PhaseReason")
CADENCE = SearchAttributeKey.for_keyword("Cadence")
OWNER = SearchAttributeKey.for_keyword("Owner")
SCORE_BAND = SearchAttributeKey.for_keyword("ScoreBand")
CYCLE = SearchAttributeKey.for_int("Cycle")
KEYS = (LEAD_STAGE, PHASE_REASON, CADENCE, OWNER, SCORE_BAND, CYCLE)
"""Values are codes and numbers, never personal data."""

NONE = "none"
"""The value of a keyword that is not known: lists can be filtered by it, by a missing one not."""

SEARCH_ATTRIBUTES = {key.name: key.indexed_value_type.name.title() for key in KEYS}
"""Attribute name → Temporal type, as servers are told."""


def search_attributes(state: JourneyState) -> TypedSearchAttributes:
    """The attributes ops filter journeys by; set at the start and at every hand-over."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(LEAD_STAGE, state.stage or NONE),
            SearchAttributePair(PHASE_REASON, state.reason or NONE),
            SearchAttributePair(CADENCE, state.cadence or NONE),
            SearchAttributePair(OWNER, state.owner or NONE),
            SearchAttributePair(SCORE_BAND, state.score_band or NONE),
            SearchAttributePair(CYCLE, state.cycle),
        ]
    )
