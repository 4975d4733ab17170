"""The web app on the made-up company's database, as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2 as httpx
from sqlalchemy import Engine, text

from domain.access import Role
from settings import Settings
from store.access.sessions import COOKIE, begin_session
from store.access.users import add_user, find_user, set_preferences
from tests.console.office import PEOPLE
from tests.support.programs import Program, running
from tests.support.sample_company import World
from tests.support.waiting import LONGEST_SECONDS

REPS = {Role.SDR: "rep-1", Role.SUCCESS: "rep-1", Role.MANAGER: "mgr-world"}
"""In whose name a role acts when a test does not say."""


@dataclass(frozen=True)
class Site:
    """Where the console is, and what is in its database."""

    base: str
    database: Engine
    settings: Settings
    world: World

    def sign_in(self, role: str, rep: str = "", language: str = "en") -> str:
        """The session token of a user of that role, made when there is none yet."""
        kind = Role(role)
        rep = rep or REPS.get(kind, "")
        email = f"{role}.{rep or 'none'}.{language}@perennial.example"
        known_as = [one for one in PEOPLE if one.role == kind]
        name = next((one.name for one in known_as if one.rep in ("", rep)), known_as[0].name)
        with self.database.begin() as connection:
            known = find_user(connection, email)
            user = known.id if known else add_user(connection, email, name, kind, rep)
            set_preferences(connection, user, language=language)
            return begin_session(connection, user, datetime.now(UTC))

    def visit(self, token: str) -> httpx.Client:
        """Requests of a signed-in browser, without one."""
        return httpx.Client(
            base_url=self.base,
            cookies={COOKIE: token},
            headers={"Sec-Fetch-Site": "same-origin"},
            timeout=60,
        )

    def value(self, query: str, **parameters: Any) -> Any:
        """The one value a statement gives."""
        with self.database.begin() as connection:
            return connection.execute(text(query), parameters).scalar()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served(settings: Settings, log: Path) -> Iterator[None]:
    """The web app with these settings, until the block ends; its output goes to ``log``."""
    environment = {
        # NiceGUI behaves otherwise when it believes to be under test.
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "DATABASE_URL": settings.database_url,
        "PERENNIAL_HOME": str(settings.perennial_home),
        "SECRET_KEY": settings.secret_key.get_secret_value() if settings.secret_key else "",
        "WEB_PORT": str(settings.web_port),
    }
    with (
        log.open("wb") as out,
        running("-m", "web", environment=environment, log=out) as web,
    ):
        _wait(web, settings.web_url(), log)
        yield
        web.terminate()
        with suppress(subprocess.TimeoutExpired):
            web.wait(10)


def _wait(web: Program, base: str, log: Path) -> None:
    until = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < until and web.poll() is None:
        try:
            if httpx.get(f"{base}/healthz", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    said = log.read_text(encoding="utf-8", errors="replace")[-3000:]
    raise RuntimeError(f"The web app did not start on {base}. It said:\n{said}")
