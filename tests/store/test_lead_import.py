"""What an import does to leads that are new, known, doubled or already under way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Row, create_engine, text

from domain.lead_files.columns import recognise
from domain.lead_files.row import BY_COUNTRY, BY_PLACE, RowReader
from store.consent.consent import suppress
from store.imports import lead_import
from store.imports.lead_import import MergedRow


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def stage(connection: Connection, *rows: dict[str, str]) -> None:
    header = list(dict.fromkeys(name for row in rows for name in row))
    reader = RowReader(recognise(header))
    lead_import.prepare(connection)
    staged = [reader.read([row.get(name, "") for name in header]) for row in rows]
    lead_import.stage(connection, list(enumerate(staged, start=2)))


def bring(engine: Engine, *rows: dict[str, str]) -> MergedRow:
    with engine.begin() as connection:
        stage(connection, *rows)
        return lead_import.merge(connection)


def queue(engine: Engine, *rows: dict[str, str], per_second: float = 50.0) -> int:
    with engine.begin() as connection:
        stage(connection, *rows)
        lead_import.merge(connection)
        return lead_import.queue_journeys(
            connection, cadence="welcome-nurture", per_second=per_second
        ).journeys


def leads(engine: Engine) -> list[Row[Any]]:
    with engine.connect() as connection:
        return list(
            connection.execute(
                text(
                    "SELECT lead.*, account.name AS company FROM lead "
                    "LEFT JOIN account ON account.id = account_id ORDER BY lead.id"
                )
            )
        )


def messages(engine: Engine) -> list[Row[Any]]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM relay_message ORDER BY id")))


DANA = {"email": "Dana@acme.example", "first name": "Dana", "company": "Acme", "tier": "gold"}


def test_a_new_lead_gets_an_account_and_what_its_country_tells(engine: Engine) -> None:
    merged = bring(engine, {**DANA, "country": "Korea"}, {"email": "kim@acme.example"})
    dana, kim = leads(engine)
    assert merged == MergedRow(created=2, updated=0)
    assert (dana.email, dana.email_key) == ("Dana@acme.example", "dana@acme.example")
    assert (dana.company, dana.attributes) == ("Acme", {"tier": "gold"})
    assert (dana.country, dana.language, dana.time_zone) == ("KR", "ko", "Asia/Seoul")
    assert (kim.account_id, kim.language, kim.time_zone) == (None, "en", "UTC")
    assert (dana.stage, dana.phase) == ("known", "")


def test_a_second_import_updates_and_never_doubles_or_erases(engine: Engine) -> None:
    bring(engine, DANA)
    merged = bring(
        engine, {"email": "dana@ACME.example", "first name": "", "title": "CTO", "x": "1"}
    )
    (dana,) = leads(engine)
    assert merged == MergedRow(created=0, updated=1)
    assert (dana.first_name, dana.title, dana.company) == ("Dana", "CTO", "Acme")
    assert dana.attributes == {"tier": "gold", "x": "1"}


def test_a_guess_never_replaces_a_time_zone_or_language_that_was_said(engine: Engine) -> None:
    bring(engine, {**DANA, "country": "US", "time zone": "America/Denver", "language": "es"})
    bring(engine, {**DANA, "country": "US"})
    assert [(lead.time_zone, lead.language) for lead in leads(engine)] == [("America/Denver", "es")]
    bring(engine, {**DANA, "country": "KR"})
    assert [(lead.time_zone, lead.language) for lead in leads(engine)] == [("America/Denver", "es")]
    bring(engine, {**DANA, "time zone": "Asia/Tokyo"})
    assert [(lead.time_zone, lead.language) for lead in leads(engine)] == [("Asia/Tokyo", "es")]


def test_a_better_guess_replaces_a_worse_and_never_the_other_way(engine: Engine) -> None:
    """Who is known to be in California must not be taken to New York by the next export."""
    known = []
    for row in (
        {"country": "US"},
        {"country": "US", "phone": "+1 415 555 2671"},
        {"country": "US"},
        {"country": "US", "state": "Hawaii"},
        {"country": "KR"},
        {"country": "US"},
        {"country": "Atlantis"},
    ):
        bring(engine, {"email": "ph@acme.example", **row})
        (lead,) = leads(engine)
        known.append((lead.time_zone, lead.time_zone_certainty, lead.language))
    assert known == [
        ("America/New_York", BY_COUNTRY, "en"),
        ("America/Los_Angeles", BY_PLACE, "en"),
        ("America/Los_Angeles", BY_PLACE, "en"),
        ("Pacific/Honolulu", BY_PLACE, "en"),
        ("Asia/Seoul", BY_COUNTRY, "ko"),
        ("America/New_York", BY_COUNTRY, "en"),
        ("America/New_York", BY_COUNTRY, "en"),
    ]


def test_a_deployment_says_where_those_are_of_whom_nothing_is_known(engine: Engine) -> None:
    """Mail at three in the morning is worse than mail at the wrong hour of the day."""
    with engine.begin() as connection:
        stage(connection, {"email": "x@acme.example"}, {"email": "y@acme.example", "country": "KR"})
        lead_import.merge(connection, time_zone="Europe/Berlin")
    assert [lead.time_zone for lead in leads(engine)] == ["Europe/Berlin", "Asia/Seoul"]


@pytest.mark.parametrize("files", [1, 2])
def test_what_is_said_of_two_people_at_one_address_is_not_mixed(engine: Engine, files: int) -> None:
    """ "Bob Lee, Plumber" is nobody: Ann Lee is the CEO, Bob the plumber."""
    ann = {"email": "info@shared.example", "first name": "Ann", "last name": "Lee", "title": "CEO"}
    bob = {"email": "info@shared.example", "first name": "Bob", "title": "Plumber"}
    for rows in ([[ann, bob]], [[ann], [bob]])[files - 1]:
        bring(engine, *rows)
    (lead,) = leads(engine)
    assert (lead.first_name, lead.last_name, lead.title) == ("Bob", "", "Plumber")


def test_an_opt_out_in_any_row_of_an_address_counts(engine: Engine) -> None:
    """Whoever of a shared address said no is not asked again through another row."""
    with engine.begin() as connection:
        stage(
            connection,
            {"email": "a@acme.example", "first name": "Ann", "unsubscribed": "yes"},
            {"email": "a@acme.example", "first name": "Bob", "unsubscribed": "no"},
        )
        now = datetime(2026, 3, 2, tzinfo=UTC)
        rejected = ["b@acme.example"]
        assert lead_import.opt_out_staged(connection, rejected, file_name="f", now=now) == 2
        lead_import.merge(connection)
        stopped = connection.execute(text("SELECT email_key FROM suppression ORDER BY 1"))
        assert list(stopped.scalars()) == ["a@acme.example", "b@acme.example"]


def test_an_account_gets_its_domain_from_the_company_s_website(engine: Engine) -> None:
    """Conditions on account.domain, and `account show acme.example`, need it."""
    bring(
        engine,
        {**DANA, "company": "Acme, Inc.", "Website": "https://www.acme.example/about"},
        {"email": "b@acme.example", "company": "ACME", "Website": "https://gmail.com"},
        {"email": "c@acme.example", "company": "N/A", "Website": "other.example"},
    )
    with engine.connect() as connection:
        found = connection.execute(text("SELECT name, domain FROM account")).all()
    assert [tuple(row) for row in found] == [("Acme, Inc.", "acme.example")]


def test_letters_that_fold_alike_are_two_addresses(engine: Engine) -> None:
    """straße@ and strasse@ are two people's mailboxes."""
    bring(engine, {"email": "straße@acme.example"}, {"email": "strasse@acme.example"})
    assert len(leads(engine)) == 2


