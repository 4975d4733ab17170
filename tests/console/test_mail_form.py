"""Marketing writes a mail in two languages: nothing of it is typed as code."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.console.conftest import Console
from tests.support.web_app import Site

SOURCE = (
    "SELECT source FROM template_version WHERE name = :name AND language = :language "
    "ORDER BY id DESC LIMIT 1"
)


def block(page: Page, name: str, at: int = -1) -> Locator:
    """A block of the mail by its kind, the last one of it."""
    found = page.locator(".setting.mail-block").filter(
        has=page.locator(f"legend:text-is('{name}')")
    )
    return found.nth(at) if at >= 0 else found.last


def add_below(page: Page, below: Locator, what: str) -> None:
    """Add a block behind another, by its button."""
    below.get_by_role("button", name=re.compile("^Add below")).click()
    page.get_by_role("menu").get_by_text(what, exact=True).click()


def pick_field(page: Page, field: str, fallback: str) -> None:
    """Pick a merge field in its dialog."""
    dialog = page.get_by_role("dialog", name="Insert a merge field")
    dialog.get_by_role("combobox", name="Field").click()
    page.get_by_role("option", name=field, exact=True).click()
    dialog.get_by_role("button", name="Insert").click()
    expect(dialog.get_by_text("Not every lead has it")).to_be_visible()
    dialog.get_by_label("Said to leads of whom").fill(fallback)
    dialog.get_by_role("button", name="Insert").click()
    expect(dialog).to_be_hidden()


def publish(page: Page, language: str) -> None:
    """Publish what is written, once the page knows that nothing is wrong with it."""
    expect(page.get_by_text("No mistakes.").first).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish now").click()
    # A page tells again what the one before it told last.
    said = page.get_by_text(f"Published: harvest-1.{language}.").first
    expect(said).to_be_visible()


def test_marketing_writes_a_mail_in_two_languages(site: Site, console: Console) -> None:
    """Words, a merge field with its fallback, a picture, a button: in blocks, beside the mail as a
    lead would get it; then the same in Korean, from the English one."""
    picture_of_ours = f"{site.base}/console/static/leaf.svg"
    page = console("marketing")
    page.goto("/console/templates/harvest-1/edit")
    page.get_by_label("Subject", exact=True).fill("Fewer empty drives")
    page.get_by_label("Shown behind the subject", exact=True).fill("What a dispatcher changed")

    text = block(page, "Text")
    words = text.get_by_role("textbox", name="Text")
    words.press("Control+a")
    page.keyboard.type("Hi ")
    text.get_by_role("button", name="Merge field").click()
    pick_field(page, "Company of the lead", "all of you")
    page.keyboard.type(", here is a ")
    text.get_by_role("button", name="Bold").click()
    page.keyboard.type("calm")
    text.get_by_role("button", name="Bold").click()
    page.keyboard.type(" Monday.")
    expect(words.locator(".merge")).to_have_text("Company of the lead, else “all of you”")
    shown = page.get_by_title("The mail on a phone").content_frame
    expect(shown.get_by_text("here is a calm Monday.")).to_be_visible()

    add_below(page, text, "Image")
    picture = block(page, "Image")
    picture.get_by_label("Address of the picture").fill("javascript:alert(1)")
    expect(picture.get_by_text("An address starts with https://")).to_be_visible()
    picture.get_by_label("Address of the picture").fill(picture_of_ours)
    expect(picture.get_by_text("Say what it shows")).to_be_visible()
    picture.get_by_label("Alternative text").fill("A van in a yard")
    add_below(page, picture, "Button")
    pressed = block(page, "Button")
    pressed.get_by_label("Label of the button", exact=True).fill("Read how")
    pressed.get_by_role("textbox", name="Web address").fill("https://example.com/how")
    add_below(page, pressed, "Divider")
    block(page, "Divider").get_by_role("button", name="Delete: Divider").click()
    expect(block(page, "Divider")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(block(page, "Divider")).to_have_count(1)
    block(page, "Divider").get_by_role("button", name="Move up: Divider").click()
    page.get_by_role("button", name="Redo").click(force=True)
    expect(page.locator(".cm-content")).to_contain_text("mj-divider")
    for view in ("Dark", "Desktop", "Plain text"):
        page.get_by_role("button", name=view, exact=True).click()
    expect(page.locator(".mail-text")).to_contain_text("Read how: ")
    publish(page, "en")

    page.goto("/console/templates/harvest-1/edit?language=ko")
    text = block(page, "Text")
    expect(text.locator(".merge")).to_have_text("Company of the lead, else “all of you”")
    page.get_by_label("Subject", exact=True).fill("(광고) 빈 차 줄이기")
    words = text.get_by_role("textbox", name="Text")
    words.press("Control+a")
    page.keyboard.insert_text("차분한 월요일")
    publish(page, "ko")

    english, korean = (
        site.value(SOURCE, name="harvest-1", language=language) for language in ("en", "ko")
    )
    assert '{{ lead.company|fallback("all of you") }}, here is a <b>calm</b> Monday.' in english
    assert f'<mj-image src="{picture_of_ours}" alt="A van in a yard" />' in english
    assert '<mj-button href="{{ link("https://example.com/how") }}">Read how</mj-button>' in english
    assert '<mjml lang="ko">' in korean
    assert '<mj-include path="_footer.ko.mjml" />' in korean
    assert "<p>차분한 월요일</p>" in korean


def test_what_is_written_as_text_and_as_blocks_is_one_mail(console: Console) -> None:
    """Who knows MJML writes it; the blocks follow, and say when they can't."""
    page = console("marketing")
    page.goto("/console/templates/welcome-2-three-numbers/edit")
    lines = page.locator(".cm-content")
    expect(block(page, "Text", 0)).to_be_visible()
    page.get_by_label("Subject", exact=True).fill("Two numbers")
    expect(lines).to_contain_text("subject: Two numbers")
    lines.press("Control+Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.type(" to know")
    expect(page.get_by_label("Subject", exact=True)).to_have_value("Two numbers to know")
    lines.press("Control+End")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.type("<mj-section>")
    expect(page.get_by_text("can't be shown as blocks")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(block(page, "Text", 0)).to_be_visible()
    page.get_by_role("button", name="Discard draft").click()
    page.get_by_role("button", name="Forget").click()
    expect(page.get_by_label("Subject", exact=True)).not_to_have_value("Two numbers to know")
