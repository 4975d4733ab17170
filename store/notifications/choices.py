"""By which ways somebody is told of what, where, and when. A chat's address is kept sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, cast, delete, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from domain.contracts.notifications import NotifyUser
from domain.notifications.hours import WorkingHours
from domain.notifications.kinds import DIGESTS, URGENT, NotificationKind, NotifyBy
from store.notifications.raised import NewNotification, notify, send_soon
from store.tables import NotificationHours, NotificationWay

CHAT_ADDRESSES = "chat-address"
"""What the key is for that seals them."""


@dataclass(frozen=True)
class ChosenWay:
    """What a user hears of by one way. ``service`` and ``shown_as`` are those of a chat, '' while
    there is none; one that is not ``active`` was switched off because of ``error``."""

    kinds: Sequence[str]
    service: str = ""
    shown_as: str = ""
    active: bool = True
    error: str = ""


@dataclass(frozen=True)
class ChosenWays:
    """All ways of a user; ``hours`` is None before any were set."""

    ways: Mapping[NotifyBy, ChosenWay]
    hours: WorkingHours | None


def choices_of(connection: Connection, user_id: int) -> ChosenWays:
    """What a user has chosen; of open pages everything, before anything was."""
    columns = (
        NotificationWay.kinds,
        NotificationWay.service,
        NotificationWay.shown_as,
        NotificationWay.active,
        NotificationWay.error,
    )
    rows = connection.execute(
        select(NotificationWay.way, *columns).where(NotificationWay.user_id == user_id)
    )
    known = {NotifyBy(row.way): ChosenWay(*row[1:]) for row in rows}
    everything = ChosenWay([kind for kind in NotificationKind if kind not in DIGESTS])
    ways = {
        NotifyBy.DESKTOP: everything,
        NotifyBy.MAIL: ChosenWay([]),
        NotifyBy.CHAT: ChosenWay([]),
    }
    return ChosenWays(ways | known, hours_of(connection, user_id))


def hours_of(connection: Connection, user_id: int) -> WorkingHours | None:
    """When a user wants to be told; None before that was set: at any time."""
    row = connection.execute(
        select(
            NotificationHours.time_zone,
            NotificationHours.days,
            NotificationHours.begins,
            NotificationHours.ends,
            NotificationHours.digest_at,
        ).where(NotificationHours.user_id == user_id)
    ).first()
    return None if row is None else WorkingHours(*row)


def choose(
    connection: Connection,
    user_id: int,
    kinds: Mapping[NotifyBy, Sequence[NotificationKind]],
    hours: WorkingHours,
) -> None:
    """Keep what a user wants to hear of by each way, and when. What waits and is not wanted any
    more goes nowhere; a mail address that was switched off is tried again."""
    for way, chosen in kinds.items():
        values = {"kinds": [str(kind) for kind in chosen]}
        again = {"active": True, "failures": 0, "error": "", "next_try_at": None}
        connection.execute(
            insert(NotificationWay)
            .values(user_id=user_id, way=way, **values)
            .on_conflict_do_update(
                index_elements=["user_id", "way"],
                set_=values | (again if way == NotifyBy.MAIL else {}),
            )
        )
        connection.execute(
            text(
                "UPDATE notification_delivery AS going SET state = 'skipped' FROM notification "
                "WHERE notification.id = notification_id AND going.user_id = :user "
                "AND way = :way AND state = 'waiting' AND kind <> ALL(cast(:kinds AS text[])) "
                "AND kind NOT IN ('test', 'way_off')"
            ),
            {"user": user_id, "way": way, **values},
        )
    set_to = {
        "time_zone": hours.time_zone,
        "days": list(hours.days),
        "begins": hours.begins,
        "ends": hours.ends,
        "digest_at": hours.digest_at,
    }
    connection.execute(
        insert(NotificationHours)
        .values(user_id=user_id, **set_to)
        .on_conflict_do_update(index_elements=["user_id"], set_=set_to)
    )
    # What waits for hours that are others now.
    send_soon(connection, [NotifyUser(user_id, NotifyBy.MAIL), NotifyUser(user_id, NotifyBy.CHAT)])


def keep_address(
    connection: Connection, user_id: int, *, service: str, sealed: str, shown_as: str
) -> None:
    """Send a user's chat messages to this address from now on, which works until it is seen not
    to."""
    values = {
        "service": service,
        "sealed_address": sealed,
        "shown_as": shown_as,
        "active": True,
        "failures": 0,
        "error": "",
        "next_try_at": None,
    }
    urgent = [str(kind) for kind in URGENT]
    nothing = (NotificationWay.sealed_address == "") & (NotificationWay.kinds == cast([], JSONB))
    connection.execute(
        insert(NotificationWay)
        .values(user_id=user_id, way=NotifyBy.CHAT, kinds=urgent, **values)
        .on_conflict_do_update(
            index_elements=["user_id", "way"],
            # Whoever gives an address before choosing anything wants to hear of something.
            set_=values
            | {"kinds": case((nothing, cast(urgent, JSONB)), else_=NotificationWay.kinds)},
        )
    )


def forget_address(connection: Connection, user_id: int) -> bool:
    """Send a user nothing more to a chat, and forget its address; whether there was one."""
    gone = connection.execute(
        delete(NotificationWay)
        .where(NotificationWay.user_id == user_id, NotificationWay.way == NotifyBy.CHAT)
        .returning(NotificationWay.sealed_address)
    ).scalar()
    connection.execute(
        text(
            "UPDATE notification_delivery SET state = 'skipped' "
            "WHERE user_id = :user AND way = 'chat' AND state = 'waiting'"
        ),
        {"user": user_id},
    )
    return bool(gone)


def send_test(connection: Connection, user_id: int, way: NotifyBy, key: str, now: datetime) -> bool:
    """Have a test go out by a way now, whether or not it waits because it fails.

    Args:
        key: another one for each test.
        now: journey time, UTC.

    Returns:
        False when there is no address.
    """
    here = (NotificationWay.user_id == user_id) & (NotificationWay.way == way)
    if way == NotifyBy.MAIL:
        connection.execute(
            insert(NotificationWay)
            .values(user_id=user_id, way=way, kinds=[])
            .on_conflict_do_nothing(index_elements=["user_id", "way"])
        )
    elif not connection.scalar(select(NotificationWay.sealed_address).where(here)):
        return False
    connection.execute(
        update(NotificationWay).where(here).values(active=True, failures=0, next_try_at=None)
    )
    test = NewNotification(key, NotificationKind.TEST, user_id=user_id, only_by=way)
    notify(connection, [test], now)
    return True
