"""The search over leads: what is typed finds whom it means, and pages neither skip nor repeat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text

from store.tables import Account, CadenceVersion, Enrollment, Lead, Rep, Suppression
from store.views.account_page import find_accounts
from store.views.lead_search import (
    LeadCursor,
    LeadFilter,
    Order,
    count_leads,
    countries,
    find_leads,
    sources,
    words_searched,
)
from tests.support.scored_leads import Book

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def account(connection: Connection, name: str, domain: str | None = None) -> int:
    """A company."""
    row = {"name": name, "name_key": name.casefold(), "domain": domain}
    return connection.scalars(insert(Account).values(row).returning(Account.id)).one()


def lead(connection: Connection, email: str, **values: Any) -> int:
    """A lead."""
    row = {"email": email, "email_key": email.casefold(), **values}
    return connection.scalars(insert(Lead).values(row).returning(Lead.id)).one()


def found(connection: Connection, **wanted: Any) -> set[str]:
    """The addresses, before the @, of the leads that are found."""
    every = find_leads(connection, NOW, LeadFilter(**wanted))
    assert len(every) == count_leads(connection, NOW, LeadFilter(**wanted))
    return {one.email.split("@")[0] for one in every}


@pytest.fixture
def people(book: Book) -> Book:
    """Leads with names of several scripts, at three companies."""
    with book.database.begin() as connection:
        hanil = account(connection, "㈜한일전자", "hanil.example")
        acme = account(connection, "Acme-Söhne (Berlin) GmbH", "acme.example")
        lead(
            connection,
            "minjun@hanil.example",
            first_name="민준",
            last_name="김",
            title="영업 이사",
            account_id=hanil,
        )
        lead(connection, "wang@peking.example", first_name="小明", last_name="王")
        lead(
            connection,
            "jane.o-brien+demo@mail.example",
            first_name="Jane",
            last_name="O’Brien-Smith",
            title="VP, Field Service",
            account_id=acme,
        )
        lead(connection, "jan@mail.example", first_name="JAN", last_name="Şahin", account_id=acme)
    return book


SEARCHES: list[tuple[str, set[str]]] = [
    ("김민", {"minjun"}),
    ("민준", {"minjun"}),
    ("한일", {"minjun"}),
    ("이사 한일", {"minjun"}),
    ("王小", {"wang"}),
    ("小明", {"wang"}),
    ("jan", {"jane.o-brien+demo", "jan"}),
    ("Jane acme", {"jane.o-brien+demo"}),
    ("acme söhne jan", {"jane.o-brien+demo", "jan"}),
    ("o'brien", {"jane.o-brien+demo"}),
    ("smith, jane", {"jane.o-brien+demo"}),
    ("jane.o-brien+demo@mail", {"jane.o-brien+demo"}),
    ("brien field", {"jane.o-brien+demo"}),
    ("@peking.example", {"wang"}),
    ("şah", {"jan"}),
    ("jane peking", set()),
    ("ane", set()),
    ("'):* | <-> & !!", {"jan", "jane.o-brien+demo", "minjun", "wang"}),
    ("\0 \\ '", {"jan", "jane.o-brien+demo", "minjun", "wang"}),
]


def test_words_are_found_by_how_they_begin(people: Book) -> None:
    """Else a rep who types what is on the card does not find the person."""
    with people.database.connect() as connection:
        assert [(words, found(connection, search=words)) for words, _ in SEARCHES] == SEARCHES


def test_a_decomposed_korean_name_is_found(people: Book) -> None:
    """As a file name from a Mac has it."""
    with people.database.connect() as connection:
        assert found(connection, search="\u1100\u1175\u11b7") == {"minjun"}


def test_a_search_takes_no_more_than_eight_words(people: Book) -> None:
    """A whole letter pasted into the box costs no more than a line."""
    with people.database.connect() as connection:
        assert len(words_searched(connection, " ".join(f"w{n}" for n in range(500)))) == 8


def test_each_filter_narrows(book: Book) -> None:
    """A link to a filtered list shows that list."""
    with book.database.begin() as connection:
        connection.execute(
            insert(Rep),
            [
                {"code": "rep-1", "name": "Hana", "email": "h@x.example", "team": "emea"},
                {"code": "rep-9", "name": "Seoyeon", "email": "s@x.example", "team": "asia"},
            ],
        )
        hot = lead(
            connection,
            "hot@x.example",
            owner="rep-1",
            stage="mql",
            phase="FollowUp",
            fit="A",
            interest=120,
            interest_as_of=NOW,
            country="KR",
        )
        lead(connection, "rest@x.example", owner="rep-9", stage="recycled", phase="Recycle")
        lead(connection, "new@x.example", fit="B", source="fair munich")
        connection.execute(
            insert(Suppression).values(email_key="new@x.example", reason="manual", at=NOW)
        )
        version = connection.scalars(
            insert(CadenceVersion)
            .values(name="welcome", version=1, digest="", source="", definition={}, templates={})
            .returning(CadenceVersion.id)
        ).one()
        for ended in (None, NOW):
            connection.execute(
                insert(Enrollment).values(
                    key=f"run:{ended}",
                    lead_id=hot if ended is None else hot + 1,
                    cadence_version_id=version,
                    cycle=1,
                    started_at=NOW,
                    ended_at=ended,
                )
            )
    with book.database.connect() as connection:
        assert found(connection, stage=["mql"]) == {"hot"}
        assert found(connection, phase=["Recycle"]) == found(connection, recycled=True) == {"rest"}
        assert found(connection, recycled=False) == {"hot", "new"}
        assert found(connection, owner=["rep-9"]) == found(connection, team="asia") == {"rest"}
        assert found(connection, owner=[""]) == {"new"}
        assert found(connection, team="emea", stage=["recycled"]) == set()
        assert (
            found(connection, country=["KR"]) == found(connection, cadence=["welcome"]) == {"hot"}
        )
        assert found(connection, source=["fair munich"]) == {"new"}
        assert found(connection, source=["fair"]) == set()
        assert sources(connection) == ["fair munich"]
        assert found(connection, suppressed=True) == {"new"}
        assert found(connection, suppressed=False) == {"hot", "rest"}
        assert found(connection, grade=["A"]) == found(connection, grade=["A1"]) == {"hot"}
        assert found(connection, grade=["1"]) == {"hot"}
        assert found(connection, grade=["B"]) == {"new"}
        assert found(connection, grade=["nonsense"]) == set()
        one = find_leads(connection, NOW, LeadFilter(grade=["1"]))[0]
        assert (one.score, one.grade) == (120, "A1")


@pytest.mark.parametrize("order", ["activity", "interest", "fit", "id"])
def test_pages_neither_skip_nor_repeat(book: Book, order: Order) -> None:
    """Many leads are alike in what a list is sorted by: each is on exactly one page."""
    with book.database.begin() as connection:
        for number in range(40):
            lead(
                connection,
                f"lead-{number}@x.example",
                interest=(number % 4) * 10 - 5,
                interest_as_of=NOW - timedelta(days=number % 3) if number % 5 else LONG_AGO,
                phase_since=NOW - timedelta(days=number % 2) if number % 7 else None,
            )
    with book.database.connect() as connection:
        whole = [one.id for one in find_leads(connection, NOW, LeadFilter(), order=order)]
        pages: list[int] = []
        after: LeadCursor | None = None
        while page := find_leads(
            connection, NOW + timedelta(days=40), LeadFilter(), order=order, after=after, limit=7
        ):
            pages += [one.id for one in page]
            after = page[-1].mark
        assert pages == whole
        assert len(set(whole)) == 40
        lines = find_leads(connection, NOW, LeadFilter(), order=order)
        if order == "interest":
            assert [one.score for one in lines] == sorted(
                (one.score for one in lines), reverse=True
            )
        elif order == "activity":
            seen = [one.active_at or LONG_AGO for one in lines]
            assert seen == sorted(seen, reverse=True)


def test_a_number_is_found_however_it_is_written(people: Book) -> None:
    """Who has missed a call types what the display showed, or what stands on a card."""
    with people.database.begin() as connection:
        lead(connection, "call@mail.example", phone="+4930901820")
        lead(connection, "other@mail.example", phone="+4940901821")
    with people.database.connect() as connection:
        for written in (
            "+49 30 90 18 20",
            "0049 (30) 901820",
            "030/901820",
            "901820",
            "+4930901820",
        ):
            assert found(connection, search=written) == {"call"}, written
        assert found(connection, search="90") == set()
        assert found(connection, search="+1 212 555 0134") == set()


def test_several_values_of_a_filter_are_any_of_them(people: Book) -> None:
    """And only countries that leads are in are offered."""
    with people.database.begin() as connection:
        lead(connection, "de@mail.example", country="DE", stage="mql")
        lead(connection, "kr@mail.example", country="KR", stage="sal")
        lead(connection, "us@mail.example", country="US", stage="mql")
    with people.database.connect() as connection:
        assert found(connection, country=["DE", "KR"]) == {"de", "kr"}
        assert found(connection, country=["DE", "KR"], stage=["mql"]) == {"de"}
        assert countries(connection) == ["DE", "KR", "US"]


def test_a_team_sees_its_accounts_only(people: Book) -> None:
    """And counts the leads that are its own."""
    with people.database.begin() as connection:
        row = {"code": "rep-1", "name": "Hana", "email": "h@x.example", "team": "emea"}
        connection.execute(insert(Rep).values(row))
        connection.execute(
            text("UPDATE lead SET owner = 'rep-1', phase = 'FollowUp' WHERE first_name = 'Jane'")
        )
        connection.execute(
            text("UPDATE account SET do_not_market_until = 'infinity' WHERE name ~ 'Acme'")
        )
        ours = find_accounts(connection, NOW, team="emea")
        every = find_accounts(connection, NOW)
        second = find_accounts(connection, NOW, after=(every[0].name_key, every[0].id))
    assert [(one.name, one.leads, one.with_sales, one.do_not_market) for one in ours] == [
        ("Acme-Söhne (Berlin) GmbH", 1, 1, True)
    ]
    assert [one.leads for one in every] == [2, 1]
    assert second == every[1:]


def test_accounts_are_found_by_name_and_domain(people: Book) -> None:
    """And by whether marketing may write to them."""
    with people.database.connect() as connection:
        assert [one.name for one in find_accounts(connection, NOW, search="berl acme")] == [
            "Acme-Söhne (Berlin) GmbH"
        ]
        assert [one.name for one in find_accounts(connection, NOW, search="hanil.ex")] == [
            "㈜한일전자"
        ]
        assert find_accounts(connection, NOW, do_not_market=True) == []
        assert find_accounts(connection, NOW, owner="rep-1") == []
