"""A journey is steered in the same way from the API, the console and the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from domain.contracts.journey import Phase
from domain.contracts.waits import JourneyStatus
from services import journeys
from settings import Settings
from tests.cli.terminal import environment
from tests.services.doors import by_api, by_console, records, said_at_the_terminal
from tests.support.workflow_world import World
from tests.web.api.conftest import Api
from tests.workflows.conftest import here

__all__ = ["here"]

SECRET = "a secret of the tests, 0123456789"


async def test_a_journey_is_paused_at_every_door(
    here: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lead that is paused at one door and writes on at another would get the mail that somebody
    has just stopped."""
    url = here.database.url.render_as_string(hide_password=False)
    temporal = here.client.service_client.config.target_host
    settings = Settings(
        database_url=url,
        perennial_home=tmp_path,
        public_url="http://go.test",
        secret_key=SecretStr(SECRET),
        email_channel="outbox",
        temporal_address=temporal,
    )
    api = await asyncio.to_thread(Api, settings, tmp_path)
    doors: list[Callable[[int], Awaitable[str]]] = [
        lambda lead: by_api(api, "ops", "POST", f"/leads/{lead}/pause"),
        lambda lead: by_console(api, "ops", journeys.pause, lead),
        lambda lead: asyncio.to_thread(said_at_the_terminal, "lead", "pause", str(lead)),
    ]
    refused = []
    with environment(monkeypatch, url, temporal):
        for number, door in enumerate(doors):
            lead = here.lead(email=f"{number}@x.example", email_key=f"{number}@x.example")
            idle = here.lead(email=f"{number}@y.example", email_key=f"{number}@y.example")
            handle = await here.start(Phase.FOLLOW_UP, lead, reason="score_reached")
            assert await door(lead) == ""
            status = await handle.query("status", result_type=JourneyStatus)
            assert status.paused
            refused.append((await door(idle)).replace(str(idle), "N"))
            assert [one[:4] for one in records(api)[-2:]] == [
                ("POST", f"/api/leads/{lead}/pause", {}, 200),
                ("POST", f"/api/leads/{idle}/pause", {}, 409),
            ]
    api.database.dispose()

    assert set(refused) == {"lead-N has no running journey."}
