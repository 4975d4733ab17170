"""The web app served by a real server on a free port, with a write key."""

from __future__ import annotations

import gzip as gzip_module
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn

from store.access.write_keys import create_write_key
from store.published.policies import publish_policy
from tests.support.scoring_policy import simple_scoring
from tests.web.conftest import Site


class Tracker:
    """A running server, and what the database says of it."""

    def __init__(self, site: Site, url: str) -> None:
        self.site = site
        self.url = url
        with site.database.begin() as connection:
            scoring = simple_scoring(threshold=100, page=3, track=5, screen=1)
            publish_policy(connection, "tracking", scoring)
            self.key = create_write_key(connection, "website", kind="server") or ""

    def post(
        self,
        call: str,
        body: object,
        *,
        key: str | None = None,
        gzip: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send a body (text or bytes as they are, else as JSON) with the key as user name."""
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        data = text if isinstance(text, bytes) else text.encode()
        packing = {"Content-Encoding": "gzip"} if gzip else {}
        if gzip:
            data = gzip_module.compress(data)
        user = self.key if key is None else key
        return httpx.post(
            f"{self.url}/v1/{call}",
            content=data,
            headers={"Content-Type": "application/json", **packing, **(headers or {})},
            auth=(user, "") if user else None,
            timeout=60,
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.site.rows(query)

    def events(self) -> list[Any]:
        """The names of the events that were stored."""
        return [row[0] for row in self.rows("SELECT name FROM engagement ORDER BY name")]


@pytest.fixture
def tracker(make_site: Callable[..., Site]) -> Iterator[Tracker]:
    """A server that runs until the test is over."""
    site = make_site()
    server = uvicorn.Server(uvicorn.Config(site.app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Tracker(site, f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join()
