"""A marketer who knows no YAML builds a cadence: by mouse, and by keys alone."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from domain.authoring.yaml_source import validate
from domain.cadences.cadence import BranchStep, Cadence, WaitStep
from tests.console.conftest import Console
from tests.support.web_app import Site


def dialog(window: Page) -> Locator:
    """What is asked now."""
    return window.locator(".q-dialog").last


def choose(window: Page, label: str, option: str) -> None:
    """Choose from a list of a dialog."""
    dialog(window).get_by_label(label, exact=True).click()
    window.get_by_role("option", name=option).first.click()


def save(window: Page) -> None:
    """Save the step that is open."""
    dialog(window).get_by_role("button", name="Save step").click()


def published(site: Site, name: str) -> Cadence:
    """The newest version of a cadence."""
    source = site.value(
        f"SELECT source FROM cadence_version WHERE name = '{name}' ORDER BY version DESC LIMIT 1"
    )
    made, problems = validate(Cadence, source, name)
    assert problems == []
    assert made is not None
    return made


def add_mail(window: Page, mail: str) -> None:
    """In the dialog that asks what kind of step is added: a mail."""
    dialog(window).get_by_role("button", name="Mail Sends").click()
    field = dialog(window).get_by_label("Which mail")
    field.fill(mail)
    window.get_by_role("option", name=mail).click()
    expect(dialog(window).get_by_title("The mail on a phone")).to_be_visible()
    save(window)


def test_a_marketer_who_knows_no_yaml_builds_a_cadence_by_mouse(
    console: Console, site: Site
) -> None:
    """Four steps with a branch and a wait, tried, undone and published, and nothing typed as
    code: else each cadence costs somebody with a text editor an hour."""
    window = console("marketing")
    window.goto("/console/cadences/new")
    window.get_by_role("button", name="Change the rules").click()
    dialog(window).get_by_label("Name of the cadence").fill("Built by mouse")
    dialog(window).get_by_label("Opens at").fill("25:00")
    dialog(window).get_by_role("button", name="Save rules").click()
    expect(dialog(window)).to_contain_text("'25:00' is not a time of day")
    dialog(window).get_by_label("Opens at").fill("10:00")
    dialog(window).get_by_role("button", name="Save rules").click()
    expect(window.locator(".facts").first).to_contain_text("built-by-mouse")

    window.get_by_role("button", name="Add the first step").click()
    add_mail(window, "welcome-1-checklist")
    expect(window.locator(".course .mail")).to_have_count(1)
    window.get_by_role("button", name="Add a step at the end").click()
    dialog(window).get_by_role("button", name="Waiting time Lets").click()
    dialog(window).get_by_label("How long").fill("")
    save(window)
    expect(dialog(window)).to_contain_text("is no time at all")
    dialog(window).get_by_label("How long").fill("4")
    save(window)
    expect(window.locator(".course .pause")).to_contain_text("4 business days")
    window.get_by_role("button", name="Add a step at the end").click()
    dialog(window).get_by_role("button", name="Branch Goes").click()
    dialog(window).get_by_role("button", name="Add a condition").click()
    choose(window, "Field", "Links clicked")
    dialog(window).get_by_label("Number").fill("1")
    save(window)
    expect(dialog(window)).to_contain_text("What comes first under “Yes”?")
    add_mail(window, "welcome-2-three-numbers")
    expect(window.locator(".course .mail")).to_have_count(2)
    window.locator(".ways > div").nth(1).get_by_role("button", name="Add the first step").click()
    dialog(window).get_by_role("button", name="Task Asks").click()
    save(window)
    expect(dialog(window)).to_contain_text("there is no text here")
    dialog(window).get_by_label("What people read in their list").fill("Look at the website")
    save(window)
    expect(window.get_by_text("No mistakes.")).to_be_visible()

    fork = window.locator(".course .fork").first
    window.get_by_role("button", name="Delete: Look at the website").click()
    expect(fork).not_to_contain_text("Look at the website")
    window.locator("body").click(position={"x": 2, "y": 2})
    window.keyboard.press("Control+z")
    expect(fork).to_contain_text("Look at the website")
    window.get_by_role("button", name="Redo").click()
    expect(fork).not_to_contain_text("Look at the website")
    window.get_by_role("button", name="Undo").click()
    expect(fork).to_contain_text("Look at the website")
    expect(window.get_by_text("No mistakes.")).to_be_visible()

    window.get_by_role("button", name="Publish").click()
    window.get_by_role("button", name="Publish now").click()
    window.wait_for_url("**/console/cadences/built-by-mouse")
    made = published(site, "built-by-mouse")
    assert [next(iter(one.model_dump())) for one in made.steps] == ["email", "wait", "branch"]
    _mail, wait, branch = made.steps
    assert isinstance(wait, WaitStep)
    assert str(wait.wait) == "4 business days"
    assert isinstance(branch, BranchStep)
    assert made.step_count == 5
    assert made.window.start == 600


def press(window: Page, *keys: str) -> None:
    """Press keys, one after the other."""
    for key in keys:
        window.keyboard.press(key)


def tab_to(window: Page, wanted: Locator) -> None:
    """Go to something with the tabulator alone."""
    expect(wanted).to_be_visible()
    # A dialog that opens takes the keyboard only then.
    window.wait_for_function(
        "() => [...document.querySelectorAll('.q-dialog__inner')]"
        ".every((one) => one.contains(document.activeElement))"
    )
    for _ in range(120):
        if wanted.evaluate("(one) => one.contains(document.activeElement)"):
            return
        # The editor of the text takes the tabulator for itself, until it is left.
        leaves = window.locator(".q-dialog").count() == 0
        if leaves and window.evaluate(
            "() => Boolean(document.activeElement.closest('.cm-editor'))"
        ):
            window.keyboard.press("Escape")
        window.keyboard.press("Tab")
    raise AssertionError("The tabulator does not come there.")


def test_a_marketer_builds_a_cadence_by_keys_alone(console: Console, site: Site) -> None:
    """Who can't use a mouse writes cadences too."""
    window = console("marketing")
    window.goto("/console/cadences/new")
    expect(window.get_by_text("1 mistake.")).to_be_visible()
    tab_to(window, window.get_by_role("button", name="Change the rules"))
    press(window, "Enter")
    tab_to(window, dialog(window).get_by_label("Name of the cadence"))
    press(window, "Control+a")
    window.keyboard.type("built-by-keys")
    expect(dialog(window).get_by_label("Name of the cadence")).to_have_value("built-by-keys")
    tab_to(window, dialog(window).get_by_role("button", name="Save rules"))
    press(window, "Enter")
    expect(window.locator(".facts").first).to_contain_text("built-by-keys")

    for number, mail in enumerate(("welcome-1-checklist", "welcome-2-three-numbers")):
        name = "Add a step at the end" if number else "Add the first step"
        tab_to(window, window.get_by_role("button", name=name))
        press(window, "Enter")
        tab_to(window, dialog(window).get_by_role("button", name="Mail Sends"))
        press(window, "Enter")
        tab_to(window, dialog(window).get_by_label("Which mail"))
        window.keyboard.type(mail)
        expect(window.get_by_role("option", name=mail)).to_be_visible()
        press(window, "ArrowDown", "Enter")
        expect(dialog(window).get_by_title("The mail on a phone")).to_be_visible()
        tab_to(window, dialog(window).get_by_role("button", name="Save step"))
        press(window, "Enter")
        expect(window.locator(".course .mail")).to_have_count(number + 1)

    tab_to(window, window.get_by_role("button", name="Add a step at the end"))
    press(window, "Enter")
    tab_to(window, dialog(window).get_by_role("button", name="Waiting time Lets"))
    press(window, "Enter")
    tab_to(window, dialog(window).get_by_role("button", name="Save step"))
    press(window, "Enter")
    up = window.get_by_role("button", name="Move up: 3 business days")
    tab_to(window, up)
    press(window, "Enter")
    expect(window.locator(".course > li:not(.insert)").nth(1)).to_contain_text("3 business days")
    expect(window.get_by_role("button", name="Move up: 3 business days")).to_be_focused()
    expect(window.get_by_text("No mistakes.")).to_be_visible()
    press(window, "p")
    expect(window.get_by_role("heading", name="Publish built-by-keys?")).to_be_visible()
    tab_to(window, window.get_by_role("button", name="Publish now"))
    press(window, "Enter")
    window.wait_for_url("**/console/cadences/built-by-keys")
    assert published(site, "built-by-keys").step_count == 3


