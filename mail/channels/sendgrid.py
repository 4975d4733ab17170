"""E-mail through Twilio SendGrid's v3 Mail Send API, with its own Python library.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
"""

from __future__ import annotations

import base64
import http.client
import json
import logging
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from domain.email import message as mail
from domain.engagement.bounces import BounceMeaning
from mail.channels.base import (
    AddressRejected,
    ChannelError,
    ChannelMisconfigured,
    DeliveryReceipt,
    EmailMessage,
    HandOver,
    MessageRejected,
    OutcomeUnknown,
    TryAgain,
    unmarked,
    usable_recipient,
    usable_sender,
)

# What a provider asks for is kept within these bounds: never a hot loop, never lost for days
# because of a clock that is wrong.
SHORTEST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 3600.0

_FIELD = re.compile(r"[A-Za-z0-9_.\[\]-]{1,80}")

# Below this level the library logs whole requests: the API key, addresses and texts.
logging.getLogger("python_http_client").setLevel(logging.INFO)


class SendGridChannel:
    """SendGrid's mail/send, one request a message.

    Opens and clicks are tracked as the SendGrid account says; the touch key travels in
    ``custom_args``, so every event SendGrid reports names the touch it belongs to.
    """

    name = "sendgrid"

    def __init__(self, api_key: str, host: str, timeout_seconds: float) -> None:
        """``host`` is a base URL such as ``https://api.eu.sendgrid.com``.

        ``timeout_seconds`` bounds the connection and each silence of the server.

        Raises:
            ValueError: no API key, or ``host`` is no URL.
        """
        if not api_key.strip():
            raise ValueError(
                "SENDGRID_API_KEY is not set. Create a key with the permission Mail Send at "
                "SendGrid and set it, or set EMAIL_CHANNEL=outbox."
            )
        parts = urlsplit(host)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("SENDGRID_HOST must be a URL such as https://api.sendgrid.com.")
        sdk = SendGridAPIClient(api_key.strip(), host=host.rstrip("/"))
        # The library has no parameter for it; its client hands the attribute on to each request.
        sdk.client.timeout = timeout_seconds
        self._sdk = sdk

    def send(self, message: EmailMessage, before_hand_over: HandOver = unmarked) -> DeliveryReceipt:
        """Send one message; see :meth:`mail.channels.base.Channel.send`.

        SendGrid answers 202 once the message is queued, and only then. A 5xx answer is taken as
        "not queued" and retried, as SendGrid asks; it comes from SendGrid, so a message that was
        queued and nevertheless answered with 5xx would be SendGrid's fault and would go out twice.
        The exception is 504: a gateway that gave up waiting knows as little as we do when we give
        up waiting, so it counts as unknown, like a read time-out or a connection that dropped
        after the request went out. A request that could not be written to the end was not
        accepted.
        """
        request = _request(message)
        before_hand_over()
        try:
            response = self._sdk.send(request)
        except HTTPError as error:
            raise _refusal(message, int(error.status_code), error.headers, error.body) from None
        except URLError:
            raise TryAgain(None, "SendGrid can't be reached.") from None
        except (OSError, http.client.HTTPException) as error:
            raise OutcomeUnknown(
                f"SendGrid took the request and gave no answer ({type(error).__name__})."
            ) from None
        if response.status_code != 202:
            raise ChannelMisconfigured(
                f"SENDGRID_HOST answered {response.status_code} where SendGrid answers 202: it is "
                "another server, or SendGrid's sandbox mode is on."
            )
        return DeliveryReceipt(response.headers.get("X-Message-Id", ""))

    def was_accepted(self, _touch_key: str, /) -> bool | None:
        """None: SendGrid's events tell, not a question."""
        return None


