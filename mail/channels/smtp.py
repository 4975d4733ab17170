"""E-mail through any SMTP server (RFC 5321), one connection a message."""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from typing import Literal

from domain.engagement.bounces import BounceMeaning, bounce_meaning
from mail.channels.base import (
    AddressRejected,
    ChannelError,
    ChannelMisconfigured,
    DeliveryReceipt,
    EmailMessage,
    HandOver,
    MessageRejected,
    OutcomeUnknown,
    RecipientBusy,
    SenderRefused,
    SoftBounce,
    TryAgain,
    unmarked,
    usable_recipient,
    usable_sender,
)
from settings import Clock

Encryption = Literal["none", "starttls", "implicit"]

_LEADING_DOT = re.compile(rb"(?m)^\.")
_OURS = BounceMeaning.REPUTATION
_ENHANCED_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class SmtpChannel:
    """An SMTP server, with STARTTLS, TLS from the first byte, or neither."""

    name = "smtp"

    def __init__(
        self,
        *,
        host: str,
        port: int,
        encryption: Encryption,
        username: str,
        password: str,
        timeout_seconds: float,
        clock: Clock,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """``username`` '' logs nobody in. ``timeout_seconds`` bounds the connection and each
        silence of the server. ``tls`` None trusts what the system trusts."""
        self._host = host
        self._port = port
        self._encryption = encryption
        self._username = username
        self._password = password
        self._timeout = timeout_seconds
        self._clock = clock
        self._tls = tls or ssl.create_default_context()

    def send(self, message: EmailMessage, before_hand_over: HandOver = unmarked) -> DeliveryReceipt:
        """Send one message; see :meth:`mail.channels.base.Channel.send`.

        Whatever fails before the final dot of DATA surely was not accepted. A server that says
        nothing after the dot may have accepted it (RFC 5321 4.5.3.2.6 gives servers ten minutes
        there; we wait for ``timeout_seconds`` and call it unknown).
        """
        raw = message.to_bytes(self._clock.now())
        sender = usable_sender(message.returns_to or message.sender_email)
        recipient = usable_recipient(message.recipient_email)
        with _faults_before_the_dot():
            server = self._connect()
        try:
            with _faults_before_the_dot():
                self._log_in(server)
                _envelope(server, sender, recipient)
            before_hand_over()
            with _faults_before_the_dot():
                _expect(server.docmd("DATA"), _refused, success=3)
                server.send(_LEADING_DOT.sub(b"..", raw))
            _finish(server)
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.quit()
        finally:
            server.close()
        return DeliveryReceipt(message.message_id)

    def was_accepted(self, _touch_key: str, /) -> bool | None:
        """None: SMTP has no such question."""
        return None

    def _connect(self) -> smtplib.SMTP:
        if self._encryption == "implicit":
            return smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout, context=self._tls
            )
        return smtplib.SMTP(self._host, self._port, timeout=self._timeout)

    def _log_in(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if self._encryption == "starttls":
            server.starttls(context=self._tls)
            server.ehlo()
        if self._username:
            server.login(self._username, self._password)


@contextlib.contextmanager
def _faults_before_the_dot() -> Iterator[None]:
    """Turns smtplib's and the socket's errors into ours; nothing was accepted yet."""
    try:
        yield
    except smtplib.SMTPNotSupportedError:
        raise ChannelMisconfigured(
            "The SMTP server offers no STARTTLS or no login: check SMTP_TLS, SMTP_PORT and "
            "SMTP_USERNAME."
        ) from None
    except smtplib.SMTPAuthenticationError as error:
        if error.smtp_code < 500 and not _is_out_of_credits(error):
            raise TryAgain(None, _says("can't check the login now", error)) from None
        raise ChannelMisconfigured(
            _says("refuses the login", error) + " Check SMTP_USERNAME and SMTP_PASSWORD."
        ) from None
    except smtplib.SMTPResponseException as error:
        if 400 <= error.smtp_code < 500:
            raise TryAgain(None, _says("asks to come back later", error)) from None
        raise ChannelMisconfigured(
            _says("refuses the connection", error) + " Check SMTP_HOST, SMTP_PORT and SMTP_TLS."
        ) from None
    except ssl.SSLError as error:
        raise ChannelMisconfigured(
            f"No encrypted connection to the SMTP server ({error.reason or 'TLS'}): check "
            "SMTP_TLS, SMTP_PORT and the server's certificate."
        ) from None
    except (OSError, smtplib.SMTPException) as error:
        raise TryAgain(
            None, f"The SMTP server can't be reached or hung up ({type(error).__name__})."
        ) from None


def _envelope(server: smtplib.SMTP, sender: str, recipient: str) -> None:
    """MAIL and RCPT: from here on the server is ready for the message."""
    options = []
    if not (sender.isascii() and recipient.isascii()):
        if not server.has_extn("smtputf8"):
            raise MessageRejected(
                "SMTPUTF8", "Our SMTP server takes no address with characters beyond ASCII."
            )
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    _expect(server.mail(sender, options), _sender_refused)
    # RFC 5321 4.3.2: 251 forwards, and 252 takes a recipient that can't be looked up.
    _expect(server.rcpt(recipient), _refused)


def _finish(server: smtplib.SMTP) -> None:
    """The final dot, and what the server says to it."""
    try:
        server.send(b".\r\n")
        answer = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise OutcomeUnknown(
            f"The SMTP server took the message and gave no answer ({type(error).__name__})."
        ) from None
    _expect(answer, _refused)


Reply = tuple[int, bytes]


def _expect(reply: Reply, refused: Callable[[Reply], ChannelError], success: int = 2) -> None:
    """Raises what a reply of another kind than ``success`` means (RFC 5321 4.2.1: the first digit
    tells); ``refused`` tells for replies 4xx and 5xx."""
    kind = reply[0] // 100
    if kind == success:
        return
    if kind in (4, 5):
        raise refused(reply)
    raise ChannelMisconfigured(
        f"SMTP_HOST answered {reply[0]}, as no mail server does here: check SMTP_HOST and "
        "SMTP_PORT."
    )


def _sender_refused(reply: Reply) -> ChannelError:
    code = _code(*reply)
    if 400 <= reply[0] < 500 and bounce_meaning(code, _words(reply[1])) is not _OURS:
        return TryAgain(None, f"The SMTP server asks to come back later ({code}).")
    reason = f"The SMTP server refuses the sender ({code}): check EMAIL_FROM."
    return ChannelMisconfigured(reason, code)


def _refused(reply: Reply) -> ChannelError:
    """What the answer to RCPT or DATA means; some servers look the recipient up only after DATA."""
    code = _code(*reply)
    meaning = bounce_meaning(code, _words(reply[1]))
    if meaning is _OURS:
        return SenderRefused(code, "The SMTP server refuses our mail, not this recipient.")
    if 400 <= reply[0] < 500:
        return RecipientBusy(code)
    if meaning is BounceMeaning.ADDRESS_DEAD:
        return AddressRejected(code, "The SMTP server says that the recipient's address is dead.")
    return SoftBounce(code, meaning)


def _is_out_of_credits(error: smtplib.SMTPAuthenticationError) -> bool:
    """Some providers say so at the login, as if it would pass. 454 does (RFC 4954)."""
    said = bounce_meaning(str(error.smtp_code), _words(error.smtp_error))
    return said is _OURS and error.smtp_code != 454


def _says(what: str, error: smtplib.SMTPResponseException) -> str:
    return f"The SMTP server {what} ({_code(error.smtp_code, error.smtp_error)})."


def _code(code: int, text: bytes | str) -> str:
    """``550 5.1.1``: the codes of a reply without its words, which may quote an address."""
    enhanced = _ENHANCED_CODE.match(_words(text))
    return f"{code} {enhanced[0]}" if enhanced else str(code)


def _words(text: bytes | str) -> str:
    """The words of a reply: UTF-8 (RFC 6531 3.7.4), or what servers in China write."""
    if isinstance(text, str):
        return text
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("gb18030", "replace")
