"""Mails that colleagues wrote to one lead. Times are journey time, UTC."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.confirmation import CONFIRMATION_MAIL
from domain.contracts.written_mail import WRITTEN_MAIL_WORKFLOW, SendWrittenMail
from domain.email.rendering import CompiledTemplate
from store.outbox.relay_messages import post


@dataclass(frozen=True)
class Letter:
    """A mail as it was written, and what it is rendered from. ``template_version_id`` is the
    template of marketing's that it is, or whose subject or text it replaces; None for a mail in
    free words."""

    subject: str
    text: str
    compiled: CompiledTemplate
    template_version_id: int | None
    by: str

    @property
    def own_words(self) -> bool:
        """Whether somebody wrote its subject or its text."""
        return self.template_version_id is None or bool(self.subject or self.text)


def send_letter(
    connection: Connection, lead_id: int, letter: Letter, request: str, now: datetime
) -> SendWrittenMail:
    """Keep a mail and have it sent, once per ``request``.

    Returns:
        The mail that goes out, or that went out by the same request before.
    """
    mail_id: int = connection.execute(
        text(
            """
            INSERT INTO written_mail (lead_id, request, by, subject, text, compiled,
                template_version_id, at)
            VALUES (:lead, :request, :by, :subject, :text, cast(:compiled AS jsonb), :template, :at)
            ON CONFLICT (request) DO UPDATE SET request = excluded.request RETURNING id
            """
        ),
        {
            "lead": lead_id,
            "request": request,
            "by": letter.by,
            "subject": letter.subject,
            "text": letter.text,
            "compiled": json.dumps(letter.compiled.as_dict() if letter.own_words else {}),
            "template": letter.template_version_id,
            "at": now,
        },
    ).scalar_one()
    mail = SendWrittenMail(lead_id, mail_id)
    post(
        connection,
        key=mail.key,
        workflow_id=mail.workflow_id,
        kind="written_mail",
        name=WRITTEN_MAIL_WORKFLOW,
        payload=asdict(mail),
    )
    return mail


def letter_of(connection: Connection, mail_id: int) -> Letter | None:
    """A mail as it was written; None when its lead was erased."""
    row = connection.execute(
        text(
            """
            SELECT written.subject, written.text, written.template_version_id, written.by,
                coalesce(nullif(written.compiled, '{}'), template.compiled) AS compiled
            FROM written_mail AS written
            LEFT JOIN template_version AS template ON template.id = template_version_id
            WHERE written.id = :id
            """
        ),
        {"id": mail_id},
    ).first()
    if row is None:
        return None
    compiled = CompiledTemplate.from_dict(row.compiled)
    return Letter(row.subject, row.text, compiled, row.template_version_id, row.by)


def mails_to_choose(connection: Connection, language: str) -> dict[str, str]:
    """The published mails that somebody may send to a lead: name → subject in ``language``, else in
    English, with … for what differs from lead to lead. Those about a meeting, and the one that asks
    for a confirmation, go out by themselves."""
    found = connection.execute(
        text(
            r"""
            SELECT name, regexp_replace(regexp_replace(compiled->>'subject', '\{%.*?%\}', '', 'g'),
                '\{\{.*?\}\}', '…', 'g') AS subject
            FROM (SELECT DISTINCT ON (name) * FROM template_version
                WHERE language IN (:language, 'en') AND name <> :asks
                    AND name NOT LIKE 'meeting-%'
                ORDER BY name, language = :language DESC, published_at DESC) AS newest
            ORDER BY subject, name LIMIT 500
            """
        ),
        {"language": language, "asks": CONFIRMATION_MAIL},
    )
    return {row.name: row.subject for row in found}


def sent_by_request(connection: Connection, request: str) -> SendWrittenMail | None:
    """The mail that goes out by this request, or went out by it; None when there is none."""
    row = connection.execute(
        text("SELECT lead_id, id FROM written_mail WHERE request = :request"), {"request": request}
    ).first()
    return None if row is None else SendWrittenMail(*row)
