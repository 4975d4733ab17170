"""What an opportunity is worth, as a seller says it on its page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.console.conftest import Console
from tests.support.web_app import Site


def test_a_seller_says_what_a_sale_is_worth_and_what_it_was_stays(
    site: Site, console: Console
) -> None:
    """An amount that can't be one is told at its field, and nothing that was typed is lost; what
    was said before can be looked at."""
    sale = site.world.sales[site.world.selling]
    page = console("sdr")
    page.goto("/console/opportunities")
    page.locator(f'a[href="/console/opportunities/{sale}"]').first.click()
    for amount, close in (("40,000", "2027-06-30"), ("48,000.50", "2027-09-30")):
        page.get_by_role("button", name="Change amount and close").click()
        form = page.get_by_role("dialog", name="Change amount and close")
        form.get_by_label("Amount").fill("a lot")
        form.get_by_label("Expected close").fill(close)
        form.get_by_role("button", name="Save").click()
        expect(form.get_by_text("'a lot' can't be an amount of money.")).to_be_visible()
        expect(form.get_by_label("Expected close")).to_have_value(close)
        form.get_by_label("Amount").fill(amount)
        form.get_by_role("button", name="Save").click()
        expect(form).to_be_hidden()

    said = page.get_by_role("table", name="What was said of its amount and close")
    expect(said.locator("tbody tr").first).to_contain_text("$40,000.00 $48,000.50")
    expect(page.get_by_text("Sep 30, 2027").first).to_be_visible()
    assert site.value(
        "SELECT amount::text || currency FROM opportunity WHERE id = :id", id=sale
    ) == ("48000.50USD")
