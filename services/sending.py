"""Mail that is paused because it was refused, going on."""

from __future__ import annotations

from domain.access import Action
from services.access import changes
from services.context import Context
from store.access.api_tokens import Caller
from store.mail import sending


@changes(Action.RESUME_SENDING, "POST /system/sending/resume")
def resume(context: Context, caller: Caller) -> bool:
    """Have mail go on from where it stood, because what was wrong is fixed; whether it was
    paused. If it is refused again, sending pauses again."""
    with context.database.begin() as connection:
        return bool(sending.resume(connection, caller.name, context.clock.now()))
