"""Rows of a file whose people are known by something else than the address in them."""

from __future__ import annotations

from sqlalchemy import Connection, text


def known_by_another_address(connection: Connection) -> None:
    """Rows with a further address of a lead are that lead's: somebody may have corrected the one it
    had when the file was written."""
    connection.execute(
        text(
            """
            UPDATE import_row r SET email = lead.email, email_key = lead.email_key
            FROM lead_contact AS other JOIN lead ON lead.id = other.lead_id
            WHERE other.kind = 'email' AND other.value_key = r.email_key
                AND NOT EXISTS (SELECT FROM lead AS own WHERE own.email_key = r.email_key)
            """
        )
    )


def known_by_phone(connection: Connection) -> None:
    """Rows without an address are those of the one lead that has their number, if one has."""
    connection.execute(
        text(
            """
            UPDATE import_row r SET email = lead.email, email_key = lead.email_key
            FROM (
                SELECT position, min(id) AS id FROM import_row JOIN LATERAL (
                    SELECT id FROM lead WHERE lead.phone = import_row.phone AND lead.phone <> ''
                    UNION SELECT lead_id FROM lead_contact
                    WHERE kind = 'phone' AND value_key = import_row.phone
                ) AS theirs ON true
                WHERE import_row.email = ''
                GROUP BY position HAVING count(*) = 1
            ) AS known JOIN lead USING (id)
            WHERE r.position = known.position
                AND NOT EXISTS (SELECT FROM lead AS own WHERE own.email_key = r.email_key)
            """
        )
    )
