"""Who asks is looked up once for a request, and a revoked token does nothing from then on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import Engine, event, text

from tests.web.api.conftest import Api

SETTING = b'{"url": "https://hooks.example/a", "events": []}'


@contextmanager
def look_ups() -> Iterator[list[str]]:
    """The queries for who asks, of all processes' engines that are here."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "api_token.token_hash =" in statement or "console_session.token_hash =" in statement:
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("signed_in", [False, True])
async def test_a_change_looks_its_caller_up_once(api: Api, signed_in: bool) -> None:
    """Each click of a salesperson would ask the database twice who it is."""
    lead = api.lead("jane@acme.example", "rep-1")
    ask = api.ask_signed_in if signed_in else api.ask
    counted = {}
    for method, path, body in (
        ("POST", "/webhooks/endpoints", {"url": "https://hooks.example/a", "events": []}),
        ("PUT", "/team/rep-1/presence", {"present": True}),
        ("DELETE", "/team/rep-1/absences/current", {}),
        ("POST", f"/leads/{lead}/pause", {}),
        ("GET", f"/leads/{lead}", {}),
        ("GET", "/changes", {}),
    ):
        with look_ups() as found:
            await ask("admin", method, path, **body)
        counted[f"{method} {path}"] = len(found)

    assert set(counted.values()) == {1}, counted
    # The last of the changes is still on record, with who asked.
    by = api.value("SELECT by FROM api_change ORDER BY id DESC LIMIT 1")
    assert by == ("admin@lindenmoor.example" if signed_in else "the admin")


async def test_a_token_that_is_revoked_while_the_body_arrives_changes_nothing(api: Api) -> None:
    """Somebody let go would keep a connection open, and finish what they began days later."""

    async def slowly() -> AsyncIterator[bytes]:
        yield SETTING[:10]
        api.value("UPDATE api_token SET revoked_at = now() WHERE role = 'admin' RETURNING 1")
        yield SETTING[10:]

    headers = {"Authorization": f"Bearer {api.tokens['admin']}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api.app), base_url="http://go.test/api"
    ) as client:
        answer = await client.post("/webhooks/endpoints", headers=headers, content=slowly())
        again = await client.post("/webhooks/endpoints", headers=headers, content=SETTING)

    assert (answer.status_code, again.status_code) == (401, 401)
    with api.database.connect() as connection:
        assert connection.execute(text("SELECT 1 FROM webhook_endpoint")).all() == []
