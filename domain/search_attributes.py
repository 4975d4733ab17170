"""The search attributes of a journey: one registry for the workflows that set them and for the
servers that must know them (an unregistered one fails the start of a workflow)."""

from __future__ import annotations

SEARCH_ATTRIBUTES: dict[str, str] = {
    "LeadStage": "Keyword",
    "PhaseReason": "Keyword",
    "Cadence": "Keyword",
    "Owner": "Keyword",
    "ScoreBand": "Keyword",
    "Cycle": "Int",
}
"""Attribute name → Temporal type. Values are codes and numbers, never personal data."""
