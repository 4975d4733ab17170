"""A browser that fills in hosted forms, for tests."""

from __future__ import annotations

import itertools
import re

import httpx2 as httpx
import pytest

from domain.cadences.cadence import Cadence
from domain.checking.policies import read_policy
from domain.forms import spam
from domain.forms.spam import is_worked
from store.published.cadences import publish_cadence
from store.published.policies import publish_policy
from tests.web.conftest import Site
from web.forms import stamp as stamps

FORMS = """
policy: forms
forms:
  - name: demo
    title: {en: See it, ko: 직접 확인하기}
    fields:
      - {field: email, kind: email, required: true, label: {en: E-mail, ko: 이메일}}
      - {field: first_name, label: {en: First name, ko: 이름}}
      - {field: size, label: {en: Vans, ko: 차량}}
    consent: {topic: nurture, text: {en: "Write to <me>.", ko: 메일을 받겠습니다.}}
    enters: welcome-nurture
    origins: [https://www.acme.example]
    source: website
    campaign: always-on
  - name: guide
    title: {en: The guide}
    fields: [{field: email, kind: email, required: true, label: {en: E-mail}}]
    confirm: false
    redirect: https://www.acme.example/guide?x=1
  - name: over
    title: {en: It was}
    fields: [{field: email, kind: email, required: true, label: {en: E-mail}}]
    open: false
"""
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SECRET = "a secret of the tests, 0123456789"
ADA = {"answer.email": "ada@acme.example", "answer.first_name": "Ada"}


def publish(site: Site, source: str = FORMS) -> None:
    policy, problems = read_policy(source, "forms.yaml")
    assert problems == []
    assert policy is not None
    with site.database.begin() as connection:
        publish_policy(connection, source, policy)


def hidden(page: httpx.Response) -> dict[str, str]:
    """What a browser sends along by itself."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return dict(found)


def worked(page: httpx.Response) -> dict[str, str]:
    """The same of one that runs the script."""
    name = re.search(r'data-page="([^"]+)"', page.text)
    assert name
    return hidden(page) | {
        "work": next(str(n) for n in itertools.count() if is_worked(name[1], str(n)))
    }


class Clock:
    """The time of the stamps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Nobody waits for the time after which a form may be sent; and less work will do."""
    made = Clock()
    monkeypatch.setattr(stamps, "time", made)
    monkeypatch.setattr(spam, "WORK_BITS", 4)
    return made


@pytest.fixture
def forms(site: Site) -> Site:
    publish(site)
    cadence = {
        "cadence": "welcome-nurture",
        "topic": "nurture",
        "entry": {"exclude": 'lead.title == "student"'},
        "steps": [{"exit": "x"}],
    }
    with site.database.begin() as connection:
        publish_cadence(
            connection, cadence=Cadence.model_validate(cadence), source="", templates={}
        )
    return site


async def fill(
    browser: httpx.AsyncClient, clock: Clock, path: str = "/f/demo", **answers: str
) -> httpx.Response:
    """Open a form, take one's time, and send it."""
    page = await browser.get(path, headers={"User-Agent": PERSON})
    assert page.status_code == 200, page.text
    clock.now += 10
    return await browser.post(
        path.partition("?")[0],
        data=hidden(page) | ADA | answers,
        headers={"Sec-Fetch-Site": "same-origin"},
    )


def events(site: Site) -> list[tuple[object, ...]]:
    return site.rows("SELECT lead_id, kind, name, detail FROM engagement")
