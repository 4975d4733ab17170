"""Reaching running journeys from a command."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio.client import Client

import settings as settings_module
from domain.refusals import TemporalAway
from runtime import Unreachable, addresses
from temporal.connect import reach_temporal

Result = TypeVar("Result")


def with_temporal(act: Callable[[Client], Awaitable[Result]]) -> Result:
    """Do something with the Temporal of this deployment.

    Raises:
        TemporalAway: it does not answer.
    """

    async def connected() -> Result:
        settings = settings_module.get()
        return await act(await reach_temporal(settings, addresses(settings).temporal_address))

    try:
        return asyncio.run(connected())
    except Unreachable as away:
        raise TemporalAway(str(away)) from None
