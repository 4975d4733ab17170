"""How every process of ours connects to Temporal."""

from __future__ import annotations

import asyncio

from temporalio.client import Client
from temporalio.service import KeepAliveConfig, RPCError

from runtime import RETRY_SECONDS, ServerWait, Unreachable
from settings import Settings
from temporal.telemetry import trace_interceptors

# A connection that vanished without a reset is given up after both. Servers end connections that
# ask more often than every ten seconds.
_KEEP_ALIVE = KeepAliveConfig(interval_millis=12_000, timeout_millis=6_000)


async def connect_temporal(settings: Settings, address: str) -> Client:
    """A client of our namespace at ``address`` (``host:port``).

    Raises:
        RuntimeError: nobody answers there.
        temporalio.service.RPCError: what answers is no Temporal that lets us in.
    """
    key = settings.temporal_api_key
    return await Client.connect(
        address,
        namespace=settings.temporal_namespace,
        api_key=key.get_secret_value() if key else None,
        tls=settings.temporal_tls_config(),
        keep_alive_config=_KEEP_ALIVE,
        interceptors=trace_interceptors(),
    )


async def reach_temporal(
    settings: Settings, address: str, *, seconds: float | None = 15.0
) -> Client:
    """Wait, visibly, until Temporal answers, and give a client of our namespace.

    Args:
        seconds: how long; None waits for as long as it takes.

    Raises:
        Unreachable: it did not answer within ``seconds``.
    """
    wait = ServerWait(f"Temporal at {address}", seconds)
    while True:
        try:
            return await connect_temporal(settings, address)
        except (RuntimeError, RPCError) as error:
            if wait.over():
                raise Unreachable(
                    f"Temporal at {address} does not answer: start it, or correct "
                    "TEMPORAL_ADDRESS (and TEMPORAL_TLS and the certificates, if it wants TLS)."
                ) from error
        wait.say()
        await asyncio.sleep(RETRY_SECONDS)
