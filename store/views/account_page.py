"""Accounts found by words, with what is open there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from store.tables import IN_SALES_HANDS
from store.views.lead_search import beginning, words_searched


@dataclass(frozen=True)
class FoundAccount:
    """An account as a list shows it. ``with_sales`` counts its leads in sales' hands,
    ``opportunities`` its open ones; the name's key and the id mark where a page ended."""

    id: int
    name: str
    name_key: str
    domain: str
    owner: str
    leads: int
    with_sales: int
    opportunities: int
    do_not_market: bool


def find_accounts(
    connection: Connection,
    now: datetime,
    *,
    search: str = "",
    owner: str = "",
    do_not_market: bool = False,
    team: str | None = None,
    after: tuple[str, int] = ("", 0),
    limit: int = 50,
) -> list[FoundAccount]:
    """A page of accounts by name.

    Args:
        now: journey time, UTC.
        search: beginnings of words in name and domain; an account has all of them.
        owner: code of the rep to whom the company belongs; '' for any.
        do_not_market: only those that marketing may not write to now.
        team: only those that this team sees: it owns the company or one of its leads. Leads and
            opportunities of others are not counted.
        after: ``name_key`` and id of the last one of the page before.
    """
    words = words_searched(connection, search)
    values = {f"word_{number}": beginning(word) for number, word in enumerate(words)}
    fits = "".join(f"AND account.words @@ cast(:{name} AS tsquery) " for name in values)
    ours = "(SELECT code FROM rep WHERE rep.team = :team)"
    mine = f"AND lead.owner IN {ours} " if team is not None else ""
    if team is not None:
        fits += (
            f"AND (account.owner IN {ours} OR EXISTS (SELECT FROM lead "
            f"WHERE lead.account_id = account.id {mine})) "
        )
    rows = connection.execute(
        text(
            f"""
            SELECT account.id, account.name, account.name_key,
                coalesce(account.domain, '') AS domain, account.owner,
                coalesce(account.do_not_market_until > :now, false) AS do_not_market,
                counted.leads, counted.with_sales, counted.opportunities
            FROM (
                SELECT * FROM account WHERE (name_key, id) > (:after_key, :after_id)
                    AND (:owner = '' OR owner = :owner)
                    AND (NOT :do_not_market OR do_not_market_until > :now)
                    {fits}
                ORDER BY name_key, id LIMIT :limit
            ) AS account,
            LATERAL (
                SELECT count(*) AS leads,
                    count(*) FILTER (WHERE phase IN {IN_SALES_HANDS}) AS with_sales,
                    coalesce(sum((SELECT count(*) FROM opportunity
                        WHERE opportunity.lead_id = lead.id AND outcome = '')), 0)::bigint
                        AS opportunities
                FROM lead WHERE lead.account_id = account.id {mine}
            ) AS counted
            ORDER BY account.name_key, account.id
            """
        ),
        values
        | {
            "now": now,
            "owner": owner,
            "do_not_market": do_not_market,
            "team": team,
            "after_key": after[0],
            "after_id": after[1],
            "limit": limit,
        },
    )
    return [FoundAccount(**row._mapping) for row in rows]
