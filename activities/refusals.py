"""What follows when a mail is refused while it is handed over: for its touch, for the recipient's
address, and for all mail of the channel."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from activities.resources import Resources
from domain.consent.policy import Trouble
from domain.engagement.bounces import BounceMeaning
from mail.channels.base import (
    AddressRejected,
    ChannelMisconfigured,
    MessageRejected,
    RecipientBusy,
    SenderRefused,
    SoftBounce,
)
from store.consent.consent import TroubleReport, lock_address, report_trouble
from store.mail import ledger, sending
from store.mail.refused_mail import RefusedMail
from store.scoring.engagement import LeadActivity, record
from store.scoring.lead_standing import lock_leads

AT_MOST = timedelta(hours=72)
"""For how long a touch is tried again whose recipient takes nothing now; RFC 5321 4.5.4.1 gives
up after four or five days, when what marketing has written is stale."""
FIRST_GAP, LONGEST_GAP = timedelta(minutes=5), timedelta(hours=4)
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(minutes=30)


class TakenOver(Exception):
    """Another attempt has the touch, or events have settled it."""


def reject(
    resources: Resources, key: str, claim: str, refusal: MessageRejected, now: datetime
) -> datetime | None:
    """Let the touch fail; a dead address gets no mail again, a soft bounce is counted. Where the
    provider turns out to refuse everything, the touch waits instead.

    Returns:
        When to try again, journey time; None for a touch that has failed.

    Raises:
        TakenOver
    """
    channel = resources.channel.name
    with resources.engine.begin() as connection:
        touch = _locked(connection, key)
        if refusal.meaning is not None:
            refused = RefusedMail(f"{key}:{claim}", key, refusal.meaning, refusal.code, now)
            sending.record_refusals(connection, channel, [refused], now)
        pause = sending.pause_of(connection, channel)
        waits = pause is not None and sending.is_part_of(pause, refusal.meaning)
        state = "planned" if waits else "failed"
        if not ledger.settle(connection, key, state, claim=claim, at=now, error=str(refusal)):
            raise TakenOver
        if pause is not None and waits:
            return next_look(pause, now)
        if isinstance(refusal, AddressRejected):
            _bounce(connection, key, touch, "hard_bounce", now, meaning=refusal.meaning)
        elif isinstance(refusal, SoftBounce):
            _bounce(connection, key, touch, "soft_bounce", now, meaning=refusal.meaning)
        return None


def put_off(
    resources: Resources,
    key: str,
    claim: str,
    refusal: RecipientBusy | SenderRefused,
    now: datetime,
) -> datetime | None:
    """Have the touch wait for another try: with growing gaps and for :data:`AT_MOST`, or until
    sending goes on where it is paused. What has waited so long has failed; where the recipient is
    the reason, it is a soft bounce.

    Returns:
        When to try again, journey time; None for a touch that has failed.

    Raises:
        TakenOver
    """
    channel = resources.channel.name
    with resources.engine.begin() as connection:
        touch = _locked(connection, key)
        if isinstance(refusal, SenderRefused):
            sending.record_refusals(connection, channel, [_refused(key, claim, refusal, now)], now)
            if (pause := sending.pause_of(connection, channel)) is not None:
                if not ledger.settle(
                    connection, key, "planned", claim=claim, at=now, error=str(refusal)
                ):
                    raise TakenOver
                return next_look(pause, now)
        outcome = ledger.put_off(
            connection, key, claim=claim, at=now, error=str(refusal), at_most=AT_MOST
        )
        if outcome is None:
            raise TakenOver
        state, times = outcome
        if state == "planned":
            return now + min(FIRST_GAP * (1 << min(times - 1, 10)), LONGEST_GAP)
        if isinstance(refusal, RecipientBusy):
            _bounce(connection, key, touch, "soft_bounce", now)
        return None


def _refused(key: str, claim: str, refusal: SenderRefused, now: datetime) -> RefusedMail:
    certain = isinstance(refusal, ChannelMisconfigured)
    detail = str(refusal) if certain else refusal.code
    ours = BounceMeaning.REPUTATION
    return RefusedMail(f"{key}:{claim}", key, ours, detail, now, certain=certain)


def _locked(connection: Connection, key: str) -> ledger.TouchedLead:
    """The touch; its address, its lead and then itself are locked in the order of all writers."""
    touch = ledger.touches_of_leads(connection, [key])[key]
    lock_address(connection, touch.email_key)
    lock_leads(connection, [touch.lead_id])
    return touch


def _bounce(
    connection: Connection,
    key: str,
    touch: ledger.TouchedLead,
    trouble: Trouble,
    now: datetime,
    *,
    meaning: BounceMeaning | None = None,
) -> None:
    refused = f"refused:{key}"
    report_trouble(connection, [TroubleReport(refused, touch.email_key, trouble, now)])
    kind = "bounce" if trouble == "hard_bounce" else "soft_bounce"
    happened = LeadActivity(
        refused,
        kind,
        now,
        lead_id=touch.lead_id,
        touch_id=touch.touch_id,
        detail={"meaning": meaning} if meaning is not None else {},
    )
    record(connection, [happened], now)


def next_look(pause: sending.PauseOfSending, now: datetime) -> datetime:
    """When a touch asks again whether it may go: the longer sending is paused, the later. Whoever
    ends the pause tells it at once."""
    return now + min(max((now - pause.opened_at) / 2, SHORTEST_PAUSE), LONGEST_PAUSE)
