"""Leads without an account, and the accounts they are given to."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text

from store.matching.account_matches import match_leads, match_surely, unmatched_domains
from store.tables import Account, Lead
from tests.support.rows import add, run
from tests.support.scored_leads import Book

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_leads_go_to_their_account_where_that_is_sure_and_are_asked_about_where_it_is_not(
    book: Book,
) -> None:
    """Colleagues would be called by different reps, none of whom knows of the other."""
    with book.database.begin() as connection:
        acme = add(connection, Account, name="Acme", name_key="acme", domain="acme.example")
        add(connection, Account, name="Hafen GmbH", name_key="hafen")
        for address in (
            *("a@acme.example", "b@de.acme.example", "c@hafen.example", "d@gmail.com"),
            *("e@unconfirmed.example", "f@nowhere.example"),
        ):
            add(connection, Lead, email=address, email_key=address)
        run(connection, "INSERT INTO write_key (name, key_hash) VALUES ('site', 'x')")
        run(
            connection,
            "INSERT INTO confirmation (lead_id, write_key_id, cadence, brought_at) "
            "SELECT lead.id, write_key.id, '', now() FROM lead, write_key "
            "WHERE email_key = 'e@unconfirmed.example'",
        )

        assert match_surely(connection, NOW) is None

        found = unmatched_domains(connection, limit=50)
        assert [(one.domain, [like.name for like in one.accounts]) for one in found] == [
            ("de.acme.example", ["Acme"]),
            ("hafen.example", ["Hafen GmbH"]),
            ("nowhere.example", []),
        ]
        account = "SELECT account_id FROM lead WHERE email_key = :key"
        assert connection.scalar(text(account), {"key": "a@acme.example"}) == acme
        assert match_leads(connection, "de.acme.example", account_id=acme, now=NOW) == (acme, 1)
        made, leads = match_leads(connection, "nowhere.example", name="Nowhere Ltd", now=NOW)
        assert leads == 1
        assert connection.scalar(text(account), {"key": "f@nowhere.example"}) == made
        assert [one.domain for one in unmatched_domains(connection, limit=50)] == ["hafen.example"]
