"""The preference page: what a lead that reads it can and cannot change."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx2 as httpx
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from sqlalchemy import text

from domain.checking.policies import read_policy
from domain.consent.policy import ConsentPolicy
from domain.email.links import LIFE
from store.consent.consent import suppress
from store.published.policies import publish_policy
from tests.web.conftest import Site

CONSENT = (Path(__file__).resolve().parents[2] / "cadences" / "consent.yaml").read_text("utf-8")
KINDS = {"l": "click", "u": "unsubscribe", "p": "preferences", "b": "booking", "o": "opened"}
TARGET = "https://perennial.example/guide"


@pytest.fixture
def page(site: Site) -> str:
    """The address of a lead's preference page, with the shipped policy in force."""
    policy, _ = read_policy(CONSENT, "consent.yaml")
    assert isinstance(policy, ConsentPolicy)
    with site.database.begin() as connection:
        publish_policy(connection, CONSENT, policy)
    return site.signer.preferences(site.add_touch(site.add_lead()))


def boxes(answer: httpx.Response) -> dict[str, bool]:
    """Topic → whether its box is checked."""
    found = re.findall(r'<input type="checkbox" name="topics" value="(\w+)"([^>]*)>', answer.text)
    return {code: rest.endswith(" checked") for code, rest in found}


def suppressed(site: Site, reason: str) -> None:
    with site.database.begin() as connection:
        suppress(
            connection,
            email_key="jane@acme.example",
            reason=reason,
            at=site.settings.clock().now(),
        )


def reasons(site: Site) -> list[object]:
    return [reason for (reason,) in site.rows("SELECT reason FROM suppression")]


async def test_a_lead_sees_its_topics_in_its_language(
    site: Site, page: str, browser: httpx.AsyncClient
) -> None:
    answer = await browser.get(page)
    assert answer.status_code == 200
    assert boxes(answer) == {
        "nurture": True,
        "meetings": True,
        "sales": True,
        "onboarding": True,
    }
    assert "Guides and ideas" in answer.text
    korean = site.add_lead("minjun@acme.example", language="ko")
    link = site.signer.preferences(site.add_touch(korean, "enrollment-2:welcome:1"))
    assert "가이드와 아이디어" in (await browser.get(link)).text


async def test_looking_changes_nothing(site: Site, page: str, browser: httpx.AsyncClient) -> None:
    """Security scanners follow every link of a mail."""
    await browser.get(page)
    assert (await browser.post(page, data={"action": "nonsense"})).status_code == 200
    assert (await browser.post(page)).status_code == 200
    for table in ("suppression", "topic_opt_out", "consent_record", "engagement"):
        assert site.rows(f"SELECT 1 FROM {table}") == []


async def test_topics_are_saved_and_each_change_is_on_record(
    site: Site, page: str, browser: httpx.AsyncClient
) -> None:
    form = {"action": "save", "shown": ["nurture", "meetings", "sales"]}
    stays = {"onboarding": True}
    answer = await browser.post(page, data=form | {"topics": ["meetings", "sales"]})
    assert boxes(answer) == stays | {"nurture": False, "meetings": True, "sales": True}
    assert 'role="status"' in answer.text
    answer = await browser.post(page, data=form | {"topics": ["nurture", "meetings"]})
    assert boxes(answer) == stays | {"nurture": True, "meetings": True, "sales": False}
    assert site.rows("SELECT email_key, topic, action, source FROM consent_record ORDER BY id") == [
        ("jane@acme.example", "nurture", "opt_out", "preference_page"),
        ("jane@acme.example", "nurture", "opt_in", "preference_page"),
        ("jane@acme.example", "sales", "opt_out", "preference_page"),
    ]
    assert site.rows("SELECT topic FROM topic_opt_out") == [("sales",)]


async def test_a_topic_the_page_did_not_show_is_not_refused(
    site: Site, page: str, browser: httpx.AsyncClient
) -> None:
    """A topic published while the page was open would be lost; one nobody knows is a forgery."""
    form = {"action": "save", "shown": ["nurture", "unheard-of"], "topics": ["nurture"]}
    assert (await browser.post(page, data=form)).status_code == 200
    assert site.rows("SELECT 1 FROM topic_opt_out") == []


