"""The mails that there are to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class MailChoice:
    """A mail that is published: ``subjects`` maps each of its languages to the newest subject, with
    merge fields as they are written."""

    name: str
    subjects: Mapping[str, str]


def mail_choices(connection: Connection) -> list[MailChoice]:
    """All mails, by name."""
    rows = connection.execute(
        text(
            """
            SELECT name, jsonb_object_agg(language, subject) AS subjects FROM (
                SELECT DISTINCT ON (name, language)
                    name, language, compiled ->> 'subject' AS subject
                FROM template_version ORDER BY name, language, published_at DESC, id DESC
            ) AS newest
            GROUP BY name ORDER BY name
            """
        )
    )
    return [MailChoice(**row._mapping) for row in rows]
