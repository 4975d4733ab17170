"""One web app and one browser for all tests of the console, on the made-up company's database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Page
from sqlalchemy import text

from settings import Settings
from store.engine import engine
from tests.support.browser import Windows, open_browser
from tests.support.folders import server_folder
from tests.support.sample_company import build
from tests.support.web_app import Site, free_port, served

HERE = Path(__file__).parent
PAGES = {"test_every_page.py", "test_one_language.py"}
"""What opens every page: half of the time that all of the console takes."""


class Console(Protocol):
    """Opens a window; see the fixture ``console``."""

    def __call__(
        self,
        role: str,
        rep: str = "",
        *,
        phone: bool = False,
        dark: bool = False,
        language: str = "en",
    ) -> Page: ...


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share the web app run in one process: one for what looks at all pages, one for
    the rest, each with a web app and a company of its own."""
    for item in items:
        if item.path.is_relative_to(HERE) and "site" in getattr(item, "fixturenames", ()):
            group = "console pages" if item.path.name in PAGES else "console"
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def site(make_database: Callable[[], str]) -> Iterator[Site]:
    """The web app, and the company in its database. What a test changes there stays changed."""
    home = server_folder()
    port = free_port()
    settings = Settings.model_validate(
        {
            "database_url": make_database(),
            "perennial_home": home,
            "web_port": port,
            "public_url": f"http://127.0.0.1:{port}",
            "secret_key": "a secret of the tests, 0123456789",
        }
    )
    database = engine(settings.database_url)
    try:
        world = build(database, datetime.now(UTC), settings)
        with served(settings, home / "web.log"):
            yield Site(settings.web_url(), database, settings, world)
    finally:
        database.dispose()
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def windows() -> Iterator[Windows]:
    """The browser."""
    opened = open_browser()
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def console(site: Site, windows: Windows) -> Iterator[Console]:
    """Opens a window in which a user of a role is signed in: of role sdr rep-1, or ``rep``.

    Errors on a page's console fail the test.
    """
    with windows.awake() as desk:

        def opened(
            role: str,
            rep: str = "",
            *,
            phone: bool = False,
            dark: bool = False,
            language: str = "en",
        ) -> Page:
            token = site.sign_in(role, rep, language)
            return desk.open(site.base, token, phone=phone, dark=dark)

        yield opened
    assert desk.complaints == []


@pytest.fixture
def as_before(site: Site) -> Iterator[None]:
    """The policies of other tests are in force again at the end."""
    with site.database.connect() as connection:
        newest = connection.scalar(text("SELECT max(id) FROM policy_version"))
    yield
    with site.database.begin() as connection:
        later = {"id": newest}
        connection.execute(text("DELETE FROM scoring_run WHERE policy_version_id > :id"), later)
        connection.execute(text("DELETE FROM policy_version WHERE id > :id"), later)
