"""The SMTP channel against real servers (aiosmtpd) that accept, refuse, hang up and say nothing."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mail.channels.base import (
    AddressRejected,
    ChannelError,
    ChannelMisconfigured,
    DeliveryReceipt,
    EmailMessage,
    MessageRejected,
    OutcomeUnknown,
    RecipientBusy,
    SenderRefused,
    SoftBounce,
    TryAgain,
)
from mail.channels.smtp import SmtpChannel
from settings import Clock
from tests.support.messages import KOREAN, PLAIN, holds_no_secret

CLOCK = Clock(datetime(2026, 1, 1, tzinfo=UTC), 1.0)


class Handler:
    """Accepts mails and keeps them; ``replies`` says otherwise to MAIL, RCPT or DATA. To DATA,
    "hang up" closes the connection and "silence" answers nothing, both having taken the mail."""

    def __init__(self, **replies: str) -> None:
        self.replies = replies
        self.mails: list[bytes] = []

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.replies.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        reply = self.replies.get("DATA", "250 OK")
        if reply == "hang up":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.sleep(60)
        if reply == "silence":
            await asyncio.sleep(60)
        return reply


class NoStartTls(SMTP):
    """Offers STARTTLS and refuses it when asked."""

    async def smtp_STARTTLS(self, _arg: str) -> None:
        await self.push("454 4.7.0 TLS not available")


class LocalServer(Controller):
    """A server on a free port."""

    def __init__(self, handler: Handler, kind: type[SMTP], **options: Any) -> None:
        self.kind = kind
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        super().__init__(handler, hostname="127.0.0.1", port=port, ready_timeout=30, **options)

    def factory(self) -> SMTP:
        return self.kind(self.handler, **self.SMTP_kwargs)


Serve = Callable[..., tuple[Handler, int]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """``serve(RCPT="550 no", …)`` starts a server; gives its handler and port."""
    with ExitStack() as running:

        def start(
            kind: type[SMTP] = SMTP, options: Any = None, **replies: str
        ) -> tuple[Handler, int]:
            handler = Handler(**replies)
            server = LocalServer(handler, kind, **(options or {}))
            server.start()
            running.callback(server.stop)
            return handler, server.port

        yield start


def send(port: int, message: EmailMessage = PLAIN, **settings: Any) -> DeliveryReceipt:
    defaults: dict[str, Any] = {
        "host": "127.0.0.1",
        "encryption": "none",
        "username": "",
        "password": "",
        "timeout_seconds": 10.0,
        "clock": CLOCK,
    }
    return SmtpChannel(port=port, **(defaults | settings)).send(message)


def error_of(port: int, message: EmailMessage = PLAIN, **settings: Any) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        send(port, message, **settings)
    assert holds_no_secret(str(caught.value))
    return caught.value


@pytest.mark.parametrize("message", [PLAIN, KOREAN])
def test_the_mail_arrives_as_it_was_written(serve: Serve, message: EmailMessage) -> None:
    """Lines of dots, Korean and a long unsubscribe URL are what SMTP and MIME get wrong."""
    handler, port = serve()
    assert send(port, message) == DeliveryReceipt(message.message_id)
    arrived = message_from_bytes(handler.mails[0], policy=policy.default)
    assert arrived["Subject"] == message.subject.strip()
    assert arrived["To"].addresses[0].display_name == message.recipient_name
    assert arrived["To"].addresses[0].addr_spec == message.recipient_email
    assert arrived["Message-ID"] == f"<{message.message_id}>"
    assert b"List-Unsubscribe: <https://go.perennial.example/u/xxx" in handler.mails[0]
    assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for subtype, content in (("plain", message.text), ("html", message.html)):
        part = arrived.get_body((subtype,))
        assert part is not None
        assert part.get_content().splitlines() == content.splitlines()


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
@pytest.mark.parametrize(
    ("reply", "kind", "meaning"),
    [
        ("550 5.1.1 <jane.doe@acme.example> unknown", AddressRejected, "address_dead"),
        ("550 No such user here", AddressRejected, "address_dead"),
        ("550 5.7.1 jane.doe@acme.example: unknown user", AddressRejected, "address_dead"),
        ("552 5.2.2 Mailbox full", SoftBounce, "mailbox_full"),
        ("552 5.3.4 Message too big", SoftBounce, "content"),
        ("554 5.7.1 A first hello looks like spam", SoftBounce, "content"),
        ("554 5.4.6 Loop", SoftBounce, "routing"),
        ("550 Computer says no", SoftBounce, "unknown"),
        ("550 5.7.1 Relaying denied", SenderRefused, None),
        ("550 5.7.1 blocked using Spamhaus", SenderRefused, None),
        ("550 5.7.26 unauthenticated", SenderRefused, None),
        ("530 5.7.0 Authentication required", SenderRefused, None),
        ("421 4.7.0 Too many connections from your IP", SenderRefused, None),
        ("452 4.2.2 Mailbox full", RecipientBusy, None),
        ("450 4.1.1 jane.doe@acme.example unknown just now", RecipientBusy, None),
        # Greylisting answers 4xx to every first mail of a sender.
        ("451 4.7.1 jane, come back later", RecipientBusy, None),
    ],
)
def test_a_refusal_is_told_by_what_it_means(
    serve: Serve, verb: str, reply: str, kind: type[ChannelError], meaning: str | None
) -> None:
    """If this failed, a full mailbox or our own missing login would end an address, or mail to a
    dead one would go on; some servers look a recipient up only after DATA."""
    _, port = serve(**{verb: reply})
    error = error_of(port)
    assert type(error) is kind
    if isinstance(error, MessageRejected):
        assert error.meaning == meaning
    assert reply[:3] in str(error)


@pytest.mark.parametrize("reply", ["251 User not local; will forward", "252 Cannot VRFY user"])
def test_a_recipient_that_is_forwarded_or_not_looked_up_gets_the_mail(
    serve: Serve, reply: str
) -> None:
    """RFC 5321 4.3.2: else whoever has moved within a company would never be written to."""
    handler, port = serve(RCPT=reply)
    send(port)
    assert len(handler.mails) == 1


def test_a_passing_refusal_of_the_sender_is_tried_again(serve: Serve) -> None:
    """If this failed, a busy provider would pause all sending."""
    _, port = serve(MAIL="451 4.3.0 come back later")
    assert type(error_of(port)) is TryAgain


def test_a_reply_that_is_none_of_a_mail_server_fails_no_touch(serve: Serve) -> None:
    """If this failed, a wrong SMTP_HOST would cost every lead its mail."""
    _, port = serve(RCPT="302 Found")
    assert type(error_of(port)) is ChannelMisconfigured


def test_a_refused_sender_is_a_fault_of_the_settings(serve: Serve) -> None:
    _, port = serve(MAIL="553 5.7.1 not yours")
    assert isinstance(error_of(port), ChannelMisconfigured)


@pytest.mark.parametrize("reply", ["hang up", "silence"])
def test_no_answer_after_the_final_dot_is_unknown(serve: Serve, reply: str) -> None:
    """The server has the mail: sending again would double it."""
    handler, port = serve(DATA=reply)
    assert isinstance(error_of(port, timeout_seconds=0.5), OutcomeUnknown)
    assert len(handler.mails) == 1


def test_a_server_that_cannot_be_reached_accepted_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert isinstance(error_of(unused.getsockname()[1]), TryAgain)


def test_no_starttls_sends_nothing_in_the_clear(serve: Serve) -> None:
    """Sending on without encryption would show names and the password to the network."""
    handler, port = serve()
    error = error_of(port, encryption="starttls", username="u", password="p")
    assert isinstance(error, ChannelMisconfigured)
    assert handler.mails == []


def test_starttls_refused_for_now_is_tried_again(serve: Serve, certificate: Path) -> None:
    _, port = serve(NoStartTls, {"tls_context": _server_tls(certificate)})
    error = error_of(port, encryption="starttls")
    assert isinstance(error, TryAgain)
    assert not isinstance(error, ChannelMisconfigured)


def test_starttls_and_login(serve: Serve, certificate: Path) -> None:
    handler, port = serve(options=_with_login(certificate))
    trusting = ssl.create_default_context(cafile=str(certificate))
    settings: dict[str, Any] = {"encryption": "starttls", "tls": trusting, "username": "perennial"}
    assert isinstance(error_of(port, password="wrong", **settings), ChannelMisconfigured)
    send(port, password="right", **settings)
    assert len(handler.mails) == 1


def test_an_untrusted_certificate_gets_no_mail(serve: Serve, certificate: Path) -> None:
    handler, port = serve(options=_with_login(certificate))
    error = error_of(port, encryption="starttls")
    assert isinstance(error, ChannelMisconfigured)
    assert handler.mails == []


def test_tls_from_the_first_byte(serve: Serve, certificate: Path) -> None:
    handler, port = serve(options={"ssl_context": _server_tls(certificate)})
    trusting = ssl.create_default_context(cafile=str(certificate))
    send(port, encryption="implicit", tls=trusting)
    assert len(handler.mails) == 1


def test_an_international_address_goes_where_the_server_takes_it(serve: Serve) -> None:
    handler, port = serve(options={"enable_SMTPUTF8": True})
    send(port, dataclasses.replace(PLAIN, recipient_email="민준@한국.example"))
    assert "민준@xn--3e0b707e.example".encode() in handler.mails[0]
    _, port = serve(options={"enable_SMTPUTF8": False})
    # The address may be fine: it is our server that can't write to it.
    error = error_of(port, dataclasses.replace(PLAIN, recipient_email="민준@acme.example"))
    assert type(error) is MessageRejected


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


def _server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _with_login(certificate: Path) -> dict[str, Any]:
    def allowed(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == b"right"
        return AuthResult(success=right, handled=False)

    return {
        "tls_context": _server_tls(certificate),
        "authenticator": allowed,
        "auth_required": True,
    }
