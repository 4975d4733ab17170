"""Accounts in sales' hands: do-not-market that nobody understands, and plays that go astray."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.contacts.companies import company_key
from domain.refusals import CadenceMissing, Conflict
from store.consent import do_not_market
from tests.support.scored_leads import NOW, Book


def account(book: Book, name: str, **columns: object) -> int:
    """Make an account, and rep-1; returns the account's id."""
    book.run(
        "INSERT INTO rep (code, name, email) VALUES ('rep-1', 'Hana', 'hana@perennial.example') "
        "ON CONFLICT DO NOTHING"
    )
    values = {"name": name, "name_key": company_key(name), **columns}
    names, places = ", ".join(values), ", ".join(f":{one}" for one in values)
    return int(
        book.value(f"INSERT INTO account ({names}) VALUES ({places}) RETURNING id", **values)
    )


def keep_out(
    book: Book, company: int, until: datetime | None, by: str = "rep-1", why: str = "y"
) -> None:
    """Set an account to do-not-market."""
    with book.database.begin() as connection:
        do_not_market.set_do_not_market(
            connection, company, until=until, by=by, reason=why, now=NOW
        )


def test_do_not_market_is_seen_with_who_and_why_until_it_is_over(book: Book) -> None:
    for_good, for_a_week = account(book, "Rival Ltd"), account(book, "Ally", owner="rep-1")
    account(book, "Nobody")
    keep_out(book, for_good, None, why="Lawsuit")
    keep_out(book, for_a_week, NOW + timedelta(days=7))

    with book.database.connect() as connection:
        now, later = (
            do_not_market.list_accounts(connection, at, do_not_market=True)
            for at in (NOW, NOW + timedelta(days=8))
        )
        own = do_not_market.list_accounts(connection, NOW, owner="rep-1")

    assert [(line.name, line.do_not_market_until) for line in now] == [
        ("Ally", NOW + timedelta(days=7)),
        ("Rival Ltd", None),
    ]
    assert [(line.name, line.do_not_market_by, line.do_not_market_reason) for line in later] == [
        ("Rival Ltd", "rep-1", "Lawsuit")
    ]
    assert [line.name for line in own] == ["Ally"]


@pytest.mark.parametrize(
    ("until", "by", "why", "sentence"),
    [
        (NOW - timedelta(days=1), "rep-1", "y", "is not to come"),
        (NOW + timedelta(days=4000), "rep-1", "y", "more than five years away"),
        (None, "rep-9", "y", "Nobody has the code 'rep-9'"),
        (None, "rep-1", " ", "Say why"),
    ],
)
def test_do_not_market_that_will_not_do_is_refused(
    book: Book, until: datetime | None, by: str, why: str, sentence: str
) -> None:
    with pytest.raises(Conflict, match=sentence):
        keep_out(book, account(book, "Ally"), until, by, why)


def test_an_account_is_found_by_name_domain_and_id(book: Book) -> None:
    made = account(book, "Müller & Söhne", domain="mueller.example")

    with book.database.connect() as connection:
        found = [
            do_not_market.find_account(connection, who, NOW)
            for who in (
                "MÜLLER &  Söhne",
                "Mueller.Example",
                f"account-{made}",
                f"{made}",
                "nobody",
            )
        ]

    assert [one.id if one else None for one in found] == [made, made, made, made, None]


def test_a_play_on_such_an_account_or_of_no_cadence_is_refused(book: Book) -> None:
    """Marketing would write to somebody whom sales has asked to be left alone."""
    company, free = account(book, "Held"), account(book, "Free")
    keep_out(book, company, None)

    with book.database.begin() as connection:
        for which, refusal in ((company, Conflict), (free, CadenceMissing)):
            found = do_not_market.find_account(connection, str(which), NOW)
            assert found
            with pytest.raises(refusal):
                do_not_market.play(connection, found, "nowhere")


def test_releasing_wakes_the_mails_that_run_beside_a_sale(book: Book) -> None:
    """Marketing's help for an opportunity that stands still would wait until next year."""
    company = account(book, "Ally")
    lead = book.lead(phase="Opportunity", account_id=company)
    book.run(
        "INSERT INTO cadence_version (name, version, digest, source, definition, templates) "
        "VALUES ('mid-funnel', 1, '', '', '{}', '{}')"
    )
    for key in ("opportunity-7-help:mid-funnel", "0c9d-run:mid-funnel"):
        book.run(
            "INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at, step, "
            "due_at, put_off_from) SELECT :key, :lead, id, 1, :at, 'mail', :at, :at "
            "FROM cadence_version",
            key=key,
            lead=lead,
            at=NOW,
        )

    with book.database.begin() as connection:
        do_not_market.release(connection, company)

    woken = "SELECT workflow_id || ' ' || (payload->>'code') FROM relay_message"
    assert book.values(woken) == ["opportunity-7-help replan"]


def test_releasing_wakes_only_the_touches_that_were_put_off(book: Book) -> None:
    company = account(book, "Ally")
    waiting, other = (book.lead(account_id=company) for _ in range(2))
    book.run(
        "INSERT INTO cadence_version (name, version, digest, source, definition, templates) "
        "VALUES ('welcome', 1, '', '', '{}', '{}')"
    )
    for lead, put_off in ((waiting, NOW), (other, None)):
        book.run(
            "INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at, step, "
            "due_at, put_off_from) SELECT 'run-' || :lead, :lead, id, 1, :at, 'mail', :at, "
            "cast(:put_off AS timestamptz) FROM cadence_version",
            lead=lead,
            at=NOW,
            put_off=put_off,
        )
    keep_out(book, company, None)
    book.run("DELETE FROM relay_message")

    with book.database.begin() as connection:
        before = do_not_market.scheduled(connection, NOW, account_id=company)
        do_not_market.release(connection, company)
        after = do_not_market.scheduled(connection, NOW, account_id=company)

    assert [(one.lead_id, one.put_off) for one in before] == [(waiting, True), (other, False)]
    assert [one.put_off for one in after] == [False, False]
    assert [code for _, code, _ in book.news(waiting)] == ["replan"]
    assert book.news(other) == []
