"""Which language or time zone of a lead is taken: what was said goes before every guess, and
a guess before none but worse ones. The degrees are those of ``domain.lead_files.row``."""

from __future__ import annotations

from typing import Literal

from domain.lead_files.row import SAID


def is_better(field: Literal["language", "time_zone"], new: str, old: str) -> str:
    """SQL condition: what ``new`` (a row with country, ``<field>_certainty``) knows of a field is
    taken for what ``old``, a lead, has. With another country the guess for the old one is over."""
    certainty = f"coalesce({new}.{field}_certainty, 0)"
    moved = f"coalesce({new}.country, '') NOT IN ('', {old}.country)"
    return (
        f"({certainty} = {SAID} OR ({certainty} > 0 AND {old}.{field}_certainty < {SAID} "
        f"AND ({certainty} >= {old}.{field}_certainty OR {moved})))"
    )
