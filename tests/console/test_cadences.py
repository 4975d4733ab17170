"""A marketer writes, previews, compares and publishes in the browser."""

from __future__ import annotations

from datetime import date

from playwright.sync_api import Dialog, Page, expect

from domain.figures.periods import Period
from domain.figures.steps import StepQuestion
from domain.labels import TASK_KINDS
from store.figures.steps import step_counts
from store.views.cadence_figures import cadence_counts, leads_on_steps
from tests.console.conftest import Console
from tests.support.web_app import Site

WRITTEN = """\
cadence: spring-check
topic: nurture
steps:
  - email: welcome-1-checklist
  - wait: 3 business days
  - branch:
      if: engagement.clicks > 0
      then:
        - task:
            title: Call about what the lead read
            kind: call
      else:
        - email: welcome-2-three-numbers
"""


def ready(window: Page) -> None:
    """Wait until the editor has said what it thinks of the text."""
    expect(window.locator(".code ~ [role=status]")).not_to_be_empty()


def write(window: Page, text: str) -> None:
    """Put a text in the place of what the editor holds."""
    ready(window)
    window.locator(".cm-content").fill(text)


def test_the_figures_of_a_cadence_are_those_of_its_leads_and_mails(site: Site) -> None:
    """Marketing decides by them; and what a scanner opened is no reader."""
    name = "welcome-nurture"
    inside = site.value("SELECT count(*) FROM enrollment WHERE ended_at IS NULL")
    touched = "SELECT count(*) FROM touch WHERE state = 'sent' AND enrollment_id IS NOT NULL"
    clicked = (
        "SELECT count(DISTINCT touch_id) FROM engagement JOIN touch ON touch.id = touch_id "
        "WHERE kind = 'click' AND machine = '' AND touch.enrollment_id IS NOT NULL"
    )

    with site.database.connect() as connection:
        standing = leads_on_steps(connection, name)
        whole = Period(date(2020, 1, 1), date(2100, 1, 1), "UTC")
        mails = step_counts(connection, StepQuestion(whole, cadence=name))
        counts = cadence_counts(connection)[name]
    with site.visit(site.sign_in("ops")) as visitor:
        page = visitor.get(f"/console/cadences/{name}").text
        listed = visitor.get("/console/cadences").text

    assert inside > 0
    assert sum(standing.steps.values()) == standing.leads == counts.leads == inside
    assert sum(one.sent for one in mails) == site.value(touched)
    assert sum(one.clicked for one in mails) == site.value(clicked) > 0
    assert f"{inside} leads" in page
    step, leads = next(iter(counts.steps.items()))
    assert counts.steps == standing.steps
    code = step.removeprefix("email-").removeprefix("task-")
    assert f"{TASK_KINDS.get(code, code)} {leads}" in listed


def test_a_marketer_writes_a_cadence_mends_a_mistake_and_publishes_it(
    console: Console, site: Site
) -> None:
    """From nothing to version 2: else marketing has to ask somebody with a terminal."""
    window = console("marketing")
    window.goto("/console/cadences")
    window.get_by_role("link", name="New cadence").click()
    write(window, WRITTEN.replace("spring-check", "welcome-nurture"))
    taken = "There is a cadence 'welcome-nurture' already"
    expect(window.get_by_role("button", name="Line 1, column 10")).to_contain_text(taken)
    write(window, WRITTEN.replace("- wait: 3 business days", "- wiat: 3 business days"))

    mistake = window.get_by_role("button", name="Line 5, column 5")
    expect(mistake).to_contain_text("Did you mean 'wait'?")
    expect(window.locator(".cm-line.mistaken")).to_have_text("  - wiat: 3 business days")
    window.reload()
    expect(window.locator(".cm-line.mistaken")).to_have_text("  - wiat: 3 business days")
    mistake.click()
    expect(window.locator(".cm-activeLine")).to_have_text("  - wiat: 3 business days")
    window.keyboard.press("Control+End")
    write(window, WRITTEN)
    expect(window.get_by_text("No mistakes.")).to_be_visible()
    expect(window.locator(".course .fork")).to_contain_text("Call about what the lead read")
    window.get_by_role("button", name="Publish").click()
    expect(window.get_by_role("heading", name="Publish spring-check?")).to_be_visible()
    window.get_by_role("button", name="Publish now").click()
    window.wait_for_url("**/console/cadences/spring-check")

    window.get_by_role("link", name="welcome-2-three-numbers").click()
    phone = window.get_by_title("The mail on a phone")
    expect(phone).to_have_attribute("width", "390")
    expect(phone.content_frame.locator("body")).to_contain_text("Lindenmoor")

    window.goto("/console/cadences/spring-check/edit")
    write(window, WRITTEN.replace("3 business days", "5 business days"))
    window.get_by_role("button", name="Compare c").click()
    expect(window.locator(".difference tr.gone")).to_contain_text("3 business days")
    expect(window.locator(".difference tr.new")).to_contain_text("5 business days")
    window.get_by_role("button", name="Publish").click()
    window.get_by_role("button", name="Publish now").click()
    expect(window.get_by_role("status").first).to_contain_text("spring-check version 2")
    assert site.value("SELECT max(version) FROM cadence_version WHERE name = 'spring-check'") == 2
    write(window, WRITTEN.replace("spring-check", "spring-copy"))
    window.get_by_role("button", name="Publish").click()
    expect(window.get_by_text("spring-check stays as it is")).to_be_visible()
    window.get_by_role("button", name="Publish now").click()
    window.wait_for_url("**/console/cadences/spring-copy")
    assert site.value("SELECT count(*) FROM draft") == 0


