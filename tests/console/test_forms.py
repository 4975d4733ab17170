"""Forms in a browser: within the page of another site, without script, and in the console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from domain.checking.policies import read_policy
from settings import ROOT
from store.published.policies import publish_policy
from tests.console.conftest import Console
from tests.support.browser import Windows
from tests.support.web_app import Site


class Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, without a word on the terminal."""

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A web site of somebody else's; its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def publish(site: Site, origin: str) -> None:
    """The form that is shipped, for this site to show."""
    source = (ROOT / "cadences" / "forms.yaml").read_text(encoding="utf-8")
    source = source.replace("origins: []", f"origins: ['{origin}']")
    policy, problems = read_policy(source, "forms.yaml")
    assert policy is not None, problems
    with site.database.begin() as connection:
        publish_policy(connection, source, policy)


@pytest.fixture
def visitor(site: Site, windows: Windows) -> Iterator[Page]:
    """A window of somebody whom nobody knows."""
    with windows.awake() as desk:
        yield desk.open(site.base, "", phone=True, dark=False)
    # A form with a mistake in it is a 422.
    assert [one for one in desk.complaints if "status of 422" not in one] == []


def test_a_form_within_the_page_of_another_site_makes_a_lead(
    site: Site, visitor: Page, tmp_path: Path
) -> None:
    """Marketing puts two lines into its own site, and people leave their address there: with the
    campaign that brought them, and the page they were on."""
    (tmp_path / "pricing.html").write_text(
        '<!doctype html><html lang="ko"><title>Prices</title><link rel="icon" href="data:,">'
        '<h1>Prices</h1><div data-perennial-form="demo-request"></div>'
        f'<script src="{site.base}/f/embed.js" async></script></html>',
        encoding="utf-8",
    )
    with served(tmp_path) as origin:
        publish(site, origin)
        visitor.goto(f"{origin}/pricing.html?utm_source=News&utm_campaign=May")
        form = visitor.frame_locator("iframe")
        expect(form.get_by_role("heading")).to_have_text("우리 회사 경로로 직접 확인하기")
        height = visitor.locator("iframe").bounding_box()
        assert height
        assert height["height"] > 500, "it is as high as its form"
        form.get_by_role("button").click()
        expect(form.locator(".mistake").first).to_have_text("입력해 주세요.")
        form.get_by_label("회사 이메일").fill("jiwoo@embedded.example")
        form.get_by_label("회사", exact=False).nth(1).fill("Embedded")
        form.get_by_label("국가", exact=False).select_option("KR")
        form.get_by_role("checkbox").check()
        form.get_by_role("button").click()
        expect(form.get_by_role("status")).to_contain_text("감사합니다")

    lead = site.value("SELECT id FROM lead WHERE email = 'jiwoo@embedded.example'")
    zone = "SELECT time_zone FROM lead WHERE id = :lead"
    assert site.value(zone, lead=lead) == "Europe/London", "the browser's own"
    detail = site.value("SELECT detail FROM engagement WHERE lead_id = :lead", lead=lead)
    assert detail["url"] == f"{origin}/pricing.html"
    assert detail["campaign"] == {"source": "news", "campaign": "may"}
    agreed = "SELECT evidence FROM consent_record WHERE email_key = 'jiwoo@embedded.example'"
    assert site.value(agreed).startswith("form demo-request, text ko version")


def test_a_site_that_the_form_does_not_name_can_not_show_it(
    site: Site, windows: Windows, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text(
        f'<!doctype html><iframe src="{site.base}/f/demo-request/embed"></iframe>',
        encoding="utf-8",
    )
    publish(site, "https://www.lindenmoor.example")
    with served(tmp_path) as origin, windows.awake() as desk:
        page = desk.open(site.base, "", phone=False, dark=False)
        page.goto(origin)
        expect(page.frame_locator("iframe").get_by_role("button")).to_have_count(0)
        assert any("frame-ancestors" in one or "refused" in one for one in desk.complaints)


def test_a_form_works_without_script(site: Site, windows: Windows) -> None:
    """For whoever runs none, and on the phone of whoever has no patience: who is too fast is told
    to wait, and loses nothing."""
    publish(site, "https://www.lindenmoor.example")
    with windows.awake() as desk:
        page = desk.open(site.base, "", phone=True, dark=False, script=False)
        page.goto("/f/demo-request?language=en")
        page.get_by_label("Work e-mail").fill("noscript@plain.example")
        page.get_by_label("Company").fill("Plain")
        page.get_by_role("button", name="Ask for a demo").click()
        expect(page.get_by_role("alert")).to_contain_text("press the button once more")
        expect(page.get_by_label("Company")).to_have_value("Plain")
        page.wait_for_timeout(8_000)
        page.get_by_role("button", name="Ask for a demo").click()
        expect(page.get_by_role("status")).to_contain_text("Thank you")

    state = "SELECT state FROM form_submission WHERE email_key = 'noscript@plain.example'"
    assert site.value(state) == "taken"


def test_forms_can_be_used_by_everybody(site: Site, visitor: Page) -> None:
    """By those who hear the page too, with its mistakes."""
    publish(site, "https://www.lindenmoor.example")
    for language in ("en", "ko", "zh"):
        visitor.goto(f"/f/demo-request?language={language}")
        visitor.get_by_role("button").click()
        expect(visitor.locator(".mistake").first).to_be_visible()
        found = Axe().run(visitor, options={"resultTypes": ["violations"]})
        assert [one["id"] for one in found.response["violations"]] == []
        assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_marketing_releases_what_was_no_spam(site: Site, console: Console) -> None:
    """The list says what waits; the form shows it; one press makes it a lead."""
    publish(site, "https://www.lindenmoor.example")
    site.value(
        """
        INSERT INTO form_submission (form, key, state, suspicion, email_key, language, answers,
            facts, detail, visitor, at)
        VALUES ('demo-request', 'kept', 'spam', 'trap', 'kept@apart.example', 'en',
            '{"email": "kept@apart.example", "company": "Apart"}',
            '{"email": "kept@apart.example", "email_key": "kept@apart.example"}',
            '{"properties": {"form": "demo-request"}}', 'form:kept', now())
        RETURNING id
        """
    )
    page = console("marketing")
    page.goto("/console/forms")
    page.get_by_role("link", name="See it with your own routes").click()
    expect(page.get_by_text("data-perennial-form")).to_be_visible()
    expect(page.frame_locator("iframe").get_by_label("Work e-mail")).to_be_visible()
    page.get_by_role("link", name="Kept as spam (1)").click()
    expect(page.get_by_text("A field was filled in that no person sees.")).to_be_visible()
    page.get_by_role("button", name="It was no spam: kept@apart.example").click()
    expect(page.get_by_text("Nothing was kept apart.")).to_be_visible()
    page.get_by_role("link", name="What was taken").click()
    expect(page.get_by_role("link", name="kept@apart.example")).to_be_visible()

    lead = site.value("SELECT lead_id FROM form_submission WHERE key = 'kept'")
    assert site.value("SELECT email FROM lead WHERE id = :lead", lead=lead) == "kept@apart.example"
