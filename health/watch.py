"""How things stand, for everybody who has a page open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import structlog

from domain.contracts.journey import JOURNEY_QUEUE
from health.checks import Check, State
from health.sender_domains import SenderDomains
from health.system import examine
from settings import Settings

log = structlog.get_logger(__name__)

KEPT_SECONDS = 4.0
LONGEST_SECONDS = 10.0
CAUSES = frozenset({"database", "temporal", "relay", "journeys", f"queue_{JOURNEY_QUEUE}"})
"""The checks that people notice: nothing moves for them while one of these is bad."""


class HealthWatch:
    """Looks every few seconds while pages ask, once for all of them and behind their backs: who
    asks gets what was seen last, at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.senders = SenderDomains(settings)
        self._seen: Sequence[Check] = ()
        self._seen_at = -KEPT_SECONDS
        self._looking: asyncio.Task[None] | None = None

    def journeys_stand_still(self) -> bool:
        """Whether they did when it was last looked; never where the web app is not told of
        Temporal. To be called in the running loop."""
        if not self._settings.temporal_address:
            return False
        self._look_again()
        return any(one.state == State.BAD and one.name in CAUSES for one in self._seen)

    def sending_is_paused(self) -> bool:
        """Whether no mail went out when it was last looked. To be called in the running loop."""
        self._look_again()
        return any(one.state == State.BAD and one.name == "sending" for one in self._seen)

    async def checks(self) -> Sequence[Check]:
        """All checks, a few seconds old at most; waits for them as long as it must."""
        if (looking := self._look_again()) is not None:
            await asyncio.wait([looking])
        return self._seen

    def _look_again(self) -> asyncio.Task[None] | None:
        """The look that is under way; None when what was seen is new enough."""
        if self._looking is None or self._looking.done():
            if time.monotonic() - self._seen_at < KEPT_SECONDS:
                return None
            self._looking = asyncio.create_task(self._look())
        return self._looking

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                self._seen = await examine(self._settings, senders=self.senders)
        except TimeoutError as error:
            log.warning("what runs can't be looked at", error=type(error).__name__)
        finally:
            self._seen_at = time.monotonic()
