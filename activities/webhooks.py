"""Events brought to other companies' servers."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog
from standardwebhooks.webhooks import Webhook
from temporalio import activity

from activities.resources import Resources
from crash_points import crash_point
from domain.contracts.webhooks import WebhookAttempt, WebhookAttempted, is_public, url_problem
from metrics import WEBHOOK_DELIVERIES
from store.outbox import outgoing
from store.outbox.outgoing import Outgoing
from store.patience import keep_trying

log = structlog.get_logger()

TIMEOUT_SECONDS = 15.0
"""Real time for name, connection, sending and the answer's head together."""
SETTLE_SECONDS = 30.0
"""How long the outcome is tried to be kept while the database is away."""
GONE = 410


class WebhookActivities:
    """The activity of a delivery."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def send_webhook(self, attempt: WebhookAttempt) -> WebhookAttempted:
        """Post the event once. A crash after the post means another one, under the same
        ``webhook-id``."""
        delivery_id = attempt.delivery_id
        with self.resources.engine.begin() as connection:
            out = outgoing.begin_attempt(connection, delivery_id)
        if out is None:
            return WebhookAttempted(True, "Nothing is left to send")
        status, error = _attempt(out, self.resources.settings.webhooks_allow_private)
        delivered = status is not None and 200 <= status < 300
        ended = delivered or attempt.last or status == GONE
        state = "delivered" if delivered else "failed" if ended else "waiting"
        crash_point("webhook.posted")

        def end() -> None:
            with self.resources.engine.begin() as connection:
                outgoing.end_attempt(connection, delivery_id, state, status, error)
                if status == GONE:
                    outgoing.switch_off(connection, delivery_id)

        # Whoever got it would get it again; only this process knows that it need not.
        keep_trying(end, SETTLE_SECONDS, may_go_on=lambda: not activity.is_worker_shutdown())
        WEBHOOK_DELIVERIES.labels(state).inc()
        log.info("webhook attempt", delivery=delivery_id, state=state, status=status)
        # Addresses of receivers stay out of histories.
        answer = f"the answer was {status}" if status else "there was no answer"
        return WebhookAttempted(ended, f"{state}: {answer}")


def _attempt(out: Outgoing, allow_private: bool) -> tuple[int | None, str]:
    """Status of the answer (None without one), and what is wrong with it in words of ours."""
    try:
        status = post(out, allow_private=allow_private)
    except AddressRefused as refused:
        return None, str(refused)
    except TimeoutError:
        return None, f"no answer within {TIMEOUT_SECONDS:.0f} s"
    except ssl.SSLError as error:
        return None, f"the encrypted connection failed ({error.reason or 'no reason given'})"
    except socket.gaierror:
        return None, "the host name is unknown"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return None, f"the connection failed ({type(error).__name__})"
    if 200 <= status < 300:
        return status, ""
    if status == GONE:
        return status, "the endpoint is gone (410) and was switched off"
    if 300 <= status < 400:
        return status, f"the answer was {status}; redirects are not followed"
    return status, f"the answer was {status}"


class AddressRefused(Exception):
    """The endpoint lies where no events may go; the sentence says where."""


def post(out: Outgoing, *, allow_private: bool) -> int:
    """Post an event, signed with the time of now.

    The address is looked up here and then connected to, so that a name can't lead elsewhere in
    between. Nothing but the status of the answer is read.

    Returns:
        The HTTP status of the answer.

    Raises:
        AddressRefused: it leads into a private network, or is not encrypted.
        TimeoutError: there was no answer in time.
        OSError, http.client.HTTPException: there was none at all.
    """
    if problem := url_problem(out.url, allow_private=allow_private):
        raise AddressRefused(problem)
    parts = urlsplit(out.url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    now = datetime.now(UTC)
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "Perennial-Webhooks/1",
        "Connection": "close",
        "webhook-id": out.event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(out.secret).sign(out.event_id, now, out.body),
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
            client.request("POST", target, out.body.encode(), headers)
            return client.getresponse().status
        except (OSError, http.client.HTTPException, ValueError):
            if cut.is_set():
                raise TimeoutError from None
            raise
        finally:
            client.close()


def _address(host: str, port: int, allow_private: bool) -> str:
    """The address to connect to; every one that the name has must be allowed."""
    found = [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not allow_private and not all(is_public(one) for one in found):
        raise AddressRefused(f"{host} leads into a private network; events go to public ones only.")
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
