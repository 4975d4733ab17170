"""Reading what lies at an address that somebody typed in: on the public internet only, whatever its
name resolves to, within a time and a size."""

from __future__ import annotations

import contextlib
import http.client
import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from activities.public_connection import AddressRefused, public_connection

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
        except AddressRefused:
            raise NotRead("private") from None
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
    headers = {
        "Host": urlsplit(url).netloc,
        "Accept": "text/calendar, */*;q=0.1",
        "Accept-Encoding": "identity",
        "User-Agent": "Perennial-Calendars/1",
        "Connection": "close",
        **({"If-None-Match": etag} if etag else {}),
    }
    with public_connection(url, until, allow_private=allow_private) as (client, target):
        client.request("GET", target, headers=headers)
        with contextlib.closing(client.getresponse()) as response:
            answer = _read(response, url)
    # What was cut may look like the end of an answer.
    if time.monotonic() >= until:
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
