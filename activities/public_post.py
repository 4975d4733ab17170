"""JSON posted to servers of others, at addresses that people have entered: to public ones only,
over HTTPS, without following redirects, and for no longer than a few seconds."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from domain.contracts.webhooks import is_public, url_problem

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


class _AddressRefused(Exception):
    """The address lies where nothing may go; the sentence says where."""


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
    except _AddressRefused as refused:
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
    """The address is looked up here and then connected to, so that a name can't lead elsewhere in
    between. Nothing but the head of the answer is read.

    Raises:
        _AddressRefused: it leads into a private network, or is not encrypted.
        TimeoutError: there was no answer in time.
        OSError, http.client.HTTPException: there was none at all.
    """
    if problem := url_problem(url, allow_private=allow_private):
        raise _AddressRefused(problem)
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    sent = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "Connection": "close",
        **headers,
    }
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    begun = time.monotonic()
    address = _address(host, port, allow_private)
    with (
        socket.create_connection((address, port), TIMEOUT_SECONDS) as plain,
        _within(TIMEOUT_SECONDS - (time.monotonic() - begun), plain) as cut,
    ):
        client = http.client.HTTPConnection(host, port)
        try:
            client.sock = (
                ssl.create_default_context().wrap_socket(plain, server_hostname=host)
                if parts.scheme == "https"
                else plain
            )
            if before_hand_over is not None:
                before_hand_over()
            client.request("POST", target, body.encode(), sent)
            return _read(client.getresponse())
        except (OSError, http.client.HTTPException, ValueError):
            if cut.is_set():
                raise TimeoutError from None
            raise
        finally:
            client.close()


def _read(answer: http.client.HTTPResponse) -> PostAttempt:
    status, asked = answer.status, answer.getheader("Retry-After", "")
    after = float(asked) if asked.isdecimal() and len(asked) < 6 else 0.0
    if 200 <= status < 300:
        return PostAttempt(status)
    if 300 <= status < 400:
        return PostAttempt(status, f"the answer was {status}; redirects are not followed")
    return PostAttempt(status, f"the answer was {status}", after)


def _address(host: str, port: int, allow_private: bool) -> str:
    """The address to connect to; every one that the name has must be allowed."""
    found = [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not allow_private and not all(is_public(one) for one in found):
        raise _AddressRefused(
            f"{host} leads into a private network; events go to public ones only."
        )
    return found[0]


@contextlib.contextmanager
def _within(seconds: float, plain: socket.socket) -> Iterator[threading.Event]:
    """Cut the connection when the time is over: a receiver that sends a byte now and then would
    hold it for ever. The event tells that it was cut."""
    cut = threading.Event()
    # Encryption takes the descriptor over from the socket; a copy of it stays ours.
    handle = plain.dup()

    def end() -> None:
        cut.set()
        with contextlib.suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, seconds), end)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()
        handle.close()
