"""What Temporal's SDK tells of itself: its metrics, and its part of a trace."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from temporalio.client import Interceptor
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

import tracing
from metrics import free_address

TRIES = 5


def serve_sdk_metrics() -> str:
    """Have every client and worker of this process counted. To be called once in a process, before
    the first client is made.

    Returns:
        The address on this machine at which the figures are read, ``host:port``; '' where none
        could be had, of which nothing can be read.
    """
    for _ in range(TRIES):
        address = free_address()
        exporter = PrometheusConfig(
            bind_address=address,
            counters_total_suffix=True,
            unit_suffix=True,
            durations_as_seconds=True,
        )
        # Somebody may have been quicker.
        with suppress(RuntimeError, ValueError):
            Runtime.set_default(Runtime(telemetry=TelemetryConfig(metrics=exporter)))
            return address
    return ""


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
