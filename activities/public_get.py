"""Reading what lies at an address that somebody typed in: on the public internet only, whatever its
name resolves to, within a time and a size."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from domain.contracts.webhooks import is_public, url_problem

TIMEOUT_SECONDS = 15.0
"""Real time for names, connections, redirects and the whole answer together."""
LARGEST = 4 * 1024 * 1024
"""Bytes of an answer."""
REDIRECTS = 3


class NotRead(Exception):
    """It could not be read; ``code`` says why: private, timeout, unreachable, too_large, redirects,
    or http_ and the status of the answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Answer:
    """What was read; ``content`` is None when it is as it was under the ``etag`` that was sent."""

    content: bytes | None
    etag: str


def get_publicly(url: str, etag: str, *, allow_private: bool) -> Answer:
    """Read what lies at ``url``, unless it is as it was.

    Each name, that of a redirect too, is looked up once, checked, and then connected to, so that it
    can't lead elsewhere in between.

    Args:
        etag: of what was read last, '' for nothing.
        allow_private: whether it may lie in a private network, and without encryption.

    Raises:
        NotRead: it could not be read.
    """
    until = time.monotonic() + TIMEOUT_SECONDS
    for _ in range(REDIRECTS + 1):
        try:
            found = _ask(url, etag, until, allow_private=allow_private)
        except TimeoutError:
            raise NotRead("timeout") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise NotRead("unreachable") from None
        if isinstance(found, Answer):
            return found
        url = found
    raise NotRead("redirects")


def _ask(url: str, etag: str, until: float, *, allow_private: bool) -> Answer | str:
    """The answer, or the address that it leads on to."""
    if url_problem(url, allow_private=allow_private):
        raise NotRead("private")
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    headers = {
        "Host": parts.netloc,
        "Accept": "text/calendar, */*;q=0.1",
        "Accept-Encoding": "identity",
        "User-Agent": "Perennial-Calendars/1",
        "Connection": "close",
        **({"If-None-Match": etag} if etag else {}),
    }
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    address = _address(host, port, allow_private=allow_private)
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    with (
        socket.create_connection((address, port), seconds) as plain,
        _cut_at(until, plain) as cut,
    ):
        client = http.client.HTTPConnection(host, port)
        try:
            client.sock = (
                ssl.create_default_context().wrap_socket(plain, server_hostname=host)
                if parts.scheme == "https"
                else plain
            )
            client.request("GET", target, headers=headers)
            with contextlib.closing(client.getresponse()) as response:
                answer = _read(response, url)
        except (OSError, http.client.HTTPException, ValueError):
            if cut.is_set():
                raise TimeoutError from None
            raise
        finally:
            client.close()
    if cut.is_set():
        raise TimeoutError
    return answer


def _read(response: http.client.HTTPResponse, url: str) -> Answer | str:
    etag = response.getheader("ETag", "")
    if response.status == 304:
        return Answer(None, etag)
    location = response.getheader("Location", "")
    if response.status in (301, 302, 303, 307, 308) and location:
        return urljoin(url, location)
    if response.status != 200:
        raise NotRead(f"http_{response.status}")
    content = response.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise NotRead("too_large")
    return Answer(content, etag if len(etag) <= 500 else "")


def _address(host: str, port: int, *, allow_private: bool) -> str:
    """The address to connect to; every one that the name has must be allowed."""
    found = [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not allow_private and not all(is_public(one) for one in found):
        raise NotRead("private")
    return found[0]


@contextlib.contextmanager
def _cut_at(until: float, plain: socket.socket) -> Iterator[threading.Event]:
    """Cut the connection when the time is over: who sends a byte now and then would hold it for
    ever. The event tells that it was cut."""
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
