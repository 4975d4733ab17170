"""Every page outside the console is in one language from its title to its last button."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2 as httpx
import pytest

from domain.access import Role
from domain.checking.policies import read_policy
from domain.translations.translator import LANGUAGES
from settings import ROOT
from store.access import users
from store.access.passwords import set_password
from store.access.sessions import COOKIE, begin_session
from store.published.policies import publish_policy
from tests.web.conftest import Site, browse

WORDS = re.compile(r"[A-Za-z]{2,}")
NAMES = {"Perennial", "QR"}
"""What is the same in every language."""
TRANSLATED = sorted(set(LANGUAGES) - {"en"})
EMAIL = "ada@lindenmoor.example"
PASSWORD = "orchard lane in march"


def english_in(page: str) -> list[str]:
    """The English words that somebody reads on a page, or hears read out."""
    body = page.partition("<title>")[2]
    said = re.findall(r'(?:aria-label|alt)="([^"]*)"', body)
    shown = re.sub(r"<code>.*?</code>|<[^>]*>", " ", body, flags=re.DOTALL)
    text = " ".join([shown, *said])
    return [word for word in WORDS.findall(re.sub(r"\S+@\S+", "", text)) if word not in NAMES]


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site with the topics that come with Perennial, and a user with a password."""
    site = make_site(email_from_name="Perennial", email_from="hello@perennial.example")
    with site.database.begin() as connection:
        source = (ROOT / "cadences" / "consent.yaml").read_text("utf-8")
        policy, _ = read_policy(source, "consent.yaml")
        assert policy is not None
        publish_policy(connection, source, policy)
        user = users.add_user(connection, EMAIL, "Ada", Role.ADMIN)
        set_password(connection, user, PASSWORD, datetime.now(UTC))
    return site


@pytest.mark.parametrize("language", TRANSLATED)
async def test_a_recipients_pages_are_in_their_own_language(site: Site, language: str) -> None:
    """Whatever their browser prefers: it is where the mail they come from was in."""
    lead = site.add_lead(language=language, time_zone="Asia/Shanghai", country="CN")
    touch = site.add_touch(lead)
    signer = site.signer
    preferences = signer.preferences(touch)
    async with browse(site) as browser:
        browser.headers["Accept-Language"] = "en-US,en;q=0.9"
        booking = await browser.get(signer.booking(touch))
        slot = re.search(r'name="starts_at" value="([^"]+)"', booking.text)
        assert slot
        answers = [
            booking,
            await browser.post(signer.booking(touch), data={"starts_at": slot[1]}),
            await browser.post(signer.booking(touch), data={"starts_at": "never"}),
            await browser.post(signer.booking(touch), data={"action": "cancel"}),
            await browser.post(signer.booking(touch), data={"action": "cancel"}),
            await browser.get(preferences),
            await browser.post(preferences, data={"action": "save", "shown": ["sales"]}),
            await browser.get(signer.confirmation(touch)),
            await browser.get(signer.unsubscribe(touch)),
            await browser.post(signer.unsubscribe(touch)),
            await browser.get(preferences),
            await browser.get(signer.confirmation(touch)),
            await browser.post(preferences, data={"action": "come_back"}),
        ]
    check(answers, language)


@pytest.mark.parametrize("language", TRANSLATED)
async def test_pages_that_know_nobody_are_in_the_browsers_language(
    site: Site, language: str
) -> None:
    """Sign-in and what goes wrong: half of it in English helps nobody."""
    user = site.rows("SELECT id FROM console_user")[0][0]
    assert isinstance(user, int)
    with site.database.begin() as connection:
        entry = f"/enter/{users.make_link(connection, user, datetime.now(UTC))}"
        session = begin_session(connection, user, datetime.now(UTC))
    async with browse(site) as browser:
        browser.headers["Accept-Language"] = f"de-DE,{language}-XX;q=0.9,en;q=0.1"
        wrong = {"email": EMAIL, "password": "wrong"}
        answers = [
            await browser.get("/"),
            await browser.get("/nowhere"),
            await browser.get("/u/broken"),
            await browser.post("/u/" + "x" * 9000),
            await browser.get("/sign-in"),
            await browser.get("/forgotten"),
            await browser.post("/forgotten", data={"email": "nobody@lindenmoor.example"}),
            await browser.post("/sign-in", data=wrong),
            await browser.get(entry),
            await browser.get("/enter/gone"),
            await browser.post("/sign-in", data=wrong, headers={"Sec-Fetch-Site": "cross-site"}),
        ]
        browser.cookies.set(COOKIE, session)
        new = {"new": "perennial perennial", "again": "perennial perennial"}
        answers += [
            await browser.get("/password"),
            await browser.post("/password", data={"current": PASSWORD, **new}),
            await browser.post("/password", data={"new": "one", "again": "two"}),
            await browser.get("/second-factor/set-up"),
            await browser.post("/second-factor/set-up", data={"sealed": "no", "current": PASSWORD}),
        ]
    check(answers, language)


def check(answers: list[httpx.Response], language: str) -> None:
    """That each answer is a page in this language."""
    for answer in answers:
        assert f'<html lang="{language}">' in answer.text, (answer.request.url, answer.status_code)
        assert english_in(answer.text) == [], answer.request.url
