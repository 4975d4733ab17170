"""What marketing changes about scoring, recycling and consent, from the form to the file: nothing
of it is typed as code."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from domain.authoring.yaml_source import validate
from domain.scoring.policy import ScoringPolicy
from store.published.policies import publish_policy
from tests.console.conftest import Console
from tests.support.web_app import Site

SOURCE = "SELECT source FROM policy_version WHERE name = :name ORDER BY version DESC LIMIT 1"


def in_force(site: Site, name: str) -> str:
    """A policy as it is published."""
    with site.database.connect() as connection:
        return str(connection.scalar(text(SOURCE), {"name": name}))


def choose(page: Page, field: Locator, option: str) -> None:
    """Choose from a list that can be searched, with the keyboard."""
    field.click()
    field.fill(option)
    page.get_by_role("option", name=option, exact=True).click()


def add_condition(builder: Locator) -> Locator:
    """The row of a new condition, once it is there: until then the last row is another."""
    rows = builder.locator(".builder-row")
    add = builder.get_by_role("button", name="Add a condition").last
    expect(add).to_be_visible()
    before = rows.count()
    add.click()
    expect(rows).to_have_count(before + 1)
    return rows.last


def publish(page: Page) -> None:
    """Publish what the form has, after a look at what it does."""
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish now").click()
    expect(page.get_by_text(re.compile(r"Published: \w+ version"))).to_be_visible()


def test_marketing_changes_the_scoring(site: Site, console: Console, as_before: None) -> None:
    """Points, a condition, a switch: with the forecast beside them; what is incomplete is told at
    its field, and the file keeps what others wrote."""
    before = in_force(site, "scoring")
    page = console("marketing")
    page.goto("/console/policies/scoring")
    page.get_by_role("link", name="Change it in a form").click()
    expect(page.get_by_text("These are the rules in force")).to_be_visible()

    clicked = page.get_by_role("group", name="clicked in a mail")
    clicked.get_by_label("Points").fill("")
    page.get_by_role("button", name="Publish").click()
    expect(clicked.get_by_text(re.compile("there is nothing"))).to_be_visible()
    clicked.get_by_label("Points").fill("14")
    expect(page.get_by_role("region", name="What the new rules would do")).to_be_visible()
    expect(clicked.get_by_text(re.compile("Would hold of"))).to_be_visible()

    prices = page.get_by_role("group", name="looked at prices")
    expect(prices.get_by_label("If")).to_have_value("Path of the page begins with /pricing")
    prices.get_by_label("If").press("Enter")
    builder = prices.get_by_role("group", name="If: looked at prices")
    added = add_condition(builder)
    choose(page, added.get_by_label("Field"), "Address of the page")
    page.get_by_role("button", name="Publish").click()
    expect(added.get_by_text("Write a value.")).to_be_visible()
    added.get_by_label("Operator").click()
    page.get_by_role("option", name="contains", exact=True).click()
    added.get_by_label("Its value").fill("example")
    builder.get_by_label("Which of them must hold").click()
    page.get_by_role("option", name="At least one of these holds").click()
    expect(prices.get_by_label("If", exact=True)).to_have_value(
        "Path of the page begins with /pricing or Address of the page contains example"
    )

    jobs = page.get_by_role("group", name="looked at jobs")
    jobs.get_by_role("switch", name="On").click()
    publish(page)

    after = in_force(site, "scoring")
    assert "- {rule: clicked in a mail, on: click, points: 14, at_most: 3 per day}" in after
    asked = 'event.path.startsWith("/pricing") || event.url.lower().contains("example")'
    assert asked in after
    assert after.count("off: true") == 1
    comments = [line for line in before.splitlines() if line.strip().startswith("#")]
    assert [line for line in after.splitlines() if line.strip().startswith("#")] == comments


def test_a_condition_is_written_as_text_with_its_mistakes_in_place(
    site: Site, console: Console
) -> None:
    """Whoever pastes CEL is told what is wrong with it where it stands, and sees it as rows."""
    page = console("marketing")
    page.goto("/console/scoring-settings")
    partner = page.get_by_role("group", name="came through somebody we know")
    partner.get_by_label("If").click()
    builder = partner.get_by_role("group", name="If: came through somebody we know")
    builder.get_by_role("button", name="Write it as text").click()
    code = builder.get_by_label("Condition in CEL")
    expect(code).to_have_value('lead.source in ["Referral", "referral", "Partner", "partner"]')
    code.fill('lead.contry == "KR"')
    expect(builder.get_by_text(re.compile("Did you mean 'country'?"))).to_be_visible()
    code.fill('lead.country in ["KR", "JP"] && !(lead.has_free_mail || lead.title == "")')
    builder.get_by_role("button", name="Show it as rows").click()
    expect(builder.get_by_role("group", name="None of these holds")).to_be_visible()
    expect(builder.get_by_text("South Korea")).to_be_visible()


def test_marketing_changes_how_long_leads_rest(
    site: Site, console: Console, as_before: None
) -> None:
    """A cell for each reason and time round."""
    page = console("marketing")
    page.goto("/console/recycle-settings")
    first = page.get_by_label("No-show: First time")
    first.click()
    page.get_by_role("option", name="14 days", exact=True).click()
    third = page.get_by_label("Lost: Time 3")
    third.click()
    page.get_by_role("option", name="Stays away").click()
    typed = page.get_by_label("Stalled: Time 2")
    typed.fill("45 dayz")
    typed.press("Enter")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text(re.compile("unknown unit 'dayz'"))).to_be_visible()
    typed.fill("45 days")
    typed.press("Enter")
    publish(page)

    after = in_force(site, "recycle")
    assert "no_show: {wait: 14 days," in after
    assert "{2: {wait: 360 days}, 3: stop}}" in after
    assert "stalled: {wait: 60 days, cadence: recycle-reentry, cycles: {4: stop, 2:" in after or (
        "stalled: {wait: 60 days, cadence: recycle-reentry, cycles: {2: {wait: 45 days}, 4: stop}}"
        in after
    )


def test_marketing_changes_caps_and_topics(site: Site, console: Console, as_before: None) -> None:
    """How much mail leads get, and what the preference page calls it."""
    page = console("marketing")
    page.goto("/console/consent-settings")
    page.get_by_label("Mails", exact=True).first.fill("3")
    topic = page.get_by_role("group", name="Guides and ideas")
    topic.get_by_label("Name (English)").fill("")
    page.get_by_role("button", name="Publish").click()
    expect(topic.get_by_text(re.compile("empty|character"))).to_be_visible()
    topic.get_by_label("Name (English)").fill("Guides")
    publish(page)

    after = in_force(site, "consent")
    assert "caps: [3 per day, 4 per week]" in after
    assert "en: {name: Guides, description: Worked examples" in after


def test_nothing_that_is_typed_in_a_form_is_lost_or_becomes_another(
    site: Site, console: Console, as_before: None
) -> None:
    """Two bands of one number became one, a condition was gone when another rule moved, and who
    published last took back what a colleague had published while they looked at it."""
    page = console("marketing")
    page.goto("/console/scoring-settings")
    prices = page.get_by_role("group", name="looked at prices")
    prices.get_by_label("If").press("Enter")
    builder = prices.get_by_role("group", name="If: looked at prices")
    added = add_condition(builder)
    choose(page, added.get_by_label("Field"), "Address of the page")
    page.get_by_role("button", name="Remove: looked at jobs").click()
    expect(page.get_by_role("group", name="looked at jobs")).to_have_count(0)
    expect(builder.locator(".builder-row")).to_have_count(2)
    added.get_by_label("Operator").click()
    page.get_by_role("option", name="contains", exact=True).click()
    added.get_by_label("Its value").fill("prices.example")

    begins = page.get_by_label("From", exact=True)
    first = begins.first.input_value()
    begins.nth(1).fill(first)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Another one has this already")).to_be_visible()
    begins.nth(1).fill(str(int(first) - 1))

    page.get_by_role("button", name="Publish").click()
    asked = page.get_by_role("dialog")
    expect(asked.get_by_role("button", name="Publish now")).to_be_visible()
    theirs = in_force(site, "scoring").replace("points: 40, at_most: 1", "points: 41, at_most: 1")
    with site.database.begin() as connection:
        policy, _problems = validate(ScoringPolicy, theirs, "")
        assert policy is not None
        publish_policy(connection, theirs, policy)
    asked.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Somebody else published scoring meanwhile")).to_be_visible()
    assert in_force(site, "scoring") == theirs
    # The refusal stays, and is in nobody's way.
    page.get_by_role("button", name="Publish").click()
    expect(asked.get_by_text("their version is replaced by yours")).to_be_visible()
    asked.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text(re.compile(r"Published: \w+ version"))).to_be_visible()
    assert 'event.url.lower().contains("prices.example")' in in_force(site, "scoring")


def test_two_topics_of_one_short_name_are_told(site: Site, console: Console) -> None:
    """The new one took the words of the other, in all languages."""
    page = console("marketing")
    page.goto("/console/consent-settings")
    page.get_by_role("button", name="Add a topic").click()
    page.get_by_label("Short name").fill("nurture")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Another one has this already")).to_be_visible()