def test_rows_of_one_lead_in_one_file_count_as_if_imported_in_turn(engine: Engine) -> None:
    merged = bring(
        engine,
        {**DANA, "city": "Seoul"},
        {"email": "other@acme.example"},
        {"email": "DANA@acme.example", "first name": "dana", "tier": "", "city": "Busan"},
        {"email": "dana@acme.example", "title": "CTO"},
    )
    dana, _ = leads(engine)
    assert merged == MergedRow(created=2, updated=2)
    assert (dana.first_name, dana.title, dana.company) == ("dana", "CTO", "Acme")
    assert dana.attributes == {"tier": "gold", "city": "Busan"}


def test_companies_written_alike_are_one_account(engine: Engine) -> None:
    bring(engine, DANA, {"email": "b@acme.example", "company": "  ACME "})
    bring(engine, {"email": "c@acme.example", "company": "acme"})
    assert {lead.company for lead in leads(engine)} == {"Acme"}
    assert len({lead.account_id for lead in leads(engine)}) == 1


def test_text_that_looks_like_copy_syntax_arrives_as_it_is(engine: Engine) -> None:
    odd = 'tab\tback\\slash \\N \\. "quote" \\t end'
    bring(engine, {**DANA, "note": odd + "\n\\.\nafter", "title": "\\N"})
    (dana,) = leads(engine)
    assert dana.attributes["note"] == odd + "\n\\.\nafter"
    assert dana.title == "\\N"


