"""Received mails that wait for a person to say what they are, or whose."""

from __future__ import annotations

from sqlalchemy import Connection

from domain.access import Action
from domain.sentences import sentence
from services.access import changes, found, may_see, team_of
from services.context import Context
from store.access.api_tokens import Caller
from store.mail import received
from store.mail.received import ReceivedMail, SettledAs


@changes(Action.SETTLE_MAIL, "POST /received/{mail_id}/assign", keep=("lead_id",))
def assign(context: Context, caller: Caller, mail_id: int, lead_id: int) -> None:
    """Say whose a mail is; what it is stays open.

    Raises:
        Missing: there is no such mail, or no such lead, for this caller.
        Conflict: it is settled.
    """
    with context.database.begin() as connection:
        seen(connection, caller, mail_id)
        _assign(connection, caller, mail_id, lead_id)


@changes(Action.SETTLE_MAIL, "POST /received/{mail_id}/settle", keep=("settled_as", "lead_id"))
def settle(
    context: Context,
    caller: Caller,
    mail_id: int,
    settled_as: SettledAs,
    lead_id: int | None = None,
) -> None:
    """Say what a mail is, and have done what follows from that.

    Args:
        lead_id: whose it is, where that is to be said too.

    Raises:
        Missing, Conflict: as :func:`assign`; also when it is nobody's and must be somebody's.
    """
    with context.database.begin() as connection:
        seen(connection, caller, mail_id)
        if lead_id is not None:
            _assign(connection, caller, mail_id, lead_id)
        received.settle_mail(connection, mail_id, settled_as, by=caller.by, now=context.clock.now())


def seen(connection: Connection, caller: Caller, mail_id: int) -> ReceivedMail:
    """A mail in the tray that the caller sees.

    Raises:
        Missing: there is none.
    """
    return found(
        received.received_mail(connection, mail_id, team_of(caller)),
        sentence("There is no such mail in the tray."),
    )


def _assign(connection: Connection, caller: Caller, mail_id: int, lead_id: int) -> None:
    may_see(connection, caller, lead_id)
    received.assign_mail(connection, mail_id, lead_id)