def test_what_is_typed_while_the_linter_answers_or_the_line_is_down_is_not_lost(
    console: Console, site: Site
) -> None:
    """A marketer types on while lines are marked, and on a train: nothing typed may vanish."""
    window = console("marketing")
    window.goto("/console/policies/customer/edit")
    ready(window)
    text = window.locator(".cm-content")
    text.press("Control+Home")
    window.keyboard.type("wrong: 1\n")
    # What the server is not told is what it does not know yet.
    window.evaluate("() => { window.emit = window.socket.emit; window.socket.emit = () => {}; }")
    window.keyboard.type("# typed later\n")
    expect(window.locator(".cm-line.mistaken")).to_have_text("wrong: 1")
    expect(text).to_contain_text("# typed later")
    expect(window.locator(".code-comment").first).to_have_text("# typed later")

    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    window.on("dialog", stay)
    window.evaluate("() => { window.socket.emit = window.emit; window.socket.disconnect(); }")
    window.keyboard.type("# on a train\n")
    window.evaluate("() => window.location.reload()")
    expect(text).to_contain_text("# on a train")
    assert asked == ["beforeunload"]
    window.evaluate("() => window.socket.connect()")


def test_a_new_mail_that_was_begun_is_found_again(console: Console, site: Site) -> None:
    """It is in no list before it is published: what was written would seem gone."""
    window = console("marketing")
    window.goto("/console/policies")
    window.get_by_label("Name of a new mail").fill("spring-1")
    window.get_by_label("Name of a new mail").press("Enter")
    window.wait_for_url("**/console/templates/spring-1/edit*")
    ready(window)
    window.locator(".cm-content").press("Control+End")
    window.keyboard.type("<!-- later -->")
    expect(window.get_by_text("Your draft is kept")).to_be_visible()
    window.goto("/console/policies")
    window.get_by_role("link", name="spring-1.en").click()
    expect(window.locator(".cm-content")).to_contain_text("<!-- later -->")
    window.get_by_role("button", name="Discard draft").click()
    window.get_by_role("button", name="Forget").click()
    expect(window.locator(".cm-content")).not_to_contain_text("<!-- later -->")


def test_the_parts_of_mails_can_be_read_beside_the_editor(site: Site) -> None:
    """Who can't see the footer that a mail includes does not know what it says."""
    with site.visit(site.sign_in("marketing")) as visitor:
        page = visitor.get("/console/templates/welcome-1-checklist/edit").text

    assert "Parts that mails include" in page
    assert "_footer-outbound.mjml" in page


def test_a_marketer_sees_what_new_scoring_rules_would_do_and_sends_a_mail_to_herself(
    console: Console, site: Site
) -> None:
    """Rules nobody tried hand sales hundreds of leads at once; a test that counts as a touch
    spoils what is known of a lead."""
    window = console("marketing")
    window.goto("/console/policies/scoring/edit")
    ready(window)
    window.locator(".cm-content").press("Control+Home")
    window.keyboard.type("# tried\n")
    window.get_by_role("button", name="Publish").click()
    expect(window.get_by_role("table", name="What the new rules would do")).to_be_visible()
    window.get_by_role("button", name="Cancel").click()

    touches = site.value("SELECT count(*) FROM touch")
    window.goto("/console/templates/welcome-1-checklist?language=ko")
    here = window.get_by_role("link", name="Policies and mails")
    expect(here).to_have_attribute("aria-current", "page")
    window.get_by_label("Send a test to").fill("clara@perennial.example")
    window.get_by_role("button", name="Send test").click()
    expect(window.get_by_text("Sent to clara@perennial.example: [Test]")).to_be_visible()
    sent = site.value("SELECT touch_key FROM outbox_message ORDER BY id DESC LIMIT 1")
    assert sent.startswith("test:")
    assert site.value("SELECT count(*) FROM touch") == touches
    shown = window.get_by_title("The mail on a desktop").content_frame
    expect(shown.locator("html")).to_have_attribute("lang", "ko")


def test_who_edits_what_somebody_else_edits_is_told(console: Console, site: Site) -> None:
    """The second to publish would undo what the first did, and neither would know."""
    first, second = console("marketing"), console("admin")
    first.goto("/console/policies/content/edit")
    ready(first)
    first.locator(".cm-content").press("Control+Home")
    first.keyboard.type("# first\n")
    expect(first.get_by_text("Your draft is kept")).to_be_visible()
    second.goto("/console/policies/content/edit")

    expect(second.get_by_text("Clara Moss is writing this too")).to_be_visible()
    second.get_by_role("button", name="Compare with theirs").click()
    expect(second.locator(".difference tr.gone")).to_contain_text("# first")
    first.get_by_role("button", name="Publish").click()
    first.get_by_role("button", name="Publish now").click()
    expect(second.get_by_text("Version 2 was published after you began")).to_be_visible()
