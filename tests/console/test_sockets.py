"""The console's socket, attacked with a socket.io client of its own: no browser."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import socketio
from aiohttp import ClientSession, ClientWebSocketResponse, WSServerHandshakeError
from socketio.exceptions import ConnectionError as NotConnected

from store.access.sessions import COOKIE, end_session
from tests.support.web_app import Site

SOCKET = "/console/_nicegui_ws/socket.io"
# The client reads the answer to a refused poll after it has closed its connection.
REFUSED = (NotConnected, RuntimeError)


def opened_page(site: Site, token: str, path: str = "/console/today") -> str:
    """The id of a page that this session opens."""
    with site.visit(token) as browser:
        html = browser.get(path).text
    found = re.search(r"client_id\W+([0-9a-f-]{36})", html)
    assert found, html[:500]
    return found[1]


@asynccontextmanager
async def connected(
    site: Site, page: str, token: str | None, transport: str = "websocket"
) -> AsyncIterator[socketio.AsyncClient]:
    """A socket that says it is this page's."""
    async with ClientSession() as http:
        client = socketio.AsyncClient(reconnection=False, http_session=http)
        await client.connect(
            f"{site.base}?client_id={page}&tab_id={uuid.uuid4()}",
            headers={"Cookie": f"{COOKIE}={token}"} if token else {},
            socketio_path=SOCKET,
            transports=[transport],
            wait_timeout=20,
        )
        yield client
        await client.disconnect()


async def shake_hands(client: socketio.AsyncClient, page: str) -> Any:
    """What the server answers to a page that presents itself."""
    hello = {
        "client_id": page,
        "tab_id": str(uuid.uuid4()),
        "document_id": str(uuid.uuid4()),
        "next_message_id": None,
    }
    return await client.call("handshake", hello, timeout=10)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
@pytest.mark.parametrize("token", [None, "nobody's"])
async def test_who_only_knows_the_address_of_a_page_gets_no_socket(
    site: Site, token: str | None, transport: str
) -> None:
    """The address stands in the log of every proxy: whoever reads it would read along, and act in
    the name of the person who has the page open."""
    page = opened_page(site, site.sign_in("sdr"))

    with pytest.raises(REFUSED):
        async with connected(site, page, token, transport):
            pass


async def test_a_page_is_not_taken_over_with_somebody_elses_session(site: Site) -> None:
    """A colleague of another role is signed in too, and would act as the one whose page it is."""
    page = opened_page(site, site.sign_in("manager"))
    heard: list[object] = []
    before = site.value("SELECT count(*) FROM api_change")
    async with connected(site, page, site.sign_in("sdr", "rep-2")) as mallory:
        mallory.on("update", heard.append)
        assert await shake_hands(mallory, page) is False
        for listener in range(20):
            event = {"client_id": page, "id": listener, "listener_id": str(listener), "args": []}
            assert await mallory.call("event", event, timeout=10) is False

    assert (heard, site.value("SELECT count(*) FROM api_change")) == ([], before)


async def test_events_of_another_page_of_ones_own_need_that_pages_handshake(site: Site) -> None:
    """A socket speaks for the one page that it was opened for."""
    token = site.sign_in("manager")
    page, other = opened_page(site, token), opened_page(site, token)
    event = {"client_id": other, "id": 0, "listener_id": "1", "args": []}
    async with connected(site, page, token) as client:
        assert await shake_hands(client, page) is True
        assert await client.call("event", event, timeout=10) is False


async def test_a_socket_ends_with_its_session(site: Site) -> None:
    """Somebody signs out at a shared machine, and the page in the other window goes on telling."""
    token = site.sign_in("manager", "mgr-world", "zh")
    page = opened_page(site, token)
    async with connected(site, page, token) as client:
        assert await shake_hands(client, page) is True

        with site.database.begin() as connection:
            end_session(connection, token, datetime.now(UTC))

        async with asyncio.timeout(30):
            await client.wait()
    with pytest.raises(REFUSED):
        async with connected(site, page, token):
            pass


async def test_one_session_holds_a_bounded_number_of_sockets(site: Site) -> None:
    """Each takes memory and a file of the server: one signed-in program could take all."""
    token = site.sign_in("ops")
    url = f"{site.base.replace('http', 'ws')}{SOCKET}/?EIO=4&transport=websocket"
    opened: list[ClientWebSocketResponse] = []
    async with ClientSession(headers={"Cookie": f"{COOKIE}={token}"}) as session:
        with suppress(WSServerHandshakeError):
            while len(opened) < 80:
                opened.append(await session.ws_connect(url))
        assert 20 < len(opened) < 80
        await asyncio.gather(*(one.close() for one in opened))


@pytest.mark.parametrize(
    "packet",
    [
        '42["event",{}]',
        '42["event"]',
        '42["event",5]',
        '42["handshake",{"client_id":[]}]',
        '42["ack",{"client_id":"x","next_message_id":"y"}]',
        '42["log",{"client_id":"x","level":"__class__","message":"m"}]',
        '42[["event"],{}]',
        "42{}",
        "42[",
        '49["x"]',
        '451-["event",{"_placeholder":true,"num":0}]',
    ],
)
async def test_nonsense_does_not_fill_the_log(site: Site, packet: str) -> None:
    """A packet of 14 bytes wrote a traceback of 900: one socket would fill the disk in an hour."""
    token = site.sign_in("manager", "mgr-world", "ko")
    log = site.settings.perennial_home / "web.log"
    before = log.stat().st_size
    url = f"{site.base.replace('http', 'ws')}{SOCKET}/?EIO=4&transport=websocket"
    async with (
        ClientSession(headers={"Cookie": f"{COOKIE}={token}"}) as session,
        session.ws_connect(url) as socket,
    ):
        await socket.receive(timeout=10)
        await socket.send_str("40")
        await socket.receive(timeout=10)
        with suppress(ConnectionError):
            for _ in range(1500):
                await socket.send_str(packet)
        await asyncio.sleep(1)

    added = log.read_bytes()[before:]
    assert (len(added) < 20_000, b"Traceback" in added) == (True, False), added[-2000:]
