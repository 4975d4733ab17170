"""Click-to-dial: the signed address that opens a rep's softphone with the number of a task's
lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.access import Action
from domain.contacts.dialing import SECONDS, dial_address
from domain.refusals import Conflict
from domain.sentences import sentence
from services.access import authorise, found, may_see_task
from services.context import Context
from store.access.api_tokens import Caller
from store.views.task_lists import detail


@dataclass(frozen=True)
class DialAddress:
    """Where a softphone is opened, and until when the address holds (real time, UTC)."""

    url: str
    expires_at: datetime


def address(context: Context, caller: Caller, task_id: int) -> DialAddress:
    """The address that calls the lead of a task, in the name of the rep who asks, else of whose
    task it is.

    Raises:
        Missing: there is no such task for this caller.
        Conflict: the lead has no number, or no softphone is set up.
    """
    authorise(caller, Action.COMPLETE_TASKS)
    settings = context.settings
    if not settings.dial_url or settings.dial_secret is None:
        raise Conflict(sentence("No softphone is set up: DIAL_URL and DIAL_SECRET say which."))
    with context.database.connect() as connection:
        may_see_task(connection, caller, task_id)
        task = found(
            detail(connection, task_id, context.clock.now()),
            sentence("There is no task {task}.", task=task_id),
        )
    if not task.phone:
        raise Conflict(sentence("This lead has no phone number."))
    expires_at = (context.real_now() + timedelta(seconds=SECONDS)).astimezone(UTC)
    url = dial_address(
        settings.dial_url,
        settings.dial_secret.get_secret_value(),
        phone=task.phone.replace(" ", ""),
        task=task_id,
        rep=caller.rep or task.owner,
        expires=int(expires_at.timestamp()),
    )
    return DialAddress(url, expires_at)
