"""The mails that the channel ``outbox`` keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, func, literal, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert

from domain.email.addresses import address_key
from domain.refusals import Conflict
from domain.sentences import sentence
from store.scoring.engagement import record_engagement
from store.tables import Engagement, OutboxMessage, Touch

LETS_IN = "lets-in"
"""What the key of a mail begins with whose link signs a colleague in."""
# No conflict target: two writers of one touch may collide on either of its unique columns.
_KEEP = insert(OutboxMessage).on_conflict_do_nothing().returning(OutboxMessage.message_id)
_KEPT = select(OutboxMessage.message_id).where(OutboxMessage.touch_key == bindparam("key"))


@dataclass(frozen=True)
class MailLine:
    """A mail as a list shows it. ``touch_id`` and ``lead_id`` are None for a mail of no touch;
    ``sent_at`` is journey time, UTC."""

    id: int
    touch_key: str
    touch_id: int | None
    lead_id: int | None
    recipient: str
    subject: str
    sent_at: datetime


@dataclass(frozen=True)
class KeptMail(MailLine):
    """A mail with its source, RFC 5322."""

    raw: bytes


def keep_mail(
    connection: Connection,
    *,
    touch_key: str,
    message_id: str,
    recipient: str,
    subject: str,
    raw: bytes,
    sent_at: datetime,
) -> str | None:
    """Keep a mail, once for each touch.

    Args:
        raw: its source, RFC 5322.
        sent_at: journey time, UTC.

    Returns:
        The Message-ID of the one that is kept; None when another touch's mail has it already.
    """
    row = {
        "touch_key": touch_key,
        "message_id": message_id,
        "recipient": recipient,
        "recipient_key": address_key(recipient),
        "subject": subject,
        "raw": raw,
        "sent_at": sent_at,
    }
    kept = connection.scalar(_KEEP, row)
    return kept if kept is not None else connection.scalar(_KEPT, {"key": touch_key})


def is_kept(connection: Connection, touch_key: str) -> bool:
    """Whether the touch's mail is kept."""
    return connection.scalar(_KEPT, {"key": touch_key}) is not None


@dataclass(frozen=True)
class MailOfTouch:
    """Whose touch it is, and its mail's source as far as it is kept here."""

    lead_id: int
    raw: bytes | None


def mail_of_touch(connection: Connection, touch_id: int) -> MailOfTouch | None:
    """The mail of a touch; None when there is no such touch."""
    row = connection.execute(
        select(Touch.lead_id, OutboxMessage.raw)
        .outerjoin(OutboxMessage, OutboxMessage.touch_key == Touch.key)
        .where(Touch.id == touch_id)
    ).first()
    return None if row is None else MailOfTouch(*row)


def list_mails(
    connection: Connection,
    *,
    search: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: Sequence[object] | None = None,
    limit: int,
    with_keys: bool = False,
) -> list[MailLine]:
    """The newest first.

    Args:
        with_keys: also those whose link lets a colleague in.
        search: what recipient or subject holds, in any case.
        since, until: when it was sent (``until`` is not in it), journey time.
        before: only those before the one with this ``sent_at`` and ``id``.
    """
    age = tuple_(OutboxMessage.sent_at, OutboxMessage.id)
    query = _lines(with_keys=with_keys).limit(limit)
    query = query.order_by(OutboxMessage.sent_at.desc(), OutboxMessage.id.desc())
    if search:
        query = query.where(
            or_(
                OutboxMessage.recipient_key.contains(search.strip().lower(), autoescape=True),
                OutboxMessage.subject.icontains(search, autoescape=True),
            )
        )
    if since is not None:
        query = query.where(OutboxMessage.sent_at >= since)
    if until is not None:
        query = query.where(OutboxMessage.sent_at < until)
    if before is not None:
        query = query.where(age < tuple_(*map(literal, before)))
    return [MailLine(*row) for row in connection.execute(query)]


def find_mail(connection: Connection, mail_id: int, *, with_keys: bool = False) -> KeptMail | None:
    """One mail; ``with_keys`` as for :func:`list_mails`."""
    query = _lines(with_keys=with_keys).add_columns(OutboxMessage.raw)
    query = query.where(OutboxMessage.id == mail_id)
    row = connection.execute(query).first()
    return None if row is None else KeptMail(*row)


def newest_settled(connection: Connection) -> int:
    """The newest id below which no mail is still being written. In a transaction of its own.

    Ids are given out before they can be seen, so a reader may meet 8 before 7. The lock waits for
    the writers of this moment (a millisecond each), after which every id up to the newest is in.
    """
    connection.execute(text("LOCK TABLE outbox_message IN SHARE MODE"))
    return connection.scalar(select(func.max(OutboxMessage.id))) or 0


def mails_between(connection: Connection, after: int, last: int, limit: int) -> list[KeptMail]:
    """Mails with ids above ``after`` and up to ``last``, in their order."""
    query = (
        _lines()
        .add_columns(OutboxMessage.raw)
        .where(OutboxMessage.id > after, OutboxMessage.id <= last)
        .order_by(OutboxMessage.id)
        .limit(limit)
    )
    return [KeptMail(*row) for row in connection.execute(query)]


def replied_at(connection: Connection, touch_id: int) -> datetime | None:
    """When the lead replied to a touch, journey time; None if it has not."""
    return connection.scalar(
        select(func.max(Engagement.at)).where(
            Engagement.touch_id == touch_id, Engagement.kind == "reply"
        )
    )


def reply(connection: Connection, mail: MailLine, words: str, now: datetime) -> None:
    """Reply as the recipient; a mail is replied to once.

    Args:
        now: journey time, UTC.

    Raises:
        Conflict: it is no touch's mail, so it is unknown whose reply it would be.
    """
    if mail.touch_id is None or mail.lead_id is None:
        raise Conflict(sentence("This mail belongs to no lead: nobody can reply to it."))
    record_engagement(
        connection,
        lead_id=mail.lead_id,
        touch_id=mail.touch_id,
        kind="reply",
        at=now,
        key=f"reply:{mail.touch_key}",
        detail={"text": words},
    )


def _lines(
    *, with_keys: bool = False
) -> Select[int, str, int | None, int | None, str, str, datetime]:
    query = select(
        OutboxMessage.id,
        OutboxMessage.touch_key,
        Touch.id,
        Touch.lead_id,
        OutboxMessage.recipient,
        OutboxMessage.subject,
        OutboxMessage.sent_at,
    ).outerjoin(Touch, Touch.key == OutboxMessage.touch_key)
    return query if with_keys else query.where(OutboxMessage.touch_key.not_like(f"{LETS_IN}:%"))
