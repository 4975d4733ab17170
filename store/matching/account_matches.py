"""Leads without an account: which they belong to, by the domains of their addresses.

People at one domain belong together, so a domain is asked about once, not each lead.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contacts.account_matching import (
    SURE,
    AccountKnown,
    AccountMatch,
    company_of,
    matches,
)
from domain.contacts.companies import company_domain, company_key
from domain.names import FREE_MAIL
from domain.refusals import Conflict, Invalid
from domain.sentences import sentence
from store.accounts.accounts import ensure_accounts
from store.published.policies import PolicyMissing
from store.scoring.scoring import refresh_fit

MOST_LEADS = 5_000
"""So many leads are given to an account at once; the rest by asking again."""
MOST_OFFERED = 5
SWEPT_DOMAINS = 200

_DOMAIN = "split_part(lead.email_key, '@', 2)"
# Whoever sees leads of an account sees the account: an address that only a browser brought has to
# be confirmed first.
_KNOWN_PERSON = """phase_reason <> 'erased' AND NOT EXISTS (
    SELECT FROM confirmation WHERE lead_id = lead.id AND confirmed_at IS NULL)"""
_WITHOUT = text(
    f"""
    SELECT domain, leads, example FROM (
        SELECT {_DOMAIN} AS domain, count(*) AS leads, min(lead.id) AS example FROM lead
        WHERE account_id IS NULL AND {_DOMAIN} > :after AND {_DOMAIN} <> '' AND {_KNOWN_PERSON}
            AND (cast(:team AS text) IS NULL
                OR EXISTS (SELECT FROM rep WHERE rep.code = lead.owner AND rep.team = :team))
        GROUP BY {_DOMAIN} ORDER BY {_DOMAIN} OFFSET 0
    ) AS one WHERE domain !~ :free ORDER BY domain LIMIT :limit
    """
)
_KNOWN = text(
    f"""
    WITH asked AS (
        SELECT domain, name_key, above FROM jsonb_to_recordset(cast(:asked AS jsonb))
            AS one (domain text, name_key text, above text[])
    ), likely AS (
        SELECT asked.domain AS mail_domain, account.id, 0 AS colleagues
        FROM asked JOIN account ON account.domain = ANY(asked.above)
        UNION ALL
        SELECT asked.domain, account.id, 0 FROM asked JOIN account USING (name_key)
        UNION ALL
        SELECT asked.domain, lead.account_id, count(*)
        FROM asked JOIN lead ON {_DOMAIN} = asked.domain AND lead.account_id IS NOT NULL
        GROUP BY asked.domain, lead.account_id
    )
    SELECT mail_domain, account.id, account.name, coalesce(account.domain, '') AS domain,
        sum(colleagues) AS colleagues
    FROM likely JOIN account USING (id) GROUP BY mail_domain, account.id
    """
)


@dataclass(frozen=True)
class UnmatchedDomain:
    """A mail domain with leads of no account: how many, one of them, what a company with such
    addresses may be called, and the accounts it may be, the likeliest first."""

    domain: str
    leads: int
    lead_id: int
    company: str
    accounts: list[AccountMatch]


def unmatched_domains(
    connection: Connection, *, team: str | None = None, after: str = "", limit: int
) -> list[UnmatchedDomain]:
    """The domains of leads without an account, in alphabetical order; providers where anybody has
    an address are none.

    Args:
        team: only leads of this team; None for all.
    """
    values = {"after": after, "free": FREE_MAIL, "team": team, "limit": limit}
    rows = connection.execute(_WITHOUT, values).all()
    found = account_matches(connection, [row.domain for row in rows])
    return [
        UnmatchedDomain(
            row.domain,
            row.leads,
            row.example,
            company_of(row.domain),
            found.get(row.domain, [])[:MOST_OFFERED],
        )
        for row in rows
    ]


def account_matches(
    connection: Connection, domains: Sequence[str]
) -> dict[str, list[AccountMatch]]:
    """The accounts that people at these mail domains may belong to, the likeliest first."""
    asked = [
        {"domain": one, "name_key": company_key(company_of(one)), "above": _above(one)}
        for one in domains
        if company_domain(one)
    ]
    if not asked:
        return {}
    known: defaultdict[str, list[AccountKnown]] = defaultdict(list)
    for row in connection.execute(_KNOWN, {"asked": json.dumps(asked)}):
        one = AccountKnown(row.id, row.name, row.domain, int(row.colleagues))
        known[row.mail_domain].append(one)
    return {domain: matches(domain, accounts) for domain, accounts in known.items()}


def match_leads(
    connection: Connection,
    domain: str,
    *,
    account_id: int | None = None,
    name: str = "",
    team: str | None = None,
    now: datetime,
) -> tuple[int, int]:
    """Give the leads at a mail domain that have no account to one, which is made if need be.

    Args:
        account_id: of an account there is; None for the one called ``name``.
        team: only leads of this team; None for all.
        now: journey time, UTC.

    Returns:
        The account's id, and how many leads it got; at most :data:`MOST_LEADS`.

    Raises:
        Invalid: the domain is one where anybody has an address, or no account is named.
        Conflict: there is no such account.
    """
    if not company_domain(domain):
        raise Invalid(
            sentence(
                "{domain} is no company's own domain: people with such an address need not be "
                "colleagues.",
                domain=domain,
            ),
            "domain",
        )
    if account_id is None:
        account_id = _made(connection, name)
    elif not connection.scalar(
        text("SELECT EXISTS (SELECT FROM account WHERE id = :id)"), {"id": account_id}
    ):
        raise Conflict(sentence("There is no account {account}.", account=account_id), "account_id")
    given = _give(connection, domain, account_id, team)
    _judge(connection, given, now)
    return account_id, len(given)


def match_surely(connection: Connection, now: datetime, after: str = "") -> str | None:
    """Give leads to the accounts that they surely belong to, of some domains after ``after``.

    Args:
        now: journey time, UTC.

    Returns:
        The last of these domains; None when there are no more.
    """
    values = {"after": after, "free": FREE_MAIL, "team": None, "limit": SWEPT_DOMAINS}
    domains = [row.domain for row in connection.execute(_WITHOUT, values)]
    found = account_matches(connection, domains)
    for domain, likely in sorted(found.items()):
        if likely and likely[0].confidence >= SURE:
            _judge(connection, _give(connection, domain, likely[0].account_id, None), now)
    return domains[-1] if len(domains) == SWEPT_DOMAINS else None


def _made(connection: Connection, name: str) -> int:
    key = company_key(name) if name.strip() else ""
    if not key:
        raise Invalid(sentence("Choose an account, or say what the company is called."), "name")
    return ensure_accounts(connection, {}, {key: name.strip()}).by_name[key]


def _give(connection: Connection, domain: str, account_id: int, team: str | None) -> list[int]:
    given = connection.execute(
        text(
            f"""
            UPDATE lead SET account_id = :account, updated_at = now() WHERE id IN (
                SELECT id FROM lead WHERE account_id IS NULL AND {_DOMAIN} = :domain
                    AND {_KNOWN_PERSON}
                    AND (cast(:team AS text) IS NULL OR EXISTS (
                        SELECT FROM rep WHERE rep.code = lead.owner AND rep.team = :team))
                ORDER BY id LIMIT :most FOR NO KEY UPDATE)
            RETURNING id
            """
        ),
        {"account": account_id, "domain": domain, "team": team, "most": MOST_LEADS},
    )
    leads = sorted(given.scalars())
    if leads:
        connection.execute(
            text("UPDATE account SET domain = :domain WHERE id = :account AND domain IS NULL"),
            {"domain": domain, "account": account_id},
        )
    return leads


def _judge(connection: Connection, leads: Sequence[int], now: datetime) -> None:
    """An account says how well its people fit; an opportunity of theirs is the account's."""
    if not leads:
        return
    connection.execute(
        text(
            "UPDATE opportunity SET account_id = lead.account_id FROM lead "
            "WHERE lead.id = opportunity.lead_id AND opportunity.account_id IS NULL "
            "AND lead.id = ANY(cast(:ids AS bigint[]))"
        ),
        {"ids": list(leads)},
    )
    with suppress(PolicyMissing):  # Publishing the first rules judges everybody.
        refresh_fit(connection, leads, now)


def _above(domain: str) -> list[str]:
    """The domain and those above it that a company may have."""
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(len(labels) - 1)]
