"""What every e-mail channel takes, answers and raises.

::

    ChannelError
    ├── MessageRejected      this message was refused for good: the touch fails
    │   ├── AddressRejected  … because nobody will ever read at the recipient's address
    │   └── SoftBounce       … by the recipient's side, whose address may be fine
    ├── TryAgain             surely not accepted: send the same message later
    │   ├── RecipientBusy    … the recipient's side takes nothing now
    │   └── SenderRefused    … the trouble is ours: others would be refused as well
    │       └── ChannelMisconfigured  … as every message will be until a setting is fixed
    └── OutcomeUnknown       may have been accepted: never send again blindly

No message of these exceptions holds a name, an address or a provider's free text: they end up in
logs and in workflow histories.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.email import message as mail
from domain.email.addresses import address_key
from domain.engagement.bounces import BounceMeaning

_SOFT = {
    BounceMeaning.MAILBOX_FULL: "The recipient's mailbox takes nothing.",
    BounceMeaning.CONTENT: "The recipient's server does not want this message.",
    BounceMeaning.ROUTING: "The recipient's server can't be reached from the provider.",
    BounceMeaning.UNKNOWN: "The message was refused for a reason that is not known.",
}


@dataclass(frozen=True)
class EmailMessage:
    """One e-mail to one person, rendered and ready to go.

    ``message_id`` is the RFC 5322 Message-ID without angle brackets. ``headers`` are those beyond
    the usual ones, such as ``List-Unsubscribe`` and ``List-Unsubscribe-Post`` (RFC 8058).
    ``reply_to`` are the addresses that an answer goes to; none: the sender's. ``returns_to`` is
    where mail comes back to (the envelope's sender, RFC 5321 3.3); '': the sender's address.
    """

    touch_key: str
    message_id: str
    sender_name: str
    sender_email: str
    recipient_name: str
    recipient_email: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)
    calendar: mail.CalendarPart | None = None
    reply_to: Sequence[str] = ()
    returns_to: str = ""

    def to_bytes(self, at: datetime) -> bytes:
        """The message as RFC 5322 bytes, dated ``at`` (aware).

        Raises:
            AddressRejected: the recipient's address is none that mail can go to.
            SenderRefused: the sender's is not.
            MessageRejected: a header would break the message.
        """
        sender = self.usable_sender()
        recipient = usable_recipient(self.recipient_email)
        try:
            return mail.build(
                sender=(self.sender_name, sender),
                recipient=(self.recipient_name, recipient),
                subject=self.subject,
                text=self.text,
                html=self.html,
                message_id=self.message_id,
                at=at,
                reply_to=[usable_sender(address) for address in self.reply_to],
                headers=self.headers,
                calendar=self.calendar,
            )
        except mail.MailError as error:
            raise MessageRejected("header", str(error)) from None

    def usable_sender(self) -> str:
        """The sender's address with its domain in IDNA form.

        Raises:
            SenderRefused: it is none that mail can come from.
        """
        try:
            return mail.mailbox(self.sender_email)
        except mail.MailError as error:
            raise self.sender_refused("", f"EMAIL_FROM: the sender's {error}") from None

    def sender_refused(self, code: str, reason: str) -> SenderRefused:
        """What it means that this sender is refused: all mail waits where it is the company's own,
        of which ``reason`` tells; a rep's says nothing of anybody else's mail."""
        if address_key(self.sender_email) == address_key(self.returns_to or self.sender_email):
            return ChannelMisconfigured(reason, code)
        return SenderRefused(
            code,
            "A rep's address is refused as a sender: it must be one, at a domain that the provider "
            "has authenticated.",
        )


@dataclass(frozen=True)
class DeliveryReceipt:
    """The provider took the message over and calls it ``provider_message_id``."""

    provider_message_id: str


HandOver = Callable[[], None]


def unmarked() -> None:
    """For a message that no ledger keeps."""


class Channel(Protocol):
    """A way to send e-mail. One instance serves all threads of a process."""

    @property
    def name(self) -> str:
        """``outbox``, ``smtp`` or ``sendgrid``."""

    def send(self, message: EmailMessage, before_hand_over: HandOver = unmarked) -> DeliveryReceipt:
        """Hand one message to the provider; blocks until it answers.

        Args:
            before_hand_over: called once, when nothing is left to do but hand the message over.
                What it raises ends the attempt, and the provider has not got the message.

        Raises:
            ChannelError: one of its kinds, see the tree above.
        """

    def was_accepted(self, touch_key: str, /) -> bool | None:
        """Whether the provider has taken the message of this touch; None: it can't be asked.

        A channel that answers must also take a second message of a touch without doubling it: an
        attempt that seemed dead may still be sending.
        """


class ChannelError(Exception):
    """The provider did not confirm the message."""


class MessageRejected(ChannelError):
    """This message was refused for good. The touch fails; the next one may well succeed.

    ``code`` is the provider's (``400``, ``554 5.7.1``), ``reason`` a sentence of ours, ``meaning``
    None when no provider has seen the message.
    """

    def __init__(self, code: str, reason: str, meaning: BounceMeaning | None = None) -> None:
        super().__init__(f"{reason} ({code})")
        self.code = code
        self.reason = reason
        self.meaning = meaning


class AddressRejected(MessageRejected):
    """The recipient's address is dead: no mail will ever arrive there."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason, BounceMeaning.ADDRESS_DEAD)


class SoftBounce(MessageRejected):
    """The recipient's side refuses this message for good, and not because its address is dead."""

    def __init__(self, code: str, meaning: BounceMeaning) -> None:
        super().__init__(code, _SOFT[meaning], meaning)


class TryAgain(ChannelError):
    """Surely not accepted: the same message can be sent again without doubling it.

    ``after_seconds`` is how long the provider asks to wait, None when it does not say.
    """

    def __init__(self, after_seconds: float | None, reason: str) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds
        self.reason = reason


class RecipientBusy(TryAgain):
    """The recipient's side asks to come back later: a mailbox is full, a server greylists. It may
    say so for days, and about this recipient only."""

    def __init__(self, code: str) -> None:
        super().__init__(None, f"The recipient's server asks to come back later ({code}).")
        self.code = code


class SenderRefused(TryAgain):
    """We are refused, not the recipient: a block list, DKIM, no right to relay. One server may be
    odd; when several recipients are refused so, nothing should be sent until it is fixed."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(None, f"{reason} ({code})" if code else reason)
        self.code = code


class ChannelMisconfigured(SenderRefused):
    """No message can go out until somebody fixes a setting. Nothing was accepted, so every touch
    keeps and goes out afterwards."""

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__("", reason)
        self.code = code


class OutcomeUnknown(ChannelError):
    """The message may have been accepted: the answer never came. Only the provider's own events,
    or :meth:`Channel.was_accepted`, can tell."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def usable_recipient(address: str) -> str:
    """``address`` with its domain in IDNA form.

    Raises:
        AddressRejected: it is none that mail can go to.
    """
    try:
        return mail.mailbox(address)
    except mail.MailError as error:
        raise AddressRejected("address", f"The recipient's {error}") from None


def usable_sender(address: str) -> str:
    """``address`` with its domain in IDNA form.

    Raises:
        ChannelMisconfigured: it is none that mail can come from.
    """
    try:
        return mail.mailbox(address)
    except mail.MailError as error:
        raise ChannelMisconfigured(f"EMAIL_FROM: the sender's {error}") from None
