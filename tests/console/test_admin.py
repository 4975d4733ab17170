"""The admin's pages, as an admin uses them."""

from __future__ import annotations

import httpx2 as httpx
from playwright.sync_api import Page, expect

from tests.console.conftest import Console
from tests.console.site import Site


def chosen(window: Page, label: str, option: str) -> None:
    """Pick an option of a select."""
    window.get_by_label(label, exact=True).click()
    window.get_by_role("option", name=option, exact=True).click()


def test_an_admin_erases_a_person(site: Site, console: Console) -> None:
    """By the wrong address nobody goes; by the right one they can be found nowhere any more, and
    the page says so when somebody asks for them again."""
    lead = site.world.leads[58]
    address = site.value("SELECT email FROM lead WHERE id = :lead", lead=lead)
    window = console("admin")
    window.goto("/console/admin/erase")
    window.get_by_label("E-mail address or lead number").fill(address)
    window.get_by_role("button", name="Search").click()
    expect(window.get_by_role("row", name="Mails sent")).to_be_visible()

    confirm = window.get_by_role("button", name="Erase for good")
    window.get_by_label("The person's address").fill("somebody@else.example")
    expect(confirm).to_be_disabled()
    window.get_by_label("The person's address").fill(address.upper())
    window.get_by_label("Why; name nobody, it is kept").fill("asked by letter")
    confirm.click()

    expect(window.get_by_text("The person is erased")).to_be_visible()
    expect(window.get_by_role("row", name="asked by letter")).to_be_visible()
    kept = site.value("SELECT email || first_name || phone FROM lead WHERE id = :lead", lead=lead)
    assert kept == f"erased-{lead}"
    window.get_by_label("E-mail address or lead number").fill(address)
    window.get_by_role("button", name="Search").click()
    expect(window.get_by_text("This person was erased: receipt")).to_be_visible()
    window.goto(f"/console/leads/{lead}")
    expect(window.locator("h1")).to_be_visible()
    window.goto("/console/admin/changes?lead=" + str(lead))
    expect(window.get_by_role("row", name="Erased a person")).to_contain_text("Done")


def test_an_admin_makes_a_token_that_works_until_it_is_revoked(
    site: Site, console: Console
) -> None:
    """It is shown once: nobody could copy it later."""
    window = console("admin")
    window.goto("/console/admin/keys")
    window.get_by_label("Name of the program").fill("data warehouse")
    window.get_by_role("button", name="Make a token").click()
    token = window.get_by_role("dialog").get_by_role("textbox").input_value()

    def answer() -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{site.base}/api/me", headers=headers, timeout=60).status_code

    assert answer() == 200
    window.get_by_role("button", name="I have kept it").click()
    window.get_by_role("button", name="Revoke: data warehouse").click()
    window.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(window.get_by_role("listitem").filter(has_text="data warehouse")).to_contain_text(
        "Revoked"
    )
    assert answer() == 401
    assert token not in window.content()


def test_a_new_user_comes_in_by_the_link_and_chooses_a_language(
    site: Site, console: Console
) -> None:
    """Without a link that can be copied, nobody but the first admin ever gets in."""
    window = console("admin")
    window.goto("/console/admin/users")
    window.keyboard.press("n")
    dialog = window.get_by_role("dialog")
    dialog.get_by_label("E-mail address").fill("nora@perennial.example")
    dialog.get_by_label("Name", exact=True).fill("Nora Vance")
    chosen(window, "Role", "Ops")
    dialog.get_by_role("button", name="Save").click()
    link = window.get_by_label("One-time link for Nora Vance").last.input_value()
    window.context.clear_cookies()

    window.goto(link)
    window.locator("form button").click()
    window.goto("/console/you")
    chosen(window, "Language", "한국어")
    window.get_by_role("button", name="Save").click()

    expect(window.get_by_role("button", name="저장")).to_be_visible()
    language = site.value("SELECT language FROM console_user WHERE name = 'Nora Vance'")
    assert language == "ko"
