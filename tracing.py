"""Traces, from a request over the relay to an activity; off until a collector is named, and then
nothing of OpenTelemetry's SDK is even loaded (``open_telemetry.py`` is what loads it)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from open_telemetry import Traces

_traces: Traces | None = None


def is_on() -> bool:
    """Whether traces are made."""
    return _traces is not None


def start(service: str, endpoint: str) -> None:
    """Make traces from now on, once in a process.

    Args:
        service: what this process is called in them, such as ``perennial-web``.
        endpoint: base URL of the collector (OTLP over HTTP); '' leaves them off.
    """
    global _traces  # noqa: PLW0603  (one for the process, as OpenTelemetry's own provider is)
    if endpoint and _traces is None:
        from open_telemetry import Traces  # noqa: PLC0415  (costs what only traces are worth)

        _traces = Traces(service, endpoint)


def stop() -> None:
    """Send what is left, and make no more."""
    global _traces  # noqa: PLW0603
    if _traces is not None:
        _traces.stop()
        _traces = None


@contextmanager
def span(name: str, *, server: bool = False, parent: str = "") -> Iterator[dict[str, str | int]]:
    """Trace what is done within; nothing while traces are off.

    Args:
        server: whether somebody outside asked for it; such a trace begins here.
        parent: a ``traceparent`` (https://www.w3.org/TR/trace-context/) that it goes on with; ''
            goes on with the current span, if there is one.

    Yields:
        Attributes that are added when it ends.
    """
    learned: dict[str, str | int] = {}
    if _traces is None:
        yield learned
        return
    with _traces.span(name, server=server, parent=parent) as current:
        yield learned
        if route := learned.get("http.route"):
            current.update_name(f"{name} {route}")
        current.set_attributes(learned)


def traceparent() -> str:
    """The current span for whoever goes on with it elsewhere; '' without one."""
    return "" if _traces is None else _traces.traceparent()


def ids() -> dict[str, str]:
    """The ids of the current trace and span, for log lines; none without a span."""
    parts = traceparent().split("-")
    return {"trace_id": parts[1], "span_id": parts[2]} if len(parts) == 4 else {}
