"""A web app of its own that can be attacked over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from settings import Settings
from store.engine import engine
from tests.console.site import free_port, served

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


@pytest.fixture
def target(database_url: str, tmp_path: Path) -> Iterator[Target]:
    """The app on an empty database, stopped after the test."""
    settings = Settings(
        database_url=database_url,
        perennial_home=tmp_path,
        web_port=free_port(),
        secret_key=SecretStr(SECRET),
    )
    with served(settings, tmp_path / "web.log"):
        yield Target(settings.web_url(), engine(database_url), tmp_path / "web.log", settings)
    engine(database_url).dispose()