def test_each_new_lead_gets_one_start_however_often_it_is_imported(engine: Engine) -> None:
    rows = [{"email": f"p{number}@acme.example"} for number in range(5)]
    assert queue(engine, *rows, rows[0]) == 5
    assert queue(engine, *rows) == 0
    (first, *_) = messages(engine)
    lead = leads(engine)[0]
    assert (first.key, first.workflow_id) == (f"start:lead-{lead.id}", f"lead-{lead.id}")
    assert (first.kind, first.name) == ("start", "Nurture")
    assert first.payload == {"lead_id": lead.id, "cadence": "welcome-nurture"}


def test_a_lead_in_a_journey_is_never_started_again(engine: Engine) -> None:
    bring(engine, DANA, {"email": "kim@acme.example"})
    with engine.begin() as connection:
        connection.execute(text("UPDATE lead SET phase = 'ended' WHERE first_name = 'Dana'"))
    assert queue(engine, DANA, {"email": "kim@acme.example"}) == 1
    assert [message.workflow_id for message in messages(engine)] == [f"lead-{leads(engine)[1].id}"]


def test_starts_are_spread_at_the_rate_and_wait_for_those_before(engine: Engine) -> None:
    before = datetime.now(UTC)
    queue(engine, *({"email": f"p{number}@acme.example"} for number in range(20)), per_second=2.0)
    spread = [(message.not_before - before).total_seconds() for message in messages(engine)]
    for place, seconds in enumerate(spread, start=1):
        assert place / 2.0 <= seconds < place / 2.0 + lead_import.START_JITTER_SECONDS + 30.0
    queue(engine, {"email": "late@acme.example"}, per_second=2.0)
    assert messages(engine)[-1].not_before > before + timedelta(seconds=max(spread))


def test_who_unsubscribed_is_suppressed_with_the_lead_and_no_file_lifts_it(engine: Engine) -> None:
    """The first mail would go out before anybody looks; the next export may not have the column."""
    now = datetime.now(UTC)

    def bring_all(*rows: dict[str, str]) -> int:
        with engine.begin() as connection:
            stage(connection, *rows)
            suppressed = lead_import.opt_out_staged(connection, file_name="crm.csv", now=now)
            lead_import.merge(connection)
        return suppressed

    bring_all({"email": "late@acme.example"}, {"email": "bad@acme.example"})
    with engine.begin() as connection:
        suppress(connection, email_key="bad@acme.example", reason="complained", at=now)
    yes = [{"email": f"{name}@acme.example", "opted out": "yes"} for name in ("dana", "late")]
    doubled = {"email": "DANA@acme.example", "opted out": "no"}
    worse = {"email": "bad@acme.example", "opted out": "1"}
    assert bring_all(*yes, doubled, worse, {"email": "kim@acme.example", "opted out": "no"}) == 3
    assert bring_all({"email": "dana@acme.example", "opted out": "no"}) == 0
    assert bring_all({"email": "late@acme.example", "opted out": ""}, yes[0]) == 1
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT email_key, reason FROM suppression ORDER BY 1"))
        assert [tuple(row) for row in kept] == [
            ("bad@acme.example", "complained"),
            ("dana@acme.example", "unsubscribed"),
            ("late@acme.example", "unsubscribed"),
        ]
        record = connection.execute(
            text("SELECT action, source, evidence FROM consent_record WHERE email_key LIKE 'dana%'")
        )
        assert [tuple(row) for row in record] == [("opt_out", "import", "crm.csv")]
    assert all("opted_out" not in lead.attributes for lead in leads(engine))


def test_nothing_of_an_import_stays_that_is_rolled_back(engine: Engine) -> None:
    with engine.connect() as connection:
        stage(connection, DANA)
        lead_import.merge(connection)
        lead_import.queue_journeys(connection, cadence="welcome-nurture", per_second=50.0)
        connection.rollback()
    assert (leads(engine), messages(engine)) == ([], [])