def _request(message: EmailMessage) -> dict[str, Any]:
    """The JSON body of mail/send."""
    recipient = {"email": usable_recipient(message.recipient_email)}
    sender = {"email": message.usable_sender()}
    if name := mail.one_line(message.recipient_name):
        recipient["name"] = name
    if name := mail.one_line(message.sender_name):
        sender["name"] = name
    request: dict[str, Any] = {
        "personalizations": [{"to": [recipient], "custom_args": {"touch_key": message.touch_key}}],
        "from": sender,
        "subject": mail.one_line(message.subject),
        "content": [
            {"type": "text/plain", "value": message.text},
            {"type": "text/html", "value": message.html},
        ],
        "headers": {"Message-ID": f"<{message.message_id}>", **message.headers},
    }
    if message.reply_to:
        request["reply_to_list"] = [{"email": usable_sender(one)} for one in message.reply_to]
    if message.calendar is not None:
        _add_calendar(request, message.calendar)
    return request


def _add_calendar(request: dict[str, Any], calendar: mail.CalendarPart) -> None:
    """The invitation as an alternative, which mail programs show as one, and as a file."""
    # SendGrid adds the charset itself.
    content_type = f"text/calendar; method={calendar.method}"
    request["content"].append({"type": content_type, "value": calendar.content.decode()})
    request["attachments"] = [
        {
            "content": base64.b64encode(calendar.content).decode(),
            "type": "application/ics",
            "filename": mail.CALENDAR_FILE,
            "disposition": "attachment",
        }
    ]


def _refusal(
    message: EmailMessage, status: int, headers: Mapping[str, str], body: bytes
) -> ChannelError:
    """What an answer other than 2xx to the message means."""
    if status == 429:
        return TryAgain(_wait_asked(headers), "SendGrid's rate limit is reached (429).")
    if status == 504:
        return OutcomeUnknown("A gateway before SendGrid gave up waiting for its answer (504).")
    if status >= 500:
        return TryAgain(_retry_after(headers), f"SendGrid has trouble of its own ({status}).")
    if status == 401:
        return ChannelMisconfigured(
            "SendGrid refuses the API key, or the account has no credits left (401): check "
            "SENDGRID_API_KEY and the account.",
            "401",
        )
    if status == 403:
        return message.sender_refused(
            "403",
            "SendGrid forbids sending (403): the API key needs the permission Mail Send, and "
            "EMAIL_FROM must be a verified sender.",
        )
    if status in (400, 413, 422):
        return _message_refusal(message, status, body)
    return ChannelMisconfigured(
        f"SENDGRID_HOST answered {status}, as SendGrid never does to a message: it is another "
        "server."
    )


def _message_refusal(message: EmailMessage, status: int, body: bytes) -> ChannelError:
    """400 and 413: the fault is in the field that the answer names."""
    field = _field_named(body)
    if field.startswith("personalizations") and field.endswith("email"):
        return AddressRejected(str(status), "SendGrid refuses the recipient's address.")
    if field.startswith("from"):
        return message.sender_refused(
            str(status), f"SendGrid refuses the sender ({status}): check EMAIL_FROM."
        )
    where = f" because of its field {field}" if field else ""
    return MessageRejected(
        str(status), f"SendGrid refuses the message{where}.", BounceMeaning.UNKNOWN
    )


def _field_named(body: bytes) -> str:
    """The first ``errors[].field`` of an answer, '' if there is none. The text beside it may
    quote the message and is not read."""
    try:
        field = json.loads(body)["errors"][0]["field"]
    except (ValueError, LookupError, TypeError):
        return ""
    return field if isinstance(field, str) and _FIELD.fullmatch(field) else ""


def _wait_asked(headers: Mapping[str, str]) -> float | None:
    """Seconds until ``X-RateLimit-Reset`` (epoch seconds), else what ``Retry-After`` says."""
    reset = headers.get("X-RateLimit-Reset", "")
    if reset.isdecimal():
        return _bounded(int(reset) - time.time())
    return _retry_after(headers)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of ``Retry-After``: a number, or a date (RFC 9110 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return _bounded(float(value))
    try:
        return _bounded(parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _bounded(seconds: float) -> float:
    return min(max(seconds, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
