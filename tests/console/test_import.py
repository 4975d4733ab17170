"""A marketer brings a list in from the browser, and reads the mails that go out."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from domain.sentences import sentence
from store.imports import import_runs
from store.imports.import_runs import Outcome, RowWarning
from tests.console.conftest import Console
from tests.support.web_app import Site

EXPORT = """\
E-mail,Rufname,Last Name,Company,Country
amelie.roth@lift-bauer.example,Amelie,Roth,Lift Bauer,Germany
not an address,Nobody,Here,Acme,Germany
kim.minsu@hanbit-import.example,민수,김,한빛,South Korea
,Nemo,Nowhere,Acme,France
"""


def test_a_marketer_imports_a_file_and_downloads_the_bad_rows(
    site: Site, console: Console, tmp_path: Path
) -> None:
    """Two rows are bad and a column has a name that nobody knows: the rest must go in, mapped as
    the marketer says, and the bad ones come back with their reasons."""
    window = console("marketing")
    window.goto("/console/import")
    # A drop ends in the same field.
    window.locator(".drop input").set_input_files(
        {"name": "fair.csv", "mimeType": "text/csv", "buffer": EXPORT.encode()}
    )
    window.wait_for_url("**/console/import/*")
    preview = window.locator("section", has_text="become leads")
    expect(preview).to_contain_text("The file has 4 rows: 2 become leads, 2 are rejected.")
    window.get_by_role("combobox", name="Rufname").click()
    window.get_by_role("option", name="First name").click()
    expect(preview).to_contain_text("Amelie Roth")
    expect(preview).to_contain_text("김민수")
    window.get_by_label("Source").fill("fair")
    window.get_by_role("button", name="Import").click()
    tiles = window.locator(".tile")
    expect(tiles).to_have_text(["4Rows", "2Created", "0Updated", "2Rejected", "0No mail"])
    expect(window.get_by_text("2 journeys start")).to_be_visible()
    opened = window.get_by_role("link", name="Open the leads").get_attribute("href")
    assert opened == "/console/leads?source=fair"
    expect(window.get_by_text("can't be changed any more")).to_have_count(0)

    with window.expect_download() as download:
        window.get_by_role("link", name="Download the rejected rows").click()
    kept = tmp_path / "rejects.csv"
    download.value.save_as(kept)
    lines = kept.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("rejected_row,rejected_line,rejected_reason,E-mail,Rufname")
    assert [line.split(",")[0] for line in lines[1:]] == ["3", "5"]
    assert (
        site.value(
            "SELECT first_name || ' ' || source FROM lead WHERE email_key LIKE 'amelie.roth@%'"
        )
        == "Amelie fair"
    )

    window.goto("/console/import")
    window.locator(".drop input").set_input_files(kept)
    window.wait_for_url("**/console/import/*")
    expect(window.get_by_role("combobox", name="E-mail")).to_be_visible()
    expect(window.get_by_role("combobox", name="rejected_reason")).to_have_count(0)


ASKING = """\
E-mail,First name,DNC,Trial ends
anna@asking.example,Anna,yes,03/04/2027
ben@asking.example,Ben,no,05/06/2027
"""


def test_a_marketer_is_asked_what_a_file_leaves_open(site: Site, console: Console) -> None:
    """Guessed, the one who wants no mail would get some, and a trial would end in the wrong
    month."""
    window = console("marketing")
    window.goto("/console/import")
    window.locator(".drop input").set_input_files(
        {"name": "asking.csv", "mimeType": "text/csv", "buffer": ASKING.encode()}
    )
    window.wait_for_url("**/console/import/*")
    preview = window.locator("section", has_text="Preview")
    expect(preview).to_contain_text("may say who wants no mail")
    expect(window.get_by_role("button", name="Import")).to_be_disabled()

    window.get_by_role("combobox", name="DNC").click()
    window.get_by_role("option", name="Unsubscribed").click()
    expect(preview).to_contain_text("Trial ends")
    window.get_by_role("combobox", name="Order of dates").click()
    window.get_by_role("option", name="Day, month, year").click()
    expect(preview).to_contain_text("2 become leads")
    window.get_by_role("button", name="Import").click()
    expect(window.locator(".tile")).to_have_text(
        ["2Rows", "2Created", "0Updated", "0Rejected", "1No mail"]
    )

    trial = "SELECT attributes->>'trial_ends' FROM lead WHERE email_key = 'ben@asking.example'"
    assert site.value(trial) == "2027-06-05"
    stopped = "SELECT email_key FROM suppression WHERE email_key LIKE '%@asking.example'"
    assert site.value(stopped) == "anna@asking.example"


def test_an_import_that_there_is_not_is_not_found(site: Site) -> None:
    """A page that is sent before it is finished looks fine to whoever checks a link."""
    with site.visit(site.sign_in("marketing")) as visitor:
        assert visitor.get("/console/import/99999").status_code == 404


def test_a_marketer_finds_a_mail_and_replies_as_its_recipient(site: Site, console: Console) -> None:
    """Whoever tries Perennial without a mail server sees what leads get, and plays one."""
    mail = site.value(
        "SELECT max(outbox_message.id) FROM outbox_message JOIN touch ON touch.key = touch_key "
        "WHERE subject LIKE 'Three numbers%'"
    )
    recipient = site.value("SELECT recipient FROM outbox_message WHERE id = :id", id=mail)
    window = console("marketing")
    window.goto("/console/outbox")
    window.get_by_label("Recipient or subject").fill(recipient)
    window.get_by_label("Recipient or subject").press("Enter")
    window.wait_for_url("**/console/outbox?search=*")
    found = window.locator("tbody tr", has_text="Three numbers")
    expect(found).to_have_count(1)
    found.get_by_role("link").last.click()
    window.wait_for_url(f"**/console/outbox/{mail}")
    with window.expect_popup() as popup:
        window.frame_locator("iframe").get_by_role("link").first.click()
    assert popup.value.url
    popup.value.close()
    window.get_by_role("link", name="On a phone").click()
    phone = window.locator("iframe.phone").bounding_box()
    assert phone is not None
    assert phone["width"] <= 392
    window.get_by_label("Text, if you like").fill("Please call me.")
    window.get_by_role("button", name="Reply").click()
    expect(window.get_by_text("Replied on")).to_be_visible()


def test_what_was_not_taken_over_is_told_on_the_page(site: Site, console: Console) -> None:
    """Who brings a CRM over would look for the amounts that are missing one by one."""
    why = sentence(
        "The lead has {number} open opportunities: nobody can tell which one is meant.", number=2
    )
    outcome = Outcome(
        rows=30, created=0, updated=30, unsubscribed=0, reasons={}, not_understood={}, journeys=0,
        starts_for=0.0, ready=0, ready_hours=0, ready_per_hour=0,
        warnings=[RowWarning(row, why) for row in range(2, 32)],
    )  # fmt: skip
    with site.database.begin() as connection:
        import_runs.record(
            connection, file_name="crm.csv", by="x", source="", cadence="", encoding="utf-8",
            lines=30, outcome=outcome,
        )  # fmt: skip
    page = console("marketing")
    page.goto(f"/console/import/{site.value('SELECT max(id) FROM import_run')}")

    rows = page.get_by_role("region", name="Not taken over")
    expect(rows).to_contain_text("The lead has 2 open opportunities")
    expect(page.get_by_text("and 10 more rows")).to_be_visible()
