"""Reaching running journeys from a command."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio.client import Client

import settings as settings_module
from cli.errors import UserError
from runtime import Unreachable, addresses
from temporal.connect import reach_temporal
from temporal.steering import TemporalAway

Result = TypeVar("Result")


def with_temporal(act: Callable[[Client], Awaitable[Result]]) -> Result:
    """Do something with the Temporal of this deployment.

    Raises:
        UserError: it does not answer.
    """

    async def connected() -> Result:
        settings = settings_module.get()
        return await act(await reach_temporal(settings, addresses(settings).temporal_address))

    try:
        return asyncio.run(connected())
    except (TemporalAway, Unreachable) as away:
        raise UserError(str(away)) from None
