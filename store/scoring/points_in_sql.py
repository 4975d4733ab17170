"""The points of interest that a lead has now, in SQL."""

from __future__ import annotations

from domain.scoring.interest import DUST

# A power of more than 500 half-lives would be too small a number for PostgreSQL.
POINTS_NOW = f"""cast(greatest(0, floor(lead.interest * power(0.5, least(500, greatest(0,
    date_part('epoch', cast(:now AS timestamptz) - lead.interest_as_of)
    / cast(:half_life AS float8)))) + 0.5 + {DUST})) AS int)"""
"""Of a row of ``lead``, as :func:`domain.scoring.interest.score` rounds them; ``now`` is journey
time, UTC, ``half_life`` seconds."""
