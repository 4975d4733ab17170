"""What somebody wants to be told, by which ways and when: their own choice, and nobody else's."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import time
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from domain.access import Action
from domain.contracts.webhooks import url_problem
from domain.notifications.hours import DAYS, WorkingHours
from domain.notifications.kinds import ChatService, NotificationKind, NotifyBy, offered
from domain.refusals import Conflict, Invalid, Missing
from domain.sentences import sentence
from mail.links import deployment_secret
from services.access import changes
from services.context import Context
from store.access.api_tokens import Caller
from store.access.sealing import Sealer
from store.notifications import choices, unseen


class NotificationChoices(NamedTuple):
    """What to hear of by each way (one that is left out stays), and when: as
    :class:`domain.notifications.hours.WorkingHours`."""

    kinds: Mapping[NotifyBy, Sequence[NotificationKind]]
    time_zone: str
    days: Sequence[str] = DAYS
    begins: time | None = None
    ends: time | None = None
    digest_at: time | None = None


@changes(Action.OWN_SETTINGS, "PUT /me/notification-settings")
def choose(context: Context, caller: Caller, chosen: NotificationChoices) -> None:
    """Choose what to be told, by which ways and when. Choosing something for mail is the consent
    to it.

    Raises:
        Conflict: a token has no settings.
        Invalid: there is no such time zone or day, hours are half given, or a kind is not offered.
    """
    user_id = _user(caller)
    if chosen.time_zone not in available_timezones():
        raise Invalid(
            sentence("There is no time zone '{zone}'.", zone=chosen.time_zone), "time_zone"
        )
    if unknown := sorted(set(chosen.days) - set(DAYS)):
        raise Invalid(
            sentence("There is no day {unknown}; there are {days}.", unknown=unknown, days=DAYS),
            "days",
        )
    if (chosen.begins is None) != (chosen.ends is None):
        raise Invalid(
            sentence("Hours need a beginning and an end, or neither."),
            "begins" if chosen.begins is None else "ends",
        )
    if chosen.begins is not None and chosen.begins == chosen.ends:
        raise Invalid(sentence("Hours that end as they begin are none: leave both out."), "ends")
    for way, kinds in chosen.kinds.items():
        if wrong := sorted(set(kinds) - set(offered(way))):
            raise Invalid(
                sentence(
                    "{kinds} can't be chosen for {way}; {offered} can.",
                    kinds=wrong,
                    way=way,
                    offered=[str(kind) for kind in offered(way)],
                ),
                str(way),
            )
    hours = WorkingHours(
        chosen.time_zone,
        [day for day in DAYS if day in chosen.days],
        chosen.begins,
        chosen.ends,
        chosen.digest_at,
    )
    with context.database.begin() as connection:
        choices.choose(connection, user_id, chosen.kinds, hours)


@changes(Action.OWN_SETTINGS, "PUT /me/notification-settings/chat", keep=("service",))
def set_chat(context: Context, caller: Caller, service: ChatService, url: str) -> str:
    """Be told in a chat from now on, by an incoming webhook. Its address is a secret: whoever has
    it can write there.

    Returns:
        What of the address is shown from now on.

    Raises:
        Conflict: a token has no settings.
        Invalid: the address can't be used.
    """
    user_id = _user(caller)
    url = url.strip()
    if problem := url_problem(url, allow_private=context.settings.webhooks_allow_private):
        raise Invalid(problem, "url")
    shown_as = f"{urlsplit(url).hostname}/…{url[-4:]}"
    sealer = Sealer(deployment_secret(context.settings), choices.CHAT_ADDRESSES)
    with context.database.begin() as connection:
        choices.keep_address(
            connection,
            user_id,
            service=service,
            sealed=sealer.seal(user_id, url),
            shown_as=shown_as,
        )
    return shown_as


@changes(Action.OWN_SETTINGS, "DELETE /me/notification-settings/chat")
def remove_chat(context: Context, caller: Caller) -> None:
    """Be told nothing in a chat any more; its address is forgotten.

    Raises:
        Conflict: a token has no settings.
        Missing: there is no address.
    """
    with context.database.begin() as connection:
        if not choices.forget_address(connection, _user(caller)):
            raise Missing(sentence("You have given no address of a chat."))


@changes(Action.OWN_SETTINGS, "POST /me/notification-settings/test", keep=("way",))
def send_test(context: Context, caller: Caller, way: NotifyBy) -> None:
    """Have a test go out by mail or to the chat now; one that was switched off is tried again.

    Raises:
        Conflict: a token has no settings.
        Invalid: the desktop is the browser's to test.
        Missing: there is no address.
    """
    user_id = _user(caller)
    if way == NotifyBy.DESKTOP:
        raise Invalid(sentence("Tests go by mail or to a chat."), "way")
    with context.database.begin() as connection:
        key = f"test:{uuid.uuid4()}"
        if not choices.send_test(connection, user_id, way, key, context.clock.now()):
            raise Missing(sentence("You have given no address of a chat."))


@changes(Action.OWN_SETTINGS, "POST /me/notifications/seen")
def mark_seen(context: Context, caller: Caller) -> int:
    """Say that all notifications were seen: they count no more.

    Returns:
        How many had not been.

    Raises:
        Conflict: a token has no notifications.
    """
    with context.database.begin() as connection:
        return unseen.mark_seen(connection, _user(caller), context.real_now())


def _user(caller: Caller) -> int:
    if not caller.user_id:
        raise Conflict(sentence("A token has no notifications: sign in to the console."))
    return caller.user_id
