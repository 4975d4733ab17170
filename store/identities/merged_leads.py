"""Leads that went into others: where they are now, and the addresses they brought."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, text


def merged_into(connection: Connection, lead_ids: Collection[int]) -> dict[int, int]:
    """Of these leads those that were merged away, each with the lead that it is part of now."""
    if not lead_ids:
        return {}
    rows = connection.execute(
        text(
            "SELECT merged_id, lead_id FROM lead_merge "
            "WHERE merged_id = ANY(cast(:ids AS bigint[])) AND undone_at IS NULL ORDER BY id"
        ),
        {"ids": list(lead_ids)},
    )
    return {row.merged_id: row.lead_id for row in rows}


def addresses_with(connection: Connection, email_keys: Collection[str]) -> list[str]:
    """These addresses, and all others of the leads that have them, in alphabetical order."""
    if not email_keys:
        return []
    rows = connection.execute(
        text(
            """
            WITH told AS (SELECT unnest(cast(:keys AS text[])) AS email_key),
            further AS NOT MATERIALIZED (
                SELECT lead_id, value_key AS email_key FROM lead_contact WHERE kind = 'email'
            ),
            merged AS (
                SELECT further.lead_id FROM told JOIN further USING (email_key)
                UNION
                SELECT lead.id FROM told JOIN lead USING (email_key)
                    JOIN further ON further.lead_id = lead.id
            )
            SELECT email_key FROM told
            UNION SELECT email_key FROM further WHERE lead_id IN (SELECT lead_id FROM merged)
            UNION SELECT email_key FROM lead WHERE id IN (SELECT lead_id FROM merged)
            """
        ),
        {"keys": list(email_keys)},
    )
    return sorted(rows.scalars())


LEAD_AT = """(SELECT id FROM lead WHERE email_key = :email
    UNION ALL SELECT lead_id FROM lead_contact WHERE kind = 'email' AND value_key = :email
    LIMIT 1)"""
"""SQL: id of the lead whose address ``:email`` (lower case) is, its own or a further one."""


def lead_at(connection: Connection, email_key: str) -> int | None:
    """The id of the lead with this address, its own or a further one."""
    found: int | None = connection.execute(
        text(f"SELECT id FROM {LEAD_AT} AS found"), {"email": email_key}
    ).scalar()
    return found
