"""The invitation to a meeting as the rep gets it, whose calendar it belongs to as well."""

from __future__ import annotations

import html
import uuid

import structlog
from icalendar import Calendar
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.invitations import Invited
from activities.resources import Resources
from domain.time.shown import full_moment
from domain.translations.translator import Translator
from mail.channels.base import ChannelError, EmailMessage, TryAgain

log = structlog.get_logger(__name__)

TRIES = 5
"""The lead's journey does not wait for a rep's mailbox for ever."""
_MESSAGE_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "perennial:rep")


def invite_rep(resources: Resources, invited: Invited, *, lead_id: int, key: str) -> None:
    """Send the rep what the lead's calendar got. A second one, after an attempt that died, has the
    same UID and SEQUENCE, and changes nothing.

    Args:
        key: of the touch that brought it to the lead.

    Raises:
        ApplicationError: the provider surely did not take it, and it is worth another try.
    """
    if invited.rep is None:
        return
    name, address = invited.rep
    settings = resources.settings
    (event,) = Calendar.from_ical(invited.part.content).walk("VEVENT")
    _ = Translator(invited.language)
    subject = _("Meeting: {names}", names=invited.names)
    if invited.part.method == "CANCEL":
        subject = _("Cancelled: {meeting}", meeting=subject)
    when = f"{full_moment(event.decoded('dtstart'), invited.language)} UTC"
    text = "\n".join(part for part in (subject, when, str(event.get("location", ""))) if part)
    message = EmailMessage(
        touch_key=f"rep:{lead_id}:{key}",
        message_id=f"{uuid.uuid5(_MESSAGE_IDS, key)}@{settings.email_from.rpartition('@')[2]}",
        sender_name=settings.email_from_name,
        sender_email=settings.email_from,
        recipient_name=name,
        recipient_email=address,
        subject=subject,
        text=text,
        html=f"<html><body><p>{html.escape(text).replace(chr(10), '<br>')}</p></body></html>",
        calendar=invited.part,
    )
    try:
        resources.channel.send(message)
    except TryAgain as later:
        if activity.info().attempt < TRIES:
            raise ApplicationError(later.reason, type="TryAgain") from None
        log.warning("a rep got no invitation", reason=later.reason)
    except ChannelError as error:
        log.warning("a rep got no invitation", reason=str(error))
