"""Erasing a person from all tables, for good."""

from __future__ import annotations

from domain.access import Action
from mail.links import deployment_secret
from services.access import changes
from services.context import Context
from store.access.api_tokens import Caller
from store.erasure import erasure
from store.erasure.erasure import ErasureReceipt


@changes(Action.ERASE, "POST /leads/{lead_id}/erase")
def erase(
    context: Context, caller: Caller, lead_id: int, address: str, reason: str = ""
) -> ErasureReceipt:
    """Erase a person; what runs for them in Temporal ends within seconds while a worker runs.

    Args:
        address: theirs, as proof that the right one is meant.
        reason: kept, so it should name nobody.

    Raises:
        Missing: there is no such lead.
        Conflict: it is erased already, or the address is another one's.
    """
    with context.database.begin() as connection:
        return erasure.erase(
            connection,
            lead_id,
            address=address,
            by=caller.name,
            reason=reason,
            secret=deployment_secret(context.settings),
            now=context.clock.now(),
        )
