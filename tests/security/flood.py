"""Many requests at once against a running web app, and how long everybody else waits meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Toll:
    """What a flood cost: status → answers, the seconds it took, those that each look at
    ``/healthz`` took meanwhile."""

    answers: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    looks: list[float] = field(default_factory=list)


def flood(
    base: str, count: int, request: Callable[[int], dict[str, Any]], path: str = "/sign-in"
) -> Toll:
    """Post ``count`` requests to ``path`` at once.

    Args:
        request: number of a request → what httpx is to send, such as ``data`` and ``headers``.
    """

    async def run() -> Toll:
        toll = Toll()
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=base, timeout=180, limits=limits) as many:
            looking = asyncio.create_task(_look(base, toll.looks))
            await asyncio.sleep(0.5)
            began = time.monotonic()
            answers = await asyncio.gather(
                *(many.post(path, **request(number)) for number in range(count))
            )
            toll.seconds = time.monotonic() - began
            looking.cancel()
        toll.answers = Counter(answer.status_code for answer in answers)
        return toll

    return asyncio.run(run())


async def _look(base: str, looks: list[float]) -> None:
    async with httpx.AsyncClient(base_url=base, timeout=180) as someone:
        while True:
            began = time.monotonic()
            try:
                await someone.get("/healthz")
            finally:
                looks.append(time.monotonic() - began)
            await asyncio.sleep(0.05)
