"""Leads as tracking tells of them: found by address, made when missing, told apart from no news."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.journey import ENDED, EventCode, Phase
from domain.identities import BatchLead
from domain.names import is_free_mail
from store.access.write_keys import WriteKeySource
from store.accounts.accounts import Accounts, name_key
from store.certainty import is_better
from store.identities.places import places, plan_moved_anew
from store.outbox.relay_messages import journey_start, post_all


def lead_ids_of(connection: Connection, email_keys: Sequence[str]) -> dict[str, int]:
    """Ids of the leads there are, by ``email_key``: that of their address, or of a further one."""
    if not email_keys:
        return {}
    rows = connection.execute(
        text(
            "SELECT value_key AS email_key, lead_id AS id FROM lead_contact "
            "WHERE kind = 'email' AND value_key = ANY(CAST(:emails AS text[])) UNION ALL "
            "SELECT email_key, id FROM lead WHERE email_key = ANY(CAST(:emails AS text[]))"
        ),
        {"emails": email_keys},
    )
    return {row.email_key: row.id for row in rows}


def add_leads(
    connection: Connection, concerned: Sequence[BatchLead], source: WriteKeySource
) -> list[int]:
    """Store the new leads; returns the ids of those that nobody else stored meanwhile."""
    new = sorted((lead for lead in concerned if not lead.id), key=lambda lead: lead.email_key)
    if not new:
        return []
    rows = connection.execute(
        text(
            """
            INSERT INTO lead (email, email_key, source, time_zone)
            SELECT email, email_key, :source, :time_zone
            FROM unnest(CAST(:emails AS text[]), CAST(:keys AS text[])) AS one (email, email_key)
            ORDER BY email_key
            ON CONFLICT (email_key) DO NOTHING RETURNING id
            """
        ),
        {
            "source": source.name,
            "time_zone": source.time_zone,
            "emails": [lead.facts["email"] for lead in new],
            "keys": [lead.email_key for lead in new],
        },
    )
    added = list(rows.scalars())
    ids = lead_ids_of(connection, [lead.email_key for lead in new])
    for lead in new:
        lead.id = ids[lead.email_key]
    return added


_SAID = """
    said AS (
        SELECT * FROM jsonb_to_recordset(CAST(:said AS jsonb)) AS one
            (id bigint, account_id bigint, first_name text, last_name text, title text, phone text,
             company text, country text, language text, language_guess text, language_certainty int,
             time_zone text, time_zone_guess text, time_zone_certainty int, attributes jsonb)
    )
"""
_SERVER_SAID = f"""
    SELECT old.id,
        coalesce(said.account_id, old.account_id) AS account_id,
        coalesce(said.first_name, old.first_name) AS first_name,
        coalesce(said.last_name, old.last_name) AS last_name,
        coalesce(said.title, old.title) AS title,
        coalesce(said.phone, old.phone) AS phone,
        coalesce(said.country, old.country) AS country,
        CASE WHEN {is_better("language", "said", "old")}
            THEN coalesce(said.language, said.language_guess) ELSE old.language END AS language,
        CASE WHEN {is_better("language", "said", "old")}
            THEN said.language_certainty ELSE old.language_certainty END AS language_certainty,
        CASE WHEN {is_better("time_zone", "said", "old")}
            THEN coalesce(said.time_zone, said.time_zone_guess)
            ELSE old.time_zone END AS time_zone,
        CASE WHEN {is_better("time_zone", "said", "old")}
            THEN said.time_zone_certainty ELSE old.time_zone_certainty END AS time_zone_certainty,
        merged_attributes(old.attributes, coalesce(said.attributes, '{{}}'), false) AS attributes
    FROM lead AS old JOIN said USING (id)
