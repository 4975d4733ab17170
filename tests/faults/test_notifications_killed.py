"""A worker is killed at each step of telling a colleague, before a real chat and a real outbox."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from domain.access import Role
from domain.notifications.hours import WorkingHours
from domain.notifications.kinds import NotificationKind, NotifyBy
from settings import ROOT, Settings
from store.access.sealing import Sealer
from store.access.users import add_user
from store.alerts import NewAlert, raise_alerts
from store.engine import engine
from store.notifications import choices
from tests.faults.notify_once import notify_once
from tests.support.chat_receiver import Chat, chatting
from tests.support.waiting import LONGEST_SECONDS

SECRET = "a secret of the tests, 0123456789"
HOT = [NotificationKind.HOT_LEAD]


@pytest.fixture
def chat() -> Iterator[Chat]:
    """Where the colleague reads."""
    with chatting() as one:
        yield one


@pytest.fixture
def database(database_url: str, chat: Chat) -> Iterator[Engine]:
    """A rep who has to hear of a hot lead, by mail and in the chat."""
    made = engine(database_url)
    now = datetime.now(UTC)
    with made.begin() as connection:
        connection.execute(text("INSERT INTO rep (code, name, email) VALUES ('rep-1', 'H', '')"))
        user = add_user(connection, "hana@lindenmoor.example", "Hana", Role.SDR, "rep-1")
        sealed = Sealer(SECRET, choices.CHAT_ADDRESSES).seal(user, chat.url)
        choices.keep_address(connection, user, service="slack", sealed=sealed, shown_as="…")
        chosen = {NotifyBy.MAIL: HOT, NotifyBy.CHAT: HOT}
        choices.choose(connection, user, chosen, WorkingHours("UTC"))
        raise_alerts(connection, [NewAlert("hot:1", "hot_lead", "rep-1", now)], now)
    yield made
    made.dispose()


def environment(database: Engine) -> dict[str, str]:
    """The variables of a worker."""
    return {
        "DATABASE_URL": database.url.render_as_string(hide_password=False),
        "SECRET_KEY": SECRET,
        "WEBHOOKS_ALLOW_PRIVATE": "true",
    }


def killed(database: Engine, way: str, point: str) -> None:
    """A worker tells the colleague, and is killed at this point."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.faults.notify_once", way],
        cwd=ROOT,
        env={**os.environ, **environment(database), "PERENNIAL_FAULT": f"kill:{point}"},
        timeout=LONGEST_SECONDS,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL


def again(database: Engine, way: str) -> None:
    """Other workers try, twice."""
    variables = {name.lower(): value for name, value in environment(database).items()}
    for _ in range(2):
        notify_once(Settings.model_validate(variables), way)


def state(database: Engine, way: str) -> str:
    """What the database says became of it."""
    with database.connect() as connection:
        return str(
            connection.scalar(
                text("SELECT state FROM notification_delivery WHERE way = :way"), {"way": way}
            )
        )


@pytest.mark.parametrize(
    ("point", "arrived", "ends"),
    [
        ("notification.claimed", 1, "sent"),
        ("notification.marked", 0, "unknown"),
        ("notification.handed_over", 1, "unknown"),
    ],
)
def test_killed_while_a_chat_is_told_it_is_told_once_at_most(
    database: Engine, chat: Chat, point: str, arrived: int, ends: str
) -> None:
    """A chat can't be asked whether it has it; twice, a channel is muted, and then helps nobody.
    The page has it all the same."""
    killed(database, "chat", point)
    again(database, "chat")

    assert (len(chat.got), state(database, "chat")) == (arrived, ends)


@pytest.mark.parametrize(
    "point", ["notification.claimed", "notification.marked", "notification.handed_over"]
)
def test_killed_while_a_mail_goes_to_a_channel_that_can_be_asked_it_arrives_once(
    database: Engine, point: str
) -> None:
    killed(database, "mail", point)
    again(database, "mail")

    assert state(database, "mail") == "sent"
    with database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM outbox_message")) == 1
