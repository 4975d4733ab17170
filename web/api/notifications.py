"""``/api/me/notifications`` and ``/api/me/notification-settings``: what the caller is told of."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, BeforeValidator, Field, Strict
from sqlalchemy import Connection

from domain.access import Action
from domain.inputs import ASKED, Code
from domain.notifications import kinds
from domain.notifications.kinds import NotifyBy
from domain.notifications.wording import place_of, tell
from services import notifications
from services.notifications import NotificationChoices
from store.access.api_tokens import Caller
from store.notifications.choices import ChosenWay, ChosenWays, choices_of
from store.notifications.unseen import list_notifications
from web.api.access import CurrentContext, may
from web.api.inputs import Url
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page_by_id

router = APIRouter(prefix="/me", tags=["me"])
Own = Annotated[Caller, Depends(may(Action.OWN_SETTINGS))]
NotificationKinds = Annotated[
    list[Annotated[kinds.NotificationKind, Strict(False)]], Field(max_length=20)
]


def _is_text(value: object) -> object:
    if not isinstance(value, str | time):
        raise ValueError('it must be text: "09:00"')
    return value


ClockTime = Annotated[time, Field(strict=False, examples=["09:00"]), BeforeValidator(_is_text)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class ToldOf(BaseModel):
    """A notification. ``text`` is English; ``path`` leads to it in the console. Journey time."""

    id: int
    kind: str
    text: str
    lead_id: int | None
    task_id: int | None
    raised_at: datetime
    seen: bool
    path: str


class WaySettings(BaseModel):
    """One way: ``address`` is what of a chat's may be shown; one that is not ``active`` was
    switched off because of ``error``."""

    kinds: list[str]
    service: str
    address: str
    active: bool
    error: str


class NotificationSettings(BaseModel):
    """What the caller hears of by each way, and when; ``time_zone`` is '' before that was set."""

    desktop: WaySettings
    mail: WaySettings
    chat: WaySettings
    time_zone: str
    days: list[str]
    begins: time | None
    ends: time | None
    digest_at: time | None


class NewNotificationSettings(BaseModel):
    """What to hear of by each way (one that is left out stays), and when. Without ``begins`` and
    ``ends`` at any time of these days, without ``digest_at`` no digest."""

    model_config = ASKED

    desktop: NotificationKinds | None = None
    mail: NotificationKinds | None = None
    chat: NotificationKinds | None = None
    time_zone: Code
    days: list[Weekday] = Field(default=["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
    begins: ClockTime | None = None
    ends: ClockTime | None = None
    digest_at: ClockTime | None = None


class NewChat(BaseModel):
    """An incoming webhook of a chat."""

    model_config = ASKED

    service: Annotated[kinds.ChatService, Strict(False)]
    url: Url


class ChatAddress(BaseModel):
    """What is shown of the address of a chat."""

    service: str
    address: str


class NotificationTest(BaseModel):
    """By which way a test is to go out."""

    model_config = ASKED

    way: Annotated[NotifyBy, Strict(False)]


@router.get("/notifications")
def list_own_notifications(
    context: CurrentContext, caller: Own, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[ToldOf]:
    """What the caller was told of, the latest first; a token is told of nothing."""

    def read(connection: Connection, *, before: int | None, limit: int) -> list[ToldOf]:
        found = list_notifications(connection, caller.user_id, before=before, limit=limit)
        return [
            ToldOf(
                id=one.id,
                kind=one.kind,
                text=tell(one, "en", "UTC").text,
                lead_id=one.lead_id,
                task_id=one.task_id,
                raised_at=one.raised_at,
                seen=one.seen,
                path=place_of(one.kind, task_id=one.task_id, lead_id=one.lead_id),
            )
            for one in found
        ]

    return page_by_id(context, "notifications", cursor, limit, read)


@router.post("/notifications/seen")
def mark_seen(context: CurrentContext, caller: Own) -> Done:
    """Say that all of them were seen."""
    number = notifications.mark_seen(context, caller)
    return Done(detail=f"{number} notifications are seen now.")


@router.get("/notification-settings")
def show_notification_settings(context: CurrentContext, caller: Own) -> NotificationSettings:
    """What the caller hears of, by which ways and when."""
    with context.database.connect() as connection:
        return _shown(choices_of(connection, caller.user_id))


@router.put("/notification-settings")
def choose_notifications(
    context: CurrentContext, caller: Own, body: NewNotificationSettings
) -> NotificationSettings:
    """Choose what to be told, by which ways and when; a token is told nothing."""
    given = {
        NotifyBy.DESKTOP: body.desktop,
        NotifyBy.MAIL: body.mail,
        NotifyBy.CHAT: body.chat,
    }
    chosen = NotificationChoices(
        {way: chosen for way, chosen in given.items() if chosen is not None},
        body.time_zone,
        body.days,
        body.begins,
        body.ends,
        body.digest_at,
    )
    notifications.choose(context, caller, chosen)
    return show_notification_settings(context, caller)


@router.put("/notification-settings/chat")
def set_notification_chat(context: CurrentContext, caller: Own, body: NewChat) -> ChatAddress:
    """Be told in a chat from now on; the address is shown no more."""
    shown_as = notifications.set_chat(context, caller, body.service, body.url)
    return ChatAddress(service=body.service, address=shown_as)


@router.delete("/notification-settings/chat")
def remove_notification_chat(context: CurrentContext, caller: Own) -> Done:
    """Be told nothing in a chat any more."""
    notifications.remove_chat(context, caller)
    return Done(detail="The address of your chat is forgotten.")


@router.post("/notification-settings/test")
def send_test_notification(context: CurrentContext, caller: Own, body: NotificationTest) -> Done:
    """Have a test go out now."""
    notifications.send_test(context, caller, body.way)
    return Done(detail="A test goes out; if it does not arrive, the settings say why.")


def _shown(found: ChosenWays) -> NotificationSettings:
    def way(one: ChosenWay) -> WaySettings:
        return WaySettings(
            kinds=list(one.kinds),
            service=one.service,
            address=one.shown_as,
            active=one.active,
            error=one.error,
        )

    hours = found.hours
    return NotificationSettings(
        desktop=way(found.ways[NotifyBy.DESKTOP]),
        mail=way(found.ways[NotifyBy.MAIL]),
        chat=way(found.ways[NotifyBy.CHAT]),
        time_zone=hours.time_zone if hours else "",
        days=list(hours.days) if hours else [],
        begins=hours.begins if hours else None,
        ends=hours.ends if hours else None,
        digest_at=hours.digest_at if hours else None,
    )
