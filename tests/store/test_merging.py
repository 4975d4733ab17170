"""Two leads that are one person become one, and two again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from domain.contacts.merging import Likeness
from domain.inbound.addresses import same_mailbox
from domain.meetings.bookings import Invitee
from domain.refusals import Conflict
from store.identities.identified_leads import lead_ids_of
from store.imports import lead_import
from store.matching import merged_journeys, merging, moving, suspects
from store.matching.merge_preview import preview
from store.meetings.booked_leads import lead_of
from store.scoring.engagement import LeadActivity, record
from store.tables import Lead, LeadMerge, NotDuplicate, Table
from store.views.leads import find_lead
from tests.store.test_lead_import import stage
from tests.support.rows import add, run
from tests.support.scored_leads import Book

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def lead(book: Book, email: str, **values: Any) -> int:
    """A lead with this address."""
    with book.database.begin() as connection:
        return add(connection, Lead, email=email, email_key=email.casefold(), **values)


def merge(book: Book, kept: int, other: int, **choices: int) -> int:
    """Merge, as the relay has told Temporal."""
    with book.database.begin() as connection:
        made = merging.merge(connection, kept, other, choices, by="ops", now=NOW)
    with book.database.begin() as connection:
        merged_journeys.go_on(connection, made)
    return made


def value(book: Book, query: str, **parameters: Any) -> Any:
    """The one value a statement gives."""
    with book.database.connect() as connection:
        return connection.scalar(text(query), parameters)


def alike(book: Book, lead_id: int) -> dict[int, list[Likeness]]:
    """The leads that may be the same person, and why."""
    with book.database.connect() as connection:
        return {one.other.id: one.why for one in suspects.duplicates_of(connection, lead_id)}


def test_who_may_be_the_same_person_is_found_with_what_speaks_for_it(book: Book) -> None:
    """A rep would call a person whom a colleague called yesterday; and namesakes at a free mail
    provider would be taken for one."""
    with book.database.begin() as connection:
        run(connection, "INSERT INTO account (name, name_key) VALUES ('Acme', 'acme')")
    jose = {"first_name": "José", "last_name": "Núñez"}
    first = lead(book, "jose@acme.example", **jose, phone="+34911111111")
    again = lead(book, "nunez@acme.example", first_name="nunez", last_name="JOSE")
    tagged = lead(book, "jose+news@acme.example")
    caller = lead(book, "jn@other.example", phone="+34911111111")
    lead(book, "jose.nunez@gmail.com", **jose)
    lead(book, "nunez.jose@gmail.com", **jose)
    dotted = [lead(book, one) for one in ("a.b.c@gmail.com", "abc@gmail.com")]

    assert alike(book, first) == {
        again: [Likeness.NAME_AND_COMPANY],
        tagged: [Likeness.MAILBOX],
        caller: [Likeness.PHONE],
    }
    assert alike(book, dotted[0]) == {dotted[1]: [Likeness.MAILBOX]}
    with book.database.begin() as connection:
        pairs = suspects.suspicions(connection, limit=50)
        found = {(one.lead.id, one.other.id) for one in pairs}
        assert found == {(first, again), (first, tagged), (first, caller), tuple(dotted)}
        by_one, after = [], None
        while page := suspects.suspicions(connection, after=after, limit=1):
            (one,) = page
            after = (one.kind, one.key, one.lead.id, one.other.id)
            by_one.append(one)
        assert by_one == pairs
        suspects.dismiss(connection, caller, first, by="ops", now=NOW)
    assert caller not in alike(book, first)
    assert first not in alike(book, caller)


def test_the_database_and_the_code_agree_on_what_one_mailbox_is(book: Book) -> None:
    """Else a reply is a lead's, and its duplicate is found under another rule."""
    addresses = ["a@b.example", "a+x@b.example", "a.b@gmail.com", "ab+y@googlemail.com", "+a@b.de"]
    with book.database.connect() as connection:
        by_phone = text("SELECT lead_mailbox('tel:+49301234567')")
        assert connection.scalar(by_phone) is None
        for one in addresses:
            for other in addresses:
                same = connection.scalar(
                    text("SELECT coalesce(lead_mailbox(:a), :a) = coalesce(lead_mailbox(:b), :b)"),
                    {"a": one, "b": other},
                )
                assert same == same_mailbox(one, other), (one, other)


