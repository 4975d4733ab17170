"""Connections to servers of others, at addresses that people have entered: to public ones only, and
for no longer than was agreed."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from domain.contracts.webhooks import is_public, url_problem


class AddressRefused(Exception):
    """The address lies where nothing may go; the sentence says where."""


@contextlib.contextmanager
def public_connection(
    url: str, until: float, *, allow_private: bool
) -> Iterator[tuple[http.client.HTTPConnection, str]]:
    """A connection to the host of ``url``, cut when the time is over: who sends a byte now and then
    would hold it for ever.

    The name is looked up once, checked, and then connected to, so that it can't lead elsewhere in
    between.

    Args:
        until: when the time is over, by ``time.monotonic()``.
        allow_private: whether it may lie in a private network, and without encryption.

    Yields:
        The connection, and the target of a request for ``url``.

    Raises:
        AddressRefused: it leads into a private network, or is not encrypted.
        TimeoutError: the time was over.
        OSError, http.client.HTTPException, ValueError: there is no such connection.
    """
    if problem := url_problem(url, allow_private=allow_private):
        raise AddressRefused(problem)
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _address(host, port, allow_private=allow_private)
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    with (
        socket.create_connection((address, port), seconds) as plain,
        _cut_at(until, plain) as cut,
        contextlib.closing(http.client.HTTPConnection(host, port)) as client,
    ):
        try:
            client.sock = (
                ssl.create_default_context().wrap_socket(plain, server_hostname=host)
                if parts.scheme == "https"
                else plain
            )
            yield client, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        except (OSError, http.client.HTTPException, ValueError):
            if cut.is_set():
                raise TimeoutError from None
            raise


def _address(host: str, port: int, *, allow_private: bool) -> str:
    """The address to connect to; every one that the name has must be allowed."""
    found = [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not allow_private and not all(is_public(one) for one in found):
        raise AddressRefused(f"{host} leads into a private network; events go to public ones only.")
    return found[0]


@contextlib.contextmanager
def _cut_at(until: float, plain: socket.socket) -> Iterator[threading.Event]:
    """The event tells that it was cut."""
    cut = threading.Event()
    # Encryption takes the descriptor over from the socket; a copy of it stays ours.
    handle = plain.dup()

    def end() -> None:
        cut.set()
        with contextlib.suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, until - time.monotonic()), end)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()
        handle.close()
