"""What a browser does in a text of a mail: merge fields stay merge fields."""

from __future__ import annotations

from pathlib import Path

from domain.email.blocks.addresses import Address
from domain.email.blocks.editable import editable, editable_link, rich_from
from domain.email.blocks.rich import Field, Link, Paragraph, RichText, Styled, Words
from tests.support.browser import Windows

SCRIPT = Path("web/console/static/mail.js").read_text(encoding="utf-8")
NAME = Field(" lead.first_name ")
INSIDE = (Words("Dear "), Styled("b", (Words("old"),)), Words(" "), NAME, Words(", read on"))
LEADS = Address("own", "links.booking")


def test_a_link_and_the_clipboard_keep_merge_fields(windows: Windows) -> None:
    """Else each lead would read "First name" where its first name was."""
    text: RichText = (Paragraph(INSIDE),)
    with windows.awake() as desk:
        page = desk.open("http://127.0.0.1:1", "", phone=False, dark=False)
        page.set_content(
            '<div id="it" class="rich" contenteditable="true">'
            f"{editable(text, lambda _code: 'First name')}</div>"
        )
        page.add_script_tag(content=SCRIPT)

        def now() -> RichText:
            return rich_from(page.locator("#it").inner_html())

        page.locator("#it").focus()
        page.evaluate("getSelection().selectAllChildren(document.querySelector('#it p'))")
        copied = page.evaluate(
            """() => {
                const clipboardData = new DataTransfer();
                const about = { clipboardData, bubbles: true, cancelable: true };
                document.querySelector("#it").dispatchEvent(new ClipboardEvent("copy", about));
                return clipboardData.getData("text/plain");
            }"""
        )
        assert copied == "Dear old {{ lead.first_name }}, read on"
        page.wait_for_function("carets.has(document.getElementById('it'))")
        link = editable_link(Link(LEADS, ()), str)
        page.evaluate("(html) => leadTo('it', html)", link)
        assert now() == (Paragraph((Link(LEADS, INSIDE),)),)

        page.evaluate("getSelection().selectAllChildren(document.querySelector('#it a'))")
        other = Address("tracked", "https://example.com/a?b=1&region=2")
        page.wait_for_function("linkOf(carets.get(document.getElementById('it')))")
        page.evaluate("(html) => leadTo('it', html)", editable_link(Link(other, ()), str))
        assert now() == (Paragraph((Link(other, INSIDE),)),)
        page.evaluate("leadTo('it', '')")
        assert now() == text
