"""What Temporal's SDK tells of itself: its metrics, and its part of a trace."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio.client import Interceptor
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

import tracing
from metrics import MetricsRefused


def serve_sdk_metrics(address: str) -> None:
    """Have every client and worker of this process counted, and the figures read at ``/metrics``
    of an address. To be called once, before the first client is made.

    Args:
        address: ``host:port``; '' serves nothing.

    Raises:
        MetricsRefused: it can't be listened on.
    """
    if not address:
        return
    exporter = PrometheusConfig(
        bind_address=address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
    )
    try:
        Runtime.set_default(Runtime(telemetry=TelemetryConfig(metrics=exporter)))
    except (RuntimeError, ValueError) as error:
        raise MetricsRefused(
            f"TEMPORAL_METRICS_ADDRESS {address} can't be listened on ({error}): every worker of a "
            "machine needs one of its own, by its IP address; leave it out for none."
        ) from None


def trace_interceptors() -> Sequence[Interceptor]:
    """What carries traces into workflows and activities, and out of them; nothing while they are
    off.

    It is the older of the SDK's two: the newer shows the span of a run when the run ends, and
    journeys run for years (docs/decisions/watching.md).
    """
    if not tracing.is_on():
        return []
    from temporalio.contrib.opentelemetry import (  # noqa: PLC0415  (loads OpenTelemetry's SDK)
        TracingInterceptor,
    )

    return [TracingInterceptor()]
