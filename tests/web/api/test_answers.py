"""What every address of the web app answers with: no cache keeps it, and no error tells more than
whoever asked may know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from settings import Settings
from store.access.sessions import COOKIE, begin_session
from tests.web.api.conftest import Api
from tests.web.api.test_access import routes
from tests.web.conftest import Site, browse
from web.app import create_app
from web.safe_headers import PUBLIC


def addresses(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of each address, also of what is mounted."""
    for route in routes(app):
        for method in sorted(route.methods or ()):
            yield method, route.path
    for mount in app.routes:
        if isinstance(mount, Mount) and isinstance(mount.app, FastAPI):
            for method, path in addresses(mount.app):
                yield method, mount.path + path


def tokens(site: Site, lead: int) -> dict[str, str]:
    """First part of the path of a recipient's page → the token of a link that is in force."""
    key = site.add_touch(lead)
    links = (
        site.signer.click(key, "https://perennial.example/guide"),
        site.signer.opened(key),
        site.signer.unsubscribe(key),
        site.signer.preferences(key),
        site.signer.booking(key),
        site.signer.confirmation(key),
    )
    parts = [link.split("/")[-2:] for link in links]
    return {letter: token.removesuffix(".gif") for letter, token in parts}


async def test_no_cache_keeps_what_is_somebodys(api: Api) -> None:
    """The next one at a shared computer goes back, or asks the proxy, and reads it."""
    site = Site(api.settings)
    lead = site.add_lead()
    own = tokens(site, lead)
    kept, answered = {}, {}
    async with browse(site) as browser:
        for method, path in addresses(site.app):
            letter = path.split("/")[1]
            filled = path.replace("{token}", own.get(letter, "none"))
            filled = re.sub(r"\{\w+(:\w+)?\}", str(lead), filled)
            with site.database.begin() as connection:
                user = connection.exec_driver_sql(
                    "SELECT id FROM console_user WHERE role = 'admin'"
                ).scalar_one()
                session = begin_session(connection, user, datetime.now(UTC))
            headers = {"Cookie": f"{COOKIE}={session}", "Sec-Fetch-Site": "same-origin"}
            answer = await browser.request(method, filled, headers=headers)
            answered[f"{method} {path}"] = answer.status_code
            if path.startswith(PUBLIC):
                continue
            if "no-store" not in answer.headers.get("cache-control", ""):
                kept[f"{method} {path}"] = answer.headers.get("cache-control", "")
    assert kept == {}
    fine = {name for name, status in answered.items() if status < 400}
    assert {f"GET /{letter}/{{token}}" for letter in "lupbc"} <= fine
    assert {"GET /api/leads", "GET /api/leads/{lead_id}"} <= fine
    assert len(fine) > 60, sorted(answered)


@pytest.fixture
def dark(tmp_path: Path) -> FastAPI:
    """The web app while PostgreSQL is away."""
    return create_app(
        Settings(
            database_url="postgresql+psycopg2://nobody:secret@127.0.0.1:9/none",
            perennial_home=tmp_path,
            public_url="http://go.test",
            secret_key="a secret of the tests, 0123456789",
        )
    )


async def test_while_the_database_is_away_everybody_is_told_in_a_sentence(dark: FastAPI) -> None:
    """A program would take a bare 503 for its own mistake, and a text of the driver tells where the
    database is and who we are there."""
    headers = {"Authorization": "Bearer some-token"}
    wrong = {}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(dark), base_url="http://go.test", timeout=60
    ) as client:
        for method, path in addresses(dark):
            if not path.startswith("/api/"):
                continue
            filled = re.sub(r"\{\w+\}", "1", path)
            answer = await client.request(method, filled, headers=headers)
            body = answer.json() if "json" in answer.headers.get("content-type", "") else {}
            told = {key: body.get(key) for key in ("type", "title", "status", "code", "detail")}
            if answer.status_code != 503 or told != {
                "type": "about:blank",
                "title": "Service Unavailable",
                "status": 503,
                "code": "unavailable",
                "detail": "The database does not answer, or takes no changes now: try again.",
            }:
                wrong[f"{method} {path}"] = (answer.status_code, answer.text[:300])
            if (
                "retry-after" not in answer.headers
                or "application/problem+json" not in (answer.headers["content-type"])
            ):
                wrong[f"{method} {path}"] = (answer.status_code, str(answer.headers))
    assert wrong == {}
