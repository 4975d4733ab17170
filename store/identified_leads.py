"""Leads as tracking tells of them: found by address, made when missing, told apart from no news."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, text

from domain.identities import Lead
from domain.journey import journey_id
from store.accounts import Accounts, name_key
from store.relay_messages import Message, post_all
from store.write_keys import Source


def lead_ids_of(connection: Connection, email_keys: Sequence[str]) -> dict[str, int]:
    """Ids of the leads there are, by ``email_key``."""
    if not email_keys:
        return {}
    rows = connection.execute(
        text("SELECT email_key, id FROM lead WHERE email_key = ANY(CAST(:emails AS text[]))"),
        {"emails": email_keys},
    )
    return {row.email_key: row.id for row in rows}


def add_leads(connection: Connection, concerned: Sequence[Lead], source: Source) -> list[int]:
    """Store the new leads; returns the ids of those that nobody else stored meanwhile."""
    new = sorted((lead for lead in concerned if not lead.id), key=lambda lead: lead.email_key)
    if not new:
        return []
    rows = connection.execute(
        text(
            """
            INSERT INTO lead (email, email_key, source)
            SELECT email, email_key, :source
            FROM unnest(CAST(:emails AS text[]), CAST(:keys AS text[])) AS one (email, email_key)
            ORDER BY email_key
            ON CONFLICT (email_key) DO NOTHING RETURNING id
            """
        ),
        {
            "source": source.name,
            "emails": [lead.facts["email"] for lead in new],
            "keys": [lead.email_key for lead in new],
        },
    )
    added = list(rows.scalars())
    ids = lead_ids_of(connection, [lead.email_key for lead in new])
    for lead in new:
        lead.id = ids[lead.email_key]
    return added


_UPDATE_LEADS = text(
    """
    WITH said AS (
        SELECT * FROM jsonb_to_recordset(CAST(:said AS jsonb)) AS one
            (id bigint, account_id bigint, first_name text, last_name text, title text, phone text,
             country text, language text, language_guess text, time_zone text,
             time_zone_guess text, attributes jsonb)
    ), new AS (
        SELECT old.id,
            coalesce(said.account_id, old.account_id) AS account_id,
            coalesce(said.first_name, old.first_name) AS first_name,
            coalesce(said.last_name, old.last_name) AS last_name,
            coalesce(said.title, old.title) AS title,
            coalesce(said.phone, old.phone) AS phone,
            coalesce(said.country, old.country) AS country,
            coalesce(said.language,
                CASE WHEN said.country <> old.country THEN said.language_guess END,
                old.language) AS language,
            coalesce(said.time_zone,
                CASE WHEN said.country <> old.country THEN said.time_zone_guess END,
                old.time_zone) AS time_zone,
            old.attributes || coalesce(said.attributes, '{}') AS attributes
        FROM lead AS old JOIN said USING (id)
    )
    UPDATE lead SET account_id = new.account_id, first_name = new.first_name,
        last_name = new.last_name, title = new.title, phone = new.phone, country = new.country,
        language = new.language, time_zone = new.time_zone, attributes = new.attributes,
        updated_at = now()
    FROM new WHERE lead.id = new.id
        AND (lead.account_id, lead.first_name, lead.last_name, lead.title, lead.phone,
             lead.country, lead.language, lead.time_zone, lead.attributes)
        IS DISTINCT FROM
            (new.account_id, new.first_name, new.last_name, new.title, new.phone,
             new.country, new.language, new.time_zone, new.attributes)
    RETURNING lead.id
    """
)


def update_leads(connection: Connection, concerned: Sequence[Lead], accounts: Accounts) -> set[int]:
    """Write what was said of leads where it is news; an empty value leaves what is known. Returns
    the leads that changed."""
    if not concerned:
        return set()
    said = []
    for lead in concerned:
        facts = {name: value for name, value in lead.facts.items() if value}
        company = facts.get("company")
        account = accounts.id_of(lead.account)
        if account is None and company:
            account = accounts.by_name[name_key(company)]
        said.append({**facts, "id": lead.id, "account_id": account})
    changed = connection.execute(_UPDATE_LEADS, {"said": json.dumps(said)})
    return set(changed.scalars())


def leads_of_accounts(connection: Connection, account_ids: Collection[int]) -> set[int]:
    """Ids of all leads of these accounts."""
    if not account_ids:
        return set()
    rows = connection.execute(
        text("SELECT id FROM lead WHERE account_id = ANY(CAST(:ids AS bigint[]))"),
        {"ids": list(account_ids)},
    )
    return set(rows.scalars())


def start_journeys(connection: Connection, lead_ids: Iterable[int], cadence: str) -> None:
    """Queue the journey of each lead, in this cadence; none without a cadence."""
    if not cadence:
        return
    post_all(
        connection,
        [
            Message(
                key=f"start:{journey_id(lead_id)}",
                workflow_id=journey_id(lead_id),
                kind="start",
                name="Nurture",
                payload={"lead_id": lead_id, "cadence": cadence},
            )
            for lead_id in lead_ids
        ],
    )
