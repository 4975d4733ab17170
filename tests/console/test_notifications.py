"""People are told on whatever page is open, and choose how else."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from store.alerts import NewAlert, raise_alerts
from tests.console.conftest import Console
from tests.support.web_app import Site

DESKTOP = """
    window.shown = [];
    window.Notification = class extends EventTarget {
        static permission = sessionStorage.getItem("permission") ?? "default";
        static async requestPermission() {
            sessionStorage.setItem("permission", "granted");
            return Notification.permission = "granted";
        }
        constructor(title, more) { super(); window.shown.push({ title, ...more }); }
        close() {}
    };
"""
"""A desktop that keeps what it shows; Chromium has none without a screen."""
SLACK = "https://hooks.slack.com/services/T000/B000/very-secret-1234"


def hot(site: Site, key: str) -> int:
    """A lead of rep-1 turns hot; its id."""
    lead = site.world.mine[0]
    now = datetime.now(UTC)
    of = int(site.value("SELECT lead_id FROM task WHERE id = :task", task=lead))
    with site.database.begin() as connection:
        raise_alerts(connection, [NewAlert(f"hot:{key}", "hot_lead", "rep-1", now, of)], now)
    return of


def test_a_hot_lead_is_told_while_another_page_is_open(site: Site, console: Console) -> None:
    """Who works on something else would find it when the five minutes are long over."""
    window = console("sdr")
    window.add_init_script(DESKTOP)
    window.goto("/console/you")
    window.get_by_role("button", name="Show on this desktop").click()
    expect(window.get_by_text("This browser shows what is new")).to_be_visible()
    window.goto("/console/notifications")
    window.goto("/console/today")
    expect(window).to_have_title(re.compile("^Today"))

    lead = hot(site, "while another page is open")

    expect(window).to_have_title(re.compile(r"^\(1\) Today"))
    window.wait_for_function("window.shown.length === 1")
    (shown,) = window.evaluate("window.shown")
    assert shown["title"].startswith("Hot lead: ")
    bell = window.get_by_role("link", name="Notifications")
    expect(bell).to_contain_text("1")
    bell.click()
    window.get_by_role("link", name=shown["title"]).first.click()
    window.wait_for_url(f"**/console/leads/{lead}")
    expect(window).not_to_have_title(re.compile(r"^\("))


def test_people_choose_what_they_are_told_and_when(site: Site, console: Console) -> None:
    """Half an hour's choice must not be lost to one field; and nobody reads the address again."""
    window = console("sdr")
    window.goto("/console/you")
    box = window.get_by_role("checkbox", name="A hot lead is yours: Mail")
    box.click()
    window.get_by_label("From").fill("09:00")
    save(window)
    expect(window.get_by_text("Hours need a beginning and an end")).to_be_visible()
    window.get_by_label("Until").fill("18:00")
    save(window)
    expect(window.get_by_text("Saved.")).to_be_visible()

    window.get_by_role("button", name="Give an address").click()
    dialog = window.get_by_role("dialog")
    address = dialog.get_by_label("Address of the webhook")
    address.fill(SLACK.replace("https", "http"))
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog.get_by_text("Write the address as https://HOST/PATH.")).to_be_visible()
    expect(address).to_have_value(SLACK.replace("https", "http"))
    address.fill(SLACK)
    dialog.get_by_role("button", name="Keep").click()

    expect(window.get_by_text("hooks.slack.com/…1234")).to_be_visible()
    expect(box).to_have_attribute("aria-checked", "true")
    expect(window.get_by_label("Until")).to_have_value("18:00")
    assert "very-secret" not in window.content()
    window.get_by_role("button", name="Send a test to the chat").click()
    expect(window.get_by_text("A test is on its way")).to_be_visible()
    going = "SELECT count(*) FROM notification_delivery WHERE way = 'chat' AND state = 'waiting'"
    assert site.value(going) == 1


def save(window: Page) -> None:
    """Keep what was chosen to be told of."""
    section = window.locator("#notifications")
    section.get_by_role("button", name="Save").click()
