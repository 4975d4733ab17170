"""What marketing changes about how mails look: with a mail beside it, and nothing typed as code."""

from __future__ import annotations

import re

from playwright.sync_api import FilePayload, expect
from sqlalchemy import text

from tests.console.conftest import Console
from tests.console.test_policy_forms import in_force, publish
from tests.support.pictures import picture
from tests.support.web_app import Site

LOGO = FilePayload(name="logo.png", mimeType="image/png", buffer=picture("PNG", (640, 160)))
PHOTO = FilePayload(name="team.jpg", mimeType="image/jpeg", buffer=picture("JPEG", (900, 600)))
SVG = FilePayload(name="logo.svg", mimeType="image/svg+xml", buffer=b"<svg/>")


def test_marketing_gives_mails_the_look_of_the_company(
    site: Site, console: Console, as_before: None
) -> None:
    """A logo is uploaded, colours are set with advice where nobody could read them, and the mail
    beside it shows what leads would get, in their language; then all mails look so."""
    page = console("marketing")
    page.goto("/console/policies/brand")
    page.get_by_role("link", name="Change it in a form").click()
    mail = page.frame_locator("iframe[title='How a mail looks']")
    expect(mail.get_by_text("Lindenmoor", exact=True).first).to_be_visible()

    page.get_by_role("button", name="Choose an image").click()
    page.get_by_role("dialog").get_by_role("button", name="Upload an image").click()
    upload = page.get_by_role("dialog", name="Upload an image")
    upload.get_by_label("File").set_input_files(SVG)
    upload.get_by_label("What it shows").fill("Lindenmoor")
    upload.get_by_role("button", name="Upload").click()
    expect(upload.get_by_text("An SVG can run scripts")).to_be_visible()
    upload.get_by_label("File").set_input_files(LOGO)
    upload.get_by_role("button", name="Upload").click()
    logo = mail.get_by_role("img", name="Lindenmoor")
    expect(logo).to_be_visible()
    assert logo.evaluate("image => image.complete && image.naturalWidth") == 640

    button = page.get_by_label("Buttons", exact=True)
    button.fill("#ff8800")
    wrong = page.get_by_text(re.compile("can't be read by everybody here"))
    expect(wrong.first).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Fix the mistakes first")).to_be_visible()
    button.fill("#0b3d91")
    expect(wrong).to_have_count(0)
    page.get_by_label("Name", exact=True).first.fill("Acme Planning")
    page.get_by_text("Korean", exact=True).first.click()
    page.locator("label.choice", has_text="Language").locator("select").select_option("ko")
    expect(mail.get_by_text("수신 거부 (Unsubscribe)")).to_be_visible()
    publish(page)

    changed = in_force(site, "brand")
    assert "company: Acme Planning" in changed
    assert re.search(r"logo:\n?\s+image: [0-9a-f]{64}\.png", changed)
    assert "# The contrast of text with what is behind it" in changed
    page.goto("/console/templates/welcome-1-checklist?language=en")
    sent = page.frame_locator("iframe").first
    expect(sent.get_by_role("img")).to_be_visible()
    page.goto("/console/images")
    about = page.locator(".images li", has_text="640 × 160")
    about.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This image is shown by brand")).to_be_visible()


def test_an_image_that_no_mail_shows_is_deleted(site: Site, console: Console) -> None:
    """Whoever uploaded the wrong picture gets rid of it, and nobody else can."""
    page = console("marketing")
    page.goto("/console/images")
    page.get_by_role("button", name="Upload an image").click()
    upload = page.get_by_role("dialog", name="Upload an image")
    upload.get_by_role("button", name="Upload").click()
    expect(upload.get_by_text("Choose an image.")).to_be_visible()
    upload.get_by_label("File").set_input_files(PHOTO)
    upload.get_by_role("button", name="Upload").click()
    expect(upload.get_by_text("Say what the image shows")).to_be_visible()
    upload.get_by_label("What it shows").fill("Our planners at work")
    upload.get_by_role("button", name="Upload").click()
    one = page.locator(".images li", has_text="Our planners at work")
    expect(one).to_be_visible()
    expect(one.get_by_text("nothing yet")).to_be_visible()

    reader = console("ops")
    reader.goto("/console/images")
    expect(reader.get_by_text("Our planners at work")).to_be_visible()
    expect(reader.get_by_role("button", name="Delete")).to_have_count(0)
    expect(reader.get_by_role("button", name="Upload an image")).to_have_count(0)

    one.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(one).to_have_count(0)
    with site.database.connect() as connection:
        left = connection.scalar(text("SELECT count(*) FROM image WHERE file_name = 'team.jpg'"))
    assert left == 0
