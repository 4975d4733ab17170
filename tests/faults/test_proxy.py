"""The proxy of the other tests: one that passed everything on would prove nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.support.tcp_proxy import BOTH, Direction, Proxy

SILENCE = 0.3
"""Seconds without an answer that are taken for none."""


class Echo:
    """A server that sends back what it hears, and remembers it."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.heard = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while data := connection.recv(100):
                self.heard += data
                connection.sendall(data)


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.listener.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.port) as made:
        yield made


def said(connection: socket.socket, data: bytes, within: float = 10) -> bytes | None:
    """What comes back; None for silence, b"" for an end."""
    connection.settimeout(within)
    try:
        connection.sendall(data)
        return connection.recv(100)
    except TimeoutError:
        return None
    except OSError:
        return b""


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=10)


@pytest.mark.parametrize(
    ("directions", "arrives"), [(BOTH, b""), (("up",), b""), (("down",), b"b")]
)
def test_packets_vanish_in_the_directions_that_are_asked_for(
    echo: Echo, proxy: Proxy, directions: tuple[Direction, ...], arrives: bytes
) -> None:
    """A request that is heard and whose answer is lost is another fault than one never heard."""
    with connect(proxy) as old, connect(proxy) as other:
        assert said(old, b"a") == b"a"
        proxy.swallow(directions)
        assert said(old, b"b", SILENCE) is None
        assert echo.heard == b"a" + arrives
        with connect(proxy) as new:
            assert said(new, b"c", SILENCE) is None

        proxy.heal()

        assert said(old, b"d", SILENCE) is None
        assert said(other, b"e", SILENCE) is None
        assert echo.heard == b"a" + arrives
        with connect(proxy) as new:
            assert said(new, b"f") == b"f"


def test_a_line_that_is_cut_ends_and_takes_no_new_connection_until_it_is_mended(
    proxy: Proxy,
) -> None:
    with connect(proxy) as old:
        assert said(old, b"a") == b"a"
        proxy.sever()
        assert said(old, b"b") == b""
        with connect(proxy) as new:
            assert said(new, b"c") == b""
        proxy.heal()
        with connect(proxy) as new:
            assert said(new, b"d") == b"d"
