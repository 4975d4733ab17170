"""The first page of the web app, and the old address of the outbox."""

from __future__ import annotations

from collections.abc import Callable

import httpx2 as httpx

from tests.web.conftest import Site, browse


async def test_the_landing_page_leads_on(make_site: Callable[..., Site]) -> None:
    """Strangers see it too: it must not tell them the names of machines within."""
    site = make_site(temporal_ui_url="http://127.0.0.1:8233")
    async with browse(site) as client:
        landing = (await client.get("/")).text
        assert 'href="/console/"' in landing
        assert "8233" not in landing
        assert (await client.get("/style.css")).headers["content-type"].startswith("text/css")


async def test_who_kept_the_address_of_the_outbox_gets_there(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/outbox")

    assert (answer.status_code, answer.headers["location"]) == (308, "/console/outbox")
