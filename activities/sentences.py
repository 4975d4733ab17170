"""Sentences for the Temporal UI: why a lead is here, what happens next and when.

They end up in workflow histories: codes, ids and times, never personal data.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.time.shown import in_english
from domain.time.window import zone


def local_time(at: datetime, time_zone: str, now: datetime) -> str:
    """``at`` as the lead's wall clock shows it: ``Tue 09:00 KST``, with the date when it is more
    than six days away."""
    local = at.astimezone(zone(time_zone))
    near = abs(at - now) < timedelta(days=6)
    return in_english(local, "EEE HH:mm") if near else in_english(local)