async def test_unsubscribing_here_ends_the_cadence_too(
    site: Site, page: str, browser: httpx.AsyncClient
) -> None:
    for _ in range(2):
        answer = await browser.post(page, data={"action": "stop"})
        assert "We will not write to you again" in answer.text
    assert reasons(site) == ["unsubscribed"]
    assert site.rows("SELECT kind FROM engagement") == [("unsubscribe",)]
    assert site.rows("SELECT name FROM relay_message") == [("engagement",)]
    assert site.rows("SELECT action, source FROM consent_record") == [
        ("opt_out", "preference_page")
    ]


@pytest.mark.parametrize("reason", ["unsubscribed", "manual", "soft_bounced"])
async def test_a_lead_comes_back_and_may_leave_again(
    site: Site, page: str, browser: httpx.AsyncClient, reason: str
) -> None:
    """The second time it leaves must reach its journey like the first."""
    suppressed(site, reason)
    assert 'value="come_back"' in (await browser.get(page)).text
    answer = await browser.post(page, data={"action": "come_back"})
    assert boxes(answer)["nurture"]
    assert reasons(site) == []
    await browser.post(page, data={"action": "stop"})
    assert reasons(site) == ["unsubscribed"]
    assert site.rows("SELECT kind FROM engagement ORDER BY id") == [
        ("resubscribe",),
        ("unsubscribe",),
    ]


@pytest.mark.parametrize("reason", ["bounced", "complained"])
async def test_no_click_lifts_a_complaint_or_a_bounce(
    site: Site, page: str, browser: httpx.AsyncClient, reason: str
) -> None:
    """A scanner or a forgery that lifts one costs us the name of our mail."""
    suppressed(site, reason)
    for answer in (await browser.get(page), await browser.post(page, data={"action": "come_back"})):
        assert answer.status_code == 200
        assert "<button" not in answer.text
        assert site.settings.email_from in answer.text
    assert reasons(site) == [reason]
    assert site.rows("SELECT 1 FROM consent_record") == []


