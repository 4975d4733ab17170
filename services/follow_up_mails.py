"""The mail that goes out after a call: read, and what is decided of it checked, before it goes."""

from __future__ import annotations

from sqlalchemy import Connection

from domain.contracts.tasks import Disposition
from domain.refusals import Invalid, TaskRefused
from domain.sentences import sentence
from domain.tasks.completion import Completion, MailDecision
from mail.follow_up import FollowUpMail, follow_up_mail
from services.access import found, may_see_task
from services.context import Context
from services.template_parts import TEMPLATES, template_parts
from settings import Settings
from store.access.api_tokens import Caller
from store.views.next_actions import mail_after_task


def look(context: Context, caller: Caller, task_id: int, disposition: str) -> FollowUpMail | None:
    """The mail that would go out when a task ends with a disposition; None where none would.

    Raises:
        Missing: there is no such task for this caller, or the mail is not published.
        Invalid: it can't be written for this lead.
    """
    with context.database.connect() as connection:
        may_see_task(connection, caller, task_id)
        return found_mail(connection, context.settings, task_id, disposition)


def found_mail(
    connection: Connection,
    settings: Settings,
    task_id: int,
    disposition: str,
    decided: MailDecision | None = None,
) -> FollowUpMail | None:
    """The same, in the words that were ``decided``."""
    after = found(
        mail_after_task(connection, task_id, disposition),
        sentence("There is no task {task}.", task=task_id),
    )
    if not after.template:
        return None
    words = decided or MailDecision()
    return follow_up_mail(
        connection,
        settings,
        after.lead_id,
        after.template,
        template_parts(TEMPLATES),
        subject=words.subject,
        text=words.text,
    )


def check_decided(
    connection: Connection, settings: Settings, task_id: int, completion: Completion
) -> None:
    """Refuse words that can't be sent, and a decision about a mail that would not go out.

    Raises:
        TaskRefused: its field is ``mail``.
    """
    decided = completion.mail
    if decided is None or completion.disposition not in set(Disposition):
        return  # What nobody offers is told by the table of dispositions.
    after = mail_after_task(connection, task_id, completion.disposition)
    if after is not None and not after.template:
        raise TaskRefused(
            sentence(
                "No mail goes out after '{disposition}': there is nothing to skip or to change.",
                disposition=completion.disposition,
            ),
            "mail",
        )
    if decided.skip:
        return
    try:
        found_mail(connection, settings, task_id, completion.disposition, decided)
    except Invalid as wrong:
        raise TaskRefused(str(wrong), "mail") from None