def test_all_that_names_the_other_lead_names_the_one_that_stays(book: Book) -> None:
    """A task, a mail or an opportunity would hang on a person whom nobody finds any more."""
    kept = lead(book, "anna@acme.example", first_name="Anna", phase="Nurture", title="CFO")
    other = lead(
        book,
        "anna.berg@acme.example",
        last_name="Berg",
        title="CEO",
        phone="+49301234567",
        phase="Nurture",
        attributes={"size": "40", "plan": "pro"},
    )
    with book.database.begin() as connection:
        record(
            connection,
            [LeadActivity("click-1", "click", NOW - DAY, lead_id=other)],
            NOW,
        )
        run(
            connection,
            "INSERT INTO touch (key, lead_id, step, channel, state, planned_at) VALUES "
            "('t1', :lead, 'one', 'outbox', 'planned', :now), "
            "('t2', :lead, 'two', 'outbox', 'claimed', :now)",
            lead=other,
            now=NOW,
        )
        run(
            connection,
            "INSERT INTO suppression VALUES ('anna.berg@acme.example', 'unsubscribed', :n)",
            n=NOW,
        )
        run(
            connection,
            "INSERT INTO topic_opt_out VALUES ('anna.berg@acme.example', 'tips', :n)",
            n=NOW,
        )
        told = preview(connection, kept, other, {"title": other})

    assert (told.refused, told.keep, told.suppressed, told.ends_journey) == (
        "",
        kept,
        "unsubscribed",
        True,
    )
    assert {one.name: one.wins for one in told.fields} == {
        "email": kept,
        "first_name": kept,
        "last_name": other,
        "title": other,
        "phone": other,
        "attributes.plan": other,
        "attributes.size": other,
    }

    merge(book, kept, other, title=other)

    for place in moving.places():
        left = value(book, f"SELECT count(*) FROM {place.table} WHERE {place.column} = :o", o=other)
        assert left == 0, place
    with book.database.connect() as connection:
        row = connection.execute(select(Lead).where(Lead.id == kept)).one()
        assert lead_ids_of(connection, ["anna.berg@acme.example"]) == {
            "anna.berg@acme.example": kept
        }
        for who in ("anna.berg@acme.example", str(other), f"lead-{other}"):
            line = find_lead(connection, who, NOW)
            assert line is not None
            assert line.id == kept
    assert (row.email, row.last_name, row.title, row.phone) == (
        "anna@acme.example",
        "Berg",
        "CEO",
        "+49301234567",
    )
    assert row.attributes == {"size": "40", "plan": "pro"}
    assert row.interest > 0
    states = value(book, "SELECT string_agg(state, ' ' ORDER BY key) FROM touch")
    assert states == "suppressed claimed"
    for email in ("anna@acme.example", "anna.berg@acme.example"):
        reason = "SELECT reason FROM suppression WHERE email_key = :e"
        assert value(book, reason, e=email) == "unsubscribed"
        assert (
            value(book, "SELECT topic FROM topic_opt_out WHERE email_key = :e", e=email) == "tips"
        )


def test_what_comes_late_for_the_lead_that_is_gone_reaches_the_one_that_stays(book: Book) -> None:
    """A click that was on its way would be lost, or end in an error for ever."""
    kept, other = lead(book, "a@acme.example"), lead(book, "b@acme.example")
    merge(book, kept, other)

    with book.database.begin() as connection:
        record(connection, [LeadActivity("late", "click", NOW, lead_id=other)], NOW)

    assert value(book, "SELECT lead_id FROM engagement WHERE key = 'late'") == kept


