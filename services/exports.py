"""Lists that were taken out of Perennial: on the audit record like what was changed."""

from __future__ import annotations

from collections.abc import Sequence

from services.access import MADE
from services.context import Context
from store.access.api_tokens import Caller, begin_change, end_change


def record_export(
    context: Context, caller: Caller, path: str, rows: int, filters: Sequence[str]
) -> None:
    """Put an export on record before it is handed out.

    Args:
        path: of the list, with ``/api``.
        filters: names of those it was narrowed by; what they look for may be about a lead.
    """
    with context.database.begin() as connection:
        asked = {"rows": rows} | ({"filters": sorted(filters)} if filters else {})
        end_change(connection, begin_change(connection, caller, "GET", path, asked), MADE)
