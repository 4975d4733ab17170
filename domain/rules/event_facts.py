"""What conditions read of something that somebody did: rules of interest, and what has a lead enter
a cadence."""

from __future__ import annotations

from domain.rules.facts import FactSet

KINDS = (
    *("open", "click", "reply", "form", "booking", "unsubscribe", "bounce", "complaint"),
    *("soft_bounce", "resubscribe", "auto_reply", "page", "screen", "track"),
)
"""The kinds of event a rule may be about. Events of the kind ``score`` bring their own points."""

EVENT_FACTS = FactSet(
    {"event": {"kind": "", "name": "", "path": "", "url": "", "properties": {}}},
    sample='event.path.startsWith("/pricing")',
    values={"event.kind": (KINDS, f"event.kind is one of {', '.join(KINDS)}")},
    loose=frozenset({"event.properties"}),
)
"""Kind, name, path and address of an event, and what else was told with it."""
