"""Accounts as tracking tells of them: found by external id or by name, made when missing."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from domain.contacts.companies import company_key
from domain.identities import AccountRef, TrackedCompany


@dataclass(frozen=True)
class Accounts:
    """Ids of accounts by ``groupId`` and by name key, and those whose data changed."""

    by_group: Mapping[str, int]
    by_name: Mapping[str, int]
    changed: Sequence[int]

    def id_of(self, account: AccountRef | None) -> int | None:
        """The id of the account that is meant, if one is."""
        return self.by_group[account] if isinstance(account, str) else account


def name_key(name: str) -> str:
    """What makes two names the same company."""
    return company_key(name)


def ensure_accounts(
    connection: Connection,
    groups: Mapping[str, TrackedCompany],
    names: Mapping[str, str],
    *,
    own: Collection[int] | None = None,
) -> Accounts:
    """Find or make the accounts of groups and of companies that leads name.

    A group is the account of its id, else the one of its name, which keeps an id that it has
    already: several ids may mean one company. A group without a name is called by its id until
    it has one. A name that another account bears is not taken over.

    Args:
        groups: by ``groupId``.
        names: company name by name key.
        own: for what anybody may have said, the accounts of those who said it: empty fields of
            these and of new ones are filled, and nothing else changes. None: it is taken as it is.
    """
    if not groups and not names:
        return Accounts({}, {}, ())
    keys = {group.id: name_key(group.name or group.id) for group in groups.values()}
    wanted = {keys[group.id]: group.name or group.id for group in groups.values()}
    wanted |= names
    by_id, by_name = _known(connection, list(groups), list(wanted))
    if missing := sorted(
        key
        for key in wanted
        if key not in by_name
        and (key in names or any(keys[one] == key and one not in by_id for one in groups))
    ):
        connection.execute(
            text(
                "INSERT INTO account (name, name_key) SELECT * FROM "
                "unnest(CAST(:names AS text[]), CAST(:keys AS text[])) "
                "ON CONFLICT (name_key) DO NOTHING"
            ),
            {"names": [wanted[key] for key in missing], "keys": missing},
        )
        by_id, by_name = _known(connection, list(groups), list(wanted))
    by_group = {group_id: by_id.get(group_id) or by_name[keys[group_id]] for group_id in groups}
    told = [(by_group[one.id], one) for one in groups.values()]
    if own is not None:
        made = {by_name[key] for key in missing}
        told = [(account, one) for account, one in told if account in made or account in own]
    changed = _update(connection, told, fill=own is not None)
    return Accounts(by_group, {key: by_name[key] for key in names}, changed)


def _known(
    connection: Connection, group_ids: Sequence[str], keys: Sequence[str]
) -> tuple[dict[str, int], dict[str, int]]:
    rows = connection.execute(
        text(
            "SELECT id, external_id, name_key FROM account "
            "WHERE external_id = ANY(CAST(:groups AS text[])) "
            "OR name_key = ANY(CAST(:keys AS text[]))"
        ),
        {"groups": group_ids, "keys": keys},
    ).all()
    return (
        {row.external_id: row.id for row in rows if row.external_id},
        {row.name_key: row.id for row in rows},
    )


def _update(
    connection: Connection, groups: Sequence[tuple[int, TrackedCompany]], *, fill: bool
) -> list[int]:
    """Write what the groups say where it is news, or with ``fill`` where nothing is known; returns
    the accounts that changed."""
    if not groups:
        return []
    said = [
        {
            "id": account_id,
            "external_id": group.id,
            "name": group.name,
            "name_key": name_key(group.name),
            "domain": group.domain,
            "attributes": group.attributes,
        }
        for account_id, group in sorted(groups, key=lambda pair: pair[0])
    ]
    changed = connection.execute(
        text(
            """
            WITH said AS (
                SELECT DISTINCT ON (id) * FROM jsonb_to_recordset(CAST(:said AS jsonb)) AS one
                    (id bigint, external_id text, name text, name_key text, domain text,
                     attributes jsonb)
                ORDER BY id
            ), renamed AS (
                SELECT said.id FROM said JOIN account USING (id)
                WHERE said.name <> '' AND (NOT :fill OR account.name = account.external_id)
                    AND NOT EXISTS (SELECT FROM account AS other
                    WHERE other.name_key = said.name_key AND other.id <> said.id)
            ), new AS (
                SELECT account.id,
                    coalesce(account.external_id, said.external_id) AS external_id,
                    CASE WHEN renamed.id IS NULL THEN account.name ELSE said.name END AS name,
                    CASE WHEN renamed.id IS NULL THEN account.name_key ELSE said.name_key END
                        AS name_key,
                    CASE WHEN :fill THEN coalesce(account.domain, nullif(said.domain, ''))
                        ELSE coalesce(nullif(said.domain, ''), account.domain) END AS domain,
                    merged_attributes(account.attributes, said.attributes, :fill) AS attributes
                FROM said JOIN account USING (id) LEFT JOIN renamed USING (id)
            )
            UPDATE account SET external_id = new.external_id, name = new.name,
                name_key = new.name_key, domain = new.domain, attributes = new.attributes
            FROM new WHERE account.id = new.id
                AND (account.external_id, account.name, account.name_key, account.domain,
                     account.attributes)
                IS DISTINCT FROM
                    (new.external_id, new.name, new.name_key, new.domain, new.attributes)
            RETURNING account.id
            """
        ),
        {"said": json.dumps(said), "fill": fill},
    )
    return list(changed.scalars())
