"""A marketer looks at what a cadence brought, carries it elsewhere, and begins another from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playwright.sync_api import expect

from domain.checking.bundle import Bundle, read_bundle, write_bundle
from tests.console.conftest import Console
from tests.support.web_app import Site

NAME = "welcome-nurture"


def test_each_step_says_what_it_brought_and_opens_its_leads(console: Console, site: Site) -> None:
    """Results stand where one writes; a number that opens nothing could not be believed."""
    window = console("marketing")
    window.goto(f"/console/cadences/{NAME}")
    first = window.locator(".course .mail").first
    expect(first.locator(".figures")).to_contain_text("Mails sent")
    sent = first.locator(".figures a").first
    number = int(sent.inner_text().replace(",", ""))
    assert number > 0

    window.locator(".choice", has_text="Version").first.locator("select").select_option("1")
    window.wait_for_url("**version=1")
    window.locator(".course .mail").first.locator(".figures a").first.click()
    window.wait_for_url("**/console/leads?figure=step_sent**")
    expect(window.get_by_text(f"{number} cases")).to_be_visible()
    expect(window.get_by_text("Version: 1")).to_be_visible()

    mail = site.value(
        "SELECT template_version.name FROM touch JOIN template_version "
        "ON template_version.id = template_version_id "
        "WHERE state = 'sent' AND enrollment_id IS NOT NULL ORDER BY touch.id LIMIT 1"
    )
    window.goto(f"/console/templates/{mail}")
    results = window.get_by_role("region", name="Results")
    expect(results.get_by_role("link", name=NAME)).to_be_visible()


def test_a_marketer_carries_a_cadence_and_begins_another_from_it(
    console: Console, site: Site, tmp_path: Path
) -> None:
    """Without a terminal: export, import with a look at what differs, a copy as a draft."""
    window = console("marketing")
    window.goto(f"/console/cadences/{NAME}")
    with window.expect_download() as download:
        window.get_by_role("button", name="Export bundle").click()
    data = download.value.path().read_bytes()
    bundle = read_bundle(data)
    files = tuple(
        replace(one, name="spring-nurture", text=one.text.replace(NAME, "spring-nurture"))
        if one.name == NAME
        else one
        for one in bundle.files
    )
    path = tmp_path / "spring.zip"
    path.write_bytes(write_bundle(Bundle("spring-nurture", 1, files)))
    broken = tmp_path / "broken.zip"
    broken.write_bytes(data[:-30])

    window.goto("/console/cadences")
    window.get_by_role("button", name="Import a bundle").click()
    dialog = window.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(broken)
    expect(dialog.get_by_text("it is damaged")).to_be_visible()
    dialog.locator("input[type=file]").set_input_files(path)
    expect(dialog.get_by_text("new here")).to_be_visible()
    expect(dialog.get_by_text("the same here").first).to_be_visible()
    dialog.get_by_label("What changed, and why").fill("From Graz")
    # A colleague publishes another one meanwhile: it is shown before it is replaced.
    site.value(
        "INSERT INTO cadence_version (name, version, digest, source, definition, templates) "
        "SELECT 'spring-nurture', 1, '', source || '# theirs', definition, templates "
        f"FROM cadence_version WHERE name = '{NAME}' ORDER BY version DESC LIMIT 1 RETURNING 1"
    )
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_text("Changed here since you looked")).to_be_visible()
    expect(dialog.get_by_text("differs; is replaced")).to_be_visible()
    dialog.get_by_role("button", name="Publish").click()
    window.wait_for_url("**/console/cadences/spring-nurture")
    expect(window.get_by_text("From Graz")).to_be_visible()

    window.get_by_role("button", name="Make a copy").click()
    window.get_by_label("Name").fill(NAME)
    window.get_by_role("dialog").get_by_role("button", name="Make a copy").click()
    expect(window.get_by_text(f"There is a cadence '{NAME}' already")).to_be_visible()
    window.get_by_label("Name").fill("summer-nurture")
    window.get_by_role("dialog").get_by_role("button", name="Make a copy").click()
    window.wait_for_url("**/console/cadences/summer-nurture/edit")
    expect(window.locator(".cm-content")).to_contain_text("cadence: summer-nurture")
    expect(window.get_by_text("No mistakes.")).to_be_visible()
    window.goto("/console/cadences")
    expect(window.get_by_role("link", name="summer-nurture")).to_be_visible()
    site.value("DELETE FROM draft RETURNING 1")
    site.value("DELETE FROM cadence_version WHERE name = 'spring-nurture' RETURNING 1")
