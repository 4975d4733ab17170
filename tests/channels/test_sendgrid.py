"""SendGrid's library against a local server: what is sent, and what each answer means."""

from __future__ import annotations

import dataclasses
import json
import logging
import socket
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from mail.channels.base import (
    AddressRejected,
    ChannelError,
    ChannelMisconfigured,
    DeliveryReceipt,
    EmailMessage,
    MessageRejected,
    OutcomeUnknown,
    SenderRefused,
    TryAgain,
)
from mail.channels.sendgrid import SendGridChannel
from tests.support.messages import KOREAN, PLAIN, holds_no_secret
from tests.support.sendgrid_server import StandIn, stand_in


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with stand_in() as server:
        yield server


def channel(host: str, timeout_seconds: float = 10.0) -> SendGridChannel:
    return SendGridChannel("SG.key\n", host, timeout_seconds)


FROM_REFUSED = {"errors": [{"message": "jane?", "field": "from.email"}]}


def error_of(
    provider: StandIn,
    status: int,
    body: object = None,
    message: EmailMessage = PLAIN,
    **headers: str,
) -> ChannelError:
    provider.status = status
    provider.body = json.dumps(body).encode() if body else b""
    provider.headers = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(ChannelError) as caught:
        channel(provider.host).send(message)
    assert holds_no_secret(str(caught.value))
    return caught.value


def test_the_request_carries_the_mail_and_the_touch_key(provider: StandIn) -> None:
    """Without custom_args no later event could settle the ledger; without the headers Gmail and
    Yahoo would offer no one-click unsubscribe."""
    provider.headers = {"X-Message-Id": "abc123"}
    assert channel(provider.host + "/").send(PLAIN) == DeliveryReceipt("abc123")
    (request,) = provider.requests
    assert request.path == "/v3/mail/send"
    assert request.headers["Authorization"] == "Bearer SG.key"
    assert request.headers["Content-Type"] == "application/json"
    assert request.body == {
        "personalizations": [
            {
                "to": [{"email": "jane.doe@acme.example", "name": "Jane Doe"}],
                "custom_args": {"touch_key": "enrollment-7:welcome:1"},
            }
        ],
        "from": {"email": "hello@perennial.example", "name": "Perennial"},
        "subject": "A first hello",
        "content": [
            {"type": "text/plain", "value": PLAIN.text},
            {"type": "text/html", "value": PLAIN.html},
        ],
        "headers": {"Message-ID": f"<{PLAIN.message_id}>", **PLAIN.headers},
    }


def test_korean_and_broken_names_arrive_in_one_line(provider: StandIn) -> None:
    """A quoted line break in a CSV must not fail the touch, nor add a header."""
    message = dataclasses.replace(
        KOREAN, recipient_name="김민준\r\nBcc: x@y.example", subject="안\n녕"
    )
    channel(provider.host).send(message)
    body = provider.requests[0].body
    assert body["subject"] == "안 녕"
    assert body["personalizations"][0]["to"][0]["name"] == "김민준 Bcc: x@y.example"