def test_text_and_drawing_are_one(console: Console, site: Site) -> None:
    """Who writes YAML sees it drawn, mistakes at their steps; what is no YAML yet takes nothing
    away; comments outlive the mouse."""
    window = console("marketing")
    window.goto("/console/cadences/no-show-recovery/edit")
    text = window.locator(".cm-content")
    window.get_by_role("button", name="Move down: 2 hours").click()
    expect(text).to_contain_text("# Each missed meeting is a new one")
    window.get_by_role("button", name="Compare c").click()
    expect(window.locator(".difference tr.gone")).to_have_count(1)
    broken = "cadence: no-show-recovery\nsteps:\n  - email: nothing-like-it\n  - later: 1\n"
    text.fill(broken)
    mail = window.locator(".course .mail")
    expect(mail.locator(".wrong")).to_contain_text("unknown template 'nothing-like-it'")
    expect(window.locator(".course")).to_contain_text("The form has no fields for this")
    text.fill(broken + "  - [")
    expect(window.get_by_text("The text can't be drawn now")).to_be_visible()
    expect(mail).to_contain_text("nothing-like-it")
    window.get_by_role("button", name="Discard draft").click()
    window.get_by_role("button", name="Forget").click()
    expect(window.get_by_text("No mistakes.")).to_be_visible()


def test_two_people_change_one_cadence_and_only_what_both_changed_is_asked(
    console: Console, site: Site
) -> None:
    """The second to publish would undo what the first did."""
    first, second = console("marketing"), console("admin")
    for window in (first, second):
        window.goto("/console/cadences/onboarding/edit")
        expect(window.get_by_text("No mistakes.")).to_be_visible()
    for window, number in ((second, "6"), (first, "8")):
        window.get_by_role("button", name="Change: ").first.click()
        dialog(window).get_by_label("How long").fill(number)
        save(window)
        expect(window.locator(".course .pause").first).to_contain_text(number)
    first.get_by_role("button", name="Copy: ").nth(1).click()
    expect(first.get_by_text("No mistakes.")).to_be_visible()
    first.get_by_role("button", name="Publish").click()
    first.get_by_role("button", name="Publish now").click()
    expect(second.get_by_text("was published after you began")).to_be_visible()

    second.get_by_role("button", name="Merge it into yours").click()
    expect(dialog(second).get_by_text("Yours: 6")).to_be_visible()
    dialog(second).get_by_text("Theirs: 8").click()
    dialog(second).get_by_role("button", name="Merge", exact=True).click()
    expect(second.locator(".course .pause").first).to_contain_text("8")
    expect(second.locator(".course .mail")).to_have_count(4)
    expect(second.get_by_text("was published after you began")).to_have_count(0)
    second.get_by_role("button", name="Discard draft").click()
    second.get_by_role("button", name="Forget").click()
