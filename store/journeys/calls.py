"""Calls as their planning sees them: whom to call, and how an earlier one went."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.contracts.tasks import Disposition, Undone
from store.mail.inbound import AWAY_UNTIL


class CalledLead(NamedTuple):
    """A lead that is to be called; ``owner`` is the code of a rep, ``away_until`` the day on which
    the lead is back, as far as it said."""

    time_zone: str
    country: str
    owner: str
    away_until: date | None


def called_lead(connection: Connection, lead_id: int) -> CalledLead:
    """Whom to call."""
    row = connection.execute(
        text(f"SELECT time_zone, country, owner, {AWAY_UNTIL} FROM lead WHERE id = :id"),
        {"id": lead_id},
    ).one()
    return CalledLead(*row)


class PastCall(NamedTuple):
    """How a call went; times are journey time, UTC."""

    task_id: int
    disposition: Disposition | Undone
    asked_for: datetime | None
    """When the lead asked to be called."""
    at: datetime
    skips_mail: bool = False
    """Whether whoever called wants no mail to follow."""


def past_call(connection: Connection, task_id: int) -> PastCall | None:
    """The call of a task; None for 0."""
    if not task_id:
        return None
    row = connection.execute(
        text(
            "SELECT state, disposition, answer->>'at' AS at, "
            "coalesce(cast(answer#>>'{mail,skip}' AS boolean), false) AS skips_mail, "
            "coalesce(completed_at, opened_at) AS called_at FROM task WHERE id = :id"
        ),
        {"id": task_id},
    ).one()
    called_back = row.disposition == Disposition.CALL_BACK
    return PastCall(
        task_id,
        Disposition(row.disposition) if row.state == "done" else Undone(row.state),
        datetime.fromisoformat(row.at) if called_back else None,
        row.called_at,
        row.skips_mail,
    )


class MailWords(NamedTuple):
    """What whoever called wrote in place of a template's words; '' where those stay."""

    subject: str
    text: str


def mail_words(connection: Connection, task_id: int) -> MailWords | None:
    """What is to be said in the mail after a call; None where the template says it all."""
    row = connection.execute(
        text(
            "SELECT answer#>>'{mail,subject}' AS subject, answer#>>'{mail,text}' AS words "
            "FROM task WHERE id = :id"
        ),
        {"id": task_id},
    ).first()
    if row is None or not (row.subject or row.words):
        return None
    return MailWords(row.subject or "", row.words or "")