def test_429_waits_until_the_reset_the_provider_names(provider: StandIn) -> None:
    """Retrying earlier would be refused again and might get the account blocked."""
    error = error_of(provider, 429, X_RateLimit_Reset=str(int(time.time()) + 120))
    assert isinstance(error, TryAgain)
    assert error.after_seconds == pytest.approx(120, abs=20)


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [
        (429, "30", 30),
        (503, "30", 30),
        (503, "0", 1),
        (503, "99999999", 3600),
        (500, "in ten minutes", 600),
        (429, "soon", None),
        (500, "", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(
    provider: StandIn, status: int, retry_after: str, seconds: float | None
) -> None:
    """A header that can't be read must not lose the touch."""
    if retry_after == "in ten minutes":
        retry_after = formatdate(time.time() + 600, usegmt=True)
    error = error_of(provider, status, Retry_After=retry_after)
    assert isinstance(error, TryAgain)
    assert not isinstance(error, ChannelMisconfigured)
    if seconds is None:
        assert error.after_seconds is None
    else:
        # Generous: only a wrong unit or a wrong sign is to be caught.
        assert error.after_seconds == pytest.approx(seconds, abs=90)


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_a_broken_key_keeps_every_touch_for_later(provider: StandIn, status: int) -> None:
    """Were it a rejection, one expired key would fail the touches of all leads."""
    error = error_of(provider, status, {"errors": [{"message": "no, jane.doe@acme.example"}]})
    assert isinstance(error, ChannelMisconfigured)
    assert isinstance(error, TryAgain)


def test_a_success_other_than_202_is_no_receipt(provider: StandIn) -> None:
    """A sandbox or a proxy's page answers 200 and sends nothing."""
    assert isinstance(error_of(provider, 200), ChannelMisconfigured)


def test_a_refused_address_fails_this_touch_alone(provider: StandIn) -> None:
    error = error_of(
        provider,
        400,
        {"errors": [{"message": "jane?", "field": "personalizations.0.to.0.email"}]},
    )
    assert isinstance(error, AddressRejected)
    assert error.code == "400"


def test_a_refused_sender_is_a_fault_of_the_settings(provider: StandIn) -> None:
    """EMAIL_FROM is the same in all mail of the company: no touch may fail because of it."""
    error = error_of(provider, 400, FROM_REFUSED)
    assert isinstance(error, ChannelMisconfigured)


@pytest.mark.parametrize(
    ("address", "status", "body"),
    [
        ("hana@lindenmoor.example", 403, None),
        ("hana@lindenmoor.example", 400, FROM_REFUSED),
        ("hana kim@lindenmoor.example", 202, None),
    ],
)
def test_a_rep_who_is_refused_as_a_sender_stops_nobody_else_s_mail(
    provider: StandIn, address: str, status: int, body: object
) -> None:
    """One address that the provider does not know would keep the whole company from writing."""
    own = dataclasses.replace(PLAIN, sender_email=address, returns_to=PLAIN.sender_email)
    error = error_of(provider, status, body, message=own)
    assert isinstance(error, SenderRefused)
    assert not isinstance(error, ChannelMisconfigured)
    if status != 202:
        brand = dataclasses.replace(own, sender_email="Hello@perennial.example")
        assert isinstance(error_of(provider, status, body, message=brand), ChannelMisconfigured)
        assert isinstance(error_of(provider, 401, message=own), ChannelMisconfigured)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"errors": [{"message": "jane", "field": "content.0.value"}]}),
        (400, {"errors": [{"message": "jane", "field": "a field of jane"}]}),
        (400, {"errors": "jane"}),
        (413, None),
    ],
)
def test_a_refused_message_is_not_sent_again(provider: StandIn, status: int, body: object) -> None:
    error = error_of(provider, status, body)
    assert isinstance(error, MessageRejected)
    assert not isinstance(error, AddressRejected)


@pytest.mark.parametrize("status", [0, -1, 504])
def test_no_answer_after_the_request_is_unknown(provider: StandIn, status: int) -> None:
    """Connection dropped, read time-out, a gateway's time-out: sending again could double it."""
    provider.status = status
    with pytest.raises(OutcomeUnknown) as caught:
        channel(provider.host, timeout_seconds=0.5).send(PLAIN)
    assert holds_no_secret(str(caught.value))
    assert len(provider.requests) == 1


def test_a_provider_that_cannot_be_reached_accepted_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(TryAgain):
            channel(host).send(PLAIN)
    with pytest.raises(TryAgain):
        channel("http://nowhere.invalid").send(PLAIN)


@pytest.mark.parametrize("address", ["", "jane", "jane@", "a b@acme.example", "a@x, b@y", "a@b..c"])
def test_an_address_that_is_none_is_refused_before_the_provider(
    provider: StandIn, address: str
) -> None:
    with pytest.raises(AddressRejected):
        channel(provider.host).send(dataclasses.replace(PLAIN, recipient_email=address))
    assert provider.requests == []


def test_the_library_logs_no_request(provider: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG the library writes the API key and the whole mail to the log."""
    with caplog.at_level(logging.DEBUG):
        channel(provider.host).send(PLAIN)
    assert holds_no_secret(caplog.text)


@pytest.mark.parametrize(
    ("key", "host", "named"),
    [
        (" ", "https://api.sendgrid.com", "SENDGRID_API_KEY"),
        ("SG.key", "api.sendgrid.com", "SENDGRID_HOST"),
    ],
)
def test_a_missing_setting_is_named(key: str, host: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        SendGridChannel(key, host, 10.0)