"""
# Language and time zone are never empty: of one that nobody gave nothing is certain.
# Whoever sees leads of an account sees the account, so a browser's word brings nobody into one
# where others are: a confirmed address at the same company does.
_BROWSER_SAID = """
    SELECT old.id,
        CASE WHEN old.account_id IS NOT NULL OR joins.account THEN
            coalesce(old.account_id, said.account_id) END AS account_id,
        coalesce(nullif(old.first_name, ''), said.first_name, '') AS first_name,
        coalesce(nullif(old.last_name, ''), said.last_name, '') AS last_name,
        coalesce(nullif(old.title, ''), said.title, '') AS title,
        coalesce(nullif(old.phone, ''), said.phone, '') AS phone,
        coalesce(nullif(old.country, ''), said.country, '') AS country,
        CASE WHEN old.language_certainty = 0
            THEN coalesce(said.language, said.language_guess, old.language)
            ELSE old.language END AS language,
        CASE WHEN old.language_certainty = 0 THEN coalesce(said.language_certainty, 0)
            ELSE old.language_certainty END AS language_certainty,
        CASE WHEN old.time_zone_certainty = 0
            THEN coalesce(said.time_zone, said.time_zone_guess, old.time_zone)
            ELSE old.time_zone END AS time_zone,
        CASE WHEN old.time_zone_certainty = 0 THEN coalesce(said.time_zone_certainty, 0)
            ELSE old.time_zone_certainty END AS time_zone_certainty,
        merged_attributes(old.attributes, coalesce(said.attributes, '{}'), true) AS attributes
    FROM lead AS old JOIN said USING (id), LATERAL (
        SELECT NOT EXISTS (SELECT FROM account WHERE id = said.account_id AND owner <> '')
            AND NOT EXISTS (SELECT FROM lead AS other
                            WHERE other.account_id = said.account_id AND other.id <> old.id)
            OR NOT EXISTS (SELECT FROM confirmation
                           WHERE lead_id = old.id AND confirmed_at IS NULL)
            AND split_part(old.email_key, '@', 2) <> ALL (CAST(:free AS text[]))
            AND EXISTS (SELECT FROM lead AS other
                        WHERE other.account_id = said.account_id AND other.id <> old.id
                            AND split_part(other.email_key, '@', 2)
                                = split_part(old.email_key, '@', 2)) AS account
    ) AS joins
"""
_KEPT = ", ".join(
    f"CASE WHEN '{entered}' = ANY (lead.entered) THEN lead.{column} ELSE heard.{column} END "
    f"AS {column}"
    for entered, column in (
        *(("company", "account_id"), ("first_name", "first_name"), ("last_name", "last_name")),
        *(("title", "title"), ("phone", "phone"), ("country", "country")),
        *(("language", "language"), ("time_zone", "time_zone")),
    )
)
"""What a person entered stays."""
_UPDATE_LEADS = """
    WITH {said}, heard AS ({heard}), new AS (
        SELECT heard.id, {kept}, heard.language_certainty, heard.time_zone_certainty,
            heard.attributes
        FROM heard JOIN lead USING (id)
    )
    UPDATE lead SET account_id = new.account_id, first_name = new.first_name,
        last_name = new.last_name, title = new.title, phone = new.phone, country = new.country,
        language = new.language, language_certainty = new.language_certainty,
        time_zone = new.time_zone, time_zone_certainty = new.time_zone_certainty,
        attributes = new.attributes, updated_at = now()
    FROM new WHERE lead.id = new.id
        AND (lead.account_id, lead.first_name, lead.last_name, lead.title, lead.phone,
             lead.country, lead.language, lead.language_certainty, lead.time_zone,
             lead.time_zone_certainty, lead.attributes)
        IS DISTINCT FROM
            (new.account_id, new.first_name, new.last_name, new.title, new.phone,
             new.country, new.language, new.language_certainty, new.time_zone,
             new.time_zone_certainty, new.attributes)
    RETURNING lead.id
