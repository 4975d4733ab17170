"""Colleagues are told within seconds, by a chat and by mail, from the transaction to the answer of
a real server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from domain.access import Role
from domain.contracts.notifications import NotifyUser
from domain.notifications.hours import WorkingHours
from domain.notifications.kinds import ChatService, NotificationKind, NotifyBy
from mail.links import deployment_secret
from store.access.sealing import Sealer
from store.access.users import add_user
from store.alerts import NewAlert, raise_alerts
from store.notifications import choices
from tests.relay.post import Post
from tests.support.chat_receiver import Chat, chatting
from tests.support.history_scan import in_history

pytestmark = pytest.mark.xdist_group("relay")

ALL = {NotifyBy.MAIL: [NotificationKind.HOT_LEAD], NotifyBy.CHAT: [NotificationKind.HOT_LEAD]}


@pytest.fixture
def chat(post: Post) -> Iterator[Chat]:
    """A chat in the company's own network."""
    post.settings = post.settings.model_copy(update={"webhooks_allow_private": True})
    # The tests share one Temporal, and a user's id is in the ids of workflows there.
    post.run("SELECT setval(pg_get_serial_sequence('console_user', 'id'), :n)", n=time.time_ns())
    with chatting() as one:
        yield one


def somebody(post: Post, chat: Chat, service: ChatService, rep: str = "rep-1") -> int:
    """A rep who wants to hear of hot leads by mail and in a chat."""
    post.run(
        "INSERT INTO rep (code, name, email) VALUES (:rep, 'Hana', '') ON CONFLICT DO NOTHING",
        rep=rep,
    )
    sealer = Sealer(deployment_secret(post.settings), choices.CHAT_ADDRESSES)
    with post.database.begin() as connection:
        user = add_user(connection, f"{rep}@lindenmoor.example", "Hana", Role.SDR, rep)
        sealed = sealer.seal(user, chat.url)
        choices.keep_address(connection, user, service=service, sealed=sealed, shown_as="…1234")
        choices.choose(connection, user, ALL, WorkingHours("Europe/Berlin"))
    return user


def turns_hot(post: Post, key: str, rep: str = "rep-1", name: str = "Wilhelmina <!here>") -> float:
    """A lead turns hot; when that was committed."""
    lead = post.lead()
    post.run("UPDATE lead SET first_name = :name WHERE id = :id", id=lead, name=name)
    now = datetime.now(UTC)
    with post.database.begin() as connection:
        raise_alerts(connection, [NewAlert(key, "hot_lead", rep, now, lead)], now)
    return time.time()


@pytest.mark.parametrize("service", ChatService)
async def test_a_hot_lead_is_told_in_a_chat_and_by_mail_once(
    post: Post, chat: Chat, service: ChatService
) -> None:
    """Who has to answer within five minutes hears of it in none, and each relay says it again."""
    user = somebody(post, chat, service)
    async with post.working(), post.relaying():
        turns_hot(post, "hot:1")
        await post.reaches("SELECT count(*) FROM notification_delivery WHERE state = 'sent'", 2)
        post.run("UPDATE relay_message SET outcome = '' WHERE kind = 'notify'")
        await post.reaches("SELECT count(*) FROM relay_message WHERE outcome = ''", 0)
        handle = post.client.get_workflow_handle(NotifyUser(user, NotifyBy.CHAT).workflow_id)
        await asyncio.wait_for(handle.result(), 60)

    assert len(chat.got) == 1
    shown = "&lt;!here&gt;" if service == ChatService.SLACK else "<!here>"
    assert f"Hot lead: Wilhelmina {shown}" in chat.told()
    assert post.values("SELECT subject FROM outbox_message") == ["Hot lead: Wilhelmina <!here>"]
    assert post.value("SELECT count(*) FROM touch") == 0
    personal = ["Wilhelmina", "lindenmoor", chat.url, "127.0.0.1", "secret-1234"]
    assert in_history(await handle.fetch_history(), personal) == []


async def test_a_chat_that_is_gone_stops_nobody_else_and_its_owner_is_told(
    post: Post, chat: Chat
) -> None:
    """A deleted channel of one colleague must not cost another a lead, nor go unnoticed."""
    hana = somebody(post, chat, ChatService.SLACK)
    somebody(post, chat, ChatService.TEAMS, "rep-2")
    chat.answers = [404, 200]
    async with post.working(), post.relaying():
        turns_hot(post, "hot:1")
        await post.reaches(
            f"SELECT count(*) FROM notification_way WHERE user_id = {hana} "
            "AND way = 'chat' AND NOT active",
            1,
        )
        turns_hot(post, "hot:2", "rep-2")
        turns_hot(post, "hot:3")
        await post.reaches("SELECT count(*) FROM notification_delivery WHERE state = 'sent'", 5)

    assert len(chat.got) == 2
    with post.database.connect() as connection:
        way = choices.choices_of(connection, hana).ways[NotifyBy.CHAT]
    assert (way.active, way.error) == (False, "404")
    told = "SELECT kind FROM notification WHERE user_id = :user ORDER BY id"
    assert post.values(told, user=hana) == ["hot_lead", "way_off", "hot_lead"]


async def test_a_chat_that_is_down_gets_all_in_one_message_when_it_is_back(
    post: Post, chat: Chat
) -> None:
    """After an outage nobody wants fifty messages, nor to miss one."""
    somebody(post, chat, ChatService.SLACK)
    chat.answers = [503, 200]
    async with post.working(), post.relaying():
        turns_hot(post, "hot:1")
        await post.reaches("SELECT failures FROM notification_way WHERE way = 'chat'", 1)
        turns_hot(post, "hot:2")
        await post.reaches(
            "SELECT count(*) FROM notification_delivery WHERE way = 'chat' AND state = 'sent'", 2
        )

    assert len(chat.got) == 2
    assert "2 notifications" in chat.told()
    assert post.values("SELECT failures FROM notification_way WHERE way = 'chat'") == [0]


async def test_nothing_goes_into_our_own_network_unless_it_is_allowed(
    post: Post, chat: Chat
) -> None:
    """Whoever may sign in could reach servers of ours through us."""
    somebody(post, chat, ChatService.SLACK)
    post.settings = post.settings.model_copy(update={"webhooks_allow_private": False})
    async with post.working(), post.relaying():
        turns_hot(post, "hot:1")
        await post.reaches("SELECT count(*) FROM notification_way WHERE error <> ''", 1)

    assert chat.got == []


async def test_at_night_nothing_is_told_and_in_the_morning_all_of_it(
    post: Post, chat: Chat
) -> None:
    """A phone on the bedside table; and in the morning the night must not be lost."""
    post.hurry(3600.0)
    user = somebody(post, chat, ChatService.SLACK)
    now = post.settings.clock().now()
    later = (now + timedelta(hours=5)).time().replace(microsecond=0)
    ends = (now + timedelta(hours=15)).time().replace(microsecond=0)
    with post.database.begin() as connection:
        choices.choose(connection, user, ALL, WorkingHours("UTC", begins=later, ends=ends))
    async with post.working(), post.relaying():
        begun = turns_hot(post, "hot:1")
        turns_hot(post, "hot:2")
        await post.reaches(
            "SELECT count(*) FROM notification_delivery WHERE way = 'chat' AND state = 'sent'", 2
        )

    assert len(chat.got) == 1
    assert chat.at[0] - begun > 3