def test_a_file_and_a_booking_that_name_the_other_address_find_the_one_that_stays(
    book: Book,
) -> None:
    """The person would be there twice again with the next list, and get mail though they said no
    under their other address."""
    kept, other = lead(book, "a@acme.example"), lead(book, "b@acme.example")
    merge(book, kept, other)

    with book.database.begin() as connection:
        stage(
            connection,
            {"email": "B@acme.example", "title": "CTO", "unsubscribed": "yes"},
            {"email": "a@acme.example", "phone": "+49301234567"},
        )
        assert lead_import.new_among(connection, ["b@acme.example"]) == 0
        lead_import.opt_out_staged(connection, file_name="list.csv", now=NOW)
        merged = lead_import.merge(connection)
        booked = lead_of(connection, Invitee(email="b@acme.example"), "cal", makes=True)

    assert (merged.created, merged.updated) == (0, 2)
    assert booked == kept
    assert value(book, "SELECT title || ' ' || phone FROM lead") == "CTO +49301234567"
    refused = "SELECT string_agg(email_key, ' ' ORDER BY email_key) FROM suppression"
    assert value(book, refused) == "a@acme.example b@acme.example"


def test_a_merge_that_is_undone_gives_back_what_it_took(book: Book) -> None:
    """Somebody pressed the wrong button, and two customers would be one for ever."""
    with book.database.begin() as connection:
        run(connection, "INSERT INTO write_key (name, key_hash) VALUES ('site', 'x')")
    kept = lead(book, "a@acme.example", first_name="Anna", phone="+491")
    other = lead(book, "b@acme.example", first_name="Ben", phase="FollowUp", phone="+492", cycle=2)
    kept_phase = "UPDATE lead SET phase = 'FollowUp' WHERE id = :k"
    with book.database.begin() as connection:
        run(connection, kept_phase, k=kept)
        for one in (kept, other):
            run(
                connection,
                "INSERT INTO crossing (lead_id, cycle, at, cause, grade, score, hot) "
                "VALUES (:l, 1, :n, 'event', 'A1', 1, false)",
                l=one,
                n=NOW,
            )
            run(
                connection,
                "INSERT INTO touch (key, lead_id, step, channel, state, planned_at) "
                "VALUES ('t' || :l, :l, 'one', 'outbox', 'sent', :n)",
                l=one,
                n=NOW,
            )
    made = merge(book, kept, other, first_name=other, email=other)
    assert value(book, "SELECT email FROM lead") == "b@acme.example"
    touch = value(book, "SELECT id FROM touch WHERE key = 't' || :o", o=other)
    with book.database.begin() as connection:
        late = LeadActivity("late", "click", NOW, lead_id=kept, touch_id=touch)
        record(connection, [late], NOW)
        run(connection, "UPDATE lead SET title = 'CTO'")

    with book.database.begin() as connection:
        assert merging.undo(connection, made, by="ops", now=NOW + 29 * DAY) == other

    with book.database.connect() as connection:
        rows = connection.execute(select(Lead).order_by(Lead.id)).all()
    assert [(row.id, row.email, row.first_name, row.phone, row.title) for row in rows] == [
        (kept, "a@acme.example", "Anna", "+491", "CTO"),
        (other, "b@acme.example", "Ben", "+492", ""),
    ]
    for table in ("touch", "crossing"):
        assert value(book, f"SELECT count(*) FROM {table} WHERE lead_id = :o", o=other) == 1
    assert value(book, "SELECT lead_id FROM engagement WHERE key = 'late'") == other
    again = "SELECT name FROM relay_message WHERE kind = 'start_again' AND workflow_id = :w"
    assert value(book, again, w=f"lead-{other}") == "FollowUp"
    assert value(book, "SELECT count(*) FROM lead_contact") == 0


