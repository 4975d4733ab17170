"""What recipients meet when they follow the links of a mail."""

from __future__ import annotations

from pathlib import Path

import httpx2 as httpx
import pytest
from sqlalchemy import text

from mail.links import link_signer
from settings import Settings
from tests.web.conftest import Site, browse
from web.app import create_app

TARGET = "https://perennial.example/guide?a=1&b=2"


async def test_a_click_is_recorded_and_goes_on(site: Site, browser: httpx.AsyncClient) -> None:
    """A double click or a reload is one visit; else two clicks would cross the threshold."""
    lead_id = site.add_lead()
    link = site.signer.click(site.add_touch(lead_id), TARGET)
    for _ in range(3):
        answer = await browser.get(link)
        assert answer.status_code == 302
        assert answer.headers["location"] == TARGET
    rows = site.rows("SELECT lead_id, kind, points, detail ->> 'url', touch_id FROM engagement")
    assert len(rows) in (1, 2)  # two when the hour turned meanwhile
    assert rows[0][:4] == (lead_id, "click", 5, TARGET)
    assert rows[0][4] is not None


async def test_a_link_checker_clicks_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    link = site.signer.click(site.add_touch(site.add_lead()), TARGET)
    assert (await browser.head(link)).status_code == 302
    assert site.rows("SELECT 1 FROM engagement") == []


async def test_a_click_leads_on_when_nothing_can_be_recorded(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Old mails outlive their touches, and databases restart: the reader must not notice."""
    assert (await browser.get(site.signer.click("gone:x:1", TARGET))).status_code == 302
    with site.database.begin() as connection:
        connection.execute(text("ALTER TABLE engagement RENAME TO hidden"))
    link = site.signer.click(site.add_touch(site.add_lead()), TARGET)
    assert (await browser.get(link)).headers["location"] == TARGET


async def test_the_picture_records_an_open(site: Site, browser: httpx.AsyncClient) -> None:
    answer = await browser.get(site.signer.opened(site.add_touch(site.add_lead())))
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["cache-control"] == "no-store"
    assert site.rows("SELECT kind FROM engagement") == [("open",)]


async def test_looking_at_the_unsubscribe_page_does_nothing(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Security scanners follow every link of a mail: they must not unsubscribe people."""
    link = site.signer.unsubscribe(site.add_touch(site.add_lead()))
    answer = await browser.get(link)
    assert answer.status_code == 200
    assert "<button" in answer.text
    assert site.rows("SELECT 1 FROM suppression") == []


@pytest.mark.parametrize("one_click", [True, False])
async def test_unsubscribing_is_recorded_once(
    site: Site, browser: httpx.AsyncClient, one_click: bool
) -> None:
    """Mail programs post ``List-Unsubscribe=One-Click`` (RFC 8058), as multipart or as a form."""
    link = site.signer.unsubscribe(site.add_touch(site.add_lead()))
    for files in ({"List-Unsubscribe": (None, "One-Click")}, None):
        data = {"List-Unsubscribe": "One-Click"} if one_click and not files else None
        answer = await browser.post(link, files=files if one_click else None, data=data)
        assert answer.status_code == 200
        assert "<button" not in answer.text
    assert site.rows("SELECT email_key, reason FROM suppression") == [
        ("jane@acme.example", "unsubscribed")
    ]
    assert site.rows("SELECT kind FROM engagement") == [("unsubscribe",)]
    assert "unsubscribed" in (await browser.get(link)).text


async def test_korean_leads_read_korean(site: Site, browser: httpx.AsyncClient) -> None:
    touch = site.add_touch(site.add_lead(language="ko", time_zone="Asia/Seoul", country="KR"))
    assert "수신 거부" in (await browser.get(site.signer.unsubscribe(touch))).text
    assert "요일" in (await browser.get(site.signer.booking(touch))).text


@pytest.mark.parametrize(
    "path", ["/l/x", "/u/x", "/b/x", "/p/x", "/o/x.gif", "/u/WyJ1Il0.abc", "/nowhere", "/outbox/x"]
)
async def test_a_broken_link_gets_a_friendly_page(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert "<h1>This page can" in answer.text


async def test_a_token_of_one_kind_opens_no_other_page(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """A booking link that is forwarded to a colleague must not unsubscribe anybody."""
    token = site.signer.booking(site.add_touch(site.add_lead())).rpartition("/")[2]
    assert (await browser.post(f"/u/{token}")).status_code == 404
    assert site.rows("SELECT 1 FROM suppression") == []


@pytest.mark.parametrize("kind", ["unsubscribe", "booking"])
async def test_a_link_of_a_touch_that_is_gone_says_so(
    site: Site, browser: httpx.AsyncClient, kind: str
) -> None:
    link = getattr(site.signer, kind)("gone:x:1")
    for answer in (await browser.get(link), await browser.post(link)):
        assert answer.status_code == 410
        assert "no longer valid" in answer.text


async def test_pages_tell_nobody_their_address_and_load_nothing(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """The token in the address is all it takes to unsubscribe somebody."""
    answer = await browser.get(site.signer.unsubscribe(site.add_touch(site.add_lead())))
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_database_that_is_away_gives_a_page_and_no_restart(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """What is not alive is started anew, which fixes no database; a recipient gets a page, not an
    error."""
    assert (await browser.get("/readyz")).json() == {"status": "ok"}
    nowhere = {"database_url": "postgresql+psycopg2://x@127.0.0.1:1/x"}
    site.app = create_app(site.settings.model_copy(update=nowhere))
    async with browse(site) as client:
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        answer = await client.get(site.signer.booking("a:b:1"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "<button" in (await client.get(site.signer.unsubscribe("a:b:1"))).text


def test_without_a_key_one_is_made_and_kept(tmp_path: Path) -> None:
    """A key that changed at a restart would break every link in mails already sent."""
    settings = Settings(perennial_home=tmp_path / "home", secret_key=None)
    link = link_signer(settings).unsubscribe("a:b:1")
    assert link_signer(settings).unsubscribe("a:b:1") == link
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["link-secret"]
    assert (tmp_path / "home" / "link-secret").stat().st_mode & 0o077 == 0


async def test_a_link_that_is_followed_without_end_fills_no_disk(
    site: Site, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each minute another visit would be a row for good; the reader gets there all the same, and
    what a machine did takes no room from people."""
    monkeypatch.setattr("store.access.link_limits.MOST_VISITS", 3)
    link = site.signer.click(site.add_touch(site.add_lead()), TARGET)
    agents = ["Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"] * 5 + ["Barracuda Sentinel"] * 5
    for minute, agent in enumerate(agents):
        with site.database.begin() as connection:
            # As if it had been some minutes ago.
            connection.execute(
                text("UPDATE engagement SET key = key || ':' || :minute"), {"minute": minute}
            )
            connection.execute(text("DELETE FROM engagement_key"))
        answer = await browser.get(link, headers={"User-Agent": agent})
        assert answer.headers["location"] == TARGET
    counts = site.rows("SELECT machine <> '', count(*) FROM engagement GROUP BY 1 ORDER BY 1")
    assert counts == [(False, 3), (True, 3)]
