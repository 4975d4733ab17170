"""JSON posted to servers of others, at addresses that people have entered: to public ones only,
over HTTPS, without following redirects, and for no longer than a few seconds."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from activities.public_connection import AddressRefused, public_connection

TIMEOUT_SECONDS = 15.0
"""Real time for name, connection, sending and the answer's head together."""


@dataclass(frozen=True)
class PostAttempt:
    """How a post went: the status of the answer (None without one), and what is wrong with it in
    words of ours. ``retry_after`` is how many seconds the server asks to wait; 0 when it does not
    say."""

    status: int | None
    error: str = ""
    retry_after: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether the server has taken it."""
        return self.status is not None and 200 <= self.status < 300


def post_publicly(
    url: str,
    body: str,
    headers: Mapping[str, str],
    *,
    allow_private: bool,
    before_hand_over: Callable[[], None] | None = None,
) -> PostAttempt:
    """Post a body of JSON once.

    Args:
        before_hand_over: called once, when the connection stands and nothing is left to do but
            send; what it raises ends the attempt.
    """
    try:
        posted = _post(url, body, headers, allow_private, before_hand_over)
    except AddressRefused as refused:
        return PostAttempt(None, str(refused))
    except TimeoutError:
        return PostAttempt(None, f"no answer within {TIMEOUT_SECONDS:.0f} s")
    except ssl.SSLError as error:
        reason = error.reason or "no reason given"
        return PostAttempt(None, f"the encrypted connection failed ({reason})")
    except socket.gaierror:
        return PostAttempt(None, "the host name is unknown")
    except (OSError, http.client.HTTPException, ValueError) as error:
        return PostAttempt(None, f"the connection failed ({type(error).__name__})")
    return posted


def _post(
    url: str,
    body: str,
    headers: Mapping[str, str],
    allow_private: bool,
    before_hand_over: Callable[[], None] | None,
) -> PostAttempt:
    """Nothing but the head of the answer is read."""
    sent = {
        "Host": urlsplit(url).netloc,
        "Content-Type": "application/json",
        "Connection": "close",
        **headers,
    }
    until = time.monotonic() + TIMEOUT_SECONDS
    with public_connection(url, until, allow_private=allow_private) as (client, target):
        if before_hand_over is not None:
            before_hand_over()
        client.request("POST", target, body.encode(), sent)
        return _read(client.getresponse())


def _read(answer: http.client.HTTPResponse) -> PostAttempt:
    status, asked = answer.status, answer.getheader("Retry-After", "")
    after = float(asked) if asked.isdecimal() and len(asked) < 6 else 0.0
    if 200 <= status < 300:
        return PostAttempt(status)
    if 300 <= status < 400:
        return PostAttempt(status, f"the answer was {status}; redirects are not followed")
    return PostAttempt(status, f"the answer was {status}", after)
