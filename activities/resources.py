"""What activities work with, made once per worker."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from temporalio import activity

from activities.send_limits import SendLimits
from activities.send_pace import SendPace
from domain.email.links import LinkSigner
from mail.channels.base import Channel
from settings import Settings
from store.engine import single_statements


@dataclass(frozen=True)
class Resources:
    """The database, the e-mail channel and the settings of this worker."""

    engine: Engine
    channel: Channel
    links: LinkSigner
    settings: Settings

    @functools.cached_property
    def statements(self) -> Engine:
        """The same database, each statement a transaction of its own."""
        return single_statements(self.engine)

    @functools.cached_property
    def send_pace(self) -> SendPace:
        """How fast mails go out."""
        return SendPace(
            self.statements,
            self.channel.name,
            per_second=self.settings.send_rate_per_second,
            places=max(1, self.settings.worker_concurrency // 2),
        )

    @functools.cached_property
    def send_limits(self) -> SendLimits:
        """How much marketing mail may go, by sender and receiver."""
        return SendLimits(self.engine, self.settings)

    def now(self) -> datetime:
        """Journey time (UTC) at which Temporal started this activity.

        Temporal's clock, not the machine's: workers disagree about the time, the server does not,
        and in tests it is the server that skips ahead.
        """
        return self.settings.clock().journey_time(activity.info().started_time)

    def seconds_until(self, due: datetime, now: datetime) -> float:
        """Real seconds from ``now`` until ``due`` (journey times), never less than zero."""
        return self.settings.clock().real_seconds((due - now).total_seconds())

    def seconds_until_look(self, look_at: datetime | None, now: datetime) -> float:
        """Real seconds from ``now`` until a promise is looked at again; 0 for never."""
        # Rounded times make no busy loop of it.
        return max(self.seconds_until(look_at, now), 0.05) if look_at else 0.0

    def journey_span(self, real_seconds: float) -> timedelta:
        """How much journey time passes in a span of real time."""
        return timedelta(seconds=real_seconds * self.settings.clock().factor)
