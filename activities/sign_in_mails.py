"""The mails that let colleagues in: an invitation, or a way back without the password."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from temporalio import activity

from activities.resources import Resources
from crash_points import crash_point
from domain.contracts.notifications import PAUSES, UserNotified
from mail.channels.base import ChannelError, MessageRejected, OutcomeUnknown, TryAgain
from mail.sign_in_mails import invitation, way_back
from mail.staff import StaffMail, key_of, send_to_colleague
from metrics import NOTIFICATIONS
from store.access.users import UserLine, user_by_id
from store.mail.outbox_mails import LETS_IN
from store.notifications import sign_in_mails
from store.notifications.sign_in_mails import LIVES, SignInMailKind, WaitingMail
from store.patience import keep_trying

log = structlog.get_logger()

UNKNOWN_SECONDS = 600.0
"""After which a mail of which nobody knows whether it arrived is sent once more: whoever has it
opens its link meanwhile, which another one would end."""
SETTLE_SECONDS = 30.0
"""How long the outcome is tried to be kept while the database is away."""


def send_sign_in_mail(resources: Resources, user_id: int) -> UserNotified:
    """Send the user what waits. Somebody stands before a closed door: one of which nobody can tell
    whether it arrived is sent once more, with a link of its own that ends the one before, unless
    they have come in by now."""
    with resources.engine.begin() as connection:
        mail = sign_in_mails.waiting_mail(connection, user_id)
        user = user_by_id(connection, user_id)
    if mail is None or user is None:
        return UserNotified(True, 0, "Nothing waits")
    arrived = mail.marked and resources.channel.was_accepted(key_of(LETS_IN, mail.key))
    if mail.came_in or arrived:
        with resources.engine.begin() as connection:
            sign_in_mails.settle(connection, user_id, mail.key, "sent")
        return UserNotified(True, 0, "An attempt before has sent it")
    # Links are reckoned in real time.
    with resources.engine.begin() as connection:
        marked = sign_in_mails.mark(connection, user_id, mail, datetime.now(UTC))
    if marked is None:
        return UserNotified(False, 0, "Another attempt has it")
    crash_point("sign_in_mail.marked")
    key, token = marked
    state, error, seconds = _send(resources, user, mail, key, token)
    crash_point("sign_in_mail.handed_over")

    def settle() -> None:
        with resources.engine.begin() as connection:
            sign_in_mails.settle(connection, user_id, key, state, error)

    keep_trying(settle, SETTLE_SECONDS, may_go_on=lambda: not activity.is_worker_shutdown())
    NOTIFICATIONS.labels("sign-in", state).inc()
    log.info("mail that lets somebody in", user=user_id, kind=str(mail.kind), state=state)
    return UserNotified(state != "waiting", seconds, f"{mail.kind}: {state}")


def _send(
    resources: Resources, user: UserLine, mail: WaitingMail, key: str, token: str
) -> tuple[str, str, float]:
    """The state that the mail is in then, what is wrong, and the seconds (real time) until the next
    attempt."""
    try:
        written = _written(user, mail, token)
        send_to_colleague(resources.channel, resources.settings, written, key)
    except MessageRejected as rejected:
        return "failed", str(rejected), 0
    except OutcomeUnknown as trouble:
        if mail.attempts > 1:
            return "failed", str(trouble), 0
        return "waiting", str(trouble), UNKNOWN_SECONDS
    except ChannelError as trouble:
        if mail.attempts >= len(PAUSES):
            return "failed", str(trouble), 0
        asked = trouble.after_seconds if isinstance(trouble, TryAgain) else None
        return "waiting", str(trouble), asked or PAUSES[mail.attempts].total_seconds()
    return "sent", "", 0


def _written(user: UserLine, mail: WaitingMail, token: str) -> StaffMail:
    url = f"{mail.web_url}/enter/{token}"
    if mail.kind == SignInMailKind.WAY_BACK:
        return way_back(user, f"{url}?next=/password", LIVES[mail.kind])
    return invitation(user, url, LIVES[mail.kind], by=mail.invited_by)
