"""The web app on a real database, reached over HTTP without a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2 as httpx
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr
from sqlalchemy import Engine, insert, text

from domain.email.links import LinkSigner
from mail.links import link_signer
from settings import Settings
from store.access import passwords
from store.engine import engine
from store.published.policies import publish_policy
from store.tables import Lead, Touch
from tests.support.scoring_policy import simple_scoring
from web.app import create_app

SCORING = simple_scoring(threshold=100, click=5, open=1, reply=20)


class Site:
    """One deployment: its settings, database, signer, a browser, and one lead to play with."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database: Engine = engine(settings.database_url)
        self.signer: LinkSigner = link_signer(settings)
        self.app = create_app(settings)
        with self.database.begin() as connection:
            publish_policy(connection, "scoring", SCORING)

    def add_lead(self, email: str = "Jane@Acme.example", **values: object) -> int:
        """A lead in nurture."""
        row = {"email": email, "email_key": email.casefold(), "phase": "Nurture", **values}
        with self.database.begin() as connection:
            return connection.scalars(insert(Lead).values(row).returning(Lead.id)).one()

    def add_touch(self, lead_id: int, key: str = "enrollment-1:welcome:1") -> str:
        """A touch of the lead that was sent."""
        with self.database.begin() as connection:
            connection.execute(
                insert(Touch).values(
                    key=key,
                    lead_id=lead_id,
                    step="welcome",
                    channel="outbox",
                    state="sent",
                    planned_at=datetime.now(UTC),
                )
            )
        return key

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What the database says."""
        with self.database.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at its least cost: what it costs whoever guesses is not what is looked at here."""
    least = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_passwords", PasswordHash((least,)))


@pytest.fixture
def make_site(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Makes the site with other settings."""

    def make(**changed: object) -> Site:
        values: dict[str, object] = {
            "database_url": database_url,
            "perennial_home": tmp_path,
            "public_url": "http://go.test",
            "secret_key": SecretStr("a secret of the tests, 0123456789"),
        }
        return Site(Settings.model_validate(values | changed))

    yield make
    engine(database_url).dispose()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """The site with the outbox as channel."""
    return make_site()


@pytest.fixture
async def browser(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Requests to the site; redirects are not followed."""
    async with browse(site) as client:
        yield client


def browse(site: Site) -> httpx.AsyncClient:
    """A client of this site."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(site.app),
        base_url="http://go.test",
        headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"},
        timeout=60,
    )


def field_of(answer: httpx.Response) -> str:
    """Where the mistake is, as a problem document names it."""
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    return str(error["field"])
