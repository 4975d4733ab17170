"""Mails that were refused lately, and whether they show that the trouble is ours.

All times are journey time, UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, text

from domain.engagement.bounces import BounceMeaning
from store.mail.sender_standing import SENDER_DOMAIN

Reason = Literal["set_up", "reputation", "refuses_all"]

FEW = 3
MANY = 5
MANY_DEAD = 20
"""So many dead addresses in a row are no list of leads: the provider refuses everything."""
LATELY = timedelta(hours=1)
SHARE, SHARE_OF_ONE_DOMAIN = 20, 5
LATEST_TOUCHES = 2000
"""So many touches are looked at for what was accepted lately."""
THEIRS = [BounceMeaning.ADDRESS_DEAD, BounceMeaning.MAILBOX_FULL]
_SINCE = text(
    "SELECT greatest(:hour_ago, (SELECT max(ended_at) FROM sending_pause WHERE channel = :channel))"
)
_NOTE = text(
    """
    INSERT INTO mail_refusal (key, touch_id, channel, meaning, code, at)
    SELECT :refusal, touch.id, :channel, :meaning, :code, :at FROM touch WHERE touch.key = :touch
    ON CONFLICT (key) DO NOTHING RETURNING touch_id
    """
)
# Refused for a reason of ours, a mail from another domain than the company's says nothing of the
# company's: see ``refused_domains``.
_OF_ANOTHER = f"{SENDER_DOMAIN} <> split_part(touch.message_id, '@', 2)"
_REFUSED_DOMAINS = text(
    f"""
    SELECT {SENDER_DOMAIN} AS domain FROM mail_refusal AS refusal
    JOIN touch ON touch.id = refusal.touch_id
    WHERE refusal.channel = :channel AND refusal.at > :since AND refusal.meaning = :ours
        AND {_OF_ANOTHER}
    GROUP BY 1 HAVING count(DISTINCT touch.lead_id) >= :few ORDER BY 1
    """
)
_REFUSED = text(
    f"""
    SELECT count(DISTINCT lead.id) FILTER (WHERE ours) AS ours,
        count(DISTINCT split_part(lead.email_key, '@', 2)) FILTER (WHERE ours) AS domains,
        count(DISTINCT lead.id) FILTER (WHERE meaning <> ALL(:theirs) AND refusal.at > accepted)
            AS others,
        count(DISTINCT lead.id) FILTER (WHERE refusal.at > accepted) AS everything,
        (SELECT count(*) FROM touch WHERE id > :first AND channel = :channel AND state = 'sent'
            AND sent_at > :since) AS went
    FROM (SELECT *, meaning = :ours AS ours FROM mail_refusal
          WHERE channel = :channel AND at > :since) AS refusal
    JOIN touch ON touch.id = refusal.touch_id AND NOT (ours AND {_OF_ANOTHER})
    JOIN lead ON lead.id = touch.lead_id,
    (SELECT coalesce(max(sent_at), '-infinity') AS accepted FROM touch
     WHERE id > :first AND channel = :channel AND state = 'sent') AS latest
    """
)


@dataclass(frozen=True)
class RefusedMail:
    """A mail that was refused.

    Attributes:
        key: of the report; makes it count once.
        touch_key: of the touch.
        code: the provider's, such as ``550 5.7.26``, or a sentence of ours; never a name.
        certain: whether every mail would be refused so.
        reported: whether it was accepted first, and the refusal came later.
    """

    key: str
    touch_key: str
    meaning: BounceMeaning
    code: str
    at: datetime
    certain: bool = False
    reported: bool = False


def record(connection: Connection, channel: str, one: RefusedMail) -> bool:
    """Keep a refusal, once per key; whether it is new."""
    noted = connection.execute(
        _NOTE,
        {
            "refusal": one.key,
            "touch": one.touch_key,
            "channel": channel,
            "meaning": one.meaning,
            "code": one.code,
            "at": one.at,
        },
    )
    return noted.first() is not None


def reason_to_pause(
    connection: Connection, channel: str, new: Sequence[RefusedMail], now: datetime
) -> Reason | None:
    """Why sending must pause, None if it need not."""
    if any(one.certain for one in new):
        return "set_up"
    latest = connection.execute(text("SELECT coalesce(max(id), 0) FROM touch")).scalar_one()
    found = connection.execute(
        _REFUSED,
        {
            "channel": channel,
            "since": since(connection, channel, now),
            "ours": BounceMeaning.REPUTATION,
            "theirs": THEIRS,
            "first": latest - LATEST_TOUCHES,
        },
    ).one()
    share = SHARE if found.domains > 1 else SHARE_OF_ONE_DOMAIN
    if found.ours >= FEW and found.ours * share >= found.ours + found.went:
        return "reputation"
    if found.others >= MANY or found.everything >= MANY_DEAD:
        return "refuses_all"
    return None


def refused_domains(connection: Connection, channel: str, now: datetime) -> list[str]:
    """Domains of reps', beside the company's, from which several leads were not taken lately for a
    reason of ours."""
    found = connection.scalars(
        _REFUSED_DOMAINS,
        {
            "channel": channel,
            "since": since(connection, channel, now),
            "ours": BounceMeaning.REPUTATION,
            "few": FEW,
        },
    )
    return list(found)


def since(connection: Connection, channel: str, now: datetime) -> datetime:
    """Refusals from then on tell something: what was before the last pause ended is history."""
    found: datetime = connection.execute(
        _SINCE, {"channel": channel, "hour_ago": now - LATELY}
    ).scalar_one()
    return found
