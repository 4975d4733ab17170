"""The admin's pages, as an admin uses them."""

from __future__ import annotations

import re

import httpx2 as httpx
import pyotp
from playwright.sync_api import Page, expect

from tests.console.conftest import Console
from tests.support.web_app import Site


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
    window.get_by_role("button", name="Search", exact=True).click()
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
    window.get_by_role("button", name="Search", exact=True).click()
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
    window.get_by_role("button", name="Make a token").click()
    window.get_by_label("Name of the program").fill("crm-sync")
    window.keyboard.press("Enter")
    expect(window.get_by_text("There is, or was, a token 'crm-sync'")).to_be_visible()
    window.get_by_label("Name of the program").fill("data warehouse")
    window.keyboard.press("Enter")
    token = window.get_by_label("Token of data warehouse").last.input_value()

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
    """Without a link that can be copied, nobody but the first admin ever gets in. What was typed
    wrongly is told at its field, and nothing of the rest is lost."""
    window = console("admin")
    window.goto("/console/admin/users")
    window.keyboard.press("n")
    dialog = window.get_by_role("dialog")
    expect(dialog.get_by_label("E-mail address")).to_be_focused()
    window.keyboard.type("nora@perennial")
    dialog.get_by_label("Name", exact=True).fill("Nora Vance")
    chosen(window, "Role", "Ops")
    dialog.get_by_label("Name", exact=True).press("Enter")
    expect(dialog.get_by_text("is no e-mail address")).to_be_visible()
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("Nora Vance")
    dialog.get_by_label("E-mail address").fill("nora@perennial.example")
    dialog.get_by_role("button", name="Save").click()
    link = window.get_by_label("One-time link for Nora Vance").last.input_value()
    window.context.clear_cookies()

    window.goto(link)
    window.locator("form button").click()
    window.goto("/console/you")
    chosen(window, "Language", "한국어")
    window.get_by_role("button", name="Save").first.click()

    expect(window.get_by_role("button", name="저장").first).to_be_visible()
    language = site.value("SELECT language FROM console_user WHERE name = 'Nora Vance'")
    assert language == "ko"


def test_somebody_ends_their_other_sessions_and_an_admin_all_of_a_user(
    site: Site, console: Console
) -> None:
    """A browser left open at a customer's would stay a way in for a week."""
    window = console("ops", language="en")
    tokens = [site.sign_in("ops") for _ in range(2)]

    def others() -> list[int]:
        answers = []
        for token in tokens:
            with site.visit(token) as browser:
                answers.append(browser.get("/api/me").status_code)
        return answers

    window.goto("/console/you")
    listed = window.locator("section", has_text="Where you are signed in").get_by_role("listitem")
    mine = listed.filter(has_text="This browser")
    expect(mine).to_have_count(1)
    expect(mine.get_by_role("button")).to_have_count(0)
    before = listed.count()
    assert before >= 3
    assert others() == [200, 200]

    window.get_by_role("button", name="End session: ").first.click()
    expect(listed).to_have_count(before - 1)
    window.get_by_role("button", name="End all others").click()
    window.get_by_role("dialog").get_by_role("button", name="End all others").click()

    expect(listed).to_have_count(1)
    assert others() == [401, 401]
    admin = console("admin")
    admin.goto("/console/admin/users")
    admin.get_by_role("button", name="End sessions: ops.none.en@perennial.example").click()
    admin.get_by_role("dialog").get_by_role("button", name="End sessions").click()
    expect(admin.get_by_text("is signed out everywhere.")).to_be_visible()
    window.wait_for_url(re.compile("/sign-in"), timeout=30_000)
    admin.goto("/console/admin/changes")
    expect(admin.get_by_role("row", name="Signed a user out everywhere").first).to_be_visible()


def test_somebody_sets_up_a_second_factor_and_an_admin_resets_it(
    site: Site, console: Console
) -> None:
    """The way from *You* to the code and back, on the pages as they are."""
    window = console("ops", language="en")
    window.goto("/console/you")
    window.get_by_role("link", name="Second factor").click()
    picture = window.get_by_role("img", name="QR code for an authenticator app")
    assert picture.evaluate("(one) => one.complete && one.naturalWidth") > 100
    secret = window.locator("code").inner_text().replace(" ", "")
    window.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    window.get_by_role("button", name="Turn on").click()
    expect(window.get_by_role("listitem")).to_have_count(10)
    window.get_by_role("link", name="I have kept them").click()
    expect(window.get_by_role("heading", name="Where you are signed in")).to_be_visible()

    admin = console("admin")
    admin.goto("/console/admin/users")
    line = admin.get_by_role("listitem").filter(has_text="ops.none.en@perennial.example")
    expect(line).to_contain_text("Second factor")
    line.get_by_role("button", name="Reset second factor").click()
    admin.get_by_role("dialog").get_by_role("button", name="Reset second factor").click()

    expect(line.get_by_text("Second factor", exact=True)).to_have_count(0)
    assert site.value("SELECT count(*) FROM second_factor") == 0
