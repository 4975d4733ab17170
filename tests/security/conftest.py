"""A web app of its own that can be attacked over HTTP, and the API without one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from settings import Settings
from store.engine import engine
from tests.support.folders import server_folder
from tests.support.web_app import free_port, served
from tests.web.api.conftest import api

__all__ = ["api"]

SECRET = "9bd1c6a0f7e84b52a3d06c1f58e7924d"


@dataclass(frozen=True)
class Target:
    """A running web app: its address, database and log."""

    base: str
    database: Engine
    log: Path
    settings: Settings

    def lines(self) -> list[str]:
        """What it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines()


@pytest.fixture(scope="module")
def running(make_database: Callable[[], str]) -> Iterator[Target]:
    """The app on a database of its own, for all tests of a module."""
    home = server_folder()
    log = home / "web.log"
    settings = Settings(
        database_url=make_database(),
        perennial_home=home,
        web_port=free_port(),
        secret_key=SecretStr(SECRET),
    )
    database = engine(settings.database_url)
    try:
        with served(settings, log):
            yield Target(settings.web_url(), database, log, settings)
    finally:
        database.dispose()
        shutil.rmtree(home)


@pytest.fixture
def target(running: Target) -> Target:
    """The app, which knows nobody and has seen no tries to sign in."""
    with running.database.begin() as connection:
        connection.execute(text("TRUNCATE console_user, api_token, login_failure CASCADE"))
    return running
