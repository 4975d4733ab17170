"""How every process of ours connects to Temporal."""

from __future__ import annotations

from temporalio.client import Client
from temporalio.service import KeepAliveConfig

from settings import Settings

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
    )
