"""The embedded channel: e-mails are stored for everybody to see; none leaves the machine."""

from __future__ import annotations

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from domain.email.addresses import address_key
from mail.channels.base import EmailMessage, HandOver, MessageRejected, Receipt, unmarked
from settings import Clock
from store.engine import single_statements
from store.tables import OutboxMessage

# No conflict target: two writers of one touch may collide on either of its unique columns.
_STORE = insert(OutboxMessage).on_conflict_do_nothing().returning(OutboxMessage.message_id)
_STORED = select(OutboxMessage.message_id).where(OutboxMessage.touch_key == bindparam("key"))


class OutboxChannel:
    """Stores each message once in ``outbox_message``; the web app shows them."""

    name = "outbox"

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = single_statements(engine)
        self._clock = clock

    def send(self, message: EmailMessage, _before_hand_over: HandOver = unmarked) -> Receipt:
        """Store one message; see :meth:`mail.channels.base.Channel.send`.

        A second message of the same touch is not stored, and gets the receipt of the first. So
        nothing needs to be marked before it, which saves each touch a round trip.
        """
        now = self._clock.now()
        row = {
            "touch_key": message.touch_key,
            "message_id": message.message_id,
            "recipient": message.recipient_email,
            "recipient_key": address_key(message.recipient_email),
            "subject": message.subject,
            "raw": message.to_bytes(now),
            "sent_at": now,
        }
        with self._engine.connect() as connection:
            stored = connection.scalar(_STORE, row)
            if stored is None:
                stored = connection.scalar(_STORED, {"key": message.touch_key})
        if stored is None:
            raise MessageRejected("message-id", "Another touch has this Message-ID already.")
        return Receipt(stored)

    def was_accepted(self, touch_key: str, /) -> bool:
        """Whether the message of this touch is in the outbox: always exact."""
        with self._engine.connect() as connection:
            return connection.scalar(_STORED, {"key": touch_key}) is not None
