"""The embedded channel: e-mails are stored for everybody to see; none leaves the machine."""

from __future__ import annotations

from sqlalchemy import Engine

from mail.channels.base import DeliveryReceipt, EmailMessage, HandOver, MessageRejected, unmarked
from settings import Clock
from store.engine import single_statements
from store.mail.outbox_mails import is_kept, keep_mail


class OutboxChannel:
    """Stores each message once in ``outbox_message``; the web app shows them."""

    name = "outbox"

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = single_statements(engine)
        self._clock = clock

    def send(
        self, message: EmailMessage, _before_hand_over: HandOver = unmarked
    ) -> DeliveryReceipt:
        """Store one message; see :meth:`mail.channels.base.Channel.send`.

        A second message of the same touch is not stored, and gets the receipt of the first. So
        nothing needs to be marked before it, which saves each touch a round trip.
        """
        now = self._clock.now()
        raw = message.to_bytes(now)
        with self._engine.connect() as connection:
            stored = keep_mail(
                connection,
                touch_key=message.touch_key,
                message_id=message.message_id,
                recipient=message.recipient_email,
                subject=message.subject,
                raw=raw,
                sent_at=now,
            )
        if stored is None:
            raise MessageRejected("message-id", "Another touch has this Message-ID already.")
        return DeliveryReceipt(stored)

    def was_accepted(self, touch_key: str, /) -> bool:
        """Whether the message of this touch is in the outbox: always exact."""
        with self._engine.connect() as connection:
            return is_kept(connection, touch_key)
