"""The team as its manager looks after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert, text

from store.tables import Lead, Task
from tests.console.conftest import Console
from tests.support.web_app import Site

SICK = "rep-4"
OWNED = ("lead", "task", "meeting", "opportunity")


@pytest.fixture
def sick(site: Site) -> Iterator[dict[str, int]]:
    """Two leads more of a rep, one with a task that is due; name → id. What the rep had before
    comes back at the end."""
    now = datetime.now(UTC)
    with site.database.begin() as connection:
        before = {
            table: list(
                connection.scalars(
                    text(f"SELECT id FROM {table} WHERE owner = :rep"), {"rep": SICK}
                )
            )
            for table in OWNED
        }
        leads = {}
        for name in ("Ada", "Ben"):
            email = f"{name.casefold()}@team.example"
            leads[name] = connection.scalars(
                insert(Lead)
                .values(
                    email=email,
                    email_key=email,
                    first_name=name,
                    last_name="Sorrel",
                    owner=SICK,
                    stage="mql",
                    phase="FollowUp",
                    phase_since=now,
                )
                .returning(Lead.id)
            ).one()
        connection.execute(
            insert(Task).values(
                key="team:1",
                lead_id=leads["Ada"],
                kind="call",
                title="Call",
                dispositions=["no_answer"],
                owner=SICK,
                state="open",
                opened_at=now,
                due_in="60 business minutes",
                due_at=now + timedelta(hours=1),
                deadline_at=now + timedelta(days=5),
            )
        )
    yield leads
    with site.database.begin() as connection:
        for table, ids in before.items():
            connection.execute(
                text(f"UPDATE {table} SET owner = :rep WHERE id = ANY(:ids)"),
                {"rep": SICK, "ids": ids},
            )
        connection.execute(text("UPDATE task SET state = 'withdrawn' WHERE key = 'team:1'"))
        connection.execute(
            text("UPDATE lead SET owner = '', phase = 'ended' WHERE id = ANY(:ids)"),
            {"ids": list(leads.values())},
        )
        connection.execute(text("DELETE FROM absence WHERE reason = 'flu'"))


def test_a_manager_reassigns_a_sick_reps_work(
    site: Site, console: Console, sick: dict[str, int]
) -> None:
    """Leads of somebody in bed would wait until they have gone cold."""
    page = console("manager")
    page.goto("/console/team")
    page.get_by_role("link", name="Marta Oliveira").first.click()
    page.get_by_role("button", name="Enter time off").click()
    dialog = page.get_by_role("dialog")
    back = datetime.now(UTC) + timedelta(days=5)
    dialog.get_by_label("Why").fill("flu")
    dialog.get_by_label("Until, then back at work").fill("2024-01-01T09:00")
    dialog.get_by_role("button", name="Enter time off").click()
    expect(dialog.get_by_text("It ends before it begins")).to_be_visible()
    dialog.get_by_label("Until, then back at work").fill(f"{back:%Y-%m-%dT09:00}")
    expect(dialog).to_contain_text("Ada Sorrel")
    expect(dialog).not_to_contain_text("Ben Sorrel")
    dialog.get_by_role("button", name="Enter time off").click()
    expect(page.get_by_text("Away")).to_be_visible()

    # What is due has gone already; the rest is for the manager to decide.
    page.get_by_role("checkbox", name="shown").check()
    page.get_by_role("button", name="Reassign").click()
    page.get_by_role("dialog").get_by_role("button", name="Reassign").click()
    expect(page.get_by_text("No open leads.")).to_be_visible()

    owners = site.value(
        "SELECT array_agg(owner) FROM lead WHERE id = ANY(:ids)", ids=list(sick.values())
    )
    assert set(owners) <= {"rep-1", "rep-2"}
    task = site.value("SELECT owner FROM task WHERE key = 'team:1'")
    assert task == site.value("SELECT owner FROM lead WHERE id = :id", id=sick["Ada"])
    assert site.value("SELECT by FROM assignment WHERE lead_id = :id", id=sick["Ben"]) != ""


def test_an_sdr_sees_the_team_and_changes_only_the_own_presence(
    site: Site, console: Console
) -> None:
    """Somebody could send a colleague home, or take their leads."""
    page = console("sdr", phone=True)
    page.goto("/console/team/rep-2")
    expect(page.get_by_text("Jonas Adeyemi")).to_be_visible()
    assert page.get_by_role("button", name="Enter time off").count() == 0
    assert page.get_by_role("button", name="Reassign").count() == 0
    page.goto("/console/team/rep-1")
    page.get_by_role("button", name="Take no new leads").click()
    page.get_by_role("button", name="Take new leads").click()
    expect(page.get_by_role("button", name="Take no new leads")).to_be_visible()
    with site.visit(site.sign_in("sdr")) as visitor:
        assert visitor.get("/console/team/rep-3").status_code == 404


def test_an_sdr_says_where_to_meet_and_books_a_free_time(site: Site, console: Console) -> None:
    """A lead invited to no place, or in another's name, does not come; a form that loses what was
    typed is filled in by nobody twice."""
    lead = site.value(
        "UPDATE lead SET owner = 'rep-1' WHERE id = (SELECT id FROM lead WHERE owner = 'rep-1' "
        "AND NOT EXISTS (SELECT FROM meeting WHERE lead_id = lead.id) ORDER BY id LIMIT 1) "
        "RETURNING id"
    )
    page = console("sdr")
    page.goto("/console/team/rep-1")
    expect(page.get_by_label("E-mail address")).not_to_be_editable()
    page.get_by_label("Phone", exact=True).fill("555 0123")
    page.get_by_label("Where meetings take place").fill("https://meet.example/hana")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is no phone number")).to_be_visible()
    page.get_by_label("Phone", exact=True).fill("+49 30 55501234")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved; the next mail has it.")).to_be_visible()
    page.get_by_role("button", name="Make an address").click()
    expect(page.get_by_label("Address of your calendar", exact=True)).to_have_value(
        re.compile(r"/calendar/.+\.ics$")
    )

    page.goto(f"/console/leads/{lead}")
    book = page.get_by_role("button", name="Book a meeting")
    if book.count() == 0:
        page.get_by_role("button", name="More", exact=True).click()
        book = page.get_by_role("menu").get_by_text("Book a meeting", exact=True)
    book.click()
    dialog = page.get_by_role("dialog", name="Book a meeting")
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Say when")
    dialog.locator(".slots button").first.click()
    expect(dialog.locator(".slots button[aria-pressed=true]")).to_have_count(1)
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog).to_be_hidden()

    page.goto("/console/meetings?owner=rep-1")
    expect(page.locator(f"tr:has(a[href='/console/leads/{lead}'])")).to_contain_text("Hana")
    expect(page.locator("a[href='https://meet.example/hana']")).to_be_visible()

    # Something comes up: it is moved, then called off, each with a word to the lead.
    page.locator(f"tr:has(a[href='/console/leads/{lead}']) a[href^='/console/meetings/']").click()
    page.get_by_role("button", name="Move").click()
    move = page.get_by_role("dialog", name="Move the meeting")
    move.get_by_label("A word to the lead (optional)").fill("A clash here, sorry.")
    move.get_by_role("button", name="Move", exact=True).click()
    expect(move.get_by_role("alert")).to_contain_text("Say when")
    move.locator(".slots button").last.click()
    move.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("A clash here, sorry.")).to_be_visible()
    told = "SELECT words || ' ' || state || ' ' || attempt FROM meeting WHERE lead_id = :lead"
    assert site.value(told, lead=lead) == "A clash here, sorry. booked 2"
    # Or in the rep's own words, which name the time that is chosen in the end.
    page.get_by_role("button", name="Move").click()
    move = page.get_by_role("dialog", name="Move the meeting")
    move.locator(".slots button").first.click()
    move.get_by_role("button", name="Read or change the mail").click()
    mail = page.get_by_role("dialog", name="The mail to the lead")
    text = mail.get_by_label("Text", exact=True)
    text.fill(text.input_value().replace("Our meeting is booked.", "Earlier after all."))
    mail.get_by_role("button", name="Use these words").click()
    expect(move.get_by_text("The mail goes out in your words.")).to_be_visible()
    move.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("A clash here, sorry.")).to_have_count(0)
    kept = str(site.value("SELECT mail_text FROM meeting WHERE lead_id = :lead", lead=lead))
    assert ("Earlier after all." in kept, "{{ meeting.starts_at }}" in kept) == (True, True)
    page.get_by_role("button", name="Call off").click()
    off = page.get_by_role("dialog", name="Call the meeting off?")
    off.get_by_label("A word to the lead (optional)").fill("I am ill.")
    off.get_by_role("button", name="Call it off").click()
    expect(page.get_by_text("Called off by")).to_be_visible()
    expect(page.get_by_role("button", name="Call off")).to_have_count(0)
    assert site.value(told, lead=lead) == "I am ill. cancelled 3"
