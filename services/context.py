"""What services work with: the settings, the database, the clock, and the way to Temporal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Engine
from temporalio.client import Client

from settings import Clock, Settings

Result = TypeVar("Result")


@dataclass
class Context(ABC):
    """One per web app, or per command."""

    settings: Settings
    database: Engine
    clock: Clock = field(init=False)
    """Journey time."""

    def __post_init__(self) -> None:
        self.clock = self.settings.clock()

    def real_now(self) -> datetime:
        """Real time, UTC: what sessions, links and changes are reckoned in."""
        return datetime.now(UTC)

    @abstractmethod
    def in_temporal(self, act: Callable[[Client], Awaitable[Result]]) -> Result:
        """Do something with the Temporal of this deployment. Not to be called in an event loop.

        Raises:
            TemporalAway: it does not answer.
        """