async def test_without_a_policy_all_or_nothing_is_left(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """On the day of the upgrade nobody has published one yet."""
    link = site.signer.preferences(site.add_touch(site.add_lead()))
    answer = await browser.get(link)
    assert answer.status_code == 200
    assert boxes(answer) == {}
    await browser.post(link, data={"action": "stop"})
    assert reasons(site) == ["unsubscribed"]


async def test_a_page_about_a_touch_that_is_gone_says_so(
    site: Site, browser: httpx.AsyncClient
) -> None:
    link = site.signer.preferences("gone:x:1")
    assert (await browser.get(link)).status_code == 410
    assert (await browser.post(link, data={"action": "stop"})).status_code == 410


async def test_the_one_click_of_mail_programs_is_on_record(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """RFC 8058; whoever asks later must be told when and how the lead said no."""
    link = site.signer.unsubscribe(site.add_touch(site.add_lead()))
    for _ in range(2):
        await browser.post(link, data={"List-Unsubscribe": "One-Click"})
    assert site.rows("SELECT topic, action, source FROM consent_record") == [
        ("", "opt_out", "unsubscribe_link")
    ]


def _old(site: Site, *content: str) -> str:
    secret = site.settings.secret_key
    assert secret is not None

    class Then(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - int((LIFE + timedelta(days=1)).total_seconds())

    signer = URLSafeTimedSerializer(
        secret.get_secret_value(), salt="perennial.links.timed", signer=Then
    )
    return str(signer.dumps(list(content)))


def _path(letter: str, token: str) -> str:
    return f"/{letter}/{token}{'.gif' if letter == 'o' else ''}"


@pytest.mark.parametrize("letter", ["l", "p", "b", "o"])
async def test_a_link_that_is_too_old_leads_to_a_plain_page(
    site: Site, browser: httpx.AsyncClient, letter: str
) -> None:
    key = site.add_touch(site.add_lead())
    token = _old(site, letter, key, *([TARGET] if letter == "l" else []))
    answers = [await browser.get(_path(letter, token))]
    if letter in "pb":
        answers.append(await browser.post(_path(letter, token), data={"action": "stop"}))
    for answer in answers:
        assert answer.status_code == 410
        assert "too old" in answer.text
        assert "location" not in answer.headers
    assert site.rows("SELECT 1 FROM engagement") == []


async def _refused(browser: httpx.AsyncClient, path: str) -> None:
    for method in ("GET", "POST", "HEAD"):
        answer = await browser.request(method, path, data={"action": "stop"})
        assert answer.status_code in (404, 405), f"{method} {path}"
        assert "location" not in answer.headers


async def test_a_token_opens_the_page_it_was_made_for_and_no_other(
    site: Site, browser: httpx.AsyncClient
) -> None:
    key = site.add_touch(site.add_lead())
    links = {
        "l": site.signer.click(key, TARGET),
        "u": site.signer.unsubscribe(key),
        "p": site.signer.preferences(key),
        "b": site.signer.booking(key),
        "o": site.signer.opened(key).removesuffix(".gif"),
    }
    for letter, link in links.items():
        for other in KINDS.keys() - {letter}:
            await _refused(browser, _path(other, link.rpartition("/")[2]))
    with site.database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM suppression")).scalar() == 0


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_altered_token_gives_an_error_or_a_redirect(
    site: Site, browser: httpx.AsyncClient, data: st.DataObject
) -> None:
    """People's mail programs break links, and others try what they can make of ours."""
    letter = data.draw(st.sampled_from(sorted(KINDS)))
    key = "enrollment-1:welcome:1"
    link = (
        site.signer.click(key, TARGET)
        if letter == "l"
        else getattr(site.signer, KINDS[letter])(key)
    )
    token = link.removesuffix(".gif").rpartition("/")[2]
    at = data.draw(st.integers(0, len(token) - 2))
    cut = data.draw(st.integers(0, 3))
    put = data.draw(st.text("abcXYZ019-_.~%é\0 ", max_size=4))
    altered = token[:at] + put + token[at + cut :]
    # The last sign of a signature holds bits that nobody reads.
    assume(altered and altered[:-1] != token[:-1])
    await _refused(browser, _path(letter, quote(altered, safe="")))


async def test_coming_back_is_limited_and_leaving_is_not(
    site: Site, page: str, browser: httpx.AsyncClient
) -> None:
    """Each return begins a journey with a mail: a link in the wrong hands would send one a second.
    Whoever wants no mail must be heard each time."""
    for _ in range(3):
        assert (await browser.post(page, data={"action": "stop"})).status_code == 200
        assert (await browser.post(page, data={"action": "come_back"})).status_code == 200
    assert (await browser.post(page, data={"action": "stop"})).status_code == 200

    fourth = await browser.post(page, data={"action": "come_back"})

    assert (fourth.status_code, "often enough for today" in fourth.text) == (429, True)
    assert 0 < int(fourth.headers["retry-after"]) <= 86_400
    assert reasons(site) == ["unsubscribed"]
    with site.database.begin() as connection:
        connection.exec_driver_sql("UPDATE consent_record SET at = at - interval '1 day'")
    assert (await browser.post(page, data={"action": "come_back"})).status_code == 200
    assert reasons(site) == []


async def test_topics_are_not_changed_without_end_and_a_no_counts(
    site: Site, page: str, browser: httpx.AsyncClient
) -> None:
    """Each change is a row for good: a program with one link would fill the disk."""
    topics = list(boxes(await browser.get(page)))
    none = {"action": "save", "shown": topics}
    answers = []
    for _ in range(12):
        assert (await browser.post(page, data=none)).status_code == 200
        assert not any(boxes(await browser.get(page)).values())
        answers.append((await browser.post(page, data=none | {"topics": topics})).status_code)

    assert answers == sorted(answers)
    assert set(answers) == {200, 429}
    assert site.rows("SELECT count(*) < 100 FROM consent_record") == [(True,)]
