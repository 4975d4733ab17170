"""A deployment with two teams, a token and a user of each role, and a few leads."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import Engine, create_engine, insert, text

from cli.cadence import publish_files
from domain.access import OF_ONE_TEAM, Role
from settings import ROOT, Settings
from store.access.api_tokens import create_token
from store.access.sessions import COOKIE, begin_session
from store.access.users import add_user
from store.engine import engine
from store.tables import Account, Lead, Task
from tests.support.workflow_world import CADENCES
from web.api.app import create_api
from web.app import create_app

TEAM = """\
policy: team
teams:
  - {team: emea}
  - {team: asia}
reps:
  - {code: rep-1, name: Hana Lindqvist, email: hana@lindenmoor.example, team: emea}
  - {code: rep-2, name: Tomas Brandt, email: tomas@lindenmoor.example, team: emea}
  - {code: rep-9, name: 김서연, email: seoyeon@lindenmoor.example, team: asia}
"""


class Api:
    """One deployment, its tokens, and what the database says."""

    def __init__(self, settings: Settings, home: Path) -> None:
        self.settings = settings
        self.database: Engine = engine(settings.database_url)
        team = home / "team.yaml"
        team.write_text(TEAM, encoding="utf-8")
        publish_files(self.database, CADENCES, ROOT / "templates", [team])
        self.app = create_app(settings)
        self.tokens: dict[str, str] = {}
        self.sessions: dict[str, str] = {}
        with self.database.begin() as connection:
            # On record is only what a test does.
            connection.execute(text("DELETE FROM api_change"))
            for role in Role:
                rep = "rep-1" if role in OF_ONE_TEAM else ""
                self.tokens[role] = create_token(connection, f"the {role}", role, rep)
                user = add_user(connection, f"{role}@lindenmoor.example", role, role, rep)
                self.sessions[role] = begin_session(connection, user, datetime.now(UTC))

    def lead(self, email: str, owner: str = "", **values: Any) -> int:
        """A lead of a rep, in sales' hands."""
        row = {
            "email": email,
            "email_key": email.casefold(),
            "owner": owner,
            "phase": "FollowUp",
            "phase_since": datetime.now(UTC),
            "stage": "mql",
        } | values
        with self.database.begin() as connection:
            return connection.scalars(insert(Lead).values(row).returning(Lead.id)).one()

    def account(self, name: str) -> int:
        """A company."""
        with self.database.begin() as connection:
            return connection.scalars(
                insert(Account).values(name=name, name_key=name.casefold()).returning(Account.id)
            ).one()

    def task(self, lead_id: int, owner: str, kind: str = "call", **values: Any) -> int:
        """An open task."""
        now = datetime.now(UTC)
        row = {
            "key": f"{kind}:{lead_id}:{now.timestamp()}",
            "lead_id": lead_id,
            "kind": kind,
            "title": "Call",
            "dispositions": ["meeting_booked", "no_answer", "call_back"],
            "owner": owner,
            "state": "open",
            "opened_at": now,
            "due_at": now + timedelta(hours=1),
            "deadline_at": now + timedelta(days=1),
            "workflow_id": f"lead-{lead_id}",
            "run_id": "none",
        } | values
        with self.database.begin() as connection:
            return connection.scalars(insert(Task).values(row).returning(Task.id)).one()

    def value(self, query: str, **parameters: Any) -> Any:
        """The one value a statement gives."""
        with self.database.begin() as connection:
            return connection.execute(text(query), parameters).scalar()

    async def ask(self, role: str, method: str, path: str, /, **body: Any) -> httpx.Response:
        """A request with the token of ``role``; ``body`` is sent as JSON."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        return await self.send(method, path, headers, body)

    async def ask_signed_in(
        self, role: str, method: str, path: str, /, **body: Any
    ) -> httpx.Response:
        """The same from the browser of a user of that role."""
        headers = {"Cookie": f"{COOKIE}={self.sessions[role]}", "Sec-Fetch-Site": "same-origin"}
        return await self.send(method, path, headers, body)

    async def send(
        self, method: str, path: str, headers: dict[str, str], body: dict[str, Any] | None = None
    ) -> httpx.Response:
        """A request with these headers."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://go.test/api", timeout=60
        ) as client:
            response = await client.request(method, path, headers=headers, json=body or None)
        check_described(method, path, response.status_code)
        return response


def check_described(method: str, path: str, status: int) -> None:
    """Whether ``openapi.json`` says that an operation may be answered so: who writes a program
    from it handles no other status."""
    for shape, operations in _described():
        if shape.fullmatch(path.partition("?")[0]) and method.lower() in operations:
            assert str(status) in operations[method.lower()]["responses"], (method, path, status)
            return


@functools.cache
def _described() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Pattern → operations, those without parameters first."""
    nowhere = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none")
    paths = create_api(Settings(), nowhere).openapi()["paths"]
    return [
        (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), paths[path])
        for path in sorted(paths, key=lambda path: path.count("{"))
    ]


@pytest.fixture
async def api(published_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """A deployment whose Temporal is away."""
    settings = Settings(
        database_url=published_url,
        perennial_home=tmp_path,
        public_url="http://go.test",
        secret_key="a secret of the tests, 0123456789",
        email_channel="outbox",
    )
    here = await asyncio.to_thread(Api, settings, tmp_path)
    yield here
    here.database.dispose()