"""
_UPDATE = {
    "server": text(_UPDATE_LEADS.format(said=_SAID, heard=_SERVER_SAID, kept=_KEPT)),
    "browser": text(_UPDATE_LEADS.format(said=_SAID, heard=_BROWSER_SAID, kept=_KEPT)),
}
_CLAIM = text(
    f"""
    WITH {_SAID}
    INSERT INTO lead_claim (lead_id, field, value, write_key_id, at)
    SELECT said.id, one.field, left(one.value, :longest), :key, :now
    FROM said JOIN lead USING (id) LEFT JOIN account ON account.id = lead.account_id
        LEFT JOIN account AS named ON named.id = said.account_id,
        LATERAL (
            VALUES ('first_name', said.first_name, lead.first_name),
                ('last_name', said.last_name, lead.last_name), ('title', said.title, lead.title),
                ('phone', said.phone, lead.phone),
                ('company', coalesce(said.company, named.name), account.name),
                ('country', said.country, lead.country),
                ('language', said.language, lead.language),
                ('time_zone', said.time_zone, lead.time_zone)
            UNION ALL
            SELECT 'attributes.' || left(key, :longest), value, lead.attributes->>key
            FROM jsonb_each_text(coalesce(said.attributes, '{{}}'))
        ) AS one (field, value, known)
    WHERE one.value <> '' AND lower(one.value) IS DISTINCT FROM lower(one.known)
        AND (:anything OR one.field = ANY (lead.entered))
        AND (SELECT count(*) FROM lead_claim WHERE lead_id = said.id) < :most
    ON CONFLICT (lead_id, field) DO UPDATE
        SET value = excluded.value, write_key_id = excluded.write_key_id, source = '',
            at = excluded.at
        WHERE lead_claim.value <> excluded.value
    """
)
MOST_CLAIMS = 50
LONGEST_CLAIM = 300


def update_leads(
    connection: Connection,
    concerned: Sequence[BatchLead],
    accounts: Accounts,
    source: WriteKeySource,
    now: datetime,
) -> set[int]:
    """Write what was said of leads where it is news; an empty value leaves what is known, and what
    a person entered stays. What a browser says fills what is empty. What is said where something
    else stays is kept as a claim. Language and time zone are taken as in :mod:`store.certainty`.

    Args:
        now: journey time, UTC.

    Returns:
        The leads that changed.
    """
    if not concerned:
        return set()
    told = []
    for lead in concerned:
        facts = {name: value for name, value in lead.facts.items() if value}
        company = facts.get("company")
        account = accounts.id_of(lead.account)
        if account is None and company:
            account = accounts.by_name[name_key(company)]
        told.append({**facts, "id": lead.id, "account_id": account})
    said = json.dumps(told)
    these, ids = "SELECT unnest(cast(:ids AS bigint[]))", {"ids": [lead.id for lead in concerned]}
    before = places(connection, these, ids)
    free = _free_mail(connection, ids) if source.kind == "browser" else []
    changed = connection.execute(_UPDATE[source.kind], {"said": said, "free": free})
    updated = set(changed.scalars())
    if before and updated:
        plan_moved_anew(connection, before, places(connection, these, ids))
    connection.execute(
        _CLAIM,
        {
            "said": said,
            "anything": source.kind == "browser",
            "key": source.id,
            "now": now,
            "longest": LONGEST_CLAIM,
            "most": MOST_CLAIMS,
        },
    )
    return updated


def _free_mail(connection: Connection, ids: Mapping[str, list[int]]) -> list[str]:
    """The domains of these leads at which anybody has an address."""
    domains = connection.execute(
        text(
            "SELECT DISTINCT split_part(email_key, '@', 2) FROM lead "
            "WHERE id = ANY(CAST(:ids AS bigint[]))"
        ),
        ids,
    )
    return [domain for domain in domains.scalars() if is_free_mail(domain)]


def accounts_of(connection: Connection, lead_ids: Collection[int]) -> set[int]:
    """Ids of the accounts of these leads."""
    if not lead_ids:
        return set()
    rows = connection.execute(
        text(
            "SELECT account_id FROM lead WHERE id = ANY(CAST(:ids AS bigint[])) "
            "AND account_id IS NOT NULL"
        ),
        {"ids": list(lead_ids)},
    )
    return set(rows.scalars())


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
    """Queue the journey of each lead, in this cadence; none without a cadence. One whose only
    journey was an enrollment that was undone begins as if it had had none."""
    if not cadence:
        return
    ids = list(lead_ids)
    next_cycles = _next_cycles_of_undone(connection, ids)
    post_all(
        connection,
        [
            journey_start(
                lead_id, Phase.NURTURE, {"cadence": cadence}, again=next_cycles.get(lead_id, 0)
            )
            for lead_id in ids
        ],
    )


def _next_cycles_of_undone(connection: Connection, lead_ids: Collection[int]) -> dict[int, int]:
    """Those of these leads whose journey ended because an enrollment by hand was undone, with the
    cycle in which the next one begins."""
    rows = connection.execute(
        text(
            "SELECT id, cycle + 1 AS next FROM lead WHERE id = ANY(CAST(:ids AS bigint[])) "
            "AND phase = :ended AND phase_reason = :undone"
        ),
        {"ids": list(lead_ids), "ended": ENDED, "undone": EventCode.UNENROLLED},
    )
    return {row.id: row.next for row in rows}