def test_what_happened_since_can_make_undoing_impossible(book: Book) -> None:
    """An opportunity that was won would change hands, with the figures of whoever won it."""
    kept = lead(book, "a@acme.example", phase="Opportunity")
    other = lead(book, "b@acme.example", phase="Opportunity")
    with book.database.begin() as connection:
        run(
            connection,
            "INSERT INTO opportunity (key, lead_id, opened_at) VALUES ('run', :l, :n)",
            l=other,
            n=NOW,
        )
    made = merge(book, kept, other)
    restarted = "SELECT payload->>'lead_id' FROM relay_message WHERE kind = 'opportunity'"
    assert value(book, restarted) == str(kept)
    with book.database.connect() as connection:
        row = connection.execute(select(LeadMerge)).one()
        too_late = merging._why_not_undone(connection, row, NOW + 31 * DAY)
        assert merging._why_not_undone(connection, row, NOW) == ""
    assert "30 days" in too_late
    third = lead(book, "c@acme.example", phase="Customer")
    onward = merge(book, third, kept)
    with pytest.raises(Conflict, match="itself merged"), book.database.begin() as connection:
        merging.undo(connection, made, by="ops", now=NOW)
    with book.database.begin() as connection:
        merging.undo(connection, onward, by="ops", now=NOW)
    with book.database.begin() as connection:
        merged_journeys.go_on(connection, onward)
        run(connection, "UPDATE opportunity SET outcome = 'won'")
    with pytest.raises(Conflict, match="closed since"), book.database.begin() as connection:
        merging.undo(connection, made, by="ops", now=NOW)


def test_the_journey_that_is_further_goes_on(book: Book) -> None:
    """A rep's call with somebody would end because the same person began to be nurtured."""
    nurtured, called = (
        lead(book, "a@x.example", phase="Nurture"),
        lead(book, "b@x.example", phase="FollowUp"),
    )

    with pytest.raises(Conflict, match="is further"), book.database.begin() as connection:
        merging.merge(connection, nurtured, called, {}, by="ops", now=NOW)


def test_no_row_is_left_behind_in_a_table_that_is_new() -> None:
    """A table that names leads in a column without a reference would keep rows of nobody."""
    known = {(place.table, place.column) for place in moving.places()} | {
        ("confirmation", "lead_id"),
        ("lead_merge", "merged_id"),
        ("lead_merge", "into_id"),
        # Made again from rows that are moved.
        ("funnel_unit", "lead_id"),
        ("rescoring", "last_lead_id"),
        ("scoring_run", "last_lead_id"),
        # Judged again, both of the two: who is gone is taken out.
        ("segment", "last_lead_id"),
        ("segment_due", "lead_id"),
        ("segment_member", "lead_id"),
    }
    named = {
        (table.name, column.name)
        for table in Table.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("lead_id")
    }
    assert named - known == set()
    assert ("not_duplicate", "other_id") in known
    assert NotDuplicate.__tablename__ == "not_duplicate"


def test_leads_of_runs_that_were_told_are_asked_anew_after_a_merge(book: Book) -> None:
    """The journey that was told is gone: the run would wait for it for ever, and no other run could
    enroll the lead that stays. It is due from then on: a run with a pace would take itself for one
    that stood still, and put all its leads off by as long as the lead was waited for."""
    kept, other = lead(book, "mina@acme.example"), lead(book, "mina.q@acme.example")
    with book.database.begin() as connection:
        connection.execute(
            text(
                """
                INSERT INTO enrollment_run (cadence, selected, replaces, by, at)
                SELECT 'welcome-nurture', 1, false, 'ops', now() FROM generate_series(1, 2);
                INSERT INTO enrollment_run_lead (run_id, lead_id, state, due_at)
                SELECT id, :lead, CASE id WHEN 1 THEN 'told' ELSE 'undoing' END, '2026-01-01'
                FROM enrollment_run;
                INSERT INTO relay_message (key, workflow_id, kind, name, payload)
                VALUES ('enrolled:1:2:1', 'lead-' || :lead, 'signal', 'engagement',
                    '{"code": "enrolled", "ref": 1}')
                """
            ),
            {"lead": other},
        )

    merge(book, kept, other)

    with book.database.connect() as connection:
        rows = connection.execute(
            text("SELECT lead_id, state FROM enrollment_run_lead ORDER BY run_id")
        )
        assert [tuple(row) for row in rows] == [(kept, "waiting"), (kept, "dropped")]
    assert value(book, "SELECT due_at FROM enrollment_run_lead WHERE run_id = 1") == NOW
    told = "SELECT count(*) FROM relay_message WHERE payload->>'code' = 'enrolled'"
    assert value(book, told) == 0
