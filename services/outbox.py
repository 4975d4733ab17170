"""Mails of a stack that sends none: what their recipients do is done in their place."""

from __future__ import annotations

from domain.access import Action
from domain.refusals import Conflict
from domain.sentences import sentence
from services.access import changes, found
from services.context import Context
from store.access.api_tokens import Caller
from store.mail import outbox_mails


@changes(Action.READ_MAILS, "POST /mails/{mail_id}/reply")
def reply(context: Context, caller: Caller, mail_id: int, words: str) -> None:
    """Reply as the recipient. A mail is replied to once: what comes later changes nothing.

    Raises:
        Missing: there is no such mail.
        Conflict: mails go to real people, or this one belongs to no lead.
    """
    if context.settings.email_channel != "outbox":
        raise Conflict(sentence("Mails go to real people now: they reply themselves."))
    with context.database.begin() as connection:
        mail = found(
            outbox_mails.find_mail(connection, mail_id),
            sentence("There is no mail {mail} in the outbox.", mail=mail_id),
        )
        outbox_mails.reply(connection, mail, words.strip(), context.clock.now())
