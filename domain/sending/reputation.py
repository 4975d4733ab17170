"""What became of mail lately, by sender and by receiving domain: what a receiver thinks of us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

MOST_LINES = 100


@dataclass(frozen=True)
class ReputationLine:
    """Mails of one sender's address, or to one domain ('' for people who were erased). ``deferred``
    are those that were not taken at first, ``opened`` and ``clicked`` those that people opened or
    clicked in, machines left out. Bounces and rates are as in ``docs/figures.md``; rates are of
    what was sent, opened and clicked of what did not bounce; None of fewer than 20."""

    name: str
    sent: int
    delivered: int
    bounced: int
    complained: int
    deferred: int
    opened: int
    clicked: int
    bounce_rate: float | None
    complaint_rate: float | None
    open_rate: float | None
    click_rate: float | None


@dataclass(frozen=True)
class LimitLine:
    """How far a limit is used up. ``scope`` is sender, warm_up, slowed or receiver; ``name`` an
    address or a domain. ``hour_limit`` and ``day_limit`` are None where there is none; ``step`` of
    a warm-up counts from 1. ``waiting`` mails wait for it, the last until ``last_until`` (journey
    time, UTC)."""

    scope: str
    name: str
    in_hour: int
    hour_limit: int | None
    in_day: int
    day_limit: int | None
    step: int | None
    waiting: int
    last_until: datetime | None


@dataclass(frozen=True)
class SenderLine:
    """How a sending domain stands: good, slowed, stopped or refused, by what became of ``mails`` of
    the last 30 days; ``waiting`` mails wait until it may go on."""

    domain: str
    state: str
    trouble: str
    detail: str
    since: datetime
    mails: int
    bounced: int
    complained: int
    per_day: int | None
    resumed_at: datetime | None
    resumed_by: str
    waiting: int


@dataclass(frozen=True)
class ReputationReport:
    """How our senders stand, the limits they are under, and what became of their mails."""

    days: int
    standings: list[SenderLine]
    limits: list[LimitLine]
    senders: list[ReputationLine]
    receivers: list[ReputationLine]
