"""The outbox channel on a real PostgreSQL."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func, select

from mail.channels.base import AddressRejected, MessageRejected
from mail.channels.outbox import OutboxChannel
from mail.channels.registry import channel_from
from settings import Clock, Settings
from store.engine import engine
from store.tables import OutboxMessage
from tests.support.messages import PLAIN


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    made = engine(database_url)
    yield made
    made.dispose()


def rows(database: Engine) -> int:
    with database.connect() as connection:
        return connection.scalar(select(func.count()).select_from(OutboxMessage)) or 0


def test_a_touch_is_stored_once(database: Engine) -> None:
    """An activity that is retried after a crash must not mail the lead twice."""
    channel = channel_from(Settings(email_channel="outbox"), database)
    first = channel.send(PLAIN)
    again = channel.send(dataclasses.replace(PLAIN, subject="Other", message_id="other@x.example"))
    assert again == first
    assert rows(database) == 1
    with database.connect() as connection:
        stored = connection.scalars(select(OutboxMessage.raw)).one()
    assert b"Subject: A first hello\r\n" in stored


def test_many_at_once_store_one(database: Engine) -> None:
    """Two workers may hold the same touch for a moment after one was thought dead."""
    channel = channel_from(Settings(email_channel="outbox"), database)
    with ThreadPoolExecutor(8) as pool:
        receipts = set(pool.map(lambda _: channel.send(PLAIN), range(40)))
    assert len(receipts) == 1
    assert rows(database) == 1


def test_it_knows_what_it_took(database: Engine) -> None:
    """After a crash between call and record this answer settles the ledger."""
    channel = channel_from(Settings(email_channel="outbox"), database)
    assert channel.was_accepted(PLAIN.touch_key) is False
    channel.send(PLAIN)
    assert channel.was_accepted(PLAIN.touch_key) is True


def test_two_touches_never_share_a_message_id(database: Engine) -> None:
    """Silently dropping the second would lose a touch."""
    channel = channel_from(Settings(email_channel="outbox"), database)
    channel.send(PLAIN)
    with pytest.raises(MessageRejected):
        channel.send(dataclasses.replace(PLAIN, touch_key="enrollment-8:welcome:1"))


def test_mails_are_dated_in_journey_time(database: Engine) -> None:
    """In the demo a mail dated today would stand years before the reply to it."""
    epoch = datetime(2026, 1, 1, tzinfo=UTC)
    OutboxChannel(database, Clock(epoch, 1000.0)).send(PLAIN)
    with database.connect() as connection:
        sent_at = connection.scalars(select(OutboxMessage.sent_at)).one()
    assert sent_at - epoch > (datetime.now(UTC) - epoch) * 900


def test_an_unusable_address_is_refused_like_elsewhere(database: Engine) -> None:
    channel = channel_from(Settings(email_channel="outbox"), database)
    with pytest.raises(AddressRejected):
        channel.send(dataclasses.replace(PLAIN, recipient_email="nobody"))
    assert rows(database) == 0
