"""The tray of received mail, and what people see while no mail goes out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from domain.inbound.verdict import MailVerdict
from store.mail.inbound import Inbound, receive_mail
from tests.console.conftest import Console
from tests.support.web_app import Site

STRANGER = "private@tray.example"
STOPS = "stops@tray.example"


@pytest.fixture
def tray(site: Site) -> Iterator[None]:
    """Two mails of people whom nobody knows."""
    now = datetime.now(UTC)
    said = {
        STRANGER: ("Your mail", "Gerne, rufen Sie mich bitte an.", MailVerdict("reply")),
        STOPS: ("Enough", "Is there a way out of this?", MailVerdict("unclear", doubt="stop")),
    }
    with site.database.begin() as connection:
        for sender, (subject, words, verdict) in said.items():
            mail = Inbound(f"1-{sender}", [], sender, sender, subject, words, verdict, now)
            receive_mail(connection, mail)
    yield
    with site.database.begin() as connection:
        for table, column in (("suppression", "email_key"), ("inbound_message", "sender_key")):
            connection.execute(text(f"DELETE FROM {table} WHERE {column} LIKE '%@tray.example'"))


@pytest.mark.usefixtures("tray")
def test_somebody_says_what_the_mail_in_the_tray_is(site: Site, console: Console) -> None:
    """A person's words would wait where nobody can do anything about them."""
    lead = site.world.selling
    address = site.value("SELECT email FROM lead WHERE id = :id", id=lead)
    name = site.value("SELECT last_name FROM lead WHERE id = :id", id=lead)
    page = console("marketing")
    page.goto("/console/received")
    answer = page.get_by_role("listitem").filter(has_text="Gerne, rufen Sie mich bitte an.")
    expect(answer).to_contain_text("Nobody of ours has this address.")

    answer.get_by_role("button", name="It is a reply").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name, company or address").fill(address)
    dialog.get_by_role("button", name=re.compile(str(name))).click()
    expect(page.get_by_text("Gerne, rufen Sie mich bitte an.")).to_have_count(0)

    stop = page.get_by_role("listitem").filter(has_text="Is there a way out of this?")
    stop.get_by_role("button", name="Wants no more mail").click()
    page.get_by_role("dialog").get_by_role("button", name="Of nobody we know").click()
    expect(page.get_by_text("Is there a way out of this?")).to_have_count(0)

    kept = "SELECT lead_id FROM engagement WHERE key = :key"
    assert site.value(kept, key=f"inbound:1-{STRANGER}") == lead
    assert site.value("SELECT reason FROM suppression WHERE email_key = :who", who=STOPS)
    page.get_by_role("link", name="Settled").click()
    page.wait_for_url(re.compile("state=settled"))
    expect(page.get_by_role("listitem").filter(has_text=STOPS)).to_contain_text("An opt-out")


@pytest.fixture
def silence(site: Site) -> Iterator[None]:
    """The provider refuses our login."""
    site.value(
        "INSERT INTO sending_pause (channel, reason, detail, reported, opened_at, probe_at) "
        "VALUES ('outbox', 'set_up', '535 5.7.8', false, now(), now() + interval '1 hour') "
        "RETURNING id"
    )
    yield
    site.value("DELETE FROM sending_pause RETURNING id")


@pytest.mark.usefixtures("silence")
@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "No mail goes out"), ("ko", "메일"), ("zh", "邮件")],
)
def test_everybody_sees_that_no_mail_goes_out(console: Console, language: str, words: str) -> None:
    """Marketing would wonder for a day why nobody opens anything."""
    page = console("marketing", language=language)
    page.goto("/console/")
    banner = page.get_by_role("status").filter(has_text=words)

    expect(banner.first).to_be_visible(timeout=60_000)
