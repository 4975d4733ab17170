"""The outbox: what a newcomer sees and clicks, and what programs read."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx
import pytest

from domain.email.links import LinkClaim
from domain.email.message import CalendarPart
from tests.web.conftest import Site, browse


async def test_list_search_and_pages(site: Site, browser: httpx.AsyncClient) -> None:
    for number in range(60):
        site.mail(
            f"enrollment-{number}:welcome:1",
            recipient_email=f"Lead{number}@Acme.example",
            subject=f"Mail {number} of 100% <b>",
        )
    first = (await browser.get("/outbox")).text
    assert "Mail 59 of" in first
    assert "Mail 9 of" not in first
    assert "60 mails · page 1 of 2" in first
    assert "&lt;b&gt;" in first
    assert "Mail 9 of" in (await browser.get("/outbox?page=2")).text
    assert "Mail 0 of" in (await browser.get("/outbox?page=99")).text
    found = (await browser.get("/outbox", params={"q": "LEAD7@acme"})).text
    assert "1 mail<" in found
    assert "60 mails" in (await browser.get("/outbox", params={"q": "100%"})).text
    assert "No mail has" in (await browser.get("/outbox", params={"q": "100_"})).text


async def test_an_empty_outbox_says_what_will_be_there(browser: httpx.AsyncClient) -> None:
    assert "No mail yet" in (await browser.get("/outbox")).text


async def test_a_mail_is_shown_with_its_parts_and_links(
    site: Site, browser: httpx.AsyncClient
) -> None:
    key = site.add_touch(site.add_lead())
    site.mail(key)
    shown = (await browser.get("/outbox/1")).text
    for part in (
        "김민준",
        "Hello &amp; 안녕",
        key,
        "https://perennial.example/guide?a=1&amp;b=2",
    ):
        assert part in shown
    raw = await browser.get("/outbox/1/raw")
    assert raw.headers["content-type"] == "message/rfc822"
    assert raw.content.startswith(b"From: Perennial <hello@perennial.example>\r\n")


async def test_a_mail_can_run_and_load_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    """A template with a script must not act in the name of whoever reads the outbox."""
    site.mail("enrollment-1:welcome:1")
    answer = await browser.get("/outbox/1/html")
    rules = answer.headers["content-security-policy"]
    assert "default-src 'none'" in rules
    assert "script-src" not in rules
    assert "allow-scripts" not in rules
    assert "allow-same-origin" not in rules
    assert '<head><base target="_blank">' in answer.text


async def test_a_reply_counts_once(site: Site, browser: httpx.AsyncClient) -> None:
    site.mail(site.add_touch(site.add_lead()))
    for _ in range(2):
        answer = await browser.post("/outbox/1/reply", data={"text": " Tell me more "})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/outbox/1"
    assert site.rows("SELECT kind, detail ->> 'text' FROM engagement") == [
        ("reply", "Tell me more")
    ]
    assert "Replied on" in (await browser.get("/outbox/1")).text


async def test_a_mail_of_no_touch_has_nobody_to_reply(
    site: Site, browser: httpx.AsyncClient
) -> None:
    site.mail("test:mail:1")
    assert (await browser.post("/outbox/1/reply")).status_code == 404


async def test_programs_read_links_in_order(site: Site, browser: httpx.AsyncClient) -> None:
    keys = [f"enrollment-{number}:welcome:1" for number in range(3)]
    for key in keys:
        site.mail(key)
    (message,) = (await browser.get("/outbox.json?limit=1")).json()["messages"]
    assert message["touch_key"] == keys[0]
    assert message["recipient"] == "Jane@Acme.example"
    assert message["subject"] == "Hello & 안녕"
    assert message["sent_at"].endswith("+00:00")
    assert [link["kind"] for link in message["links"]] == ["click", "booking", "unsubscribe"]
    assert [site.signer.read(link["url"].rpartition("/")[2]) for link in message["links"]] == [
        LinkClaim("click", keys[0], "https://perennial.example/guide?a=1&b=2"),
        LinkClaim("booking", keys[0]),
        LinkClaim("unsubscribe", keys[0]),
    ]
    rest = (await browser.get("/outbox.json", params={"after": message["id"]})).json()["messages"]
    assert [message["touch_key"] for message in rest] == keys[1:]
    assert (await browser.get("/outbox.json?after=x")).json()["error"]


async def test_following_never_misses_a_mail(site: Site, browser: httpx.AsyncClient) -> None:
    """Ids can be seen out of order: a prospect of the demo would never answer the skipped mail."""
    seen: list[str] = []
    last = 0
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(site.mail, f"enrollment-{number}:a:1") for number in range(300)]
        finished = False
        while True:
            messages = (await browser.get(f"/outbox.json?after={last}")).json()["messages"]
            seen += [message["touch_key"] for message in messages]
            last = messages[-1]["id"] if messages else last
            if finished and not messages:
                break
            finished = all(future.done() for future in sent)
    assert len(seen) == len(set(seen)) == 300


@pytest.mark.parametrize("path", ["/outbox", "/outbox.json", "/outbox/1", "/outbox/1/html"])
async def test_other_channels_have_no_outbox(make_site: Callable[..., Site], path: str) -> None:
    """In production the app faces the internet: old test mails must not be readable there."""
    site = make_site(email_channel="sendgrid")
    site.mail("enrollment-1:welcome:1")
    async with browse(site) as client:
        assert (await client.get(path)).status_code == 404
        assert "/outbox" not in (await client.get("/")).text


async def test_the_landing_page_leads_on(make_site: Callable[..., Site]) -> None:
    site = make_site(temporal_ui_url="http://127.0.0.1:8233")
    async with browse(site) as client:
        landing = (await client.get("/")).text
        assert 'href="/outbox"' in landing
        assert 'href="http://127.0.0.1:8233"' in landing
        assert (await client.get("/style.css")).headers["content-type"].startswith("text/css")


async def test_an_invitation_is_shown_with_its_mail(site: Site, browser: httpx.AsyncClient) -> None:
    """Whoever tries meetings without a mail server sees what a calendar would get."""
    calendar = CalendarPart("REQUEST", b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n")
    site.mail("enrollment-1:welcome:1", calendar=calendar)
    page = (await browser.get("/outbox/1")).text
    assert "Attachment invite.ics" in page
    assert "METHOD:REQUEST" in page
    assert "Guide" in (await browser.get("/outbox/1/html")).text
